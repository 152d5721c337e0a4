//! The unit vectors of a corpus, as far as they are there.

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView1, Axis};

use super::vectors::Vectors;
use crate::backend::{BackendError, TextInfo, UnitBatch};
use crate::corpus::DocumentIndex;
use crate::math::neighbourhood::{self, MOST_LOOKED_AT};

/// Of how many documents neighbours are looked for at the most: as many as a map is judged by.
pub const MOST_NEIGHBOURS: usize = MOST_LOOKED_AT;

/// The nearest documents of documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbours {
    /// For each document the numbers of its nearest, the nearest first.
    pub lists: BTreeMap<DocumentIndex, Vec<usize>>,
}

/// Unit vectors of the documents embedded so far, one row each, in the order in which they came.
#[derive(Debug, Default)]
pub struct Index {
    vectors: Array2<f32>,
    documents: Vec<DocumentIndex>,
    infos: Vec<TextInfo>,
}

impl Index {
    /// Adds a batch: row `i` belongs to `documents[i]`.
    ///
    /// # Errors
    /// [`BackendError::BadVectors`] where the batch's vectors are of another size than those before; nothing is added.
    pub fn add(&mut self, documents: &[DocumentIndex], batch: UnitBatch) -> Result<(), BackendError> {
        if self.documents.is_empty() {
            self.vectors = Array2::zeros((0, batch.vectors.ncols()));
        }
        self.vectors
            .append(Axis(0), batch.vectors.view())
            .map_err(|_| BackendError::BadVectors(mismatch(self.dimensions(), batch.vectors.ncols())))?;
        self.documents.extend_from_slice(documents);
        self.infos.extend(batch.infos);
        Ok(())
    }

    /// How many documents are in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.documents.len()
    }

    /// Whether there is none yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// The length of its vectors; 0 while it is empty.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        self.vectors.ncols()
    }

    /// The cosine similarity of each row to a unit vector, in the order of the rows: one matrix-vector product.
    ///
    /// # Errors
    /// [`BackendError::BadVectors`] where `query` is of another size than the rows.
    #[expect(clippy::needless_pass_by_value, reason = "a view is passed as a slice would be")]
    pub fn cosines(&self, query: ArrayView1<'_, f32>) -> Result<Vec<f32>, BackendError> {
        if !self.is_empty() && query.len() != self.dimensions() {
            return Err(BackendError::BadVectors(mismatch(self.dimensions(), query.len())));
        }
        if self.is_empty() { Ok(Vec::new()) } else { Ok(self.vectors.dot(&query).to_vec()) }
    }

    /// The `most` nearest documents of each document, itself left out, by cosine similarity. Of a large corpus only the
    /// first [`MOST_NEIGHBOURS`] documents are looked at: the work grows with the square of their number.
    #[must_use]
    pub fn neighbours(&self, most: usize) -> Neighbours {
        let rows = self.first_rows(MOST_NEIGHBOURS);
        let vectors = self.vectors.select(Axis(0), &rows);
        let documents: Vec<DocumentIndex> = rows.iter().map(|&row| self.documents[row]).collect();
        let all: Vec<usize> = (0..documents.len()).collect();
        let found = neighbourhood::nearest(&vectors, &all, most, &mut || true).unwrap_or_default();
        let numbers = |list: Vec<(usize, f32)>| list.into_iter().map(|(other, _)| documents[other].0).collect();
        Neighbours { lists: documents.iter().copied().zip(found.into_iter().map(numbers)).collect() }
    }

    /// A copy of the vectors of the first `most` documents of the corpus.
    #[must_use]
    pub fn vectors(&self, most: usize) -> Vectors {
        let rows = self.first_rows(most);
        Vectors {
            unit: self.vectors.select(Axis(0), &rows),
            documents: rows.iter().map(|&row| self.documents[row]).collect(),
            infos: rows.iter().map(|&row| self.infos[row]).collect(),
            embedded: self.len(),
        }
    }

    /// The rows of the first `most` documents of the corpus, in whatever order their vectors came, so that two models
    /// look at the same.
    fn first_rows(&self, most: usize) -> Vec<usize> {
        let mut rows: Vec<usize> = (0..self.len()).collect();
        rows.sort_unstable_by_key(|&row| self.documents[row]);
        rows.truncate(most);
        rows
    }

    /// The document of each row, and what is known of it.
    pub fn rows(&self) -> impl Iterator<Item = (DocumentIndex, TextInfo)> + '_ {
        self.documents.iter().copied().zip(self.infos.iter().copied())
    }
}

