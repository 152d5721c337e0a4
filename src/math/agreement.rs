//! How far two rankings of the same collection agree.
//!
//! Ranks only are compared. A score says how an item stands among those of its own ranking; the scores of one model
//! never meet those of another.
//!
//! Three measures, because each leaves out what another sees:
//!
//! | measure | what it looks at | from | to |
//! | --- | --- | --- | --- |
//! | [`overlap`] | which items are in the top k, in whatever order | 0 | 1 |
//! | [`tau_b`] | the order of all pairs, the last as much as the first | −1 | 1 |
//! | [`rbo`] | all ranks, the first the most | 0 | 1 |
//!
//! And one list: [`farthest`] of the [`displacements`] are the items about which the two rankings disagree most.
//!
//! An item stands at most once in a ranking. Nothing here panics where one is repeated, but it then counts once against
//! a list that is longer by the repetition, so that even equal lists agree by less than 1.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

/// One item of a ranking: which one, and its score there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// Which one, by the same number in both rankings.
    pub item: usize,
    /// Its score; higher is better. Compared only with others of the same ranking.
    pub score: f32,
}

/// How far two rankings agree about the items that both of them hold.
///
/// Of n such items, orders that have nothing to do with each other agree too: on average by k / n in the overlap, by 0
/// in τ-b, and by (1 − pⁿ) / (n (1 − p)) in RBO. For k = 10, p = 0.9 and 100 items, that is 0.1, 0 and 0.1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// How many items both rankings hold; at least one.
    pub items: usize,
    /// The share of the top k that is the same, from 0 to 1: [`overlap`]. Always 1 where there are no more than k items.
    pub overlap: f64,
    /// The correlation of the whole order, from −1 to 1: [`tau_b`]; `None` where it is not defined.
    pub tau_b: Option<f64>,
    /// The agreement that counts the top the most: [`rbo`] over all items, up to 1. As the items are the same, it is
    /// always above 0.
    pub rbo: f64,
    /// Whether the same item stands first. Equal scores stand as the ranking has them.
    pub same_first: bool,
}

/// How far the rankings `a` and `b` agree, each best first. `k` is the depth of the overlap, `p` the persistence of
/// [`rbo`].
///
/// What only one of them holds is left out of both, and what stands below moves up: an item that the other has not seen
/// yet is no disagreement. `None` where nothing is left, where `k` is 0, and where `p` is not between 0 and 1.
///
/// The two may come from different models: of the scores only the order and the ties inside each ranking are used.
///
/// ```
/// # use vecscope::math::agreement::{Scored, agreement};
/// let a = [(7, 0.9), (2, 0.5), (4, 0.1)].map(|(item, score)| Scored { item, score });
/// // On quite another scale, and without item 2.
/// let b = [(7, 41.0), (4, 40.0), (5, 12.0)].map(|(item, score)| Scored { item, score });
/// let both = agreement(&a, &b, 10, 0.9).unwrap();
/// assert_eq!((both.items, both.overlap, both.tau_b, both.same_first), (2, 1.0, Some(1.0), true));
/// ```
#[must_use]
pub fn agreement(a: &[Scored], b: &[Scored], k: usize, p: f64) -> Option<Agreement> {
    let (a, b) = (held_by_both(a, b), held_by_both(b, a));
    let (a_order, b_order) = (items(&a), items(&b));
    let b_scores: HashMap<usize, f32> = b.iter().map(|scored| (scored.item, scored.score)).collect();
    let (a_scores, b_scores): (Vec<f32>, Vec<f32>) =
        a.iter().filter_map(|scored| Some((scored.score, *b_scores.get(&scored.item)?))).unzip();
    Some(Agreement {
        items: a.len(),
        overlap: overlap(top(&a_order, k), top(&b_order, k))?,
        tau_b: tau_b(&a_scores, &b_scores),
        rbo: rbo(&a_order, &b_order, p)?,
        same_first: a_order.first() == b_order.first(),
    })
}

