use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};

#[cfg(not(feature = "check"))]
use ::parking_lot as inner;

#[cfg(feature = "check")]
use crate::check::dual::once as inner;

pub use ::parking_lot::OnceState;

/// [`parking_lot::Once`](https://docs.rs/parking_lot/0.12/parking_lot/struct.Once.html), native or the engine's.
///
/// ```
/// use racecourse::parking_lot::{Once, OnceState};
///
/// static BANNER: Once = Once::const_new();
/// for _ in 0..3 {
///     BANNER.call_once(|| println!("printed once"));
/// }
/// assert_eq!(BANNER.state(), OnceState::Done);
/// ```
#[cfg_attr(not(feature = "check"), repr(transparent))]
pub struct Once {
    inner: inner::Once,
}

// As the original: a closure that panicked has left its mark.
impl UnwindSafe for Once {}
impl RefUnwindSafe for Once {}

impl Once {
    /// Nothing done yet. Constant without the feature `check`; a static uses `const_new`.
    #[cfg(not(feature = "check"))]
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Self::const_new()
    }

    /// Nothing done yet. Constant without the feature `check`; a static uses `const_new`.
    #[cfg(feature = "check")]
    #[track_caller]
    #[inline]
    #[must_use]
    pub fn new() -> Self {
        Self {
            inner: inner::Once::new(),
        }
    }

    /// Nothing done yet, for a static. A check makes it anew for each execution.
    #[inline]
    #[must_use]
    pub const fn const_new() -> Self {
        #[cfg(not(feature = "check"))]
        return Self {
            inner: inner::Once::new(),
        };
        #[cfg(feature = "check")]
        return Self {
            inner: inner::Once::const_new(),
        };
    }

    /// What has happened so far.
    #[track_caller]
    #[inline]
    pub fn state(&self) -> OnceState {
        #[cfg(not(feature = "check"))]
        return self.inner.state();
        #[cfg(feature = "check")]
        return match self.inner.state(core::panic::Location::caller()) {
            inner::State::New => OnceState::New,
            inner::State::Running => OnceState::InProgress,
            inner::State::Poisoned => OnceState::Poisoned,
            inner::State::Done => OnceState::Done,
        };
    }

    /// Runs `f` if nobody did so yet; waits while somebody else does. When this returns, it has been
    /// done, and whatever it wrote is there to be read.
    ///
    /// An `f` that calls this again waits for itself.
    ///
    /// # Panics
    /// If an earlier closure panicked.
    #[track_caller]
    #[inline]
    pub fn call_once(&self, f: impl FnOnce()) {
        #[cfg(not(feature = "check"))]
        self.inner.call_once(f);
        #[cfg(feature = "check")]
        self.call(false, |_| f());
    }

    /// Like [`call_once`](Self::call_once), but runs `f` after a panic of an earlier closure too, and tells
    /// it which of the two is the case.
    #[track_caller]
    #[inline]
    pub fn call_once_force(&self, f: impl FnOnce(OnceState)) {
        #[cfg(not(feature = "check"))]
        self.inner.call_once_force(f);
        #[cfg(feature = "check")]
        self.call(true, |poisoned| {
            f(if poisoned {
                OnceState::Poisoned
            } else {
                OnceState::New
            });
        });
    }

    #[cfg(feature = "check")]
    #[track_caller]
    fn call(&self, force: bool, f: impl FnOnce(bool)) {
        let manner = inner::Manner {
            force,
            announce: true,
        };
        if self.inner.call(manner, f).is_err() {
            panic!("Once instance has previously been poisoned");
        }
    }
}

impl Default for Once {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once").finish_non_exhaustive()
    }
}
