//! Lab 13: the first price that is offered is everybody's.

use super::*;
use racecourse::labs::lab13_double_checked_init::{self as lab, List};
use racecourse::sync::OnceLock;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_first_price_stays(prices in prop::collection::vec(any::<u32>(), 1..8)) {
        let (list, lock) = (List::default(), OnceLock::new());
        for &price in &prices {
            prop_assert_eq!(lab::fixed(&list, price), prices[0]);
            prop_assert_eq!(lab::fixed_once_lock(&lock, price), prices[0]);
        }
    }

    /// Which price is first is decided between the threads; that there is one is not.
    #[test]
    fn threads_are_told_one_price(prices in prop::collection::vec(any::<u32>(), 1..5)) {
        let (list, lock) = (List::default(), OnceLock::new());
        let told: Vec<_> = thread::scope(|s| {
            let asked: Vec<_> = prices
                .iter()
                .map(|&price| s.spawn({
                    let (list, lock) = (&list, &lock);
                    move || [lab::fixed(list, price), lab::fixed_once_lock(lock, price)]
                }))
                .collect();
            asked.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        for price in &told {
            prop_assert_eq!(price, &told[0]);
            prop_assert!(price.iter().all(|price| prices.contains(price)));
        }
    }
}