/// What is in `these` and also in `others`, in its order.
fn held_by_both(these: &[Scored], others: &[Scored]) -> Vec<Scored> {
    let others: HashSet<usize> = others.iter().map(|scored| scored.item).collect();
    these.iter().copied().filter(|scored| others.contains(&scored.item)).collect()
}

fn items(ranking: &[Scored]) -> Vec<usize> {
    ranking.iter().map(|scored| scored.item).collect()
}

fn top(order: &[usize], k: usize) -> &[usize] {
    &order[..k.min(order.len())]
}

/// The share of two top lists that is the same, whatever the order inside them: |A ∩ B| / k, from 0 to 1.
///
/// k is the length of the longer list. So a list of 3 that lies wholly in one of 10 overlaps with it by 0.3, and
/// an empty one with any other by 0. `None` for two empty lists.
///
/// For lists of equal length it is the agreement at depth k of Webber, Moffat and Zobel (2010), from which [`rbo`] is
/// made.
///
/// ```
/// assert_eq!(vecscope::math::agreement::overlap(&[3, 1, 8, 5], &[1, 9, 3, 7]), Some(0.5));
/// ```
#[must_use]
pub fn overlap(a_top: &[usize], b_top: &[usize]) -> Option<f64> {
    let longer = a_top.len().max(b_top.len());
    let a: HashSet<usize> = a_top.iter().copied().collect();
    let b: HashSet<usize> = b_top.iter().copied().collect();
    (longer > 0).then(|| float(a.intersection(&b).count()) / float(longer))
}

/// Kendall's rank correlation τ-b of two scores for each item, `a[i]` and `b[i]` for item `i`: from −1, where one order
/// is the other reversed, through 0, where they have nothing to do with each other, to 1, where they are the same.
///
/// τ-b = (C − D) / √((C + D + A) (C + D + B))
///
/// over all pairs of items: C are concordant (a and b put them in the same order), D discordant (in opposite orders),
/// A tied in a alone and B tied in b alone. A pair that is tied in both counts nowhere. With ties on one side only, 1
/// is out of reach. (Kendall 1945, "The treatment of ties in ranking problems".)
///
/// Counted in O(n log n) after Knight (1966); the counts are exact for up to 2³² items. 0 and −0 are tied.
///
/// `None` where it is not defined: for fewer than two items, where one side is tied throughout, where a score is NaN,
/// and where there are not as many scores of one side as of the other.
///
/// ```
/// use vecscope::math::agreement::tau_b;
/// // Of three pairs, one stands the other way round: (2 − 1) / √(3 × 3).
/// assert_eq!(tau_b(&[0.9, 0.8, 0.1], &[30.0, 31.0, 2.0]), Some(1.0 / 3.0));
/// assert_eq!(tau_b(&[0.9, 0.8, 0.1], &[0.5, 0.5, 0.5]), None);
/// ```
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "exact below 2⁵³ pairs, so for more than 100 million items")]
pub fn tau_b(a: &[f32], b: &[f32]) -> Option<f64> {
    if a.len() != b.len() || a.iter().chain(b).any(|score| score.is_nan()) {
        return None;
    }
    let Pairs { concordant, discordant, only_a_tied, only_b_tied } = Pairs::count(a, b);
    let ordered = concordant + discordant;
    let (by_a, by_b) = (ordered + only_b_tied, ordered + only_a_tied);
    let surplus = i128::from(concordant) - i128::from(discordant);
    // The root of the product, not the product of the roots: it makes equal orders exactly 1.
    (by_a > 0 && by_b > 0).then(|| surplus as f64 / (by_a as f64 * by_b as f64).sqrt())
}

/// The pairs of items by how two sides order them. Those that are tied on both are in none of the counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pairs {
    concordant: u64,
    discordant: u64,
    only_a_tied: u64,
    only_b_tied: u64,
}

