//! What is recorded of an execution: its objects, its threads, and their steps.

use core::sync::atomic::Ordering;

use smallvec::SmallVec;

use super::execution::Place;
use super::failure::FailureKind;
use super::kernel::{Int, ObjectId, ThreadId};
use super::lock_order::Held;
use super::timeline::Operation;

/// What an object is, for its default name and for the details of a deadlock.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) label: &'static str,
    /// Counted from 1 among the objects with this label.
    pub(crate) number: u32,
    pub(crate) name: Option<String>,
    pub(crate) int: Int,
    /// The value with which it was made.
    pub(crate) initial: u64,
    /// The latest value written, in the order of the recorded steps.
    pub(crate) latest: u64,
    /// The threads that hold it, if it is a lock.
    pub(crate) holders: SmallVec<[ThreadId; 2]>,
    pub(crate) created: Place,
}

/// What a thread is about to do; it stays while the thread is blocked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pending {
    pub(crate) operation: Operation,
    pub(crate) object: Option<ObjectId>,
    pub(crate) target: Option<ThreadId>,
    pub(crate) place: Place,
    /// The step that shows the thread as blocked, once there is one.
    pub(crate) shown: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Thread {
    pub(crate) name: Option<String>,
    pub(crate) pending: Option<Pending>,
    pub(crate) finished: bool,
    /// A panic was raised on this thread, and the thread's own wrapper has not caught it yet.
    pub(crate) panicking: bool,
    /// The message and place of its last panic.
    pub(crate) panic: Option<(String, Option<PanicPlace>)>,
    pub(crate) panic_step: usize,
    /// The locks that it holds, in the order in which it took them.
    pub(crate) held: SmallVec<[Held; 2]>,
    /// How many dummies it was given since the execution was torn down.
    pub(crate) dummies: u32,
}

/// Where a panic was raised; unlike [`Place`] it is not `'static`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PanicPlace {
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// What a step says in words, and where, if that is known only at run time.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) place: Option<PanicPlace>,
}

/// One recorded step. Small and without a destructor: every step of every execution is recorded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RawStep {
    pub(crate) thread: ThreadId,
    pub(crate) operation: Operation,
    pub(crate) object: Option<ObjectId>,
    /// The mutex, where a wait on a condvar begins or ends.
    pub(crate) also: Option<ObjectId>,
    pub(crate) target: Option<ThreadId>,
    pub(crate) read: Option<u64>,
    pub(crate) written: Option<u64>,
    pub(crate) order: Option<Ordering>,
    /// Index into what was said in the execution.
    pub(crate) said: Option<u32>,
    pub(crate) place: Option<Place>,
    pub(crate) blocked: bool,
    pub(crate) stale: bool,
}

/// A place known at compile time, or a panic's.
#[derive(Clone, Debug)]
pub(crate) enum PanicPlaceOr {
    Static(Place),
    Panic(PanicPlace),
}

/// A failure as the engine found it; `explain.rs` turns it into a [`Failure`](super::Failure).
#[derive(Clone, Debug)]
pub(crate) struct RawFailure {
    pub(crate) kind: FailureKind,
    pub(crate) message: String,
    pub(crate) place: Option<PanicPlaceOr>,
    pub(crate) thread: ThreadId,
    /// How many of the steps belong to the counterexample.
    pub(crate) steps: usize,
    pub(crate) details: Vec<String>,
    /// The step with which this one is at odds: the other access of a race, the freeing of what is used.
    pub(crate) with: Option<usize>,
    /// What is said of it beyond the details.
    pub(crate) explanation: Vec<String>,
}

impl RawStep {
    pub(crate) fn new(thread: ThreadId, operation: Operation, place: Place) -> Self {
        Self {
            place: Some(place),
            ..Self::bare(thread, operation)
        }
    }

    pub(crate) fn bare(thread: ThreadId, operation: Operation) -> Self {
        Self {
            thread,
            operation,
            object: None,
            also: None,
            target: None,
            read: None,
            written: None,
            order: None,
            said: None,
            place: None,
            blocked: false,
            stale: false,
        }
    }

    pub(crate) fn blocked(thread: ThreadId, pending: &Pending) -> Self {
        Self {
            object: pending.object,
            target: pending.target,
            blocked: true,
            ..Self::new(thread, pending.operation, pending.place)
        }
    }
}
