//! The search that finds exactly the nearest.
//!
//! Of a very large corpus most of the time goes into fetching the rows from memory. So it is gone through in whole numbers of
//! eight bits first, a quarter of that. What each score may be at the least and at the most is known then, and those rows
//! that may be among the best are scored by all of their numbers: the answer is the same.

use super::Index;
use super::found::{Found, LEAST_NUMBERS, Rows};
use super::parts::{cores, in_parts, on_threads};
use crate::engine::search::{LEAST_DEPTH, Method, WHOLE_RANKING};
use crate::math::coarse::CoarseQuery;
use crate::math::distribution::Distribution;
use crate::math::space::Space;
use crate::math::top::{Best, Scored};

/// From how many documents on a first look in whole numbers pays: it takes a quarter more memory.
const COARSE_FROM: usize = 100_000;

/// In how many parts the whole numbers are made, each between two searches: all at once would take as long as several.
const SLICES: usize = 8;

/// Of how many scores the spread is found at the most.
const SAMPLE: usize = 50_000;

/// How many rows are looked at together: what there is to know of them stays in the first cache.
const STRETCH: usize = 1_024;

impl Index {
    /// The best of some rows: all of them, or of very many at least `depth`.
    pub(super) fn exact(&mut self, query: &[f32], rows: &Rows, depth: usize) -> Found {
        let among = rows.len();
        let depth = if among <= WHOLE_RANKING { among } else { depth.max(LEAST_DEPTH).min(among) };
        if among >= COARSE_FROM && depth <= among / 10 {
            if self.can_coarsen() {
                self.coarsen_some();
            }
            self.wants_coarse = true;
            if self.coarse.len() == self.len() {
                return self.exact_by_bounds(query, rows, depth);
            }
        }
        let scores = self.scores_of(query, rows);
        let spread = Distribution::of(scores.iter().copied());
        let ranked = self.best_of(scores.into_iter().enumerate().map(|(place, score)| (score, rows.at(place))), depth);
        Found { ranked, spread, sampled: None, among, method: Method::Exact }
    }

    /// Whether there are rows to be made whole numbers: once an exact search has looked at them, so that the first one is
    /// not kept waiting.
    #[must_use]
    pub fn can_coarsen(&self) -> bool {
        self.wants_coarse && self.coarse.len() < self.len()
    }

    /// Makes some of them whole numbers.
    pub fn coarsen_some(&mut self) {
        self.coarsen(self.coarse.len() + self.len().div_ceil(SLICES));
    }

    /// Makes the first so many rows whole numbers, as far as there are as many.
    fn coarsen(&mut self, rows: usize) {
        let numbers = &self.numbers[..rows.min(self.len()) * self.dimensions];
        on_threads(self.coarse.take_in(numbers, self.dimensions, cores()));
    }

    fn exact_by_bounds(&mut self, query: &[f32], rows: &Rows, depth: usize) -> Found {
        self.coarsen(self.len());
        let coarse_query = CoarseQuery::new(query);
        let mask = rows.mask();
        let takes_part = |row: usize| mask.as_ref().is_none_or(|mask| mask[row]);
        let least = LEAST_NUMBERS / self.dimensions.max(1);
        let looks = in_parts(self.len(), least, |part| {
            let (mut estimates, mut best) = (vec![f32::NAN; part.len()], Best::new(depth));
            let mut lower = [0.0; STRETCH];
            for (first, estimates) in part.clone().step_by(STRETCH).zip(estimates.chunks_mut(STRETCH)) {
                let stretch = first..first + estimates.len();
                self.coarse.products(&coarse_query, stretch.clone(), estimates);
                self.scores_by_products(query, stretch.start, estimates);
                let lower = &mut lower[..estimates.len()];
                for ((lower, estimate), row) in lower.iter_mut().zip(estimates).zip(stretch) {
                    if !takes_part(row) {
                        *estimate = f32::NAN;
                    }
                    *lower = *estimate - self.coarse.error(&coarse_query, row);
                }
                best.see_all(lower, first);
            }
            (part, estimates, best)
        });
        let best = looks.iter().map(|(.., best)| best.clone()).fold(Best::new(depth), Best::and).into_kept();
        // So many score this at the least: whoever stays below it is not among the best.
        let bar = best.iter().map(|(lower, _)| *lower).fold(f32::INFINITY, f32::min);
        let reaching = in_parts(looks.len(), 1, |some| {
            let all = looks[some].iter().flat_map(|(part, estimates, _)| part.clone().zip(estimates));
            let reach = all.filter(|(row, estimate)| *estimate + self.coarse.error(&coarse_query, *row) >= bar);
            reach.map(|(row, _)| row).collect::<Vec<usize>>()
        });
        let reaching = Rows::Some(reaching.concat(), self.len());
        let scores = self.scores_of(query, &reaching);
        let scored = scores.into_iter().enumerate().map(|(place, score)| -> Scored { (score, reaching.at(place)) });
        let ranked = self.best_of(scored, depth);
        // Of one core all of them would take as long as the search of all cores.
        let every = rows.len().div_ceil(SAMPLE).max(1);
        let estimates = looks.iter().flat_map(|(_, estimates, _)| estimates).copied();
        let spread = Distribution::of(estimates.filter(|estimate| !estimate.is_nan()).step_by(every));
        let sampled = spread.as_ref().map(|spread| spread.count).filter(|&count| count < rows.len());
        Found { ranked, spread, sampled, among: rows.len(), method: Method::Exact }
    }

