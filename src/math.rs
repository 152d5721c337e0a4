//! Pure numerics: similarity, ranking, agreement and distributions. Knows nobody else in the program.

pub mod agreement;
pub mod bm25;
pub mod distribution;
pub mod fusion;
pub mod rank;
pub mod relevance;
pub mod significance;
pub mod vector;
pub mod words;
