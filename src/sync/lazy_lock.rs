use core::fmt;
use core::ops::Deref;
use core::panic::{RefUnwindSafe, UnwindSafe};

#[cfg(feature = "check")]
use crate::check::dual::once_lock as inner;
#[cfg(not(feature = "check"))]
use std::sync as inner;

/// [`std::sync::LazyLock`], native or the engine's: a value that is made when it is first used.
///
/// This is how a program under check keeps a mutex, or a queue, in a static:
///
/// ```
/// use racecourse::sync::{LazyLock, Mutex};
///
/// static LOG: LazyLock<Mutex<Vec<u32>>> = LazyLock::const_new(|| Mutex::new(Vec::new()));
/// LOG.lock().unwrap().push(1);
/// assert_eq!(LOG.lock().unwrap().len(), 1);
/// ```
#[cfg_attr(not(feature = "check"), repr(transparent))]
pub struct LazyLock<T, F = fn() -> T> {
    inner: inner::LazyLock<T, F>,
}

impl<T: UnwindSafe, F: UnwindSafe> UnwindSafe for LazyLock<T, F> {}
impl<T: RefUnwindSafe + UnwindSafe, F: UnwindSafe> RefUnwindSafe for LazyLock<T, F> {}

impl<T: 'static> LazyLock<T, fn() -> T> {
    /// A value that `f` makes when it is first used, for a static. A check runs `f` again in each
    /// execution that uses it, and drops the value at the end of the execution.
    ///
    /// Only for a static: inside of a check it is known by its address.
    #[inline]
    pub const fn const_new(f: fn() -> T) -> Self {
        #[cfg(not(feature = "check"))]
        return Self {
            inner: inner::LazyLock::new(f),
        };
        #[cfg(feature = "check")]
        return Self {
            inner: inner::LazyLock::const_new(f),
        };
    }
}

impl<T, F: FnOnce() -> T> LazyLock<T, F> {
    /// A value that `f` makes when it is first used. Constant without the feature `check`; a static uses
    /// `const_new`.
    #[cfg(not(feature = "check"))]
    #[inline]
    pub const fn new(f: F) -> Self {
        Self {
            inner: inner::LazyLock::new(f),
        }
    }

    /// A value that `f` makes when it is first used. Constant without the feature `check`; a static uses
    /// `const_new`.
    #[cfg(feature = "check")]
    #[track_caller]
    #[inline]
    pub fn new(f: F) -> Self {
        Self {
            inner: inner::LazyLock::new(f),
        }
    }

    /// The value, made now if it was not before. Waits while another thread makes it.
    ///
    /// # Panics
    /// If the function that makes it panics, now or earlier.
    #[track_caller]
    #[inline]
    pub fn force(this: &Self) -> &T {
        inner::LazyLock::force(&this.inner)
    }
}

impl<T, F: FnOnce() -> T> Deref for LazyLock<T, F> {
    type Target = T;

    #[track_caller]
    #[inline]
    fn deref(&self) -> &T {
        Self::force(self)
    }
}

impl<T: Default> Default for LazyLock<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default)
    }
}

impl<T: fmt::Debug, F> fmt::Debug for LazyLock<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[cfg(not(feature = "check"))]
        return self.inner.fmt(f);
        #[cfg(feature = "check")]
        {
            let mut out = f.debug_tuple("LazyLock");
            match self.inner.peek() {
                Some(value) => out.field(value),
                None => out.field(&format_args!("<uninit>")),
            };
            out.finish()
        }
    }
}
