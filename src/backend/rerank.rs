//! Rerankers: what reads a query together with a few documents, and says again how well they match.
//!
//! Too slow for a whole corpus, so it is given the best of an earlier stage. Like an [`Embedder`](super::Embedder), a
//! reranker is owned by one thread, which calls it one job at a time.

use ndarray::Array2;
use tokio_util::sync::CancellationToken;

use super::BackendError;

/// Scores documents for a query, reading both.
pub trait Reranker: Send {
    /// What it runs, as shown to a person.
    fn card(&self) -> &RerankerCard;

    /// Scores `documents`, one score each, in their order. No documents give no scores.
    ///
    /// # Errors
    /// Whatever keeps the model from answering, [`BackendError::Cancelled`] among it.
    fn rerank(
        &mut self,
        query: &str,
        documents: &[&str],
        cancel: &CancellationToken,
    ) -> Result<Vec<RerankScore>, BackendError>;

    /// Which word of the query matches which word of a document; `None` from a model that does not say.
    ///
    /// # Errors
    /// As [`rerank`](Self::rerank).
    fn word_matches(
        &mut self,
        query: &str,
        document: &str,
        cancel: &CancellationToken,
    ) -> Result<Option<WordMatches>, BackendError>;
}

/// What a person is told about a reranker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RerankerCard {
    /// The model's own name, e.g. `all-MiniLM-L6-v2`.
    pub model: String,
    /// What computes it, e.g. `RTen 0.27.0`.
    pub engine: String,
    /// How it compares.
    pub method: RerankMethod,
    /// The most tokens that it sees: of one text, or of query and document together for a cross-encoder.
    pub max_tokens: usize,
}

/// How a reranker compares a query with a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RerankMethod {
    /// Token vectors of both, made one text at a time.
    LateInteraction,
    /// A model that reads both as one text.
    CrossEncoder,
}

/// What a reranker says of one document.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RerankScore {
    /// Of late interaction, both parts by the same model.
    Late {
        /// The mean, over the query's tokens, of the best cosine among the document's tokens: from −1 to 1.
        late: f32,
        /// The cosine of the two texts' own vectors: from −1 to 1.
        cosine: f32,
    },
    /// Of a cross-encoder: a log-odds, any number.
    Logit(f32),
}

impl RerankScore {
    /// The number to rank by: a logit as it is, or `weight` × late interaction + (1 − `weight`) × cosine.
    #[must_use]
    pub fn value(self, weight: f32) -> f32 {
        match self {
            Self::Late { late, cosine } => weight * late + (1.0 - weight) * cosine,
            Self::Logit(logit) => logit,
        }
    }

    /// What a logit stands for, from 0 to 1: 1 / (1 + e^−logit). `None` for what is no logit.
    #[must_use]
    pub fn probability(self) -> Option<f32> {
        match self {
            Self::Late { .. } => None,
            Self::Logit(logit) => Some(1.0 / (1.0 + (-logit).exp())),
        }
    }
}

/// How the words of a query and of a document match, by a model's token vectors.
///
/// Sub-words are joined to words: the cosine of two words is the greatest among those of their sub-words.
#[derive(Debug, Clone, PartialEq)]
pub struct WordMatches {
    /// The words of the query that the model sees, as they are written.
    pub query: Vec<String>,
    /// Those of the document.
    pub document: Vec<String>,
    /// Query words × document words, from −1 to 1.
    pub cosines: Array2<f32>,
    /// The document word that each query word matches best. Empty where the document has none.
    pub best: Vec<usize>,
    /// What each query word adds to the late interaction score; they sum to it.
    pub contributions: Vec<f32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_interaction_is_blended_and_a_logit_is_not() {
        let late = RerankScore::Late { late: 0.8, cosine: 0.4 };
        assert!((late.value(0.0) - 0.4).abs() < 1e-6 && (late.value(1.0) - 0.8).abs() < 1e-6);
        assert!((late.value(0.25) - 0.5).abs() < 1e-6);
        assert_eq!(Some(RerankScore::Logit(-3.0).value(0.25)), Some(-3.0));
    }

    #[test]
    fn a_logit_is_a_probability_however_far_from_0_it_is() {
        assert_eq!(RerankScore::Logit(0.0).probability(), Some(0.5));
        // ln 3: odds of 3 to 1.
        let probability = RerankScore::Logit(1.098_612_3).probability().expect("a logit");
        assert!((probability - 0.75).abs() < 1e-6);
        assert_eq!(RerankScore::Logit(-1000.0).probability(), Some(0.0));
        assert_eq!(RerankScore::Logit(1000.0).probability(), Some(1.0));
        assert_eq!(RerankScore::Late { late: 0.8, cosine: 0.4 }.probability(), None);
    }
}
