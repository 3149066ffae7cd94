//! A counterexample as a person reads it: one column a thread, one row a step.
//!
//! [`Timeline`] is data: every engine records the same steps, so a counterexample looks the same
//! whichever engine found it. `Display` is its text in Unicode without colour;
//! [`Timeline::render`] chooses width, characters and colour, [`Timeline::to_svg`] is a picture, and
//! [`Timeline::to_html`] a page that goes through it step by step.

mod history;
mod layout;
mod markup;
mod measure;
mod page;
mod phrase;
mod picture;
mod rows;
mod say;
mod table;
mod text;

#[cfg(test)]
mod arbitrary;
#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;

#[cfg(feature = "labs")]
pub(crate) use markup::escape;

pub(super) use layout::{Line, Style, Words};
pub(super) use measure::{Glyphs, clean};
pub use page::PageOptions;
pub(super) use phrase::one_line;
pub use text::TextOptions;

use serde::{Deserialize, Serialize};

use super::failure::Location;

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[repr(u8)]
pub enum Operation {
    /// An atomic load.
    Load,
    /// An atomic store.
    Store,
    /// An atomic swap.
    Swap,
    /// An atomic `fetch_add`.
    FetchAdd,
    /// An atomic `fetch_sub`.
    FetchSub,
    /// An atomic `fetch_and`.
    FetchAnd,
    /// An atomic `fetch_nand`.
    FetchNand,
    /// An atomic `fetch_or`.
    FetchOr,
    /// An atomic `fetch_xor`.
    FetchXor,
    /// An atomic `fetch_max`.
    FetchMax,
    /// An atomic `fetch_min`.
    FetchMin,
    /// A compare-exchange that exchanged.
    CompareExchange,
    /// A compare-exchange that found another value.
    CompareExchangeFailed,
    /// A weak compare-exchange that failed although the value was the expected one.
    CompareExchangeSpurious,
    /// A memory fence.
    Fence,
    /// A mutex was locked, or asked for.
    Lock,
    /// A `try_lock` that locked.
    TryLock,
    /// A `try_lock` that found the mutex held.
    TryLockFailed,
    /// A mutex was unlocked.
    Unlock,
    /// A read-write lock was taken for reading, or asked for.
    ReadLock,
    /// A `try_read` that locked.
    TryReadLock,
    /// A `try_read` that did not.
    TryReadLockFailed,
    /// A reader let go.
    ReadUnlock,
    /// A read-write lock was taken for writing, or asked for.
    WriteLock,
    /// A `try_write` that locked.
    TryWriteLock,
    /// A `try_write` that did not.
    TryWriteLockFailed,
    /// A writer let go.
    WriteUnlock,
    /// A wait on a condvar began; its mutex is free meanwhile.
    Wait,
    /// A wait ended by a notification.
    Wake,
    /// A wait ended for no reason.
    WakeSpurious,
    /// A wait ended by its timeout.
    WakeTimeout,
    /// One waiter was notified, if there was one.
    NotifyOne,
    /// All waiters were notified.
    NotifyAll,
    /// A cell was read.
    Read,
    /// A cell was written, or borrowed to be.
    Write,
    /// A thread was started.
    Spawn,
    /// A thread takes its first step.
    Start,
    /// A thread waited for the end of another.
    Join,
    /// A thread ended.
    Finish,
    /// The thread parked.
    Park,
    /// A park ended by its timeout.
    ParkTimeout,
    /// A thread was unparked.
    Unpark,
    /// The thread gave way.
    Yield,
    /// The thread told that it spins.
    SpinHint,
    /// The thread slept, which orders nothing.
    Sleep,
    /// A choice of the engine that is part of the execution (a timeout, a spurious failure).
    Choice,
    /// The scenario printed a line.
    Print,
    /// The thread panicked.
    Panic,
    /// Memory was allocated.
    Alloc,
    /// Memory was freed.
    Free,
    /// A counted reference was cloned.
    Clone,
    /// A counted reference was dropped.
    Drop,
    /// Something that was seen of a process from outside; [`Step::detail`] says what. The lanes are processes then.
    Observe,
}

/// One step of one thread.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Step {
    /// Index into [`Timeline::threads`].
    pub thread: usize,
    /// What it did.
    pub operation: Operation,
    /// The object by its name: the one given by [`name`](crate::check::name), else its kind and number (`mutex 2`).
    pub object: Option<String>,
    /// Values, as text: `= 3` read, `3` written, `3 -> 4` read and written; for Print and Panic the message.
    pub detail: String,
    /// `Relaxed`, `Acquire`, …
    pub ordering: Option<String>,
    /// Where in the source.
    pub location: Option<Location>,
    /// The thread had to wait here: it asked, and could not go on at once.
    pub blocked: bool,
    /// A spawn, join, start or finish: folded in the text.
    pub scaffolding: bool,
    /// A load that did not return the latest write.
    pub stale: bool,
    /// The step that fails.
    pub failing: bool,
}

impl Step {
    /// Whether the text folds it into a line with its neighbours. That somebody waits for a thread to end
    /// is said by the end of that thread, or, in a deadlock, by the details.
    pub(super) fn folds(&self) -> bool {
        (self.scaffolding || (self.operation == Operation::Join && self.blocked)) && !self.failing
    }

    /// The thread that a spawn, a join or an unpark is about, by its name.
    pub(super) fn target(&self) -> Option<&str> {
        let name = self.object.as_deref().unwrap_or(&self.detail);
        (!name.is_empty()).then_some(name)
    }
}

impl Timeline {
    /// How often a thread was switched away from although it could have gone on: the arrows of the text.
    #[must_use]
    pub fn preemptions(&self) -> usize {
        history::History::of(self)
            .preempts
            .iter()
            .filter(|&&preempts| preempts)
            .count()
    }
}

/// A failing execution, step by step. `Display` is text of at most 100 columns.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Timeline {
    /// `main`, then the others by name or number.
    pub threads: Vec<String>,
    /// What they did, in the order in which it happened.
    pub steps: Vec<Step>,
    /// One sentence: what went wrong.
    pub sentence: String,
    /// Further lines: who waits for what held by whom.
    pub details: Vec<String>,
    /// What relates steps of different threads: what was read where, what happens before what, and the
    /// happens-before edge whose absence is the failure.
    #[serde(default)]
    pub edges: Vec<Edge>,
    /// Why it could happen, a sentence each: what was stale, which edge is absent, what would remove it.
    #[serde(default)]
    pub explanation: Vec<String>,
}

/// A relation between two steps of a [`Timeline`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Edge {
    /// Index into [`Timeline::steps`].
    pub from: usize,
    /// Index into [`Timeline::steps`].
    pub to: usize,
    /// What holds between them, or does not.
    pub relation: Relation,
}

/// How two steps are related.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Relation {
    /// `to` reads what `from` wrote.
    ReadsFrom,
    /// `from` happens before `to`: an acquire that reads a release, a lock after an unlock, a start after its spawn.
    HappensBefore,
    /// `from` does not happen before `to`, and that is why this could go wrong.
    Absent,
}

/// The verb that the text shows: `fetch_add`, `lock`.
impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(phrase::verb(*self).trim_end_matches(':'))
    }
}
