//! Pure numerics: similarity, ranking and distributions. Knows nobody else in the program.

pub mod distribution;
pub mod rank;
pub mod vector;