impl Pairs {
    /// Knight's algorithm: once the items are in the order of `a`, and of `b` where `a` is tied, the discordant pairs
    /// are those that a merge sort by `b` exchanges.
    fn count(a: &[f32], b: &[f32]) -> Self {
        // Adding 0 makes 0 of −0, so that equal numbers are neighbours in the total order too.
        let mut both: Vec<(f32, f32)> = a.iter().zip(b).map(|(a, b)| (a + 0.0, b + 0.0)).collect();
        both.sort_unstable_by(|x, y| x.0.total_cmp(&y.0).then(x.1.total_cmp(&y.1)));
        let (mut by_a, mut by_b): (Vec<f32>, Vec<f32>) = both.iter().copied().unzip();
        let tied_in_a = tied_pairs(&by_a);
        // What is no longer needed is room for the merge.
        let discordant = sort_counting_exchanges(&mut by_b, &mut by_a);
        let (tied_in_b, tied_in_both) = (tied_pairs(&by_b), tied_pairs(&both));
        let tied_in_any = tied_in_a + tied_in_b - tied_in_both;
        Self {
            concordant: pairs_of(both.len()) - tied_in_any - discordant,
            discordant,
            only_a_tied: tied_in_a - tied_in_both,
            only_b_tied: tied_in_b - tied_in_both,
        }
    }
}

/// How many pairs there are of so many things: n (n − 1) / 2.
fn pairs_of(count: usize) -> u64 {
    let count = count as u64;
    count * count.saturating_sub(1) / 2
}

/// How many pairs of a sorted list are equal.
fn tied_pairs<T: PartialEq>(sorted: &[T]) -> u64 {
    sorted.chunk_by(T::eq).map(|tied| pairs_of(tied.len())).sum()
}

/// Sorts from the least to the greatest by merging, and counts the pairs that stood the wrong way round. `room` is as
/// long as `values`; what it holds does not matter.
fn sort_counting_exchanges(values: &mut [f32], room: &mut [f32]) -> u64 {
    let middle = values.len() / 2;
    if middle == 0 {
        return 0;
    }
    let mut exchanges = sort_counting_exchanges(&mut values[..middle], &mut room[..middle])
        + sort_counting_exchanges(&mut values[middle..], &mut room[middle..]);
    room.copy_from_slice(values);
    let (mut left, mut right) = room.split_at(middle);
    for place in values {
        *place = match (left, right) {
            ([first, rest @ ..], []) => {
                left = rest;
                *first
            }
            // Equal ones are not exchanged.
            ([first, rest @ ..], [other, ..]) if first <= other => {
                left = rest;
                *first
            }
            (_, [first, rest @ ..]) => {
                exchanges += left.len() as u64;
                right = rest;
                *first
            }
            // There are as many places as values.
            ([], []) => break,
        };
    }
    exchanges
}

