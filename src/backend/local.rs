//! The local backend: a sentence-transformers model run in this process by fastembed.
//!
//! fastembed tokenises, batches and pools; what it computes on is the process's one [`Engine`].

use fastembed::{InitOptionsUserDefined, OutputKey, Pooling, TextEmbedding, TokenizerFiles, UserDefinedEmbeddingModel};
use ndarray::{Array2, Axis};
use tokenizers::Tokenizer;

use super::{BackendError, Batch, Embedder, Job, Location, ModelCard, TokenCount, Usage};

pub mod engine;
pub mod model_files;

pub use engine::{Engine, EngineChoice};
pub use model_files::{ModelFiles, ModelSource};

/// Texts that go through the model together. With texts of like length side by side, larger batches gain nothing on a
/// CPU, are padded more, and have a query wait longer for the batch before it.
const BATCH_SIZE: usize = 8;

/// The outputs to look for in a model, in this order: fastembed's own for text embeddings.
const OUTPUTS: &[OutputKey] = &[
    OutputKey::OnlyOne,
    OutputKey::ByName("text_embeds"),
    OutputKey::ByName("last_hidden_state"),
    OutputKey::ByName("sentence_embedding"),
];

/// A sentence-transformers model in this process.
pub struct Local {
    card: ModelCard,
    model: TextEmbedding,
    pooling: Pooling,
    /// The model's tokenizer without truncation, to know how long a text really is.
    counter: Tokenizer,
    max_tokens: usize,
}

impl Local {
    /// Loads a model onto an engine. Takes a few hundred milliseconds for all-MiniLM-L6-v2.
    ///
    /// # Errors
    /// [`BackendError`] says whether a file, the tokenizer or the model itself is at fault.
    pub fn load(source: &ModelSource, engine: &Engine) -> Result<Self, BackendError> {
        let ModelFiles { name, onnx, tokenizer, config, special_tokens_map, tokenizer_config, max_tokens, pooling } =
            ModelFiles::read(source)?;
        // For a query of a few words, handing it to another thread and back takes longer than tokenising it.
        tokenizers::utils::parallelism::set_parallelism(false);
        let load_error = |source| BackendError::Model { operation: "load", model: name.clone(), source };
        let tokenizer_files = TokenizerFiles {
            tokenizer_file: tokenizer,
            config_file: config,
            special_tokens_map_file: special_tokens_map,
            tokenizer_config_file: tokenizer_config,
        };
        let model = TextEmbedding::try_new_from_user_defined(
            UserDefinedEmbeddingModel::new(onnx, tokenizer_files).with_pooling(pooling.clone()),
            InitOptionsUserDefined::new().with_max_length(max_tokens).with_environment(engine.environment()),
        )
        .map_err(load_error)?;
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
        };
        let mut local = Self { card, model, pooling, counter, max_tokens };
        // One short text shows that the model runs, and how long its vectors are.
        local.card.dimensions = Some(local.pooled(&["vecscope"])?.ncols());
        Ok(local)
    }

    /// Vectors as pooled, one row a text.
    fn pooled(&mut self, texts: &[&str]) -> Result<Array2<f32>, BackendError> {
        let run_error = |source| BackendError::Model { operation: "run", model: self.card.model.clone(), source };
        let output = self.model.transform(texts, Some(BATCH_SIZE)).map_err(run_error)?;
        let parts: Vec<Array2<f32>> = output
            .export_with_transformer(|batches| {
                batches.iter().map(|batch| batch.select_and_pool_output(&OUTPUTS, Some(self.pooling.clone()))).collect()
            })
            .map_err(run_error)?;
        let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
        ndarray::concatenate(Axis(0), &views)
            .map_err(|error| BackendError::BadVectors(format!("batches of different sizes: {error}")))
    }
}

impl Embedder for Local {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    /// Sorted by length in tokens, because a batch is padded to its longest text.
    fn plan(&self, texts: &[&str]) -> Vec<Vec<usize>> {
        let counts = self.count(texts);
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|&index| counts[index].used);
        order.chunks(BATCH_SIZE).map(<[usize]>::to_vec).collect()
    }

    fn count(&self, texts: &[&str]) -> Vec<TokenCount> {
        let lengths = match self.counter.encode_batch_fast(texts.to_vec(), true) {
            Ok(encodings) => encodings.iter().map(tokenizers::Encoding::len).collect(),
            // What the tokenizer refuses, `embed` reports; a length of it does not exist.
            Err(_) => vec![0; texts.len()],
        };
        lengths
            .into_iter()
            .map(|total| TokenCount { total, used: total.min(self.max_tokens), estimated: false })
            .collect()
    }

    fn embed(&mut self, texts: &[&str], job: &mut Job<'_>) -> Result<Batch, BackendError> {
        if job.cancel.is_cancelled() {
            return Err(BackendError::Cancelled);
        }
        let vectors = if texts.is_empty() {
            Array2::zeros((0, self.card.dimensions.unwrap_or_default()))
        } else {
            self.pooled(texts)?
        };
        Ok(Batch { vectors, tokens: self.count(texts), usage: Usage { tokens: 0, usd: Some(0.0) } })
    }
}