    /// Makes scores of inner products, of rows that follow one another from `first` on.
    fn scores_by_products(&self, query: &[f32], first: usize, products: &mut [f32]) {
        if self.space == Space::Euclidean {
            let of_query = Self::square(query);
            for (row, product) in (first..).zip(products) {
                let norm = self.coarse.norm(row);
                *product += 1.0 - f32::midpoint(of_query, norm * norm);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::corpus::DocumentIndex;
    use crate::engine::index::tests::{crowd, index_of, numbers_of};

    /// By sorting scores of double precision. Rows of few different numbers have many equal ones, and none that differ by
    /// rounding alone.
    fn sorted(rows: &[Vec<f32>], query: &[f32], space: Space) -> Vec<usize> {
        let score = |row: &Vec<f32>| {
            let pairs = row.iter().zip(query).map(|(&a, &b)| (f64::from(a), f64::from(b)));
            match space {
                Space::Cosine | Space::InnerProduct => pairs.fold(0.0, |sum, (a, b)| sum + a * b),
                Space::Euclidean => 1.0 - pairs.map(|(a, b)| (a - b).powi(2)).sum::<f64>() / 2.0,
            }
        };
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by(|&a, &b| score(&rows[b]).total_cmp(&score(&rows[a])));
        order
    }

    proptest! {
        #[test]
        fn it_finds_what_a_full_sort_puts_first(
            rows in prop::collection::vec(prop::collection::vec((-3_i8..4).prop_map(|x| f32::from(x) / 4.0), 5), 1..60),
            query in prop::collection::vec((-3_i8..4).prop_map(|x| f32::from(x) / 4.0), 5),
            depth in 1_usize..70,
            backwards: bool,
        ) {
            for space in [Space::InnerProduct, Space::Euclidean] {
                let mut index = index_of(&rows, space, backwards);
                let all = Rows::All(rows.len());
                let expected = sorted(&rows, &query, space);
                let found = index.exact(&query, &all, depth);
                prop_assert_eq!(numbers_of(&found.ranked), &expected[..], "all of a small corpus");
                let depth = depth.min(rows.len());
                let by_bounds = index.exact_by_bounds(&query, &all, depth);
                prop_assert_eq!(&by_bounds.ranked, &found.ranked[..depth], "the same scores, too");
                let odd: Vec<usize> = (0..rows.len()).filter(|row| row % 2 == 1).collect();
                if !odd.is_empty() {
                    let some = Rows::Some(odd, rows.len());
                    let found = index.exact(&query, &some, 1);
                    let by_bounds = index.exact_by_bounds(&query, &some, 1);
                    prop_assert_eq!(&by_bounds.ranked[..], &found.ranked[..1]);
                }
            }
        }
    }

    #[test]
    fn a_first_look_in_whole_numbers_changes_neither_order_nor_scores() {
        let (mut index, queries) = crowd(5_000, 128);
        let all = Rows::All(5_000);
        for query in &queries {
            let exact = index.exact(query, &all, 0);
            let by_bounds = index.exact_by_bounds(query, &all, 300);
            assert_eq!(by_bounds.ranked, exact.ranked[..300]);
            let (exact, estimated) = (exact.spread.expect("scores"), by_bounds.spread.expect("scores"));
            assert_eq!(exact.count, estimated.count);
            assert!((exact.mean - estimated.mean).abs() < 1e-4 && (exact.greatest - estimated.greatest).abs() < 1e-2);
        }
    }

    #[test]
    fn a_corpus_that_changed_is_searched_as_it_is() {
        let rows: Vec<Vec<f32>> = [[1.0, 0.0], [0.5, 0.0], [0.0, 1.0], [0.25, 0.0]].map(Vec::from).into();
        let mut index = index_of(&rows, Space::InnerProduct, false);
        let query = [1.0, 0.0];
        assert_eq!(numbers_of(&index.exact_by_bounds(&query, &Rows::All(4), 2).ranked), [0, 1]);
        // The first goes, and every other one is one less.
        index.renumber(|document| document.0.checked_sub(1).map(DocumentIndex));
        assert_eq!(numbers_of(&index.exact_by_bounds(&query, &Rows::All(3), 2).ranked), [0, 2]);
        assert_eq!(numbers_of(&index.exact(&query, &Rows::All(3), 3).ranked), [0, 2, 1]);
    }
}