/// Rank-biased overlap, extrapolated: the agreement of two rankings, best first, of which the top counts the most. From
/// 0, where they have no item in common, to 1, where one is the beginning of the other.
///
/// Somebody reads both lists from the top and after each rank goes on with probability `p`, the persistence. RBO is the
/// agreement that they find, on average, at the depth where they stop (Webber, Moffat and Zobel 2010, "A similarity
/// measure for indefinite rankings", equation 32, here gathered by depth):
///
/// RBO = (1 − p) Σ pᵈ⁻¹ A(d) + pˡ A(l), over the depths d = 1 … l
///
/// Here l and s are the lengths of the longer and the shorter list, X(d) how many items the first d of both have in
/// common, and A(d) = X(d) / d the agreement. Below its end the shorter list is taken to go on with as many matches as
/// it had so far: A(d) = (X(d) + X(s) (d − s) / s) / d for d > s. Below the end of both, A is taken to stay as it is.
///
/// `p` says how far down matters; [`weight_of_first`] has the share of the weight that the first ranks carry. With 0.9
/// the first 10 have 86 %, with 0.98 the first 50 have 85 %.
///
/// Ties are not seen: rankings break them by the order of the corpus, and as both do it in the same way, items that are
/// tied in both agree as if they were ordered. (Corsi and Urbano 2024 compare ways to do otherwise.)
///
/// `None` where a list is empty, which leaves nothing to extrapolate from, and where `p` is not between 0 and 1.
///
/// ```
/// use vecscope::math::agreement::rbo;
/// // The agreement is 1 at depth 1, ½ at 2, 1 at 3: 0.1 × (1 + 0.9 × ½ + 0.81) + 0.729.
/// assert!((rbo(&[4, 7, 2], &[4, 2, 7], 0.9).unwrap() - 0.955).abs() < 1e-12);
/// assert_eq!(rbo(&[4, 7, 2], &[4, 7], 0.9), Some(1.0));
/// assert_eq!(rbo(&[4, 7, 2], &[], 0.9), None);
/// ```
#[must_use]
pub fn rbo(a: &[usize], b: &[usize], p: f64) -> Option<f64> {
    let shorter = a.len().min(b.len());
    if shorter == 0 || !is_persistence(p) {
        return None;
    }
    let common = common_by_depth(a, b);
    let rate = float(common[shorter - 1]) / float(shorter);
    let agreements = common.iter().enumerate().map(|(position, &common)| {
        let (depth, beyond) = (position + 1, (position + 1).saturating_sub(shorter));
        (float(common) + rate * float(beyond)) / float(depth)
    });
    // From the bottom up, A(d) and what lies below it are mixed by 1 − p and p. So rounding never leaves 0 … 1.
    agreements.rev().reduce(|below, here| here + p * (below - here))
}

fn is_persistence(p: f64) -> bool {
    p > 0.0 && p < 1.0
}

/// X(d): how many items the first `d` of both lists have in common, for each depth from 1 to the end of the longer one.
fn common_by_depth(a: &[usize], b: &[usize]) -> Vec<usize> {
    let (mut in_a, mut in_b) = (HashSet::new(), HashSet::new());
    let mut common = 0;
    (0..a.len().max(b.len()))
        .map(|position| {
            if let Some(&item) = a.get(position) {
                common += usize::from(in_a.insert(item) && in_b.contains(&item));
            }
            if let Some(&item) = b.get(position) {
                common += usize::from(in_b.insert(item) && in_a.contains(&item));
            }
            common
        })
        .collect()
}

/// The share of the weight of [`rbo`] that the first `depth` ranks carry together, from 0 to 1, if the lists were
/// endless:
///
/// W(d) = 1 − pᵈ + (1 − p) / p × d × Σ pⁱ / i, over i > d, where Σ pⁱ / i over all i is ln 1 / (1 − p)
///
/// (Webber, Moffat and Zobel 2010, equation 21; with pᵈ⁻¹ and i ≥ d there, which comes to the same.) It is more than
/// 1 − pᵈ, the chance to stop there or before: whoever reads on has seen the first ranks too.
///
/// `None` where `p` is not between 0 and 1.
///
/// ```
/// use vecscope::math::agreement::weight_of_first;
/// assert_eq!((weight_of_first(10, 0.9).unwrap() * 100.0).round(), 86.0);
/// ```
#[must_use]
pub fn weight_of_first(depth: usize, p: f64) -> Option<f64> {
    if !is_persistence(p) {
        return None;
    }
    // Of all i, those up to the depth are taken away.
    let (mut power, mut rest) = (1.0, -(-p).ln_1p());
    for i in 1..=depth {
        power *= p;
        rest -= power / float(i);
    }
    // Rounding may leave a little more or less than nothing far down.
    Some((1.0 - power + (1.0 - p) * float(depth) * (rest / p)).clamp(0.0, 1.0))
}

