//! How good a ranking is, measured against what somebody judged to be relevant.
//!
//! | measure | what it says, always from 0 to 1 |
//! | --- | --- |
//! | [`success`] | whether anything relevant is among the first k |
//! | [`reciprocal_rank`] | how far up the first relevant item stands |
//! | [`recall`] | which share of the relevant items is among the first k |
//! | [`average_precision`] | how far up all of the relevant items stand |
//! | [`ndcg`] | the same, with the first k alone and by how relevant they are |
//!
//! All are defined as `trec_eval` has them (the program of the Text Retrieval Conferences, version 9), and tested
//! against it:
//!
//! - An item is relevant where its relevance is above 0. One that nobody judged is not relevant.
//! - The order is that of the ranking that is given; ties are the caller's to break.
//! - For a query without any relevant item, every measure is 0. `trec_eval` counts such a query in its means; it leaves
//!   out those that have no judgement at all, and so should a caller.
//!
//! Nothing here panics where an item is repeated: only its first place is relevant, though the others keep their ranks.

use std::collections::{HashMap, HashSet};

/// How relevant items are to a query, by their number: 0 or below is not relevant. For most measures, above 0 is all
/// the same; for [`ndcg`], 2 is twice as much as 1.
pub type Judgements = HashMap<usize, i32>;

/// Every measure of one ranking at once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measures {
    /// nDCG@k: [`ndcg`].
    pub ndcg: f64,
    /// MRR@k for a single query: [`reciprocal_rank`].
    pub reciprocal_rank: f64,
    /// Recall@k: [`recall`].
    pub recall: f64,
    /// MAP for a single query, over the whole ranking: [`average_precision`].
    pub average_precision: f64,
    /// Whether the first item is relevant: [`success`] at 1, so 0 or 1.
    pub success: f64,
}

/// Every measure of the items in `ranked`, best first; of the first k where the measure has such a depth.
///
/// ```
/// use vecscope::math::relevance::{Judgements, measures};
/// let judgements = Judgements::from([(7, 1), (3, 1), (5, 0)]);
/// let found = measures(&[5, 7, 9], &judgements, 10);
/// assert_eq!((found.reciprocal_rank, found.recall, found.average_precision, found.success), (0.5, 0.5, 0.25, 0.0));
/// ```
#[must_use]
pub fn measures(ranked: &[usize], judgements: &Judgements, k: usize) -> Measures {
    Measures {
        ndcg: ndcg(ranked, judgements, k),
        reciprocal_rank: reciprocal_rank(ranked, judgements, k),
        recall: recall(ranked, judgements, k),
        average_precision: average_precision(ranked, judgements),
        success: success(ranked, judgements, 1),
    }
}

/// Normalised discounted cumulative gain of the first k, `ndcg_cut` of `trec_eval`: from 0, where none of them is
/// relevant, to 1, where no order of the judged items would be better.
///
/// nDCG@k = DCG@k / ideal DCG@k, DCG@k = Σ relevance / log₂(rank + 1), over the ranks 1 … k
///
/// The ideal has all judged items, whether ranked or not, the most relevant first. (Järvelin and Kekäläinen 2002,
/// "Cumulated gain-based evaluation of IR techniques", with the discount in its later form. The gain is linear; some
/// take 2^relevance − 1, which is the same for 0 and 1.)
///
/// ```
/// use vecscope::math::relevance::{Judgements, ndcg};
/// // (1 / log₂ 2 + 2 / log₂ 3) / (2 / log₂ 2 + 1 / log₂ 3)
/// let found = ndcg(&[4, 6], &Judgements::from([(4, 1), (6, 2)]), 10);
/// assert!((found - 0.859_718_7).abs() < 1e-7);
/// ```
#[must_use]
pub fn ndcg(ranked: &[usize], judgements: &Judgements, k: usize) -> f64 {
    let mut ideal: Vec<i32> = judgements.values().copied().filter(|&relevance| relevance > 0).collect();
    ideal.sort_unstable_by(|x, y| y.cmp(x));
    let found = relevances(ranked, judgements).take(k);
    share(discounted(found), discounted(ideal.into_iter().take(k)))
}

/// The sum of gains, each divided by log₂(rank + 1).
fn discounted(gains: impl Iterator<Item = i32>) -> f64 {
    (2..).zip(gains).map(|(rank_and_1, gain)| f64::from(gain) / float(rank_and_1).log2()).sum()
}

