//! The vectors of a corpus, as far as they are there, and the search among them.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use ndarray::{Array2, ArrayView1, ArrayView2, Axis};

use super::vectors::Vectors;
use crate::backend::{BackendError, TextInfo, UnitBatch};
use crate::corpus::{DocumentIndex, Selection};
use crate::math::coarse::Coarse;
use crate::math::neighbourhood::{self, MOST_LOOKED_AT};
use crate::math::pages::Pages;
use crate::math::sign_codes::SignCodes;
use crate::math::space::Space;
use crate::math::vector;
use crate::store::Snapshot;

mod exact;
mod found;
mod growth;
pub mod parts;
mod two_pass;

pub use found::Found;
use found::LEAST_NUMBERS;
use growth::Growth;
pub use growth::{GraphKeeping, GraphState};
use parts::in_parts;

/// Of how many documents neighbours are looked for at the most: as many as a map is judged by.
pub const MOST_NEIGHBOURS: usize = MOST_LOOKED_AT;

/// The nearest documents of documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbours {
    /// For each document the numbers of its nearest, the nearest first.
    pub lists: BTreeMap<DocumentIndex, Vec<usize>>,
}

/// Vectors of the documents embedded so far, one row each, in the order in which they came.
///
/// In the space of cosines the rows are of unit length. In any other they have the length that the model gave them.
#[derive(Debug, Default)]
pub struct Index {
    space: Space,
    dimensions: usize,
    /// One row behind the other. Shared with whoever builds a graph of them.
    numbers: Arc<Pages<f32>>,
    documents: Vec<DocumentIndex>,
    infos: Vec<TextInfo>,
    /// The row of each document, where it has one.
    row_of: Vec<Option<u32>>,
    /// The rows in whole numbers, as far as a search took them.
    coarse: Coarse,
    /// Whether a search has looked at all rows that would have taken them in whole numbers.
    wants_coarse: bool,
    /// The rows in one bit a dimension, as far as a search took them.
    signs: Option<SignCodes>,
    /// The graph of the rows, once a search has asked for it.
    growth: Growth,
}

impl Index {
    /// An index of no vectors yet that compares them in a space.
    #[must_use]
    pub fn new(space: Space) -> Self {
        Self { space, ..Self::default() }
    }

    /// Makes room for so many more rows, so that adding them copies none of those that are there.
    pub fn reserve(&mut self, rows: usize, dimensions: usize) {
        Arc::make_mut(&mut self.numbers).reserve(rows * dimensions);
        self.documents.reserve_exact(rows);
        self.infos.reserve_exact(rows);
    }

    /// Adds a batch: row `i` belongs to `documents[i]`.
    ///
    /// # Errors
    /// [`BackendError::BadVectors`] where the batch's vectors are of another size than those before; nothing is added.
    #[expect(clippy::needless_pass_by_value, reason = "whoever adds a batch has no more use for it")]
    pub fn add(&mut self, documents: &[DocumentIndex], batch: UnitBatch) -> Result<(), BackendError> {
        self.check(batch.vectors.ncols())?;
        for ((&document, row), &info) in documents.iter().zip(batch.vectors.rows()).zip(&batch.infos) {
            self.push(document, row, info)?;
        }
        Ok(())
    }

    /// Adds one vector, of unit length.
    ///
    /// # Errors
    /// [`BackendError::BadVectors`] where it is of another size than those before; it is not added.
    #[expect(clippy::needless_pass_by_value, reason = "a view is passed as a slice would be")]
    pub fn push(
        &mut self,
        document: DocumentIndex,
        unit: ArrayView1<'_, f32>,
        info: TextInfo,
    ) -> Result<(), BackendError> {
        self.check(unit.len())?;
        self.dimensions = unit.len();
        self.growth.forget();
        let numbers = Arc::make_mut(&mut self.numbers);
        match self.space {
            Space::Cosine if let Some(unit) = unit.to_slice() => numbers.extend_from_slice(unit),
            Space::Cosine => numbers.extend_from_slice(&unit.to_vec()),
            Space::InnerProduct | Space::Euclidean => numbers.extend_from_slice(&unit.map(|x| x * info.norm).to_vec()),
        }
        if document.0 >= self.row_of.len() {
            self.row_of.resize(document.0 + 1, None);
        }
        self.row_of[document.0] = u32::try_from(self.documents.len()).ok();
        self.documents.push(document);
        self.infos.push(info);
        Ok(())
    }

    /// The rows as they are, to be kept together; `None` where they are not of unit length.
    #[must_use]
    pub fn snapshot(&self) -> Option<Snapshot> {
        (self.space == Space::Cosine).then(|| Snapshot {
            dimensions: self.dimensions,
            numbers: Arc::clone(&self.numbers),
            documents: self.documents.clone(),
            infos: self.infos.clone(),
        })
    }

    /// Takes rows that were kept together, in the place of all that are there. Of those that are no unit vectors, as many as
    /// it then says, none is taken.
    pub fn take(&mut self, snapshot: Snapshot) -> usize {
        let Snapshot { dimensions, numbers, documents, infos } = snapshot;
        let of = |row: usize| &numbers[row * dimensions..(row + 1) * dimensions];
        let damaged = in_parts(documents.len(), LEAST_NUMBERS / dimensions.max(1), |part| {
            part.filter(|&row| !vector::is_unit(of(row))).map(|row| documents[row]).collect::<Vec<_>>()
        });
        let damaged: HashSet<DocumentIndex> = damaged.concat().into_iter().collect();
        let keeping = std::mem::take(&mut self.growth.keeping);
        *self = Self { space: self.space, dimensions, numbers, documents, infos, ..Self::default() };
        self.growth.keeping = keeping;
        self.renumber(|document| (!damaged.contains(&document)).then_some(document));
        damaged.len()
    }

