//! [`std::sync::mpsc`], under the same names: channels with many senders and one receiver.
//!
//! ```
//! use racecourse::sync::mpsc;
//! use racecourse::thread;
//!
//! let (sender, receiver) = mpsc::channel();
//! let squares = thread::spawn(move || {
//!     for n in 1..=3 {
//!         sender.send(n * n).unwrap();
//!     }
//! });
//! assert_eq!(receiver.iter().sum::<u32>(), 14);
//! squares.join().unwrap();
//! ```
//!
//! Under a check a channel is a queue under a mutex. A message happens before its receipt, as std
//! promises; besides, the calls of senders are ordered among themselves, which std does not promise.

use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::time::Duration;

#[cfg(feature = "check")]
use crate::check::dual::mpsc as inner;
#[cfg(not(feature = "check"))]
use std::sync::mpsc as inner;

pub use std::sync::mpsc::{RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError};

/// A channel without a bound: sending never waits.
#[track_caller]
#[inline]
#[must_use]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = inner::channel();
    (Sender { inner: sender }, Receiver { inner: receiver })
}

/// A channel that holds up to `capacity` messages: sending waits while it is full. With a capacity of 0 it
/// holds none: a send waits until the receiver has taken the message ("rendezvous").
///
/// ```
/// use racecourse::sync::mpsc::{TrySendError, sync_channel};
///
/// let (sender, receiver) = sync_channel(1);
/// sender.send("first").unwrap();
/// assert_eq!(sender.try_send("second"), Err(TrySendError::Full("second")));
/// drop(receiver);
/// assert_eq!(sender.try_send("third"), Err(TrySendError::Disconnected("third")));
/// ```
#[track_caller]
#[inline]
#[must_use]
pub fn sync_channel<T>(capacity: usize) -> (SyncSender<T>, Receiver<T>) {
    let (sender, receiver) = inner::sync_channel(capacity);
    (SyncSender { inner: sender }, Receiver { inner: receiver })
}

/// Sends into a [`channel`]. When the last one is dropped, the receiver gets what is left, then errors.
#[cfg_attr(not(feature = "check"), repr(transparent))]
pub struct Sender<T> {
    inner: inner::Sender<T>,
}

/// Sends into a [`sync_channel`]. When the last one is dropped, the receiver gets what is left, then errors.
#[cfg_attr(not(feature = "check"), repr(transparent))]
pub struct SyncSender<T> {
    inner: inner::SyncSender<T>,
}

/// Receives from a channel. When it is dropped, so are the messages that are left, and sending fails.
#[cfg_attr(not(feature = "check"), repr(transparent))]
pub struct Receiver<T> {
    inner: inner::Receiver<T>,
}

impl<T> UnwindSafe for Sender<T> {}
impl<T> RefUnwindSafe for Sender<T> {}
impl<T> UnwindSafe for SyncSender<T> {}
impl<T> RefUnwindSafe for SyncSender<T> {}
impl<T> UnwindSafe for Receiver<T> {}
impl<T> RefUnwindSafe for Receiver<T> {}

impl<T> Sender<T> {
    /// Sends a message; never waits.
    ///
    /// # Errors
    /// The message, if the receiver is gone.
    #[track_caller]
    #[inline]
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        self.inner.send(message)
    }
}

impl<T> SyncSender<T> {
    /// Sends a message, waiting while the channel is full; with a capacity of 0, until it is taken.
    ///
    /// # Errors
    /// The message, if the receiver is gone.
    #[track_caller]
    #[inline]
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        self.inner.send(message)
    }

    /// Sends a message if that is possible without waiting; with a capacity of 0, if the receiver waits.
    ///
    /// # Errors
    /// The message, if the channel is full, or the receiver is gone.
    #[track_caller]
    #[inline]
    pub fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        self.inner.try_send(message)
    }
}

impl<T> Receiver<T> {
    /// Takes the next message, waiting for it as long as it takes.
    ///
    /// # Errors
    /// If there is none, and every sender is gone.
    #[track_caller]
    #[inline]
    pub fn recv(&self) -> Result<T, RecvError> {
        self.inner.recv()
    }

    /// Takes the next message, if there is one.
    ///
    /// # Errors
    /// If there is none; says whether every sender is gone too.
    #[track_caller]
    #[inline]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.inner.try_recv()
    }

    /// Takes the next message, waiting for it for at most `timeout`. Under a check the timeout may come at
    /// any time.
    ///
    /// # Errors
    /// If none came in time, or there is none and every sender is gone.
    #[track_caller]
    #[inline]
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.inner.recv_timeout(timeout)
    }

    /// The messages, waiting for each, until every sender is gone.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter { receiver: self }
    }

    /// The messages that are there, without waiting.
    pub fn try_iter(&self) -> TryIter<'_, T> {
        TryIter { receiver: self }
    }
}

impl<T> Clone for Sender<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
        }
    }
}

impl<T> Clone for SyncSender<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
        }
    }
}

/// Made by [`Receiver::iter`].
#[derive(Debug)]
pub struct Iter<'a, T> {
    receiver: &'a Receiver<T>,
}

/// Made by [`Receiver::try_iter`].
#[derive(Debug)]
pub struct TryIter<'a, T> {
    receiver: &'a Receiver<T>,
}

/// The messages of a receiver that the iterator owns.
#[derive(Debug)]
pub struct IntoIter<T> {
    receiver: Receiver<T>,
}

impl<T> Iterator for Iter<'_, T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.receiver.recv().ok()
    }
}

impl<T> Iterator for TryIter<'_, T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.receiver.try_recv().ok()
    }
}

impl<T> Iterator for IntoIter<T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.receiver.recv().ok()
    }
}

impl<'a, T> IntoIterator for &'a Receiver<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T> IntoIterator for Receiver<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    fn into_iter(self) -> IntoIter<T> {
        IntoIter { receiver: self }
    }
}

macro_rules! opaque_debug {
    ($($name:ident)*) => {$(
        impl<T> fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}

opaque_debug! { Sender SyncSender Receiver }
