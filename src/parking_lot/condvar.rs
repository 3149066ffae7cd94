use core::time::Duration;
use std::time::Instant;

#[cfg(not(feature = "check"))]
use ::parking_lot as inner;

#[cfg(feature = "check")]
use crate::check::dual::parking as inner;

use super::MutexGuard;

/// [`parking_lot::Condvar`](https://docs.rs/parking_lot/0.12/parking_lot/struct.Condvar.html), native or the engine's.
///
/// Under a check a wait may end for no reason, and a timeout may come at any time.
#[derive(Debug)]
#[cfg_attr(not(feature = "check"), repr(transparent))]
pub struct Condvar {
    inner: inner::Condvar,
}

/// Whether a wait ended because its time had passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    /// Whether the time had passed.
    #[must_use]
    pub fn timed_out(self) -> bool {
        self.0
    }
}

impl Condvar {
    /// A new condvar. Constant without the feature `check`; a static uses `const_new`.
    #[cfg(not(feature = "check"))]
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Self::const_new()
    }

    /// A new condvar. Constant without the feature `check`; a static uses `const_new`.
    #[cfg(feature = "check")]
    #[track_caller]
    #[inline]
    #[must_use]
    pub fn new() -> Self {
        Self {
            inner: inner::Condvar::new(),
        }
    }

    /// A new condvar for a static. A check refuses it there, as it does the mutex that belongs to it: put
    /// both in a `LazyLock` static.
    #[inline]
    #[must_use]
    pub const fn const_new() -> Self {
        #[cfg(not(feature = "check"))]
        return Self {
            inner: inner::Condvar::new(),
        };
        #[cfg(feature = "check")]
        return Self {
            inner: inner::Condvar::const_new(),
        };
    }

    /// Unlocks, waits until a notification or for no reason, and locks again.
    ///
    /// # Panics
    /// If threads wait on it with different mutexes at the same time (natively).
    #[track_caller]
    #[inline]
    pub fn wait<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>) {
        self.inner.wait(&mut guard.inner);
    }

    /// Waits until a notification, for no reason, or until `deadline`.
    ///
    /// # Panics
    /// As [`wait`](Self::wait).
    #[track_caller]
    #[inline]
    pub fn wait_until<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        deadline: Instant,
    ) -> WaitTimeoutResult {
        WaitTimeoutResult(
            self.inner
                .wait_until(&mut guard.inner, deadline)
                .timed_out(),
        )
    }

    /// Waits until a notification, for no reason, or until `timeout` has passed.
    ///
    /// # Panics
    /// As [`wait`](Self::wait).
    #[track_caller]
    #[inline]
    pub fn wait_for<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        timeout: Duration,
    ) -> WaitTimeoutResult {
        WaitTimeoutResult(self.inner.wait_for(&mut guard.inner, timeout).timed_out())
    }

    /// Waits as long as `condition` is true.
    ///
    /// # Panics
    /// As [`wait`](Self::wait).
    #[track_caller]
    pub fn wait_while<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        mut condition: impl FnMut(&mut T) -> bool,
    ) {
        while condition(&mut **guard) {
            self.wait(guard);
        }
    }

    /// Waits as long as `condition` is true, until `deadline` at most. After a timeout the condition is not
    /// asked again: look at the value.
    ///
    /// # Panics
    /// As [`wait`](Self::wait).
    #[track_caller]
    pub fn wait_while_until<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        mut condition: impl FnMut(&mut T) -> bool,
        deadline: Instant,
    ) -> WaitTimeoutResult {
        let mut result = WaitTimeoutResult(false);
        while !result.timed_out() && condition(&mut **guard) {
            result = self.wait_until(guard, deadline);
        }
        result
    }

    /// Waits as long as `condition` is true, for at most `timeout`. After a timeout the condition is not
    /// asked again: look at the value.
    ///
    /// # Panics
    /// As [`wait`](Self::wait).
    #[track_caller]
    pub fn wait_while_for<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        mut condition: impl FnMut(&mut T) -> bool,
        timeout: Duration,
    ) -> WaitTimeoutResult {
        match Instant::now().checked_add(timeout) {
            Some(deadline) => self.wait_while_until(guard, condition, deadline),
            // Beyond what the clock can say.
            None => {
                self.wait_while(guard, &mut condition);
                WaitTimeoutResult(false)
            }
        }
    }

    /// Wakes one thread that waits. Returns whether one did.
    #[track_caller]
    #[inline]
    pub fn notify_one(&self) -> bool {
        self.inner.notify_one()
    }

    /// Wakes all threads that wait. Returns how many did.
    #[track_caller]
    #[inline]
    pub fn notify_all(&self) -> usize {
        self.inner.notify_all()
    }
}

impl Default for Condvar {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}
