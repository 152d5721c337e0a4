//! The part of a corpus that a person wants to see.

use super::DocumentIndex;

/// The documents that a filter lets through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// The filter as it was written.
    pub filter: String,
    /// Ascending.
    pub documents: Vec<DocumentIndex>,
}

impl Selection {
    /// Whether a document is among them.
    #[must_use]
    pub fn holds(&self, document: DocumentIndex) -> bool {
        self.documents.binary_search(&document).is_ok()
    }
}
