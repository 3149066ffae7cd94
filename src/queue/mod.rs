//! Queues between threads.
//!
//! | Type | What it is | Full | Empty |
//! |---|---|---|---|
//! | [`BoundedQueue`] | first in, first out; any number of producers and consumers; whole face of Python's `queue.Queue` | `put` waits | `get` waits |
//! | [`RingBuffer`] | the same order, without a lock, and without `task_done` and tasks | `put` waits | `get` waits |
//! | [`spsc::channel`] | the same order, for one producer and one consumer | `put` waits | `get` waits |
//!
//! # For those who know `queue.Queue`
//!
//! | Python | Here |
//! |---|---|
//! | `Queue(maxsize)` | [`BoundedQueue::new(capacity)`](BoundedQueue::new); for "no limit" give `usize::MAX`, and not 0 |
//! | `put(x)`, `put_nowait(x)`, `put(x, timeout=t)` | [`put`](BoundedQueue::put), [`try_put`](BoundedQueue::try_put), [`put_timeout`](BoundedQueue::put_timeout) |
//! | `get()`, `get_nowait()`, `get(timeout=t)` | [`get`](BoundedQueue::get), [`try_get`](BoundedQueue::try_get), [`get_timeout`](BoundedQueue::get_timeout) |
//! | `qsize()`, `empty()`, `full()`, `maxsize` | [`len`](BoundedQueue::len), [`is_empty`](BoundedQueue::is_empty), [`is_full`](BoundedQueue::is_full), [`capacity`](BoundedQueue::capacity) |
//! | `task_done()`, `join()` | [`task_done`](BoundedQueue::task_done), [`join`](BoundedQueue::join); also [`join_timeout`](BoundedQueue::join_timeout) |
//! | `shutdown()`, `shutdown(immediate=True)` | [`shutdown`](BoundedQueue::shutdown) with [`Shutdown::Drain`], [`Shutdown::Immediate`], which hands the dropped items back |
//! | exceptions `Full`, `Empty`, `ShutDown` | [`PutError`], which holds the item; [`GetError`] |
//! | `asyncio.Queue` | the same queue, with the feature `async`: `put_async`, `get_async` |
//!
//! # Async
//!
//! With the cargo feature `async`, which adds no dependency and needs no particular runtime, `put_async` and `get_async` wait
//! without blocking their thread. Threads and tasks may use one queue together.

#[cfg(feature = "async")]
mod asynchronous;
mod bounded;
mod completion;
mod errors;
mod iter;
mod ring;
pub mod spsc;
mod state;
mod waiters;
mod waiting;

#[cfg(feature = "async")]
pub use asynchronous::{GetFuture, PutFuture};
pub use bounded::BoundedQueue;
pub use errors::{CapacityError, GetError, JoinTimeout, PutError, TaskDoneError};
pub use iter::Iter;
pub use ring::{RingBuffer, RingIter};

/// How a queue, or a pool, ends.
///
/// ```
/// use racecourse::queue::{BoundedQueue, Shutdown};
///
/// let queue = BoundedQueue::new(2);
/// queue.put(1).unwrap();
/// queue.shutdown(Shutdown::Drain);
/// assert_eq!(queue.get(), Ok(1)); // still there
///
/// let queue = BoundedQueue::new(2);
/// queue.put(1).unwrap();
/// assert_eq!(queue.shutdown(Shutdown::Immediate), [1]); // handed back
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shutdown {
    /// Take no more. What a queue holds can still be got; what a pool has queued is still run.
    Drain,
    /// Take no more and drop what is there: the items of a queue, the tasks of a pool that have not begun.
    /// Tasks that run already are finished: a thread cannot be stopped from outside.
    Immediate,
}
