//! How far a flat map keeps who is near whom.
//!
//! For each point, the share of its true nearest that are among its nearest on the map; the mean over all points is what
//! a map is judged by (the local continuity of Chen and Buja 2009, without its correction for chance, which is told apart).

use ndarray::Array2;

use super::plane::Place;

/// Of so many points at the most neighbourhoods are looked at: the work grows with their number times that of all.
pub const MOST_LOOKED_AT: usize = 2_000;
/// Of more points, an even sample of so many.
const SAMPLE: usize = 1_000;

/// The true nearest rows of rows, by the cosine of unit vectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbourhoods {
    /// How many nearest there are of each.
    pub k: usize,
    /// How many rows there are, of which some are looked at.
    pub total: usize,
    /// The rows that are looked at, ascending: all, or an even sample.
    pub rows: Vec<usize>,
    /// The `k` nearest rows of each of `rows`, the nearest first.
    pub nearest: Vec<Vec<usize>>,
}

/// How far a map keeps neighbourhoods.
#[derive(Debug, Clone, PartialEq)]
pub struct Preserved {
    /// For each row that is looked at, how many of its true `k` nearest are among its `k` nearest on the map.
    pub kept: Vec<usize>,
    /// The mean share over all of them, from 0 to 1; 1 where no row has neighbours.
    pub mean: f64,
}

impl Neighbourhoods {
    /// The `k` nearest of each row, or of an even sample of rows where there are more than [`MOST_LOOKED_AT`]. `k` is at
    /// most one less than there are rows. Of equally near ones the first counts as nearer.
    #[must_use]
    pub fn of(unit: &Array2<f32>, k: usize) -> Self {
        let total = unit.nrows();
        let rows: Vec<usize> = if total <= MOST_LOOKED_AT {
            (0..total).collect()
        } else {
            (0..SAMPLE).map(|at| at * total / SAMPLE).collect()
        };
        let k = k.min(total.saturating_sub(1));
        let nearest = nearest(unit, &rows, k, &mut || true).unwrap_or_default();
        let nearest = nearest.into_iter().map(|list| list.into_iter().map(|(row, _)| row).collect()).collect();
        Self { k, total, rows, nearest }
    }

    /// The nearest rows of a row; `None` where it is not looked at.
    #[must_use]
    pub fn nearest_of(&self, row: usize) -> Option<&[usize]> {
        self.rows.binary_search(&row).ok().map(|at| self.nearest[at].as_slice())
    }

    /// Whether only a sample of the rows is looked at.
    #[must_use]
    pub fn is_sample(&self) -> bool {
        self.rows.len() < self.total
    }

    /// What a map would keep on average whose points lie anywhere: k of all others.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share of rows")]
    pub fn by_chance(&self) -> f64 {
        if self.total < 2 { 1.0 } else { self.k as f64 / (self.total - 1) as f64 }
    }

    /// How far a map keeps these, that has a place for each row.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share of neighbours")]
    pub fn preserved(&self, places: &[Place]) -> Preserved {
        let mut near = Vec::with_capacity(places.len());
        let looked_at = self.rows.iter().zip(&self.nearest);
        let kept: Vec<usize> = looked_at
            .map(|(&row, nearest)| {
                on_map(places, row, self.k, &mut near);
                nearest.iter().filter(|row| near.contains(row)).count()
            })
            .collect();
        let possible = self.k * self.rows.len();
        let mean = if possible == 0 { 1.0 } else { kept.iter().sum::<usize>() as f64 / possible as f64 };
        Preserved { kept, mean }
    }

    /// How far two models agree who is near whom: the mean share of nearest rows that both have. `None` where they do not
    /// look at the same rows.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share of neighbours")]
    pub fn shared_with(&self, other: &Self) -> Option<f64> {
        if self.rows != other.rows || self.k != other.k || self.k * self.rows.len() == 0 {
            return None;
        }
        let pairs = self.nearest.iter().zip(&other.nearest);
        let shared: usize = pairs.map(|(a, b)| a.iter().filter(|row| b.contains(row)).count()).sum();
        Some(shared as f64 / (self.k * self.rows.len()) as f64)
    }
}

/// The rank of one place among those nearest to another, from 1: how many are nearer, and one.
///
/// ```
/// use vecscope::math::neighbourhood::rank_on_map;
/// assert_eq!(rank_on_map(&[[0.0, 0.0], [3.0, 0.0], [1.0, 1.0]], [0.0, 1.0], 1), 3);
/// ```
#[must_use]
pub fn rank_on_map(places: &[Place], from: Place, row: usize) -> usize {
    let own = squared(places[row], from);
    1 + places.iter().enumerate().filter(|&(other, &place)| other != row && squared(place, from) < own).count()
}

fn squared(a: Place, b: Place) -> f64 {
    (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)
}

/// Puts the `k` rows nearest to a row on the map into `near`.
fn on_map(places: &[Place], row: usize, k: usize, near: &mut Vec<usize>) {
    near.clear();
    near.extend((0..places.len()).filter(|&other| other != row));
    let by_distance = |a: &usize, b: &usize| {
        squared(places[*a], places[row]).total_cmp(&squared(places[*b], places[row])).then(a.cmp(b))
    };
    if k < near.len() {
        near.select_nth_unstable_by(k, by_distance);
        near.truncate(k);
    }
}

