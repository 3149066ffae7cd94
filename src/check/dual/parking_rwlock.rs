//! `parking_lot`'s read-write lock: [`raw_rwlock`](super::raw_rwlock)'s with data, without poisoning.

use core::cell::UnsafeCell;
use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::panic::Location;
use core::time::Duration;
use std::time::Instant;

use super::parking::deadline;
use super::raw_rwlock as raw;
use crate::check::execution::Place;
use crate::check::kernel::ReadPolicy;

pub(crate) struct RwLock<T: ?Sized> {
    lock: raw::RwLock,
    data: UnsafeCell<T>,
}

// SAFETY: whoever holds the lock for writing may send the data away.
unsafe impl<T: ?Sized + Send> Send for RwLock<T> {}
// SAFETY: readers share the data, a writer has it alone.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLock<T> {}

pub(crate) struct RwLockReadGuard<'a, T: ?Sized> {
    lock: &'a RwLock<T>,
    /// None only within `unlocked`.
    held: Option<raw::ReadGuard<'a>>,
}

pub(crate) struct RwLockWriteGuard<'a, T: ?Sized> {
    lock: &'a RwLock<T>,
    /// None only within `unlocked`.
    held: Option<raw::WriteGuard<'a>>,
}

/// A guard for a part of the data.
pub(crate) struct MappedRwLockReadGuard<'a, T: ?Sized> {
    data: *const T,
    held: Option<raw::ReadGuard<'a>>,
    marker: PhantomData<&'a T>,
}

/// A guard for a part of the data.
pub(crate) struct MappedRwLockWriteGuard<'a, T: ?Sized> {
    data: *mut T,
    held: Option<raw::WriteGuard<'a>>,
    marker: PhantomData<&'a mut T>,
}

// SAFETY: a shared guard gives shared access to the data, no more.
unsafe impl<T: ?Sized + Sync> Sync for RwLockReadGuard<'_, T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Sync> Sync for RwLockWriteGuard<'_, T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Sync> Sync for MappedRwLockReadGuard<'_, T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Sync> Sync for MappedRwLockWriteGuard<'_, T> {}

impl<T> RwLock<T> {
    #[track_caller]
    pub(crate) fn new(value: T) -> Self {
        Self {
            lock: raw::RwLock::new("rwlock"),
            data: UnsafeCell::new(value),
        }
    }

    #[track_caller]
    pub(crate) const fn const_new(value: T) -> Self {
        Self {
            lock: raw::RwLock::const_new(),
            data: UnsafeCell::new(value),
        }
    }

    pub(crate) fn into_inner(self) -> T {
        self.data.into_inner()
    }
}

impl<T: ?Sized> RwLock<T> {
    fn reader<'a>(&'a self, held: raw::ReadGuard<'a>) -> RwLockReadGuard<'a, T> {
        let held = Some(held);
        RwLockReadGuard { lock: self, held }
    }

    fn writer<'a>(&'a self, held: raw::WriteGuard<'a>) -> RwLockWriteGuard<'a, T> {
        let held = Some(held);
        RwLockWriteGuard { lock: self, held }
    }

    #[track_caller]
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, T> {
        self.reader(self.lock.read(ReadPolicy::Wait))
    }

