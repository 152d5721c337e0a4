//! A score that counts as relevant: precision and recall as it goes up and down.

/// What counts as relevant at every possible cut-off, for scored items of which it is known whether they are.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// The scores with how many items stand at or above each, and how many of those are relevant: descending, each score
    /// once.
    steps: Vec<Step>,
    /// How many items are relevant.
    relevant: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Step {
    score: f32,
    found: usize,
    hits: usize,
}

/// What one cut-off gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct At {
    /// Items that score this or more count as relevant.
    pub cutoff: f32,
    /// How many do.
    pub found: usize,
    /// How many of them are relevant.
    pub hits: usize,
    /// hits / found, from 0 to 1: how much of what is found is relevant. `None` where nothing is found.
    pub precision: Option<f64>,
    /// hits / relevant, from 0 to 1: how much of what is relevant is found.
    pub recall: f64,
    /// The harmonic mean of the two, 2 hits / (found + relevant), from 0 to 1 (van Rijsbergen 1979, with equal weights).
    pub f1: f64,
}

impl Curve {
    /// The curve of scores, each with whether its item is relevant, in any order. `None` where none is relevant, as there
    /// is nothing to find, and where a score is NaN.
    ///
    /// ```
    /// use vecscope::math::cutoff::Curve;
    /// let curve = Curve::new(vec![(0.9, true), (0.7, false), (0.6, true), (0.2, false)]).unwrap();
    /// let at = curve.at(0.6);
    /// assert_eq!((at.found, at.hits, at.precision, at.recall), (3, 2, Some(2.0 / 3.0), 1.0));
    /// assert_eq!((curve.at(0.95).precision, curve.best().cutoff), (None, 0.6));
    /// ```
    #[must_use]
    pub fn new(mut scored: Vec<(f32, bool)>) -> Option<Self> {
        let relevant = scored.iter().filter(|(_, is_relevant)| *is_relevant).count();
        if relevant == 0 || scored.iter().any(|(score, _)| score.is_nan()) {
            return None;
        }
        scored.sort_unstable_by(|(a, _), (b, _)| b.total_cmp(a));
        let (mut steps, mut hits): (Vec<Step>, _) = (Vec::new(), 0);
        for (found, (score, is_relevant)) in (1..).zip(scored) {
            hits += usize::from(is_relevant);
            match steps.last_mut() {
                // 0 and −0 are equal, too.
                Some(last) if last.score <= score => (last.found, last.hits) = (found, hits),
                _ => steps.push(Step { score, found, hits }),
            }
        }
        Some(Self { steps, relevant })
    }

    /// How many items are relevant.
    #[must_use]
    pub fn relevant(&self) -> usize {
        self.relevant
    }

    /// What a cut-off gives.
    #[must_use]
    pub fn at(&self, cutoff: f32) -> At {
        let above = self.steps.partition_point(|step| step.score >= cutoff);
        let (found, hits) = above.checked_sub(1).map_or((0, 0), |last| (self.steps[last].found, self.steps[last].hits));
        self.point(cutoff, found, hits)
    }

    /// The cut-off with the greatest F1; of several the highest. It is the score of an item.
    #[must_use]
    pub fn best(&self) -> At {
        let points = self.steps.iter().map(|step| self.point(step.score, step.found, step.hits));
        // The later of two equals is the one that stays: from the lowest up.
        points.rev().max_by(|a, b| a.f1.total_cmp(&b.f1)).unwrap_or_else(|| self.point(0.0, 0, 0))
    }

    fn point(&self, cutoff: f32, found: usize, hits: usize) -> At {
        At {
            cutoff,
            found,
            hits,
            precision: (found > 0).then(|| float(hits) / float(found)),
            recall: float(hits) / float(self.relevant),
            f1: 2.0 * float(hits) / float(found + self.relevant),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts, exact below 2⁵³")]
fn float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn equal_scores_are_found_together() {
        let curve = Curve::new(vec![(0.5, false), (0.5, true), (0.8, true), (0.5, false), (0.1, true)]).expect("some");
        assert_eq!((curve.at(0.8).found, curve.at(0.8).hits), (1, 1));
        assert_eq!((curve.at(0.500_1).found, curve.at(0.5).found, curve.at(0.5).hits), (1, 4, 2));
        assert_eq!((curve.at(-1.0).found, curve.at(-1.0).recall), (5, 1.0));
        // F1 by hand: 2/4 = 0.5 at 0.8, 4/7 at 0.5, 6/8 at 0.1.
        assert_eq!((curve.best().cutoff, curve.best().f1), (0.1, 0.75));
    }

    #[test]
    fn of_equally_good_cutoffs_the_highest_is_the_best() {
        // 2/4 at 0.9, 2/5 and then 4/8 at 0.1.
        let scored = vec![(0.9, true), (0.5, false), (0.3, false), (0.2, false), (0.1, true), (0.05, true)];
        let curve = Curve::new(scored).expect("some");
        // 3 relevant: 2/4, 2/5, 2/6, 2/7, 4/8, 6/9.
        assert_eq!((curve.best().cutoff, curve.best().hits), (0.05, 3));
        let curve = Curve::new(vec![(0.9, true), (0.5, false), (0.3, false), (0.2, true)]).expect("some");
        // 2/3, 2/4, 2/5, 4/6.
        assert_eq!((curve.best().cutoff, curve.best().f1), (0.9, 2.0 / 3.0));
    }

    #[test]
    fn without_anything_to_find_there_is_no_curve() {
        assert_eq!(Curve::new(vec![]), None);
        assert_eq!(Curve::new(vec![(0.5, false)]), None);
        assert_eq!(Curve::new(vec![(f32::NAN, true)]), None);
    }

    proptest! {
        #[test]
        fn it_counts_as_one_would_by_hand(
            scored in prop::collection::vec(((0_u8..20).prop_map(|x| f32::from(x) / 20.0), any::<bool>()), 1..40),
            cutoff in (0_u8..22).prop_map(|x| f32::from(x) / 20.0),
        ) {
            prop_assume!(scored.iter().any(|(_, relevant)| *relevant));
            let curve = Curve::new(scored.clone()).expect("one is relevant");
            let found: Vec<_> = scored.iter().filter(|(score, _)| *score >= cutoff).collect();
            let hits = found.iter().filter(|(_, relevant)| *relevant).count();
            let at = curve.at(cutoff);
            prop_assert_eq!((at.found, at.hits), (found.len(), hits));
            prop_assert!(curve.best().f1 >= at.f1);
        }

        #[test]
        fn recall_only_falls_as_the_cutoff_rises(
            scored in prop::collection::vec((-1.0_f32..1.0, any::<bool>()), 1..40), a in -1.0_f32..1.0, b in -1.0_f32..1.0,
        ) {
            prop_assume!(scored.iter().any(|(_, relevant)| *relevant));
            let curve = Curve::new(scored).expect("one is relevant");
            prop_assert!(curve.at(a.max(b)).recall <= curve.at(a.min(b)).recall);
        }
    }
}
