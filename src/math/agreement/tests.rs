use proptest::prelude::*;

use super::*;
use crate::math::rank;

/// A ranking with as little said about the scores as possible: they fall by 1.
fn ranking(order: &[usize]) -> Vec<Scored> {
    order.iter().zip(0_u8..).map(|(&item, below)| Scored { item, score: -f32::from(below) }).collect()
}

#[track_caller]
fn assert_close(found: Option<f64>, expected: f64) {
    let found = found.expect("a value");
    assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
}

mod overlap {
    use super::*;

    #[test]
    fn it_is_the_share_of_the_longer_list_in_whatever_order() {
        assert_eq!(overlap(&[1, 2, 3], &[3, 1, 2]), Some(1.0));
        assert_eq!(overlap(&[1, 2, 3, 4], &[4, 9, 8, 7]), Some(0.25));
        assert_eq!(overlap(&[1, 2], &[3, 4]), Some(0.0));
        // 2 of 5.
        assert_eq!(overlap(&[1, 2], &[5, 4, 3, 2, 1]), Some(0.4));
        assert_eq!(overlap(&[], &[5]), Some(0.0));
        assert_eq!(overlap(&[], &[]), None);
    }

    #[test]
    fn an_item_that_is_repeated_counts_once() {
        assert_eq!(overlap(&[1, 1], &[1, 1]), Some(0.5));
    }
}

mod kendall {
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
}

mod rank_biased {
    use super::*;

    /// Equation 32 as Webber, Moffat and Zobel print it:
    /// (1 − p) / p (Σ₁ˡ X(d) / d pᵈ + Σₛ₊₁ˡ X(s) (d − s) / (s d) pᵈ) + ((X(l) − X(s)) / l + X(s) / s) pˡ.
    fn by_definition(a: &[usize], b: &[usize], p: f64) -> f64 {
        let (longer, shorter) = (a.len().max(b.len()), a.len().min(b.len()));
        let common = |d: usize| {
            let (a, b) = (&a[..d.min(a.len())], &b[..d.min(b.len())]);
            float(a.iter().filter(|item| b.contains(item)).count())
        };
        let power = |d: usize| (1..=d).fold(1.0, |power, _| power * p);
        let seen: f64 = (1..=longer).map(|d| common(d) / float(d) * power(d)).sum();
        let (of_longer, of_shorter) = (common(longer), common(shorter));
        let below = |d| of_shorter * float(d - shorter) / float(shorter * d) * power(d);
        let below: f64 = (shorter + 1..=longer).map(below).sum();
        let unseen = (of_longer - of_shorter) / float(longer) + of_shorter / float(shorter);
        (1.0 - p) / p * (seen + below) + unseen * power(longer)
    }

    #[test]
    fn lists_of_equal_length_are_weighed_by_depth() {
        // X = 0 1 2 4 5, A = 0 ½ ⅔ 1 1: 0.1 (0 + 0.9 × ½ + 0.81 × ⅔ + 0.729 + 0.6561) + 0.59049
        // = 0.1 × 2.3751 + 0.59049 = 0.828.
        assert_close(rbo(&[1, 2, 3, 4, 5], &[2, 3, 4, 1, 5], 0.9), 0.828);
        // The first wrong: A = 0 1: 0.1 (0 + 0.9) + 0.81. The last wrong: A = 1 ½: 0.1 (1 + 0.9 × ½) + 0.81 × ½.
        assert_close(rbo(&[1, 2], &[2, 1], 0.9), 0.9);
        assert_close(rbo(&[1, 2], &[1, 3], 0.9), 0.55);
    }

    #[test]
    fn a_shorter_list_goes_on_as_it_was() {
        // p = ½, so (1 − p) / p = 1; s = 2, l = 4, X = 1 1 2 2.
        // Σ X(d) / d pᵈ = 1/2 + 1/8 + 1/12 + 1/32 = 71/96.
        // Σ X(s) (d − s) / (s d) pᵈ = 1/6 × 1/8 + 2/8 × 1/16 = 1/48 + 1/64 = 7/192.
        // ((2 − 1) / 4 + 1/2) / 16 = 3/64.
        // Together 142/192 + 7/192 + 9/192 = 158/192.
        assert_close(rbo(&[1, 2], &[1, 3, 2, 4], 0.5), 158.0 / 192.0);
        // s = 1, l = 3, X = 0 1 1: 1/2 × 1/4 + 1/3 × 1/8 = 1/6; nothing; (1 / 3 + 0) / 8 = 1/24.
        assert_close(rbo(&[7, 8, 9], &[8], 0.5), 5.0 / 24.0);
    }

