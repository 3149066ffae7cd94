//! The bounded queue, for tasks.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::bounded::BoundedQueue;
use super::errors::{GetError, PutError};

impl<T> BoundedQueue<T> {
    /// As [`put`](Self::put), for a task: waits for room without blocking the thread.
    ///
    /// **Cancellation** is safe: when the future is dropped before it is ready, the item was not put, and is dropped
    /// with it; [`PutFuture::cancel`] gives it back instead. A wake-up that the future had received goes to another.
    ///
    /// # Errors
    /// [`PutError::Closed`] with the item.
    ///
    /// ```
    /// use std::{future::Future, pin::pin, task::{Context, Poll, Waker}};
    /// use racecourse::queue::BoundedQueue;
    ///
    /// let queue = BoundedQueue::new(1);
    /// queue.put(1).unwrap();
    /// let mut cx = Context::from_waker(Waker::noop()); // a runtime brings a real one
    /// let mut put = pin!(queue.put_async(2));
    /// assert!(put.as_mut().poll(&mut cx).is_pending());
    /// queue.get().unwrap();
    /// assert_eq!(put.poll(&mut cx), Poll::Ready(Ok(())));
    /// ```
    pub fn put_async(&self, item: T) -> PutFuture<'_, T> {
        PutFuture {
            queue: self,
            item: Some(item),
            ticket: None,
        }
    }

    /// As [`get`](Self::get), for a task: waits for an item without blocking the thread.
    ///
    /// **Cancellation** is safe: a future that is dropped before it is ready has taken no item, and a wake-up that it had
    /// received goes to another.
    ///
    /// # Errors
    /// [`GetError::Closed`], if the queue is shut down and empty.
    ///
    /// ```
    /// use std::{future::Future, pin::pin, task::{Context, Poll, Waker}};
    /// use racecourse::queue::BoundedQueue;
    ///
    /// let queue = BoundedQueue::new(1);
    /// let mut cx = Context::from_waker(Waker::noop()); // a runtime brings a real one
    /// let mut get = pin!(queue.get_async());
    /// assert!(get.as_mut().poll(&mut cx).is_pending());
    /// queue.put(1).unwrap();
    /// assert_eq!(get.poll(&mut cx), Poll::Ready(Ok(1)));
    /// ```
    pub fn get_async(&self) -> GetFuture<'_, T> {
        GetFuture {
            queue: self,
            finished: false,
            ticket: None,
        }
    }
}

/// Puts an item when there is room. Made by [`BoundedQueue::put_async`].
///
/// ```
/// use racecourse::queue::BoundedQueue;
/// use racecourse::thread::block_on;
///
/// let queue = BoundedQueue::new(1);
/// block_on(async { queue.put_async(7).await.unwrap() });
/// assert_eq!(queue.get(), Ok(7));
/// ```
#[must_use = "a future does nothing unless it is awaited"]
pub struct PutFuture<'a, T> {
    queue: &'a BoundedQueue<T>,
    /// `None` once the future was ready.
    item: Option<T>,
    /// The place among those who wait, from the first time that there was no room.
    ticket: Option<u64>,
}

impl<T> PutFuture<'_, T> {
    /// Gives up, and gives the item back. `None`, if the future was ready already: the item was put, or is in the error.
    ///
    /// ```
    /// let queue = racecourse::queue::BoundedQueue::new(1);
    /// assert_eq!(queue.put_async("tea").cancel(), Some("tea"));
    /// ```
    pub fn cancel(mut self) -> Option<T> {
        self.give_up();
        self.item.take()
    }

    /// Leaves the line. If this was woken for a free place that it will not use, another is woken.
    fn give_up(&mut self) {
        let Some(ticket) = self.ticket.take() else {
            return; // Never waited, or has been ready: nobody has counted on it.
        };
        let mut state = self.queue.state.lock();
        let registered = state.putters.deregister(Some(ticket));
        let wake = if registered.is_none() && !state.is_full() {
            state.putters.one()
        } else {
            Default::default()
        };
        drop(state);
        wake.send(&self.queue.not_full);
    }
}

// The item is never pinned: it is moved into the queue.
impl<T> Unpin for PutFuture<'_, T> {}

impl<T> Future for PutFuture<'_, T> {
    type Output = Result<(), PutError<T>>;

    /// # Panics
    /// If polled again after it was ready.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let waker = cx.waker().clone(); // Foreign code: before the item is in our hands, and without the lock.
        let item = this.item.take();
        let item = item.expect("PutFuture polled again after it was ready: await it once");
        let mut state = this.queue.state.lock();
        match state.push(item) {
            Err(PutError::Full(item)) => {
                let replaced = state.putters.register(&mut this.ticket, waker);
                drop(state);
                drop(replaced);
                this.item = Some(item);
                Poll::Pending
            }
            result => {
                let registered = state.putters.deregister(this.ticket.take());
                let wake = match result {
                    Ok(()) => state.getters.one(),
                    Err(_) => Default::default(),
                };
                drop(state);
                drop(registered);
                wake.send(&this.queue.not_empty);
                Poll::Ready(result)
            }
        }
    }
}

impl<T> Drop for PutFuture<'_, T> {
    fn drop(&mut self) {
        self.give_up();
    }
}

impl<T> fmt::Debug for PutFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PutFuture")
            .field("finished", &self.item.is_none())
            .finish_non_exhaustive()
    }
}

/// Gets the oldest item when there is one. Made by [`BoundedQueue::get_async`].
///
/// ```
/// use racecourse::queue::BoundedQueue;
/// use racecourse::thread::block_on;
///
/// let queue = BoundedQueue::new(1);
/// queue.put(7).unwrap();
/// assert_eq!(block_on(queue.get_async()), Ok(7));
/// ```
#[must_use = "a future does nothing unless it is awaited"]
pub struct GetFuture<'a, T> {
    queue: &'a BoundedQueue<T>,
    finished: bool,
    /// The place among those who wait, from the first time that there was no item.
    ticket: Option<u64>,
}

impl<T> Future for GetFuture<'_, T> {
    type Output = Result<T, GetError>;

    /// # Panics
    /// If polled again after it was ready.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        assert!(
            !this.finished,
            "GetFuture polled again after it was ready: await it once"
        );
        let waker = cx.waker().clone();
        let mut state = this.queue.state.lock();
        match state.pop() {
            Err(GetError::Empty) => {
                let replaced = state.getters.register(&mut this.ticket, waker);
                drop(state);
                drop(replaced);
                Poll::Pending
            }
            result => {
                let registered = state.getters.deregister(this.ticket.take());
                let wake = match result {
                    Ok(_) => state.putters.one(),
                    Err(_) => Default::default(),
                };
                drop(state);
                drop(registered);
                this.finished = true;
                wake.send(&this.queue.not_full);
                Poll::Ready(result)
            }
        }
    }
}

impl<T> Drop for GetFuture<'_, T> {
    /// Leaves the line. If this was woken for an item that it will not take, another is woken.
    fn drop(&mut self) {
        let Some(ticket) = self.ticket.take() else {
            return; // Never waited, or has been ready: nobody has counted on it.
        };
        let mut state = self.queue.state.lock();
        let registered = state.getters.deregister(Some(ticket));
        let wake = if registered.is_none() && state.len() > 0 {
            state.getters.one()
        } else {
            Default::default()
        };
        drop(state);
        wake.send(&self.queue.not_empty);
    }
}

impl<T> fmt::Debug for GetFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GetFuture")
            .field("finished", &self.finished)
            .finish_non_exhaustive()
    }
}
