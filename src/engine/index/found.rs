//! What a search among vectors found.

use ndarray::ArrayView1;

use super::parts::in_parts;
use super::{Index, mismatch};
use crate::backend::{BackendError, TextInfo};
use crate::corpus::DocumentIndex;
use crate::engine::ranking::Ranked;
use crate::engine::search::{Method, SearchOptions};
use crate::math::distribution::Distribution;
use crate::math::products::Sum;
use crate::math::space::Space;
use crate::math::top::{self, Scored};
use crate::math::vector;
use crate::store::Near;

/// How many numbers a thread takes on at the least: fewer are gone through before another one has started.
pub(super) const LEAST_NUMBERS: usize = 1 << 21;

/// Of how many scores the spread is found where not all are there: more change nothing that can be seen.
pub(super) const SAMPLE: usize = 1_000;

/// The documents that a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Best first; equal scores in the order of the corpus.
    pub ranked: Vec<Ranked>,
    /// The spread of the scores of all that took part, or of a sample of them; `None` where none did.
    pub spread: Option<Distribution>,
    /// How large the sample is; `None` where all were scored.
    pub sampled: Option<usize>,
    /// How many documents took part.
    pub among: usize,
    /// By what way they were found.
    pub method: Method,
}

/// The rows that take part in a search.
pub(super) enum Rows {
    /// So many: all that there are.
    All(usize),
    /// Some, ascending, of so many.
    Some(Vec<usize>, usize),
}

impl Rows {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::All(all) => *all,
            Self::Some(rows, _) => rows.len(),
        }
    }

    /// Which of all rows take part; `None` for all.
    pub(super) fn mask(&self) -> Option<Vec<bool>> {
        let Self::Some(rows, all) = self else { return None };
        let mut mask = vec![false; *all];
        for &row in rows {
            mask[row] = true;
        }
        Some(mask)
    }

    /// The one of them at this place.
    pub(super) fn at(&self, place: usize) -> usize {
        match self {
            Self::All(_) => place,
            Self::Some(rows, _) => rows[place],
        }
    }

    /// At most so many of them, evenly.
    pub(super) fn sample(&self, most: usize) -> Vec<usize> {
        let taken = self.len().min(most);
        (0..taken).map(|number| self.at(number * self.len() / taken)).collect()
    }
}

impl Index {
    /// The nearest documents of a query, given as a unit vector and the length that it had.
    ///
    /// # Errors
    /// [`BackendError::BadVectors`] where `query` is of another size than the rows.
    #[expect(clippy::needless_pass_by_value, reason = "a view is passed as a slice would be")]
    pub fn search(
        &mut self,
        query: ArrayView1<'_, f32>,
        norm: f32,
        options: &SearchOptions,
    ) -> Result<Found, BackendError> {
        if !self.is_empty() && query.len() != self.dimensions {
            return Err(BackendError::BadVectors(mismatch(self.dimensions, query.len())));
        }
        let query = self.as_compared(query, norm);
        let rows = match &options.selection {
            None => Rows::All(self.len()),
            Some(selection) => Rows::Some(self.selected(selection), self.len()),
        };
        Ok(match options.method {
            Method::Exact | Method::Store => self.exact(&query, &rows, options.depth),
            Method::Hnsw => self.by_graph(&query, &rows, options.depth),
            Method::TwoPass => self.two_pass(&query, &rows, options.depth),
        })
    }

    /// A query as it is compared in the space of the rows.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "a view is passed as a slice would be")]
    pub fn as_compared(&self, unit: ArrayView1<'_, f32>, norm: f32) -> Vec<f32> {
        match self.space {
            Space::Cosine => unit.to_vec(),
            Space::InnerProduct | Space::Euclidean => unit.iter().map(|x| x * norm).collect(),
        }
    }