fn mismatch(expected: usize, found: usize) -> String {
    format!("a vector of {found} dimensions does not fit an index of {expected}; they come from different models")
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::backend::{TokenCount, Usage};

    fn batch(vectors: Array2<f32>) -> UnitBatch {
        let info = TextInfo { tokens: TokenCount::default(), norm: 1.0 };
        UnitBatch { infos: vec![info; vectors.nrows()], vectors, usage: Usage::default() }
    }

    #[test]
    fn cosines_come_in_the_order_of_the_rows() {
        let mut index = Index::default();
        index.add(&[DocumentIndex(5)], batch(array![[1.0, 0.0]])).expect("first");
        index.add(&[DocumentIndex(2), DocumentIndex(9)], batch(array![[0.6, 0.8], [0.0, -1.0]])).expect("same size");
        assert_eq!(index.cosines(array![0.0, 1.0].view()).expect("same size"), [0.0, 0.8, -1.0]);
        let documents: Vec<_> = index.rows().map(|(document, _)| document.0).collect();
        assert_eq!(documents, [5, 2, 9]);
    }

    #[test]
    fn vectors_of_another_size_are_refused_and_change_nothing() {
        let mut index = Index::default();
        index.add(&[DocumentIndex(0)], batch(array![[1.0, 0.0]])).expect("first");
        let error = index.add(&[DocumentIndex(1)], batch(array![[1.0, 0.0, 0.0]])).expect_err("three dimensions");
        assert!(error.to_string().contains("3 dimensions does not fit an index of 2"), "{error}");
        assert_eq!(index.len(), 1);
        assert!(index.cosines(array![1.0].view()).is_err());
    }

    #[test]
    fn neighbours_are_the_nearest_others_whatever_order_the_vectors_came_in() {
        let mut index = Index::default();
        let vectors = array![[0.0, 1.0], [1.0, 0.0], [0.6, 0.8]];
        index.add(&[DocumentIndex(2), DocumentIndex(0), DocumentIndex(1)], batch(vectors)).expect("first");
        let neighbours = index.neighbours(1);
        let nearest: Vec<_> = neighbours.lists.iter().map(|(document, list)| (document.0, list.clone())).collect();
        assert_eq!(nearest, [(0, vec![1]), (1, vec![2]), (2, vec![1])]);
    }

    #[test]
    fn equally_near_neighbours_keep_the_order_of_the_corpus() {
        let mut index = Index::default();
        // The fourth and every third after it are equal; the others are as far from it as from one another.
        let vectors = Array2::from_shape_fn((90, 3), |(row, column)| f32::from(u8::from(row % 3 == column)));
        let documents: Vec<_> = (0..90).rev().map(DocumentIndex).collect();
        index.add(&documents, batch(vectors)).expect("first");
        let neighbours = index.neighbours(40);
        let of_the_fourth = &neighbours.lists[&DocumentIndex(3)];
        let equal = (0..90).step_by(3).filter(|&number| number != 3);
        let others = (0..90).filter(|number| number % 3 != 0);
        assert_eq!(*of_the_fourth, equal.chain(others).take(40).collect::<Vec<_>>());
        assert_eq!(index.neighbours(500).lists[&DocumentIndex(3)].len(), 89, "all others");
    }

    #[test]
    fn vectors_are_given_out_in_the_order_of_the_corpus() {
        let mut index = Index::default();
        let vectors = array![[0.0, 1.0], [1.0, 0.0], [0.6, 0.8]];
        index.add(&[DocumentIndex(7), DocumentIndex(0), DocumentIndex(3)], batch(vectors)).expect("first");
        let vectors = index.vectors(2);
        assert_eq!(vectors.documents, [DocumentIndex(0), DocumentIndex(3)]);
        assert_eq!((vectors.unit, vectors.infos.len(), vectors.embedded), (array![[1.0, 0.0], [0.6, 0.8]], 2, 3));
        let all = index.vectors(9);
        assert_eq!(all.of(DocumentIndex(7)), Some(array![0.0, 1.0].view()));
        assert_eq!(all.of(DocumentIndex(1)), None);
    }

    #[test]
    fn an_empty_index_has_no_cosines() {
        assert!(Index::default().cosines(array![1.0, 0.0].view()).expect("any size").is_empty());
    }
}