/// 1 / the rank of the first relevant item, 0 where there is none among the first k. Its mean over queries is MRR@k;
/// `recip_rank` of `trec_eval` is that of the whole ranking, which [`usize::MAX`] gives.
///
/// ```
/// use vecscope::math::relevance::{Judgements, reciprocal_rank};
/// assert_eq!(reciprocal_rank(&[8, 2, 5, 1], &Judgements::from([(5, 2), (1, 3)]), 10), 1.0 / 3.0);
/// ```
#[must_use]
pub fn reciprocal_rank(ranked: &[usize], judgements: &Judgements, k: usize) -> f64 {
    relevant_ranks(ranked, judgements).next().filter(|&rank| rank <= k).map_or(0.0, |rank| 1.0 / float(rank))
}

/// The share of all relevant items that is among the first k; `recall` of `trec_eval`. Where more than k are relevant,
/// 1 is out of reach.
///
/// ```
/// use vecscope::math::relevance::{Judgements, recall};
/// assert_eq!(recall(&[8, 2, 5], &Judgements::from([(5, 1), (2, 1), (9, 1), (7, 1), (8, 0)]), 2), 0.25);
/// ```
#[must_use]
pub fn recall(ranked: &[usize], judgements: &Judgements, k: usize) -> f64 {
    let found = relevant_ranks(ranked, judgements).take_while(|&rank| rank <= k).count();
    share(float(found), float(relevant(judgements)))
}

/// The mean, over all relevant items, of the precision at the rank where each stands: the share of relevant items down
/// to there. One that is not ranked counts 0. Its mean over queries is MAP; `map` of `trec_eval`.
///
/// ```
/// use vecscope::math::relevance::{Judgements, average_precision};
/// // (1 / 1 + 2 / 4 + 0) / 3
/// assert_eq!(average_precision(&[8, 2, 5, 1], &Judgements::from([(8, 1), (1, 1), (3, 1)])), 0.5);
/// ```
#[must_use]
pub fn average_precision(ranked: &[usize], judgements: &Judgements) -> f64 {
    let precisions = (1..).zip(relevant_ranks(ranked, judgements)).map(|(found, rank)| float(found) / float(rank));
    share(precisions.sum(), float(relevant(judgements)))
}

/// 1 where anything among the first k is relevant, else 0; `success` of `trec_eval`.
///
/// ```
/// use vecscope::math::relevance::{Judgements, success};
/// let judgements = Judgements::from([(2, 1)]);
/// assert_eq!((success(&[8, 2], &judgements, 1), success(&[8, 2], &judgements, 2)), (0.0, 1.0));
/// ```
#[must_use]
pub fn success(ranked: &[usize], judgements: &Judgements, k: usize) -> f64 {
    f64::from(u8::from(reciprocal_rank(ranked, judgements, k) > 0.0))
}

/// How many items are relevant, ranked or not. Where it is 0, no measure says anything of a ranking.
///
/// ```
/// use vecscope::math::relevance::{Judgements, relevant};
/// assert_eq!(relevant(&Judgements::from([(2, 1), (3, 0), (4, -1), (5, 2)])), 2);
/// ```
#[must_use]
pub fn relevant(judgements: &Judgements) -> usize {
    judgements.values().filter(|&&relevance| relevance > 0).count()
}

/// The relevance of what stands at each rank; 0 where it is not relevant.
fn relevances(ranked: &[usize], judgements: &Judgements) -> impl Iterator<Item = i32> {
    let mut seen = HashSet::new();
    ranked.iter().map(move |item| {
        let relevance = judgements.get(item).map_or(0, |&relevance| relevance.max(0));
        if relevance > 0 && !seen.insert(item) { 0 } else { relevance }
    })
}

/// The ranks, from 1, at which relevant items stand.
fn relevant_ranks(ranked: &[usize], judgements: &Judgements) -> impl Iterator<Item = usize> {
    (1..).zip(relevances(ranked, judgements)).filter(|&(_, relevance)| relevance > 0).map(|(rank, _)| rank)
}

/// A share of something; 0 of nothing.
fn share(part: f64, whole: f64) -> f64 {
    // The sum of nothing is −0.
    if whole > 0.0 && part > 0.0 { part / whole } else { 0.0 }
}

#[expect(clippy::cast_precision_loss, reason = "ranks and counts of items, exact below 2⁵³")]
fn float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
