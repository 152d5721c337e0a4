//! Rank-biased overlap.

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
