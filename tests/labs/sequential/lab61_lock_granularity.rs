//! However the table is cut, no visit is lost.

use super::*;
use racecourse::labs::lab61_lock_granularity as lab;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_way_counts_every_visit(visits in 0u64..2_000, threads in 1usize..5) {
        for way in [lab::buggy, lab::fixed] {
            prop_assert_eq!(way(visits, threads).unwrap(), visits * threads as u64);
        }
    }
}
