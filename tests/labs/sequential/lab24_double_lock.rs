//! A receipt counts the loans so far.

use super::*;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn double_lock_counts_the_loans_so_far(books in prop::collection::vec(any::<u32>(), 0..30)) {
        use racecourse::labs::lab24_double_lock as lab;
        for lend in [lab::fixed, lab::fixed_drop] {
            let register = lab::Register::default();
            for (before, &book) in books.iter().enumerate() {
                prop_assert_eq!(register.count(), before);
                prop_assert_eq!(lend(&register, book), before + 1);
            }
        }
    }

    /// With threads each number is on one receipt, if the count is of the register in hand.
    #[test]
    fn double_lock_gives_each_number_once(shares in shares()) {
        use racecourse::labs::lab24_double_lock as lab;
        let register = lab::Register::default();
        let receipts = Mutex::new(Vec::new());
        spread(&shares, || {
            let number = lab::fixed(&register, 7);
            receipts.lock().unwrap().push(number);
        });
        let mut receipts = receipts.into_inner().unwrap();
        receipts.sort_unstable();
        let loans = shares.iter().sum::<u32>() as usize;
        prop_assert_eq!(receipts, (1..=loans).collect::<Vec<_>>());
    }
}
