//! A counting semaphore whose waiters are served in order.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::lock::{AcquireError, deadline, wait};
use crate::parking_lot::{Condvar, Mutex};

/// A counting semaphore: at most so many permits are out at a time.
///
/// A [`Permit`] gives itself back when it is dropped, also by a panic.
///
/// **Order.** Waiters are served first in, first out, and what comes back goes straight to the head of the line. So a
/// request for many permits is not starved by a stream of small ones: these wait behind it, even while there would be
/// permits enough for them. [`try_acquire`](Self::try_acquire) does not jump the line either: it fails
/// while somebody waits.
///
/// E. W. Dijkstra, *Cooperating sequential processes*, 1965; the strong (first-in-first-out) form.
///
/// ```
/// use racecourse::Semaphore;
///
/// let seats = Semaphore::new(2);
/// let one = seats.acquire()?;
/// assert_eq!(seats.available_permits(), 1);
/// drop(one);
/// assert_eq!(seats.available_permits(), 2);
/// # Ok::<(), racecourse::lock::AcquireError>(())
/// ```
pub struct Semaphore {
    state: Mutex<State>,
}

struct State {
    /// Permits that nobody has. Never more than `total`.
    available: usize,
    /// Permits that exist: available or out. Its limit, `usize::MAX`, keeps `available` from overflowing.
    total: usize,
    /// No more permits are given.
    closed: bool,
    /// Those who wait, oldest first: their tickets ascend. At rest the head's need exceeds `available`.
    line: VecDeque<Waiter>,
    /// The next ticket. At one a nanosecond they last for 584 years.
    next_ticket: u64,
}

// A waiter is in the line until it has been served. That it is gone from there is all that tells it
// so: no second flag could disagree.
struct Waiter {
    ticket: u64,
    need: usize,
    /// Its own, so that whoever serves it wakes nobody else.
    turn: Arc<Condvar>,
}

impl State {
    /// Takes permits without waiting.
    fn take(&mut self, need: usize) -> Result<(), AcquireError> {
        if self.closed {
            return Err(AcquireError::Closed);
        }
        let behind_others = !self.line.is_empty() && need > 0;
        if behind_others || need > self.available {
            return Err(AcquireError::NoPermits);
        }
        self.available -= need;
        Ok(())
    }

    /// Serves the head of the line for as long as there is enough for it.
    fn serve(&mut self) {
        if self.closed {
            return; // All in the line are on their way out.
        }
        while let Some(head) = self.line.front()
            && head.need <= self.available
        {
            self.available -= head.need;
            head.turn.notify_one();
            self.line.pop_front();
        }
    }

    fn place(&self, ticket: u64) -> Option<usize> {
        self.line.binary_search_by_key(&ticket, |w| w.ticket).ok()
    }
}

impl Semaphore {
    /// A semaphore with `permits` permits. 0 is allowed: then the first comes from
    /// [`add_permits`](Self::add_permits).
    ///
    /// ```
    /// assert_eq!(racecourse::Semaphore::new(3).available_permits(), 3);
    /// ```
    pub fn new(permits: usize) -> Self {
        Self {
            state: Mutex::new(State {
                available: permits,
                total: permits,
                closed: false,
                line: VecDeque::new(),
                next_ticket: 0,
            }),
        }
    }

