use proptest::prelude::*;

use super::*;

#[track_caller]
fn assert_close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
}

/// The test of some differences themselves.
fn test(differences: &[f64]) -> Randomisation {
    let zeros = vec![0.0; differences.len()];
    sign_flip(differences, &zeros, 10_000, 7).expect("there are pairs, and all are finite")
}

#[test]
fn the_generator_is_splitmix64() {
    // The published sequence for the seed 1234567.
    let mut chance = SplitMix64(1_234_567);
    let expected =
        [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423, 4_593_380_528_125_082_431];
    assert_eq!(expected.map(|_| chance.next()), expected);
}

#[test]
fn numbers_below_are_spread_evenly() {
    let mut chance = SplitMix64(3);
    let mut counts = [0_u32; 6];
    for _ in 0..60_000 {
        counts[chance.below(6)] += 1;
    }
    // Each is 10 000 with a standard deviation of 91.
    assert!(counts.iter().all(|count| count.abs_diff(10_000) < 460), "{counts:?}");
    assert_eq!(chance.below(0), 0);
}

mod randomisation {
    use super::*;

    #[test]
    fn few_pairs_are_counted_exactly() {
        // ±1 ± 2 ± 3 ± 4, found −1 + 2 + 3 + 4 = 8. As far: 10 and 8 (all but 1) on either side, 4 of 16.
        assert_close(test(&[-1.0, 2.0, 3.0, 4.0]).p, 4.0 / 16.0);
        // Found 1 + 2 + 3 − 4 = 2. Sums of ±1 ± 2 ± 3 ± 4 are 10 − 2 s, s the sum of those with a minus; only s = 5 has
        // the sum 0: {1, 4} and {2, 3}. So 14 of 16.
        assert_close(test(&[1.0, 2.0, 3.0, -4.0]).p, 14.0 / 16.0);
        // 12 alike: all plus and all minus of 4096.
        let most = test(&[0.5; 12]);
        assert_eq!((most.permutations, most.exact), (4096, true));
        assert_close(most.p, 2.0 / 4096.0);
        // Ten up, two down: at most 2 minuses or at most 2 plusses, 2 × (1 + 12 + 66).
        let mut mixed = [0.25; 12];
        (mixed[3], mixed[8]) = (-0.25, -0.25);
        assert_close(test(&mixed).p, 158.0 / 4096.0);
    }

    #[test]
    fn no_difference_is_as_likely_as_can_be() {
        assert_close(test(&[0.0, 0.0]).p, 1.0);
        assert_close(test(&[0.0; 30]).p, 1.0);
        assert_close(test(&[1.0, -1.0]).p, 1.0);
        assert_close(test(&[3.0]).p, 1.0);
    }

    #[test]
    fn sums_that_differ_by_rounding_are_equal() {
        // 0.1 + 0.2 − 0.3 and its like are 0 or ±5.6e-17 by the order of the sum. Found: 0.6; as far: it and −0.6.
        assert_close(test(&[0.1, 0.2, 0.3]).p, 2.0 / 8.0);
        assert_close(test(&[0.1, 0.2, -0.3]).p, 1.0);
        assert_close(test(&[-0.3, 0.1, 0.2]).p, 1.0);
    }

    #[test]
    fn many_pairs_are_sampled() {
        // No assignment that is drawn is as far as all alike, but for one in 2⁶⁹.
        let found = test(&[1.0; 70]);
        assert_eq!((found.permutations, found.exact), (10_000, false));
        assert_close(found.p, 1.0 / 10_001.0);
        // Ten up and three down of 13: 2 × (1 + 13 + 78 + 286) / 8192 = 0.0923. Its standard error is 0.0029.
        let mut mixed = [1.0; 13];
        mixed[..3].fill(-1.0);
        assert!((test(&mixed).p - 756.0 / 8192.0).abs() < 0.012);
        // Beyond 64, signs come from more than one draw: 41 up and 27 down of 68. The normal approximation with its
        // correction gives z = 13 / √68 = 1.576 and p = 0.115.
        let mut long = [1.0; 68];
        long[..27].fill(-1.0);
        assert!((test(&long).p - 0.115).abs() < 0.015);
    }

    #[test]
    fn without_permutations_nothing_is_said_against_chance() {
        let found = sign_flip(&[1.0; 20], &[0.0; 20], 0, 1).expect("there are pairs");
        assert_eq!((found.permutations, found.exact), (0, false));
        assert_close(found.p, 1.0);
    }

