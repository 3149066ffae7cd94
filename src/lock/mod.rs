//! Locks.
//!
//! | Type | What it is for | Waits by | Order of the waiters |
//! |---|---|---|---|
//! | [`SpinLock`] | sections of a few instructions | spinning, then yielding | none |
//! | [`TicketLock`] | the same, where nobody may be overtaken | the next: spinning, then yielding; those behind it: sleeping | first in, first out |
//! | [`McsLock`] | the same, with many threads at it: each waits at a line of its own | spinning, then yielding, then sleeping | first in, first out |
//! | [`parking_lot::Mutex`](crate::parking_lot::Mutex) | sections of any length | spinning, then yielding, then sleeping | none |
//! | [`SeqLock`] | a few words, read all the time: readers copy them, and write nothing | spinning, then yielding | none; readers never hold a writer up |
//! | [`ShardedRwLock`] | any value, read all the time and written seldom | spinning, then yielding, then sleeping | writers before new readers |
//!
//! Here too, because a program names them seldom: the guard and the errors of
//! [`Semaphore`](crate::Semaphore) and [`Latch`](crate::Latch).

mod access;
mod errors;
mod mcs;
mod seq;
mod sharded;
mod sleepers;
mod spin;
mod ticket;
mod wait;
mod words;

pub use errors::{AcquireError, LatchTimeout};
pub use mcs::McsLock;
pub use seq::SeqLock;
pub use sharded::{ShardedReadGuard, ShardedRwLock, ShardedWriteGuard};
pub use spin::{SpinLock, SpinLockGuard};
pub use ticket::{TicketLock, TicketLockGuard};
pub(crate) use wait::{deadline, wait};
pub use words::{WordArray, Words};

pub use crate::semaphore::Permit;
