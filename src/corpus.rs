//! Documents: the bundled hundred sentences, and those that a person brings.

pub mod beir;
pub mod bundled;
pub mod read;

/// The number of a document in its corpus, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentIndex(pub usize);

/// One text that can be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Unique in its corpus: as given, else the number of its line.
    pub id: String,
    /// What it is about, where its source says so.
    pub topic: Option<String>,
    /// The text itself, as it was read: it may hold anything but a line break.
    pub text: String,
}

/// The documents that a query ranks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Corpus {
    /// What to call it: a file's name, `standard input` or `bundled corpus`.
    pub name: String,
    /// Whether it is the one that comes with the program and holds nothing private.
    pub bundled: bool,
    /// In the order of the source.
    pub documents: Vec<Document>,
    /// The numbers, from 1, of the source's lines that were passed over because nothing stands on them.
    pub blank_lines: Vec<usize>,
}

impl Corpus {
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
