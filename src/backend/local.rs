//! The local backend: a sentence-transformers model run in this process by fastembed.
//!
//! fastembed tokenises, batches and pools; what it computes on is the process's one [`Engine`].

use std::borrow::Cow;

use fastembed::{
    InitOptionsUserDefined, OutputKey, Pooling, QuantizationMode, TextEmbedding, TokenizerFiles,
    UserDefinedEmbeddingModel,
};
use ndarray::{Array2, Axis};
use tokenizers::Tokenizer;

use super::{
    BackendError, Batch, Embedder, Job, Location, ModelCard, ModelTable, Prompt, Prompts, Role, TokenCount, Usage,
};

pub mod catalogue;
pub mod engine;
pub mod model_files;

pub use engine::{Engine, EngineChoice};
pub use model_files::{ModelFiles, ModelSource};

/// Texts that go through the model together. With texts of like length side by side, larger batches gain nothing on a
/// CPU, are padded more, and have a query wait longer for the batch before it.
const BATCH_SIZE: usize = 8;

/// What fastembed takes for a model of which nothing is known.
const DEFAULT_MAX_TOKENS: usize = 512;

/// The outputs to look for in a model, in this order: fastembed's own for text embeddings.
const OUTPUTS: &[OutputKey] = &[
    OutputKey::OnlyOne,
    OutputKey::ByName("text_embeds"),
    OutputKey::ByName("last_hidden_state"),
    OutputKey::ByName("sentence_embedding"),
];

/// What a person sets otherwise than a model's makers did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Adjustments {
    /// In front of queries.
    pub query: Option<Prompt>,
    /// In front of documents.
    pub document: Option<Prompt>,
    /// The most tokens of one text that the model sees.
    pub max_tokens: Option<usize>,
}

impl Adjustments {
    /// The prompts, where the person left them, of the model.
    #[must_use]
    pub fn prompts(&self, own: Prompts) -> Prompts {
        Prompts {
            query: self.query.clone().unwrap_or(own.query),
            document: self.document.clone().unwrap_or(own.document),
        }
    }
}

/// A sentence-transformers model in this process.
pub struct Local {
    card: ModelCard,
    model: TextEmbedding,
    /// Texts that go through the model together.
    batch_size: usize,
    pooling: Pooling,
    output: Vec<OutputKey>,
    /// The model's tokenizer without truncation, to know how long a text really is.
    counter: Tokenizer,
    max_tokens: usize,
}

impl Local {
    /// Loads a model onto an engine, with the limits and prompts of a table where its files do not say them. Takes a few
    /// hundred milliseconds for all-MiniLM-L6-v2.
    ///
    /// # Errors
    /// [`BackendError`] says whether a file, the tokenizer or the model itself is at fault.
    pub fn load(
        source: &ModelSource,
        engine: &Engine,
        table: &ModelTable,
        adjustments: &Adjustments,
    ) -> Result<Self, BackendError> {
        let ModelFiles { name, onnx, weights, tokenizer, config, special_tokens_map, tokenizer_config, traits } =
            ModelFiles::read(source)?;
        let max_tokens =
            adjustments.max_tokens.or(traits.max_tokens).or_else(|| table.max_tokens(traits.base_name(&name)));
        let max_tokens = max_tokens.unwrap_or(DEFAULT_MAX_TOKENS);
        let prompts = adjustments.prompts(traits.prompts.unwrap_or_else(|| table.prompts(&name)));
        // For a query of a few words, handing it to another thread and back takes longer than tokenising it.
        tokenizers::utils::parallelism::set_parallelism(false);
        let load_error =
            |source| BackendError::Model { operation: "load", model: name.clone(), engine: engine.name(), source };
        let tokenizer_files = TokenizerFiles {
            tokenizer_file: tokenizer,
            config_file: config,
            special_tokens_map_file: special_tokens_map,
            tokenizer_config_file: tokenizer_config,
        };
        let mut definition = UserDefinedEmbeddingModel::new(onnx, tokenizer_files)
            .with_pooling(traits.pooling.clone())
            .with_quantization(traits.quantization);
        definition = weights
            .into_iter()
            .fold(definition, |definition, (file, content)| definition.with_external_initializer(file, content));
        let model = TextEmbedding::try_new_from_user_defined(
            definition,
            InitOptionsUserDefined::new().with_max_length(max_tokens).with_environment(engine.environment()),
        )
        .map_err(load_error)?;
        // A tokenizer's own limit may be lower.
        let max_tokens = model.tokenizer.get_truncation().map_or(max_tokens, |truncation| truncation.max_length);
        let mut counter = model.tokenizer.clone();
        counter.with_padding(None);
        counter
            .with_truncation(None)
            .map_err(|error| load_error(fastembed::Error::TokenizerConfig(error.to_string())))?;
        let card = ModelCard {
            model: name.clone(),
            engine: engine.name(),
            location: Location::InProcess,
            dimensions: None,
            max_tokens: Some(max_tokens),
            usd_per_million_tokens: Some(0.0),
            prompts,
        };
        // Dynamic quantisation fits its scale to whatever goes through together: a text would have another vector in
        // other company.
        let batch_size = if traits.quantization == QuantizationMode::Dynamic { 1 } else { BATCH_SIZE };
        let output = traits.output.map_or_else(|| OUTPUTS.to_vec(), |output| vec![output]);
        let mut local = Self { card, model, batch_size, pooling: traits.pooling, output, counter, max_tokens };
        // One short text shows that the model runs, and how long its vectors are.
        local.card.dimensions = Some(local.pooled(&["vecscope"])?.ncols());
        Ok(local)
    }

