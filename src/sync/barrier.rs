use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};

#[cfg(feature = "check")]
use crate::check::dual::barrier as inner;
#[cfg(not(feature = "check"))]
use std::sync as inner;

/// [`std::sync::Barrier`], native or the engine's: threads wait for each other.
///
/// ```
/// use racecourse::sync::Barrier;
/// use racecourse::thread;
///
/// let meeting = Barrier::new(2);
/// let leaders = thread::scope(|s| {
///     let other = s.spawn(|| meeting.wait().is_leader());
///     [meeting.wait().is_leader(), other.join().unwrap()]
/// });
/// assert_eq!(leaders.iter().filter(|&&leader| leader).count(), 1);
/// ```
#[cfg_attr(not(feature = "check"), repr(transparent))]
pub struct Barrier {
    inner: inner::Barrier,
}

// As std's.
impl UnwindSafe for Barrier {}
impl RefUnwindSafe for Barrier {}

/// Whether a thread was chosen among those that met at a [`Barrier`].
pub struct BarrierWaitResult(bool);

impl BarrierWaitResult {
    /// Whether this thread is the one that was chosen.
    #[must_use]
    pub fn is_leader(&self) -> bool {
        self.0
    }
}

impl fmt::Debug for BarrierWaitResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BarrierWaitResult")
            .field("is_leader", &self.0)
            .finish()
    }
}

impl Barrier {
    /// A barrier that opens when `threads` threads wait; with 0 or 1, at once. Constant without the
    /// feature `check`; a static uses `const_new`.
    #[cfg(not(feature = "check"))]
    #[inline]
    #[must_use]
    pub const fn new(threads: usize) -> Self {
        Self::const_new(threads)
    }

    /// A barrier that opens when `threads` threads wait; with 0 or 1, at once. Constant without the
    /// feature `check`; a static uses `const_new`.
    #[cfg(feature = "check")]
    #[track_caller]
    #[inline]
    #[must_use]
    pub fn new(threads: usize) -> Self {
        Self {
            inner: inner::Barrier::new(threads),
        }
    }

    /// A barrier for a static. Its count would leak from one execution of a check into the next, so a
    /// check refuses it: put the barrier in a `LazyLock` static there.
    #[inline]
    #[must_use]
    pub const fn const_new(threads: usize) -> Self {
        #[cfg(not(feature = "check"))]
        return Self {
            inner: inner::Barrier::new(threads),
        };
        #[cfg(feature = "check")]
        return Self {
            inner: inner::Barrier::const_new(threads),
        };
    }

    /// Waits until as many threads wait as the barrier is for. One of them is told that it leads; which
    /// one is not said. Then the barrier is as new.
    #[track_caller]
    #[inline]
    pub fn wait(&self) -> BarrierWaitResult {
        #[cfg(not(feature = "check"))]
        return BarrierWaitResult(self.inner.wait().is_leader());
        #[cfg(feature = "check")]
        return BarrierWaitResult(self.inner.wait());
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier").finish_non_exhaustive()
    }
}
