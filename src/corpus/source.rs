//! Where a corpus comes from, and how it is to be read.

use std::path::PathBuf;

/// A corpus that a person names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Source {
    /// A file, a folder, a pattern such as `notes/**/*.md`, or `-` for standard input.
    pub path: PathBuf,
    /// How to read it.
    pub options: ReadOptions,
}

/// How a corpus is to be read. What is `None` is guessed, and the guess is said in [`Corpus::notes`](super::Corpus::notes).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReadOptions {
    /// How its documents are written.
    pub format: Option<Format>,
    /// The column or field with the text.
    pub text_field: Option<String>,
    /// The column or field with the id.
    pub id_field: Option<String>,
    /// What of a text is one document.
    pub split: Option<Split>,
    /// Whether the first row that cannot be read is an error.
    pub strict: bool,
    /// Whether documents with the same text stay apart, as a judged collection needs it.
    pub keep_duplicates: bool,
}

/// How the documents of a source are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Text.
    Text,
    /// Markdown.
    Markdown,
    /// Values with commas between them, and a line of names above.
    Csv,
    /// The same with tabs.
    Tsv,
    /// One JSON object a line.
    Jsonl,
    /// One JSON array of objects or strings.
    Json,
    /// Parquet.
    Parquet,
}

/// What of a text is one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// Each line.
    Lines,
    /// Each paragraph.
    Paragraphs,
    /// Each sentence.
    Sentences,
    /// All of it.
    Whole,
}

impl Source {
    /// A source of which everything is guessed.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), options: ReadOptions::default() }
    }
}