    #[test]
    fn persistence_moves_the_weight_down() {
        // The top is the same and the rest is not, so the more patient see less agreement.
        let (a, b) = ([1, 2, 3, 4], [1, 5, 6, 7]);
        let found: Vec<f64> = [0.2, 0.5, 0.9].into_iter().filter_map(|p| rbo(&a, &b, p)).collect();
        assert!(found.len() == 3 && found.is_sorted_by(|x, y| x > y), "{found:?}");
        // A = 1 ½ ⅓ ¼: 0.8 (1 + 0.2 × ½ + 0.04 × ⅓ + 0.008 × ¼) + 0.0016 × ¼ = 0.8 × 3.346 / 3 + 0.0004.
        assert_close(Some(found[0]), 0.8 * 3.346 / 3.0 + 0.0004);
    }

    #[test]
    fn what_cannot_be_weighed_has_no_value() {
        assert_eq!(rbo(&[], &[], 0.9), None);
        assert_eq!(rbo(&[1], &[], 0.9), None);
        for p in [0.0, 1.0, -0.5, 1.5, f64::NAN, f64::INFINITY] {
            assert_eq!((rbo(&[1], &[1], p), weight_of_first(3, p)), (None, None), "{p}");
        }
    }

    #[test]
    fn an_item_that_is_repeated_counts_once() {
        // X = 1 1, A = 1 ½: ½ (1 + ½ × ½) + ¼ × ½.
        assert_close(rbo(&[1, 1], &[1, 1], 0.5), 0.75);
    }

    #[test]
    fn the_first_ranks_have_the_weight_that_the_paper_gives() {
        // For p = 0.9 the first 10 ranks carry 86 %.
        assert_eq!(weight_of_first(10, 0.9).map(|weight| (weight * 100.0).round()), Some(86.0));
        // p = ½: 1 − 1 + 1 (ln 2) and 1 − ½ + 2 (ln 2 − ½).
        let ln_2 = std::f64::consts::LN_2;
        assert_close(weight_of_first(1, 0.5), ln_2);
        assert_close(weight_of_first(2, 0.5), 2.0 * ln_2 - 0.5);
        assert_eq!(weight_of_first(0, 0.5), Some(0.0));
        assert_close(weight_of_first(5_000, 0.9), 1.0);
        // Nobody goes on.
        assert_close(weight_of_first(2, f64::MIN_POSITIVE / 8.0), 1.0);
    }

    /// Two lists of different items, of any length from 1, that have some in common.
    fn lists() -> impl Strategy<Value = (Vec<usize>, Vec<usize>)> {
        let items: Vec<usize> = (0..30).collect();
        let list = || prop::sample::subsequence(items.clone(), 1..=24).prop_shuffle();
        (list(), list())
    }

    proptest! {
        #[test]
        fn it_is_the_definition((a, b) in lists(), p in 0.01_f64..0.99) {
            let (found, expected) = (rbo(&a, &b, p).expect("two lists"), by_definition(&a, &b, p));
            prop_assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
            prop_assert!((0.0..=1.0).contains(&found));
            prop_assert_eq!(rbo(&b, &a, p), Some(found));
        }

        #[test]
        fn a_list_and_its_beginning_are_one_and_strangers_are_nothing((a, _) in lists(), cut in 1_usize..24, p in 0.001_f64..0.999) {
            prop_assert_eq!(rbo(&a, &a, p), Some(1.0));
            prop_assert_eq!(rbo(&a, top(&a, cut), p), Some(1.0));
            let strangers: Vec<usize> = a.iter().take(cut).map(|item| item + 100).collect();
            prop_assert_eq!(rbo(&a, &strangers, p), Some(0.0));
        }

        #[test]
        fn what_lies_below_an_equal_top_counts_no_more_than_the_chance_to_get_there(
            (a, b) in lists(),
            same in 1_usize..10,
            p in 0.01_f64..0.99,
        ) {
            let start: Vec<usize> = (100..100 + same).collect();
            let found = rbo(&[&start[..], &a].concat(), &[&start[..], &b].concat(), p).expect("two lists");
            let unseen = start.iter().fold(1.0, |power, _| power * p);
            prop_assert!(found >= 1.0 - unseen - 1e-12, "{found} is less than 1 − {unseen}");
        }

        /// Whoever stops at depth d has spread the weight of that stop over d ranks.
        #[test]
        fn the_weight_is_what_each_stop_gives_to_the_first_ranks(first in 1_usize..60, p in 0.01_f64..0.9) {
            let (mut chance, mut expected) = (1.0 - p, 0.0);
            for depth in 1..1_000 {
                expected += chance * float(first.min(depth)) / float(depth);
                chance *= p;
            }
            let found = weight_of_first(first, p).expect("a persistence");
            prop_assert!((found - expected).abs() < 1e-11, "{found} is not {expected}");
        }

        #[test]
        fn more_ranks_have_more_weight_and_more_than_the_chance_to_stop(depth in 0_usize..60, p in 0.01_f64..0.99) {
            let weight = |depth| weight_of_first(depth, p).expect("a persistence");
            prop_assert!(weight(depth) <= weight(depth + 1) + 1e-12);
            let unseen = (0..depth).fold(1.0, |power, _| power * p);
            prop_assert!(weight(depth) >= 1.0 - unseen - 1e-12);
            prop_assert!(weight(depth) <= 1.0);
        }
    }
}

