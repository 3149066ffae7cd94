//! The ring buffer, for threads.

mod slots;

use std::fmt;
use std::iter::FusedIterator;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::time::{Duration, Instant};

use super::Shutdown;
use super::errors::{CapacityError, GetError, PutError};
use super::waiting::{Refused, wait};
use crate::event::Event;
use crate::lock::deadline;
use slots::Slots;

/// A first-in-first-out queue of at most `capacity` items in a ring of slots, for any number of producers and consumers,
/// without a lock.
///
/// Against [`BoundedQueue`](super::BoundedQueue): several times as fast where the threads are busy; its memory is there from the
/// start; it has no `task_done`, and no face for tasks.
///
/// - **Order**: items are got in the order in which they were put. Of several who wait, any may come next.
/// - **Memory**: what a thread did before it put an item happens-before what is done by whoever gets that item.
/// - **Nothing is lost**: an item that could not be put comes back in the error; one that is left is dropped with the queue.
/// - **Waiting**: a little spinning, then yielding, then sleep; a system call only when somebody sleeps.
/// - **Progress**: nobody waits for who is elsewhere. Only where a thread has been interrupted in the few instructions
///   between claiming a slot and being done with it, those wait who need that slot.
///
/// The algorithm is D. Vyukov's *bounded MPMC queue* (1024cores.net, 2010), here of any capacity, closable, and with ends that
/// sleep.
///
/// ```
/// use racecourse::queue::{RingBuffer, Shutdown};
///
/// let ring = RingBuffer::new(2);
/// std::thread::scope(|s| {
///     s.spawn(|| {
///         for n in 1..=5 {
///             ring.put(n).unwrap();
///         }
///         ring.shutdown(Shutdown::Drain);
///     });
///     assert_eq!(ring.iter().sum::<i32>(), 15);
/// });
/// ```
pub struct RingBuffer<T> {
    slots: Slots<T>,
    /// Getters sleep here.
    not_empty: Event,
    /// Putters sleep here.
    not_full: Event,
}

// No foreign code runs between an operation's two steps, so a panic cannot leave one half done.
impl<T> UnwindSafe for RingBuffer<T> {}
impl<T> RefUnwindSafe for RingBuffer<T> {}

impl<T> RingBuffer<T> {
    /// An empty ring of `capacity` slots.
    ///
    /// # Panics
    /// If `capacity` is 0, or more than memory can hold. For a capacity that comes from outside, see
    /// [`try_new`](Self::try_new).
    ///
    /// ```
    /// let ring = racecourse::queue::RingBuffer::<u8>::new(3);
    /// assert_eq!(ring.capacity(), 3);
    /// ```
    #[track_caller]
    pub fn new(capacity: usize) -> Self {
        match Self::try_new(capacity) {
            Ok(ring) => ring,
            Err(error) => panic!("RingBuffer::new: {error}"),
        }
    }

    /// As [`new`](Self::new), but returns the error if `capacity` is 0.
    ///
    /// # Errors
    /// [`CapacityError`], if `capacity` is 0.
    ///
    /// # Panics
    /// If `capacity` is more than memory can hold.
    ///
    /// ```
    /// assert!(racecourse::queue::RingBuffer::<u8>::try_new(0).is_err());
    /// ```
    pub fn try_new(capacity: usize) -> Result<Self, CapacityError> {
        if capacity == 0 {
            return Err(CapacityError(()));
        }
        Ok(Self {
            slots: Slots::new(capacity),
            not_empty: Event::new(),
            not_full: Event::new(),
        })
    }

    /// Puts `item` at the end, and waits for room if there is none.
    ///
    /// # Errors
    /// [`PutError::Closed`] with the item, if the ring is shut down, or is while this waits.
    ///
    /// ```
    /// let ring = racecourse::queue::RingBuffer::new(1);
    /// ring.put("tea").unwrap();
    /// assert_eq!(ring.len(), 1);
    /// ```
    #[inline]
    pub fn put(&self, item: T) -> Result<(), PutError<T>> {
        self.put_by(item, None)
    }

