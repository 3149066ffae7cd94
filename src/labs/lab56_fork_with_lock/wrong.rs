//! Wrong fixes of lab 56, fork-with-lock.

use super::*;
use crate::labs::form::WrongFixes;

/// Lets the other thread finish its line first: it holds the lock for a moment only.
#[cfg(target_os = "linux")]
fn wrong_patience(lines: &Mutex<u32>, mut log: PipeWriter) -> io::Result<Process> {
    use std::io::Write;
    let child = move || {
        let _ = log.write_all(b"here\n");
        (0..1_000).for_each(|_| std::thread::yield_now());
        *lines.lock().unwrap() += 1; // <- fails here: wrong-patience
        log.write_all(b"logged\n").is_err().into()
    };
    // SAFETY: none, as in the bug: it takes a lock after a fork.
    unsafe { fork(child) }
}

/// The owner of the lock is gone, so what it left behind is cleared away, as after a panic.
#[cfg(target_os = "linux")]
fn wrong_clear_poison(lines: &Mutex<u32>, mut log: PipeWriter) -> io::Result<Process> {
    use std::io::Write;
    let child = move || {
        let _ = log.write_all(b"here\n");
        lines.clear_poison();
        *lines.lock().unwrap() += 1; // <- fails here: wrong-clear-poison
        log.write_all(b"logged\n").is_err().into()
    };
    // SAFETY: none, as in the bug: it takes a lock after a fork.
    unsafe { fork(child) }
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::driven(
            "wrong-patience",
            "lets the other thread go first, and then takes the lock",
            Declared::driven_to_fail(FailureKind::Deadlock),
            driving!("wrong-patience", wrong_patience),
        )
        .because(
            "The other thread does release the lock, in the parent. In the child nobody runs but the child, however long it \
             waits.",
        ),
        Variant::driven(
            "wrong-clear-poison",
            "clears the poison, and then takes the lock",
            Declared::driven_to_fail(FailureKind::Deadlock),
            driving!("wrong-clear-poison", wrong_clear_poison),
        )
        .because(
            "A lock is poisoned when its owner panics, and is released then. This one is held, its owner did not even notice, \
             and nothing can release it in its place.",
        ),
    ],
);
