//! Structures without locks: whoever is stopped, in the middle of whatever, stops nobody else.
//!
//! | Type | What it is | Who adds | Who takes |
//! |---|---|---|---|
//! | [`Stack`] | Treiber's stack | anybody | anybody, the newest |
//! | [`Queue`] | Michael and Scott's queue, unbounded | anybody | anybody, the oldest |
//! | [`Worker`], [`Stealer`] | a work-stealing deque | its owner | its owner the newest, others the oldest |
//!
//! None of them waits. Who wants to wait for an item, or to be stopped when there are too many, takes one of
//! [`queue`](crate::queue).
//!
//! # When memory is freed
//!
//! Without a lock nobody knows whether another thread still looks at what was just taken out. A stack or a queue therefore keeps
//! the nodes that were taken out until all operations that were under way have ended (K. Fraser's epochs). Each structure does
//! so for itself, and frees all when it goes: nothing is left in a static or in a thread, and no thread is
//! registered. Items are not concerned: they are moved out at once.
//!
//! # Why believe it
//!
//! The explorer verifies each of them to the end in small scenarios (`tests/primitives/scenarios/lockfree.rs`): two or three threads at
//! an empty structure, at the last item, while a buffer grows and wraps around, while nodes are freed under a reader. A node that
//! is freed too early, or never, is a failure there, and so is an item that is read while it is written. loom agrees, as far as it
//! judges them. Real threads, also under ThreadSanitizer, are in `native-tests`.

mod buffer;
mod deque;
mod epoch;
mod queue;
mod stack;

pub use deque::{Steal, Stealer, Worker};
pub use queue::Queue;
pub use stack::{Drain, IntoIter, Stack};

/// Drops all these, also those after one whose destructor has panicked.
fn drop_all<T>(items: impl Iterator<Item = T>) {
    struct Rest<I: Iterator>(I);
    impl<I: Iterator> Drop for Rest<I> {
        fn drop(&mut self) {
            self.0.by_ref().for_each(drop);
        }
    }
    let mut rest = Rest(items);
    rest.0.by_ref().for_each(drop);
}
