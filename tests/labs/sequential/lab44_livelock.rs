//! Carts one after the other never meet; and on threads those with an order all get across.

use super::*;
use racecourse::labs::lab44_livelock::{self as lab, Bridge, PATIENCE};

proptest! {
    #![proptest_config(config())]

    #[test]
    fn who_is_alone_gives_way_to_nobody(carts in prop::collection::vec(0usize..2, 0..10)) {
        for cross in [lab::buggy, lab::fixed, lab::fixed_rank] {
            let bridge = Bridge::default();
            for &cart in &carts {
                prop_assert_eq!(cross(&bridge, cart), Ok(()));
            }
            prop_assert_eq!(bridge.gave_way(), [0, 0]);
        }
    }

    /// With an order nobody ever gives way; by rank cart 1 does, at most as often as it crosses.
    #[test]
    fn all_get_across(shares in shares()) {
        for (cross, most) in [(lab::fixed as fn(&Bridge, usize) -> _, 0), (lab::fixed_rank, PATIENCE)] {
            let shares = shares.clone();
            let gave_way = promptly(move || {
                let bridge = Bridge::default();
                thread::scope(|s| {
                    s.spawn(|| shares.iter().for_each(|_| cross(&bridge, 0).unwrap()));
                    cross(&bridge, 1).unwrap();
                });
                bridge.gave_way()
            });
            prop_assert_eq!(gave_way[0], 0);
            prop_assert!(gave_way[1] <= most);
        }
    }
}