    fn check(&self, dimensions: usize) -> Result<(), BackendError> {
        if !self.is_empty() && dimensions != self.dimensions {
            return Err(BackendError::BadVectors(mismatch(self.dimensions, dimensions)));
        }
        Ok(())
    }

    /// Gives each row the number that its document has in another corpus. A row whose document is not in it goes; the last
    /// row takes its place, as rows have no order of their own.
    pub fn renumber(&mut self, to: impl Fn(DocumentIndex) -> Option<DocumentIndex>) {
        let dimensions = self.dimensions;
        self.growth.forget();
        let numbers = Arc::make_mut(&mut self.numbers);
        let mut row = 0;
        while row < self.documents.len() {
            if let Some(document) = to(self.documents[row]) {
                self.documents[row] = document;
                row += 1;
                continue;
            }
            self.documents.swap_remove(row);
            self.infos.swap_remove(row);
            let last = self.documents.len();
            numbers.copy_within(last * dimensions..(last + 1) * dimensions, row * dimensions);
            numbers.truncate(last * dimensions);
            // From here on rows stand elsewhere than they were when they were made coarse.
            self.coarse.truncate(row);
            self.signs = None;
        }
        let documents = self.documents.iter().map(|document| document.0 + 1).max().unwrap_or(0);
        self.row_of.clear();
        self.row_of.resize(documents, None);
        for (row, document) in (0..).zip(&self.documents) {
            self.row_of[document.0] = Some(row);
        }
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
        self.dimensions
    }

    /// By what the vectors are compared.
    #[must_use]
    pub fn space(&self) -> Space {
        self.space
    }

    /// The row of a document; `None` where it is not embedded.
    fn row_of(&self, document: DocumentIndex) -> Option<usize> {
        self.row_of.get(document.0).copied().flatten().map(|row| row as usize)
    }

    /// The numbers of a row.
    fn row(&self, row: usize) -> &[f32] {
        &self.numbers[row * self.dimensions..(row + 1) * self.dimensions]
    }

    /// The unit vectors of some rows: a copy, rows × dimensions.
    fn units(&self, rows: &[usize]) -> Array2<f32> {
        let all = ArrayView2::from_shape((self.len(), self.dimensions), &self.numbers)
            .expect("as many numbers as rows and dimensions");
        let mut units = all.select(Axis(0), rows);
        if self.space != Space::Cosine {
            for (mut unit, &row) in units.rows_mut().into_iter().zip(rows) {
                let norm = self.infos[row].norm;
                unit.mapv_inplace(|x| x / norm);
            }
        }
        units
    }

    /// The `most` nearest documents of each document, itself left out, by cosine similarity. Of a large corpus only the
    /// first [`MOST_NEIGHBOURS`] documents are looked at: the work grows with the square of their number.
    #[must_use]
    pub fn neighbours(&self, most: usize) -> Neighbours {
        let rows = self.first_rows(MOST_NEIGHBOURS);
        let vectors = self.units(&rows);
        let documents: Vec<DocumentIndex> = rows.iter().map(|&row| self.documents[row]).collect();
        let all: Vec<usize> = (0..documents.len()).collect();
        let found = neighbourhood::nearest(&vectors, &all, most, &mut || true).unwrap_or_default();
        let numbers = |list: Vec<(usize, f32)>| list.into_iter().map(|(other, _)| documents[other].0).collect();
        Neighbours { lists: documents.iter().copied().zip(found.into_iter().map(numbers)).collect() }
    }

    /// A copy of the unit vectors of the first `most` documents of the corpus.
    #[must_use]
    pub fn vectors(&self, most: usize) -> Vectors {
        let rows = self.first_rows(most);
        Vectors {
            unit: self.units(&rows),
            documents: rows.iter().map(|&row| self.documents[row]).collect(),
            infos: rows.iter().map(|&row| self.infos[row]).collect(),
            embedded: self.len(),
        }
    }

    /// The rows of the first `most` documents of the corpus, in whatever order their vectors came, so that two models
    /// look at the same.
    fn first_rows(&self, most: usize) -> Vec<usize> {
        self.row_of.iter().flatten().take(most).map(|&row| row as usize).collect()
    }

    /// So many documents at the most, taken evenly over the corpus, as far as it is embedded.
    #[must_use]
    pub fn evenly(&self, most: usize) -> Vec<DocumentIndex> {
        let taken = self.len().min(most);
        let rows = self.first_rows(self.len());
        (0..taken).map(|number| self.documents[rows[number * rows.len() / taken]]).collect()
    }

    /// The unit vector of a document, and what is known of it besides; `None` where it is not embedded.
    #[must_use]
    pub fn unit_of(&self, document: DocumentIndex) -> Option<(Vec<f32>, TextInfo)> {
        let row = self.row_of(document)?;
        Some((self.units(&[row]).into_raw_vec_and_offset().0, self.infos[row]))
    }

    /// The document of each row, and what is known of it.
    pub fn rows(&self) -> impl Iterator<Item = (DocumentIndex, TextInfo)> + '_ {
        self.documents.iter().copied().zip(self.infos.iter().copied())
    }

    /// The rows of those documents of a selection that are embedded, ascending.
    fn selected(&self, selection: &Selection) -> Vec<usize> {
        let mut rows: Vec<usize> = selection.documents.iter().filter_map(|&document| self.row_of(document)).collect();
        rows.sort_unstable();
        rows
    }
}

fn mismatch(expected: usize, found: usize) -> String {
    format!("a vector of {found} dimensions does not fit an index of {expected}; they come from different models")
}

#[cfg(test)]
pub(crate) mod tests;
