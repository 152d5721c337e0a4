//! The command line.

#![expect(clippy::doc_markdown, reason = "these comments are what --help prints: plain text, not Markdown")]

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::Deserialize;

use crate::engine::Method;

pub mod cache;
pub mod chroma;
pub mod corpus;
pub mod eval;
pub mod lab;
pub mod learn;
pub mod map;
pub mod pipeline;

use cache::{CacheArgs, CacheOptions};
use chroma::{BrowseArgs, ChromaArgs};
use corpus::CorpusArgs;
use eval::EvalArgs;
use lab::LabArgs;
use learn::LearnArgs;
use map::MapArgs;
use pipeline::StagesArgs;

/// An oscilloscope for text embeddings: ranks a corpus by cosine similarity while you type.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
pub struct Cli {
    /// What to do; without it, the explorer opens.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// What holds for the explorer and for every command.
    #[command(flatten)]
    pub options: Options,
}

/// Options that hold everywhere.
#[derive(Debug, Args)]
pub struct Options {
    /// Where the texts come from.
    #[command(flatten)]
    pub corpus: CorpusArgs,

    /// Which backend embeds, at the start, by its name in the config [default: the first that Tab goes through, local]
    #[arg(long, global = true, value_name = "NAME")]
    pub backend: Option<String>,

    /// Which reranker reads the best results again, by its name in the config [default: late-interaction]
    #[arg(long, global = true, value_name = "NAME")]
    pub reranker: Option<String>,

    /// Only the documents that pass, as in "year>=1990 -lang:de" (the README says how filters are written)
    #[arg(long, global = true, value_name = "EXPR")]
    pub filter: Option<String>,

    /// By what way the nearest documents are found [default: exact; with --store chroma, store]
    #[arg(long, global = true, value_enum, value_name = "WAY")]
    pub search: Option<MethodName>,

    /// How many results to show [default: 10]
    #[arg(long, short = 'k', global = true, value_name = "K", value_parser = positive)]
    pub top: Option<usize>,

    /// The config file to read in place of the one that `vecscope config` names
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// What local models run on [default: onnxruntime if ORT_DYLIB_PATH is set, else rten]
    #[arg(long, global = true, value_enum)]
    pub engine: Option<EngineName>,

    /// The ONNX Runtime library for the engine onnxruntime
    // Not a path for clap, which refuses a variable that is set to nothing.
    #[arg(long, global = true, env = "ORT_DYLIB_PATH", hide_env_values = true, value_name = "FILE")]
    pub onnxruntime: Option<OsString>,

    /// A folder with a local model to use in place of the one in the program
    #[arg(long, global = true, value_name = "DIR")]
    pub model_dir: Option<PathBuf>,

    /// Load the model in --model-dir even if its hash is not known
    #[arg(long, global = true, requires = "model_dir")]
    pub trust_model: bool,

    /// The OpenAI-compatible server, such as the one at localhost:11434/v1
    #[arg(long, global = true, env = "OPENAI_BASE_URL", hide_env_values = true, value_name = "URL")]
    pub base_url: Option<String>,

    /// The model to ask the OpenAI-compatible server for [default: text-embedding-3-small]
    #[arg(long, global = true, env = "EMBED_MODEL", hide_env_values = true, value_name = "MODEL")]
    pub embed_model: Option<String>,

    /// The length of vectors to ask the OpenAI-compatible server for
    #[arg(long, global = true, value_name = "N", value_parser = positive)]
    pub dimensions: Option<usize>,

    /// Send the corpus to the backend's server without a question
    #[arg(long, short = 'y', global = true)]
    pub yes: bool,

    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t = ColorChoice::Auto)]
    pub color: ColorChoice,

    /// Colours for a dark or a light background [default: from COLORFGBG, else dark]
    #[arg(long, global = true, value_enum)]
    pub theme: Option<ThemeName>,

    /// Write a log to this file; VECSCOPE_LOG sets what goes in, e.g. debug
    #[arg(long, global = true, value_name = "FILE")]
    pub log_file: Option<PathBuf>,

    /// Where vectors are kept between runs.
    #[command(flatten)]
    pub cache: CacheOptions,
    /// What is meant on a Chroma server.
    #[command(flatten)]
    pub chroma: ChromaArgs,
}

