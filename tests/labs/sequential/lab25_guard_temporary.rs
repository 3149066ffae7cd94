//! Letters are done in the order in which they lie on the pile.

use super::*;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn guard_temporary_does_the_letters_in_order(letters in prop::collection::vec(any::<u32>(), 0..20)) {
        use racecourse::labs::lab25_guard_temporary as lab;
        for work in [lab::fixed, lab::fixed_let_else] {
            let desk = lab::Desk::new(letters.clone());
            for _ in &letters {
                prop_assert!(work(&desk));
            }
            prop_assert!(!work(&desk), "no letter is left");
            prop_assert_eq!(desk.done(), letters.clone());
        }
    }

    #[test]
    fn guard_temporary_does_each_letter_once(shares in shares()) {
        use racecourse::labs::lab25_guard_temporary as lab;
        let letters = shares.iter().sum::<u32>();
        for work in [lab::fixed, lab::fixed_let_else] {
            let shares = shares.clone();
            let mut done = promptly(move || {
                let desk = lab::Desk::new(0..letters);
                spread(&shares, || assert!(work(&desk)));
                desk.done()
            });
            done.sort_unstable();
            prop_assert_eq!(done, (0..letters).collect::<Vec<_>>());
        }
    }

    /// The bug is none on an empty desk: there the guard hinders nobody.
    #[test]
    fn guard_temporary_is_right_without_letters(times in 0usize..5) {
        use racecourse::labs::lab25_guard_temporary as lab;
        let desk = lab::Desk::default();
        for _ in 0..times {
            prop_assert!(!lab::buggy(&desk));
        }
        prop_assert_eq!(desk.done(), Vec::<u32>::new());
    }
}
