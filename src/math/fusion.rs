//! Several rankings of the same items made into one, each item with what every ranking gave for it.
//!
//! [`reciprocal_rank`] looks at ranks only, so it may mix whatever there is: scores of different models never meet. It
//! does not know by how far the first leads. [`blend`] looks at scores, each stretched to 0..1 inside of its own list;
//! it knows, but one stray score at either end squeezes all of the others.
//!
//! An item that is missing in a list gets nothing from it. Where one is repeated in a list, only its first place there
//! counts, though the others keep the ranks of those below. Fused items stand by their score, the highest first, and
//! equal ones by item.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::agreement::Scored;

/// The k of Cormack, Clarke and Büttcher (2009).
pub const DEFAULT_K: f64 = 60.0;

/// One of the rankings that [`reciprocal_rank`] fuses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranked<'a> {
    /// Its items, best first.
    pub items: &'a [usize],
    /// How much it counts, from 0; 1 for all of them is the formula as published. What is negative or not finite is
    /// taken for 0.
    pub weight: f64,
}

/// What one ranking adds to the score of a fused item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankTerm {
    /// The item's rank there, from 1; `None` where it is missing.
    pub rank: Option<usize>,
    /// weight / (k + rank), or 0.
    pub value: f64,
}

/// One item of several rankings: [`reciprocal_rank`].
#[derive(Debug, Clone, PartialEq)]
pub struct Fused {
    /// Which one.
    pub item: usize,
    /// The sum of the values of its terms.
    pub score: f64,
    /// One for each ranking, in their order.
    pub terms: Vec<RankTerm>,
}

/// Reciprocal rank fusion: every item of any ranking by
///
/// score = Σ weight / (k + rank), over the rankings that hold it
///
/// (Cormack, Clarke and Büttcher 2009, "Reciprocal rank fusion outperforms Condorcet and individual rank learning
/// methods".) The greater k is, the less the first ranks stand out: with 60, rank 1 is worth 1.15 times as much as rank
/// 10, with 0 ten times. Scores are from 0 to Σ weight / (k + 1), which only an item has that is first everywhere.
///
/// `k` is from 0; what is negative or NaN is taken for 0.
///
/// ```
/// use vecscope::math::fusion::{DEFAULT_K, Ranked, reciprocal_rank};
/// let (dense, sparse) = (Ranked { items: &[7, 3], weight: 1.0 }, Ranked { items: &[3, 5], weight: 1.0 });
/// let fused = reciprocal_rank(&[dense, sparse], DEFAULT_K);
/// assert_eq!(fused.iter().map(|fused| fused.item).collect::<Vec<_>>(), [3, 7, 5]);
/// assert_eq!(fused[0].score, 1.0 / 62.0 + 1.0 / 61.0);
/// assert_eq!((fused[1].terms[0].rank, fused[1].terms[1].rank), (Some(1), None));
/// ```
#[must_use]
pub fn reciprocal_rank(rankings: &[Ranked<'_>], k: f64) -> Vec<Fused> {
    let missing = RankTerm { rank: None, value: 0.0 };
    let mut by_item: HashMap<usize, Vec<RankTerm>> = HashMap::new();
    for (list, ranking) in rankings.iter().enumerate() {
        let weight = if ranking.weight.is_finite() { ranking.weight.max(0.0) } else { 0.0 };
        for (rank, &item) in (1..).zip(ranking.items) {
            let term = &mut by_item.entry(item).or_insert_with(|| vec![missing; rankings.len()])[list];
            if term.rank.is_none() {
                *term = RankTerm { rank: Some(rank), value: weight / (k.max(0.0) + float(rank)) };
            }
        }
    }
    let fused = by_item.into_iter().map(|(item, terms)| Fused { item, score: sum(&terms), terms });
    let mut fused: Vec<Fused> = fused.collect();
    fused.sort_unstable_by(|x, y| y.score.total_cmp(&x.score).then(x.item.cmp(&y.item)));
    fused
}

/// The sum of the values, from the least up: so the same ranks in another order of the lists are exactly a tie.
fn sum(terms: &[RankTerm]) -> f64 {
    let mut values: Vec<f64> = terms.iter().map(|term| term.value).collect();
    values.sort_by(f64::total_cmp);
    values.into_iter().sum()
}

/// What one list adds to the score of a blended item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoreTerm {
    /// The item's score as it is in the list; `None` where it is missing.
    pub raw: Option<f32>,
    /// Where it lies between the least score of the list, 0, and the greatest, 1. 0 where the item is missing.
    pub normalised: f64,
    /// The weight of the list × [`normalised`](Self::normalised).
    pub value: f64,
}

