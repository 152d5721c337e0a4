//! The search that looks at one bit a dimension first.
//!
//! All rows are estimated by their signs, and the best of those are scored by all of their numbers. What the first look
//! leaves out is not found, however good it is.

use std::ops::Range;

use super::Index;
use super::found::{Found, LEAST_NUMBERS, Rows, SAMPLE};
use super::parts::{cores, in_parts, on_threads};
use crate::engine::search::Method;
use crate::math::distribution::Distribution;
use crate::math::sign_codes::{SignCodes, SignQuery, TOGETHER};
use crate::math::top::Best;

/// How many rows are looked at together: a number of those that stand together.
const STRETCH: usize = 128 * TOGETHER;

/// How many rows the first look leaves over.
fn first_look(among: usize, depth: usize) -> usize {
    (among / 500).max(8 * depth).max(2_000)
}

impl Index {
    /// The best `depth` of some rows, as far as signs tell where they are.
    pub(super) fn two_pass(&mut self, query: &[f32], rows: &Rows, depth: usize) -> Found {
        let among = rows.len();
        let first = first_look(among, depth);
        if first >= among {
            // All would be left over.
            return self.exact(query, rows, depth);
        }
        self.two_pass_by(first, query, rows, depth)
    }

    /// The best of those `first` that signs put before the others.
    fn two_pass_by(&mut self, first: usize, query: &[f32], rows: &Rows, depth: usize) -> Found {
        self.take_in_signs();
        let signs = self.signs.as_ref().expect("taken in");
        let by_signs = signs.query(query);
        let mask = rows.mask();
        let least = LEAST_NUMBERS * 8 / self.dimensions.max(1);
        let blocks = self.len().div_ceil(TOGETHER);
        let look = |bar: f32, part: Range<usize>| {
            let mut best = Best::from(first, bar);
            let mut estimates = [0.0; STRETCH];
            let part = part.start * TOGETHER..(part.end * TOGETHER).min(self.len());
            for start in part.clone().step_by(STRETCH) {
                let stretch = start..(start + STRETCH).min(part.end);
                let estimates = &mut estimates[..stretch.len()];
                signs.estimate(&by_signs, stretch.clone(), estimates);
                if let Some(mask) = &mask {
                    for (estimate, takes_part) in estimates.iter_mut().zip(&mask[stretch]) {
                        if !takes_part {
                            *estimate = f32::NAN;
                        }
                    }
                }
                best.see_all(estimates, start);
            }
            best
        };
        let look_at_all = |bar: f32| {
            let looks = in_parts(blocks, least / TOGETHER, |part| look(bar, part));
            looks.into_iter().fold(Best::new(first), Best::and).into_kept()
        };
        let bar = if mask.is_some() { f32::NEG_INFINITY } else { self.least_agreement(signs, &by_signs, first) };
        let mut looked_at = look_at_all(bar);
        if looked_at.len() < first && bar > f32::NEG_INFINITY {
            // The sample was not like the rest.
            looked_at = look_at_all(f32::NEG_INFINITY);
        }
        // In the order in which they stand in memory.
        looked_at.sort_unstable_by_key(|(_, row)| *row);
        let close = looked_at.into_iter().map(|(_, row)| row);
        // With a sample for the spread, in one go.
        let sample = rows.sample(SAMPLE);
        let both = Rows::Some(close.chain(sample.iter().copied()).collect(), self.len());
        let scores = self.scores_of(query, &both);
        let (scores, of_sample) = scores.split_at(both.len() - sample.len());
        let scored = scores.iter().enumerate().map(|(place, score)| (*score, both.at(place)));
        let ranked = self.best_of(scored, depth);
        let (spread, sampled) = (Distribution::of(of_sample.iter().copied()), Some(sample.len()));
        Found { ranked, spread, sampled, among: rows.len(), method: Method::TwoPass }
    }

