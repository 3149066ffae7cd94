//! The end of the work: of one item, of all, of the queue.

use std::time::{Duration, Instant};

use super::Shutdown;
use super::bounded::BoundedQueue;
use super::errors::{JoinTimeout, TaskDoneError};
use crate::lock::{deadline, wait};

impl<T> BoundedQueue<T> {
    /// Reports that the work on one item is done. Call it once for each item got, when [`join`](Self::join) is used.
    ///
    /// # Errors
    /// [`TaskDoneError`], if it was called more often than items were put. Nothing changes then.
    ///
    /// ```
    /// let queue = racecourse::queue::BoundedQueue::new(1);
    /// queue.put(1).unwrap();
    /// queue.get().unwrap();
    /// assert!(queue.task_done().is_ok());
    /// assert!(queue.task_done().is_err());
    /// ```
    pub fn task_done(&self) -> Result<(), TaskDoneError> {
        let mut state = self.state.lock();
        state.task_done()?;
        let finished = state.unfinished() == 0 && state.joiners > 0;
        drop(state);
        if finished {
            self.all_done.notify_all();
        }
        Ok(())
    }

    /// Waits until every item that was put is done: got, and reported by [`task_done`](Self::task_done). Shutting
    /// down does not end the wait by itself: work that was begun is waited for.
    ///
    /// What a thread did before `task_done` happens-before what follows `join`.
    ///
    /// ```
    /// let queue = racecourse::queue::BoundedQueue::new(4);
    /// queue.put("work").unwrap();
    /// std::thread::scope(|s| {
    ///     s.spawn(|| {
    ///         queue.get().unwrap();
    ///         queue.task_done().unwrap();
    ///     });
    ///     queue.join();
    /// });
    /// ```
    pub fn join(&self) {
        self.join_by(None);
    }

    /// As [`join`](Self::join), but waits no longer than `timeout`.
    ///
    /// # Errors
    /// [`JoinTimeout`] with the number of unfinished tasks, if the time passed first.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let queue = racecourse::queue::BoundedQueue::new(4);
    /// queue.put("work").unwrap();
    /// let late = queue.join_timeout(Duration::from_millis(1)).unwrap_err();
    /// assert_eq!(late.unfinished(), 1);
    /// ```
    pub fn join_timeout(&self, timeout: Duration) -> Result<(), JoinTimeout> {
        match self.join_by(deadline(timeout)) {
            0 => Ok(()),
            unfinished => Err(JoinTimeout { unfinished }),
        }
    }

    /// Returns how many tasks were unfinished when the wait ended: 0, unless the deadline ended it.
    fn join_by(&self, deadline: Option<Instant>) -> u64 {
        let mut state = self.state.lock();
        let mut timed_out = false;
        while state.unfinished() > 0 && !timed_out {
            state.joiners += 1;
            timed_out = wait(&self.all_done, &mut state, deadline);
            state.joiners -= 1;
        }
        state.unfinished()
    }

    /// Shuts the queue down, for good: every put that has not succeeded yet, waiting ones included, fails with
    /// [`PutError::Closed`](super::PutError::Closed), and a get fails with [`GetError::Closed`](super::GetError::Closed) once the queue is empty.
    ///
    /// - [`Shutdown::Drain`] leaves the items for the getters, and returns none.
    /// - [`Shutdown::Immediate`] empties the queue and **returns the items**, oldest first, for the caller to finish or to
    ///   drop. They **count as done**, so that [`join`](Self::join) waits only for items that were got before.
    ///
    /// Each item is thus got by one getter, or returned here, or handed back to its putter, whatever races with
    /// the shutdown. Shutting down again does nothing, but `Immediate` after `Drain` still empties the queue.
    ///
    /// ```
    /// use racecourse::queue::{BoundedQueue, GetError, PutError, Shutdown};
    ///
    /// let queue = BoundedQueue::new(2);
    /// queue.put(1).unwrap();
    /// queue.shutdown(Shutdown::Drain);
    /// assert_eq!(queue.put(2), Err(PutError::Closed(2)));
    /// assert_eq!(queue.get(), Ok(1));
    /// assert_eq!(queue.get(), Err(GetError::Closed));
    /// ```
    pub fn shutdown(&self, how: Shutdown) -> Vec<T> {
        let mut state = self.state.lock();
        state.close();
        let items = match how {
            Shutdown::Drain => Default::default(),
            Shutdown::Immediate => state.take_all(),
        };
        let getters = state.getters.all();
        let putters = state.putters.all();
        let finished = state.unfinished() == 0 && state.joiners > 0;
        drop(state);
        if finished {
            self.all_done.notify_all();
        }
        getters.send(&self.not_empty);
        putters.send(&self.not_full);
        items.into()
    }
}
