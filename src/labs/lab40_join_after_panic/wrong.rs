//! Wrong fixes of lab 40, join-after-panic.

use super::*;
use crate::labs::form::WrongFixes;

/// A destructor rings the bell. What it rings for is still left by the statement behind the call.
fn wrong_bell_only(task: &Task, job: &Job<'_>) {
    struct Bell<'a>(&'a Task);
    impl Drop for Bell<'_> {
        fn drop(&mut self) {
            self.0.done.notify_all();
        }
    }
    let _bell = Bell(task);
    let value = job();
    *task.result.lock().unwrap() = Some(Ok(value));
}

/// A task that panics is tried once more.
fn wrong_again(task: &Task, job: &Job<'_>) {
    let value = catch_unwind(AssertUnwindSafe(job)).unwrap_or_else(|_| job());
    task.finish(Ok(value));
}

/// A result is there from the start, so that nobody has to wait for one.
fn wrong_early(task: &Task, job: &Job<'_>) {
    task.finish(Ok(0));
    let value = job();
    task.finish(Ok(value));
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-bell-only",
            "a destructor rings, and the result is left before",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(wrong_bell_only)),
        )
        .because(
            "Who waits does not wait for the bell but for a result, and looks for it after each ringing. The panic jumped over that one.",
        ),
        Variant::new(
            "wrong-again",
            "a task that panics is run a second time",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(wrong_again)),
        )
        .because(
            "The second run may panic too, for the same reason, and then the signal is jumped over as before.",
        ),
        Variant::new(
            "wrong-early",
            "a result of zero from the start",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(wrong_early)),
        )
        .because(
            "Nobody waits for ever, and whoever asks early gets a zero that no task has computed.",
        ),
    ],
);