    /// What a store has found for a query, as far as it is embedded here, and how the scores of a sample of the rows
    /// spread.
    #[must_use]
    pub fn found_elsewhere(&self, query: &[f32], near: &[Near]) -> Found {
        let ranked = near.iter().filter_map(|&Near { document, score }| {
            self.row_of(document).map(|row| Ranked { document, score, info: self.infos[row] })
        });
        let (rows, ranked) = (Rows::All(self.len()), ranked.collect());
        let (spread, sampled) = self.sampled_spread(query, &rows);
        Found { ranked, spread, sampled, among: rows.len(), method: Method::Store }
    }

    /// The score of each of some rows, in their order.
    pub(super) fn scores_of(&self, query: &[f32], rows: &Rows) -> Vec<f32> {
        // Rows that stand far apart take several times as long to fetch.
        let least = if matches!(rows, Rows::All(_)) { LEAST_NUMBERS } else { LEAST_NUMBERS / 8 };
        let scores = in_parts(rows.len(), least / self.dimensions.max(1), |part| {
            let mut scores = vec![0.0; part.len()];
            match rows {
                Rows::All(_) => {
                    let numbers = &self.numbers[part.start * self.dimensions..part.end * self.dimensions];
                    self.sum().over_rows(numbers, query, &mut scores);
                }
                Rows::Some(rows, _) => {
                    for (score, &row) in scores.iter_mut().zip(&rows[part]) {
                        *score = self.sum().over(self.row(row), query);
                    }
                }
            }
            self.finish(&mut scores);
            scores
        });
        scores.concat()
    }

    /// What a score is made of.
    fn sum(&self) -> Sum {
        match self.space {
            Space::Cosine | Space::InnerProduct => Sum::Products,
            Space::Euclidean => Sum::SquaredDifferences,
        }
    }

    /// Makes scores of sums.
    fn finish(&self, sums: &mut [f32]) {
        if self.space == Space::Euclidean {
            for sum in sums {
                *sum = 1.0 - *sum / 2.0;
            }
        }
    }

    /// The best of some rows by the score of each, best first, at most `depth` of them.
    pub(super) fn best_of(&self, scored: impl Iterator<Item = Scored>, depth: usize) -> Vec<Ranked> {
        // By document, so that equal scores stand in the order of the corpus, whatever order the rows have.
        let mut scored: Vec<Scored> = scored.map(|(score, row)| (score, self.documents[row].0)).collect();
        if depth < scored.len() {
            scored.select_nth_unstable_by(depth, top::best_first);
            scored.truncate(depth);
        }
        scored.sort_unstable_by(top::best_first);
        let ranked = scored.into_iter().map(|(score, document)| {
            let document = DocumentIndex(document);
            Ranked { document, score, info: self.info_of(document) }
        });
        ranked.collect()
    }

    fn info_of(&self, document: DocumentIndex) -> TextInfo {
        let row = self.row_of(document).expect("what is ranked is embedded");
        self.infos[row]
    }

    /// The spread of the scores of an even sample of rows, and how many these are, unless they are all.
    pub(super) fn sampled_spread(&self, query: &[f32], rows: &Rows) -> (Option<Distribution>, Option<usize>) {
        let sample = Rows::Some(rows.sample(SAMPLE), self.len());
        let scores = self.scores_of(query, &sample);
        (Distribution::of(scores.into_iter()), (sample.len() < rows.len()).then_some(sample.len()))
    }

    /// The mean of an even sample of rows.
    pub(super) fn middle(&self) -> Vec<f32> {
        const SAMPLE: usize = 10_000;
        let mut sum = vec![0.0; self.dimensions];
        let sample = Rows::All(self.len()).sample(SAMPLE);
        for &row in &sample {
            for (sum, &x) in sum.iter_mut().zip(self.row(row)) {
                *sum += f64::from(x);
            }
        }
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a mean of ten thousand")]
        sum.into_iter().map(|sum| (sum / sample.len().max(1) as f64) as f32).collect()
    }

    /// The square of a vector's length.
    pub(super) fn square(vector: &[f32]) -> f32 {
        let norm = vector::norm(ArrayView1::from(vector));
        norm * norm
    }
}
