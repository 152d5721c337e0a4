//! From scores to an order.

/// The positions of `scores` from the highest to the lowest. Equal scores keep the order of their positions, so that
/// a ranking is the same on every run.
///
/// ```
/// assert_eq!(vecscope::math::rank::descending(&[0.1, 0.7, 0.1, 0.4]), [1, 3, 0, 2]);
/// ```
#[must_use]
pub fn descending(scores: &[f32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    order
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_position_appears_once_and_scores_never_rise(scores in prop::collection::vec(-1.0_f32..1.0, 0..60)) {
            let order = descending(&scores);
            let mut positions = order.clone();
            positions.sort_unstable();
            prop_assert_eq!(positions, (0..scores.len()).collect::<Vec<_>>());
            for pair in order.windows(2) {
                let falls = scores[pair[0]].total_cmp(&scores[pair[1]]);
                prop_assert!(falls.is_gt() || (falls.is_eq() && pair[0] < pair[1]));
            }
        }
    }

    #[test]
    fn nothing_has_an_empty_order() {
        assert!(descending(&[]).is_empty());
    }
}