    /// By what signs agree of rather more than so many rows, as a sample of them shows: by this almost all are told apart
    /// before they are sorted.
    fn least_agreement(&self, signs: &SignCodes, query: &SignQuery, most: usize) -> f32 {
        const SAMPLES: usize = 128;
        const EACH: usize = 8 * TOGETHER;
        let blocks = self.len() / TOGETHER;
        let size = SAMPLES * EACH;
        if self.len() < 4 * size {
            return f32::NEG_INFINITY;
        }
        let mut sample = vec![0.0; size];
        for (number, estimates) in sample.chunks_mut(EACH).enumerate() {
            let start = number * blocks / SAMPLES * TOGETHER;
            let end = (start + estimates.len()).min(self.len());
            signs.estimate(query, start..end, &mut estimates[..end - start]);
        }
        // As many as the sample says would sometimes be too few.
        let place = (most * size * 3 / 2).div_ceil(self.len());
        if place >= size {
            return f32::NEG_INFINITY;
        }
        let (_, least, _) = sample.select_nth_unstable_by(place, |a, b| b.total_cmp(a));
        *least
    }

    /// Takes in the signs of all rows.
    fn take_in_signs(&mut self) {
        // A middle of the first few, of which the shortest texts may be, is not that of all.
        let outgrown = self.signs.as_ref().is_none_or(|signs| signs.len() < self.len() / 2);
        if outgrown {
            self.signs = Some(SignCodes::new(self.space, self.middle()));
        }
        if let Some(signs) = &mut self.signs {
            on_threads(signs.take_in(&self.numbers, cores()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::index::tests::{crowd, numbers_of};

    #[test]
    fn with_every_row_left_over_it_finds_what_the_exact_search_finds() {
        let (mut index, queries) = crowd(300, 70);
        for query in &queries {
            let all = Rows::All(300);
            let exact = index.exact(query, &all, 300);
            let found = index.two_pass_by(300, query, &all, 20);
            assert_eq!(found.ranked, exact.ranked[..20]);
            let some = Rows::Some((0..300).filter(|row| row % 3 == 0).collect(), 300);
            let exact = index.exact(query, &some, 300);
            let found = index.two_pass_by(100, query, &some, 100);
            assert_eq!((found.ranked, found.among), (exact.ranked, 100));
        }
    }

    #[test]
    fn a_few_rows_left_over_hold_the_best() {
        let (mut index, queries) = crowd(4_000, 128);
        let all = Rows::All(4_000);
        let mut hits = 0;
        for query in &queries {
            let exact = numbers_of(&index.exact(query, &all, 4_000).ranked[..10]);
            let found = index.two_pass_by(600, query, &all, 10);
            assert!(found.sampled.is_some_and(|sampled| sampled <= 2_000));
            hits += numbers_of(&found.ranked).iter().filter(|number| exact.contains(number)).count();
        }
        assert!(hits * 100 >= queries.len() * 10 * 97, "{hits} of {}", queries.len() * 10);
    }

    #[test]
    fn a_sample_that_is_not_like_the_rest_costs_nobody_a_row() {
        // Where samples are taken, every 512th row, stand 64 that agree with the query in all signs; elsewhere none does.
        const ROWS: usize = 65_536;
        let sampled = |row: usize| row % 512 < 64;
        let rows: Vec<Vec<f32>> =
            (0..ROWS).map(|row| if sampled(row) { vec![1.0, 0.5] } else { vec![-0.5, 1.0] }).collect();
        let mut index = crate::engine::index::tests::index_of(&rows, crate::math::space::Space::Cosine, false);
        let all = Rows::All(ROWS);
        let found = index.two_pass_by(20_000, &[1.0, 0.5], &all, 10_000);
        assert_eq!(found.ranked.len(), 10_000);
        assert!(found.ranked[..8_192].iter().all(|ranked| sampled(ranked.document.0)));
    }

    #[test]
    fn rows_added_later_are_found_as_well() {
        let (mut index, queries) = crowd(300, 70);
        let (more, _) = crowd(500, 70);
        let query = &queries[0];
        index.two_pass_by(20, query, &Rows::All(300), 1);
        for row in 300..500 {
            let unit = more.row(row).to_vec();
            index.push(more.documents[row], unit[..].into(), more.infos[row]).expect("same size");
        }
        let all = Rows::All(500);
        let found = index.two_pass_by(500, query, &all, 500);
        assert_eq!(found.ranked, index.exact(query, &all, 500).ranked);
    }
}
