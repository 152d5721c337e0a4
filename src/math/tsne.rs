//! t-SNE (van der Maaten and Hinton 2008), by the approximation of Barnes and Hut, in the crate `bhtsne`.
//!
//! A map on which near points are near, and nothing else is meant: neither the distance between two groups nor the size
//! of one says anything. It starts from the principal components (Kobak and Berens 2019), not from chance, and runs on
//! one thread, so that a corpus has the same map on every run.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use bhtsne::{Neighbor, tSNE};
use ndarray::Array2;

use super::neighbourhood;
use super::plane::Place;

/// How often the points are moved.
pub const EPOCHS: usize = 1_000;
/// How many neighbours a point attends to, softly: the default of the paper's authors.
const PERPLEXITY: f64 = 30.0;
/// The fewest points of which it makes anything.
const FEWEST: usize = 5;
/// How roughly far-away points are taken together.
const THETA: f64 = 0.5;

/// What is thrown to leave the crate's loop, which has no other way out.
struct Stopped;

/// Places for unit vectors, one a row, from a start such as their principal components. `watch` sees the number of epochs
/// done and the places after each, and stops it all by `false`; then there is no result.
///
/// # Panics
/// Where `start` has not a place for each row.
pub fn places(
    unit: &Array2<f32>,
    start: &[Place],
    watch: &mut (dyn FnMut(usize, &[f64]) -> bool + Send),
) -> Option<Vec<Place>> {
    assert_eq!(unit.nrows(), start.len(), "a place for each row");
    let count = unit.nrows();
    if count < FEWEST {
        return Some(start.to_vec());
    }
    // Three times as many neighbours are looked up, so it is a third of the others at the most. On the bundled hundred
    // sentences that keeps 53 % of the ten nearest, a ninth of the others 46 %.
    #[expect(clippy::cast_precision_loss, reason = "a count of points")]
    let perplexity = ((count - 1) as f64 / 3.0).clamp(1.0, PERPLEXITY).floor();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 1 to 30")]
    let attended = 3 * perplexity as usize;
    let wanted: Vec<usize> = (0..count).collect();
    let nearest = neighbourhood::nearest(unit, &wanted, attended, &mut || watch(0, &[]))?;
    let neighbours: Vec<Vec<Neighbor<f64>>> = nearest.into_iter().map(distances).collect();
    // Sums of floats on several threads come out otherwise in every run.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().ok()?;
    let fitted = catch_unwind(AssertUnwindSafe(|| {
        pool.install(|| {
            let mut tsne: tSNE<'_, f64, usize> = tSNE::new(&wanted);
            tsne.perplexity(perplexity).epochs(EPOCHS).initial_embedding(small(start));
            tsne.epoch_callback(|epoch, places| {
                if !watch(epoch + 1, places) {
                    resume_unwind(Box::new(Stopped));
                }
            });
            tsne.barnes_hut_with_neighbors(THETA, &neighbours);
            tsne.embedding()
        })
    }));
    match fitted {
        Ok(places) => Some(in_pairs(&places)),
        Err(thrown) if thrown.is::<Stopped>() => None,
        Err(panic) => resume_unwind(panic),
    }
}

/// Places as `watch` sees them, one number after the other.
#[must_use]
pub fn in_pairs(numbers: &[f64]) -> Vec<Place> {
    numbers.as_chunks::<2>().0.to_vec()
}

/// From cosines to the Euclidean distances of unit vectors: |a − b|² = 2 − 2 a·b.
fn distances(nearest: Vec<(usize, f32)>) -> Vec<Neighbor<f64>> {
    let distance = |cosine: f32| (2.0 - 2.0 * f64::from(cosine)).max(0.0).sqrt();
    nearest.into_iter().map(|(index, cosine)| Neighbor { index, distance: distance(cosine) }).collect()
}

/// The start at a ten-thousandth of unit spread, so that nothing of its distances is left, only its order.
fn small(start: &[Place]) -> Vec<f64> {
    const SPREAD: f64 = 1e-4;
    #[expect(clippy::cast_precision_loss, reason = "a count of points")]
    let spread = (start.iter().map(|place| place[0] * place[0]).sum::<f64>() / start.len() as f64).sqrt();
    let scale = if spread > 0.0 { SPREAD / spread } else { 0.0 };
    // Points on one spot would stay there: each is moved a little on its own way.
    let apart = (0_u32..).map(|at| f64::from(at % 97) * SPREAD * 1e-3);
    start.iter().zip(apart).flat_map(|(place, apart)| place.map(|x| x * scale + apart)).collect()
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::math::neighbourhood::Neighbourhoods;
    use crate::math::plane::Plane;

    /// Three bundles of unit vectors in eight dimensions.
    fn bundles(each: usize) -> Array2<f32> {
        let mut rows = Array2::from_shape_fn((3 * each, 8), |(row, column)| {
            let stray =
                f32::from(u16::try_from((row * 131 + column * 71 + row * column) % 97).expect("below 97")) / 970.0;
            if column == row / each { 1.0 + stray } else { stray }
        });
        for row in rows.rows_mut() {
            crate::math::vector::normalise(row).expect("it has a direction");
        }
        rows
    }

    fn laid_out(rows: &Array2<f32>) -> Vec<Place> {
        let start = Plane::principal(rows).project_all(rows);
        places(rows, &start, &mut |_, _| true).expect("nobody stops it")
    }

    #[test]
    fn bundles_stay_together_and_a_map_is_the_same_on_every_run() {
        let rows = bundles(12);
        let found = laid_out(&rows);
        assert_eq!(found, laid_out(&rows));
        let true_ones = Neighbourhoods::of(&rows, 10);
        // Each point's ten nearest are of its own bundle, of eleven.
        let preserved = true_ones.preserved(&rows, &found);
        assert!(preserved.mean > 0.85, "{}", preserved.mean);
    }

    #[test]
    fn whoever_watches_sees_every_epoch_and_can_stop() {
        let rows = bundles(4);
        let start = vec![[0.0, 0.0]; 12];
        let mut seen = Vec::new();
        let stopped = places(&rows, &start, &mut |epoch, places| {
            seen.push((epoch, places.len()));
            epoch < 3
        });
        assert_eq!((stopped, seen), (None, vec![(0, 0), (1, 24), (2, 24), (3, 24)]));
    }

    #[test]
    fn a_handful_of_points_stays_where_it_is() {
        let rows = bundles(1);
        let start = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]];
        assert_eq!(places(&rows, &start, &mut |_, _| true), Some(start.to_vec()));
        for count in 5..9 {
            let some = bundles(3).slice_axis(ndarray::Axis(0), ndarray::Slice::from(..count)).to_owned();
            let found = laid_out(&some);
            assert!(found.iter().flatten().all(|x| x.is_finite()), "{count}: {found:?}");
        }
    }
}
