//! The end that puts.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::errors::PutError;
use super::super::waiting::Refused;
use super::shared::{Shared, Side};
use crate::lock::deadline;

/// The producer's end of a [`channel`](super::channel). When it is dropped, the receiver gets what is there, and then
/// [`GetError::Closed`](crate::queue::GetError::Closed).
///
/// ```
/// use racecourse::queue::spsc;
///
/// let (mut sender, mut receiver) = spsc::channel(2);
/// sender.put(1).unwrap();
/// drop(sender); // what was put is still got
/// assert_eq!(receiver.get(), Ok(1));
/// assert!(receiver.get().is_err());
/// ```
pub struct Sender<T> {
    shared: Arc<Shared<T>>,
    /// The place of the slot that is put into next.
    place: usize,
}

impl<T> Sender<T> {
    pub(super) fn new(shared: Arc<Shared<T>>) -> Self {
        Self { shared, place: 0 }
    }

    /// Puts `item` at the end, and waits for room if there is none.
    ///
    /// # Errors
    /// [`PutError::Closed`] with the item, if the receiver is gone, or leaves while this waits.
    ///
    /// ```
    /// let (mut sender, receiver) = racecourse::queue::spsc::channel(1);
    /// sender.put(1).unwrap();
    /// drop(receiver);
    /// assert_eq!(sender.put(2).unwrap_err().into_inner(), 2);
    /// ```
    #[inline]
    pub fn put(&mut self, item: T) -> Result<(), PutError<T>> {
        self.put_by(item, None)
    }

    /// Puts `item` at the end if there is room now; never waits.
    ///
    /// # Errors
    /// [`PutError::Full`] or [`PutError::Closed`], with the item.
    ///
    /// ```
    /// use racecourse::queue::{PutError, spsc};
    ///
    /// let (mut sender, receiver) = spsc::channel(1);
    /// assert_eq!(sender.try_put(1), Ok(()));
    /// assert_eq!(sender.try_put(2), Err(PutError::Full(2)));
    /// ```
    #[inline]
    pub fn try_put(&mut self, item: T) -> Result<(), PutError<T>> {
        match self.shared.look(Side::Sender, self.place) {
            Ok(()) => self.write(item),
            Err(Refused::NotNow) => return Err(PutError::Full(item)),
            Err(Refused::Closed) => return Err(PutError::Closed(item)),
        }
        Ok(())
    }

    /// Puts `item` at the end, and waits for room, but no longer than `timeout`.
    ///
    /// # Errors
    /// [`PutError::Timeout`] or [`PutError::Closed`], with the item.
    ///
    /// ```
    /// use racecourse::queue::{PutError, spsc};
    /// use std::time::Duration;
    ///
    /// let (mut sender, receiver) = spsc::channel(1);
    /// sender.put(1).unwrap();
    /// assert_eq!(sender.put_timeout(2, Duration::from_millis(1)), Err(PutError::Timeout(2)));
    /// ```
    pub fn put_timeout(&mut self, item: T, timeout: Duration) -> Result<(), PutError<T>> {
        self.put_by(item, deadline(timeout))
    }

    #[inline]
    fn put_by(&mut self, item: T, deadline: Option<Instant>) -> Result<(), PutError<T>> {
        let ready = match self.shared.look(Side::Sender, self.place) {
            Err(Refused::NotNow) => self.shared.wait(Side::Sender, self.place, deadline),
            settled => settled,
        };
        match ready {
            Ok(()) => self.write(item),
            Err(Refused::NotNow) => return Err(PutError::Timeout(item)),
            Err(Refused::Closed) => return Err(PutError::Closed(item)),
        }
        Ok(())
    }

    /// The slot is ready.
    #[inline]
    fn write(&mut self, item: T) {
        let place = self.place;
        self.place = self.shared.after(place);
        // SAFETY: `self` is the sender, mutably borrowed, and the caller has looked at this slot.
        unsafe { self.shared.write(place, item) };
    }

    /// Whether the receiver is gone. Once true, it stays true.
    ///
    /// ```
    /// let (sender, receiver) = racecourse::queue::spsc::channel::<u8>(1);
    /// assert!(!sender.is_closed());
    /// drop(receiver);
    /// assert!(sender.is_closed());
    /// ```
    pub fn is_closed(&self) -> bool {
        self.shared.is_gone(Side::Receiver)
    }

    /// How many items the queue can hold, as given to [`channel`](super::channel).
    ///
    /// ```
    /// let (sender, _receiver) = racecourse::queue::spsc::channel::<u8>(3);
    /// assert_eq!(sender.capacity(), 3);
    /// ```
    pub fn capacity(&self) -> usize {
        self.shared.capacity()
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.shared.leave(Side::Sender);
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender")
            .field("capacity", &self.capacity())
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}
