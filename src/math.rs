//! Pure numerics: similarity, ranking, fusion, agreement, relevance and distributions. Knows nobody else in the program.

pub mod agreement;
pub mod bm25;
pub mod clusters;
pub mod coarse;
pub mod cutoff;
pub mod distribution;
pub mod fusion;
pub mod late;
pub mod neighbourhood;
pub mod pages;
pub mod plane;
pub mod procrustes;
pub mod products;
pub mod quantise;
pub mod rank;
pub mod relevance;
pub mod rotation;
pub mod sign_codes;
pub mod significance;
pub mod space;
pub mod top;
pub mod tsne;
pub mod vector;
pub mod words;