    /// Puts `item` at the end if there is room now; never sleeps.
    ///
    /// # Errors
    /// [`PutError::Full`] or [`PutError::Closed`], with the item.
    ///
    /// ```
    /// use racecourse::queue::{PutError, RingBuffer};
    ///
    /// let ring = RingBuffer::new(1);
    /// assert_eq!(ring.try_put(1), Ok(()));
    /// assert_eq!(ring.try_put(2), Err(PutError::Full(2)));
    /// ```
    #[inline]
    pub fn try_put(&self, item: T) -> Result<(), PutError<T>> {
        match self.slots.claim_put() {
            Ok(slot) => slot.write(item),
            Err(Refused::NotNow) => return Err(PutError::Full(item)),
            Err(Refused::Closed) => return Err(PutError::Closed(item)),
        }
        self.not_empty.notify_one();
        Ok(())
    }

    /// Puts `item` at the end, and waits for room, but no longer than `timeout`.
    ///
    /// # Errors
    /// [`PutError::Timeout`] or [`PutError::Closed`], with the item.
    ///
    /// ```
    /// use racecourse::queue::{PutError, RingBuffer};
    /// use std::time::Duration;
    ///
    /// let ring = RingBuffer::new(1);
    /// ring.put(1).unwrap();
    /// assert_eq!(ring.put_timeout(2, Duration::from_millis(1)), Err(PutError::Timeout(2)));
    /// ```
    pub fn put_timeout(&self, item: T, timeout: Duration) -> Result<(), PutError<T>> {
        self.put_by(item, deadline(timeout))
    }

    #[inline]
    fn put_by(&self, item: T, deadline: Option<Instant>) -> Result<(), PutError<T>> {
        let slot = match self.slots.claim_put() {
            Err(Refused::NotNow) => wait(
                || self.slots.claim_put(),
                || self.slots.is_full_and_open(),
                &self.not_full,
                deadline,
            ),
            settled => settled,
        };
        match slot {
            Ok(slot) => slot.write(item),
            Err(Refused::NotNow) => return Err(PutError::Timeout(item)),
            Err(Refused::Closed) => return Err(PutError::Closed(item)),
        }
        self.not_empty.notify_one();
        Ok(())
    }

    /// Takes the oldest item, and waits for one if there is none.
    ///
    /// # Errors
    /// [`GetError::Closed`], if the ring is shut down and empty, or is while this waits.
    ///
    /// ```
    /// let ring = racecourse::queue::RingBuffer::new(2);
    /// ring.put(1).unwrap();
    /// ring.put(2).unwrap();
    /// assert_eq!(ring.get(), Ok(1));
    /// ```
    #[inline]
    pub fn get(&self) -> Result<T, GetError> {
        self.get_by(None)
    }

    /// Takes the oldest item if there is one now; never sleeps.
    ///
    /// # Errors
    /// [`GetError::Empty`] or [`GetError::Closed`].
    ///
    /// ```
    /// use racecourse::queue::{GetError, RingBuffer};
    ///
    /// let ring = RingBuffer::<u8>::new(1);
    /// assert_eq!(ring.try_get(), Err(GetError::Empty));
    /// ```
    #[inline]
    pub fn try_get(&self) -> Result<T, GetError> {
        let item = match self.slots.claim_get() {
            Ok(slot) => slot.take(),
            Err(Refused::NotNow) => return Err(GetError::Empty),
            Err(Refused::Closed) => return Err(GetError::Closed),
        };
        self.not_full.notify_one();
        Ok(item)
    }

    /// Takes the oldest item, and waits for one, but no longer than `timeout`.
    ///
    /// # Errors
    /// [`GetError::Timeout`] or [`GetError::Closed`].
    ///
    /// ```
    /// use racecourse::queue::{GetError, RingBuffer};
    /// use std::time::Duration;
    ///
    /// let ring = RingBuffer::<u8>::new(1);
    /// assert_eq!(ring.get_timeout(Duration::from_millis(1)), Err(GetError::Timeout));
    /// ```
    pub fn get_timeout(&self, timeout: Duration) -> Result<T, GetError> {
        self.get_by(deadline(timeout))
    }

    #[inline]
    fn get_by(&self, deadline: Option<Instant>) -> Result<T, GetError> {
        let slot = match self.slots.claim_get() {
            Err(Refused::NotNow) => wait(
                || self.slots.claim_get(),
                || self.slots.is_empty_and_open(),
                &self.not_empty,
                deadline,
            ),
            settled => settled,
        };
        let item = match slot {
            Ok(slot) => slot.take(),
            Err(Refused::NotNow) => return Err(GetError::Timeout),
            Err(Refused::Closed) => return Err(GetError::Closed),
        };
        self.not_full.notify_one();
        Ok(item)
    }