    /// Vectors as pooled, one row a text.
    fn pooled(&mut self, texts: &[&str]) -> Result<Array2<f32>, BackendError> {
        let Self { card, model, batch_size, pooling, output, .. } = self;
        let run_error = |source| BackendError::Model {
            operation: "run",
            model: card.model.clone(),
            engine: card.engine.clone(),
            source,
        };
        let mut parts: Vec<Array2<f32>> = Vec::new();
        for together in texts.chunks(*batch_size) {
            let outputs = model.transform(together, Some(together.len())).map_err(run_error)?;
            let pooled = outputs.export_with_transformer(|batches| {
                batches
                    .iter()
                    .map(|batch| batch.select_and_pool_output(&output.as_slice(), Some(pooling.clone())))
                    .collect()
            });
            parts.extend::<Vec<_>>(pooled.map_err(run_error)?);
        }
        let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
        ndarray::concatenate(Axis(0), &views)
            .map_err(|error| BackendError::BadVectors(format!("batches of different sizes: {error}")))
    }

    /// How many tokens each text has, with nothing put before it.
    fn lengths(&self, texts: Vec<&str>) -> Vec<TokenCount> {
        let count = texts.len();
        let lengths = match self.counter.encode_batch_fast(texts, true) {
            Ok(encodings) => encodings.iter().map(tokenizers::Encoding::len).collect(),
            // What the tokenizer refuses, `embed` reports; a length of it does not exist.
            Err(_) => vec![0; count],
        };
        lengths
            .into_iter()
            .map(|total| TokenCount { total, used: total.min(self.max_tokens), estimated: false })
            .collect()
    }

    /// The texts as the model gets them.
    fn prompted<'a>(&self, texts: &[&'a str], role: Role) -> Vec<Cow<'a, str>> {
        let prompt = self.card.prompts.of(role);
        texts.iter().map(|text| prompt.apply(text)).collect()
    }
}

impl Embedder for Local {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    /// Sorted by length in tokens, because a batch is padded to its longest text.
    fn plan(&self, texts: &[&str]) -> Vec<Vec<usize>> {
        let counts = self.count(texts, Role::Document);
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|&index| counts[index].used);
        order.chunks(BATCH_SIZE).map(<[usize]>::to_vec).collect()
    }

    fn count(&self, texts: &[&str], role: Role) -> Vec<TokenCount> {
        let prompted = self.prompted(texts, role);
        self.lengths(prompted.iter().map(AsRef::as_ref).collect())
    }

    fn embed(&mut self, texts: &[&str], role: Role, job: &mut Job<'_>) -> Result<Batch, BackendError> {
        if job.cancel.is_cancelled() {
            return Err(BackendError::Cancelled);
        }
        let prompted = self.prompted(texts, role);
        let texts: Vec<&str> = prompted.iter().map(AsRef::as_ref).collect();
        let vectors = if texts.is_empty() {
            Array2::zeros((0, self.card.dimensions.unwrap_or_default()))
        } else {
            self.pooled(&texts)?
        };
        Ok(Batch { vectors, tokens: self.lengths(texts), usage: Usage { tokens: 0, usd: Some(0.0) } })
    }
}
