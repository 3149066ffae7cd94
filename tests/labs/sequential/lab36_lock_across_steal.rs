//! Every booking is in the ledger.

use super::*;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn lock_across_steal_books_everything(bookings in 0usize..8, workers in 1usize..5) {
        use racecourse::labs::lab36_lock_across_steal as lab;
        for book in [lab::fixed, lab::fixed_own] {
            let booked = promptly(move || {
                let pool = lab::Pool::new(bookings);
                (0..bookings).for_each(|booking| pool.order(book, booking));
                thread::scope(|s| (0..workers).for_each(|_| {
                    s.spawn(|| pool.work());
                }));
                pool.booked()
            });
            prop_assert_eq!(booked as usize, bookings);
        }
    }

    /// The bug too, on one worker: its own part is the newest task.
    #[test]
    fn lock_across_steal_is_right_alone(bookings in 0usize..8) {
        use racecourse::labs::lab36_lock_across_steal as lab;
        let booked = promptly(move || {
            let pool = lab::Pool::new(bookings);
            (0..bookings).for_each(|booking| pool.order(lab::buggy, booking));
            pool.work();
            pool.booked()
        });
        prop_assert_eq!(booked as usize, bookings);
    }
}
