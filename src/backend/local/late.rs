//! The reranker that needs no model of its own: late interaction over the token vectors of an embedding model.
//!
//! A text in which there is nothing but special tokens, an empty one above all, matches nothing and is matched by
//! nothing: its late interaction is 0.

use std::sync::Arc;

use ndarray::Array2;
use tokio_util::sync::CancellationToken;

use super::LoadedModel;
use super::tokens::TextTokens;
use crate::backend::{BackendError, RerankMethod, RerankScore, Reranker, RerankerCard, Role, WordMatches};
use crate::math::late::{late_interaction, word_matches};

/// Late interaction over the token vectors of a model that may be embedding at the same time.
pub struct LateReranker {
    card: RerankerCard,
    model: Arc<LoadedModel>,
}

impl LateReranker {
    /// From now on the model keeps the token vectors of all that goes through it, whoever asks.
    ///
    /// # Errors
    /// [`BackendError::Unfit`] if the model gives no token vectors.
    pub fn new(model: Arc<LoadedModel>) -> Result<Self, BackendError> {
        model.keep_tokens()?;
        let card = RerankerCard {
            model: model.name.clone(),
            engine: model.engine.clone(),
            method: RerankMethod::LateInteraction,
            max_tokens: model.max_tokens,
        };
        Ok(Self { card, model })
    }

    /// Token vectors of the query and of the documents.
    fn tokens(
        &self,
        query: &str,
        documents: &[&str],
        cancel: &CancellationToken,
    ) -> Result<Vec<Arc<TextTokens>>, BackendError> {
        let mut texts = self.model.prompted(&[query], Role::Query);
        texts.extend(self.model.prompted(documents, Role::Document));
        self.model.tokens(&texts, cancel)
    }
}

impl Reranker for LateReranker {
    fn card(&self) -> &RerankerCard {
        &self.card
    }

    fn rerank(
        &mut self,
        query: &str,
        documents: &[&str],
        cancel: &CancellationToken,
    ) -> Result<Vec<RerankScore>, BackendError> {
        if documents.is_empty() {
            return Ok(Vec::new());
        }
        let tokens = self.tokens(query, documents, cancel)?;
        let Some((query, documents)) = tokens.split_first() else { return Ok(Vec::new()) };
        let vectors = query.vectors();
        let scores = documents.iter().map(|document| {
            if cancel.is_cancelled() {
                return Err(BackendError::Cancelled);
            }
            let late = late_interaction(vectors.view(), document.vectors().view()).map_or(0.0, |found| found.score);
            Ok(RerankScore::Late { late, cosine: query.pooled.dot(&document.pooled) })
        });
        scores.collect()
    }

    fn word_matches(
        &mut self,
        query: &str,
        document: &str,
        cancel: &CancellationToken,
    ) -> Result<Option<WordMatches>, BackendError> {
        let tokens = self.tokens(query, &[document], cancel)?;
        let [query, document] = &tokens[..] else { return Ok(None) };
        let (query_words, document_words) = (query.words.clone(), document.words.clone());
        let Some(found) = late_interaction(query.vectors().view(), document.vectors().view()) else {
            return Ok(Some(WordMatches {
                cosines: Array2::zeros((query_words.len(), document_words.len())),
                best: Vec::new(),
                contributions: vec![0.0; query_words.len()],
                query: query_words,
                document: document_words,
            }));
        };
        let joined = word_matches(&found, &query.word_of, &document.word_of);
        Ok(Some(WordMatches {
            query: query_words,
            document: document_words,
            cosines: joined.cosines,
            best: joined.best,
            contributions: joined.contributions,
        }))
    }
}