/// The `k` rows with the highest cosine to each of the wanted rows, the nearest first, with the cosine. `None` as soon as
/// `go_on` says no, which is asked now and then.
pub(super) fn nearest(
    unit: &Array2<f32>,
    wanted: &[usize],
    k: usize,
    go_on: &mut dyn FnMut() -> bool,
) -> Option<Vec<Vec<(usize, f32)>>> {
    const TOGETHER: usize = 64;
    let mut lists = Vec::with_capacity(wanted.len());
    for chunk in wanted.chunks(TOGETHER) {
        if !go_on() {
            return None;
        }
        let mut some = Array2::zeros((chunk.len(), unit.ncols()));
        for (mut row, &wanted) in some.rows_mut().into_iter().zip(chunk) {
            row.assign(&unit.row(wanted));
        }
        let cosines = some.dot(&unit.t());
        for (cosines, &row) in cosines.rows().into_iter().zip(chunk) {
            let mut others: Vec<usize> = (0..unit.nrows()).filter(|&other| other != row).collect();
            let by_cosine = |a: &usize, b: &usize| cosines[*b].total_cmp(&cosines[*a]).then(a.cmp(b));
            if k < others.len() {
                others.select_nth_unstable_by(k, by_cosine);
                others.truncate(k);
            }
            others.sort_unstable_by(by_cosine);
            lists.push(others.into_iter().map(|other| (other, cosines[other])).collect());
        }
    }
    Some(lists)
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    /// Unit vectors at these angles, in degrees.
    fn at(angles: &[f32]) -> Array2<f32> {
        let mut rows = Array2::zeros((angles.len(), 2));
        for (mut row, angle) in rows.rows_mut().into_iter().zip(angles) {
            row.assign(&array![angle.to_radians().cos(), angle.to_radians().sin()]);
        }
        rows
    }

    #[test]
    fn the_nearest_are_those_at_the_smallest_angle() {
        let found = Neighbourhoods::of(&at(&[0.0, 10.0, 25.0, 90.0]), 2);
        assert_eq!(found.nearest, [vec![1, 2], vec![0, 2], vec![1, 0], vec![2, 1]]);
        assert_eq!((found.nearest_of(3), found.nearest_of(9), found.is_sample()), (Some(&[2, 1][..]), None, false));
        assert!((found.by_chance() - 2.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn a_map_is_judged_by_the_neighbours_that_it_keeps() {
        let true_ones = Neighbourhoods::of(&at(&[0.0, 10.0, 25.0, 90.0]), 1);
        // True pairs: 0→1, 1→0, 2→1, 3→2. On this map 0 and 2 have changed places.
        let preserved = true_ones.preserved(&[[25.0, 0.0], [10.0, 0.0], [0.0, 0.0], [90.0, 0.0]]);
        // On the map: 0→1, 1→2, 2→1, 3→0.
        assert_eq!(preserved.kept, [1, 0, 1, 0]);
        assert!((preserved.mean - 0.5).abs() < 1e-12);
        let same = true_ones.preserved(&[[0.0, 0.0], [10.0, 0.0], [25.0, 0.0], [90.0, 0.0]]);
        assert_eq!((same.kept, same.mean), (vec![1, 1, 1, 1], 1.0));
    }

    #[test]
    fn there_are_no_more_neighbours_than_others() {
        let three = Neighbourhoods::of(&at(&[0.0, 1.0, 2.0]), 10);
        assert_eq!((three.k, three.nearest[0].clone()), (2, vec![1, 2]));
        let one = Neighbourhoods::of(&at(&[0.0]), 10);
        assert_eq!((one.k, one.preserved(&[[0.0, 0.0]]).mean), (0, 1.0));
        let none = Neighbourhoods::of(&at(&[]), 10);
        assert_eq!((none.k, none.preserved(&[]).mean), (0, 1.0));
    }

    #[test]
    fn of_many_an_even_sample_is_looked_at() {
        let angles: Vec<f32> = (0_u16..3_000).map(|number| f32::from(number) / 20.0).collect();
        let sample = Neighbourhoods::of(&at(&angles), 4);
        assert!(sample.is_sample());
        assert_eq!((sample.rows.len(), sample.rows[1], sample.rows[999]), (1_000, 3, 2_997));
        let mut nearest = sample.nearest_of(300).expect("one of the sample").to_vec();
        nearest.sort_unstable();
        assert_eq!(nearest, [298, 299, 301, 302]);
        // Laid out along the angle, the map is true.
        let places: Vec<Place> = angles.iter().map(|&angle| [f64::from(angle), 0.0]).collect();
        assert!(sample.preserved(&places).mean > 0.99);
    }

    #[test]
    fn two_models_share_the_neighbours_that_both_have() {
        let a = Neighbourhoods::of(&at(&[0.0, 10.0, 25.0, 90.0]), 1);
        // 0→1, 1→0, 2→3, 3→2.
        let b = Neighbourhoods::of(&at(&[0.0, 10.0, 80.0, 90.0]), 1);
        assert_eq!((a.shared_with(&a), a.shared_with(&b)), (Some(1.0), Some(0.75)));
        assert_eq!(a.shared_with(&Neighbourhoods::of(&at(&[0.0, 10.0]), 1)), None);
    }

    #[test]
    fn ranks_on_a_map_count_who_is_nearer() {
        let places = [[0.0, 0.0], [1.0, 0.0], [0.0, 2.0], [3.0, 3.0]];
        let ranks: Vec<usize> = (0..4).map(|row| rank_on_map(&places, [0.2, 0.0], row)).collect();
        assert_eq!(ranks, [1, 2, 3, 4]);
    }
}
