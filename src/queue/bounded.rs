//! The bounded queue, for threads.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::time::{Duration, Instant};

use super::errors::{CapacityError, GetError, PutError};
use super::iter::Iter;
use super::state::State;
use crate::backoff::Backoff;
use crate::lock::{deadline, wait};
use crate::parking_lot::{Condvar, Mutex, MutexGuard};

/// A first-in-first-out queue of at most `capacity` items, for any number of producers and consumers.
///
/// - **Order**: items are got in the order in which they were put. Of several who wait, any may come next.
/// - **Memory**: what a thread did before it put an item happens-before what is done by whoever gets that item.
/// - **Nothing is lost**: an item that could not be put comes back in the error; one that is left is dropped with the queue.
///   Items are never cloned, and never dropped while the lock is held, so a destructor that panics or uses the
///   queue does no harm.
/// - **Waiting**: a little spinning, then yielding, then sleep; a system call only when somebody sleeps.
///
/// The queue is shared by reference or in an [`Arc`](std::sync::Arc). The [module](crate::queue) has the table
/// for those who know Python's `queue.Queue`. With the feature `async`, `put_async` and `get_async` are there for tasks.
///
/// ```
/// use racecourse::queue::{BoundedQueue, Shutdown};
///
/// let queue = BoundedQueue::new(2);
/// std::thread::scope(|s| {
///     s.spawn(|| {
///         for n in 1..=5 {
///             queue.put(n).unwrap();
///         }
///         queue.shutdown(Shutdown::Drain);
///     });
///     assert_eq!(queue.iter().sum::<i32>(), 15);
/// });
/// ```
pub struct BoundedQueue<T> {
    pub(super) state: Mutex<State<T>>,
    /// Getters wait here.
    pub(super) not_empty: Condvar,
    /// Putters wait here.
    pub(super) not_full: Condvar,
    /// Joiners wait here.
    pub(super) all_done: Condvar,
    capacity: usize,
}

// No foreign code runs under the lock, so a panic cannot leave the state half changed.
impl<T> UnwindSafe for BoundedQueue<T> {}
impl<T> RefUnwindSafe for BoundedQueue<T> {}

impl<T> BoundedQueue<T> {
    /// An empty queue that holds at most `capacity` items. Memory is used for the items that are there, so that
    /// `usize::MAX` stands for "no limit".
    ///
    /// # Panics
    /// If `capacity` is 0. For a capacity that comes from outside, use [`try_new`](Self::try_new).
    ///
    /// ```
    /// let queue = racecourse::queue::BoundedQueue::<u8>::new(8);
    /// assert_eq!(queue.capacity(), 8);
    /// ```
    #[track_caller]
    pub fn new(capacity: usize) -> Self {
        match Self::try_new(capacity) {
            Ok(queue) => queue,
            Err(error) => panic!("BoundedQueue::new: {error}"),
        }
    }

    /// As [`new`](Self::new), without the panic.
    ///
    /// # Errors
    /// [`CapacityError`], if `capacity` is 0.
    ///
    /// ```
    /// assert!(racecourse::queue::BoundedQueue::<u8>::try_new(0).is_err());
    /// ```
    pub fn try_new(capacity: usize) -> Result<Self, CapacityError> {
        if capacity == 0 {
            return Err(CapacityError(()));
        }
        Ok(Self {
            state: Mutex::new(State::new(capacity)),
            not_empty: Condvar::new(),
            not_full: Condvar::new(),
            all_done: Condvar::new(),
            capacity,
        })
    }

    /// Puts `item` at the end, and waits for room if there is none.
    ///
    /// # Errors
    /// [`PutError::Closed`] with the item, if the queue is shut down, or is while this waits.
    ///
    /// ```
    /// let queue = racecourse::queue::BoundedQueue::new(1);
    /// queue.put("tea").unwrap();
    /// assert_eq!(queue.len(), 1);
    /// ```
    pub fn put(&self, item: T) -> Result<(), PutError<T>> {
        self.put_by(item, None)
    }

