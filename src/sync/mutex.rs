use core::fmt;
use core::ops::{Deref, DerefMut};
use core::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

#[cfg(feature = "check")]
use crate::check::dual::poison as inner;
#[cfg(not(feature = "check"))]
use std::sync as inner;

/// [`std::sync::Mutex`], native or the engine's.
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

// As std's: whoever finds the data half changed is told so by the poison.
impl<T: ?Sized> UnwindSafe for Mutex<T> {}
impl<T: ?Sized> RefUnwindSafe for Mutex<T> {}

impl<T> Mutex<T> {
    /// A new mutex. Constant without the feature `check`; a static uses `const_new`.
    #[cfg(not(feature = "check"))]
    #[inline]
    pub const fn new(value: T) -> Self {
        Self {
            inner: inner::Mutex::new(value),
        }
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
            inner: inner::Mutex::new(value),
        };
        #[cfg(feature = "check")]
        return Self {
            inner: inner::Mutex::const_new(value),
        };
    }

    /// The value, by consuming the mutex.
    ///
    /// # Errors
    /// The value too, if the mutex is poisoned.
    #[inline]
    pub fn into_inner(self) -> LockResult<T> {
        self.inner.into_inner()
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Locks, waiting as long as it takes.
    ///
    /// # Errors
    /// The guard too, if the mutex is poisoned: a thread panicked while it held it.
    #[track_caller]
    #[inline]
    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        guard(self.inner.lock())
    }

    /// Locks if that is possible without waiting.
    ///
    /// # Errors
    /// If it is held, or poisoned.
    #[track_caller]
    #[inline]
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        match self.inner.try_lock() {
            Ok(inner) => Ok(MutexGuard { inner }),
            Err(TryLockError::WouldBlock) => Err(TryLockError::WouldBlock),
            Err(TryLockError::Poisoned(poisoned)) => {
                Err(TryLockError::Poisoned(PoisonError::new(MutexGuard {
                    inner: poisoned.into_inner(),
                })))
            }
        }
    }

    /// The value; exclusive access needs no lock.
    ///
    /// # Errors
    /// The value too, if the mutex is poisoned.
    #[inline]
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        self.inner.get_mut()
    }

    /// Whether a thread panicked while it held the mutex.
    #[inline]
    pub fn is_poisoned(&self) -> bool {
        self.inner.is_poisoned()
    }

    /// Takes the poison away: the value is as it should be.
    #[inline]
    pub fn clear_poison(&self) {
        self.inner.clear_poison();
    }
}

pub(super) fn guard<'a, T: ?Sized>(
    result: LockResult<inner::MutexGuard<'a, T>>,
) -> LockResult<MutexGuard<'a, T>> {
    match result {
        Ok(inner) => Ok(MutexGuard { inner }),
        Err(poisoned) => Err(PoisonError::new(MutexGuard {
            inner: poisoned.into_inner(),
        })),
    }
}

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

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.inner
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}
