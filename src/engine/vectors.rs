//! The vectors of a corpus, given out: what maps, explanations and the lab compute with, each on a thread of its own.

use ndarray::{Array2, ArrayView1, Axis};

use crate::backend::TextInfo;
use crate::corpus::{DocumentIndex, Selection};

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

    /// Those of the documents that a filter lets through.
    #[must_use]
    pub fn of_selection(&self, selection: &Selection) -> Self {
        let rows: Vec<usize> = selection.documents.iter().filter_map(|&document| self.row_of(document)).collect();
        Self {
            unit: self.unit.select(Axis(0), &rows),
            documents: rows.iter().map(|&row| self.documents[row]).collect(),
            infos: rows.iter().map(|&row| self.infos[row]).collect(),
            embedded: self.embedded,
        }
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
