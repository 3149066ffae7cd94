//! A lock whose waiters stand in a queue, each looking at a place of its own.

use std::fmt;
use std::ptr;

use crate::backoff::{Backoff, Vigil};
use crate::cell::UnsafeCell;
use crate::sync::atomic::{AtomicPtr, Ordering};
use crate::thread::{self, Thread};

/// A mutual-exclusion lock that serves its waiters in the order of their arrival, each of which waits at a cache line of its
/// own: a hand-over disturbs nobody but the one whose turn it is, however many wait.
///
/// The critical section is a closure, given to [`with`](Self::with). The place in the queue lives on the stack of the
/// thread that waits, and a guard that could be forgotten would leave it there, in the queue, after its end.
///
/// A waiter spins, yields after a while, and then **sleeps** until the lock is handed to it: more threads than
/// processors do not keep the one that could go on from running.
///
/// - **Fair**: first in, first out, by the moment at which a thread joins the queue, near the start of [`with`](Self::with).
/// - **Not reentrant**: a section that locks its own lock waits for ever.
/// - **No poisoning**: a panic in the critical section releases the lock and leaves the value as it was then.
///
/// J. M. Mellor-Crummey and M. L. Scott, *Algorithms for scalable synchronization on shared-memory multiprocessors*, TOCS 1991.
///
/// ```
/// use racecourse::lock::McsLock;
///
/// let hits = McsLock::new(0);
/// std::thread::scope(|s| {
///     for _ in 0..4 {
///         s.spawn(|| hits.with(|hits| *hits += 1));
///     }
/// });
/// assert_eq!(hits.into_inner(), 4);
/// ```
///
/// The value does not leave the section:
/// ```compile_fail
/// let lock = racecourse::lock::McsLock::new(0);
/// let value: &mut i32 = lock.with(|value| value);
/// ```
pub struct McsLock<T: ?Sized> {
    /// The place of the last in the queue, of whom the first has the lock; null if the lock is free.
    tail: AtomicPtr<Place>,
    /// The value; touched only by the first in the queue.
    value: UnsafeCell<T>,
}

// What is published here is that a place is made, and the handle of a thread: plain memory on a stack, which no engine watches. Of
// these pairs of Release and Acquire the checks need only one half or none; the language needs both.

/// A place in the queue, on the stack of the thread that stands there.
struct Place {
    /// The place behind this one, once its thread has said that it is there.
    next: AtomicPtr<Place>,
    /// Null while the thread waits awake, `mine()` when the lock is its own, and else the thread, which sleeps.
    turn: AtomicPtr<Thread>,
}

/// What stands in `turn` when the lock is handed over. It is no thread, and never read.
fn mine() -> *mut Thread {
    ptr::without_provenance_mut(1)
}

// SAFETY: the lock hands the value from thread to thread, but to one at a time. That needs `T: Send`, and no
// `T: Sync`, since no two threads ever have a reference to the value at once.
unsafe impl<T: ?Sized + Send> Sync for McsLock<T> {}
// SAFETY: the lock owns its value; who moves the lock moves the value. Nobody is in the queue then.
unsafe impl<T: ?Sized + Send> Send for McsLock<T> {}

impl<T> McsLock<T> {
    /// An open lock around `value`.
    ///
    /// ```
    /// let lock = racecourse::lock::McsLock::new(1);
    /// assert_eq!(lock.with(|value| *value + 1), 2);
    /// ```
    pub fn new(value: T) -> Self {
        Self {
            tail: AtomicPtr::new(ptr::null_mut()),
            value: UnsafeCell::new(value),
        }
    }

    /// As [`new`](Self::new), for a `static`.
    ///
    /// ```
    /// use racecourse::lock::McsLock;
    ///
    /// static HITS: McsLock<u64> = McsLock::const_new(0);
    /// HITS.with(|hits| *hits += 1);
    /// assert_eq!(HITS.with(|hits| *hits), 1);
    /// ```
    pub const fn const_new(value: T) -> Self {
        Self {
            tail: AtomicPtr::const_new(ptr::null_mut()),
            value: UnsafeCell::const_new(value),
        }
    }

    /// The value. Owning the lock is proof enough that nobody holds it.
    ///
    /// ```
    /// assert_eq!(racecourse::lock::McsLock::new(7).into_inner(), 7);
    /// ```
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> McsLock<T> {
    /// Waits for its turn, runs `section` with the lock held, and releases it, after a panic too.
    ///
    /// ```
    /// let lock = racecourse::lock::McsLock::new(vec![1]);
    /// let len = lock.with(|list| {
    ///     list.push(2);
    ///     list.len()
    /// });
    /// assert_eq!(len, 2);
    /// ```
    #[inline]
    pub fn with<R>(&self, section: impl FnOnce(&mut T) -> R) -> R {
        let place = Place::new();
        // ORDERING: Acquire; pairs with the Release exchange in `leave`: the new owner sees all that the last one did.
        // Release; pairs with itself, so that whoever comes next, and sets `next` of this place, finds it made.
        let before = self.tail.swap(place.pointer(), Ordering::AcqRel);
        if !before.is_null() {
            place.wait_behind(before);
        }
        // SAFETY: `place` is the first in the queue.
        unsafe { self.run(&place, section) }
    }

    /// Runs `section` with the lock held if it is free now, and never waits. `None` means that somebody holds it.
    ///
    /// ```
    /// let lock = racecourse::lock::McsLock::new(1);
    /// lock.with(|_| assert!(lock.try_with(|value| *value).is_none()));
    /// assert_eq!(lock.try_with(|value| *value), Some(1));
    /// ```
    #[inline]
    pub fn try_with<R>(&self, section: impl FnOnce(&mut T) -> R) -> Option<R> {
        let place = Place::new();
        // ORDERING: as in `with`; Relaxed on failure: nothing is read after it.
        self.tail
            .compare_exchange(
                ptr::null_mut(),
                place.pointer(),
                Ordering::AcqRel,
                Ordering::Relaxed,
            )
            .ok()?;
        // SAFETY: `place` is the first in the queue.
        Some(unsafe { self.run(&place, section) })
    }

    /// The value, without locking: the exclusive borrow proves that nobody holds the lock.
    ///
    /// ```
    /// let mut lock = racecourse::lock::McsLock::new(1);
    /// *lock.get_mut() = 2;
    /// assert_eq!(lock.into_inner(), 2);
    /// ```
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    /// # Safety
    /// `place` is the first in the queue.
    #[inline]
    unsafe fn run<R>(&self, place: &Place, section: impl FnOnce(&mut T) -> R) -> R {
        struct Leave<'a>(&'a AtomicPtr<Place>, &'a Place);
        impl Drop for Leave<'_> {
            #[inline]
            fn drop(&mut self) {
                self.1.leave(self.0);
            }
        }
        let _leave = Leave(&self.tail, place);
        // SAFETY: this thread holds the lock until `_leave` is dropped, so no other has access.
        self.value.with_mut(|value| section(unsafe { &mut *value }))
    }
}