    /// Puts `item` at the end if there is room now; never waits.
    ///
    /// # Errors
    /// [`PutError::Full`] or [`PutError::Closed`], with the item.
    ///
    /// ```
    /// use racecourse::queue::{BoundedQueue, PutError};
    ///
    /// let queue = BoundedQueue::new(1);
    /// assert_eq!(queue.try_put(1), Ok(()));
    /// assert_eq!(queue.try_put(2), Err(PutError::Full(2)));
    /// ```
    pub fn try_put(&self, item: T) -> Result<(), PutError<T>> {
        let mut state = self.state.lock();
        state.push(item)?;
        let wake = state.getters.one();
        drop(state);
        wake.send(&self.not_empty);
        Ok(())
    }

    /// Puts `item` at the end, and waits for room, but no longer than `timeout`.
    ///
    /// # Errors
    /// [`PutError::Timeout`] or [`PutError::Closed`], with the item.
    ///
    /// ```
    /// use racecourse::queue::{BoundedQueue, PutError};
    /// use std::time::Duration;
    ///
    /// let queue = BoundedQueue::new(1);
    /// queue.put(1).unwrap();
    /// assert_eq!(queue.put_timeout(2, Duration::from_millis(1)), Err(PutError::Timeout(2)));
    /// ```
    pub fn put_timeout(&self, item: T, timeout: Duration) -> Result<(), PutError<T>> {
        self.put_by(item, deadline(timeout))
    }

    fn put_by(&self, mut item: T, deadline: Option<Instant>) -> Result<(), PutError<T>> {
        let mut state = self.state.lock();
        let mut timed_out = false;
        let mut backoff = Backoff::new();
        loop {
            match state.push(item) {
                Ok(()) => break,
                Err(PutError::Full(back)) if timed_out => return Err(PutError::Timeout(back)),
                Err(PutError::Full(back)) => item = back,
                Err(closed) => return Err(closed),
            }
            if !backoff.is_spent() {
                MutexGuard::unlocked(&mut state, || backoff.snooze());
                continue;
            }
            state.putters.threads += 1;
            timed_out = wait(&self.not_full, &mut state, deadline);
            state.putters.threads -= 1;
            backoff = Backoff::new();
        }
        let wake = state.getters.one();
        drop(state);
        wake.send(&self.not_empty);
        Ok(())
    }

    /// Takes the oldest item, and waits for one if there is none.
    ///
    /// # Errors
    /// [`GetError::Closed`], if the queue is shut down and empty, or is while this waits.
    ///
    /// ```
    /// let queue = racecourse::queue::BoundedQueue::new(2);
    /// queue.put(1).unwrap();
    /// queue.put(2).unwrap();
    /// assert_eq!(queue.get(), Ok(1));
    /// ```
    pub fn get(&self) -> Result<T, GetError> {
        self.get_by(None)
    }

    /// Takes the oldest item if there is one now; never waits.
    ///
    /// # Errors
    /// [`GetError::Empty`] or [`GetError::Closed`].
    ///
    /// ```
    /// use racecourse::queue::{BoundedQueue, GetError};
    ///
    /// let queue = BoundedQueue::<u8>::new(1);
    /// assert_eq!(queue.try_get(), Err(GetError::Empty));
    /// ```
    pub fn try_get(&self) -> Result<T, GetError> {
        let mut state = self.state.lock();
        let item = state.pop()?;
        let wake = state.putters.one();
        drop(state);
        wake.send(&self.not_full);
        Ok(item)
    }

    /// Takes the oldest item, and waits for one, but no longer than `timeout`.
    ///
    /// # Errors
    /// [`GetError::Timeout`] or [`GetError::Closed`].
    ///
    /// ```
    /// use racecourse::queue::{BoundedQueue, GetError};
    /// use std::time::Duration;
    ///
    /// let queue = BoundedQueue::<u8>::new(1);
    /// assert_eq!(queue.get_timeout(Duration::from_millis(1)), Err(GetError::Timeout));
    /// ```
    pub fn get_timeout(&self, timeout: Duration) -> Result<T, GetError> {
        self.get_by(deadline(timeout))
    }

