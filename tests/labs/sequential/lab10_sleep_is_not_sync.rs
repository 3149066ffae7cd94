use super::*;
use racecourse::labs::lab10_sleep_is_not_sync::{self as lab, Oven};

proptest! {
    #![proptest_config(config())]

    /// Beside any number of threads that keep the processors busy.
    #[test]
    fn a_cake_each_time(cakes in 1usize..10, shares in shares()) {
        for take_out in [lab::fixed, lab::fixed_latch] {
            let shares = shares.clone();
            let baked = promptly(move || {
                let baked = Mutex::new(Vec::new());
                thread::scope(|s| {
                    s.spawn(|| spread(&shares, thread::yield_now));
                    for _ in 0..cakes {
                        let cake = take_out(&Oven::default());
                        baked.lock().unwrap().push(cake);
                    }
                });
                baked.into_inner().unwrap()
            });
            prop_assert_eq!(baked, vec![true; cakes]);
        }
    }
}
