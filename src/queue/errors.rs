//! What a queue refuses, and what to do about it.

use std::error::Error;
use std::fmt;

/// Why an item was not put. It holds the item: nothing is lost.
///
/// ```
/// use racecourse::queue::{BoundedQueue, PutError};
///
/// let queue = BoundedQueue::new(1);
/// queue.put("first").unwrap();
/// let error = queue.try_put("second").unwrap_err();
/// assert_eq!(error, PutError::Full("second"));
/// assert_eq!(error.into_inner(), "second"); // nothing is lost
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum PutError<T> {
    /// There was no room. Only `try_put` says so.
    Full(T),
    /// The queue is shut down.
    Closed(T),
    /// The time passed before there was room.
    Timeout(T),
}

impl<T> PutError<T> {
    /// The item that was not put.
    ///
    /// ```
    /// use racecourse::queue::BoundedQueue;
    ///
    /// let queue = BoundedQueue::new(1);
    /// queue.put("first").unwrap();
    /// assert_eq!(queue.try_put("second").unwrap_err().into_inner(), "second");
    /// ```
    pub fn into_inner(self) -> T {
        match self {
            Self::Full(item) | Self::Closed(item) | Self::Timeout(item) => item,
        }
    }
}

/// Without the item, so that `unwrap` works with every `T`.
impl<T> fmt::Debug for PutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "Full(..)",
            Self::Closed(_) => "Closed(..)",
            Self::Timeout(_) => "Timeout(..)",
        })
    }
}

impl<T> fmt::Display for PutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => {
                "the queue is full: wait with `put` or `put_timeout`, get an item first, or give it more capacity"
            }
            Self::Closed(_) => {
                "the queue is shut down and takes no more items: stop putting; `into_inner` gives the item back"
            }
            Self::Timeout(_) => {
                "the queue stayed full until the time had passed: wait longer, or get items faster; \
                 `into_inner` gives the item back"
            }
        })
    }
}

impl<T> Error for PutError<T> {}

/// Why no item was got.
///
/// ```
/// use racecourse::queue::{BoundedQueue, GetError};
///
/// let queue = BoundedQueue::<u8>::new(1);
/// assert_eq!(queue.try_get(), Err(GetError::Empty));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GetError {
    /// There was no item. Only `try_get` says so.
    Empty,
    /// The queue is shut down and empty: there will never be an item again.
    Closed,
    /// The time passed before there was an item.
    Timeout,
}

impl fmt::Display for GetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the queue is empty: wait with `get` or `get_timeout`, or put an item first",
            Self::Closed => "the queue is shut down and empty, no item will come: stop getting",
            Self::Timeout => {
                "the queue stayed empty until the time had passed: wait longer, or see what keeps the producers"
            }
        })
    }
}

impl Error for GetError {}

/// A queue of capacity 0 was asked for.
///
/// ```
/// use racecourse::queue::BoundedQueue;
///
/// let error = BoundedQueue::<u8>::try_new(0).unwrap_err();
/// assert!(error.to_string().contains("at least one item"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CapacityError(pub(super) ());

impl fmt::Display for CapacityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "capacity 0: a bounded queue must hold at least one item; give a capacity of 1 or more \
             (for no limit in practice, `usize::MAX`)",
        )
    }
}

impl Error for CapacityError {}

/// `task_done` was called more often than items were put.
///
/// ```
/// use racecourse::queue::BoundedQueue;
///
/// let queue = BoundedQueue::new(1);
/// queue.put(1).unwrap();
/// queue.get().unwrap();
/// assert!(queue.task_done().is_ok());
/// assert!(queue.task_done().is_err()); // nothing more was put
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskDoneError(pub(super) ());

impl fmt::Display for TaskDoneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "task_done was called more often than items were put: call it once for each item got \
             (those that an immediate shutdown hands back are counted already)",
        )
    }
}

impl Error for TaskDoneError {}

/// Tasks were unfinished still when the time given to `join_timeout` had passed.
///
/// ```
/// use racecourse::queue::BoundedQueue;
/// use std::time::Duration;
///
/// let queue = BoundedQueue::new(1);
/// queue.put(1).unwrap();
/// let error = queue.join_timeout(Duration::from_millis(1)).unwrap_err();
/// assert_eq!(error.unfinished(), 1);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JoinTimeout {
    pub(super) unfinished: u64,
}

impl JoinTimeout {
    /// How many items were put for which `task_done` had not been called; at least 1.
    ///
    /// ```
    /// use racecourse::queue::BoundedQueue;
    /// use std::time::Duration;
    ///
    /// let queue = BoundedQueue::new(2);
    /// queue.put(1).unwrap();
    /// queue.put(2).unwrap();
    /// queue.get().unwrap();
    /// queue.task_done().unwrap();
    /// assert_eq!(queue.join_timeout(Duration::ZERO).unwrap_err().unfinished(), 1);
    /// ```
    pub fn unfinished(&self) -> u64 {
        self.unfinished
    }
}

impl fmt::Display for JoinTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "tasks not done when the time had passed: {}; wait longer, or see that whoever gets an item calls \
             `task_done` for it",
            self.unfinished
        )
    }
}

impl Error for JoinTimeout {}
