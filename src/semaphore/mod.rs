//! A counting semaphore whose waiters are served in order.

mod line;
mod word;

use std::fmt;
use std::time::{Duration, Instant};

use self::line::State;
use self::word::{CLOSED, PERMIT, Rest};
use crate::lock::{AcquireError, deadline};
use crate::parking_lot::Mutex;
use crate::sync::atomic::{AtomicU64, Ordering};

/// A counting semaphore: at most so many permits are out at a time.
///
/// A [`Permit`] gives itself back when it is dropped, also by a panic.
///
/// **Order.** Waiters are served first in, first out, and what comes back goes straight to the head of the line. A thread joins
/// the line when it has spun for a few microseconds in vain. So a request for many permits is not starved by a stream of small ones: these wait behind it, even while there would be
/// permits enough for them. [`try_acquire`](Self::try_acquire) does not jump the line either: it fails
/// while somebody waits.
///
/// While nobody waits, acquiring a permit is one atomic operation, and so is giving it back.
///
/// **Memory.** What was done before a permit was given back is seen by whoever gets it next, and what was done before
/// [`close`](Self::close) by whoever finds the semaphore closed.
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
    /// `CLOSED`, `LINE`, `MORE`, and the permits that a newcomer may take, `PERMIT` each.
    free: AtomicU64,
    state: Mutex<State>,
}

impl Semaphore {
    /// A semaphore with `permits` permits. 0 is allowed: then the first comes from
    /// [`add_permits`](Self::add_permits).
    ///
    /// ```
    /// assert_eq!(racecourse::Semaphore::new(3).available_permits(), 3);
    /// ```
    pub fn new(permits: usize) -> Self {
        let rest = Rest::for_all(permits);
        Self {
            free: AtomicU64::new(rest.free),
            state: Mutex::new(State::new(permits, rest.kept)),
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
    #[inline]
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
    #[inline]
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
    #[inline]
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
    #[inline]
    pub fn try_acquire_many(&self, count: usize) -> Result<Permit<'_>, AcquireError> {
        if self.take_free(count)? {
            Ok(self.permit(count))
        } else {
            self.try_acquire_kept(count)
        }
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
        state.kept += count;
        self.settle(&mut state);
    }

    /// How many permits nobody has at the moment. Others may take them before the caller has looked at the answer.
    ///
    /// ```
    /// assert_eq!(racecourse::Semaphore::new(3).available_permits(), 3);
    /// ```
    pub fn available_permits(&self) -> usize {
        self.available(&self.state.lock())
    }

    fn available(&self, state: &State) -> usize {
        state.kept + (self.free.load(Ordering::Relaxed) / PERMIT) as usize
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
        let state = self.state.lock();
        // ORDERING: Release; pairs with the Acquire loads of who finds it closed.
        self.free.fetch_or(CLOSED, Ordering::Release);
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
        // ORDERING: Acquire; pairs with the Release in `close`.
        self.free.load(Ordering::Acquire) & CLOSED != 0
    }

    #[inline]
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
            (
                self.available(&state),
                state.total,
                state.line.len(),
                self.is_closed(),
            )
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
    #[inline]
    fn drop(&mut self) {
        if self.count > 0 {
            self.semaphore.release(self.count);
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
