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
pub(super) use phrase::one_line;
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
    pub steps: Vec<Step>,
    /// One sentence: what went wrong.
    pub sentence: String,
    /// Further lines: who waits for what held by whom.
    pub details: Vec<String>,
}

/// The verb that the text shows: `fetch_add`, `lock`.
impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(phrase::verb(*self).trim_end_matches(':'))
    }
}
