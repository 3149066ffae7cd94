//! The std face's read-write lock: [`raw_rwlock`](super::raw_rwlock)'s with data and poisoning.

use core::cell::UnsafeCell;
use core::fmt;
use core::ops::{Deref, DerefMut};
use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

use super::poison::Poison;
use super::raw_rwlock as raw;
use crate::check::kernel::ReadPolicy;

pub(crate) struct RwLock<T: ?Sized> {
    lock: raw::RwLock,
    poison: Poison,
    data: UnsafeCell<T>,
}

// SAFETY: as std's: whoever holds the lock for writing may send the data away.
unsafe impl<T: ?Sized + Send> Send for RwLock<T> {}
// SAFETY: as std's: readers share the data, a writer has it alone.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLock<T> {}

pub(crate) struct RwLockReadGuard<'a, T: ?Sized> {
    lock: &'a RwLock<T>,
    _held: raw::ReadGuard<'a>,
}

// SAFETY: a shared guard gives shared access to the data, no more.
unsafe impl<T: ?Sized + Sync> Sync for RwLockReadGuard<'_, T> {}

pub(crate) struct RwLockWriteGuard<'a, T: ?Sized> {
    lock: &'a RwLock<T>,
    panicking: bool,
    _held: raw::WriteGuard<'a>,
}

// SAFETY: a shared guard gives shared access to the data, no more.
unsafe impl<T: ?Sized + Sync> Sync for RwLockWriteGuard<'_, T> {}

impl<T> RwLock<T> {
    #[track_caller]
    pub(crate) fn new(value: T) -> Self {
        Self {
            lock: raw::RwLock::new("rwlock"),
            poison: Poison::new(),
            data: UnsafeCell::new(value),
        }
    }

    #[track_caller]
    pub(crate) const fn const_new(value: T) -> Self {
        Self {
            lock: raw::RwLock::const_new(),
            poison: Poison::new(),
            data: UnsafeCell::new(value),
        }
    }

    pub(crate) fn into_inner(self) -> LockResult<T> {
        let poisoned = self.poison.get();
        let value = self.data.into_inner();
        if poisoned {
            Err(PoisonError::new(value))
        } else {
            Ok(value)
        }
    }
}

impl<T: ?Sized> RwLock<T> {
    fn reader<'a>(&'a self, held: raw::ReadGuard<'a>) -> LockResult<RwLockReadGuard<'a, T>> {
        self.poison.wrap(RwLockReadGuard {
            lock: self,
            _held: held,
        })
    }

    fn writer<'a>(&'a self, held: raw::WriteGuard<'a>) -> LockResult<RwLockWriteGuard<'a, T>> {
        let panicking = crate::thread::panicking();
        self.poison.wrap(RwLockWriteGuard {
            lock: self,
            panicking,
            _held: held,
        })
    }

    #[track_caller]
    pub(crate) fn read(&self) -> LockResult<RwLockReadGuard<'_, T>> {
        self.reader(self.lock.read(ReadPolicy::Either))
    }

    #[track_caller]
    pub(crate) fn try_read(&self) -> TryLockResult<RwLockReadGuard<'_, T>> {
        match self.lock.try_read(ReadPolicy::Either) {
            Some(held) => Ok(self.reader(held)?),
            None => Err(TryLockError::WouldBlock),
        }
    }

    #[track_caller]
    pub(crate) fn write(&self) -> LockResult<RwLockWriteGuard<'_, T>> {
        self.writer(self.lock.write())
    }

    #[track_caller]
    pub(crate) fn try_write(&self) -> TryLockResult<RwLockWriteGuard<'_, T>> {
        match self.lock.try_write() {
            Some(held) => Ok(self.writer(held)?),
            None => Err(TryLockError::WouldBlock),
        }
    }

    pub(crate) fn get_mut(&mut self) -> LockResult<&mut T> {
        self.poison.wrap(self.data.get_mut())
    }

    pub(crate) fn is_poisoned(&self) -> bool {
        self.poison.get()
    }

    pub(crate) fn clear_poison(&self) {
        self.poison.clear();
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("RwLock");
        match self.lock.look() {
            // SAFETY: nobody writes while `_look` lives.
            Some(_look) => out.field("data", &unsafe { &*self.data.get() }),
            None => out.field("data", &format_args!("<locked>")),
        };
        out.field("poisoned", &self.poison.get())
            .finish_non_exhaustive()
    }
}

impl<T: ?Sized> Deref for RwLockReadGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the guard holds the lock for reading.
        unsafe { &*self.lock.data.get() }
    }
}

impl<T: ?Sized> Deref for RwLockWriteGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the guard holds the lock for writing.
        unsafe { &*self.lock.data.get() }
    }
}

impl<T: ?Sized> DerefMut for RwLockWriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the guard holds the lock for writing, and is borrowed mutably.
        unsafe { &mut *self.lock.data.get() }
    }
}

impl<T: ?Sized> Drop for RwLockWriteGuard<'_, T> {
    fn drop(&mut self) {
        // A reader cannot have left the data half changed, and so does not poison.
        self.lock.poison.leave(self.panicking);
    }
}