mod all_together {
    use super::*;

    #[test]
    fn each_measure_sees_the_items_that_both_hold() {
        // 9 is only in a and 8 only in b; without them a is 1 2 3 4 and b is 2 1 3 4.
        let (a, b) = (ranking(&[9, 1, 2, 3, 4]), ranking(&[2, 8, 1, 3, 4]));
        let both = agreement(&a, &b, 3, 0.5).expect("four items");
        assert_eq!((both.items, both.overlap, both.same_first), (4, 1.0, false));
        // One of 6 pairs is discordant: (5 − 1) / 6.
        assert_close(both.tau_b, 2.0 / 3.0);
        // A = 0 1 1 1: ½ (0 + ½ + ¼ + ⅛) + 1/16.
        assert_close(Some(both.rbo), 0.5);
        // At depth 1 the two have different items.
        assert_eq!(agreement(&a, &b, 1, 0.5).map(|both| both.overlap), Some(0.0));
    }

    #[test]
    fn the_first_are_compared_after_what_only_one_holds_is_left_out() {
        let both = agreement(&ranking(&[9, 1, 2]), &ranking(&[1, 2]), 1, 0.9).expect("two items");
        assert!(both.same_first);
        assert_eq!((both.overlap, both.tau_b, both.rbo), (1.0, Some(1.0), 1.0));
    }

    #[test]
    fn ties_are_seen_by_the_correlation_alone() {
        let a = ranking(&[0, 1, 2]);
        let b = [(0, 0.5), (1, 0.5), (2, 0.1)].map(|(item, score)| Scored { item, score });
        let both = agreement(&a, &b, 3, 0.9).expect("three items");
        assert_eq!((both.overlap, both.rbo), (1.0, 1.0));
        // 01 is tied in b; 2 / √(3 × 2).
        assert_close(both.tau_b, 2.0 / 6.0_f64.sqrt());
    }

    #[test]
    fn one_item_has_no_correlation() {
        let both = agreement(&ranking(&[3, 5]), &ranking(&[5, 6]), 10, 0.9).expect("one item");
        assert_eq!(both, Agreement { items: 1, overlap: 1.0, tau_b: None, rbo: 1.0, same_first: true });
    }

    #[test]
    fn where_nothing_is_left_there_is_no_agreement() {
        let (a, b) = (ranking(&[1, 2]), ranking(&[3]));
        assert_eq!(agreement(&a, &b, 10, 0.9), None);
        assert_eq!(agreement(&a, &[], 10, 0.9), None);
        assert_eq!(agreement(&[], &[], 10, 0.9), None);
        assert_eq!(agreement(&a, &a, 0, 0.9), None);
        assert_eq!(agreement(&a, &a, 10, 1.0), None);
    }

    #[test]
    fn orders_by_chance_agree_as_far_as_the_documentation_says() {
        let start = [0, 1, 2, 3];
        let all = || (0..4_usize.pow(4)).map(|code| [code % 4, code / 4 % 4, code / 16 % 4, code / 64]);
        let orders: Vec<_> = all().filter(|order| start.iter().all(|item| order.contains(item))).collect();
        assert_eq!(orders.len(), 24);
        let found = |order: &[usize; 4]| agreement(&ranking(&start), &ranking(order), 3, 0.5).expect("four items");
        let mean = |of: fn(Agreement) -> f64| orders.iter().map(found).map(of).sum::<f64>() / 24.0;
        // 3 / 4; (1 − 1/16) / (4 × ½).
        assert_close(Some(mean(|both| both.overlap)), 0.75);
        assert_close(Some(mean(|both| both.rbo)), 15.0 / 32.0);
        assert_close(Some(mean(|both| both.tau_b.expect("no ties"))), 0.0);
    }

    #[test]
    fn items_that_are_repeated_do_no_harm() {
        let both = agreement(&ranking(&[1, 1, 2]), &ranking(&[2, 1]), 5, 0.9).expect("two items");
        // 2 of the longer list's 3.
        assert_close(Some(both.overlap), 2.0 / 3.0);
        assert!((0.0..1.0).contains(&both.rbo));
    }

