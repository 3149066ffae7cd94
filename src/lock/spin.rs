//! A lock that spins.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use super::access::guarded;
use crate::backoff::Backoff;
use crate::cell::UnsafeCell;
use crate::sync::atomic::{AtomicBool, Ordering};

/// A mutual-exclusion lock whose waiters spin, for critical sections of a few instructions.
///
/// Prefer a [`Mutex`](crate::parking_lot::Mutex) unless you have measured: a spinning waiter burns its
/// processor, and when the owner is not running, everybody waits for the scheduler. After a few spins a
/// waiter calls [`yield_now`](crate::thread::yield_now) between its attempts, which keeps the lock usable with more
/// threads than processors.
///
/// - **Not fair**: the lock goes to whoever comes first, and a waiter may in theory wait for ever.
/// - **Not reentrant**: a thread that locks what it already holds spins for ever.
/// - **No poisoning**: a panic in the critical section releases the lock and leaves the value as it was then.
///
/// The algorithm is the *test-and-test-and-set* lock of L. Rudolph and Z. Segall, *Dynamic decentralized
/// cache schemes for MIMD parallel processors*, ISCA 1984: a waiter reads until the lock looks free, and only then
/// tries to take it, so that the cache line is shared while it waits.
///
/// ```
/// use racecourse::lock::SpinLock;
///
/// let hits = SpinLock::new(0);
/// std::thread::scope(|s| {
///     for _ in 0..4 {
///         s.spawn(|| *hits.lock() += 1);
///     }
/// });
/// assert_eq!(hits.into_inner(), 4);
/// ```
pub struct SpinLock<T: ?Sized> {
    /// True while somebody holds the lock.
    locked: AtomicBool,
    /// The value; touched only by whoever set `locked`.
    value: UnsafeCell<T>,
}

guarded! { SpinLock, SpinLockGuard }

impl<T> SpinLock<T> {
    /// An open lock around `value`.
    ///
    /// ```
    /// let lock = racecourse::lock::SpinLock::new(1);
    /// *lock.lock() += 1;
    /// assert_eq!(*lock.lock(), 2);
    /// ```
    pub fn new(value: T) -> Self {
        Self {
            locked: AtomicBool::new(false),
            value: UnsafeCell::new(value),
        }
    }

    /// As [`new`](Self::new), for a `static`.
    ///
    /// ```
    /// use racecourse::lock::SpinLock;
    ///
    /// static HITS: SpinLock<u64> = SpinLock::const_new(0);
    /// *HITS.lock() += 1;
    /// assert_eq!(*HITS.lock(), 1);
    /// ```
    pub const fn const_new(value: T) -> Self {
        Self {
            locked: AtomicBool::const_new(false),
            value: UnsafeCell::const_new(value),
        }
    }

    /// The value. Owning the lock is proof enough that nobody holds it.
    ///
    /// ```
    /// assert_eq!(racecourse::lock::SpinLock::new(7).into_inner(), 7);
    /// ```
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> SpinLock<T> {
    /// Waits until the lock is free and takes it. The lock is released when the guard is dropped.
    ///
    /// ```
    /// let lock = racecourse::lock::SpinLock::new(vec![1]);
    /// lock.lock().push(2);
    /// assert_eq!(*lock.lock(), [1, 2]);
    /// ```
    #[inline]
    pub fn lock(&self) -> SpinLockGuard<'_, T> {
        if !self.try_acquire() {
            self.acquire_contended();
        }
        SpinLockGuard::new(self)
    }

    /// Takes the lock if it is free now, and never waits. `None` means that somebody holds it.
    ///
    /// ```
    /// let lock = racecourse::lock::SpinLock::new(1);
    /// let guard = lock.try_lock().unwrap();
    /// assert!(lock.try_lock().is_none());
    /// drop(guard);
    /// assert!(lock.try_lock().is_some());
    /// ```
    #[inline]
    pub fn try_lock(&self) -> Option<SpinLockGuard<'_, T>> {
        self.try_acquire().then(|| SpinLockGuard::new(self))
    }

    /// The value, without locking: the exclusive borrow proves that nobody holds the lock.
    ///
    /// ```
    /// let mut lock = racecourse::lock::SpinLock::new(1);
    /// *lock.get_mut() = 2;
    /// assert_eq!(*lock.lock(), 2);
    /// ```
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    #[inline]
    fn try_acquire(&self) -> bool {
        // The strong form: `try_lock` must not report a free lock as taken. Compare-exchange and not swap, since
        // a failed one stores nothing.
        // ORDERING: Acquire; pairs with the Release store in the guard's `drop`: the new owner sees
        // all that the last one did. Relaxed on failure: nothing is read after it.
        self.locked
            .compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }

    #[cold]
    fn acquire_contended(&self) {
        let mut backoff = Backoff::new();
        loop {
            // ORDERING: Relaxed; only a hint that an attempt is worth its while. The exchange that follows
            // a `false` synchronises.
            while self.locked.load(Ordering::Relaxed) {
                backoff.wait();
            }
            if self.try_acquire() {
                return;
            }
        }
    }
}

/// Gives access to the value of a [`SpinLock`], and releases the lock when dropped.
///
/// It stays on the thread that took it (`!Send`): others spin for as long as it lives, so it should
/// neither travel nor wait.
///
/// ```
/// let lock = racecourse::lock::SpinLock::new(String::new());
/// {
///     let mut guard = lock.lock();
///     guard.push_str("mine");
/// } // released here
/// assert!(lock.try_lock().is_some());
/// ```
#[must_use = "the lock is released at once if the guard is not kept"]
pub struct SpinLockGuard<'a, T: ?Sized> {
    lock: &'a SpinLock<T>,
    /// Takes `Send` away.
    on_this_thread: PhantomData<*const ()>,
}

impl<'a, T: ?Sized> SpinLockGuard<'a, T> {
    /// The caller has just set `locked`.
    fn new(lock: &'a SpinLock<T>) -> Self {
        Self {
            lock,
            on_this_thread: PhantomData,
        }
    }
}

impl<T: ?Sized> Drop for SpinLockGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // ORDERING: Release; pairs with the Acquire exchange in `try_acquire`: what was done in
        // the critical section is seen by the next owner.
        self.lock.locked.store(false, Ordering::Release);
    }
}
