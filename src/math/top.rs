//! The best of many scores, without sorting them all.

use std::cmp::Ordering;

/// A score and what it belongs to.
pub type Scored = (f32, usize);

/// The order of a ranking: the higher score first, of equal ones the lower number.
#[must_use]
pub fn best_first(a: &Scored, b: &Scored) -> Ordering {
    b.0.total_cmp(&a.0).then(a.1.cmp(&b.1))
}

/// Keeps the best of all scores that it is shown.
///
/// ```
/// use vecscope::math::top::Best;
/// let mut best = Best::new(2);
/// for (number, score) in [0.3, 0.9, 0.1, 0.9].into_iter().enumerate() {
///     best.see(score, number);
/// }
/// assert_eq!(best.into_sorted(), [(0.9, 1), (0.9, 3)]);
/// ```
#[derive(Debug, Clone)]
pub struct Best {
    most: usize,
    /// What may be among the best; up to twice as many.
    kept: Vec<Scored>,
    /// Nothing below it is among the best any more.
    least: f32,
}

impl Best {
    /// Nothing seen yet, of which the best `most` are to be kept.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most, kept: Vec::new(), least: f32::NEG_INFINITY }
    }

    /// The same for scores of which those below `least` need not be kept: whoever knows one spares the sorting out.
    #[must_use]
    pub fn from(most: usize, least: f32) -> Self {
        Self { least, ..Self::new(most) }
    }

    /// A score below this one is not among the best of those seen.
    #[must_use]
    pub fn least(&self) -> f32 {
        self.least
    }

    /// Shows it a score.
    pub fn see(&mut self, score: f32, number: usize) {
        // Not `<`, so that what is not a number is never kept.
        if score >= self.least && self.most > 0 {
            self.kept.push((score, number));
            if self.kept.len() >= self.most.saturating_mul(2) {
                self.cut();
            }
        }
    }

    /// Shows it scores whose numbers follow one another.
    pub fn see_all(&mut self, scores: &[f32], first: usize) {
        /// Most stretches are below the least, which is told of a whole one at once.
        const STRETCH: usize = 16;
        for (stretch, scores) in scores.chunks(STRETCH).enumerate() {
            let reaching: u32 = scores.iter().map(|&score| u32::from(score >= self.least)).sum();
            if reaching > 0 {
                for (place, &score) in scores.iter().enumerate() {
                    self.see(score, first + stretch * STRETCH + place);
                }
            }
        }
    }

    /// The best of what both have seen.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        for (score, number) in other.kept {
            self.see(score, number);
        }
        self
    }

    /// The best, in no order.
    #[must_use]
    pub fn into_kept(mut self) -> Vec<Scored> {
        self.cut();
        self.kept
    }

    /// The best, best first.
    #[must_use]
    pub fn into_sorted(self) -> Vec<Scored> {
        let mut kept = self.into_kept();
        kept.sort_unstable_by(best_first);
        kept
    }

    fn cut(&mut self) {
        if self.most > 0 && self.kept.len() >= self.most {
            let (_, last, _) = self.kept.select_nth_unstable_by(self.most - 1, best_first);
            self.least = last.0;
            self.kept.truncate(self.most);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_keeps_what_a_full_sort_puts_first(
            scores in prop::collection::vec((-4_i8..4).prop_map(f32::from), 0..80),
            most in 0_usize..20,
            halfway in 0_usize..80,
        ) {
            let mut sorted: Vec<Scored> = scores.iter().copied().zip(0..).collect();
            sorted.sort_by(best_first);
            sorted.truncate(most);
            let halfway = halfway.min(scores.len());
            let [mut left, mut right] = [Best::new(most), Best::new(most)];
            left.see_all(&scores[..halfway], 0);
            right.see_all(&scores[halfway..], halfway);
            // From either side: which part was looked at first makes no difference.
            prop_assert_eq!(left.clone().and(right.clone()).into_sorted(), &sorted[..]);
            prop_assert_eq!(right.and(left).into_sorted(), sorted);
        }
    }

    #[test]
    fn what_is_not_a_number_is_not_among_the_best() {
        let mut best = Best::new(3);
        best.see_all(&[f32::NAN, 0.5], 0);
        assert_eq!(best.into_sorted(), [(0.5, 1)]);
    }
}