    /// How many items are in the ring. Others may change it before the caller has looked at the answer; so too with
    /// [`is_empty`](Self::is_empty) and [`is_full`](Self::is_full).
    ///
    /// ```
    /// assert_eq!(racecourse::queue::RingBuffer::<u8>::new(1).len(), 0);
    /// ```
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there is no item.
    ///
    /// ```
    /// assert!(racecourse::queue::RingBuffer::<u8>::new(1).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there is no room.
    ///
    /// ```
    /// let ring = racecourse::queue::RingBuffer::new(1);
    /// ring.put(1).unwrap();
    /// assert!(ring.is_full());
    /// ```
    pub fn is_full(&self) -> bool {
        self.len() == self.capacity()
    }

    /// How many items the ring can hold, as given to [`new`](Self::new).
    ///
    /// ```
    /// assert_eq!(racecourse::queue::RingBuffer::<u8>::new(5).capacity(), 5);
    /// ```
    pub fn capacity(&self) -> usize {
        self.slots.capacity()
    }

    /// Whether [`shutdown`](Self::shutdown) was called. Once true, it stays true.
    ///
    /// ```
    /// assert!(!racecourse::queue::RingBuffer::<u8>::new(1).is_closed());
    /// ```
    pub fn is_closed(&self) -> bool {
        self.slots.is_closed()
    }

    /// Shuts the ring down, for good: every put that has not succeeded yet, waiting ones included, fails with
    /// [`PutError::Closed`], and a get fails with [`GetError::Closed`] once the ring is empty.
    ///
    /// - [`Shutdown::Drain`] leaves the items for the getters, and returns none.
    /// - [`Shutdown::Immediate`] does that, and then takes all items at once and **returns them**, oldest first. Getters may
    ///   come in between the two steps.
    ///
    /// Each item is thus got by one getter, or returned here, or handed back to its putter, whatever races with
    /// the shutdown. Shutting down again does nothing, but `Immediate` after `Drain` still empties the ring.
    ///
    /// ```
    /// use racecourse::queue::{GetError, PutError, RingBuffer, Shutdown};
    ///
    /// let ring = RingBuffer::new(2);
    /// ring.put(1).unwrap();
    /// ring.shutdown(Shutdown::Drain);
    /// assert_eq!(ring.put(2), Err(PutError::Closed(2)));
    /// assert_eq!(ring.get(), Ok(1));
    /// assert_eq!(ring.get(), Err(GetError::Closed));
    /// ```
    pub fn shutdown(&self, how: Shutdown) -> Vec<T> {
        self.slots.close();
        self.not_full.notify_all();
        self.not_empty.notify_all();
        match how {
            Shutdown::Drain => Vec::new(),
            Shutdown::Immediate => self.slots.take_all(),
        }
    }

    /// Gets items, waiting for each, until the ring is shut down and empty. `for item in &ring` does the same.
    ///
    /// ```
    /// use racecourse::queue::{RingBuffer, Shutdown};
    ///
    /// let ring = RingBuffer::new(2);
    /// ring.put('a').unwrap();
    /// ring.put('b').unwrap();
    /// ring.shutdown(Shutdown::Drain);
    /// assert_eq!(ring.iter().collect::<String>(), "ab");
    /// ```
    pub fn iter(&self) -> RingIter<'_, T> {
        RingIter { ring: self }
    }
}

impl<T> fmt::Debug for RingBuffer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RingBuffer")
            .field("len", &self.len())
            .field("capacity", &self.capacity())
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}

impl<'a, T> IntoIterator for &'a RingBuffer<T> {
    type Item = T;
    type IntoIter = RingIter<'a, T>;

    fn into_iter(self) -> RingIter<'a, T> {
        self.iter()
    }
}

/// Gets items until the ring is shut down and empty. Made by [`RingBuffer::iter`].
///
/// ```
/// use racecourse::queue::{RingBuffer, Shutdown};
///
/// let ring = RingBuffer::new(2);
/// ring.put(1).unwrap();
/// ring.put(2).unwrap();
/// ring.shutdown(Shutdown::Drain);
/// assert_eq!(ring.iter().collect::<Vec<_>>(), [1, 2]);
/// ```
#[derive(Debug)]
pub struct RingIter<'a, T> {
    ring: &'a RingBuffer<T>,
}

impl<T> Iterator for RingIter<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.ring.get().ok()
    }
}

// A ring that is shut down and empty stays so.
impl<T> FusedIterator for RingIter<'_, T> {}
