//! A model that is loaded: what embeds with it and what reranks with it share one.
//!
//! The lock is held while one batch goes through the model, and no longer: whoever else runs it waits for that at the
//! most. Tokenising to count needs no lock.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use fastembed::{
    InitOptionsUserDefined, OutputKey, QuantizationMode, SingleBatchOutput, TextEmbedding, TokenizerFiles,
    UserDefinedEmbeddingModel,
};
use ndarray::{Array2, ArrayView3, Axis, Ix3};
use tokenizers::{Encoding, Tokenizer};
use tokio_util::sync::CancellationToken;

use super::made_of::MadeOf;
use super::tokens::{TextTokens, TokenStore};
use super::{Adjustments, Engine, ModelFiles, ModelSource};
use crate::backend::{BackendError, Identity, ModelTable, Prompt, Prompts, Role, TokenCount};

/// Texts that go through the model together. With texts of like length side by side, larger batches gain nothing on a
/// CPU, are padded more, and have a query wait longer for the batch before it.
pub(super) const BATCH_SIZE: usize = 8;

/// What fastembed takes for a model of which nothing is known.
const DEFAULT_MAX_TOKENS: usize = 512;

/// The outputs to look for in a model, in this order: fastembed's own for text embeddings.
const OUTPUTS: &[OutputKey] = &[
    OutputKey::OnlyOne,
    OutputKey::ByName("text_embeds"),
    OutputKey::ByName("last_hidden_state"),
    OutputKey::ByName("sentence_embedding"),
];

/// The output that has a vector for each token.
const TOKEN_OUTPUT: OutputKey = OutputKey::ByName("last_hidden_state");

/// A sentence-transformers model in this process, loaded once for all that run it.
pub struct LoadedModel {
    pub(super) name: String,
    pub(super) engine: String,
    /// The length of its vectors.
    pub(super) dimensions: usize,
    /// The most tokens of one text that it sees.
    pub(super) max_tokens: usize,
    pub(super) prompts: Prompts,
    /// Texts that go through the model together.
    batch_size: usize,
    made_of: MadeOf,
    /// The model's tokenizer without truncation, to know how long a text really is.
    counter: Tokenizer,
    running: Mutex<TextEmbedding>,
    /// Token vectors, from when something first asks for them.
    kept: OnceLock<TokenStore>,
}

/// A text as a model gets it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Text<'a> {
    /// All of it.
    pub(super) whole: Cow<'a, str>,
    /// How many bytes of it were put in front.
    pub(super) prefix: usize,
}

impl<'a> Text<'a> {
    /// A text with what the model wants in front of it.
    pub(super) fn new(text: &'a str, prompt: &Prompt) -> Self {
        let whole = prompt.apply(text);
        Self { prefix: whole.len() - text.len(), whole }
    }

    /// The same, owned.
    pub(super) fn into_owned(self) -> Text<'static> {
        Text { whole: Cow::Owned(self.whole.into_owned()), prefix: self.prefix }
    }
}

/// What came of one batch.
struct Forward {
    output: SingleBatchOutput,
    /// The texts' tokens as the model saw them, where their vectors are kept.
    encodings: Vec<Encoding>,
}

/// How many of the texts with these lengths in tokens, the shortest first, go through the model together: at most
/// `most`, and no more tokens than what a query that waits for them does not notice.
fn batch(lengths: &[usize], most: usize) -> usize {
    const TOKENS: usize = 512;
    let fits = |&count: &usize| count * lengths[count - 1] <= TOKENS;
    (1..=most.min(lengths.len())).take_while(fits).last().unwrap_or(1)
}

