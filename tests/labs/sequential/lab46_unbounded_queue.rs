//! A rail with room for so many, against a queue with a bound.

use super::*;
use racecourse::labs::lab46_unbounded_queue::{self as lab, ROOM, Rail};

proptest! {
    #![proptest_config(config())]

    /// `true` puts, `false` takes, step by step on one thread. The two that wait are not asked to where they would.
    #[test]
    fn the_rail_holds_what_the_model_holds(steps in prop::collection::vec(any::<bool>(), 0..30)) {
        let (waits, refuses, queue) = (Rail::default(), Rail::default(), Rail::default());
        let mut model = VecDeque::new();
        for (order, put) in (0..).zip(steps) {
            match put {
                true if model.len() < ROOM => {
                    prop_assert_eq!(lab::fixed(&waits, order), Ok(()));
                    prop_assert_eq!(lab::fixed_refuse(&refuses, order), Ok(()));
                    prop_assert_eq!(lab::fixed_queue(&queue, order), Ok(()));
                    model.push_back(order);
                }
                true => prop_assert_eq!(lab::fixed_refuse(&refuses, order), Err(order)),
                false => if let Some(&first) = model.front() {
                    let hanging = model.len();
                    prop_assert_eq!(waits.take(), (first, hanging));
                    prop_assert_eq!(refuses.take(), (first, hanging));
                    prop_assert_eq!(queue.take_queued(), (first, hanging));
                    model.pop_front();
                },
            }
        }
    }

    /// On threads who finds no room waits: all orders come, in each waiter's order, and never too many at once.
    #[test]
    fn all_orders_come_and_never_too_many_at_once(orders in 0u32..40) {
        for (put, take) in [
            (lab::fixed as lab::Put, Rail::take as fn(&Rail) -> (u32, usize)),
            (lab::fixed_queue, Rail::take_queued),
        ] {
            let taken = promptly(move || {
                let rail = Rail::default();
                thread::scope(|s| {
                    s.spawn(|| (0..orders).for_each(|order| put(&rail, order).unwrap()));
                    (0..orders).map(|_| take(&rail)).collect::<Vec<_>>()
                })
            });
            prop_assert!(taken.iter().all(|(_, hanging)| *hanging <= ROOM));
            prop_assert!(taken.into_iter().map(|(order, _)| order).eq(0..orders));
        }
    }
}