    fn get_by(&self, deadline: Option<Instant>) -> Result<T, GetError> {
        let mut state = self.state.lock();
        let mut timed_out = false;
        let mut backoff = Backoff::new();
        let item = loop {
            match state.pop() {
                Ok(item) => break item,
                Err(GetError::Empty) if timed_out => return Err(GetError::Timeout),
                Err(GetError::Empty) => {}
                Err(closed) => return Err(closed),
            }
            if !backoff.is_spent() {
                MutexGuard::unlocked(&mut state, || backoff.snooze());
                continue;
            }
            state.getters.threads += 1;
            timed_out = wait(&self.not_empty, &mut state, deadline);
            state.getters.threads -= 1;
            backoff = Backoff::new();
        };
        let wake = state.putters.one();
        drop(state);
        wake.send(&self.not_full);
        Ok(item)
    }

    /// How many items are in the queue. Others may change it before the caller has looked at the answer; so too
    /// with [`is_empty`](Self::is_empty) and [`is_full`](Self::is_full).
    ///
    /// ```
    /// assert_eq!(racecourse::queue::BoundedQueue::<u8>::new(1).len(), 0);
    /// ```
    pub fn len(&self) -> usize {
        self.state.lock().len()
    }

    /// Whether there is no item.
    ///
    /// ```
    /// let queue = racecourse::queue::BoundedQueue::new(2);
    /// assert!(queue.is_empty());
    /// queue.put(1).unwrap();
    /// assert!(!queue.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there is no room.
    ///
    /// ```
    /// let queue = racecourse::queue::BoundedQueue::new(1);
    /// assert!(!queue.is_full());
    /// queue.put(1).unwrap();
    /// assert!(queue.is_full());
    /// ```
    pub fn is_full(&self) -> bool {
        self.state.lock().is_full()
    }

    /// Whether [`shutdown`](Self::shutdown) was called. Once true, it stays true.
    ///
    /// ```
    /// use racecourse::queue::{BoundedQueue, Shutdown};
    ///
    /// let queue = BoundedQueue::<u8>::new(1);
    /// assert!(!queue.is_closed());
    /// queue.shutdown(Shutdown::Drain);
    /// assert!(queue.is_closed());
    /// ```
    pub fn is_closed(&self) -> bool {
        self.state.lock().is_closed()
    }

    /// How many items the queue can hold, as given to [`new`](Self::new).
    ///
    /// ```
    /// assert_eq!(racecourse::queue::BoundedQueue::<u8>::new(3).capacity(), 3);
    /// ```
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Gets items, waiting for each, until the queue is shut down and empty. `for item in &queue` does the same.
    ///
    /// It does not call [`task_done`](Self::task_done): the loop's body knows when an item's work is done.
    ///
    /// ```
    /// use racecourse::queue::{BoundedQueue, Shutdown};
    ///
    /// let queue = BoundedQueue::new(2);
    /// queue.put('a').unwrap();
    /// queue.put('b').unwrap();
    /// queue.shutdown(Shutdown::Drain);
    /// assert_eq!(queue.iter().collect::<String>(), "ab");
    /// ```
    pub fn iter(&self) -> Iter<'_, T> {
        Iter { queue: self }
    }
}

impl<T> fmt::Debug for BoundedQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What `f` writes to is foreign code: it must not be called under the lock.
        let (len, closed, unfinished) = {
            let state = self.state.lock();
            (state.len(), state.is_closed(), state.unfinished())
        };
        f.debug_struct("BoundedQueue")
            .field("len", &len)
            .field("capacity", &self.capacity)
            .field("closed", &closed)
            .field("unfinished", &unfinished)
            .finish_non_exhaustive()
    }
}
