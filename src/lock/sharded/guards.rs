//! The guards of a [`ShardedRwLock`].

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use super::{Shard, ShardedRwLock};
use crate::parking_lot::MutexGuard;

/// Gives shared access to the value of a [`ShardedRwLock`], and releases the lock when dropped.
///
/// It stays on the thread that took it (`!Send`).
///
/// ```
/// let lock = racecourse::lock::ShardedRwLock::new(1);
/// let (one, other) = (lock.read(), lock.read());
/// assert_eq!(*one + *other, 2);
/// ```
#[must_use = "the lock is released at once if the guard is not kept"]
pub struct ShardedReadGuard<'a, T: ?Sized> {
    lock: &'a ShardedRwLock<T>,
    shard: &'a Shard,
    /// Takes `Send` away.
    on_this_thread: PhantomData<*const ()>,
}

// SAFETY: a shared guard gives only `&T`, which threads may share if `T: Sync`.
unsafe impl<T: ?Sized + Sync> Sync for ShardedReadGuard<'_, T> {}

impl<'a, T: ?Sized> ShardedReadGuard<'a, T> {
    /// The caller has just been counted.
    #[inline]
    pub(super) fn new(lock: &'a ShardedRwLock<T>, shard: &'a Shard) -> Self {
        Self {
            lock,
            shard,
            on_this_thread: PhantomData,
        }
    }
}

impl<T: ?Sized> Deref for ShardedReadGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: this guard is counted as a reader, so nobody writes while it lives.
        self.lock.value.with(|value| unsafe { &*value })
    }
}

impl<T: ?Sized> Drop for ShardedReadGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.lock.leave(self.shard);
    }
}

/// Gives exclusive access to the value of a [`ShardedRwLock`], and releases the lock when dropped.
///
/// It stays on the thread that took it (`!Send`).
///
/// ```
/// let lock = racecourse::lock::ShardedRwLock::new(1);
/// *lock.write() += 1;
/// assert_eq!(*lock.read(), 2);
/// ```
#[must_use = "the lock is released at once if the guard is not kept"]
pub struct ShardedWriteGuard<'a, T: ?Sized> {
    lock: &'a ShardedRwLock<T>,
    /// Dropped after the shards are open again. Takes `Send` away.
    #[allow(dead_code, reason = "kept until it is dropped")]
    writer: MutexGuard<'a, ()>,
}

// SAFETY: a shared guard gives only `&T`, which threads may share if `T: Sync`.
unsafe impl<T: ?Sized + Sync> Sync for ShardedWriteGuard<'_, T> {}

impl<'a, T: ?Sized> ShardedWriteGuard<'a, T> {
    /// The caller has closed and drained all shards.
    pub(super) fn new(lock: &'a ShardedRwLock<T>, writer: MutexGuard<'a, ()>) -> Self {
        Self { lock, writer }
    }
}

impl<T: ?Sized> Deref for ShardedWriteGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: this guard has closed and drained all shards, so no other thread has access; its borrow keeps `deref_mut` away
        // while the reference lives.
        self.lock.value.with(|value| unsafe { &*value })
    }
}

impl<T: ?Sized> DerefMut for ShardedWriteGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: this guard has closed and drained all shards, so no other thread has access; its exclusive borrow makes
        // the reference the only one.
        self.lock.value.with_mut(|value| unsafe { &mut *value })
    }
}

impl<T: ?Sized> Drop for ShardedWriteGuard<'_, T> {
    fn drop(&mut self) {
        self.lock.open(&self.lock.shards);
    }
}

/// What both guards show.
macro_rules! shown {
    ($($guard:ident)*) => {$(
        impl<T: ?Sized + fmt::Debug> fmt::Debug for $guard<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<T: ?Sized + fmt::Display> fmt::Display for $guard<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }
    )*};
}

shown! { ShardedReadGuard ShardedWriteGuard }
