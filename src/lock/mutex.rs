//! A lock whose waiters sleep.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use super::access::guarded;
use super::waiters::{Waiters, Wake};
use crate::backoff::Backoff;
use crate::cell::UnsafeCell;
use crate::sync::atomic::{AtomicU32, Ordering};

/// A mutual-exclusion lock whose waiters sleep after a short while: for critical sections of any length.
///
/// Taking a free lock is one atomic operation, and so is releasing it while nobody sleeps.
///
/// - **Eventually fair**: a lock that is released may be taken by whoever comes first, which keeps it fast; but a waiter that was
///   woken in vain has it handed over at the next release.
/// - **Not reentrant**: a thread that locks what it already holds waits for ever.
/// - **No poisoning**: a panic in the critical section releases the lock and leaves the value as it was then.
///
/// After U. Drepper, *Futexes are tricky*, 2011, with a queue in place of the kernel's.
///
/// ```
/// use racecourse::lock::Mutex;
///
/// let hits = Mutex::new(0);
/// std::thread::scope(|s| {
///     for _ in 0..4 {
///         s.spawn(|| *hits.lock() += 1);
///     }
/// });
/// assert_eq!(hits.into_inner(), 4);
/// ```
///
/// The guard stays on its thread:
/// ```compile_fail,E0277
/// let lock = racecourse::lock::Mutex::new(0);
/// let guard = lock.lock();
/// std::thread::scope(|s| {
///     s.spawn(move || drop(guard));
/// });
/// ```
pub struct Mutex<T: ?Sized> {
    /// `HELD` and `QUEUED`.
    state: AtomicU32,
    /// Those who sleep.
    waiters: Waiters,
    /// The value; touched only by whoever set `HELD`.
    value: UnsafeCell<T>,
}

/// Somebody has the lock.
const HELD: u32 = 1;
/// Somebody is in the queue: who releases the lock wakes the first. Changed inside of the queue's lock only.
const QUEUED: u32 = 2;

/// So often a waiter tries before it sleeps.
const ATTEMPTS: u32 = 17;

guarded! { Mutex, MutexGuard }

impl<T> Mutex<T> {
    /// An open lock around `value`.
    pub fn new(value: T) -> Self {
        Self {
            state: AtomicU32::new(0),
            waiters: Waiters::new(),
            value: UnsafeCell::new(value),
        }
    }

    /// As [`new`](Self::new), for a `static`.
    ///
    /// ```
    /// use racecourse::lock::Mutex;
    ///
    /// static HITS: Mutex<u64> = Mutex::const_new(0);
    /// *HITS.lock() += 1;
    /// assert_eq!(*HITS.lock(), 1);
    /// ```
    pub const fn const_new(value: T) -> Self {
        Self {
            state: AtomicU32::const_new(0),
            waiters: Waiters::const_new(),
            value: UnsafeCell::const_new(value),
        }
    }

