use proptest::prelude::*;
use serde::Deserialize;

use super::*;

#[track_caller]
fn assert_close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
}

/// One case of `tests/relevance/make.py`.
#[derive(Deserialize)]
struct Case {
    ranked: Vec<usize>,
    judgements: Vec<(usize, i32)>,
    average_precision: f64,
    reciprocal_rank: f64,
    success_1: f64,
    at: Vec<At>,
}

#[derive(Deserialize)]
struct At {
    k: usize,
    ndcg: f64,
    recall: f64,
}

#[test]
fn measures_are_those_of_trec_eval() {
    let cases = include_str!("../../../tests/relevance/pytrec_eval.json");
    let cases: Vec<Case> = serde_json::from_str(cases).expect("the reference is valid");
    assert_eq!(cases.len(), 48);
    for case in cases {
        let judgements: Judgements = case.judgements.into_iter().collect();
        assert_close(average_precision(&case.ranked, &judgements), case.average_precision);
        assert_close(reciprocal_rank(&case.ranked, &judgements, usize::MAX), case.reciprocal_rank);
        assert_close(success(&case.ranked, &judgements, 1), case.success_1);
        for At { k, ndcg: expected, recall: expected_recall } in case.at {
            assert_close(ndcg(&case.ranked, &judgements, k), expected);
            assert_close(recall(&case.ranked, &judgements, k), expected_recall);
        }
    }
}

#[test]
fn the_ideal_holds_what_is_not_ranked() {
    let judgements = Judgements::from([(1, 3), (2, 2), (3, 1), (4, 0)]);
    // DCG@3 of 4, 2, 9: 0 + 2 / log₂ 3 + 0 = 1.2618595071. Ideal: 3 + 2 / log₂ 3 + 1 / log₂ 4 = 4.7618595071.
    assert!((ndcg(&[4, 2, 9, 1], &judgements, 3) - 0.264_993_014_9).abs() < 1e-9);
    // With rank 4: 1.2618595071 + 3 / log₂ 5 = 2.5538892813.
    assert!((ndcg(&[4, 2, 9, 1], &judgements, 4) - 0.536_321_825_0).abs() < 1e-9);
    assert_close(ndcg(&[1, 2, 3], &judgements, 10), 1.0);
    assert_close(ndcg(&[1, 2, 3], &judgements, 2), 1.0);
}

#[test]
fn the_depth_cuts_off() {
    let judgements = Judgements::from([(5, 1), (6, 1)]);
    let ranked = [1, 2, 5, 6];
    for (k, of_first, of_all, of_any) in [(2, 0.0, 0.0, 0.0), (3, 1.0 / 3.0, 0.5, 1.0), (4, 1.0 / 3.0, 1.0, 1.0)] {
        assert_close(reciprocal_rank(&ranked, &judgements, k), of_first);
        assert_close(recall(&ranked, &judgements, k), of_all);
        assert_close(success(&ranked, &judgements, k), of_any);
    }
    // (1 / 3 + 2 / 4) / 2
    assert_close(average_precision(&ranked, &judgements), 5.0 / 12.0);
}

#[test]
fn without_anything_relevant_all_is_0() {
    let nothing = Measures { ndcg: 0.0, reciprocal_rank: 0.0, recall: 0.0, average_precision: 0.0, success: 0.0 };
    let some = Judgements::from([(1, 1)]);
    assert_eq!(measures(&[1, 2], &Judgements::new(), 10), nothing);
    assert_eq!(measures(&[1, 2], &Judgements::from([(1, 0), (2, -1)]), 10), nothing);
    assert_eq!(measures(&[], &some, 10), nothing);
    assert_eq!(measures(&[3, 4], &some, 10), nothing);
    let at_0 = measures(&[1], &some, 0);
    assert_eq!((at_0.ndcg, at_0.reciprocal_rank, at_0.recall), (0.0, 0.0, 0.0));
}

#[test]
fn an_item_that_is_repeated_is_relevant_once() {
    let judgements = Judgements::from([(1, 1), (2, 1)]);
    let ranked = [1, 1, 1, 2];
    assert_close(recall(&ranked, &judgements, 3), 0.5);
    // (1 / 1 + 2 / 4) / 2
    assert_close(average_precision(&ranked, &judgements), 0.75);
    // (1 + 1 / log₂ 5) / (1 + 1 / log₂ 3)
    assert!((ndcg(&ranked, &judgements, 10) - 0.877_215_315_3).abs() < 1e-9);
}

proptest! {
    #[test]
    fn measures_are_from_0_to_1_whatever_is_repeated(
        ranked in prop::collection::vec(0_usize..12, 0..20),
        judgements in prop::collection::hash_map(0_usize..12, -2_i32..5, 0..12),
        k in 0_usize..15,
    ) {
        let Measures { ndcg, reciprocal_rank, recall, average_precision, success } = measures(&ranked, &judgements, k);
        for measure in [ndcg, reciprocal_rank, recall, average_precision, success] {
            prop_assert!((0.0..=1.0 + 1e-12).contains(&measure), "{measure}");
        }
    }

    #[test]
    fn to_exchange_neighbours_for_the_better_lowers_nothing(
        ranked in Just((0_usize..12).collect::<Vec<_>>()).prop_shuffle(),
        judgements in prop::collection::hash_map(0_usize..12, 0_i32..4, 0..12),
        place in 0_usize..11,
    ) {
        let mut better = ranked.clone();
        better[place..place + 2].sort_by_key(|item| -judgements.get(item).copied().unwrap_or(0));
        let (before, after) = (measures(&ranked, &judgements, 12), measures(&better, &judgements, 12));
        prop_assert!(after.ndcg >= before.ndcg - 1e-12);
        prop_assert!(after.average_precision >= before.average_precision - 1e-12);
        prop_assert!(after.reciprocal_rank >= before.reciprocal_rank);
        prop_assert!(after.success >= before.success);
    }
}

#[test]
fn nothing_found_is_a_plain_0() {
    let found = measures(&[1, 2], &Judgements::from([(3, 1)]), 10);
    for measure in [found.ndcg, found.reciprocal_rank, found.recall, found.average_precision, found.success] {
        assert_eq!(format!("{measure:.2}"), "0.00");
    }
}
