use core::time::Duration;
use std::sync::{LockResult, PoisonError};

use super::mutex::{MutexGuard, guard};

#[cfg(feature = "check")]
use crate::check::dual::poison as inner;
#[cfg(not(feature = "check"))]
use std::sync as inner;

/// [`std::sync::Condvar`], native or the engine's.
///
/// Under a check `notify_one` may wake any waiter, a wait may end for no reason, and a timeout may come
/// at any time: what std promises, not what one platform does.
#[derive(Debug)]
#[cfg_attr(not(feature = "check"), repr(transparent))]
pub struct Condvar {
    inner: inner::Condvar,
}

/// Whether a wait ended because its time had passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitTimeoutResult(pub(crate) bool);

impl WaitTimeoutResult {
    /// Whether the time had passed.
    #[must_use]
    pub fn timed_out(&self) -> bool {
        self.0
    }
}

impl Condvar {
    /// A new condvar. Constant without the feature `check`; a static uses `const_new`.
    #[cfg(not(feature = "check"))]
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Self {
            inner: inner::Condvar::new(),
        }
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
    /// # Errors
    /// The guard too, if the mutex is poisoned.
    #[track_caller]
    #[inline]
    pub fn wait<'a, T>(&self, held: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        guard(self.inner.wait(held.inner))
    }

    /// Waits as long as `condition` is true.
    ///
    /// # Errors
    /// The guard too, if the mutex is poisoned.
    #[track_caller]
    pub fn wait_while<'a, T>(
        &self,
        mut held: MutexGuard<'a, T>,
        mut condition: impl FnMut(&mut T) -> bool,
    ) -> LockResult<MutexGuard<'a, T>> {
        while condition(&mut held) {
            held = self.wait(held)?;
        }
        Ok(held)
    }

    /// Waits until a notification, for no reason, or until the time has passed.
    ///
    /// # Errors
    /// The guard too, if the mutex is poisoned.
    #[track_caller]
    #[inline]
    pub fn wait_timeout<'a, T>(
        &self,
        held: MutexGuard<'a, T>,
        timeout: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        match self.inner.wait_timeout(held.inner, timeout) {
            Ok((inner, result)) => {
                Ok((MutexGuard { inner }, WaitTimeoutResult(result.timed_out())))
            }
            Err(poisoned) => {
                let (inner, result) = poisoned.into_inner();
                let both = (MutexGuard { inner }, WaitTimeoutResult(result.timed_out()));
                Err(PoisonError::new(both))
            }
        }
    }

    /// Waits as long as `condition` is true and the time has not passed.
    ///
    /// # Errors
    /// The guard too, if the mutex is poisoned.
    #[track_caller]
    #[inline]
    pub fn wait_timeout_while<'a, T>(
        &self,
        held: MutexGuard<'a, T>,
        timeout: Duration,
        condition: impl FnMut(&mut T) -> bool,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        match self
            .inner
            .wait_timeout_while(held.inner, timeout, condition)
        {
            Ok((inner, result)) => {
                Ok((MutexGuard { inner }, WaitTimeoutResult(result.timed_out())))
            }
            Err(poisoned) => {
                let (inner, result) = poisoned.into_inner();
                let both = (MutexGuard { inner }, WaitTimeoutResult(result.timed_out()));
                Err(PoisonError::new(both))
            }
        }
    }

    /// Wakes one thread that waits, if any does.
    #[track_caller]
    #[inline]
    pub fn notify_one(&self) {
        self.inner.notify_one();
    }

    /// Wakes all threads that wait.
    #[track_caller]
    #[inline]
    pub fn notify_all(&self) {
        self.inner.notify_all();
    }
}

impl Default for Condvar {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}