    /// The value. Owning the lock is proof enough that nobody holds it.
    ///
    /// ```
    /// assert_eq!(racecourse::lock::Mutex::new(7).into_inner(), 7);
    /// ```
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Waits until the lock is free and takes it. The lock is released when the guard is dropped.
    ///
    /// ```
    /// let lock = racecourse::lock::Mutex::new(vec![1]);
    /// lock.lock().push(2);
    /// assert_eq!(*lock.lock(), [1, 2]);
    /// ```
    #[inline]
    pub fn lock(&self) -> MutexGuard<'_, T> {
        // ORDERING: Acquire; pairs with the Release subtraction in the guard's `drop`: the new owner sees all that the last one did.
        let free = self
            .state
            .compare_exchange(0, HELD, Ordering::Acquire, Ordering::Relaxed)
            .is_ok();
        if !free {
            self.lock_contended();
        }
        MutexGuard::new(self)
    }

    /// Takes the lock if it is free now, and never waits. `None` means that somebody holds it.
    ///
    /// ```
    /// let lock = racecourse::lock::Mutex::new(1);
    /// let guard = lock.try_lock().unwrap();
    /// assert!(lock.try_lock().is_none());
    /// drop(guard);
    /// assert!(lock.try_lock().is_some());
    /// ```
    #[inline]
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        // ORDERING: Acquire; as in `lock`. It fails, and changes nothing, if `HELD` is set already.
        let before = self.state.fetch_or(HELD, Ordering::Acquire);
        (before & HELD == 0).then(|| MutexGuard::new(self))
    }

    /// The value, without locking: the exclusive borrow proves that nobody holds the lock.
    ///
    /// ```
    /// let mut lock = racecourse::lock::Mutex::new(1);
    /// *lock.get_mut() = 2;
    /// assert_eq!(*lock.lock(), 2);
    /// ```
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    /// Whether any thread holds the lock; it may be so no longer when this returns.
    ///
    /// ```
    /// let lock = racecourse::lock::Mutex::new(1);
    /// let guard = lock.lock();
    /// assert!(lock.is_locked());
    /// # drop(guard);
    /// ```
    pub fn is_locked(&self) -> bool {
        self.state.load(Ordering::Relaxed) & HELD != 0
    }

    /// Takes the lock if it is free. Others may sleep.
    fn try_take(&self) -> bool {
        // ORDERING: Relaxed; only a hint that an attempt is worth its while.
        let state = self.state.load(Ordering::Relaxed);
        state & HELD == 0
            && self
                .state
                // ORDERING: Acquire; as in `lock`.
                .compare_exchange(state, state | HELD, Ordering::Acquire, Ordering::Relaxed)
                .is_ok()
    }

    #[cold]
    fn lock_contended(&self) {
        let mut woken_in_vain = false;
        loop {
            let mut backoff = Backoff::new();
            for _ in 0..ATTEMPTS {
                if self.try_take() {
                    return;
                }
                if !backoff.snooze() {
                    break;
                }
            }
            // ORDERING: as in `lock`, if the lock turns out to be free.
            let held = || self.state.fetch_or(HELD | QUEUED, Ordering::Acquire) & HELD != 0;
            let empty = || {
                self.state.fetch_and(!QUEUED, Ordering::Relaxed);
            };
            match self.waiters.sleep_if(woken_in_vain, held, empty) {
                Wake::Try => woken_in_vain = true,
                Wake::Owner => return,
            }
        }
    }

    /// Releases the lock while somebody is in the queue, and wakes the first. If it was woken before and came too late, it gets the lock, if that is still free.
    #[cold]
    fn unlock_contended(&self) {
        // ORDERING: Release; as in the guard's `drop`.
        self.state.fetch_sub(HELD, Ordering::Release);
        self.waiters.wake_one(
            // ORDERING: Acquire; as in `lock`, on behalf of the one that is woken, who sees what this thread sees.
            || self.state.fetch_or(HELD, Ordering::Acquire) & HELD == 0,
            // ORDERING: Relaxed; the queue's lock orders whatever depends on it.
            || {
                self.state.fetch_and(!QUEUED, Ordering::Relaxed);
            },
        );
    }
}

/// Gives access to the value of a [`Mutex`], and releases the lock when dropped.
///
/// It stays on the thread that took it (`!Send`).
#[must_use = "the lock is released at once if the guard is not kept"]
pub struct MutexGuard<'a, T: ?Sized> {
    lock: &'a Mutex<T>,
    /// Takes `Send` away.
    on_this_thread: PhantomData<*const ()>,
}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    /// `HELD` has been set for the caller.
    #[inline]
    fn new(lock: &'a Mutex<T>) -> Self {
        Self {
            lock,
            on_this_thread: PhantomData,
        }
    }
}

impl<T: ?Sized> Drop for MutexGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // ORDERING: Release; pairs with the Acquire operations that set `HELD`: what was done in the critical section is seen
        // by the next owner.
        let alone = self
            .lock
            .state
            .compare_exchange(HELD, 0, Ordering::Release, Ordering::Relaxed);
        if alone.is_err() {
            self.lock.unlock_contended();
        }
    }
}
