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

mod kendall;

mod rank_biased;

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
