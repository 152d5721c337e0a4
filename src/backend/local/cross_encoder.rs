//! Cross-encoders: models that read a query and a document as one text, and say how well the two go together.
//!
//! Query and document share the model's limit, 512 tokens unless its tokenizer has a lower one. What is too long is cut
//! from the longer of the two, as fastembed has it: nearly always the document. Only a query of more than half of the
//! limit is cut as well.

use std::panic::{AssertUnwindSafe, catch_unwind};

use fastembed::{OnnxSource, RerankInitOptionsUserDefined, TextRerank, TokenizerFiles, UserDefinedRerankingModel};
use tokio_util::sync::CancellationToken;

use super::Engine;
use super::loaded::BATCH_SIZE;
use crate::backend::{BackendError, RerankMethod, RerankScore, Reranker, RerankerCard, WordMatches};

pub mod catalogue;
mod files;
mod shape;

pub use files::CrossEncoderSource;

use files::CrossEncoderFiles;

/// The most tokens of query and document together, where the tokenizer has no lower limit.
const MAX_TOKENS: usize = 512;

/// The output that scores are read from.
const OUTPUT: &str = "logits";

/// A cross-encoder in this process, run by fastembed.
pub struct CrossEncoder {
    card: RerankerCard,
    model: TextRerank,
}

impl CrossEncoder {
    /// Loads a model onto an engine, and has it score a short pair.
    ///
    /// # Errors
    /// [`BackendError::ModelFile`] and [`BackendError::UntrustedModel`] as for any model, [`BackendError::Unfit`] where it
    /// gives something other than one finite score a pair, and [`BackendError::Model`] where it cannot be run.
    pub fn load(source: &CrossEncoderSource, engine: &Engine) -> Result<Self, BackendError> {
        let CrossEncoderFiles { name, onnx, outputs, shape, labels, tokenizer } = CrossEncoderFiles::read(source)?;
        let unfit = |reason: String| BackendError::Unfit { model: name.clone(), reason };
        if !outputs.is_empty() && !outputs.iter().any(|output| output == OUTPUT) {
            return Err(unfit(format!("it gives no {OUTPUT}, but {}", outputs.join(", "))));
        }
        // fastembed takes the first of several labels for the score, and panics where there is only one dimension.
        if let Some(labels) = labels.filter(|&labels| labels != 1) {
            return Err(unfit(format!("its config.json has {labels} labels, and a score is one")));
        }
        if let Some(shape) = shape.filter(|shape| !matches!(shape[..], [_, None | Some(1)])) {
            let sizes: Vec<String> =
                shape.iter().map(|size| size.map_or("?".into(), |size| size.to_string())).collect();
            return Err(unfit(format!("its logits are declared as [{}], not as [pairs, 1]", sizes.join(", "))));
        }
        // For a text of a few words, handing it to another thread and back takes longer than tokenising it.
        tokenizers::utils::parallelism::set_parallelism(false);
        let options =
            RerankInitOptionsUserDefined::new().with_max_length(MAX_TOKENS).with_environment(engine.environment());
        let model =
            TextRerank::try_new_from_user_defined(UserDefinedRerankingModel::new(onnx, tokenizer), options).map_err(
                |source| BackendError::Model { operation: "load", model: name.clone(), engine: engine.name(), source },
            )?;
        let max_tokens = model.tokenizer.get_truncation().map_or(MAX_TOKENS, |truncation| truncation.max_length);
        let card = RerankerCard { model: name, engine: engine.name(), method: RerankMethod::CrossEncoder, max_tokens };
        let mut encoder = Self { card, model };
        encoder.probe()?;
        Ok(encoder)
    }

    /// Scores two pairs of different lengths, which shows whether the model runs and gives each a score of its own.
    fn probe(&mut self) -> Result<(), BackendError> {
        let name = self.card.model.clone();
        let unfit = |reason: String| BackendError::Unfit { model: name, reason };
        match catch_unwind(AssertUnwindSafe(|| self.scores("vecscope", &["vecscope", "an oscilloscope"]))) {
            Err(_) => Err(unfit("its logits do not have the shape [pairs, 1]".into())),
            Ok(Err(BackendError::BadScores(reason))) => Err(unfit(reason)),
            Ok(scores) => scores.map(drop),
        }
    }

    /// Scores documents that go through the model together, in their order.
    fn scores(&mut self, query: &str, documents: &[&str]) -> Result<Vec<f32>, BackendError> {
        let ranked = self.model.rerank(query, documents, false, Some(documents.len())).map_err(|source| {
            BackendError::Model {
                operation: "run",
                model: self.card.model.clone(),
                engine: self.card.engine.clone(),
                source,
            }
        })?;
        if ranked.len() != documents.len() {
            let reason = format!("{} scores came back for {} documents", ranked.len(), documents.len());
            return Err(BackendError::BadScores(reason));
        }
        let mut scores = vec![0.0; documents.len()];
        for result in ranked {
            if !result.score.is_finite() {
                return Err(BackendError::BadScores(format!("one is {}", result.score)));
            }
            scores[result.index] = result.score;
        }
        Ok(scores)
    }
}

impl Reranker for CrossEncoder {
    fn card(&self) -> &RerankerCard {
        &self.card
    }

    fn rerank(
        &mut self,
        query: &str,
        documents: &[&str],
        cancel: &CancellationToken,
    ) -> Result<Vec<RerankScore>, BackendError> {
        // A batch is padded to its longest text.
        let mut order: Vec<usize> = (0..documents.len()).collect();
        order.sort_by_key(|&place| documents[place].len());
        let mut scores = vec![RerankScore::Logit(0.0); documents.len()];
        for places in order.chunks(BATCH_SIZE) {
            if cancel.is_cancelled() {
                return Err(BackendError::Cancelled);
            }
            let together: Vec<&str> = places.iter().map(|&place| documents[place]).collect();
            for (&place, logit) in places.iter().zip(self.scores(query, &together)?) {
                scores[place] = RerankScore::Logit(logit);
            }
        }
        Ok(scores)
    }

    fn word_matches(&mut self, _: &str, _: &str, _: &CancellationToken) -> Result<Option<WordMatches>, BackendError> {
        Ok(None)
    }
}
