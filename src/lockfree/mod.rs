//! Structures without locks: whoever is stopped, in the middle of whatever, stops nobody else.
//!
//! | Type | What it is | Who adds | Who takes |
//! |---|---|---|---|
//! | [`Stack`] | Treiber's stack | anybody | anybody, the newest |
//! | [`Queue`] | Michael and Scott's queue, unbounded | anybody | anybody, the oldest |
//! | [`Worker`], [`Stealer`] | a work-stealing deque | its owner | its owner the newest, others the oldest |

mod buffer;
mod deque;
mod epoch;
mod queue;
mod stack;

pub use deque::{Steal, Stealer, Worker};
pub use queue::Queue;
pub use stack::{Drain, IntoIter, Stack};
