//! Small concurrent programs with assertions, written on the vocabulary, for every engine and for no engine.
//!
//! Each has at most four threads with `main`, and one to three operations a thread. A scenario fails by a failed
//! assertion, by a data race on a cell, or by a deadlock, which is how a lost wake-up shows.

#![allow(
    unreachable_pub,
    reason = "other test targets take this folder in as a module of theirs"
)]

mod blocking;
mod earned;
mod lockfree;
mod locks;
mod ring;

/// A scenario, with its name.
pub(crate) type Named = (&'static str, fn());

/// Every scenario.
pub(crate) fn all() -> Vec<Named> {
    [
        blocking::ALL,
        earned::ALL,
        lockfree::ALL,
        locks::ALL,
        ring::ALL,
    ]
    .concat()
}