    proptest! {
        #[test]
        fn the_scale_of_a_model_does_not_matter(
            scores in prop::collection::vec((-1.0_f32..1.0, -1.0_f32..1.0), 1..40),
            k in 1_usize..12,
        ) {
            let (a, b): (Vec<f32>, Vec<f32>) = scores.into_iter().unzip();
            let ranked = |scores: &[f32], scale: f32| -> Vec<Scored> {
                let order = rank::descending(scores).into_iter();
                order.map(|item| Scored { item, score: scores[item] * scale }).collect()
            };
            let both = agreement(&ranked(&a, 1.0), &ranked(&b, 1.0), k, 0.9);
            // A power of 2 rounds nothing.
            prop_assert_eq!(agreement(&ranked(&a, 1.0), &ranked(&b, 1024.0), k, 0.9), both);
            prop_assert_eq!(agreement(&ranked(&b, 1.0), &ranked(&a, 1.0), k, 0.9), both);
            let same = agreement(&ranked(&a, 1.0), &ranked(&a, 1.0), k, 0.9).expect("some items");
            prop_assert_eq!((same.overlap, same.rbo, same.same_first), (1.0, 1.0, true));
            prop_assert!(matches!(same.tau_b, Some(1.0) | None));
        }
    }
}

mod moved {
    use super::*;

    #[test]
    fn only_what_both_rank_has_a_displacement() {
        let a = [Some(2), None, Some(1), Some(3), Some(0), Some(4)];
        let b = [Some(1), Some(2), None, Some(5), Some(3)];
        let found = displacements(&a, &b);
        assert_eq!(found, [Displacement { item: 0, a: 2, b: 1 }, Displacement { item: 3, a: 3, b: 5 }]);
        let differences: Vec<_> = found.into_iter().map(Displacement::difference).collect();
        assert_eq!(differences, [-1, 2]);
        assert!(displacements(&[], &[]).is_empty());
    }

    #[test]
    fn near_the_top_a_change_weighs_more() {
        // log₂ 40 = 5.32; log₂ (99 / 60) = 0.72; log₂ (100 / 2) = 5.64; log₂ (2 / 1) = log₂ (100 / 50) = 1; log₂ (8 / 2).
        let moved = [(1, 40), (60, 99), (2, 100), (1, 2), (100, 50), (8, 2), (5, 5)].into_iter().enumerate();
        let moved: Vec<_> = moved.map(|(item, (a, b))| Displacement { item, a, b }).collect();
        let order = |n| farthest(&moved, n).into_iter().map(|moved| moved.item).collect::<Vec<_>>();
        // 3 and 4 weigh the same and stand by their number; 6 did not move.
        assert_eq!(order(10), [2, 0, 5, 3, 4, 1]);
        assert_eq!(order(2), [2, 0]);
        assert!(order(0).is_empty());
        let hundredths: Vec<_> = moved.iter().map(|moved| (moved.doublings() * 100.0).round()).collect();
        assert_eq!(hundredths, [532.0, 72.0, 564.0, 100.0, 100.0, 200.0, 0.0]);
    }

    #[test]
    fn ranks_that_cannot_be_do_no_harm() {
        let far = Displacement { item: 0, a: usize::MAX, b: 0 };
        assert_eq!((far.difference(), far.doublings()), (-isize::MAX, 64.0));
        let nowhere = Displacement { item: 0, a: 0, b: 0 };
        assert_eq!((nowhere.difference(), nowhere.doublings()), (0, 0.0));
    }

    proptest! {
        #[test]
        fn the_worst_come_first_and_the_sides_can_be_swapped(
            ranks in prop::collection::vec((1_usize..50, 1_usize..50), 0..30),
            n in 0_usize..40,
        ) {
            let all: Vec<_> = ranks.iter().zip(0..).map(|(&(a, b), item)| Displacement { item, a, b }).collect();
            let found = farthest(&all, n);
            prop_assert_eq!(found.len(), n.min(ranks.iter().filter(|(a, b)| a != b).count()));
            for pair in found.windows(2) {
                // Exactly, in whole numbers: worse / better of the first is no less than that of the second.
                let [(w, x), (y, z)] = [pair[0], pair[1]].map(|one| (one.a.max(one.b), one.a.min(one.b)));
                prop_assert!(w * z > y * x || (w * z == y * x && pair[0].item < pair[1].item));
            }
            let swapped: Vec<_> = all.iter().map(|one| Displacement { item: one.item, a: one.b, b: one.a }).collect();
            let found: Vec<_> = found.iter().map(|one| (one.item, -one.difference())).collect();
            let mirrored: Vec<_> = farthest(&swapped, n).iter().map(|one| (one.item, one.difference())).collect();
            prop_assert_eq!(mirrored, found);
        }
    }
}
