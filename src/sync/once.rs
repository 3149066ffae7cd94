use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};

#[cfg(feature = "check")]
use crate::check::dual::once as inner;
#[cfg(feature = "check")]
use inner::Manner;
#[cfg(not(feature = "check"))]
use std::sync as inner;

/// [`std::sync::Once`], native or the engine's.
///
/// ```
/// use racecourse::sync::Once;
///
/// static BANNER: Once = Once::const_new();
/// for _ in 0..3 {
///     BANNER.call_once(|| println!("printed once"));
/// }
/// assert!(BANNER.is_completed());
/// ```
#[cfg_attr(not(feature = "check"), repr(transparent))]
pub struct Once {
    inner: inner::Once,
}

/// What the closure of [`Once::call_once_force`] is told.
pub struct OnceState(bool);

impl OnceState {
    /// Whether an earlier closure panicked.
    #[must_use]
    pub fn is_poisoned(&self) -> bool {
        self.0
    }
}

impl fmt::Debug for OnceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnceState")
            .field("poisoned", &self.0)
            .finish()
    }
}

// As std's: a closure that panicked has left its mark.
impl UnwindSafe for Once {}
impl RefUnwindSafe for Once {}

impl Once {
    /// Nothing done yet. Constant without the feature `check`; a static uses `const_new`.
    #[cfg(not(feature = "check"))]
    #[inline]
    #[must_use]
    #[expect(clippy::new_without_default, reason = "as std's")]
    pub const fn new() -> Self {
        Self::const_new()
    }

    /// Nothing done yet. Constant without the feature `check`; a static uses `const_new`.
    #[cfg(feature = "check")]
    #[track_caller]
    #[inline]
    #[must_use]
    #[expect(clippy::new_without_default, reason = "as std's")]
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
        if self.inner.call(Manner::PLAIN, |_| f()).is_err() {
            poisoned();
        }
    }

    /// Like [`call_once`](Self::call_once), but runs `f` after a panic of an earlier closure too, and tells
    /// it so.
    #[track_caller]
    #[inline]
    pub fn call_once_force(&self, f: impl FnOnce(&OnceState)) {
        #[cfg(not(feature = "check"))]
        self.inner
            .call_once_force(|state| f(&OnceState(state.is_poisoned())));
        #[cfg(feature = "check")]
        if self
            .inner
            .call(Manner::FORCE, |poisoned| f(&OnceState(poisoned)))
            .is_err()
        {
            poisoned();
        }
    }

    /// Whether it has been done. If so, whatever the closure wrote is there to be read.
    #[track_caller]
    #[inline]
    pub fn is_completed(&self) -> bool {
        #[cfg(not(feature = "check"))]
        return self.inner.is_completed();
        #[cfg(feature = "check")]
        return self.inner.is_done(core::panic::Location::caller());
    }

    /// Waits until it has been done, by somebody else.
    ///
    /// # Panics
    /// If a closure panicked.
    #[track_caller]
    #[inline]
    pub fn wait(&self) {
        #[cfg(not(feature = "check"))]
        self.inner.wait();
        #[cfg(feature = "check")]
        if self.inner.wait(false).is_err() {
            poisoned();
        }
    }

    /// Waits until it has been done, by somebody else, however many closures panic before.
    #[track_caller]
    #[inline]
    pub fn wait_force(&self) {
        #[cfg(not(feature = "check"))]
        self.inner.wait_force();
        #[cfg(feature = "check")]
        if self.inner.wait(true).is_err() {
            poisoned();
        }
    }
}

#[cfg(feature = "check")]
#[cold]
#[track_caller]
fn poisoned() -> ! {
    panic!("Once instance has previously been poisoned");
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once").finish_non_exhaustive()
    }
}