impl Place {
    #[inline]
    fn new() -> Self {
        Self {
            next: AtomicPtr::new(ptr::null_mut()),
            turn: AtomicPtr::new(ptr::null_mut()),
        }
    }

    #[inline]
    fn pointer(&self) -> *mut Self {
        ptr::from_ref(self).cast_mut()
    }

    #[cold]
    fn wait_behind(&self, before: *mut Self) {
        // SAFETY: whoever stands there does not leave before it has seen the place behind it, which is set here.
        let before = unsafe { &*before };
        // ORDERING: Release; pairs with the Acquire loads in `leave`: who finds this place finds it made.
        before.next.store(self.pointer(), Ordering::Release);
        let mut vigil = Vigil::new();
        // ORDERING: Acquire; pairs with the Release stores in `hand_over`: the new owner sees all that the last one did.
        while self.turn.load(Ordering::Acquire).is_null() {
            if !vigil.snooze() {
                self.sleep();
                return;
            }
        }
    }

    #[cold]
    fn sleep(&self) {
        let thread = thread::current();
        let sleeper = ptr::from_ref(&thread).cast_mut();
        // ORDERING: Release; pairs with the Acquire load in `hand_over`, which reads the thread.
        // Acquire on failure, as in `wait_behind`: the lock has been handed over meanwhile.
        let announced = self.turn.compare_exchange(
            ptr::null_mut(),
            sleeper,
            Ordering::Release,
            Ordering::Acquire,
        );
        if announced.is_ok() {
            // ORDERING: Acquire; as in `wait_behind`.
            while self.turn.load(Ordering::Acquire) == sleeper {
                thread::park();
            }
        }
    }

    /// Leaves the queue, of which this is the first, and hands the lock to the next, if there is one.
    #[inline]
    fn leave(&self, tail: &AtomicPtr<Self>) {
        // ORDERING: Acquire; pairs with the store in `wait_behind`.
        let mut next = self.next.load(Ordering::Acquire);
        if next.is_null() {
            // ORDERING: Release; pairs with the Acquire exchanges in `with` and `try_with`.
            let last = tail.compare_exchange(
                self.pointer(),
                ptr::null_mut(),
                Ordering::Release,
                Ordering::Relaxed,
            );
            if last.is_ok() {
                return;
            }
            next = self.await_next();
        }
        // SAFETY: it waits, and stays where it is until the lock is handed to it.
        unsafe { Self::hand_over(next) };
    }

    /// Somebody has joined the queue behind this place, and is about to say so.
    #[cold]
    fn await_next(&self) -> *mut Self {
        let mut backoff = Backoff::new();
        loop {
            // ORDERING: Acquire; pairs with the store in `wait_behind`.
            let next = self.next.load(Ordering::Acquire);
            if !next.is_null() {
                return next;
            }
            backoff.wait();
        }
    }

    /// # Safety
    /// `next` points to a place whose thread waits.
    unsafe fn hand_over(next: *mut Self) {
        // SAFETY: as the caller says. It is not touched after `turn` is set: the place may be gone then.
        let turn = unsafe { &(*next).turn };
        // ORDERING: Release; pairs with the Acquire loads of who waits: it sees all that this thread did in its section.
        // Acquire on failure; pairs with the exchange in `sleep`, for the thread that is read below.
        let awake = turn.compare_exchange(
            ptr::null_mut(),
            mine(),
            Ordering::Release,
            Ordering::Acquire,
        );
        if let Err(sleeper) = awake {
            // SAFETY: the thread sleeps until its turn is set, and keeps its handle for that long.
            let thread = unsafe { (*sleeper).clone() };
            // ORDERING: Release; as above.
            turn.store(mine(), Ordering::Release);
            thread.unpark();
        }
    }
}

impl<T: Default> Default for McsLock<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for McsLock<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for McsLock<T> {
    /// Shows the value if the lock is free, and `<locked>` if not: it never waits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown =
            self.try_with(|value| f.debug_struct("McsLock").field("value", &&*value).finish());
        match shown {
            Some(result) => result,
            None => write!(f, "McsLock {{ value: <locked> }}"),
        }
    }
}

#[cfg(test)]
mod tests;
