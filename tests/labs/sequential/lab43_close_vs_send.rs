//! A box that is open or closed, and holds a letter or none.

use super::*;
use racecourse::labs::lab43_close_vs_send::{LetterBox, buggy, fixed, fixed_word};

fn is_a_box<B: LetterBox>(
    letter: u32,
    closed_first: bool,
    closings: usize,
) -> Result<(), TestCaseError> {
    let letter_box = B::default();
    if closed_first {
        prop_assert_eq!(letter_box.close(), None);
    }
    let model = if closed_first { Err(letter) } else { Ok(()) };
    prop_assert_eq!(letter_box.send(letter), model);
    for closing in 0..closings {
        let inside = (closing == 0 && !closed_first).then_some(letter);
        prop_assert_eq!(letter_box.close(), inside);
        prop_assert_eq!(letter_box.send(letter), Err(letter));
    }
    Ok(())
}

/// On real threads, whoever is first.
fn keeps_every_letter<B: LetterBox>(letter: u32) -> Result<(), TestCaseError> {
    let letter_box = B::default();
    let (sent, taken) = thread::scope(|s| {
        let sender = s.spawn(|| letter_box.send(letter));
        let taken = letter_box.close();
        (sender.join().unwrap(), taken)
    });
    prop_assert_eq!(taken.or(sent.err()), Some(letter));
    prop_assert_ne!(taken.is_some(), sent.is_err());
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_letter_is_taken_out_or_handed_back(letter in 1u32..u32::MAX, closed_first: bool, closings in 1usize..4) {
        is_a_box::<fixed::Box>(letter, closed_first, closings)?;
        is_a_box::<fixed_word::Box>(letter, closed_first, closings)?;
        is_a_box::<buggy::Box>(letter, closed_first, closings)?; // right too, on one thread
        keeps_every_letter::<fixed::Box>(letter)?;
        keeps_every_letter::<fixed_word::Box>(letter)?;
    }
}
