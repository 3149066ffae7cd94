use core::fmt;
use core::time::Duration;
use std::time::Instant;

#[cfg(not(feature = "check"))]
use ::parking_lot as inner;

#[cfg(feature = "check")]
use crate::check::dual::parking as inner;

use super::{exclusive_access, shared_access, unlocking};

/// [`parking_lot::Mutex`](https://docs.rs/parking_lot/0.12/parking_lot/type.Mutex.html), native or the engine's.
///
/// ```
/// use racecourse::parking_lot::{Mutex, MutexGuard};
///
/// let pair = Mutex::new((1, "one"));
/// let mut number = MutexGuard::map(pair.lock(), |pair| &mut pair.0);
/// *number += 1;
/// drop(number);
/// assert_eq!(pair.lock().0, 2);
/// ```
#[cfg_attr(not(feature = "check"), repr(transparent))]
pub struct Mutex<T: ?Sized> {
    inner: inner::Mutex<T>,
}

/// Holds a [`Mutex`]; unlocks it when dropped.
#[must_use = "if unused the Mutex will immediately unlock"]
#[cfg_attr(not(feature = "check"), repr(transparent))]
pub struct MutexGuard<'a, T: ?Sized> {
    pub(super) inner: inner::MutexGuard<'a, T>,
}

/// Holds a [`Mutex`] for a part of its value; unlocks it when dropped. Made by [`MutexGuard::map`].
#[must_use = "if unused the Mutex will immediately unlock"]
#[cfg_attr(not(feature = "check"), repr(transparent))]
pub struct MappedMutexGuard<'a, T: ?Sized> {
    inner: inner::MappedMutexGuard<'a, T>,
}

impl<T> Mutex<T> {
    /// A new mutex. Constant without the feature `check`; a static uses `const_new`.
    #[cfg(not(feature = "check"))]
    #[inline]
    pub const fn new(value: T) -> Self {
        Self::const_new(value)
    }

    /// A new mutex. Constant without the feature `check`; a static uses `const_new`.
    #[cfg(feature = "check")]
    #[track_caller]
    #[inline]
    pub fn new(value: T) -> Self {
        Self {
            inner: inner::Mutex::new(value),
        }
    }

    /// A new mutex for a static. Its value would leak from one execution of a check into the next, so a
    /// check refuses it: put the mutex in a `LazyLock` static there.
    #[track_caller]
    #[inline]
    pub const fn const_new(value: T) -> Self {
        #[cfg(not(feature = "check"))]
        return Self {
            inner: ::parking_lot::const_mutex(value),
        };
        #[cfg(feature = "check")]
        return Self {
            inner: inner::Mutex::const_new(value),
        };
    }

    /// The value, by consuming the mutex.
    #[inline]
    pub fn into_inner(self) -> T {
        self.inner.into_inner()
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Locks, waiting as long as it takes.
    #[track_caller]
    #[inline]
    pub fn lock(&self) -> MutexGuard<'_, T> {
        MutexGuard {
            inner: self.inner.lock(),
        }
    }

    /// Locks if that is possible without waiting.
    #[track_caller]
    #[inline]
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        let inner = self.inner.try_lock()?;
        Some(MutexGuard { inner })
    }

    /// Locks, waiting for at most `timeout`.
    #[track_caller]
    #[inline]
    pub fn try_lock_for(&self, timeout: Duration) -> Option<MutexGuard<'_, T>> {
        let inner = self.inner.try_lock_for(timeout)?;
        Some(MutexGuard { inner })
    }

    /// Locks, waiting until `deadline` at most.
    #[track_caller]
    #[inline]
    pub fn try_lock_until(&self, deadline: Instant) -> Option<MutexGuard<'_, T>> {
        let inner = self.inner.try_lock_until(deadline)?;
        Some(MutexGuard { inner })
    }

    /// Whether any thread holds the mutex; it may be so no longer when this returns.
    #[inline]
    pub fn is_locked(&self) -> bool {
        self.inner.is_locked()
    }

    /// The value; exclusive access needs no lock.
    #[inline]
    pub fn get_mut(&mut self) -> &mut T {
        self.inner.get_mut()
    }
}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    /// Narrows the guard to a part of the value.
    #[inline]
    pub fn map<U: ?Sized>(s: Self, f: impl FnOnce(&mut T) -> &mut U) -> MappedMutexGuard<'a, U> {
        MappedMutexGuard {
            inner: inner::MutexGuard::map(s.inner, f),
        }
    }

    /// Narrows the guard to a part of the value, if there is one.
    ///
    /// # Errors
    /// The guard, if `f` returns `None`.
    #[inline]
    pub fn try_map<U: ?Sized>(
        s: Self,
        f: impl FnOnce(&mut T) -> Option<&mut U>,
    ) -> Result<MappedMutexGuard<'a, U>, Self> {
        match inner::MutexGuard::try_map(s.inner, f) {
            Ok(inner) => Ok(MappedMutexGuard { inner }),
            Err(inner) => Err(Self { inner }),
        }
    }

    /// Unlocks in favour of a thread that waits, if one does.
    #[inline]
    pub fn unlock_fair(s: Self) {
        inner::MutexGuard::unlock_fair(s.inner);
    }
}

impl<'a, T: ?Sized> MappedMutexGuard<'a, T> {
    /// Narrows the guard further.
    #[inline]
    pub fn map<U: ?Sized>(s: Self, f: impl FnOnce(&mut T) -> &mut U) -> MappedMutexGuard<'a, U> {
        MappedMutexGuard {
            inner: inner::MappedMutexGuard::map(s.inner, f),
        }
    }

    /// Narrows the guard further, if there is such a part.
    ///
    /// # Errors
    /// The guard, if `f` returns `None`.
    #[inline]
    pub fn try_map<U: ?Sized>(
        s: Self,
        f: impl FnOnce(&mut T) -> Option<&mut U>,
    ) -> Result<MappedMutexGuard<'a, U>, Self> {
        match inner::MappedMutexGuard::try_map(s.inner, f) {
            Ok(inner) => Ok(MappedMutexGuard { inner }),
            Err(inner) => Err(Self { inner }),
        }
    }

    /// Unlocks in favour of a thread that waits, if one does.
    #[inline]
    pub fn unlock_fair(s: Self) {
        inner::MappedMutexGuard::unlock_fair(s.inner);
    }
}

unlocking! { MutexGuard }
shared_access! { MutexGuard MappedMutexGuard }
exclusive_access! { MutexGuard MappedMutexGuard }

impl<T: Default> Default for Mutex<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for Mutex<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
