//! Groups of vectors that point the same way: spherical k-means (Dhillon and Modha 2001).
//!
//! Without chance: it starts from the vector nearest to the mean and then from whichever is farthest from all starts so
//! far, so that a corpus has the same clusters on every run.

use ndarray::{Array1, Array2, Axis};

use super::vector;

/// More rounds than it ever takes to settle.
const MOST_ROUNDS: usize = 50;

/// How many clusters suit so many vectors: the root of half their number, from 2 to 10 (never more than vectors).
#[must_use]
pub fn suitable(vectors: usize) -> usize {
    (vectors / 2).isqrt().clamp(2, 10).min(vectors)
}

/// The cluster of each row, from 0, where there are at most `k`: that of the centre with the highest cosine. Clusters are
/// numbered by their size, the largest first. Rows have unit length.
///
/// ```
/// use ndarray::array;
/// let rows = array![[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]];
/// assert_eq!(vecscope::math::clusters::spherical_k_means(&rows, 2), [1, 0, 0]);
/// ```
#[must_use]
pub fn spherical_k_means(unit: &Array2<f32>, k: usize) -> Vec<usize> {
    let k = k.min(unit.nrows());
    if k == 0 {
        return vec![0; unit.nrows()];
    }
    let mut centres = starts(unit, k);
    let mut of = Vec::new();
    for _ in 0..MOST_ROUNDS {
        let now = nearest(unit, &centres);
        if now == of {
            break;
        }
        of = now;
        move_centres(unit, &of, &mut centres);
    }
    by_size(&of, k)
}

/// The row nearest to the mean, then each time the one that is farthest from its nearest start.
fn starts(unit: &Array2<f32>, k: usize) -> Array2<f32> {
    let mut centres = Array2::zeros((k, unit.ncols()));
    let mean = unit.mean_axis(Axis(0)).unwrap_or_else(|| Array1::zeros(unit.ncols()));
    let mut next = best(unit.dot(&mean).iter().copied());
    let mut nearness = Array1::from_elem(unit.nrows(), f32::NEG_INFINITY);
    for mut centre in centres.rows_mut() {
        centre.assign(&unit.row(next));
        nearness.zip_mut_with(&unit.dot(&centre), |nearness, &cosine| *nearness = nearness.max(cosine));
        next = best(nearness.iter().map(|nearness| -nearness));
    }
    centres
}

/// The first place of the highest value.
fn best(values: impl Iterator<Item = f32>) -> usize {
    let higher = |(best, highest), (at, value)| if value > highest { (at, value) } else { (best, highest) };
    values.enumerate().fold((0, f32::NEG_INFINITY), higher).0
}

fn nearest(unit: &Array2<f32>, centres: &Array2<f32>) -> Vec<usize> {
    let cosines = unit.dot(&centres.t());
    cosines.rows().into_iter().map(|row| best(row.iter().copied())).collect()
}

/// Each centre to the direction of the sum of its rows; one that has no rows stays.
fn move_centres(unit: &Array2<f32>, of: &[usize], centres: &mut Array2<f32>) {
    let mut sums = Array2::<f32>::zeros(centres.dim());
    for (row, &cluster) in unit.rows().into_iter().zip(of) {
        let mut sum = sums.row_mut(cluster);
        sum += &row;
    }
    for (mut sum, mut centre) in sums.rows_mut().into_iter().zip(centres.rows_mut()) {
        if vector::normalise(sum.view_mut()).is_ok() {
            centre.assign(&sum);
        }
    }
}

/// The same clusters numbered by size, equal ones by their first row.
fn by_size(of: &[usize], k: usize) -> Vec<usize> {
    let mut sizes = vec![0_usize; k];
    let mut first = vec![usize::MAX; k];
    for (row, &cluster) in of.iter().enumerate() {
        sizes[cluster] += 1;
        first[cluster] = first[cluster].min(row);
    }
    let mut order: Vec<usize> = (0..k).collect();
    order.sort_by_key(|&cluster| (std::cmp::Reverse(sizes[cluster]), first[cluster]));
    let mut number = vec![0; k];
    for (rank, cluster) in order.into_iter().enumerate() {
        number[cluster] = rank;
    }
    of.iter().map(|&cluster| number[cluster]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(angles: &[f32]) -> Array2<f32> {
        Array2::from_shape_fn((angles.len(), 2), |(row, column)| {
            let angle = angles[row].to_radians();
            if column == 0 { angle.cos() } else { angle.sin() }
        })
    }

    #[test]
    fn directions_that_are_close_come_together_the_largest_first() {
        let rows = at(&[0.0, 180.0, 92.0, 5.0, 178.0, 90.0, 88.0, 3.0, 94.0]);
        assert_eq!(spherical_k_means(&rows, 3), [1, 2, 0, 1, 2, 0, 0, 1, 0]);
    }

    #[test]
    fn few_and_equal_vectors_have_clusters_too() {
        assert_eq!(spherical_k_means(&at(&[]), 3), [0_usize; 0]);
        assert_eq!(spherical_k_means(&at(&[40.0]), 3), [0]);
        assert_eq!(spherical_k_means(&at(&[40.0, 40.0, 40.0]), 2), [0, 0, 0]);
    }

    #[test]
    fn their_number_grows_with_the_root() {
        assert_eq!([0, 1, 2, 10, 100, 1_000].map(suitable), [0, 1, 2, 2, 7, 10]);
    }
}