    #[test]
    fn what_cannot_be_compared_has_no_result() {
        assert_eq!(sign_flip(&[], &[], 10, 1), None);
        assert_eq!(sign_flip(&[1.0], &[1.0, 2.0], 10, 1), None);
        assert_eq!(sign_flip(&[f64::NAN], &[1.0], 10, 1), None);
        assert_eq!(sign_flip(&[f64::INFINITY], &[f64::INFINITY], 10, 1), None);
    }

    #[test]
    fn seeds_are_all_of_the_chance_there_is() {
        let values: Vec<f64> = (0..30).map(|i| f64::from(i * 7 % 11) - 4.0).collect();
        let of_seed = |seed| sign_flip(&values, &[0.0; 30], 1000, seed).map(|found| found.p);
        assert_eq!(of_seed(5), of_seed(5));
        assert_ne!(of_seed(5), of_seed(6));
    }

    proptest! {
        #[test]
        fn to_exchange_the_systems_changes_the_sign_alone(
            pairs in prop::collection::vec((0.0..1.0, 0.0..1.0), 1..10),
        ) {
            let (a, b): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            let (one, other) = (sign_flip(&a, &b, 10, 1), sign_flip(&b, &a, 10, 1));
            let (one, other) = (one.expect("there are pairs"), other.expect("there are pairs"));
            prop_assert!((one.difference + other.difference).abs() < 1e-12);
            prop_assert!((one.p - other.p).abs() < 1e-12);
            // The one found, and its opposite.
            prop_assert!(one.p >= 2.0 / f64::from(one.permutations) && one.p <= 1.0);
        }
    }
}

mod bootstrap {
    use super::*;

    #[test]
    fn of_equal_values_it_has_no_width() {
        let values = [0.5; 9];
        assert_eq!(bootstrap_mean(&values, 500, 1), Some(Interval { mean: 0.5, low: 0.5, high: 0.5 }));
        assert_eq!(bootstrap_mean(&[3.0], 1, 1), Some(Interval { mean: 3.0, low: 3.0, high: 3.0 }));
    }

    #[test]
    fn of_zeros_and_ones_it_is_that_of_the_binomial() {
        // The mean of a draw is the number of ones of 100 with a chance of ½, over 100. Of that binomial, the 2.5th and
        // 97.5th percentile are 40 and 60: P(X ≤ 39) = 0.0176, P(X ≤ 40) = 0.0284.
        let values: Vec<f64> = (0..100).map(|i| f64::from(i % 2)).collect();
        let interval = bootstrap_mean(&values, 20_000, 11).expect("there are values");
        assert_eq!(interval, Interval { mean: 0.5, low: 0.4, high: 0.6 });
    }

    #[test]
    fn with_few_resamples_its_ends_are_the_outermost() {
        // Two values, 0 and 1, drawn twice: means of 0, ½ and 1, each end with a chance of ¼. Of 38 draws, one is at
        // either end but for a chance of 2 × 0.75³⁸ = 0.00004.
        let interval = bootstrap_mean(&[0.0, 1.0], 38, 2).expect("there are values");
        assert_eq!(interval, Interval { mean: 0.5, low: 0.0, high: 1.0 });
    }

    #[test]
    fn what_has_no_mean_has_no_interval() {
        assert_eq!(bootstrap_mean(&[], 100, 1), None);
        assert_eq!(bootstrap_mean(&[1.0], 0, 1), None);
        assert_eq!(bootstrap_mean(&[1.0, f64::NAN], 100, 1), None);
    }

    #[test]
    fn seeds_are_all_of_the_chance_there_is() {
        let values: Vec<f64> = (0..40).map(|i| f64::from(i * 7 % 11)).collect();
        assert_eq!(bootstrap_mean(&values, 200, 5), bootstrap_mean(&values, 200, 5));
        assert_ne!(bootstrap_mean(&values, 200, 5), bootstrap_mean(&values, 200, 6));
    }

    proptest! {
        #[test]
        fn it_lies_within_the_values(values in prop::collection::vec(0.0..1.0, 1..12), resamples in 1_u32..100, seed: u64) {
            let Interval { low, high, .. } = bootstrap_mean(&values, resamples, seed).expect("there are values");
            let least = values.iter().copied().fold(f64::INFINITY, f64::min);
            let greatest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            prop_assert!(least - 1e-12 <= low && low <= high && high <= greatest + 1e-12);
        }
    }
}
