//! Where a corpus comes from, and how it is to be read.

use std::path::{Path, PathBuf};

/// A corpus that a person names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Source {
    /// A file, a folder, a pattern such as `notes/**/*.md`, or `-` for standard input.
    pub path: PathBuf,
    /// How to read it.
    pub options: ReadOptions,
    /// The vectors that come with it.
    pub vectors: Option<VectorsFile>,
}

/// A file of vectors, one for each text of a corpus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VectorsFile {
    /// A numpy array, texts × dimensions.
    pub path: PathBuf,
    /// The backend that has to embed queries for them, by its name in the config.
    pub backend: String,
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
    /// Values with commas between them, or semicolons, tabs or bars, and a line of names above.
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
        Self { path: path.into(), ..Self::default() }
    }
}

impl Format {
    /// The format that a file's ending stands for, below a `.gz`; `None` for an ending that stands for none of them.
    #[must_use]
    pub fn of_name(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.to_ascii_lowercase();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        // A name that only begins with a dot has no ending.
        let (_, ending) = name.get(1..)?.rsplit_once('.')?;
        Some(match ending {
            "txt" | "text" | "rst" | "org" | "adoc" | "asciidoc" => Self::Text,
            "md" | "markdown" | "mdx" => Self::Markdown,
            "csv" => Self::Csv,
            "tsv" | "tab" => Self::Tsv,
            "jsonl" | "ndjson" => Self::Jsonl,
            "json" => Self::Json,
            "parquet" | "pq" => Self::Parquet,
            _ => return None,
        })
    }

    /// The format that content without a name seems to have.
    #[must_use]
    pub fn of_content(bytes: &[u8]) -> Self {
        let content = bytes.trim_ascii_start();
        match content.first() {
            Some(b'{') => Self::Jsonl,
            // A line of text may begin with a bracket, too.
            Some(b'[') if content[1..].trim_ascii_start().starts_with(b"{") => Self::Json,
            Some(b'[') if content[1..].trim_ascii_start().starts_with(b"\"") => Self::Json,
            Some(_) if bytes.starts_with(b"PAR1") => Self::Parquet,
            _ => Self::Text,
        }
    }
}
