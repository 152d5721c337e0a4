//! How a corpus is searched.

use std::fmt;
use std::sync::Arc;

use crate::corpus::Selection;

/// By what way the nearest documents are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Method {
    /// Every document is scored.
    #[default]
    Exact,
    /// Every document is looked at by one bit a dimension; the best of those are scored.
    TwoPass,
    /// A graph of near neighbours is walked (HNSW).
    Hnsw,
    /// The store that keeps the vectors finds them.
    Store,
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Exact => "exact",
            Self::TwoPass => "two-pass",
            Self::Hnsw => "HNSW",
            Self::Store => "store",
        })
    }
}

/// Of how many documents a ranking holds all, and of larger corpora only the best.
pub const WHOLE_RANKING: usize = 20_000;

/// How many documents the ranking of a larger corpus holds at least.
pub const LEAST_DEPTH: usize = 1_000;

/// What a search is told beside its query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchOptions {
    /// By what way.
    pub method: Method,
    /// How many documents the ranking should hold at the least; it may hold more.
    pub depth: usize,
    /// The documents to rank; `None` for all.
    pub selection: Option<Arc<Selection>>,
}

impl Default for SearchOptions {
    fn default() -> Self {
        Self { method: Method::default(), depth: LEAST_DEPTH, selection: None }
    }
}
