//! A transfer without paper did not happen, whether the book is repaired or refused.

use super::*;
use racecourse::labs::lab41_poison_cascade::{self as lab, ALL, Office, Open, Refused};

/// Transfers one after the other; whether each went through.
fn transfers(office: &Office, open: Open, amounts: &[u32]) -> Vec<Option<bool>> {
    let transfer = |&amount: &u32| {
        let work = panic::AssertUnwindSafe(|| lab::transfer(office, open, amount));
        panic::catch_unwind(work).ok().map(|done| done.is_ok())
    };
    amounts.iter().map(transfer).collect()
}

proptest! {
    #![proptest_config(config())]

    /// `None` is a panic. After a repair the next one is as good as the first; after a refusal all are refused.
    #[test]
    fn no_money_is_lost(early in prop::collection::vec(1u32..5, 0..3), late in prop::collection::vec(1u32..5, 0..5)) {
        for (open, refuses) in [(lab::fixed as Open, false), (lab::fixed_refuse, true)] {
            let office = Office::default();
            let found = transfers(&office, open, &early);
            let broken = refuses && !early.is_empty();
            let model: Vec<_> = (0..early.len()).map(|i| (refuses && i > 0).then_some(false)).collect();
            prop_assert_eq!(found, model);
            office.refill();
            let counted = || lab::count(&office, open);
            let all = if broken { Err(Refused) } else { Ok(ALL) };
            prop_assert_eq!(counted(), all);
            prop_assert_eq!(transfers(&office, open, &late), vec![Some(!broken); late.len()]);
            prop_assert_eq!(counted(), all);
        }
    }

    /// As long as nothing panics there is no poison, and the bugs are none.
    #[test]
    fn the_bugs_are_right_with_paper(amounts in prop::collection::vec(1u32..5, 0..5)) {
        for open in [lab::buggy as Open, lab::buggy_cascade] {
            let office = Office::default();
            office.refill();
            prop_assert_eq!(transfers(&office, open, &amounts), vec![Some(true); amounts.len()]);
            prop_assert_eq!(lab::count(&office, open), Ok(ALL));
        }
    }
}
