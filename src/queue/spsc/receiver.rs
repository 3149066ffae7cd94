//! The end that gets.

use std::fmt;
use std::iter::FusedIterator;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::errors::GetError;
use super::super::waiting::Refused;
use super::shared::{Shared, Side};
use crate::lock::deadline;

/// The consumer's end of a [`channel`](super::channel). When it is dropped, the sender gets
/// [`PutError::Closed`](crate::queue::PutError::Closed); the items that are left are dropped when the sender is, too.
///
/// ```
/// use racecourse::queue::spsc;
///
/// let (mut sender, receiver) = spsc::channel(2);
/// drop(receiver);
/// assert_eq!(sender.put(1).unwrap_err().into_inner(), 1); // nobody would get it
/// ```
pub struct Receiver<T> {
    shared: Arc<Shared<T>>,
    /// The place of the slot that is got from next.
    place: usize,
}

impl<T> Receiver<T> {
    pub(super) fn new(shared: Arc<Shared<T>>) -> Self {
        Self { shared, place: 0 }
    }

    /// Takes the oldest item, and waits for one if there is none.
    ///
    /// # Errors
    /// [`GetError::Closed`], if there is none and the sender is gone, or leaves while this waits.
    ///
    /// ```
    /// use racecourse::queue::{GetError, spsc};
    ///
    /// let (mut sender, mut receiver) = spsc::channel(2);
    /// sender.put(1).unwrap();
    /// drop(sender);
    /// assert_eq!(receiver.get(), Ok(1));
    /// assert_eq!(receiver.get(), Err(GetError::Closed));
    /// ```
    #[inline]
    pub fn get(&mut self) -> Result<T, GetError> {
        self.get_by(None)
    }

    /// Takes the oldest item if there is one now; never waits.
    ///
    /// # Errors
    /// [`GetError::Empty`] or [`GetError::Closed`].
    ///
    /// ```
    /// use racecourse::queue::{GetError, spsc};
    ///
    /// let (sender, mut receiver) = spsc::channel::<u8>(1);
    /// assert_eq!(receiver.try_get(), Err(GetError::Empty));
    /// ```
    #[inline]
    pub fn try_get(&mut self) -> Result<T, GetError> {
        match self.shared.look(Side::Receiver, self.place) {
            Ok(()) => Ok(self.take()),
            Err(Refused::NotNow) => Err(GetError::Empty),
            Err(Refused::Closed) => Err(GetError::Closed),
        }
    }

    /// Takes the oldest item, and waits for one, but no longer than `timeout`.
    ///
    /// # Errors
    /// [`GetError::Timeout`] or [`GetError::Closed`].
    ///
    /// ```
    /// use racecourse::queue::{GetError, spsc};
    /// use std::time::Duration;
    ///
    /// let (sender, mut receiver) = spsc::channel::<u8>(1);
    /// assert_eq!(receiver.get_timeout(Duration::from_millis(1)), Err(GetError::Timeout));
    /// ```
    pub fn get_timeout(&mut self, timeout: Duration) -> Result<T, GetError> {
        self.get_by(deadline(timeout))
    }

    #[inline]
    fn get_by(&mut self, deadline: Option<Instant>) -> Result<T, GetError> {
        let ready = match self.shared.look(Side::Receiver, self.place) {
            Err(Refused::NotNow) => self.shared.wait(Side::Receiver, self.place, deadline),
            settled => settled,
        };
        match ready {
            Ok(()) => Ok(self.take()),
            Err(Refused::NotNow) => Err(GetError::Timeout),
            Err(Refused::Closed) => Err(GetError::Closed),
        }
    }

    /// The slot is ready.
    #[inline]
    fn take(&mut self) -> T {
        let place = self.place;
        self.place = self.shared.after(place);
        // SAFETY: `self` is the receiver, mutably borrowed, and the caller has looked at this slot.
        unsafe { self.shared.take(place) }
    }

    /// Whether the sender is gone. There may still be items.
    ///
    /// ```
    /// let (sender, receiver) = racecourse::queue::spsc::channel::<u8>(1);
    /// assert!(!receiver.is_closed());
    /// drop(sender);
    /// assert!(receiver.is_closed());
    /// ```
    pub fn is_closed(&self) -> bool {
        self.shared.is_gone(Side::Sender)
    }

    /// How many items the queue can hold, as given to [`channel`](super::channel).
    ///
    /// ```
    /// let (_sender, receiver) = racecourse::queue::spsc::channel::<u8>(3);
    /// assert_eq!(receiver.capacity(), 3);
    /// ```
    pub fn capacity(&self) -> usize {
        self.shared.capacity()
    }

    /// Gets items, waiting for each, until the sender is gone and the queue is empty.
    ///
    /// ```
    /// let (mut sender, mut receiver) = racecourse::queue::spsc::channel(2);
    /// sender.put('a').unwrap();
    /// sender.put('b').unwrap();
    /// drop(sender);
    /// assert_eq!(receiver.iter().collect::<String>(), "ab");
    /// ```
    pub fn iter(&mut self) -> Iter<'_, T> {
        Iter { receiver: self }
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.shared.leave(Side::Receiver);
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("capacity", &self.capacity())
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}

/// Gets items until the sender is gone and the queue is empty. Made by [`Receiver::iter`].
///
/// ```
/// use racecourse::queue::spsc;
///
/// let (mut sender, mut receiver) = spsc::channel(2);
/// sender.put(1).unwrap();
/// drop(sender);
/// assert_eq!(receiver.iter().collect::<Vec<_>>(), [1]);
/// ```
#[derive(Debug)]
pub struct Iter<'a, T> {
    receiver: &'a mut Receiver<T>,
}

impl<T> Iterator for Iter<'_, T> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        self.receiver.get().ok()
    }
}

// A queue that is closed and empty stays so.
impl<T> FusedIterator for Iter<'_, T> {}

impl<'a, T> IntoIterator for &'a mut Receiver<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

/// As [`Iter`], with the receiver in it.
///
/// ```
/// use racecourse::queue::spsc;
///
/// let (mut sender, receiver) = spsc::channel(2);
/// sender.put(1).unwrap();
/// drop(sender);
/// assert_eq!(receiver.into_iter().collect::<Vec<_>>(), [1]);
/// ```
#[derive(Debug)]
pub struct IntoIter<T> {
    receiver: Receiver<T>,
}

impl<T> Iterator for IntoIter<T> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        self.receiver.get().ok()
    }
}

// A queue that is closed and empty stays so.
impl<T> FusedIterator for IntoIter<T> {}

impl<T> IntoIterator for Receiver<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    fn into_iter(self) -> IntoIter<T> {
        IntoIter { receiver: self }
    }
}
