//! A backend for tests: vectors by rule, no model. Nothing in the program chooses it by itself.

use ndarray::Array2;

use super::{BackendError, Batch, Embedder, Identity, Job, Location, ModelCard, Prompts, Role, TokenCount, Usage};

/// Counts words by their first letter: texts that share initials are similar, and the same text always gives the same
/// vector. Called one text a batch.
pub struct Fake {
    card: ModelCard,
}

/// One dimension for each letter, and one for whatever else a word begins with.
const DIMENSIONS: usize = 27;

/// Words beyond this are not seen.
const MAX_TOKENS: usize = 16;

impl Fake {
    /// A backend that says its texts go to `location`.
    #[must_use]
    pub fn new(location: Location) -> Self {
        let card = ModelCard {
            model: "fake".into(),
            engine: "rule".into(),
            location,
            dimensions: Some(DIMENSIONS),
            max_tokens: Some(MAX_TOKENS),
            usd_per_million_tokens: Some(0.0),
            prompts: Prompts::default(),
        };
        Self { card }
    }
}

impl Embedder for Fake {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn identity(&self, _: Role) -> Identity {
        Identity::new(&self.card.model, &"words by their first letter")
    }

    fn plan(&self, texts: &[&str]) -> Vec<Vec<usize>> {
        (0..texts.len()).map(|index| vec![index]).collect()
    }

    fn count(&self, texts: &[&str], _: Role) -> Vec<TokenCount> {
        let words = texts.iter().map(|text| text.split_whitespace().count());
        words.map(|total| TokenCount { total, used: total.min(MAX_TOKENS), estimated: false }).collect()
    }

    fn embed(&mut self, texts: &[&str], role: Role, job: &mut Job<'_>) -> Result<Batch, BackendError> {
        if job.cancel.is_cancelled() {
            return Err(BackendError::Cancelled);
        }
        let mut vectors = Array2::zeros((texts.len(), DIMENSIONS));
        for (mut row, text) in vectors.rows_mut().into_iter().zip(texts) {
            for word in text.split_whitespace().take(MAX_TOKENS) {
                row[dimension_of(word)] += 1.0;
            }
        }
        Ok(Batch { vectors, tokens: self.count(texts, role), usage: Usage { tokens: 0, usd: Some(0.0) } })
    }
}

fn dimension_of(word: &str) -> usize {
    match word.bytes().next().map(|byte| byte.to_ascii_lowercase()) {
        Some(letter @ b'a'..=b'z') => usize::from(letter - b'a'),
        _ => DIMENSIONS - 1,
    }
}
