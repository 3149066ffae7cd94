//! [`std::thread`], under the same names: native outside of a check, the engine's inside.
//!
//! Under a check a thread is a coroutine, `sleep` orders nothing, and a timeout may come at any time.
//! An execution ends when all of its threads have ended, main or not.

mod block_on;
mod builder;
mod handle;
mod local;
mod number;
mod scope;

use core::time::Duration;

pub use block_on::block_on;
pub use builder::{Builder, spawn};
pub use handle::{JoinHandle, Thread, ThreadId, current};
#[doc(hidden)]
pub use local::__Key;
pub use local::{AccessError, LocalKey};
pub(crate) use number::number;
pub use scope::{Scope, ScopedJoinHandle, scope};
pub use std::thread::{Result, available_parallelism};

#[cfg(feature = "check")]
use crate::check::{Operation, execution};
#[cfg(feature = "check")]
use core::panic::Location;

/// Waits until this thread is unparked, or for no reason. See [`std::thread::park`].
#[cfg_attr(feature = "check", track_caller)]
pub fn park() {
    #[cfg(feature = "check")]
    if let Some(x) = execution::current() {
        x.park(false, Location::caller());
        return;
    }
    std::thread::park();
}

/// Waits until this thread is unparked, for no reason, or until the time has passed.
#[cfg_attr(feature = "check", track_caller)]
pub fn park_timeout(timeout: Duration) {
    #[cfg(feature = "check")]
    if let Some(x) = execution::current() {
        x.park(true, Location::caller());
        return;
    }
    std::thread::park_timeout(timeout);
}

/// Lets other threads run. See [`std::thread::yield_now`].
#[cfg_attr(feature = "check", track_caller)]
#[inline]
pub fn yield_now() {
    #[cfg(feature = "check")]
    if let Some(x) = execution::current() {
        x.pause(Operation::Yield, Location::caller());
        return;
    }
    std::thread::yield_now();
}

/// Sleeps for at least this time. Under a check it lets other threads run and orders nothing: what was
/// to happen meanwhile may happen later.
#[cfg_attr(feature = "check", track_caller)]
pub fn sleep(duration: Duration) {
    #[cfg(feature = "check")]
    if let Some(x) = execution::current() {
        x.pause(Operation::Sleep, Location::caller());
        return;
    }
    std::thread::sleep(duration);
}

/// Whether this thread unwinds because of a panic.
#[must_use]
pub fn panicking() -> bool {
    #[cfg(feature = "check")]
    if let Some(x) = execution::current() {
        return x.panicking();
    }
    std::thread::panicking()
}
