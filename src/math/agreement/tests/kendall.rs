//! Kendall's τ-b.

use super::*;

/// The definition, pair by pair: Σ sgn(aᵢ − aⱼ) sgn(bᵢ − bⱼ) / √(Σ sgn² (aᵢ − aⱼ) × Σ sgn² (bᵢ − bⱼ)).
fn by_definition(a: &[f32], b: &[f32]) -> Option<f64> {
    let sign = |x: f32, y: f32| f64::from(i8::from(x > y) - i8::from(x < y));
    let (mut both, mut of_a, mut of_b) = (0.0, 0.0, 0.0);
    for i in 0..a.len() {
        for j in 0..i {
            let (in_a, in_b) = (sign(a[i], a[j]), sign(b[i], b[j]));
            both += in_a * in_b;
            of_a += in_a * in_a;
            of_b += in_b * in_b;
        }
    }
    (of_a > 0.0 && of_b > 0.0).then(|| both / f64::sqrt(of_a * of_b))
}

fn negated(scores: &[f32]) -> Vec<f32> {
    scores.iter().map(|score| -score).collect()
}

#[test]
fn orders_without_ties_are_the_share_of_concordant_less_discordant_pairs() {
    assert_eq!(tau_b(&[1.0, 2.0, 3.0, 4.0], &[10.0, 20.0, 30.0, 40.0]), Some(1.0));
    assert_eq!(tau_b(&[1.0, 2.0, 3.0, 4.0], &[4.0, 3.0, 2.0, 1.0]), Some(-1.0));
    // Of 6 pairs, (2, 1) and (4, 3) are discordant: (4 − 2) / 6.
    assert_close(tau_b(&[1.0, 2.0, 3.0, 4.0], &[2.0, 1.0, 4.0, 3.0]), 1.0 / 3.0);
}

#[test]
fn ties_are_counted_by_side() {
    // Pairs: 01 tied in a, 02 +, 03 +, 12 +, 13 +, 23 tied in b. So 4 / √((4 + 1) (4 + 1)).
    let (a, b) = ([1.0, 1.0, 2.0, 3.0], [1.0, 2.0, 4.0, 4.0]);
    let expected = Pairs { concordant: 4, discordant: 0, only_a_tied: 1, only_b_tied: 1 };
    assert_eq!(Pairs::count(&a, &b), expected);
    assert_close(tau_b(&a, &b), 0.8);
    // Pairs: 01 tied in both, 02 +, 03 −, 12 +, 13 −, 23 −. So (2 − 3) / √(5 × 5).
    let (a, b) = ([1.0, 1.0, 2.0, 3.0], [5.0, 5.0, 7.0, 1.0]);
    let expected = Pairs { concordant: 2, discordant: 3, only_a_tied: 0, only_b_tied: 0 };
    assert_eq!(Pairs::count(&a, &b), expected);
    assert_close(tau_b(&a, &b), -0.2);
    // Pairs: 01 tied in a, 02 +, 12 +. So 2 / √(2 × 3): with ties on one side, 1 is out of reach.
    assert_close(tau_b(&[1.0, 1.0, 2.0], &[1.0, 2.0, 3.0]), 2.0 / 6.0_f64.sqrt());
}

#[test]
fn it_is_what_scipy_says() {
    // scipy 1.17 kendalltau
    let cases: [(&[f32], &[f32], f64); 4] = [
        (&[12.0, 2.0, 1.0, 12.0, 2.0], &[1.0, 4.0, 7.0, 1.0, 0.0], -0.471_404_520_791_031_6),
        (
            &[1.0, 2.0, 2.0, 3.0, 4.0, 4.0, 4.0, 5.0, 6.0, 7.0, 7.0, 8.0],
            &[2.0, 1.0, 3.0, 3.0, 5.0, 4.0, 4.0, 4.0, 8.0, 6.0, 7.0, 7.0],
            0.770_491_803_278_688_6,
        ),
        (
            &[0.91, 0.88, 0.88, 0.75, 0.75, 0.75, 0.6, 0.41, 0.4, 0.1],
            &[0.3, 0.31, 0.2, 0.2, 0.2, 0.15, 0.25, 0.05, 0.1, 0.1],
            0.585_365_853_658_536_6,
        ),
        (
            &[8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0],
            &[3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0],
            -0.400_066_132_099_319_3,
        ),
    ];
    for (a, b, expected) in cases {
        assert_close(tau_b(a, b), expected);
    }
}

