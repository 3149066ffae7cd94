//! Locks.
//!
//! | Type | What it is | Waits by | Order of the waiters |
//! |---|---|---|---|
//! | [`SpinLock`] | mutual exclusion for sections of a few instructions | spinning, then yielding | none |
//!
//! Here too, because a program names them seldom: the guard and the errors of
//! [`Semaphore`](crate::Semaphore) and [`Latch`](crate::Latch).

mod errors;
mod spin;
mod wait;

pub use errors::{AcquireError, LatchTimeout};
pub use spin::{SpinLock, SpinLockGuard};
pub(crate) use wait::{deadline, wait};

pub use crate::semaphore::Permit;
