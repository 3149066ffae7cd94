use super::*;
use racecourse::labs::lab03_private_copy::{self as lab, Sheet};
use std::sync::Arc;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_vote_is_on_the_sheet(shares in shares()) {
        let sheet = Arc::new(Mutex::new(Sheet::default()));
        let votes = Arc::new(AtomicU32::new(0));
        spread(&shares, || {
            lab::fixed(Arc::clone(&sheet));
            lab::fixed_atomic(Arc::clone(&votes));
        });
        let model: u32 = shares.iter().sum();
        prop_assert_eq!(sheet.lock().unwrap().votes, model);
        prop_assert_eq!(votes.load(Relaxed), model);
    }

    /// On one thread, too, the bug is one: no schedule is needed.
    #[test]
    fn no_vote_is_on_the_sheet_of_the_bug(votes in 0u32..20) {
        let sheet = Arc::new(Sheet::default());
        (0..votes).for_each(|_| lab::buggy(Arc::clone(&sheet)));
        prop_assert_eq!(sheet.votes, 0);
    }
}