impl LoadedModel {
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
        let ModelFiles { name, onnx, weights, tokenizer, config, special_tokens_map, tokenizer_config, traits, hashes } =
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
        // Dynamic quantisation fits its scale to whatever goes through together: a text would have another vector in
        // other company.
        let batch_size = if traits.quantization == QuantizationMode::Dynamic { 1 } else { BATCH_SIZE };
        let mut loaded = Self {
            engine: engine.name(),
            name,
            dimensions: 0,
            max_tokens,
            prompts,
            batch_size,
            made_of: MadeOf {
                hashes,
                pooling: traits.pooling,
                quantization: traits.quantization,
                max_tokens,
                output: traits.output.map_or_else(|| OUTPUTS.to_vec(), |output| vec![output]),
                engine: engine.family(),
            },
            counter,
            running: Mutex::new(model),
            kept: OnceLock::new(),
        };
        // One short text shows that the model runs, and how long its vectors are.
        loaded.dimensions = loaded.pooled(&[Text::new("vecscope", &Prompt::Nothing)])?.ncols();
        Ok(loaded)
    }

    /// What vectors of texts in this role depend on.
    pub(super) fn identity(&self, role: Role) -> Identity {
        self.made_of.identity(&self.name, self.prompts.of(role).into())
    }

    /// Texts as the model gets them.
    pub(super) fn prompted<'a>(&self, texts: &[&'a str], role: Role) -> Vec<Text<'a>> {
        texts.iter().map(|text| Text::new(text, self.prompts.of(role))).collect()
    }

    /// How many tokens each text has.
    pub(super) fn lengths(&self, texts: &[Text<'_>]) -> Vec<TokenCount> {
        // Not all at once: the tokens of a large corpus would take many times what its texts take.
        const TOGETHER: usize = 64;
        let length = |together: &[Text<'_>]| {
            let written: Vec<&str> = together.iter().map(|text| text.whole.as_ref()).collect();
            match self.counter.encode_batch_fast(written, true) {
                Ok(encodings) => encodings.iter().map(Encoding::len).collect(),
                // What the tokenizer refuses, running the model reports; a length of it does not exist.
                Err(_) => vec![0; together.len()],
            }
        };
        texts
            .chunks(TOGETHER)
            .flat_map(length)
            .map(|total| TokenCount { total, used: total.min(self.max_tokens), estimated: false })
            .collect()
    }

    /// Vectors as pooled, one row a text. Token vectors that come with them are kept where somebody wants them.
    pub(super) fn pooled(&self, texts: &[Text<'_>]) -> Result<Array2<f32>, BackendError> {
        let mut parts: Vec<Array2<f32>> = Vec::new();
        for together in texts.chunks(self.batch_size) {
            let forward = self.run(together)?;
            let pooled = self.pool(&forward)?;
            if let Some(store) = self.kept.get() {
                match self.text_tokens(together, &forward, &pooled) {
                    Ok(tokens) => together.iter().zip(tokens).for_each(|(text, tokens)| store.put(text, &tokens)),
                    // The vectors asked for are there; whoever wants these is told then.
                    Err(error) => tracing::debug!("token vectors of {} are not kept: {error}", self.name),
                }
            }
            parts.push(pooled);
        }
        let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
        ndarray::concatenate(Axis(0), &views)
            .map_err(|error| BackendError::BadVectors(format!("batches of different sizes: {error}")))
    }

    /// From now on token vectors are kept of every text that goes through the model.
    ///
    /// # Errors
    /// [`BackendError::Unfit`] if the model gives none.
    pub(super) fn keep_tokens(&self) -> Result<(), BackendError> {
        self.kept.get_or_init(TokenStore::default);
        let probe = [Text::new("vecscope", &Prompt::Nothing)];
        self.tokens(&probe, &CancellationToken::new()).map(drop)
    }

    /// The token vectors of texts, in their order: those that are kept, and what is computed now of the others.
    ///
    /// # Errors
    /// Whatever keeps the model from running, and [`BackendError::Cancelled`].
    pub(super) fn tokens(
        &self,
        texts: &[Text<'_>],
        cancel: &CancellationToken,
    ) -> Result<Vec<Arc<TextTokens>>, BackendError> {
        let store = self.kept.get_or_init(TokenStore::default);
        let mut known: HashMap<&Text<'_>, Option<Arc<TextTokens>>> = HashMap::new();
        let mut missing: Vec<Text<'_>> = Vec::new();
        for text in texts {
            known.entry(text).or_insert_with(|| {
                let kept = store.get(text);
                if kept.is_none() {
                    missing.push(text.clone());
                }
                kept
            });
        }
        // A batch is padded to its longest text.
        let mut by_length: Vec<(usize, Text<'_>)> =
            self.lengths(&missing).into_iter().map(|count| count.used).zip(missing).collect();
        by_length.sort_by_key(|(length, _)| *length);
        let (lengths, by_length): (Vec<usize>, Vec<Text<'_>>) = by_length.into_iter().unzip();
        let mut computed: HashMap<&Text<'_>, Arc<TextTokens>> = HashMap::new();
        let mut start = 0;
        while start < by_length.len() {
            if cancel.is_cancelled() {
                return Err(BackendError::Cancelled);
            }
            let end = start + batch(&lengths[start..], self.batch_size);
            let together = &by_length[start..end];
            start = end;
            let forward = self.run(together)?;
            let pooled = self.pool(&forward)?;
            for (text, tokens) in together.iter().zip(self.text_tokens(together, &forward, &pooled)?) {
                store.put(text, &tokens);
                computed.insert(text, tokens);
            }
        }
        Ok(texts.iter().filter_map(|text| known[text].as_ref().or_else(|| computed.get(text)).cloned()).collect())
    }

    /// Sends texts through the model together.
    fn run(&self, together: &[Text<'_>]) -> Result<Forward, BackendError> {
        let written: Vec<&str> = together.iter().map(|text| text.whole.as_ref()).collect();
        // A panic in the engine leaves the model as it was: its weights are never written to.
        let mut model = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let outputs = model.transform(&written, Some(written.len())).map_err(|error| self.run_error(error))?;
        let encodings = if self.kept.get().is_some() {
            let encoded = written.iter().map(|&text| model.tokenizer.encode(text, true)).collect::<Result<_, _>>();
            encoded.map_err(|error| self.run_error(fastembed::Error::Tokenization(error.to_string())))?
        } else {
            Vec::new()
        };
        drop(model);
        let output = outputs.into_raw().pop().ok_or_else(|| BackendError::BadVectors("none came".into()))?;
        Ok(Forward { output, encodings })
    }

    fn pool(&self, forward: &Forward) -> Result<Array2<f32>, BackendError> {
        let MadeOf { output, pooling, .. } = &self.made_of;
        let pooled = forward.output.select_and_pool_output(&output.as_slice(), Some(pooling.clone()));
        pooled.map_err(|error| self.run_error(error))
    }

    /// What there is to keep of each text of a batch.
    fn text_tokens(
        &self,
        texts: &[Text<'_>],
        forward: &Forward,
        pooled: &Array2<f32>,
    ) -> Result<Vec<Arc<TextTokens>>, BackendError> {
        let states = self.token_states(&forward.output)?;
        if states.len_of(Axis(0)) != texts.len() || forward.encodings.len() != texts.len() {
            return Err(BackendError::BadVectors(format!(
                "{:?} token vectors for {} texts",
                states.dim(),
                texts.len()
            )));
        }
        let mut all = Vec::with_capacity(texts.len());
        for (row, text) in texts.iter().enumerate() {
            let mask = forward.output.attention_mask_array.row(row);
            let seen: Vec<usize> = (0..mask.len()).filter(|&place| mask[place] != 0).collect();
            let (encoding, states) = (&forward.encodings[row], states.index_axis(Axis(0), row));
            let tokens = TextTokens::new(text, encoding, &seen, states, pooled.row(row));
            all.push(Arc::new(tokens.map_err(BackendError::BadVectors)?));
        }
        Ok(all)
    }

    /// Vectors of tokens: texts × places × dimensions.
    fn token_states<'a>(&self, output: &'a SingleBatchOutput) -> Result<ArrayView3<'a, f32>, BackendError> {
        let unfit = |reason: String| BackendError::Unfit { model: self.name.clone(), reason };
        let names = || output.outputs.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
        let states = output.select_output(&&TOKEN_OUTPUT).map_err(|_| {
            unfit(format!("it gives no token vectors: it has no output last_hidden_state, but {}", names()))
        })?;
        let dimensions = states.ndim();
        states.into_dimensionality::<Ix3>().map_err(|_| {
            unfit(format!("it gives no token vectors: its output last_hidden_state has {dimensions} dimensions, not 3"))
        })
    }

    fn run_error(&self, source: fastembed::Error) -> BackendError {
        BackendError::Model { operation: "run", model: self.name.clone(), engine: self.engine.clone(), source }
    }
}

#[cfg(test)]
mod tests;
