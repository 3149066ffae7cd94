//! What [`Semaphore`](crate::Semaphore) and [`Latch`](crate::Latch) refuse, and what to do about it.

use std::fmt;

/// Why a [`Semaphore`](crate::Semaphore) gave no permit.
///
/// ```
/// use racecourse::Semaphore;
/// use racecourse::lock::AcquireError;
///
/// let semaphore = Semaphore::new(0);
/// semaphore.close();
/// assert_eq!(semaphore.acquire().unwrap_err(), AcquireError::Closed);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcquireError {
    /// There are not enough permits, or others wait for them. Only the `try_` forms say so.
    NoPermits,
    /// The semaphore is closed.
    Closed,
    /// The time passed before there were enough permits.
    Timeout,
}

impl fmt::Display for AcquireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoPermits => {
                "no permit is free for a newcomer: drop a permit first, or wait with `acquire` or `acquire_timeout`"
            }
            Self::Closed => "the semaphore is closed and gives no more permits: stop acquiring",
            Self::Timeout => {
                "no permit came in time: wait longer, hold permits for a shorter time, or make more with `add_permits`"
            }
        })
    }
}

impl std::error::Error for AcquireError {}

/// A [`Latch`](crate::Latch) was still closed when the time given to [`wait_timeout`](crate::Latch::wait_timeout) had passed.
///
/// ```
/// use racecourse::Latch;
/// use std::time::Duration;
///
/// let latch = Latch::new(2);
/// let error = latch.wait_timeout(Duration::from_millis(1)).unwrap_err();
/// assert_eq!(error.remaining(), 2);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LatchTimeout {
    pub(crate) remaining: usize,
}

impl LatchTimeout {
    /// How many arrivals were still awaited; at least 1.
    ///
    /// ```
    /// use racecourse::Latch;
    /// use std::time::Duration;
    ///
    /// let latch = Latch::new(2);
    /// latch.count_down();
    /// assert_eq!(latch.wait_timeout(Duration::ZERO).unwrap_err().remaining(), 1);
    /// ```
    pub fn remaining(&self) -> usize {
        self.remaining
    }
}

impl fmt::Display for LatchTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the latch did not open in time, {} more `count_down` awaited: wait longer, \
             or see what keeps the others from arriving",
            self.remaining
        )
    }
}

impl std::error::Error for LatchTimeout {}