    #[track_caller]
    pub(crate) fn try_read(&self) -> Option<RwLockReadGuard<'_, T>> {
        Some(self.reader(self.lock.try_read(ReadPolicy::Wait)?))
    }

    #[track_caller]
    pub(crate) fn try_read_for(&self, timeout: Duration) -> Option<RwLockReadGuard<'_, T>> {
        self.try_read_until(deadline(timeout))
    }

    #[track_caller]
    pub(crate) fn try_read_until(&self, deadline: Instant) -> Option<RwLockReadGuard<'_, T>> {
        Some(self.reader(self.lock.try_read_until(ReadPolicy::Wait, deadline)?))
    }

    #[track_caller]
    pub(crate) fn read_recursive(&self) -> RwLockReadGuard<'_, T> {
        self.reader(self.lock.read(ReadPolicy::Pass))
    }

    #[track_caller]
    pub(crate) fn try_read_recursive(&self) -> Option<RwLockReadGuard<'_, T>> {
        Some(self.reader(self.lock.try_read(ReadPolicy::Pass)?))
    }

    #[track_caller]
    pub(crate) fn try_read_recursive_for(
        &self,
        timeout: Duration,
    ) -> Option<RwLockReadGuard<'_, T>> {
        self.try_read_recursive_until(deadline(timeout))
    }

    #[track_caller]
    pub(crate) fn try_read_recursive_until(
        &self,
        deadline: Instant,
    ) -> Option<RwLockReadGuard<'_, T>> {
        Some(self.reader(self.lock.try_read_until(ReadPolicy::Pass, deadline)?))
    }

    #[track_caller]
    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, T> {
        self.writer(self.lock.write())
    }

    #[track_caller]
    pub(crate) fn try_write(&self) -> Option<RwLockWriteGuard<'_, T>> {
        Some(self.writer(self.lock.try_write()?))
    }

    #[track_caller]
    pub(crate) fn try_write_for(&self, timeout: Duration) -> Option<RwLockWriteGuard<'_, T>> {
        self.try_write_until(deadline(timeout))
    }

    #[track_caller]
    pub(crate) fn try_write_until(&self, deadline: Instant) -> Option<RwLockWriteGuard<'_, T>> {
        Some(self.writer(self.lock.try_write_until(deadline)?))
    }

    pub(crate) fn is_locked(&self) -> bool {
        self.lock.is_locked()
    }

    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.data.get_mut()
    }
}

impl<'a, T: ?Sized> RwLockReadGuard<'a, T> {
    fn part<U: ?Sized>(s: Self, data: *const U) -> MappedRwLockReadGuard<'a, U> {
        MappedRwLockReadGuard {
            data,
            held: s.held,
            marker: PhantomData,
        }
    }

    pub(crate) fn map<U: ?Sized>(
        s: Self,
        f: impl FnOnce(&T) -> &U,
    ) -> MappedRwLockReadGuard<'a, U> {
        let data: *const U = f(&s);
        Self::part(s, data)
    }

    pub(crate) fn try_map<U: ?Sized>(
        s: Self,
        f: impl FnOnce(&T) -> Option<&U>,
    ) -> Result<MappedRwLockReadGuard<'a, U>, Self> {
        match f(&s).map(core::ptr::from_ref) {
            Some(data) => Ok(Self::part(s, data)),
            None => Err(s),
        }
    }
}

impl<'a, T: ?Sized> MappedRwLockReadGuard<'a, T> {
    fn part<U: ?Sized>(s: Self, data: *const U) -> MappedRwLockReadGuard<'a, U> {
        MappedRwLockReadGuard {
            data,
            held: s.held,
            marker: PhantomData,
        }
    }

    pub(crate) fn map<U: ?Sized>(
        s: Self,
        f: impl FnOnce(&T) -> &U,
    ) -> MappedRwLockReadGuard<'a, U> {
        let data: *const U = f(&s);
        Self::part(s, data)
    }

    pub(crate) fn try_map<U: ?Sized>(
        s: Self,
        f: impl FnOnce(&T) -> Option<&U>,
    ) -> Result<MappedRwLockReadGuard<'a, U>, Self> {
        match f(&s).map(core::ptr::from_ref) {
            Some(data) => Ok(Self::part(s, data)),
            None => Err(s),
        }
    }
}

impl<'a, T: ?Sized> RwLockWriteGuard<'a, T> {
    pub(crate) fn map<U: ?Sized>(
        s: Self,
        f: impl FnOnce(&mut T) -> &mut U,
    ) -> MappedRwLockWriteGuard<'a, U> {
        MappedRwLockWriteGuard {
            // SAFETY: the guard holds the lock for writing, and is ours.
            data: f(unsafe { &mut *s.lock.data.get() }),
            held: s.held,
            marker: PhantomData,
        }
    }

    pub(crate) fn try_map<U: ?Sized>(
        s: Self,
        f: impl FnOnce(&mut T) -> Option<&mut U>,
    ) -> Result<MappedRwLockWriteGuard<'a, U>, Self> {
        // SAFETY: the guard holds the lock for writing, and is ours.
        match f(unsafe { &mut *s.lock.data.get() }) {
            Some(data) => Ok(MappedRwLockWriteGuard {
                data,
                held: s.held,
                marker: PhantomData,
            }),
            None => Err(s),
        }
    }
}

