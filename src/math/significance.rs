//! Whether a difference between two systems is more than luck in the choice of queries.
//!
//! What goes in is one number for each query: a measure of [`relevance`](crate::math::relevance), or the difference of
//! two. [`bootstrap_mean`] says how well their mean is known, [`sign_flip`] how easily a difference as great would come
//! by chance.
//!
//! Chance here is a generator that is seeded: the same numbers and the same seed give the same result, on every machine.

/// How many resamples and permutations are enough for two digits: with 10 000 permutations, a p of 0.05 is off by
/// 0.002 (its standard error, √(p (1 − p) / 10 000)).
pub const DEFAULT_SAMPLES: u32 = 10_000;

/// Up to so many pairs, [`sign_flip`] goes through all 2ⁿ signs: 4096 of them at most.
pub const EXACT_PAIRS: usize = 12;

/// A mean and where it is with 95 % confidence, in the unit of the values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The mean of the values themselves.
    pub mean: f64,
    /// The lower end: the 2.5th percentile of the resampled means.
    pub low: f64,
    /// The upper end: the 97.5th percentile.
    pub high: f64,
}

/// The 95 % percentile bootstrap interval of a mean: as many values as there are are drawn from them with repetition,
/// `resamples` times, and of the means of the draws the outermost 2.5 % on either side are cut off.
///
/// (Efron and Tibshirani 1993, "An introduction to the bootstrap", chapter 13. Of B sorted means the ends are those at
/// places j and B + 1 − j, with j = ⌊0.025 (B + 1)⌋, at least 1. So B below 39 gives the least and the greatest.)
///
/// Where values are few it is too narrow: for 10 of a normal distribution by about a sixth, as √(9 / 10) × 1.96 / 2.26 is
/// to 1, 2.26 being what Student's t has there. Of a single one it is that one.
///
/// `None` without values, where one is not finite, and for no resamples.
///
/// ```
/// use vecscope::math::significance::bootstrap_mean;
/// let interval = bootstrap_mean(&[0.2, 0.4, 0.9, 0.5], 1000, 1).unwrap();
/// assert_eq!(interval.mean, 0.5);
/// assert!(0.2 <= interval.low && interval.low < 0.5 && 0.5 < interval.high && interval.high <= 0.9);
/// ```
#[must_use]
pub fn bootstrap_mean(values: &[f64], resamples: u32, seed: u64) -> Option<Interval> {
    if values.is_empty() || resamples == 0 || !are_finite(values) {
        return None;
    }
    let count = float(values.len());
    let mut chance = SplitMix64(seed);
    let mut draw = || values.iter().map(|_| values[chance.below(values.len())]).sum::<f64>() / count;
    let mut means: Vec<f64> = (0..resamples).map(|_| draw()).collect();
    means.sort_unstable_by(f64::total_cmp);
    // 0.025 is 1 / 40.
    let place = ((means.len() + 1) / 40).max(1);
    Some(Interval {
        mean: values.iter().sum::<f64>() / count,
        low: *means.get(place - 1)?,
        high: *means.get(means.len() - place)?,
    })
}

/// What [`sign_flip`] finds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Randomisation {
    /// The mean of a − b: above 0 where a is the greater.
    pub difference: f64,
    /// How likely a mean at least as far from 0 is, on either side, if both systems are alike: above 0, to 1.
    pub p: f64,
    /// How many assignments of signs were looked at: 2ⁿ where it is exact.
    pub permutations: u32,
    /// Whether those were all.
    pub exact: bool,
}

/// The two-sided paired randomisation test of the mean of `a[i]` − `b[i]`, the values of two systems for query `i`.
///
/// If the systems are alike, each difference could as well have the other sign. p is the share of all assignments of
/// signs whose mean is at least as far from 0 as the one that was found. (Fisher 1935; Smucker, Allan and Carterette
/// 2007, "A comparison of statistical significance tests for information retrieval evaluation".)
///
/// Up to [`EXACT_PAIRS`] pairs, all 2ⁿ are counted; so p is 2 / 2ⁿ at least, and with 5 pairs or fewer never below 0.05.
/// For more, `permutations` of them are drawn, and p = (those as far + 1) / (permutations + 1), as what was found is one
/// of them too; so it is never 0. Means that differ by rounding alone, 10⁻¹² of the mean of |a − b|, are equal.
///
/// `None` where there are no pairs, where one side has more values than the other, and where one is not finite.
///
/// ```
/// use vecscope::math::significance::sign_flip;
/// // Differences of 1, 2 and 3: of the 8 sums ±1 ± 2 ± 3 only 6 and −6 are as far from 0.
/// let found = sign_flip(&[5.0, 5.0, 5.0], &[4.0, 3.0, 2.0], 10_000, 1).unwrap();
/// assert_eq!((found.difference, found.p, found.permutations, found.exact), (2.0, 0.25, 8, true));
/// ```
#[must_use]
pub fn sign_flip(a: &[f64], b: &[f64], permutations: u32, seed: u64) -> Option<Randomisation> {
    let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
    if a.len() != b.len() || differences.is_empty() || !are_finite(&differences) {
        return None;
    }
    let found: f64 = differences.iter().sum();
    let rounding = 1e-12 * differences.iter().map(|difference| difference.abs()).sum::<f64>();
    let is_as_far = |sum: f64| sum.abs() >= found.abs() - rounding;
    let difference = found / float(differences.len());
    if differences.len() <= EXACT_PAIRS {
        let all = 1_u32 << differences.len();
        let far = (0..all).map(|signs| signed_sum(&differences, u64::from(signs))).filter(|&sum| is_as_far(sum));
        let p = float(far.count()) / f64::from(all);
        return Some(Randomisation { difference, p, permutations: all, exact: true });
    }
    let mut chance = SplitMix64(seed);
    let mut drawn = || differences.chunks(64).map(|chunk| signed_sum(chunk, chance.next())).sum();
    let far = (0..permutations).map(|_| drawn()).filter(|&sum| is_as_far(sum));
    let p = (float(far.count()) + 1.0) / (f64::from(permutations) + 1.0);
    Some(Randomisation { difference, p, permutations, exact: false })
}

/// The sum of at most 64 numbers, those with the other sign for which the bit is set.
fn signed_sum(differences: &[f64], signs: u64) -> f64 {
    let signed = differences.iter().enumerate().map(|(bit, &x)| if signs >> bit & 1 == 1 { -x } else { x });
    signed.sum()
}

fn are_finite(values: &[f64]) -> bool {
    values.iter().all(|value| value.is_finite())
}

#[expect(clippy::cast_precision_loss, reason = "counts, exact below 2⁵³")]
fn float(count: usize) -> f64 {
    count as f64
}

/// A small generator of random numbers: `SplitMix64` (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number
/// generators"). Our own, so that a result does not change with the version of a crate.
#[derive(Debug, Clone)]
pub(crate) struct SplitMix64(pub(crate) u64);

impl SplitMix64 {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from 0 to `count` − 1; 0 for 0. Some are likelier than others, by less than `count` / 2⁶⁴.
    fn below(&mut self, count: usize) -> usize {
        let product = u128::from(self.next()) * count as u128;
        usize::try_from(product >> 64).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;
