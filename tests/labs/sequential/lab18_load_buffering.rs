//! Lab 18: who looks after the other has posted finds the letter.

use super::*;
use racecourse::labs::lab18_load_buffering::{buggy, fixed};

proptest! {
    #![proptest_config(config())]

    /// `true` is left, `false` is right; letters stay in the tray.
    #[test]
    fn a_letter_is_found_once_it_is_posted(visits in prop::collection::vec(any::<bool>(), 0..8)) {
        for look_and_post in [buggy, fixed] {
            let trays = [AtomicBool::new(false), AtomicBool::new(false)];
            let mut model = [false; 2];
            for &left in &visits {
                let (mine, theirs) = (usize::from(left), usize::from(!left));
                prop_assert_eq!(look_and_post(&trays[mine], &trays[theirs]), model[mine]);
                model[theirs] = true;
            }
        }
    }

    #[test]
    fn two_threads_never_both_find_a_letter(rounds in 1usize..50) {
        for _ in 0..rounds {
            let (left, right) = (AtomicBool::new(false), AtomicBool::new(false));
            let found = thread::scope(|s| {
                let other = s.spawn(|| fixed(&right, &left));
                [fixed(&left, &right), other.join().unwrap()]
            });
            prop_assert_ne!(found, [true, true]);
        }
    }
}
