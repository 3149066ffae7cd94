use core::fmt;
use core::ops::{Deref, DerefMut};
use core::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

#[cfg(feature = "check")]
use crate::check::dual::rwlock as inner;
#[cfg(not(feature = "check"))]
use std::sync as inner;

/// [`std::sync::RwLock`], native or the engine's.
///
/// Under a check a reader may pass a writer that waits, or wait behind it: std promises neither. Both are
/// explored, so that a thread which reads twice, and must not, is found out.
///
/// ```
/// use racecourse::sync::RwLock;
///
/// let settings = RwLock::new(String::from("plain"));
/// {
///     let (a, b) = (settings.read().unwrap(), settings.read().unwrap());
///     assert_eq!(*a, *b);
/// }
/// settings.write().unwrap().push_str(", bold");
/// assert_eq!(*settings.read().unwrap(), "plain, bold");
/// ```
#[cfg_attr(not(feature = "check"), repr(transparent))]
pub struct RwLock<T: ?Sized> {
    inner: inner::RwLock<T>,
}

/// Holds a [`RwLock`] for reading, with others that read; releases it when dropped.
#[must_use = "if unused the RwLock will immediately unlock"]
#[cfg_attr(not(feature = "check"), repr(transparent))]
pub struct RwLockReadGuard<'a, T: ?Sized> {
    inner: inner::RwLockReadGuard<'a, T>,
}

/// Holds a [`RwLock`] for writing, alone; releases it when dropped.
#[must_use = "if unused the RwLock will immediately unlock"]
#[cfg_attr(not(feature = "check"), repr(transparent))]
pub struct RwLockWriteGuard<'a, T: ?Sized> {
    inner: inner::RwLockWriteGuard<'a, T>,
}

// As std's: whoever finds the data half changed is told so by the poison.
impl<T: ?Sized> UnwindSafe for RwLock<T> {}
impl<T: ?Sized> RefUnwindSafe for RwLock<T> {}

impl<T> RwLock<T> {
    /// A new lock. Constant without the feature `check`; a static uses `const_new`.
    #[cfg(not(feature = "check"))]
    #[inline]
    pub const fn new(value: T) -> Self {
        Self {
            inner: inner::RwLock::new(value),
        }
    }

    /// A new lock. Constant without the feature `check`; a static uses `const_new`.
    #[cfg(feature = "check")]
    #[track_caller]
    #[inline]
    pub fn new(value: T) -> Self {
        Self {
            inner: inner::RwLock::new(value),
        }
    }

    /// A new lock for a static. Its value would leak from one execution of a check into the next, so a
    /// check refuses it: put the lock in a `LazyLock` static there.
    #[track_caller]
    #[inline]
    pub const fn const_new(value: T) -> Self {
        #[cfg(not(feature = "check"))]
        return Self {
            inner: inner::RwLock::new(value),
        };
        #[cfg(feature = "check")]
        return Self {
            inner: inner::RwLock::const_new(value),
        };
    }

    /// The value, by consuming the lock.
    ///
    /// # Errors
    /// The value too, if the lock is poisoned.
    #[inline]
    pub fn into_inner(self) -> LockResult<T> {
        self.inner.into_inner()
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Locks for reading, waiting as long as somebody writes.
    ///
    /// A thread that already reads must not read again: it may wait behind a writer that waits for it.
    ///
    /// # Errors
    /// The guard too, if the lock is poisoned: a thread panicked while it held it for writing.
    #[track_caller]
    #[inline]
    pub fn read(&self) -> LockResult<RwLockReadGuard<'_, T>> {
        reader(self.inner.read())
    }

    /// Locks for reading if that is possible without waiting.
    ///
    /// # Errors
    /// If it is held for writing, or poisoned.
    #[track_caller]
    #[inline]
    pub fn try_read(&self) -> TryLockResult<RwLockReadGuard<'_, T>> {
        match self.inner.try_read() {
            Ok(inner) => Ok(RwLockReadGuard { inner }),
            Err(TryLockError::WouldBlock) => Err(TryLockError::WouldBlock),
            Err(TryLockError::Poisoned(poisoned)) => Ok(reader(Err(poisoned))?),
        }
    }

    /// Locks for writing, waiting as long as anybody else reads or writes.
    ///
    /// # Errors
    /// The guard too, if the lock is poisoned: a thread panicked while it held it for writing.
    #[track_caller]
    #[inline]
    pub fn write(&self) -> LockResult<RwLockWriteGuard<'_, T>> {
        writer(self.inner.write())
    }

    /// Locks for writing if that is possible without waiting.
    ///
    /// # Errors
    /// If it is held, or poisoned.
    #[track_caller]
    #[inline]
    pub fn try_write(&self) -> TryLockResult<RwLockWriteGuard<'_, T>> {
        match self.inner.try_write() {
            Ok(inner) => Ok(RwLockWriteGuard { inner }),
            Err(TryLockError::WouldBlock) => Err(TryLockError::WouldBlock),
            Err(TryLockError::Poisoned(poisoned)) => Ok(writer(Err(poisoned))?),
        }
    }

    /// The value; exclusive access needs no lock.
    ///
    /// # Errors
    /// The value too, if the lock is poisoned.
    #[inline]
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        self.inner.get_mut()
    }

    /// Whether a thread panicked while it held the lock for writing.
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

fn reader<'a, T: ?Sized>(
    result: LockResult<inner::RwLockReadGuard<'a, T>>,
) -> LockResult<RwLockReadGuard<'a, T>> {
    match result {
        Ok(inner) => Ok(RwLockReadGuard { inner }),
        Err(poisoned) => Err(PoisonError::new(RwLockReadGuard {
            inner: poisoned.into_inner(),
        })),
    }
}

fn writer<'a, T: ?Sized>(
    result: LockResult<inner::RwLockWriteGuard<'a, T>>,
) -> LockResult<RwLockWriteGuard<'a, T>> {
    match result {
        Ok(inner) => Ok(RwLockWriteGuard { inner }),
        Err(poisoned) => Err(PoisonError::new(RwLockWriteGuard {
            inner: poisoned.into_inner(),
        })),
    }
}

impl<T: Default> Default for RwLock<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for RwLock<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T: ?Sized> DerefMut for RwLockWriteGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.inner
    }
}

macro_rules! shared_access {
    ($($guard:ident)*) => {$(
        impl<T: ?Sized> Deref for $guard<'_, T> {
            type Target = T;

            #[inline]
            fn deref(&self) -> &T {
                &self.inner
            }
        }

        impl<T: ?Sized + fmt::Debug> fmt::Debug for $guard<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&**self, f)
            }
        }

        impl<T: ?Sized + fmt::Display> fmt::Display for $guard<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&**self, f)
            }
        }
    )*};
}

shared_access! { RwLockReadGuard RwLockWriteGuard }
