//! Where the texts come from, and how they are read.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Options about the corpus.
#[derive(Debug, Args)]
pub struct CorpusArgs {
    /// The texts to rank: a file (text, Markdown, CSV, TSV, JSONL, JSON, Parquet; .gz of any), a folder, a pattern such as
    /// 'notes/**/*.md', or `-` for standard input
    #[arg(long, global = true, value_name = "PATH")]
    pub corpus: Option<PathBuf>,

    /// How they are written [default: by the ending; standard input by what it begins with]
    #[arg(long, global = true, value_enum, value_name = "FORMAT")]
    pub corpus_format: Option<FormatName>,

    /// The column or field with the text [default: `text` and the like, else the one with the longest texts]
    #[arg(long, global = true, value_name = "NAME")]
    pub text_field: Option<String>,

    /// The column or field with the id [default: `id` and the like if all differ, else the number of the line or row]
    #[arg(long, global = true, value_name = "NAME")]
    pub id_field: Option<String>,

    /// What of a text is one document [default: lines of a text file, paragraphs of Markdown and of a folder's text files,
    /// all of a table's texts]
    #[arg(long, global = true, value_enum, value_name = "PART")]
    pub split: Option<SplitName>,

    /// Stop at the first row that cannot be read, rather than to pass over it and say so
    #[arg(long, global = true)]
    pub strict: bool,

    /// The vectors of these texts, made elsewhere: a numpy array of float32 or float64, one row for each text
    #[arg(long, global = true, value_name = "FILE.npy", requires = "corpus")]
    pub vectors: Option<PathBuf>,

    /// The backend whose model made them, which embeds the queries [default: that of --backend]
    #[arg(long, global = true, value_name = "NAME", requires = "vectors")]
    pub vectors_backend: Option<String>,
}

/// How texts are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormatName {
    /// Plain text
    Text,
    /// Markdown; code and front matter are left out
    Markdown,
    /// Commas, semicolons, tabs or bars between values, and a line of names above
    Csv,
    /// Tabs between values, and a line of names above
    Tsv,
    /// A JSON object or string on each line
    Jsonl,
    /// A JSON array of objects or strings
    Json,
    /// Parquet
    Parquet,
}

/// What of a text is one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SplitName {
    /// Each line
    Lines,
    /// What stands between blank lines; in Markdown each paragraph, list item and table row
    Paragraphs,
    /// Each sentence, by Unicode's rule (UAX #29)
    Sentences,
    /// All of it
    Whole,
}
