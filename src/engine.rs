//! Corpus + backend → rankings and explanations. What the screens and the headless commands both call.

pub mod ablation;
pub mod chart;
pub mod comparison;
pub mod contributions;
pub mod evaluation;
pub mod explanation;
pub mod expression;
pub mod groups;
pub mod index;
pub mod lab;
pub mod lexical;
pub mod pipeline;
pub mod ranking;
pub mod ranks;
pub mod search;
pub mod searcher;
pub mod vectors;

pub use ablation::Ablation;
pub use chart::Chart;
pub use comparison::{Comparison, Means};
pub use contributions::Contributions;
pub use explanation::Explanation;
pub use expression::Expression;
pub use groups::Groups;
pub use lexical::Lexical;
pub use pipeline::{Run, Stage};
pub use ranking::{Ranked, Ranking, Timings};
pub use search::{Method, SearchOptions};
pub use searcher::{Estimate, Progress, Recall, Searcher, Spent};
pub use vectors::{Embedded, Vectors};
