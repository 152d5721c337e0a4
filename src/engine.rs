//! Corpus + backend → rankings and explanations. What the screens and the headless commands both call.

pub mod comparison;
pub mod evaluation;
pub mod explanation;
pub mod index;
pub mod lab;
pub mod lexical;
pub mod pipeline;
pub mod ranking;
pub mod searcher;
pub mod vectors;

pub use comparison::{Comparison, Means};
pub use explanation::Explanation;
pub use lexical::Lexical;
pub use pipeline::{Run, Stage};
pub use ranking::{Ranked, Ranking, Timings};
pub use searcher::{Estimate, Progress, Searcher, Spent};
pub use vectors::{Embedded, Vectors};
