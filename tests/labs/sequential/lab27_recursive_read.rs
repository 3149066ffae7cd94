//! The sum is the sum of the two prices, and of one day.

use super::*;

proptest! {
    #![proptest_config(config())]

    /// `true` raises the prices, `false` adds up. The bug too: there is no writer who waits.
    #[test]
    fn recursive_read_adds_up_what_the_model_adds_up(
        prices: [u16; 2],
        operations in prop::collection::vec(any::<bool>(), 0..20),
    ) {
        use racecourse::labs::lab27_recursive_read as lab;
        let shop = lab::Shop::new(prices.map(u32::from));
        let mut model = u32::from(prices[0]) + u32::from(prices[1]);
        for raises in operations {
            if raises {
                shop.raise();
                shop.raise_fair();
                model += 2;
            }
            for add_up in [lab::buggy, lab::fixed, lab::fixed_recursive] {
                prop_assert_eq!(add_up(&shop), model);
            }
        }
    }

    /// From two equal prices any sum is even, on whichever day it is made, and none is lower than the one before.
    #[test]
    fn recursive_read_never_mixes_two_days(raises in 0u32..50, sums in 0usize..50) {
        use racecourse::labs::lab27_recursive_read::{self as lab, Shop};
        let pairs = [(lab::fixed as fn(&Shop) -> u32, Shop::raise as fn(&Shop)), (lab::fixed_recursive, Shop::raise_fair)];
        for (add_up, raise) in pairs {
            let seen = promptly(move || {
                let shop = Shop::new([1, 1]);
                thread::scope(|s| {
                    s.spawn(|| (0..raises).for_each(|_| raise(&shop)));
                    (0..sums).map(|_| add_up(&shop)).collect::<Vec<_>>()
                })
            });
            prop_assert!(seen.iter().all(|sum| sum % 2 == 0), "{:?}", seen);
            prop_assert!(seen.is_sorted(), "{:?}", seen);
        }
    }
}
