//! A counterexample as a person reads it: one column a thread, one row a step.
//!
//! [`Timeline`] is data: every engine records the same steps, so a counterexample looks the same
//! whichever engine found it. `Display` is its text in Unicode without colour;
//! [`Timeline::render`] chooses width, characters and colour.

mod history;
mod layout;
mod measure;
mod phrase;
mod rows;
mod table;
mod text;

#[cfg(test)]
mod arbitrary;
#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;

pub(super) use layout::{Line, Style, Words};
pub(super) use measure::{Glyphs, clean};
pub use text::TextOptions;

use serde::{Deserialize, Serialize};

use super::failure::Location;

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Operation {
    // atomics
    Load,
    Store,
    Swap,
    FetchAdd,
    FetchSub,
    FetchAnd,
    FetchNand,
    FetchOr,
    FetchXor,
    FetchMax,
    FetchMin,
    /// A compare-exchange that exchanged.
    CompareExchange,
    /// A compare-exchange that found another value.
    CompareExchangeFailed,
    /// A weak compare-exchange that failed although the value was the expected one.
    CompareExchangeSpurious,
    Fence,
    // mutex and read-write lock
    Lock,
    TryLock,
    TryLockFailed,
    Unlock,
    ReadLock,
    TryReadLock,
    TryReadLockFailed,
    ReadUnlock,
    WriteLock,
    TryWriteLock,
    TryWriteLockFailed,
    WriteUnlock,
    // condvar
    Wait,
    Wake,
    WakeSpurious,
    WakeTimeout,
    NotifyOne,
    NotifyAll,
    // cells
    Read,
    Write,
    // threads
    Spawn,
    Start,
    Join,
    Finish,
    Park,
    ParkTimeout,
    Unpark,
    Yield,
    SpinHint,
    Sleep,
    /// A choice of the engine that is part of the execution (a timeout, a spurious failure).
    Choice,
    /// The scenario printed a line.
    Print,
    /// The thread panicked.
    Panic,
    /// A counted reference was cloned or dropped.
    Clone,
    Drop,
}

/// One step of one thread.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Step {
    /// Index into [`Timeline::threads`].
    pub thread: usize,
    pub operation: Operation,
    /// The object by its name: the one given by [`name`](crate::check::name), else its kind and number (`mutex 2`).
    pub object: Option<String>,
    /// Values, as text: `= 3` read, `3` written, `3 -> 4` read and written; for Print and Panic the message.
    pub detail: String,
    /// `Relaxed`, `Acquire`, …
    pub ordering: Option<String>,
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

/// A failing execution, step by step. `Display` is text of at most 100 columns.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Timeline {
    /// `main`, then the others by name or number.
    pub threads: Vec<String>,
    pub steps: Vec<Step>,
    /// One sentence: what went wrong.
    pub sentence: String,
    /// Further lines: who waits for what held by whom.
    pub details: Vec<String>,
}

impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}
