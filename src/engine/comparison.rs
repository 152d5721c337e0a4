//! Two rankings of one corpus for one query, by two backends: how far they agree, and where they do not.

use crate::math::agreement::{self, Agreement, Displacement, Scored};

use super::index::Neighbours;
use super::ranking::Ranking;
use crate::corpus::DocumentIndex;

/// The persistence of rank-biased overlap: with it, the first ten ranks have 86 % of the weight.
pub const PERSISTENCE: f64 = 0.9;

/// How far two rankings for the same query agree.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The query.
    pub query: String,
    /// The depth of the overlap.
    pub top_k: usize,
    /// The measures.
    pub agreement: Agreement,
    /// The documents about which they disagree most, the most first.
    pub farthest: Vec<Displacement>,
    /// Whether the top k are the same documents in the same order.
    pub same_top: bool,
}

/// How many of the documents that moved most are kept.
const FARTHEST: usize = 5;

impl Comparison {
    /// Compares two rankings; `None` where they are for different queries, or have no document in common.
    #[must_use]
    pub fn of(left: &Ranking, right: &Ranking, top_k: usize) -> Option<Self> {
        if left.query != right.query {
            return None;
        }
        let mut agreement = agreement::agreement(&scored(left), &scored(right), top_k, PERSISTENCE)?;
        let best = |ranking: &Ranking, most: usize| -> Vec<usize> {
            ranking.ranked.iter().take(most).map(|ranked| ranked.document.0).collect()
        };
        if left.is_cut() || right.is_cut() {
            // What only one of them holds stands further down in the other: it is not unknown there, but a disagreement.
            let (left, right) = (best(left, usize::MAX), best(right, usize::MAX));
            let [top_left, top_right] = [&left, &right].map(|best| &best[..best.len().min(top_k)]);
            agreement.overlap = agreement::overlap(top_left, top_right)?;
            agreement.rbo = agreement::rbo(&left, &right, PERSISTENCE)?;
            agreement.same_first = left.first() == right.first();
        }
        // Those that both hold.
        let both: Vec<DocumentIndex> = left
            .ranked
            .iter()
            .map(|ranked| ranked.document)
            .filter(|&document| right.rank_of(document).is_some())
            .collect();
        let ranks = |ranking: &Ranking| -> Vec<Option<usize>> {
            both.iter().map(|&document| ranking.rank_of(document)).collect()
        };
        let mut displacements = agreement::displacements(&ranks(left), &ranks(right));
        for moved in &mut displacements {
            moved.item = both[moved.item].0;
        }
        // Of those that moved as far, the first of the corpus comes first.
        displacements.sort_by_key(|moved| moved.item);
        Some(Self {
            query: left.query.clone(),
            top_k,
            agreement,
            farthest: agreement::farthest(&displacements, FARTHEST),
            same_top: best(left, top_k) == best(right, top_k),
        })
    }
}

fn scored(ranking: &Ranking) -> Vec<Scored> {
    ranking.ranked.iter().map(|ranked| Scored { item: ranked.document.0, score: ranked.score }).collect()
}

/// The mean of a measure over several queries.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Means {
    /// How many queries.
    pub queries: usize,
    /// The mean overlap.
    pub overlap: f64,
    /// The mean τ-b of those queries for which it is defined.
    pub tau_b: Option<f64>,
    /// The mean rank-biased overlap.
    pub rbo: f64,
    /// For how many the same document stood first.
    pub same_first: usize,
}

impl Means {
    /// The means over some agreements; `None` where there are none.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a number of queries")]
    pub fn of<'a>(agreements: impl Iterator<Item = &'a Agreement> + Clone) -> Option<Self> {
        let queries = agreements.clone().count();
        if queries == 0 {
            return None;
        }
        let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
        let taus: Vec<f64> = agreements.clone().filter_map(|agreement| agreement.tau_b).collect();
        Some(Self {
            queries,
            overlap: mean(agreements.clone().map(|agreement| agreement.overlap).collect()),
            tau_b: (!taus.is_empty()).then(|| mean(taus)),
            rbo: mean(agreements.clone().map(|agreement| agreement.rbo).collect()),
            same_first: agreements.filter(|agreement| agreement.same_first).count(),
        })
    }
}

/// A document whose nearest neighbours two models see differently.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Disagreement {
    /// Which one.
    pub document: DocumentIndex,
    /// The rank-biased overlap of the two lists of its neighbours, from 0 to 1.
    pub rbo: f64,
    /// The share of the neighbours that both have.
    pub overlap: f64,
}

