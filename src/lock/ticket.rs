//! A lock that is given in the order in which it was asked for.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use super::access::guarded;
use super::sleepers::Sleepers;
use crate::backoff::Vigil;
use crate::cell::UnsafeCell;
use crate::sync::atomic::{AtomicUsize, Ordering};

/// A mutual-exclusion lock that serves its waiters in the order of their arrival.
///
/// Whoever wants the lock draws a number, and has it when the number is called. So nobody is overtaken, and nobody waits
/// for ever; for that, each hand-over between two processors costs the transfer of a cache line, which a lock
/// without order avoids by letting the last owner have it again. For critical sections of a few instructions, like
/// [`SpinLock`](super::SpinLock), where the order matters.
///
/// The next in line spins, and yields after a while. A waiter that is farther away than that **sleeps** until it is
/// near, so that more threads than processors do not keep the one that could go on from running, which is what makes
/// other first-in-first-out spin locks a thousand times slower there.
///
/// - **Fair**: first in, first out, by the moment at which the number is drawn, near the start of [`lock`](Self::lock).
/// - **Not reentrant**: a thread that locks what it already holds waits for ever.
/// - **No poisoning**: a panic in the critical section releases the lock and leaves the value as it was then.
///
/// D. P. Reed and R. K. Kanodia, *Synchronization with eventcounts and sequencers*, CACM 1979; J. M. Mellor-Crummey and M. L. Scott,
/// *Algorithms for scalable synchronization on shared-memory multiprocessors*, TOCS 1991.
///
/// ```
/// use racecourse::lock::TicketLock;
///
/// let hits = TicketLock::new(0);
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
/// let lock = racecourse::lock::TicketLock::new(0);
/// let guard = lock.lock();
/// std::thread::scope(|s| {
///     s.spawn(move || drop(guard));
/// });
/// ```
pub struct TicketLock<T: ?Sized> {
    /// The number that the next one draws.
    next: AtomicUsize,
    /// The number that has the lock. The lock is free while it is also the next one. Written by the owner only.
    serving: AtomicUsize,
    /// Those who are far from their turn.
    sleepers: Sleepers,
    /// The value; touched only by whoever has the number that is served.
    value: UnsafeCell<T>,
}

// # How nobody sleeps for ever
//
// A waiter with number `t` goes to sleep only if it sees, when it is in the list of sleepers, that more than `NEAR` numbers are
// before it: `serving < t - NEAR`. It is woken by the holder of `u = t - NEAR + 1`, who calls `u + NEAR - 1` as soon as it sees
// `serving >= u - 1`, that is when it is the next in line. Either that call finds `t` in the list; or `t` sees what
// the caller saw, `serving >= u - 1 = t - NEAR`, and does not sleep (two fences, in `sleepers.rs`). A holder of `u` who did not have to wait makes no call. It looked at `serving`, found `u`, and
// drew its number after that: so whoever draws a later number sees at least `u`, and does not sleep either.
//
// So whoever unlocks need not know whether anybody waits, and stores one word.

/// A waiter sleeps only if more than so many are before it: the one that has the lock, and those that should be awake when
/// their turn comes.
const NEAR: usize = 2;

guarded! { TicketLock, TicketLockGuard }

impl<T> TicketLock<T> {
    /// An open lock around `value`.
    ///
    /// ```
    /// let lock = racecourse::lock::TicketLock::new(1);
    /// *lock.lock() += 1;
    /// assert_eq!(*lock.lock(), 2);
    /// ```
    pub fn new(value: T) -> Self {
        Self {
            next: AtomicUsize::new(0),
            serving: AtomicUsize::new(0),
            sleepers: Sleepers::new(),
            value: UnsafeCell::new(value),
        }
    }

    /// As [`new`](Self::new), for a `static`.
    ///
    /// ```
    /// use racecourse::lock::TicketLock;
    ///
    /// static HITS: TicketLock<u64> = TicketLock::const_new(0);
    /// *HITS.lock() += 1;
    /// assert_eq!(*HITS.lock(), 1);
    /// ```
    pub const fn const_new(value: T) -> Self {
        Self {
            next: AtomicUsize::const_new(0),
            serving: AtomicUsize::const_new(0),
            sleepers: Sleepers::const_new(),
            value: UnsafeCell::const_new(value),
        }
    }