/// What the program does besides the explorer.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Rank the corpus for one query
    Search {
        /// What to rank by
        query: String,
        /// How to print the ranking
        #[arg(long, value_enum, default_value_t = SearchFormat::Table)]
        format: SearchFormat,
        /// Measure what the way of searching finds of what the exact one does, by 100 documents as queries
        #[arg(long)]
        measure_recall: bool,
    },
    /// Embed texts: a vector for each, in their order
    Embed {
        /// The texts, as --corpus reads them; `-` is standard input
        #[arg(default_value = "-")]
        file: PathBuf,
        /// How to write the vectors
        #[arg(long, value_enum, default_value_t = EmbedFormat::Jsonl)]
        format: EmbedFormat,
        /// Leave the vectors as long as the model made them
        #[arg(long)]
        raw: bool,
        /// What the texts are: models made for retrieval embed queries and documents differently
        #[arg(long, value_enum, default_value_t = RoleName::Document)]
        role: RoleName,
    },
    /// Rank the corpus with two backends, and say how far they agree
    Compare {
        /// What to rank by
        #[arg(required_unless_present = "queries")]
        query: Option<String>,
        /// The two backends, by their names in the config [default: those the Compare screen begins with]
        #[arg(long, value_name = "A,B", value_delimiter = ',', num_args = 1)]
        backends: Vec<String>,
        /// Many queries: UTF-8, one a line, or JSONL with `text` or `query`; gives means and the worst disagreements
        #[arg(long, value_name = "FILE", conflicts_with = "query")]
        queries: Option<PathBuf>,
        /// How to print it
        #[arg(long, value_enum, default_value_t = TableFormat::Table)]
        format: TableFormat,
    },
    /// Take a query through dense, BM25, hybrid and rerank, and say where each stage puts a document, and why
    Pipeline {
        /// What to rank by
        query: String,
        /// Say which words match, by token vectors: of the first so many documents
        #[arg(long, value_name = "N", default_value_t = 0)]
        words: usize,
        /// How to print it
        #[arg(long, value_enum, default_value_t = TableFormat::Table)]
        format: TableFormat,
        /// Which stages, and what they are told.
        #[command(flatten)]
        pipeline: Box<StagesArgs>,
    },
    /// Say why one document stands where it stands for a query: its arithmetic, its place among all, which words carry it,
    /// and which dimensions
    Explain {
        /// What to rank by; `= king - man + woman` is arithmetic on vectors
        query: String,
        /// The document, by its id
        id: String,
        /// How to print it
        #[arg(long, value_enum, default_value_t = TableFormat::Table)]
        format: TableFormat,
    },
    /// Switch one thing about vectors, and measure what that does to the ranking: eight pitfalls
    Lab(LabArgs),
    /// Measure how good each stage of a retrieval pipeline is, on queries with judged documents
    Eval(EvalArgs),
    /// Open the explorer on a guided lesson, or list the lessons
    Learn(LearnArgs),
    /// Lay the corpus flat, and say how far the picture can be trusted
    Map(MapArgs),
    /// Look at a collection of a Chroma server, whoever made it, or list the collections that there are
    Browse(BrowseArgs),
    /// List the backends and the rerankers: what each is, and whether it can be used
    Models {
        /// All models of fastembed's catalogue, which a config can name
        #[arg(long)]
        all: bool,
        /// How to print them
        #[arg(long, value_enum, default_value_t = TableFormat::Table)]
        format: TableFormat,
    },
    /// Fetch a model from the Hugging Face hub, so that it is there when it is needed
    Pull {
        /// A backend or a reranker of the config, or a model of the catalogue
        model: String,
    },
    /// Say which vectors are kept between runs and what they take, or remove some
    Cache(CacheArgs),
    /// Say where the config file is, and whether it is good
    Config {
        /// Print the built-in config, to begin one of your own with
        #[arg(long)]
        default: bool,
    },
    /// Measure loading, embedding, ranking and drawing on this machine
    Bench {
        /// How to print the measurements
        #[arg(long, value_enum, default_value_t = BenchFormat::Table)]
        format: BenchFormat,
        /// How often to measure each part
        #[arg(long, value_name = "N", default_value_t = 200, value_parser = positive)]
        runs: usize,
    },
    /// Say what this installation has, and try it
    Doctor,
}

/// An engine by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EngineName {
    /// RTen, part of the program
    Rten,
    /// An ONNX Runtime library
    Onnxruntime,
}

/// A way of searching.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MethodName {
    /// Every document is scored
    Exact,
    /// Every document is looked at by one bit a dimension, and the best of those are scored
    TwoPass,
    /// A graph of near neighbours is walked
    Hnsw,
    /// The store that keeps the vectors finds them: a Chroma server
    Store,
}

impl MethodName {
    /// What it stands for.
    #[must_use]
    pub fn method(self) -> Method {
        match self {
            Self::Exact => Method::Exact,
            Self::TwoPass => Method::TwoPass,
            Self::Hnsw => Method::Hnsw,
            Self::Store => Method::Store,
        }
    }
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Colours for a background.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ThemeName {
    /// A dark background
    Dark,
    /// A light background
    Light,
}

/// What texts are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RoleName {
    /// What is looked for
    Query,
    /// What can be found
    Document,
}

/// How to print a ranking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SearchFormat {
    /// With bars, for people
    Table,
    /// One object
    Json,
    /// With a header line
    Csv,
}

/// How to print a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TableFormat {
    /// For people
    Table,
    /// JSON
    Json,
}

/// How to write vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EmbedFormat {
    /// One object a line
    Jsonl,
    /// One numpy array, texts × dimensions, float32
    Npy,
}

/// How to print measurements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BenchFormat {
    /// For people
    Table,
    /// One object
    Json,
}

fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("must be at least 1".into()),
        Ok(number) => Ok(number),
        Err(_) => Err("must be a whole number, at least 1".into()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn zero_results_are_refused() {
        assert!(Cli::try_parse_from(["vecscope", "search", "q", "--top", "0"]).is_err());
        assert!(Cli::try_parse_from(["vecscope", "search", "q", "--top", "3"]).is_ok());
    }

    #[test]
    fn there_is_no_way_to_put_a_key_on_the_command_line() {
        assert!(Cli::try_parse_from(["vecscope", "--openai-key", "sk-x"]).is_err());
    }
}
