//! The std face's locks: [`raw`](super::raw)'s with data and poisoning.

use core::cell::UnsafeCell;
use core::fmt;
use core::ops::{Deref, DerefMut};
use core::panic::Location;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};
use std::time::Instant;

use super::raw;
use crate::check::execution::Place;

/// Set when a thread panics while it holds a lock. It is read and written by the holder only, or as a
/// hint.
#[derive(Debug)]
pub(crate) struct Poison(AtomicBool);

impl Poison {
    pub(crate) const fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    // ORDERING: Relaxed throughout; the lock orders its holders.
    pub(crate) fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn clear(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// Called by a guard that goes: poisons if its thread began to unwind while it held the lock.
    pub(crate) fn leave(&self, panicking_before: bool) {
        if !panicking_before && crate::thread::panicking() {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    pub(crate) fn wrap<G>(&self, guard: G) -> LockResult<G> {
        if self.get() {
            Err(PoisonError::new(guard))
        } else {
            Ok(guard)
        }
    }
}

pub(crate) struct Mutex<T: ?Sized> {
    lock: raw::Lock,
    poison: Poison,
    data: UnsafeCell<T>,
}

// SAFETY: as std's: the lock gives the data to one thread at a time.
unsafe impl<T: ?Sized + Send> Send for Mutex<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send> Sync for Mutex<T> {}

pub(crate) struct MutexGuard<'a, T: ?Sized> {
    mutex: &'a Mutex<T>,
    panicking: bool,
    /// None only while a condvar has it.
    held: Option<raw::LockGuard<'a>>,
}

// SAFETY: a shared guard gives shared access to the data, no more.
unsafe impl<T: ?Sized + Sync> Sync for MutexGuard<'_, T> {}

impl<T> Mutex<T> {
    #[track_caller]
    pub(crate) fn new(value: T) -> Self {
        Self {
            lock: raw::Lock::new("mutex"),
            poison: Poison::new(),
            data: UnsafeCell::new(value),
        }
    }

    #[track_caller]
    pub(crate) const fn const_new(value: T) -> Self {
        Self {
            lock: raw::Lock::const_new("mutex"),
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

impl<T: ?Sized> Mutex<T> {
    fn guard<'a>(&'a self, held: raw::LockGuard<'a>) -> LockResult<MutexGuard<'a, T>> {
        let panicking = crate::thread::panicking();
        self.poison.wrap(MutexGuard {
            mutex: self,
            panicking,
            held: Some(held),
        })
    }

    #[track_caller]
    pub(crate) fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        self.guard(self.lock.lock())
    }

    #[track_caller]
    pub(crate) fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        match self.lock.try_lock() {
            Some(held) => Ok(self.guard(held)?),
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

impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Mutex");
        match self.lock.look() {
            // SAFETY: nobody holds the lock while `_look` lives.
            Some(_look) => out.field("data", &unsafe { &*self.data.get() }),
            None => out.field("data", &format_args!("<locked>")),
        };
        out.field("poisoned", &self.poison.get())
            .finish_non_exhaustive()
    }
}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the guard holds the lock.
        unsafe { &*self.mutex.data.get() }
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the guard holds the lock, and is borrowed mutably.
        unsafe { &mut *self.mutex.data.get() }
    }
}

impl<T: ?Sized> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        self.mutex.poison.leave(self.panicking);
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
    pub(crate) fn wait<'a, T>(
        &self,
        mut guard: MutexGuard<'a, T>,
    ) -> LockResult<MutexGuard<'a, T>> {
        if let Some(held) = &mut guard.held {
            self.0.wait(held, None);
        }
        let mutex = guard.mutex;
        mutex.poison.wrap(guard)
    }

    /// A closure does not know the caller of the function that it is in, so the place is handed on.
    fn wait_until<T>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        deadline: Instant,
        place: Place,
    ) -> bool {
        let held = guard.held.as_mut();
        held.is_some_and(|held| self.0.wait_at(held, Some(deadline), place))
    }

    #[track_caller]
    pub(crate) fn wait_timeout<'a, T>(
        &self,
        mut guard: MutexGuard<'a, T>,
        timeout: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, TimedOut)> {
        let deadline = Instant::now().checked_add(timeout).unwrap_or_else(far_away);
        let timed_out = self.wait_until(&mut guard, deadline, Location::caller());
        let mutex = guard.mutex;
        mutex.poison.wrap((guard, TimedOut(timed_out)))
    }

    #[track_caller]
    pub(crate) fn wait_timeout_while<'a, T>(
        &self,
        mut guard: MutexGuard<'a, T>,
        timeout: Duration,
        mut condition: impl FnMut(&mut T) -> bool,
    ) -> LockResult<(MutexGuard<'a, T>, TimedOut)> {
        let deadline = Instant::now().checked_add(timeout).unwrap_or_else(far_away);
        let mut timed_out = false;
        loop {
            if !condition(&mut guard) {
                timed_out = false;
            } else if !timed_out {
                timed_out = self.wait_until(&mut guard, deadline, Location::caller());
                continue;
            }
            let mutex = guard.mutex;
            return mutex.poison.wrap((guard, TimedOut(timed_out)));
        }
    }

    #[track_caller]
    pub(crate) fn notify_one(&self) {
        self.0.notify_one();
    }

    #[track_caller]
    pub(crate) fn notify_all(&self) {
        self.0.notify_all();
    }
}

/// A deadline that does not come.
pub(crate) fn far_away() -> Instant {
    Instant::now() + Duration::from_secs(60 * 60 * 24 * 365 * 30)
}