impl<'a, T: ?Sized> MappedRwLockWriteGuard<'a, T> {
    pub(crate) fn map<U: ?Sized>(
        s: Self,
        f: impl FnOnce(&mut T) -> &mut U,
    ) -> MappedRwLockWriteGuard<'a, U> {
        MappedRwLockWriteGuard {
            // SAFETY: the guard holds the lock for writing, and is ours.
            data: f(unsafe { &mut *s.data }),
            held: s.held,
            marker: PhantomData,
        }
    }

    pub(crate) fn try_map<U: ?Sized>(
        s: Self,
        f: impl FnOnce(&mut T) -> Option<&mut U>,
    ) -> Result<MappedRwLockWriteGuard<'a, U>, Self> {
        // SAFETY: the guard holds the lock for writing, and is ours.
        match f(unsafe { &mut *s.data }) {
            Some(data) => Ok(MappedRwLockWriteGuard {
                data,
                held: s.held,
                marker: PhantomData,
            }),
            None => Err(s),
        }
    }
}

macro_rules! unlocking {
    ($($guard:ident $relock:ident: $lock:expr;)*) => {$(
        /// Locks again when it goes, after a panic too: the guard that it borrows promises access.
        struct $relock<'g, 'a, T: ?Sized>(&'g mut $guard<'a, T>, Place);

        impl<T: ?Sized> Drop for $relock<'_, '_, T> {
            fn drop(&mut self) {
                let lock = &self.0.lock.lock;
                self.0.held = Some($lock(lock, self.1));
            }
        }

        impl<T: ?Sized> $guard<'_, T> {
            #[track_caller]
            pub(crate) fn unlocked<U>(s: &mut Self, f: impl FnOnce() -> U) -> U {
                drop(s.held.take());
                let _relock = $relock(s, Location::caller());
                f()
            }

            #[track_caller]
            pub(crate) fn unlocked_fair<U>(s: &mut Self, f: impl FnOnce() -> U) -> U {
                if let Some(held) = s.held.take() {
                    held.unlock_fair();
                }
                let _relock = $relock(s, Location::caller());
                f()
            }

            #[track_caller]
            pub(crate) fn bump(s: &mut Self) {
                Self::unlocked_fair(s, || ());
            }
        }
    )*};
}

unlocking! {
    RwLockReadGuard RelockRead: |lock, place| raw::RwLock::read_at(lock, ReadPolicy::Wait, place);
    RwLockWriteGuard RelockWrite: raw::RwLock::write_at;
}

macro_rules! fair {
    ($($guard:ident)*) => {$(
        impl<T: ?Sized> $guard<'_, T> {
            pub(crate) fn unlock_fair(s: Self) {
                if let Some(held) = s.held {
                    held.unlock_fair();
                }
            }
        }
    )*};
}

fair! { RwLockReadGuard RwLockWriteGuard MappedRwLockReadGuard MappedRwLockWriteGuard }

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("RwLock");
        match self.lock.look() {
            // SAFETY: nobody writes while `_look` lives.
            Some(_look) => out.field("data", &unsafe { &*self.data.get() }),
            None => out.field("data", &format_args!("<locked>")),
        };
        out.finish()
    }
}

impl<T: ?Sized> Deref for RwLockReadGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the guard holds the lock for reading.
        unsafe { &*self.lock.data.get() }
    }
}

impl<T: ?Sized> Deref for MappedRwLockReadGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the guard holds the lock of the data that this is a part of.
        unsafe { &*self.data }
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

impl<T: ?Sized> Deref for MappedRwLockWriteGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the guard holds the lock of the data that this is a part of.
        unsafe { &*self.data }
    }
}

impl<T: ?Sized> DerefMut for MappedRwLockWriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above, and the guard is borrowed mutably.
        unsafe { &mut *self.data }
    }
}
