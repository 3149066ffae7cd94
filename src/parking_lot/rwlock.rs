use core::fmt;
use core::time::Duration;
use std::time::Instant;

#[cfg(not(feature = "check"))]
use ::parking_lot as inner;

#[cfg(feature = "check")]
use crate::check::dual::parking_rwlock as inner;

use super::{exclusive_access, shared_access, unlocking};

/// [`parking_lot::RwLock`](https://docs.rs/parking_lot/0.12/parking_lot/type.RwLock.html), native or the engine's.
///
/// A reader waits behind a writer that waits. So a thread that already reads must read again by
/// [`read_recursive`](Self::read_recursive), or not at all.
///
/// ```
/// use racecourse::parking_lot::RwLock;
///
/// let table = RwLock::new(vec![1, 2]);
/// {
///     let first = table.read();
///     assert_eq!(*first, *table.read_recursive());
/// }
/// table.write().push(3);
/// assert_eq!(table.read().len(), 3);
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

/// Holds a [`RwLock`] for reading a part of its value. Made by [`RwLockReadGuard::map`].
#[must_use = "if unused the RwLock will immediately unlock"]
#[cfg_attr(not(feature = "check"), repr(transparent))]
pub struct MappedRwLockReadGuard<'a, T: ?Sized> {
    inner: inner::MappedRwLockReadGuard<'a, T>,
}

/// Holds a [`RwLock`] for writing a part of its value. Made by [`RwLockWriteGuard::map`].
#[must_use = "if unused the RwLock will immediately unlock"]
#[cfg_attr(not(feature = "check"), repr(transparent))]
pub struct MappedRwLockWriteGuard<'a, T: ?Sized> {
    inner: inner::MappedRwLockWriteGuard<'a, T>,
}

impl<T> RwLock<T> {
    /// A new lock. Constant without the feature `check`; a static uses `const_new`.
    #[cfg(not(feature = "check"))]
    #[inline]
    pub const fn new(value: T) -> Self {
        Self::const_new(value)
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
            inner: ::parking_lot::const_rwlock(value),
        };
        #[cfg(feature = "check")]
        return Self {
            inner: inner::RwLock::const_new(value),
        };
    }

    /// The value, by consuming the lock.
    #[inline]
    pub fn into_inner(self) -> T {
        self.inner.into_inner()
    }
}

/// The ways to lock that may come back with nothing.
macro_rules! attempts {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $type:ty)?) -> $guard:ident;)*) => {
        impl<T: ?Sized> RwLock<T> {$(
            $(#[$doc])*
            #[track_caller]
            #[inline]
            pub fn $name(&self $(, $arg: $type)?) -> Option<$guard<'_, T>> {
                let inner = self.inner.$name($($arg)?)?;
                Some($guard { inner })
            }
        )*}
    };
}

attempts! {
    /// Locks for reading if that is possible without waiting.
    try_read() -> RwLockReadGuard;
    /// Locks for reading, waiting for at most `timeout`.
    try_read_for(timeout: Duration) -> RwLockReadGuard;
    /// Locks for reading, waiting until `deadline` at most.
    try_read_until(deadline: Instant) -> RwLockReadGuard;
    /// Locks for reading if nobody writes, passing writers that wait.
    try_read_recursive() -> RwLockReadGuard;
    /// Locks for reading, passing writers that wait, and waiting for at most `timeout` for one that writes.
    try_read_recursive_for(timeout: Duration) -> RwLockReadGuard;
    /// Locks for reading, passing writers that wait, and waiting until `deadline` at most for one that writes.
    try_read_recursive_until(deadline: Instant) -> RwLockReadGuard;
    /// Locks for writing if that is possible without waiting.
    try_write() -> RwLockWriteGuard;
    /// Locks for writing, waiting for at most `timeout`.
    try_write_for(timeout: Duration) -> RwLockWriteGuard;
    /// Locks for writing, waiting until `deadline` at most.
    try_write_until(deadline: Instant) -> RwLockWriteGuard;
}

impl<T: ?Sized> RwLock<T> {
    /// Locks for reading, waiting while somebody writes or waits to write.
    ///
    /// A thread that already reads deadlocks here if a writer has begun to wait in between; see
    /// [`read_recursive`](Self::read_recursive).
    #[track_caller]
    #[inline]
    pub fn read(&self) -> RwLockReadGuard<'_, T> {
        RwLockReadGuard {
            inner: self.inner.read(),
        }
    }

    /// Locks for reading, waiting while somebody writes, and passing writers that wait.
    #[track_caller]
    #[inline]
    pub fn read_recursive(&self) -> RwLockReadGuard<'_, T> {
        RwLockReadGuard {
            inner: self.inner.read_recursive(),
        }
    }

    /// Locks for writing, waiting as long as anybody else reads or writes.
    #[track_caller]
    #[inline]
    pub fn write(&self) -> RwLockWriteGuard<'_, T> {
        RwLockWriteGuard {
            inner: self.inner.write(),
        }
    }

    /// Whether any thread holds the lock; it may be so no longer when this returns.
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

/// Narrowing, and unlocking in favour of others.
macro_rules! narrowing {
    ($($guard:ident -> $mapped:ident: $access:ty => $part:ty;)*) => {$(
        impl<'a, T: ?Sized> $guard<'a, T> {
            /// Narrows the guard to a part of the value.
            #[inline]
            pub fn map<U: ?Sized>(s: Self, f: impl FnOnce($access) -> $part) -> $mapped<'a, U> {
                $mapped {
                    inner: inner::$guard::map(s.inner, f),
                }
            }

            /// Narrows the guard to a part of the value, if there is one.
            ///
            /// # Errors
            /// The guard, if `f` returns `None`.
            #[inline]
            pub fn try_map<U: ?Sized>(
                s: Self,
                f: impl FnOnce($access) -> Option<$part>,
            ) -> Result<$mapped<'a, U>, Self> {
                match inner::$guard::try_map(s.inner, f) {
                    Ok(inner) => Ok($mapped { inner }),
                    Err(inner) => Err(Self { inner }),
                }
            }

            /// Unlocks in favour of a thread that waits, if one does.
            #[inline]
            pub fn unlock_fair(s: Self) {
                inner::$guard::unlock_fair(s.inner);
            }
        }
    )*};
}

narrowing! {
    RwLockReadGuard -> MappedRwLockReadGuard: &T => &U;
    MappedRwLockReadGuard -> MappedRwLockReadGuard: &T => &U;
    RwLockWriteGuard -> MappedRwLockWriteGuard: &mut T => &mut U;
    MappedRwLockWriteGuard -> MappedRwLockWriteGuard: &mut T => &mut U;
}

unlocking! { RwLockReadGuard RwLockWriteGuard }
shared_access! { RwLockReadGuard RwLockWriteGuard MappedRwLockReadGuard MappedRwLockWriteGuard }
exclusive_access! { RwLockWriteGuard MappedRwLockWriteGuard }

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