#[test]
fn where_there_is_nothing_to_order_it_is_not_defined() {
    for (a, b) in [
        (&[][..], &[][..]),
        (&[1.0], &[2.0]),
        (&[1.0, 1.0, 1.0], &[1.0, 2.0, 3.0]),
        (&[1.0, 2.0, 3.0], &[1.0, 1.0, 1.0]),
        (&[1.0, 2.0], &[1.0, 2.0, 3.0]),
        (&[1.0, f32::NAN, 3.0], &[1.0, 2.0, 3.0]),
        (&[0.0, -0.0], &[1.0, 2.0]),
    ] {
        assert_eq!(tau_b(a, b), None, "{a:?} {b:?}");
    }
}

#[test]
fn zero_and_minus_zero_are_tied() {
    assert_eq!(tau_b(&[0.0, -0.0, 1.0], &[3.0, 4.0, 5.0]), tau_b(&[0.0, 0.0, 1.0], &[3.0, 4.0, 5.0]));
}

#[test]
fn many_items_are_counted_exactly() {
    // 100 000 × 99 999 / 2 pairs are more than 32 bits hold.
    let up: Vec<f32> = (0_u32..100_000).map(|x| f32::from_bits(x + 0x3f80_0000)).collect();
    let mut swapped = up.clone();
    swapped.swap(500, 501);
    let expected = Pairs { concordant: 4_999_949_999, discordant: 1, only_a_tied: 0, only_b_tied: 0 };
    assert_eq!(Pairs::count(&up, &swapped), expected);
    assert_eq!(tau_b(&up, &negated(&up)), Some(-1.0));
}

/// Scores of few values, so that ties are common, some of them zeros of either sign.
fn scores() -> impl Strategy<Value = Vec<(f32, f32)>> {
    let score = || prop::sample::select(vec![-1.5, -0.0, 0.0, 0.25, 0.5, 7.0, f32::INFINITY]);
    prop::collection::vec((score(), score()), 0..40)
}

proptest! {
    #[test]
    fn it_is_the_definition(scores in scores()) {
        let (a, b): (Vec<f32>, Vec<f32>) = scores.into_iter().unzip();
        match (tau_b(&a, &b), by_definition(&a, &b)) {
            (Some(found), Some(expected)) => {
                prop_assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
                prop_assert!((-1.0..=1.0).contains(&found));
            }
            (found, expected) => prop_assert_eq!(found, expected),
        }
    }

    #[test]
    fn the_sides_can_be_swapped_and_turning_one_round_turns_the_sign(scores in scores()) {
        let (a, b): (Vec<f32>, Vec<f32>) = scores.into_iter().unzip();
        let tau = tau_b(&a, &b);
        prop_assert_eq!(tau_b(&b, &a), tau);
        prop_assert_eq!(tau_b(&negated(&a), &b), tau.map(|tau| -tau));
        prop_assert_eq!(tau_b(&negated(&a), &negated(&b)), tau);
    }

    #[test]
    fn a_side_and_itself_are_one_whatever_the_scale(scores in scores()) {
        let a: Vec<f32> = scores.iter().map(|scores| scores.0).collect();
        let scaled: Vec<f32> = a.iter().map(|score| score * 3.0 + 100.0).collect();
        let expected = by_definition(&a, &a).map(|_| 1.0);
        prop_assert_eq!(tau_b(&a, &a), expected);
        prop_assert_eq!(tau_b(&a, &scaled), expected);
    }
}
