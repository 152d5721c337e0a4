//! How far a flat map keeps who is near whom.
//!
//! For each point, the share of its nearest on the map that are among its true nearest; the mean over all points is what
//! a map is judged by (the local continuity of Chen and Buja 2009, without its correction for chance, which is told apart).
//! Whatever is as near as the last of the true nearest counts as one of them: of texts that are equal, none is nearer.

use ndarray::{Array2, ArrayView1};

use super::plane::Place;

/// Of so many points at the most neighbourhoods are looked at: the work grows with their number times that of all.
pub const MOST_LOOKED_AT: usize = 2_000;
/// Of more points, an even sample of so many.
const SAMPLE: usize = 1_000;
/// Cosines that differ by less are equal: by so much they depend on the order in which they were added up.
const EQUAL: f32 = 1e-6;

/// The true nearest rows of rows, by the cosine of unit vectors.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbourhoods {
    /// How many nearest there are of each.
    pub k: usize,
    /// How many rows there are, of which some are looked at.
    pub total: usize,
    /// The rows that are looked at, ascending: all, or an even sample.
    pub rows: Vec<usize>,
    /// The `k` nearest rows of each of `rows`, the nearest first.
    pub nearest: Vec<Vec<usize>>,
    /// The least cosine that counts as near to each of `rows`: that of the last of its nearest.
    least: Vec<f32>,
    /// How many others are at least as near as that, over all of `rows`.
    as_near: usize,
}

/// How far a map keeps neighbourhoods.
#[derive(Debug, Clone, PartialEq)]
pub struct Preserved {
    /// For each row that is looked at, how many of its `k` nearest on the map are in truth as near as its `k` nearest.
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
        let mut found = Self { k, total, rows, nearest: Vec::new(), least: Vec::new(), as_near: 0 };
        for_each_nearest(unit, &found.rows, k, &mut || true, &mut |row, list, cosines| {
            let least = list.last().map_or(f32::INFINITY, |&last| cosines[last] - EQUAL);
            let as_near = cosines.iter().enumerate().filter(|&(other, &cosine)| other != row && cosine >= least);
            found.as_near += as_near.count();
            found.least.push(least);
            found.nearest.push(list);
        });
        found
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

    /// What a map would keep on average whose points lie anywhere: as many of all others as count as near.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share of rows")]
    pub fn by_chance(&self) -> f64 {
        let others = self.rows.len() * self.total.saturating_sub(1);
        if others == 0 { 1.0 } else { self.as_near as f64 / others as f64 }
    }

