//! The options of `vecscope eval`.

use std::path::PathBuf;

use clap::Args;

use super::pipeline::StagesArgs;
use super::{TableFormat, positive};
use crate::engine::evaluation::DEFAULT_K;

/// What is measured, and how.
#[derive(Debug, Clone, Args)]
pub struct EvalArgs {
    /// The queries of a collection: JSONL with `_id` and `text`; with --corpus and --qrels [default: the bundled ones]
    #[arg(long, value_name = "FILE", requires = "qrels")]
    pub queries: Option<PathBuf>,

    /// Its judgements: lines of query-id, corpus-id and score with tabs between, or those of TREC
    #[arg(long, value_name = "FILE", requires = "queries")]
    pub qrels: Option<PathBuf>,

    /// The backends to measure, by their names in the config [default: the chosen one]
    #[arg(long, value_name = "A,B", value_delimiter = ',', num_args = 1)]
    pub backends: Vec<String>,

    /// The depth of nDCG, MRR and recall
    #[arg(long, value_name = "N", default_value_t = DEFAULT_K, value_parser = positive)]
    pub k: usize,

    /// How to print it
    #[arg(long, value_enum, default_value_t = TableFormat::Table)]
    pub format: TableFormat,

    /// Write a JSON line for each query and stage to this file, which must not exist yet: its measures, and the first
    /// documents, as many as --top says
    #[arg(long, value_name = "FILE")]
    pub per_query: Option<PathBuf>,

    /// What is measured: each stage that runs.
    #[command(flatten)]
    pub stages: StagesArgs,
}
