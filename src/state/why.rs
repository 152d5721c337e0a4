//! What is known of the selected sentence beside its score: which words of the query carry its rank.

use std::sync::Arc;

use super::{BackendId, Ticket};
use crate::corpus::Selection;
use crate::engine::Ablation;

/// One part of the explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Page {
    /// From norms to the cosine, and its place among all.
    #[default]
    Score,
    /// The query with one word left out.
    Words,
    /// Which words match, by token vectors.
    Matches,
    /// The dimensions that add the most.
    Dimensions,
}

impl Page {
    /// All of them, in their order.
    pub const ALL: [Self; 4] = [Self::Score, Self::Words, Self::Matches, Self::Dimensions];

    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Score => "score",
            Self::Words => "words left out",
            Self::Matches => "words that match",
            Self::Dimensions => "dimensions",
        }
    }

    /// Its number, from 1.
    #[must_use]
    pub fn number(self) -> usize {
        self as usize + 1
    }

    /// The one after it, and after the last the first.
    pub(super) fn next(self) -> Self {
        Self::ALL[self.number() % Self::ALL.len()]
    }
}

/// What is known of the selected sentence beside its score.
#[derive(Debug, Default)]
pub struct Why {
    /// The part of the explanation that is shown where there is room for one.
    pub page: Page,
    /// The newest query without each of its words, and whose vectors these are. It may be that of an older query.
    pub ablation: Option<(BackendId, Arc<Ablation>)>,
    /// Why the newest could not be had.
    pub failed: Option<String>,
    /// The query for which the person lets a server be asked for the vectors of what is left.
    pub(super) allowed: Option<String>,
    /// What was asked for last, so that nothing is asked for twice.
    pub(super) asked: Option<Asked>,
}

impl Why {
    /// Drops what is known of a corpus.
    pub(super) fn forget_corpus(&mut self) {
        (self.ablation, self.failed, self.asked) = (None, None, None);
    }
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) backend: BackendId,
    pub(super) query: String,
    /// How many documents were embedded then: with more there are other ranks.
    pub(super) embedded: usize,
    /// Among which documents they rank; `None` for all.
    pub(super) selection: Option<Arc<Selection>>,
    pub(super) ticket: Ticket,
}
