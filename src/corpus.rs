//! Documents: the bundled hundred sentences, and those that a person brings.

use std::sync::Arc;

use ndarray::Array2;
use serde_json::Value;

use crate::math::space::Space;

pub mod beir;
pub mod bundled;
pub mod change;
pub mod filter;
pub mod metadata;
pub mod read;
pub mod selection;
pub mod source;
pub mod write;

pub use selection::Selection;
pub use source::Source;

/// The number of a document in its corpus, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentIndex(pub usize);

/// One text that can be found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Document {
    /// Unique in its corpus: as given, else where it stands in its source.
    pub id: String,
    /// What it is about, where its source says so.
    pub topic: Option<String>,
    /// The text itself, as it was read: it may hold anything but a line break.
    pub text: String,
    /// What else its source says of it, in the order of [`Corpus::fields`]; what is missing at the end, or null, is not
    /// said. Boxed, because most corpora have none and some have a million documents.
    pub metadata: Box<[Value]>,
    /// The others with the same text, in the order of the source: they are shown as one.
    pub duplicates: Box<[Duplicate]>,
}

/// A document that has the same text as an earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    /// Unique in the corpus.
    pub id: String,
    /// As [`Document::metadata`].
    pub metadata: Box<[Value]>,
}

impl Document {
    /// A text of which nothing else is said.
    #[must_use]
    pub fn new(id: impl Into<String>, text: impl Into<String>) -> Self {
        Self { id: id.into(), text: text.into(), ..Self::default() }
    }

    /// How many documents of the source it stands for: itself and its duplicates.
    #[must_use]
    pub fn copies(&self) -> usize {
        1 + self.duplicates.len()
    }
}

/// The documents that a query ranks.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Corpus {
    /// What to call it: a file's name, `standard input` or `bundled corpus`.
    pub name: String,
    /// Whether it is the one that comes with the program and holds nothing private.
    pub bundled: bool,
    /// In the order of the source.
    pub documents: Vec<Document>,
    /// The names of what [`Document::metadata`] holds.
    pub fields: Vec<String>,
    /// The numbers, from 1, of the source's lines that were passed over because nothing stands on them.
    pub blank_lines: Vec<usize>,
    /// What of the source is no document, though it should be.
    pub skipped: Skipped,
    /// What was guessed about the source, in sentences for the person: which column holds the texts, say.
    pub notes: Vec<String>,
    /// Vectors that came with the texts, where some did.
    pub vectors: Option<Arc<GivenVectors>>,
}

/// Rows of a source that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Skipped {
    /// How many there are.
    pub rows: usize,
    /// The first of them, in words that name the file, the line and the reason: at most [`Skipped::MOST_NAMED`].
    pub first: Vec<String>,
}

impl Skipped {
    /// How many are named at the most.
    pub const MOST_NAMED: usize = 5;
}

/// Vectors that came with the texts of a corpus, made by whomever.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenVectors {
    /// The backend that has to embed queries for them, by its name in the config.
    pub backend: String,
    /// One row a document, as they came, of whatever length: documents × dimensions.
    pub vectors: Array2<f32>,
    /// By what they are to be compared.
    pub space: Space,
}

impl Corpus {
    /// A corpus of documents of which nothing else is known.
    #[must_use]
    pub fn new(name: impl Into<String>, documents: Vec<Document>) -> Self {
        Self { name: name.into(), documents, ..Self::default() }
    }

    /// The texts, in order.
    #[must_use]
    pub fn texts(&self) -> Vec<&str> {
        self.documents.iter().map(|document| document.text.as_str()).collect()
    }
}

impl std::ops::Index<DocumentIndex> for Corpus {
    type Output = Document;

    fn index(&self, index: DocumentIndex) -> &Document {
        &self.documents[index.0]
    }
}
