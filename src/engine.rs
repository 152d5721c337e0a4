//! Corpus + backend → rankings and explanations. What the screens and the headless commands both call.

pub mod comparison;
pub mod explanation;
pub mod index;
pub mod ranking;
pub mod searcher;

pub use comparison::{Comparison, Means};
pub use explanation::Explanation;
pub use ranking::{Ranked, Ranking, Timings};
pub use searcher::{Estimate, Progress, Searcher, Spent};