    /// Waits for one permit.
    ///
    /// # Errors
    /// [`AcquireError::Closed`], if the semaphore is closed, or is while this waits.
    ///
    /// ```
    /// let semaphore = racecourse::Semaphore::new(1);
    /// let permit = semaphore.acquire()?;
    /// assert_eq!(permit.count(), 1);
    /// # Ok::<(), racecourse::lock::AcquireError>(())
    /// ```
    pub fn acquire(&self) -> Result<Permit<'_>, AcquireError> {
        self.acquire_by(1, None)
    }

    /// Waits for `count` permits, given all at once or not at all. With `count` 0 it never waits.
    ///
    /// If fewer than `count` permits exist, it waits until [`add_permits`](Self::add_permits) has made them, with the
    /// whole line behind it.
    ///
    /// # Errors
    /// [`AcquireError::Closed`], if the semaphore is closed, or is while this waits.
    ///
    /// ```
    /// let semaphore = racecourse::Semaphore::new(3);
    /// let two = semaphore.acquire_many(2)?;
    /// assert_eq!(semaphore.available_permits(), 1);
    /// # drop(two);
    /// # Ok::<(), racecourse::lock::AcquireError>(())
    /// ```
    pub fn acquire_many(&self, count: usize) -> Result<Permit<'_>, AcquireError> {
        self.acquire_by(count, None)
    }

    /// Takes one permit if there is one now and nobody waits; never waits itself.
    ///
    /// # Errors
    /// [`AcquireError::NoPermits`], if there is none for a newcomer; [`AcquireError::Closed`].
    ///
    /// ```
    /// use racecourse::{lock::AcquireError, Semaphore};
    ///
    /// let semaphore = Semaphore::new(1);
    /// let permit = semaphore.try_acquire()?;
    /// assert_eq!(semaphore.try_acquire().unwrap_err(), AcquireError::NoPermits);
    /// # drop(permit);
    /// # Ok::<(), racecourse::lock::AcquireError>(())
    /// ```
    pub fn try_acquire(&self) -> Result<Permit<'_>, AcquireError> {
        self.try_acquire_many(1)
    }

    /// Takes `count` permits if there are so many now and nobody waits; never waits itself.
    ///
    /// # Errors
    /// [`AcquireError::NoPermits`], if there are not enough for a newcomer; [`AcquireError::Closed`].
    ///
    /// ```
    /// let semaphore = racecourse::Semaphore::new(2);
    /// assert!(semaphore.try_acquire_many(3).is_err());
    /// assert!(semaphore.try_acquire_many(2).is_ok());
    /// ```
    pub fn try_acquire_many(&self, count: usize) -> Result<Permit<'_>, AcquireError> {
        self.state.lock().take(count)?;
        Ok(self.permit(count))
    }

    /// Waits for one permit, but no longer than `timeout`.
    ///
    /// # Errors
    /// [`AcquireError::Timeout`], if the time passed first; [`AcquireError::Closed`].
    ///
    /// ```
    /// use racecourse::{lock::AcquireError, Semaphore};
    /// use std::time::Duration;
    ///
    /// let semaphore = Semaphore::new(0);
    /// let late = semaphore.acquire_timeout(Duration::from_millis(1)).unwrap_err();
    /// assert_eq!(late, AcquireError::Timeout);
    /// ```
    pub fn acquire_timeout(&self, timeout: Duration) -> Result<Permit<'_>, AcquireError> {
        self.acquire_by(1, deadline(timeout))
    }

    /// Waits for `count` permits, but no longer than `timeout`.
    ///
    /// # Errors
    /// As [`acquire_timeout`](Self::acquire_timeout).
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let semaphore = racecourse::Semaphore::new(2);
    /// let both = semaphore.acquire_many_timeout(2, Duration::from_millis(1));
    /// assert_eq!(both.unwrap().count(), 2);
    /// ```
    pub fn acquire_many_timeout(
        &self,
        count: usize,
        timeout: Duration,
    ) -> Result<Permit<'_>, AcquireError> {
        self.acquire_by(count, deadline(timeout))
    }

    #[inline]
    fn acquire_by(
        &self,
        need: usize,
        deadline: Option<Instant>,
    ) -> Result<Permit<'_>, AcquireError> {
        match self.try_acquire_many(need) {
            Err(AcquireError::NoPermits) => self.acquire_in_line(need, deadline),
            settled => settled,
        }
    }

    #[cold]
    fn acquire_in_line(
        &self,
        need: usize,
        deadline: Option<Instant>,
    ) -> Result<Permit<'_>, AcquireError> {
        let turn = Arc::new(Condvar::new());
        let mut state = self.state.lock();
        // Permits may have come back, or the semaphore been closed, since the first attempt.
        match state.take(need) {
            Err(AcquireError::NoPermits) => {}
            settled => return settled.map(|()| self.permit(need)),
        }
        let ticket = state.next_ticket;
        state.next_ticket += 1;
        state.line.push_back(Waiter {
            ticket,
            need,
            turn: Arc::clone(&turn),
        });
        loop {
            let timed_out = wait(&turn, &mut state, deadline);
            // Served wins over closed and over timed out: the permits are ours, and must not be lost.
            let Some(place) = state.place(ticket) else {
                return Ok(self.permit(need));
            };
            let error = if state.closed {
                AcquireError::Closed
            } else if timed_out {
                AcquireError::Timeout
            } else {
                continue;
            };
            state.line.remove(place);
            state.serve(); // There may be enough for those who stood behind us.
            return Err(error);
        }
    }

    /// Makes `count` more permits, and serves those who wait.
    ///
    /// # Panics
    /// If more than `usize::MAX` permits would exist.
    ///
    /// ```
    /// let semaphore = racecourse::Semaphore::new(1);
    /// semaphore.add_permits(2);
    /// assert_eq!(semaphore.available_permits(), 3);
    /// ```
    #[track_caller]
    pub fn add_permits(&self, count: usize) {
        let mut state = self.state.lock();
        match state.total.checked_add(count) {
            Some(total) => state.total = total,
            None => {
                let total = state.total;
                drop(state);
                panic!(
                    "Semaphore::add_permits({count}): {total} permits exist already, and no more than \
                     usize::MAX can; add fewer"
                );
            }
        }
        state.available += count;
        state.serve();
    }

    /// How many permits nobody has at the moment. Others may take them before the caller has looked at the answer.
    ///
    /// ```
    /// assert_eq!(racecourse::Semaphore::new(3).available_permits(), 3);
    /// ```
    pub fn available_permits(&self) -> usize {
        self.state.lock().available
    }

    /// Ends the giving of permits: those who wait and all who come later get [`AcquireError::Closed`].
    /// Permits that are out stay valid. Closing again does nothing.
    ///
    /// ```
    /// use racecourse::{lock::AcquireError, Semaphore};
    ///
    /// let semaphore = Semaphore::new(1);
    /// semaphore.close();
    /// assert_eq!(semaphore.acquire().unwrap_err(), AcquireError::Closed);
    /// ```
    pub fn close(&self) {
        let mut state = self.state.lock();
        state.closed = true;
        for waiter in &state.line {
            waiter.turn.notify_one();
        }
    }

    /// Whether [`close`](Self::close) was called.
    ///
    /// ```
    /// assert!(!racecourse::Semaphore::new(1).is_closed());
    /// ```
    pub fn is_closed(&self) -> bool {
        self.state.lock().closed
    }

    fn permit(&self, count: usize) -> Permit<'_> {
        Permit {
            semaphore: self,
            count,
        }
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What `f` writes to is foreign code: it must not be called under the lock.
        let (available, total, waiting, closed) = {
            let state = self.state.lock();
            (state.available, state.total, state.line.len(), state.closed)
        };
        f.debug_struct("Semaphore")
            .field("available", &available)
            .field("total", &total)
            .field("waiting", &waiting)
            .field("closed", &closed)
            .finish()
    }
}

/// One or more permits of a [`Semaphore`], given back when this is dropped.
///
/// It may be dropped by another thread than the one that acquired it.
#[must_use = "the permit is given back at once if it is not kept"]
pub struct Permit<'a> {
    semaphore: &'a Semaphore,
    count: usize,
}

impl Permit<'_> {
    /// How many permits this stands for.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Drops the permits without giving them back: so many fewer exist from now on.
    ///
    /// ```
    /// let semaphore = racecourse::Semaphore::new(2);
    /// semaphore.acquire()?.forget();
    /// assert_eq!(semaphore.available_permits(), 1);
    /// # Ok::<(), racecourse::lock::AcquireError>(())
    /// ```
    pub fn forget(mut self) {
        self.semaphore.state.lock().total -= self.count;
        self.count = 0;
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if self.count > 0 {
            let mut state = self.semaphore.state.lock();
            state.available += self.count;
            state.serve();
        }
    }
}

impl fmt::Debug for Permit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit")
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}
