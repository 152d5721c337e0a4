//! Where one score lies among all.

/// How many bars a [`Distribution`]'s histogram has.
pub const BINS: usize = 24;

/// The spread of a set of scores: moments, extremes and a histogram of [`BINS`] equal bins from the least to the
/// greatest.
#[derive(Debug, Clone, PartialEq)]
pub struct Distribution {
    /// How many scores there are; at least one.
    pub count: usize,
    /// Their arithmetic mean.
    pub mean: f32,
    /// Their population standard deviation.
    pub deviation: f32,
    /// The least.
    pub least: f32,
    /// The greatest.
    pub greatest: f32,
    /// How many fall into each bin.
    pub histogram: [u32; BINS],
}

impl Distribution {
    /// The distribution of `scores`; `None` where there are none.
    #[must_use]
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "counts of scores, shown as f32")]
    pub fn of(scores: impl Iterator<Item = f32> + Clone) -> Option<Self> {
        let (mut count, mut sum, mut squares) = (0_usize, 0.0_f64, 0.0_f64);
        let (mut least, mut greatest) = (f32::INFINITY, f32::NEG_INFINITY);
        for score in scores.clone() {
            count += 1;
            sum += f64::from(score);
            least = least.min(score);
            greatest = greatest.max(score);
        }
        if count == 0 {
            return None;
        }
        let mean = sum / count as f64;
        // A second pass around the mean: a sum of squares alone loses the spread of scores that lie close together.
        for score in scores.clone() {
            squares += (f64::from(score) - mean).powi(2);
        }
        let mut distribution = Self {
            count,
            mean: mean as f32,
            deviation: (squares / count as f64).sqrt() as f32,
            least,
            greatest,
            histogram: [0; BINS],
        };
        for score in scores {
            distribution.histogram[distribution.bin(score)] += 1;
        }
        Some(distribution)
    }

    /// The bin that a score falls into, from 0 to [`BINS`] − 1. Where all scores are equal it is the first.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the share lies in 0..=1, so the product lies in 0..=BINS"
    )]
    pub fn bin(&self, score: f32) -> usize {
        ((self.share(score) * BINS as f32) as usize).min(BINS - 1)
    }

    /// Where a score lies between the least (0) and the greatest (1); 0 where all scores are equal.
    ///
    /// ```
    /// # use vecscope::math::distribution::Distribution;
    /// let spread = Distribution::of([0.2, 0.4, 0.6].into_iter()).unwrap();
    /// assert!((spread.share(0.5) - 0.75).abs() < 1e-6);
    /// ```
    #[must_use]
    pub fn share(&self, score: f32) -> f32 {
        let width = self.greatest - self.least;
        if width > 0.0 { ((score - self.least) / width).clamp(0.0, 1.0) } else { 0.0 }
    }

    /// A distance between two scores in standard deviations; `None` where all scores are equal.
    #[must_use]
    pub fn in_deviations(&self, distance: f32) -> Option<f32> {
        (self.deviation > 0.0).then(|| distance / self.deviation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_a_small_set_are_right() {
        // Mean 5; squared distances 9, 1, 1, 1, 0, 0, 4, 16 sum to 32, and 32 / 8 = 4.
        let scores = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0_f32];
        let spread = Distribution::of(scores.into_iter()).expect("eight scores");
        assert_eq!((spread.count, spread.mean, spread.deviation), (8, 5.0, 2.0));
        assert_eq!((spread.least, spread.greatest), (2.0, 9.0));
        assert_eq!(spread.in_deviations(3.0), Some(1.5));
    }

    #[test]
    fn the_histogram_holds_every_score_and_the_greatest_lies_in_the_last_bin() {
        let scores: Vec<f32> = (0..=48_u8).map(|x| f32::from(x) / 48.0).collect();
        let spread = Distribution::of(scores.iter().copied()).expect("scores");
        assert_eq!(spread.histogram.iter().sum::<u32>(), 49);
        assert_eq!(spread.histogram[0], 2);
        assert_eq!(spread.histogram[BINS - 1], 3);
        assert_eq!((spread.bin(0.0), spread.bin(1.0)), (0, BINS - 1));
    }

    #[test]
    fn equal_scores_have_no_spread() {
        let spread = Distribution::of([0.5_f32; 3].into_iter()).expect("three scores");
        assert_eq!((spread.deviation, spread.share(0.5), spread.bin(0.5)), (0.0, 0.0, 0));
        assert_eq!(spread.in_deviations(0.1), None);
    }

    #[test]
    fn scores_close_together_keep_their_spread() {
        let spread = Distribution::of([0.999_999_f32, 1.0].into_iter()).expect("two scores");
        assert!(spread.deviation > 0.0);
    }

    #[test]
    fn no_scores_have_no_distribution() {
        assert_eq!(Distribution::of(std::iter::empty()), None);
    }
}
