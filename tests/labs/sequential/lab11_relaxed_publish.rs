//! Lab 11 by fences: no letter before the flag, the letter after it. (`mod.rs` holds the fix without fences to the same.)

use super::*;
use racecourse::labs::lab11_relaxed_publish::{Mailbox, fixed_fences};

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_letter_is_there_once_the_flag_is_up(letter: u32, looks in 0usize..4) {
        let mailbox = Mailbox::default();
        for _ in 0..looks {
            prop_assert_eq!(fixed_fences::receive(&mailbox), None);
        }
        // SAFETY: the only call for this mailbox.
        unsafe { fixed_fences::publish(&mailbox, letter) };
        for _ in 0..looks {
            prop_assert_eq!(fixed_fences::receive(&mailbox), Some(letter));
        }
    }

    #[test]
    fn a_thread_that_sees_the_flag_reads_the_letter(letter: u32) {
        let received = promptly(move || {
            let mailbox = Mailbox::default();
            thread::scope(|s| {
                // SAFETY: the only call for this mailbox.
                s.spawn(|| unsafe { fixed_fences::publish(&mailbox, letter) });
                loop {
                    match fixed_fences::receive(&mailbox) {
                        Some(letter) => break letter,
                        None => thread::yield_now(),
                    }
                }
            })
        });
        prop_assert_eq!(received, letter);
    }
}
