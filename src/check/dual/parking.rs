//! `parking_lot`'s mutex and condvar: [`raw`](super::raw)'s with data, without poisoning. Barriers and
//! channels are written on these too.

use core::cell::UnsafeCell;
use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::panic::Location;
use core::time::Duration;
use std::time::Instant;

use super::poison::far_away;
use super::raw;
use crate::check::execution::Place;

pub(crate) struct Mutex<T: ?Sized> {
    lock: raw::Lock,
    data: UnsafeCell<T>,
}

// SAFETY: the lock gives the data to one thread at a time.
unsafe impl<T: ?Sized + Send> Send for Mutex<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send> Sync for Mutex<T> {}

pub(crate) struct MutexGuard<'a, T: ?Sized> {
    mutex: &'a Mutex<T>,
    /// None only within `unlocked`.
    held: Option<raw::LockGuard<'a>>,
}

// SAFETY: a shared guard gives shared access to the data, no more.
unsafe impl<T: ?Sized + Sync> Sync for MutexGuard<'_, T> {}

/// A guard for a part of the data.
pub(crate) struct MappedMutexGuard<'a, T: ?Sized> {
    data: *mut T,
    held: Option<raw::LockGuard<'a>>,
    marker: PhantomData<&'a mut T>,
}

// SAFETY: a shared guard gives shared access to the data, no more.
unsafe impl<T: ?Sized + Sync> Sync for MappedMutexGuard<'_, T> {}

/// The time at which a wait of this length ends.
pub(crate) fn deadline(timeout: Duration) -> Instant {
    Instant::now().checked_add(timeout).unwrap_or_else(far_away)
}

impl<T> Mutex<T> {
    #[track_caller]
    pub(crate) fn new(value: T) -> Self {
        Self::labelled("mutex", value)
    }

    #[track_caller]
    pub(crate) const fn const_new(value: T) -> Self {
        Self::const_labelled("mutex", value)
    }

    /// A mutex that is part of something else, which `label` names.
    #[track_caller]
    pub(crate) fn labelled(label: &'static str, value: T) -> Self {
        Self {
            lock: raw::Lock::new(label),
            data: UnsafeCell::new(value),
        }
    }

    #[track_caller]
    pub(crate) const fn const_labelled(label: &'static str, value: T) -> Self {
        Self {
            lock: raw::Lock::const_new(label),
            data: UnsafeCell::new(value),
        }
    }

    pub(crate) fn into_inner(self) -> T {
        self.data.into_inner()
    }
}

impl<T: ?Sized> Mutex<T> {
    fn guard<'a>(&'a self, held: raw::LockGuard<'a>) -> MutexGuard<'a, T> {
        MutexGuard {
            mutex: self,
            held: Some(held),
        }
    }

    #[track_caller]
    #[inline]
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.guard(self.lock.lock())
    }

    /// Locks for the code at `place`.
    pub(crate) fn lock_at(&self, place: Place) -> MutexGuard<'_, T> {
        self.guard(self.lock.lock_at(place, false))
    }

    #[track_caller]
    pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        Some(self.guard(self.lock.try_lock()?))
    }

    #[track_caller]
    pub(crate) fn try_lock_for(&self, timeout: Duration) -> Option<MutexGuard<'_, T>> {
        self.try_lock_until(deadline(timeout))
    }

    #[track_caller]
    pub(crate) fn try_lock_until(&self, deadline: Instant) -> Option<MutexGuard<'_, T>> {
        Some(self.guard(self.lock.try_lock_until(deadline)?))
    }

    pub(crate) fn is_locked(&self) -> bool {
        self.lock.is_locked()
    }

    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.data.get_mut()
    }
}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    pub(crate) fn map<U: ?Sized>(
        s: Self,
        f: impl FnOnce(&mut T) -> &mut U,
    ) -> MappedMutexGuard<'a, U> {
        // SAFETY: the guard holds the lock, and is ours.
        let data = f(unsafe { &mut *s.mutex.data.get() });
        MappedMutexGuard {
            data,
            held: s.held,
            marker: PhantomData,
        }
    }

    pub(crate) fn try_map<U: ?Sized>(
        s: Self,
        f: impl FnOnce(&mut T) -> Option<&mut U>,
    ) -> Result<MappedMutexGuard<'a, U>, Self> {
        // SAFETY: the guard holds the lock, and is ours.
        match f(unsafe { &mut *s.mutex.data.get() }) {
            Some(data) => Ok(MappedMutexGuard {
                data,
                held: s.held,
                marker: PhantomData,
            }),
            None => Err(s),
        }
    }

    #[track_caller]
    pub(crate) fn unlocked<U>(s: &mut Self, f: impl FnOnce() -> U) -> U {
        drop(s.held.take());
        let _relock = Relock(s, Location::caller());
        f()
    }

    #[track_caller]
    pub(crate) fn unlocked_fair<U>(s: &mut Self, f: impl FnOnce() -> U) -> U {
        if let Some(held) = s.held.take() {
            held.unlock_fair();
        }
        let _relock = Relock(s, Location::caller());
        f()
    }

    pub(crate) fn unlock_fair(s: Self) {
        if let Some(held) = s.held {
            held.unlock_fair();
        }
    }

    #[track_caller]
    pub(crate) fn bump(s: &mut Self) {
        Self::unlocked_fair(s, || ());
    }

    /// Waits on `condvar`. True: the deadline has passed.
    #[track_caller]
    pub(crate) fn wait(&mut self, condvar: &raw::Condvar, deadline: Option<Instant>) -> bool {
        self.wait_at(condvar, deadline, Location::caller())
    }

    /// Waits for the code at `place`.
    pub(crate) fn wait_at(
        &mut self,
        condvar: &raw::Condvar,
        deadline: Option<Instant>,
        place: Place,
    ) -> bool {
        self.held
            .as_mut()
            .is_some_and(|held| condvar.wait_at(held, deadline, place))
    }
}

