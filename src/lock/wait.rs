//! A wait on a condition variable, with or without a deadline.

use std::time::{Duration, Instant};

use crate::parking_lot::{Condvar, MutexGuard};

/// The instant that lies `timeout` from now, or `None`, which stands for "no deadline", when the
/// clock cannot express it: a wait of `Duration::MAX` is a wait without an end.
pub(crate) fn deadline(timeout: Duration) -> Option<Instant> {
    Instant::now().checked_add(timeout)
}

/// Waits once. Returns true if the deadline ended the wait; otherwise the cause was a notification, or none.
///
/// The caller must look at its condition again in either case. A notification may arrive together with
/// the deadline, and whoever gave up without looking would keep from the others what it was woken for.
pub(crate) fn wait<T>(
    condvar: &Condvar,
    guard: &mut MutexGuard<'_, T>,
    deadline: Option<Instant>,
) -> bool {
    match deadline {
        Some(deadline) => condvar.wait_until(guard, deadline).timed_out(),
        None => {
            condvar.wait(guard);
            false
        }
    }
}