    /// The value. Owning the lock is proof enough that nobody holds it.
    ///
    /// ```
    /// assert_eq!(racecourse::lock::TicketLock::new(7).into_inner(), 7);
    /// ```
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> TicketLock<T> {
    /// Waits for its turn and takes the lock. The lock is released when the guard is dropped.
    ///
    /// ```
    /// let lock = racecourse::lock::TicketLock::new(vec![1]);
    /// lock.lock().push(2);
    /// assert_eq!(*lock.lock(), [1, 2]);
    /// ```
    #[inline]
    pub fn lock(&self) -> TicketLockGuard<'_, T> {
        // ORDERING: Acquire; pairs with the Release store in the guard's `drop`: the new owner sees all that the last one did.
        let serving = self.serving.load(Ordering::Acquire);
        // ORDERING: Release; pairs with the fence in `Sleepers::sleep`: who draws a later number sees there at least the `serving`
        // that was seen here (see above).
        let ticket = self.next.fetch_add(1, Ordering::Release);
        if ticket != serving {
            self.wait_for(ticket);
        }
        TicketLockGuard::new(self)
    }

    /// Takes the lock if it is free now, and never waits. `None` means that somebody holds it.
    ///
    /// ```
    /// let lock = racecourse::lock::TicketLock::new(1);
    /// let guard = lock.try_lock().unwrap();
    /// assert!(lock.try_lock().is_none());
    /// drop(guard);
    /// assert!(lock.try_lock().is_some());
    /// ```
    #[inline]
    pub fn try_lock(&self) -> Option<TicketLockGuard<'_, T>> {
        // ORDERING: as in `lock`. Relaxed on failure: nothing is read after it. (The Release is for a waiter that comes fourth: no
        // scenario is that large.)
        let serving = self.serving.load(Ordering::Acquire);
        let next = serving.wrapping_add(1);
        let drawn = self
            .next
            .compare_exchange(serving, next, Ordering::Release, Ordering::Relaxed);
        drawn.is_ok().then(|| TicketLockGuard::new(self))
    }

    /// The value, without locking: the exclusive borrow proves that nobody holds the lock.
    ///
    /// ```
    /// let mut lock = racecourse::lock::TicketLock::new(1);
    /// *lock.get_mut() = 2;
    /// assert_eq!(*lock.lock(), 2);
    /// ```
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    /// How many wait for the lock at the moment. It may be others when this returns.
    ///
    /// ```
    /// assert_eq!(racecourse::lock::TicketLock::new(1).waiting(), 0);
    /// ```
    pub fn waiting(&self) -> usize {
        // The smaller number first: it only grows, and the difference is never taken the wrong way around.
        // ORDERING: Acquire, so that `next` is read after `serving`.
        let serving = self.serving.load(Ordering::Acquire);
        let next = self.next.load(Ordering::Relaxed);
        next.wrapping_sub(serving).saturating_sub(1)
    }

    /// How many are before this number.
    fn ahead(&self, ticket: usize) -> usize {
        // ORDERING: Acquire; as in `lock`.
        ticket.wrapping_sub(self.serving.load(Ordering::Acquire))
    }

    #[cold]
    fn wait_for(&self, ticket: usize) {
        let mut vigil = Vigil::new();
        let mut called = false;
        loop {
            let ahead = self.ahead(ticket);
            if ahead <= 1 && !called {
                called = true;
                let last = ticket.wrapping_add(NEAR - 1);
                self.sleepers.wake(last, NEAR - 1);
                continue;
            }
            match ahead {
                0 => return,
                1 => vigil.wait(),
                _ => {
                    vigil.yield_from_now_on();
                    if ahead <= NEAR {
                        vigil.wait();
                    } else if !vigil.snooze() {
                        self.sleepers.sleep(ticket, || self.ahead(ticket) > NEAR);
                    }
                }
            }
        }
    }
}

/// Gives access to the value of a [`TicketLock`], and releases the lock when dropped.
///
/// It stays on the thread that took it (`!Send`).
///
/// ```
/// let lock = racecourse::lock::TicketLock::new(String::new());
/// {
///     let mut guard = lock.lock();
///     guard.push_str("mine");
/// } // released here
/// assert!(lock.try_lock().is_some());
/// ```
#[must_use = "the lock is released at once if the guard is not kept"]
pub struct TicketLockGuard<'a, T: ?Sized> {
    lock: &'a TicketLock<T>,
    /// Takes `Send` away.
    on_this_thread: PhantomData<*const ()>,
}

impl<'a, T: ?Sized> TicketLockGuard<'a, T> {
    /// The caller's number is the one that is served.
    #[inline]
    fn new(lock: &'a TicketLock<T>) -> Self {
        Self {
            lock,
            on_this_thread: PhantomData,
        }
    }
}

impl<T: ?Sized> Drop for TicketLockGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // ORDERING: Relaxed; nobody else writes it while the lock is held.
        let ticket = self.lock.serving.load(Ordering::Relaxed);
        // ORDERING: Release; pairs with the Acquire loads in `lock`, `try_lock` and `ahead`: what was done in the critical
        // section is seen by the next owner.
        self.lock
            .serving
            .store(ticket.wrapping_add(1), Ordering::Release);
    }
}
