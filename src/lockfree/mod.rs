//! Structures without locks: whoever is stopped, in the middle of whatever, stops nobody else.
//!
//! | Type | What it is | Who adds | Who takes |
//! |---|---|---|---|
//! | [`Worker`], [`Stealer`] | a work-stealing deque | its owner | its owner the newest, others the oldest |

mod buffer;
mod deque;

pub use deque::{Steal, Stealer, Worker};