    /// How far a map keeps these, that has a place for each row of the vectors that they were found in.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share of neighbours")]
    pub fn preserved(&self, unit: &Array2<f32>, places: &[Place]) -> Preserved {
        let mut near = Vec::with_capacity(places.len());
        let looked_at = self.rows.iter().zip(&self.least);
        let kept: Vec<usize> = looked_at
            .map(|(&row, &least)| {
                on_map(places, row, self.k, &mut near);
                near.iter().filter(|&&other| unit.row(row).dot(&unit.row(other)) >= least).count()
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

/// The rank of one place among those nearest to another, from 1: how many of those that take part are nearer, and one.
///
/// ```
/// use vecscope::math::neighbourhood::rank_on_map;
/// let places = [[0.0, 0.0], [3.0, 0.0], [1.0, 1.0]];
/// assert_eq!(rank_on_map(&places, [0.0, 1.0], 1, |_| true), 3);
/// assert_eq!(rank_on_map(&places, [0.0, 1.0], 1, |row| row != 0), 2);
/// ```
#[must_use]
pub fn rank_on_map(places: &[Place], from: Place, row: usize, takes_part: impl Fn(usize) -> bool) -> usize {
    let own = squared(places[row], from);
    let nearer = |&(other, &place): &(usize, &Place)| other != row && squared(place, from) < own && takes_part(other);
    1 + places.iter().enumerate().filter(nearer).count()
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
#[must_use]
pub fn nearest(
    unit: &Array2<f32>,
    wanted: &[usize],
    k: usize,
    go_on: &mut dyn FnMut() -> bool,
) -> Option<Vec<Vec<(usize, f32)>>> {
    let mut lists = Vec::with_capacity(wanted.len());
    let is_done = for_each_nearest(unit, wanted, k, go_on, &mut |_, list, cosines| {
        lists.push(list.into_iter().map(|other| (other, cosines[other])).collect());
    });
    is_done.then_some(lists)
}

/// Whoever is shown a row, its nearest rows, and the cosine of every row to it.
type Seen<'a> = dyn FnMut(usize, Vec<usize>, ArrayView1<'_, f32>) + 'a;

/// Shows the `k` nearest of each of the wanted rows, one after the other: the row, they, and the cosine of every row to it.
/// Whether it came to the end.
fn for_each_nearest(
    unit: &Array2<f32>,
    wanted: &[usize],
    k: usize,
    go_on: &mut dyn FnMut() -> bool,
    seen: &mut Seen<'_>,
) -> bool {
    const TOGETHER: usize = 64;
    for chunk in wanted.chunks(TOGETHER) {
        if !go_on() {
            return false;
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
            seen(row, others, cosines);
        }
    }
    true
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
        let unit = at(&[0.0, 10.0, 25.0, 90.0]);
        let true_ones = Neighbourhoods::of(&unit, 1);
        // True pairs: 0→1, 1→0, 2→1, 3→2. On this map 0 and 2 have changed places.
        let preserved = true_ones.preserved(&unit, &[[25.0, 0.0], [10.0, 0.0], [0.0, 0.0], [90.0, 0.0]]);
        // On the map: 0→1, 1→2, 2→1, 3→0.
        assert_eq!(preserved.kept, [1, 0, 1, 0]);
        assert!((preserved.mean - 0.5).abs() < 1e-12);
        let same = true_ones.preserved(&unit, &[[0.0, 0.0], [10.0, 0.0], [25.0, 0.0], [90.0, 0.0]]);
        assert_eq!((same.kept, same.mean), (vec![1, 1, 1, 1], 1.0));
    }

    #[test]
    fn of_equal_ones_whichever_is_near_on_the_map_is_kept() {
        let unit = at(&[30.0; 60]);
        let equal = Neighbourhoods::of(&unit, 10);
        // Wherever the map puts them, each has the others around it.
        let places: Vec<Place> =
            (0_u32..60).map(|number| [f64::from(number * 7 % 60), f64::from(number % 7)]).collect();
        let preserved = equal.preserved(&unit, &places);
        assert_eq!((preserved.kept[59], preserved.mean, equal.by_chance()), (10, 1.0, 1.0));
        // A pair of equal ones and two aside: both of the pair are as near to the third as one of them.
        let unit = at(&[0.0, 0.0, 40.0, 170.0]);
        let some = Neighbourhoods::of(&unit, 1);
        let preserved = some.preserved(&unit, &[[5.5, 0.0], [1.0, 0.0], [0.0, 0.0], [9.0, 0.0]]);
        assert_eq!((some.nearest[2].clone(), preserved.kept), (vec![0], vec![0, 0, 1, 0]));
        assert!((some.by_chance() - (1.0 + 1.0 + 2.0 + 1.0) / 12.0).abs() < 1e-12);
    }

    #[test]
    fn there_are_no_more_neighbours_than_others() {
        let three = Neighbourhoods::of(&at(&[0.0, 1.0, 2.0]), 10);
        assert_eq!((three.k, three.nearest[0].clone()), (2, vec![1, 2]));
        let one = Neighbourhoods::of(&at(&[0.0]), 10);
        assert_eq!((one.k, one.preserved(&at(&[0.0]), &[[0.0, 0.0]]).mean), (0, 1.0));
        let none = Neighbourhoods::of(&at(&[]), 10);
        assert_eq!((none.k, none.preserved(&at(&[]), &[]).mean), (0, 1.0));
    }

    #[test]
    fn of_many_an_even_sample_is_looked_at() {
        let angles: Vec<f32> = (0_u16..3_000).map(|number| f32::from(number) / 20.0).collect();
        let unit = at(&angles);
        let sample = Neighbourhoods::of(&unit, 4);
        assert!(sample.is_sample());
        assert_eq!((sample.rows.len(), sample.rows[1], sample.rows[999]), (1_000, 3, 2_997));
        let mut nearest = sample.nearest_of(300).expect("one of the sample").to_vec();
        nearest.sort_unstable();
        assert_eq!(nearest, [298, 299, 301, 302]);
        // Laid out along the angle, the map is true.
        let places: Vec<Place> = angles.iter().map(|&angle| [f64::from(angle), 0.0]).collect();
        assert!(sample.preserved(&unit, &places).mean > 0.99);
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
        let ranks: Vec<usize> = (0..4).map(|row| rank_on_map(&places, [0.2, 0.0], row, |_| true)).collect();
        assert_eq!(ranks, [1, 2, 3, 4]);
    }
}