/// The documents, of those that are looked at, on whose neighbours two models agree least, the least first: what each
/// document would find if it were the query.
#[must_use]
pub fn disagreements(
    left: &Neighbours,
    right: &Neighbours,
    most: usize,
    is_looked_at: impl Fn(DocumentIndex) -> bool,
) -> Vec<Disagreement> {
    let mut all: Vec<Disagreement> = left
        .lists
        .iter()
        .filter(|&(&document, _)| is_looked_at(document))
        .filter_map(|(document, left)| {
            let right = right.lists.get(document)?;
            let rbo = agreement::rbo(left, right, PERSISTENCE)?;
            Some(Disagreement { document: *document, rbo, overlap: agreement::overlap(left, right)? })
        })
        .collect();
    all.sort_by(|a, b| a.rbo.total_cmp(&b.rbo).then(a.document.cmp(&b.document)));
    all.truncate(most);
    all
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::engine::ranking::tests::ranking;

    #[test]
    fn rankings_of_one_query_are_compared_by_rank_whatever_their_scores() {
        // Left: 0 1 2 3. Right: 0 1 3 2, on another scale.
        let left = ranking("q", &[0.9, 0.8, 0.7, 0.6]);
        let right = ranking("q", &[0.09, 0.08, 0.06, 0.07]);
        let comparison = Comparison::of(&left, &right, 2).expect("four documents");
        assert_eq!((comparison.agreement.overlap, comparison.agreement.same_first), (1.0, true));
        assert!(comparison.same_top);
        // One pair of six is the other way round: (5 − 1) / 6.
        assert!((comparison.agreement.tau_b.expect("no ties") - 4.0 / 6.0).abs() < 1e-9);
        let moved: Vec<_> = comparison.farthest.iter().map(|moved| (moved.item, moved.a, moved.b)).collect();
        assert_eq!(moved, [(2, 3, 4), (3, 4, 3)]);
        assert!(!Comparison::of(&left, &right, 3).expect("four documents").same_top);
    }

    #[test]
    fn what_only_one_of_two_has_among_its_best_is_a_disagreement_where_there_are_too_many_for_all() {
        let cut = |scores: &[f32]| {
            let mut ranking = ranking("q", scores);
            ranking.ranked.truncate(3);
            ranking
        };
        // 0 1 2 of five, and 3 0 1.
        let (left, right) = (cut(&[0.9, 0.8, 0.7, 0.1, 0.0]), cut(&[0.8, 0.7, 0.1, 0.9, 0.0]));
        let comparison = Comparison::of(&left, &right, 3).expect("two in common");
        assert!((comparison.agreement.overlap - 2.0 / 3.0).abs() < 1e-9);
        assert!(!comparison.agreement.same_first && !comparison.same_top);
        assert_eq!(comparison.agreement.items, 2);
    }

    #[test]
    fn rankings_of_different_queries_are_not_compared() {
        assert_eq!(Comparison::of(&ranking("a", &[0.1, 0.2]), &ranking("b", &[0.1, 0.2]), 2), None);
        assert_eq!(Comparison::of(&ranking("a", &[]), &ranking("a", &[]), 2), None);
    }

    #[test]
    fn means_leave_out_what_is_not_defined() {
        let agreement = |overlap, tau_b, same_first| Agreement { items: 2, overlap, tau_b, rbo: overlap, same_first };
        let agreements = [agreement(1.0, Some(0.5), true), agreement(0.0, None, false)];
        let means = Means::of(agreements.iter()).expect("two");
        assert_eq!(means, Means { queries: 2, overlap: 0.5, tau_b: Some(0.5), rbo: 0.5, same_first: 1 });
        assert_eq!(Means::of([].iter()), None);
    }

    #[test]
    fn documents_with_the_most_different_neighbours_come_first() {
        let lists = |lists: [[usize; 2]; 3]| Neighbours {
            lists: lists
                .iter()
                .enumerate()
                .map(|(n, list)| (DocumentIndex(n), list.to_vec()))
                .collect::<BTreeMap<_, _>>(),
        };
        let left = lists([[1, 2], [0, 2], [0, 1]]);
        let right = lists([[1, 2], [2, 0], [7, 8]]);
        let found = |is_looked_at: fn(DocumentIndex) -> bool| -> Vec<usize> {
            disagreements(&left, &right, 2, is_looked_at).iter().map(|found| found.document.0).collect()
        };
        assert_eq!(found(|_| true), [2, 1]);
        // What is left out takes no place among the first.
        assert_eq!(found(|document| document.0 != 2), [1, 0]);
    }
}
