//! Lab 40, **join-after-panic**: who waits for a task waits for ever if the task panics.
//!
//! A worker runs a task: a hundred pages, divided by the visitors. Main counts the first visitor, and waits for the
//! result. It comes with a signal, which is the last thing that the worker does. If the task comes before the first
//! visitor, it divides by zero, and the worker never gets to the last thing that it does.
//!
//! | Main | | How |
//! |---|---|---|
//! | has the value | allowed | the task saw the visitor |
//! | is told that the task panicked | allowed | the task came first |
//! | waits for ever | forbidden | the panic jumped over the signal |

mod wrong;

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::form::{Lab, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::atomic::{AtomicU32, Ordering::*};
use crate::sync::{Condvar, Mutex};
use crate::thread;

/// Stands for the result of a task that panicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Panicked;

/// A task, as who waits for it sees it.
#[derive(Debug, Default)]
pub struct Task {
    result: Mutex<Option<Result<u32, Panicked>>>,
    done: Condvar,
}

/// A task's code.
pub type Job<'a> = dyn Fn() -> u32 + 'a;

/// The bug: the signal is the statement behind the call, and a panic does not come there.
pub fn buggy(task: &Task, job: &Job<'_>) {
    let value = job();
    task.finish(Ok(value));
}

/// The fix: the signal is in a destructor, and a destructor runs on each way out.
pub fn fixed(task: &Task, job: &Job<'_>) {
    struct Signal<'a>(&'a Task, Result<u32, Panicked>);
    impl Drop for Signal<'_> {
        fn drop(&mut self) {
            self.0.finish(self.1);
        }
    }
    let mut signal = Signal(task, Err(Panicked)); // what is so until it is better known
    signal.1 = Ok(job());
}

/// As good: catch the panic. The worker lives on, for the next task.
pub fn fixed_catch(task: &Task, job: &Job<'_>) {
    let caught = catch_unwind(AssertUnwindSafe(job));
    task.finish(caught.map_err(|_| Panicked));
}

impl Task {
    /// Leaves the result, and signals.
    fn finish(&self, result: Result<u32, Panicked>) {
        *self.result.lock().unwrap() = Some(result);
        self.done.notify_one();
    }

    /// Waits for the result. The same for every variant.
    ///
    /// # Errors
    /// [`Panicked`], if the task did.
    pub fn join(&self) -> Result<u32, Panicked> {
        let mut result = self.result.lock().unwrap();
        loop {
            match *result {
                Some(result) => return result,
                None => result = self.done.wait(result).unwrap(), // <- fails here
            }
        }
    }
}

/// The task runs while the first visitor comes. The invariant: main gets an answer, and it is the right one.
fn scenario(run: fn(&Task, &Job<'_>)) {
    let (task, visitors) = (Task::default(), AtomicU32::new(0));
    name(&task.result, "result");
    name(&task.done, "done");
    name(&visitors, "visitors");
    thread::scope(|s| {
        let worker = s.spawn(|| run(&task, &|| 100 / visitors.load(Acquire)));
        visitors.fetch_add(1, Release);
        let result = task.join();
        let right = result == Ok(100) || result == Err(Panicked);
        assert!(right, "the task's result is {result:?}"); // <- fails here: wrong-early
        let _ = worker.join(); // how it ended, `result` has told
    });
}

pub(super) static LAB: Lab = Lab {
    number: 40,
    slug: "join-after-panic",
    title: "Who waits for a task waits for ever if the task panics",
    room: room::LIVENESS,
    minutes: 15,
    references: &[
        cited::CWE_833,
        cited::CWE_460,
        cited::QIN_CONDVAR,
        cited::of(
            cited::ReferenceKind::Issue,
            "rayon-rs/rayon #10",
            "https://github.com/rayon-rs/rayon/issues/10",
        ),
    ],
    lesson: include_str!("lessons/40.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "the signal stands behind the call",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(buggy)),
        ),
        Variant::new(
            "fixed",
            "the signal is in a destructor",
            Declared::verified(),
            Scenario::new(|| scenario(fixed)),
        ),
        Variant::new(
            "fixed-catch",
            "the panic is caught, and the worker lives on",
            Declared::verified(),
            Scenario::new(|| scenario(fixed_catch)),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab40_join_after_panic.rs"),
};