/// Locks again when it goes, after a panic too: the guard that it borrows promises access.
struct Relock<'g, 'a, T: ?Sized>(&'g mut MutexGuard<'a, T>, Place);

impl<T: ?Sized> Drop for Relock<'_, '_, T> {
    fn drop(&mut self) {
        self.0.held = Some(self.0.mutex.lock.lock_at(self.1, false));
    }
}

impl<'a, T: ?Sized> MappedMutexGuard<'a, T> {
    pub(crate) fn map<U: ?Sized>(
        s: Self,
        f: impl FnOnce(&mut T) -> &mut U,
    ) -> MappedMutexGuard<'a, U> {
        MappedMutexGuard {
            // SAFETY: the guard holds the lock, and is ours.
            data: f(unsafe { &mut *s.data }),
            held: s.held,
            marker: PhantomData,
        }
    }

    pub(crate) fn try_map<U: ?Sized>(
        s: Self,
        f: impl FnOnce(&mut T) -> Option<&mut U>,
    ) -> Result<MappedMutexGuard<'a, U>, Self> {
        // SAFETY: the guard holds the lock, and is ours.
        match f(unsafe { &mut *s.data }) {
            Some(data) => Ok(MappedMutexGuard {
                data,
                held: s.held,
                marker: PhantomData,
            }),
            None => Err(s),
        }
    }

    pub(crate) fn unlock_fair(s: Self) {
        if let Some(held) = s.held {
            held.unlock_fair();
        }
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Mutex");
        match self.lock.look() {
            // SAFETY: nobody holds the lock while `_look` lives.
            Some(_look) => out.field("data", &unsafe { &*self.data.get() }),
            None => out.field("data", &format_args!("<locked>")),
        };
        out.finish()
    }
}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the guard holds the lock.
        unsafe { &*self.mutex.data.get() }
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the guard holds the lock, and is borrowed mutably.
        unsafe { &mut *self.mutex.data.get() }
    }
}

impl<T: ?Sized> Deref for MappedMutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the guard holds the lock of the data that this is a part of.
        unsafe { &*self.data }
    }
}

impl<T: ?Sized> DerefMut for MappedMutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above, and the guard is borrowed mutably.
        unsafe { &mut *self.data }
    }
}

#[derive(Debug)]
pub(crate) struct Condvar(raw::Condvar);

/// Whether the time had passed.
pub(crate) struct TimedOut(bool);

impl TimedOut {
    pub(crate) fn timed_out(&self) -> bool {
        self.0
    }
}

impl Condvar {
    #[track_caller]
    pub(crate) fn new() -> Self {
        Self(raw::Condvar::new("condvar"))
    }

    pub(crate) const fn const_new() -> Self {
        Self(raw::Condvar::const_new())
    }

    #[track_caller]
    pub(crate) fn wait<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>) {
        guard.wait(&self.0, None);
    }

    #[track_caller]
    pub(crate) fn wait_until<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        deadline: Instant,
    ) -> TimedOut {
        TimedOut(guard.wait(&self.0, Some(deadline)))
    }

    #[track_caller]
    pub(crate) fn wait_for<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        timeout: Duration,
    ) -> TimedOut {
        self.wait_until(guard, deadline(timeout))
    }

    #[track_caller]
    pub(crate) fn notify_one(&self) -> bool {
        self.0.notify_one() > 0
    }

    #[track_caller]
    pub(crate) fn notify_all(&self) -> usize {
        self.0.notify_all()
    }
}
