use super::*;
use racecourse::labs::lab50_last_drop::{self as lab, Rental};

proptest! {
    #![proptest_config(config())]

    /// The last one returns the boat, and nobody before.
    #[test]
    fn the_last_returns_the_boat(aboard in 1u32..20) {
        for leave in [lab::fixed, lab::fixed_swap] {
            let rental = Rental::new(aboard);
            for left in (0..aboard).rev() {
                // SAFETY: once for each who is aboard.
                prop_assert_eq!(unsafe { leave(&rental) }, left == 0);
            }
        }
    }

    /// Of threads that go off at once exactly one does.
    #[test]
    fn of_many_threads_one_returns_it(aboard in 1u32..5) {
        for leave in [lab::fixed, lab::fixed_swap] {
            let (rental, returned) = (Rental::new(aboard), AtomicU32::new(0));
            thread::scope(|s| {
                for _ in 0..aboard {
                    s.spawn(|| {
                        // SAFETY: once for each who is aboard.
                        let last = unsafe { leave(&rental) };
                        returned.fetch_add(last.into(), Relaxed);
                    });
                }
            });
            prop_assert_eq!(returned.into_inner(), 1);
        }
    }
}
