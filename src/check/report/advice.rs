//! What a report advises after a failure.

use crate::check::failure::{Failure, FailureKind};
use crate::check::timeline::{Operation, Step, Timeline};

/// What to do about a failure.
pub(super) fn next(failure: &Failure) -> &'static str {
    let timeline = &failure.timeline;
    match failure.kind {
        FailureKind::Panic if !failure.sequentially_consistent => {
            "the orderings allow it: publish with a Release store that an Acquire load reads, or, where each of two \
             threads must see what the other stored, make all of these SeqCst"
        }
        FailureKind::Panic => {
            "read the rows from the top, find the step after which a value is no longer what its thread believes, \
             and let no other thread run between the two"
        }
        FailureKind::DataRace => {
            "two accesses to one object, one of them a write, and nothing orders them: hold the same lock around \
             both, or make the object atomic, or hand it over by a Release store that an Acquire load reads"
        }
        FailureKind::Deadlock if waits_for_itself(timeline) => {
            "a lock cannot be taken again by its holder: let go of the guard first, or hand what it guards to the \
             function that would lock once more"
        }
        FailureKind::Deadlock if waits(timeline, Operation::Wait, is_never_notified) => {
            "whoever makes the condition true must notify, on every way out, also when it fails; and whoever \
             waits must not hold what that needs"
        }
        FailureKind::Deadlock if waits(timeline, Operation::Wait, woke_another) => {
            "the last notification woke a thread that could do nothing with it, and another slept on: give each condition \
             a Condvar of its own, or notify all, and wait in a loop that tests it"
        }
        FailureKind::Deadlock if waits(timeline, Operation::Wait, always) => {
            "change the condition and notify while holding the lock that guards it, and wait in a loop that tests it"
        }
        FailureKind::Deadlock if waits(timeline, Operation::Park, always) => {
            "let the thread test its condition before it parks, and unpark it after the condition is set"
        }
        FailureKind::Deadlock => {
            "break the circle: take the locks in one order everywhere, or let go of one before asking for the next"
        }
        FailureKind::Livelock => {
            "the threads run and none gets on: let one of them wait (a Condvar, park), or give way for longer than \
             the others"
        }
        FailureKind::Leak => {
            "let the scenario end only when what is named is dropped; where two Arc hold each other, one must be a Weak"
        }
        FailureKind::UseAfterFree => {
            "the object must live until its last user is done: share it by Arc, or join its users first"
        }
        FailureKind::Misuse => {
            "the scenario asks for what a check cannot give; the message names the remedy"
        }
        FailureKind::Nondeterminism => {
            "the same schedule went another way the second time: take clocks, random numbers, the order of a HashMap \
             and state that outlives an execution out of the scenario"
        }
    }
}

/// Whether a thread is left in this operation, of which `is_so`.
fn waits(timeline: &Timeline, operation: Operation, is_so: fn(&Timeline, &Step) -> bool) -> bool {
    let steps = &timeline.steps;
    steps.iter().enumerate().any(|(i, step)| {
        let mut later = steps[i + 1..].iter();
        let last = !later.any(|later| later.thread == step.thread);
        step.operation == operation && step.blocked && last && is_so(timeline, step)
    })
}

fn always(_: &Timeline, _: &Step) -> bool {
    true
}

/// Whether nobody notifies what the step waits on, early or late.
fn is_never_notified(timeline: &Timeline, step: &Step) -> bool {
    let mut steps = timeline.steps.iter();
    !steps.any(|other| notifies(other) && other.object == step.object)
}

/// Whether what notifies last, of what the step waits on, wakes a thread that then waits there again.
fn woke_another(timeline: &Timeline, step: &Step) -> bool {
    let same = |other: &&Step| other.object == step.object;
    let steps = timeline.steps.iter().filter(same).rev();
    let mut since = steps.take_while(|other| !notifies(other));
    since.any(|woken| {
        let again = |other: &Step| {
            other.thread == woken.thread
                && other.object == woken.object
                && other.operation == Operation::Wait
                && other.blocked
        };
        woken.operation == Operation::Wake
            && woken.thread != step.thread
            && timeline
                .steps
                .iter()
                .rev()
                .take_while(|other| !std::ptr::eq(*other, woken))
                .any(again)
    })
}

fn notifies(step: &Step) -> bool {
    matches!(step.operation, Operation::NotifyOne | Operation::NotifyAll)
}

/// Whether a thread asks for a mutex that it holds itself.
fn waits_for_itself(timeline: &Timeline) -> bool {
    waits(timeline, Operation::Lock, |timeline, step| {
        let same = |other: &&Step| other.thread == step.thread && other.object == step.object;
        let before = timeline
            .steps
            .iter()
            .take_while(|other| !std::ptr::eq(*other, step));
        let last = before.filter(same).last();
        last.is_some_and(|other| matches!(other.operation, Operation::Lock | Operation::TryLock))
    })
}
