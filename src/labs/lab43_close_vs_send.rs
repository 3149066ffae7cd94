//! Lab 43, **close-vs-send**: a letter that is posted while the box is emptied for the last time.
//!
//! A letter box is closed for good: a sign is put on it, then it is emptied. Who comes with a letter looks for the sign.
//! There is none yet; so the letter goes into the box, and the last emptying was a moment ago. The sender believes it
//! is on its way. Nobody will ever take it out.
//!
//! | The letter | | How |
//! |---|---|---|
//! | is taken out | allowed | it was posted before the box was closed |
//! | stays with its sender | allowed | the box was closed before |
//! | is lost | forbidden | *closed* and *empty* were two things, and the letter came between |
//! | is taken out, and its sender has it too | forbidden | so did the sender's change of mind |

mod wrong;

use super::form::{Lab, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicBool, AtomicU32, Ordering::*};
use crate::thread;

/// A letter. Not 0, and not [`u32::MAX`].
pub type Letter = u32;

/// A letter box that can be closed, for one sender's letter.
pub trait LetterBox: Default + Sync {
    /// Posts a letter.
    ///
    /// # Errors
    /// The letter, if the box is closed.
    fn send(&self, letter: Letter) -> Result<(), Letter>;

    /// Closes the box, and takes out what is in it.
    fn close(&self) -> Option<Letter>;

    /// Says in a counterexample what is what.
    fn named(&self);
}

/// The bug: the sign and the letters are two things.
pub mod buggy {
    use super::*;

    /// The sign, and the box.
    #[derive(Debug, Default)]
    pub struct Box {
        pub(super) closed: AtomicBool,
        pub(super) letters: Mutex<Option<Letter>>,
    }

    impl LetterBox for Box {
        fn send(&self, letter: Letter) -> Result<(), Letter> {
            if self.closed.load(Acquire) {
                return Err(letter);
            }
            *self.letters.lock().unwrap() = Some(letter);
            Ok(())
        }

        fn close(&self) -> Option<Letter> {
            self.closed.store(true, Release);
            self.letters.lock().unwrap().take()
        }

        fn named(&self) {
            name(&self.closed, "closed");
            name(&self.letters, "letters");
        }
    }
}

/// The fix: the sign is inside of the box, under the same lock.
pub mod fixed {
    use super::*;

    /// The sign, and the letter.
    #[derive(Debug, Default)]
    pub struct Box(Mutex<(bool, Option<Letter>)>);

    impl LetterBox for Box {
        fn send(&self, letter: Letter) -> Result<(), Letter> {
            let mut inside = self.0.lock().unwrap();
            if inside.0 {
                return Err(letter);
            }
            inside.1 = Some(letter);
            Ok(())
        }

        fn close(&self) -> Option<Letter> {
            let mut inside = self.0.lock().unwrap();
            inside.0 = true;
            inside.1.take()
        }

        fn named(&self) {
            name(&self.0, "box");
        }
    }
}

/// The fix without a lock: one word, which is empty, closed, or the letter. Who changes it sees what it was.
pub mod fixed_word {
    use super::*;

    const EMPTY: u32 = 0;
    const CLOSED: u32 = u32::MAX;

    /// The word.
    #[derive(Debug, Default)]
    pub struct Box(AtomicU32);

    impl LetterBox for Box {
        fn send(&self, letter: Letter) -> Result<(), Letter> {
            // ORDERING: Release; pairs with the Acquire of the swap in `close`, which takes the letter out.
            let posted = self.0.compare_exchange(EMPTY, letter, Release, Relaxed);
            posted.map(drop).map_err(|_| letter)
        }

        fn close(&self) -> Option<Letter> {
            let letter = self.0.swap(CLOSED, Acquire);
            (letter != EMPTY && letter != CLOSED).then_some(letter)
        }

        fn named(&self) {
            name(&self.0, "box");
        }
    }
}

/// A letter is posted while the box is closed. The invariant: one of the two has it, and only one.
fn scenario<B: LetterBox>() {
    let letter_box = B::default();
    letter_box.named();
    let (sent, taken) = thread::scope(|s| {
        let sender = s.spawn(|| letter_box.send(7));
        let taken = letter_box.close();
        (sender.join().unwrap(), taken)
    });
    let copies = usize::from(taken.is_some()) + usize::from(sent.is_err());
    assert_eq!(copies, 1, "the sender got {sent:?}, the box had {taken:?}"); // <- fails here
}

pub(super) static LAB: Lab = Lab {
    number: 43,
    slug: "close-vs-send",
    title: "A letter posted while the box is emptied for the last time",
    room: room::LIVENESS,
    minutes: 15,
    references: &[
        cited::CWE_362,
        cited::LU_ATOMICITY,
        cited::of(
            cited::ReferenceKind::Advisory,
            "RUSTSEC-2021-0124",
            "https://rustsec.org/advisories/RUSTSEC-2021-0124.html",
        ),
        cited::of(
            cited::ReferenceKind::Issue,
            "tokio-rs/tokio #4225",
            "https://github.com/tokio-rs/tokio/issues/4225",
        ),
    ],
    lesson: include_str!("lessons/43.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "the sign beside the box",
            Declared::fails(FailureKind::Panic),
            Scenario::new(scenario::<buggy::Box>),
        ),
        Variant::new(
            "fixed",
            "the sign in the box, under its lock",
            Declared::verified(),
            Scenario::new(scenario::<fixed::Box>),
        ),
        Variant::new(
            "fixed-word",
            "one word: empty, closed, or the letter",
            Declared::verified(),
            Scenario::new(scenario::<fixed_word::Box>),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab43_close_vs_send.rs"),
};
