//! Wrong fixes of lab 43, close-vs-send.

use super::*;
use crate::labs::form::WrongFixes;

/// The sender looks for the sign again when the letter is posted.
mod wrong_look_back {
    use super::*;

    #[derive(Debug, Default)]
    pub(super) struct Box(buggy::Box);

    impl LetterBox for Box {
        fn send(&self, letter: Letter) -> Result<(), Letter> {
            self.0.send(letter)?;
            if self.0.closed.load(Acquire) {
                return Err(letter); // it came too late
            }
            Ok(())
        }

        fn close(&self) -> Option<Letter> {
            self.0.close()
        }

        fn named(&self) {
            self.0.named();
        }
    }
}

/// The box is emptied once more after a while, for whoever came late.
mod wrong_empty_twice {
    use super::*;

    #[derive(Debug, Default)]
    pub(super) struct Box(buggy::Box);

    impl LetterBox for Box {
        fn send(&self, letter: Letter) -> Result<(), Letter> {
            self.0.send(letter)
        }

        fn close(&self) -> Option<Letter> {
            let early = self.0.close();
            thread::sleep(std::time::Duration::from_millis(1));
            early.or(self.0.letters.lock().unwrap().take())
        }

        fn named(&self) {
            self.0.named();
        }
    }
}

/// The box is emptied first, and then gets its sign.
mod wrong_empty_first {
    use super::*;

    #[derive(Debug, Default)]
    pub(super) struct Box(buggy::Box);

    impl LetterBox for Box {
        fn send(&self, letter: Letter) -> Result<(), Letter> {
            self.0.send(letter)
        }

        fn close(&self) -> Option<Letter> {
            let letter = self.0.letters.lock().unwrap().take();
            self.0.closed.store(true, Release);
            letter
        }

        fn named(&self) {
            self.0.named();
        }
    }
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-look-back",
            "the sender looks for the sign a second time, afterwards",
            Declared::fails(FailureKind::Panic),
            Scenario::new(scenario::<wrong_look_back::Box>),
        )
        .because(
            "The sign can come after the letter and the emptying after the sign: then the letter is taken out, and the sender believes that \
             it came too late. Lost has become twice.",
        ),
        Variant::new(
            "wrong-empty-twice",
            "the box is emptied again after a pause",
            Declared::fails(FailureKind::Panic),
            Scenario::new(scenario::<wrong_empty_twice::Box>),
        )
        .because(
            "Nobody knows how long a sender takes from the look to the letter. A pause makes the loss rare, and hard to find.",
        ),
        Variant::new(
            "wrong-empty-first",
            "emptied first, closed then",
            Declared::fails(FailureKind::Panic),
            Scenario::new(scenario::<wrong_empty_first::Box>),
        )
        .because(
            "In the other order the gap is between the emptying and the sign. Two steps have a gap in either order.",
        ),
    ],
);
