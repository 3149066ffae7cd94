//! Whatever line a counter is on, it counts.

use super::*;
use racecourse::labs::lab60_false_sharing as lab;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_way_counts_right(times in 0u64..2_000, threads in 1usize..5) {
        for way in [lab::buggy, lab::fixed, lab::fixed_local] {
            prop_assert_eq!(way(times, threads).unwrap(), times * threads as u64);
        }
    }
}
