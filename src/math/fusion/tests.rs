use proptest::prelude::*;

use super::*;

fn ranked(items: &[usize]) -> Ranked<'_> {
    Ranked { items, weight: 1.0 }
}

fn list(scores: &[(usize, f32)]) -> Vec<Scored> {
    scores.iter().map(|&(item, score)| Scored { item, score }).collect()
}

#[track_caller]
fn assert_fused(found: &[Fused], expected: &[(usize, f64)]) {
    let order: Vec<_> = found.iter().map(|fused| fused.item).collect();
    assert_eq!(order, expected.iter().map(|expected| expected.0).collect::<Vec<_>>());
    for (fused, (item, score)) in found.iter().zip(expected) {
        assert!((fused.score - score).abs() < 1e-12, "{item}: {} is not {score}", fused.score);
    }
}

#[track_caller]
fn assert_blended(found: &[Blended], expected: &[(usize, f64)]) {
    let order: Vec<_> = found.iter().map(|blended| blended.item).collect();
    assert_eq!(order, expected.iter().map(|expected| expected.0).collect::<Vec<_>>());
    for (blended, (item, score)) in found.iter().zip(expected) {
        assert!((blended.score - score).abs() < 1e-12, "{item}: {} is not {score}", blended.score);
    }
}

mod by_rank {
    use super::*;

    #[test]
    fn each_ranking_adds_its_weight_over_k_and_the_rank() {
        let (first, second) = (ranked(&[4, 8, 2]), Ranked { items: &[2, 4], weight: 0.5 });
        let fused = reciprocal_rank(&[first, second], 10.0);
        // 4: 1 / 11 + 0.5 / 12, 2: 1 / 13 + 0.5 / 11, 8: 1 / 12.
        assert_fused(
            &fused,
            &[(4, 0.132_575_757_575_757_57), (2, 0.122_377_622_377_622_38), (8, 0.083_333_333_333_333_33)],
        );
        let (of_4, of_8) = (&fused[0].terms, &fused[2].terms);
        assert_eq!(
            of_4[..],
            [RankTerm { rank: Some(1), value: 1.0 / 11.0 }, RankTerm { rank: Some(2), value: 0.5 / 12.0 }]
        );
        assert_eq!(of_8[1], RankTerm { rank: None, value: 0.0 });
    }

    #[test]
    fn ties_stand_by_item() {
        // All three have the same ranks, each in another list.
        let fused = reciprocal_rank(&[ranked(&[9, 5, 1]), ranked(&[5, 1, 9]), ranked(&[1, 9, 5])], 60.0);
        assert_eq!(fused.iter().map(|fused| fused.item).collect::<Vec<_>>(), [1, 5, 9]);
        assert!(fused.windows(2).all(|pair| pair[0].score.to_bits() == pair[1].score.to_bits()));
    }

    #[test]
    fn of_nothing_comes_nothing() {
        assert!(reciprocal_rank(&[], 60.0).is_empty());
        assert!(reciprocal_rank(&[ranked(&[]), ranked(&[])], 60.0).is_empty());
        let fused = reciprocal_rank(&[ranked(&[]), ranked(&[3])], 60.0);
        assert_fused(&fused, &[(3, 1.0 / 61.0)]);
        assert_eq!(fused[0].terms[0].rank, None);
    }

    #[test]
    fn only_the_first_place_of_an_item_counts() {
        // 6 keeps its third rank.
        assert_fused(&reciprocal_rank(&[ranked(&[3, 3, 6])], 1.0), &[(3, 0.5), (6, 0.25)]);
    }

    #[test]
    fn what_is_out_of_range_counts_as_0() {
        for k in [-5.0, f64::NAN] {
            assert_fused(&reciprocal_rank(&[ranked(&[3, 6])], k), &[(3, 1.0), (6, 0.5)]);
        }
        for weight in [-1.0, f64::NAN, f64::INFINITY] {
            assert_fused(&reciprocal_rank(&[Ranked { items: &[6, 3], weight }], 0.0), &[(3, 0.0), (6, 0.0)]);
        }
    }
}

mod by_score {
    use super::*;