/// One item of two lists of scores: [`blend`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Blended {
    /// Which one.
    pub item: usize,
    /// The sum of the two values, from 0 to 1.
    pub score: f64,
    /// What the first list adds.
    pub dense: ScoreTerm,
    /// What the second list adds.
    pub sparse: ScoreTerm,
}

/// Two lists of scores blended, each stretched to 0..1 first:
///
/// score = alpha × dense' + (1 − alpha) × sparse', where s' = (s − min) / (max − min) over all of the list
///
/// (Min-max scaling and a convex combination: Bruch, Gai and Ingber 2023, "An analysis of fusion functions for hybrid
/// retrieval".) The lists may be in any order. How far an item reaches depends on what else is in its list: the last of
/// a list is worth 0, as if it were missing. Where all scores of a list are equal, each is worth 1.
///
/// A score that is not finite is none: the item is missing there. `alpha` outside of 0..1 is taken for the nearest, NaN
/// for ½.
///
/// ```
/// use vecscope::math::{agreement::Scored, fusion::blend};
/// let dense = [(0, 0.5), (1, 0.25), (2, 0.0)].map(|(item, score)| Scored { item, score });
/// let sparse = [(1, 12.0), (0, 4.0)].map(|(item, score)| Scored { item, score });
/// let blended = blend(&dense, &sparse, 0.75);
/// // 1: 0.75 × 0.5 + 0.25 × 1, and 0: 0.75 × 1 + 0.25 × 0.
/// assert_eq!(blended.iter().map(|both| (both.item, both.score)).collect::<Vec<_>>(), [(0, 0.75), (1, 0.625), (2, 0.0)]);
/// assert_eq!((blended[1].dense.value, blended[1].sparse.value), (0.375, 0.25));
/// ```
#[must_use]
pub fn blend(dense: &[Scored], sparse: &[Scored], alpha: f64) -> Vec<Blended> {
    let alpha = if alpha.is_nan() { 0.5 } else { alpha.clamp(0.0, 1.0) };
    let (dense, sparse) = (stretched(dense, alpha), stretched(sparse, 1.0 - alpha));
    let missing = ScoreTerm { raw: None, normalised: 0.0, value: 0.0 };
    let mut both: HashMap<usize, (ScoreTerm, ScoreTerm)> =
        dense.into_iter().map(|(item, term)| (item, (term, missing))).collect();
    for (item, term) in sparse {
        both.entry(item).or_insert((missing, missing)).1 = term;
    }
    let blended = both.into_iter().map(|(item, (dense, sparse))| {
        let score = dense.value + sparse.value;
        Blended { item, score, dense, sparse }
    });
    let mut blended: Vec<Blended> = blended.collect();
    blended.sort_unstable_by(|x, y| y.score.total_cmp(&x.score).then(x.item.cmp(&y.item)));
    blended
}

/// The scores of a list from 0 to 1, and times its weight.
fn stretched(list: &[Scored], weight: f64) -> HashMap<usize, ScoreTerm> {
    let mut raw: HashMap<usize, f32> = HashMap::new();
    for scored in list.iter().filter(|scored| scored.score.is_finite()) {
        if let Entry::Vacant(place) = raw.entry(scored.item) {
            place.insert(scored.score);
        }
    }
    let least = raw.values().copied().fold(f32::INFINITY, f32::min);
    let greatest = raw.values().copied().fold(f32::NEG_INFINITY, f32::max);
    // In double precision, so that no difference of two of them is too great.
    let range = f64::from(greatest) - f64::from(least);
    let terms = raw.into_iter().map(|(item, score)| {
        let normalised = if range > 0.0 { (f64::from(score) - f64::from(least)) / range } else { 1.0 };
        (item, ScoreTerm { raw: Some(score), normalised, value: weight * normalised })
    });
    terms.collect()
}

#[expect(clippy::cast_precision_loss, reason = "ranks, exact below 2⁵³")]
fn float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
