//! Lab 12: the entries of any number of threads are all in the book.

use super::*;
use racecourse::labs::lab12_relaxed_unlock::{self as lab, Book};

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_entry_is_in_the_book(shares in shares()) {
        for hang_back in [lab::fixed, lab::fixed_fence] {
            let (shares, model) = (shares.clone(), shares.iter().sum::<u32>());
            let entries = promptly(move || {
                let book = Book::default();
                // SAFETY: both variants release what came before.
                spread(&shares, || unsafe { lab::enter(&book, hang_back) });
                book.into_entries()
            });
            prop_assert_eq!(entries, model);
        }
    }
}