    #[test]
    fn each_list_is_stretched_and_weighted() {
        // Dense: (0.5 − 0.25) / (0.75 − 0.25) = ½ for 1. Sparse: (8 − 2) / (10 − 2) = ¾ for 0.
        let (dense, sparse) = (list(&[(0, 0.75), (1, 0.5), (2, 0.25)]), list(&[(3, 10.0), (0, 8.0), (1, 2.0)]));
        let blended = blend(&dense, &sparse, 0.6);
        // 0: 0.6 + 0.4 × ¾, 3: 0.4, 1: 0.6 × ½ + 0, 2: 0.
        assert_blended(&blended, &[(0, 0.9), (3, 0.4), (1, 0.3), (2, 0.0)]);
        assert_eq!(blended[0].sparse.raw, Some(8.0));
        assert!((blended[0].sparse.normalised - 0.75).abs() < 1e-12);
        assert_eq!(blended[1].dense, ScoreTerm { raw: None, normalised: 0.0, value: 0.0 });
    }

    #[test]
    fn at_its_ends_alpha_leaves_one_list() {
        let (dense, sparse) = (list(&[(0, 1.0), (1, 0.0)]), list(&[(1, 1.0), (0, 0.0)]));
        for (alpha, first) in [(1.0, 0), (7.0, 0), (0.0, 1), (-1.0, 1)] {
            assert_blended(&blend(&dense, &sparse, alpha), &[(first, 1.0), (1 - first, 0.0)]);
        }
        assert_blended(&blend(&dense, &sparse, f64::NAN), &[(0, 0.5), (1, 0.5)]);
    }

    #[test]
    fn equal_scores_are_all_the_best() {
        assert_blended(&blend(&list(&[(4, 0.3), (2, 0.3)]), &[], 0.5), &[(2, 0.5), (4, 0.5)]);
        assert_blended(&blend(&[], &list(&[(7, -3.0)]), 0.25), &[(7, 0.75)]);
        assert!(blend(&[], &[], 0.5).is_empty());
    }

    #[test]
    fn a_score_that_is_not_finite_is_none() {
        let dense = list(&[(0, f32::NAN), (1, 2.0), (2, 1.0), (3, f32::INFINITY)]);
        assert_blended(&blend(&dense, &[], 1.0), &[(1, 1.0), (2, 0.0)]);
    }

    #[test]
    fn scores_as_far_apart_as_can_be_are_stretched_too() {
        let dense = list(&[(0, f32::MAX), (1, 0.0), (2, f32::MIN)]);
        assert_blended(&blend(&dense, &[], 1.0), &[(0, 1.0), (1, 0.5), (2, 0.0)]);
    }

    #[test]
    fn only_the_first_score_of_an_item_counts() {
        assert_blended(&blend(&list(&[(0, 1.0), (1, 0.0), (1, 5.0)]), &[], 1.0), &[(0, 1.0), (1, 0.0)]);
    }
}

proptest! {
    #[test]
    fn terms_sum_to_the_score_and_nothing_is_lost(
        a in prop::collection::vec(0_usize..20, 0..20),
        b in prop::collection::vec(0_usize..20, 0..20),
        k in 0.0..100.0,
    ) {
        let fused = reciprocal_rank(&[ranked(&a), ranked(&b)], k);
        for fused in &fused {
            let sum: f64 = fused.terms.iter().map(|term| term.value).sum();
            prop_assert!((sum - fused.score).abs() < 1e-12);
        }
        let mut items: Vec<_> = fused.iter().map(|fused| fused.item).collect();
        items.sort_unstable();
        let mut expected = [a, b].concat();
        expected.sort_unstable();
        expected.dedup();
        prop_assert_eq!(items, expected);
        for pair in fused.windows(2) {
            let falls = pair[0].score.total_cmp(&pair[1].score);
            prop_assert!(falls.is_gt() || (falls.is_eq() && pair[0].item < pair[1].item));
        }
    }

    #[test]
    fn blended_scores_are_from_0_to_1_and_scales_do_not_matter(
        dense in prop::collection::vec(-1.0_f32..1.0, 1..20),
        sparse in prop::collection::vec(0.0_f32..30.0, 1..20),
        alpha in 0.0..=1.0,
    ) {
        let dense: Vec<_> = dense.into_iter().enumerate().collect();
        let sparse: Vec<_> = sparse.into_iter().enumerate().collect();
        // A power of two changes no digit.
        let scaled: Vec<_> = sparse.iter().map(|&(item, score)| (item, score * 8.0)).collect();
        let blended = blend(&list(&dense), &list(&sparse), alpha);
        prop_assert!(blended.iter().all(|blended| (0.0..=1.0).contains(&blended.score)));
        let other = blend(&list(&dense), &list(&scaled), alpha);
        prop_assert!(blended.iter().zip(&other).all(|(x, y)| x.item == y.item && (x.score - y.score).abs() < 1e-12));
    }
}