/// Where one item stands in two rankings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Displacement {
    /// Which one.
    pub item: usize,
    /// Its rank in the first ranking, from 1.
    pub a: usize,
    /// Its rank in the second ranking, from 1.
    pub b: usize,
}

impl Displacement {
    /// The rank in the second ranking less that in the first: above 0 where the second has it further down.
    #[must_use]
    pub fn difference(self) -> isize {
        let distance = isize::try_from(self.a.abs_diff(self.b)).unwrap_or(isize::MAX);
        if self.b < self.a { -distance } else { distance }
    }

    /// How much the two rankings disagree about it: |log₂ a − log₂ b|, the number of times that the better rank has to be
    /// doubled to reach the worse. 0 where the ranks are equal.
    ///
    /// A plain difference would say that 60 against 99 is as bad as 1 against 40, though nobody reads that far; the
    /// doublings are 0.7 and 5.3. The difference of the reciprocals, |1 / a − 1 / b|, goes too far the other way: for it
    /// the first two changing places (½) is worse than a fall from 2 to 100 (0.49); here they are 1 and 5.6.
    ///
    /// ```
    /// use vecscope::math::agreement::Displacement;
    /// assert_eq!(Displacement { item: 0, a: 40, b: 5 }.doublings(), 3.0);
    /// ```
    #[must_use]
    pub fn doublings(self) -> f64 {
        let (worse, better) = (self.a.max(self.b), self.a.min(self.b));
        // A quotient is rounded once, so that 2 to 1 and 100 to 50 weigh exactly the same.
        (float(worse) / float(better.max(1))).log2().max(0.0)
    }
}

/// Where each item stands that both rankings hold, in the order of the items; `a_rank[i]` and `b_rank[i]` are the ranks
/// of item `i`, from 1. 0 is no rank and taken for `None`.
///
/// Ranks are taken as they are. While one of the rankings is not complete, its ranks are the smaller for it.
///
/// ```
/// use vecscope::math::agreement::displacements;
/// let moved = displacements(&[Some(1), Some(2), None, Some(3)], &[Some(3), None, Some(2), Some(1)]);
/// let differences: Vec<_> = moved.iter().map(|moved| (moved.item, moved.difference())).collect();
/// assert_eq!(differences, [(0, 2), (3, -2)]);
/// ```
#[must_use]
pub fn displacements(a_rank: &[Option<usize>], b_rank: &[Option<usize>]) -> Vec<Displacement> {
    let pairs = a_rank.iter().zip(b_rank).enumerate();
    let both = pairs.filter_map(|(item, (a, b))| Some(Displacement { item, a: (*a)?, b: (*b)? }));
    both.filter(|ranks| ranks.a > 0 && ranks.b > 0).collect()
}

/// The `n` items about which two rankings disagree most by [`Displacement::doublings`], the worst first, equal ones by
/// item. Those whose rank is the same are no disagreement and never among them.
///
/// ```
/// use vecscope::math::agreement::{Displacement, farthest};
/// let deep = Displacement { item: 0, a: 60, b: 99 };
/// let high = Displacement { item: 1, a: 40, b: 1 };
/// let same = Displacement { item: 2, a: 7, b: 7 };
/// assert_eq!(farthest(&[deep, high, same], 5), [high, deep]);
/// ```
#[must_use]
pub fn farthest(displacements: &[Displacement], n: usize) -> Vec<Displacement> {
    let mut moved: Vec<_> = displacements.iter().copied().filter(|ranks| ranks.a != ranks.b).collect();
    moved.sort_by(worst_first);
    moved.truncate(n);
    moved
}

fn worst_first(x: &Displacement, y: &Displacement) -> Ordering {
    y.doublings().total_cmp(&x.doublings()).then(x.item.cmp(&y.item))
}

#[expect(clippy::cast_precision_loss, reason = "counts of items, exact below 2⁵³")]
fn float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
