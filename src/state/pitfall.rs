//! What may mislead a person about the ranking on the screen.

use unicode_segmentation::UnicodeSegmentation;

use super::{Screen, State};
use crate::backend::TokenCount;
use crate::engine::Expression;

/// Something about the query or the corpus that a person should know before trusting the ranking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pitfall {
    /// The query has this many words, two at the most: there is little for a model to go by.
    ShortQuery(usize),
    /// The query is an expression, which only vectors understand.
    Expression,
    /// The end of the query is not seen by the model.
    QueryTruncated(TokenCount),
    /// The ends of this many documents are not seen by the model.
    DocumentsTruncated {
        /// How many.
        documents: usize,
        /// Of so many of the best; `None` of all.
        best: Option<usize>,
        /// The model's limit in tokens.
        limit: usize,
    },
    /// So many of so many documents are ranked yet.
    Incomplete {
        /// Documents in the ranking.
        ranked: usize,
        /// Documents in the corpus.
        documents: usize,
    },
}

impl State {
    /// The number of words in the query, as Unicode segments them.
    #[must_use]
    pub fn query_words(&self) -> usize {
        self.query.text().unicode_words().count()
    }

    /// What may mislead about the ranking on the screen, the most important first.
    #[must_use]
    pub fn pitfalls(&self) -> Vec<Pitfall> {
        let Some(ranking) = self.ranking() else { return Vec::new() };
        let mut pitfalls = Vec::new();
        if ranking.query_info.tokens.truncated() {
            pitfalls.push(Pitfall::QueryTruncated(ranking.query_info.tokens));
        }
        if !ranking.is_complete() {
            pitfalls.push(Pitfall::Incomplete { ranked: ranking.embedded, documents: ranking.documents });
        }
        let is_sum = Expression::is_meant(self.query.text());
        if is_sum && self.screen == Screen::Pipeline {
            pitfalls.push(Pitfall::Expression);
        }
        let words = self.query_words();
        if words <= 2 && !is_sum {
            pitfalls.push(Pitfall::ShortQuery(words));
        }
        let truncated = ranking.ranked.iter().filter(|ranked| ranked.info.tokens.truncated());
        if let Some(limit) = truncated.clone().map(|ranked| ranked.info.tokens.used).max() {
            let best = ranking.is_cut().then_some(ranking.ranked.len());
            pitfalls.push(Pitfall::DocumentsTruncated { documents: truncated.count(), best, limit });
        }
        pitfalls
    }
}
