//! An edition has the pages of all reporters.

use super::*;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn live_sender_prints_all_reports(reporters in prop::collection::vec(0u32..50, 0..5)) {
        use racecourse::labs::lab32_live_sender as lab;
        let model: u32 = reporters.iter().sum();
        for edit in [lab::fixed, lab::fixed_inside] {
            let reporters = reporters.clone();
            prop_assert_eq!(promptly(move || edit(&reporters)), model);
        }
    }
}
