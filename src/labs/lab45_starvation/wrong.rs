//! Wrong fixes of lab 45, starvation.

use super::*;
use crate::labs::form::WrongFixes;
use crate::sync::{Condvar, Mutex};

/// Who comes out steps aside for a moment.
mod wrong_step_aside {
    use super::*;

    #[derive(Debug, Default)]
    pub(super) struct Door(buggy::Door);

    impl super::Door for Door {
        fn enter(&self, number: u32, reads: bool) {
            self.0.enter(number, reads);
        }

        fn leave(&self, reads: bool) {
            self.0.leave(reads);
            thread::yield_now();
        }
    }
}

/// Nobody spins: who waits sleeps, and is woken when somebody comes out.
mod wrong_bell {
    use super::*;

    #[derive(Debug, Default)]
    pub(super) struct Door {
        inside: Mutex<bool>,
        bell: Condvar,
    }

    impl super::Door for Door {
        fn enter(&self, _: u32, _: bool) {
            let mut inside = self.inside.lock().unwrap();
            while *inside {
                inside = self.bell.wait(inside).unwrap();
            }
            *inside = true;
        }

        fn leave(&self, _: bool) {
            *self.inside.lock().unwrap() = false;
            self.bell.notify_one();
        }
    }
}

/// Numbers, and for speed: who finds nobody inside goes in without one.
mod wrong_fast_path {
    use super::*;

    const WITHOUT: u32 = u32::MAX;

    #[derive(Debug, Default)]
    pub(super) struct Door {
        numbers: fixed::Door,
        inside: buggy::Door,
    }

    impl super::Door for Door {
        fn arrive(&self, reads: bool) -> u32 {
            match self.inside.0.load(Relaxed) {
                0 => WITHOUT,
                _ => self.numbers.arrive(reads),
            }
        }

        fn enter(&self, number: u32, reads: bool) {
            if number != WITHOUT {
                self.numbers.enter(number, reads);
            }
            self.inside.enter(number, reads);
            if number != WITHOUT {
                self.numbers.leave(reads); // the next one may come to the door
            }
        }

        fn leave(&self, reads: bool) {
            self.inside.leave(reads);
        }
    }
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-step-aside",
            "who comes out yields",
            Declared::fails(FailureKind::Panic),
            Scenario::new(scenario::<wrong_step_aside::Door>),
        )
        .because(
            "To yield is a courtesy to the scheduler. It may run her next, and it may as well run him again; she gets no right by it.",
        ),
        Variant::new(
            "wrong-bell",
            "a mutex and a condition variable",
            Declared::fails(FailureKind::Panic),
            Scenario::new(scenario::<wrong_bell::Door>),
        )
        .because(
            "Nobody spins any more, and the row is as missing as before: who is woken has to find the door free, and he is faster.",
        ),
        Variant::new(
            "wrong-fast-path",
            "numbers, but not for who finds nobody inside",
            Declared::fails(FailureKind::Panic),
            Scenario::new(scenario::<wrong_fast_path::Door>),
        )
        .because(
            "A fast path past the row is a way to overtake. Many fair locks have had this one, and std's mutex has it on purpose.",
        ),
    ],
);
