//! The vectors of a corpus, given out: what maps, explanations and the lab compute with, each on a thread of its own.

use ndarray::{Array2, ArrayView1};

use crate::backend::TextInfo;
use crate::corpus::DocumentIndex;

/// Of how many documents vectors are given out at the most: of a larger corpus the first. At 384 dimensions they take
/// 30 MB.
pub const MOST_VECTORS: usize = 20_000;

/// The unit vectors of documents, as one model makes them, in the order of the corpus.
#[derive(Debug, Clone, PartialEq)]
pub struct Vectors {
    /// One row a document: documents × dimensions, each of unit length.
    pub unit: Array2<f32>,
    /// The document of each row, ascending.
    pub documents: Vec<DocumentIndex>,
    /// What is known of each row's text besides: its tokens, and the length of its vector before normalising.
    pub infos: Vec<TextInfo>,
    /// How many documents were embedded when they were given out, of which these are the first.
    pub embedded: usize,
}

impl Vectors {
    /// The row of a document; `None` where it is not among these.
    #[must_use]
    pub fn row_of(&self, document: DocumentIndex) -> Option<usize> {
        self.documents.binary_search(&document).ok()
    }

    /// The unit vector of a document; `None` where it is not among these.
    #[must_use]
    pub fn of(&self, document: DocumentIndex) -> Option<ArrayView1<'_, f32>> {
        Some(self.unit.row(self.row_of(document)?))
    }
}

/// Texts that were embedded beside the corpus: unit vectors in the order in which they were asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedded {
    /// One row a text: texts × dimensions, each of unit length.
    pub unit: Array2<f32>,
    /// One entry a text.
    pub infos: Vec<TextInfo>,
}
