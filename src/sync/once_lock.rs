use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};

#[cfg(feature = "check")]
use crate::check::dual::once_lock as inner;
#[cfg(not(feature = "check"))]
use std::sync as inner;

/// [`std::sync::OnceLock`], native or the engine's: a value that is set once.
///
/// ```
/// use racecourse::sync::OnceLock;
///
/// static NAME: OnceLock<String> = OnceLock::const_new();
/// assert_eq!(NAME.get(), None);
/// assert_eq!(NAME.get_or_init(|| "first".to_owned()), "first");
/// assert_eq!(NAME.set("second".to_owned()), Err("second".to_owned()));
/// ```
#[cfg_attr(not(feature = "check"), repr(transparent))]
pub struct OnceLock<T> {
    inner: inner::OnceLock<T>,
}

impl<T: UnwindSafe> UnwindSafe for OnceLock<T> {}
impl<T: RefUnwindSafe + UnwindSafe> RefUnwindSafe for OnceLock<T> {}

impl<T: 'static> OnceLock<T> {
    /// No value yet, for a static. A check makes it anew for each execution; it then drops the value at
    /// the end of the execution.
    ///
    /// Only for a static: inside of a check it is known by its address. (So `T: 'static`, which is true
    /// of every static.)
    #[inline]
    #[must_use]
    pub const fn const_new() -> Self {
        #[cfg(not(feature = "check"))]
        return Self {
            inner: inner::OnceLock::new(),
        };
        #[cfg(feature = "check")]
        return Self {
            inner: inner::OnceLock::const_new(),
        };
    }
}

impl<T> OnceLock<T> {
    /// No value yet. Constant without the feature `check`; a static uses `const_new`.
    #[cfg(not(feature = "check"))]
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Self {
            inner: inner::OnceLock::new(),
        }
    }

    /// No value yet. Constant without the feature `check`; a static uses `const_new`.
    #[cfg(feature = "check")]
    #[track_caller]
    #[inline]
    #[must_use]
    pub fn new() -> Self {
        Self {
            inner: inner::OnceLock::new(),
        }
    }

    /// The value, if it is set.
    #[track_caller]
    #[inline]
    pub fn get(&self) -> Option<&T> {
        self.inner.get()
    }

    /// The value, if it is set; exclusive access needs no operation.
    #[track_caller]
    #[inline]
    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.inner.get_mut()
    }

    /// Sets the value, if there is none. Waits while another thread does so.
    ///
    /// # Errors
    /// The value that was given, if there is one already.
    #[track_caller]
    #[inline]
    pub fn set(&self, value: T) -> Result<(), T> {
        self.inner.set(value)
    }

    /// The value; if there is none, that of `f`. Waits while another thread does so.
    ///
    /// An `f` that panics leaves no value; the next caller tries again. An `f` that asks for the value
    /// waits for itself.
    #[track_caller]
    #[inline]
    pub fn get_or_init(&self, f: impl FnOnce() -> T) -> &T {
        self.inner.get_or_init(f)
    }

    /// Waits until another thread has set the value.
    #[track_caller]
    #[inline]
    pub fn wait(&self) -> &T {
        self.inner.wait()
    }

    /// Takes the value out, if it is set.
    #[track_caller]
    #[inline]
    pub fn take(&mut self) -> Option<T> {
        self.inner.take()
    }

    /// The value, if it is set, by consuming the whole.
    #[track_caller]
    #[inline]
    pub fn into_inner(self) -> Option<T> {
        self.inner.into_inner()
    }

    fn peek(&self) -> Option<&T> {
        #[cfg(not(feature = "check"))]
        return self.inner.get();
        #[cfg(feature = "check")]
        return self.inner.peek();
    }
}

impl<T> Default for OnceLock<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl<T> From<T> for OnceLock<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        #[cfg(not(feature = "check"))]
        return Self {
            inner: inner::OnceLock::from(value),
        };
        #[cfg(feature = "check")]
        return Self {
            inner: inner::OnceLock::with_value(value),
        };
    }
}

impl<T: Clone> Clone for OnceLock<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        match self.get() {
            Some(value) => Self::from(value.clone()),
            None => Self::new(),
        }
    }
}

impl<T: PartialEq> PartialEq for OnceLock<T> {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl<T: Eq> Eq for OnceLock<T> {}

impl<T: fmt::Debug> fmt::Debug for OnceLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_tuple("OnceLock");
        match self.peek() {
            Some(value) => out.field(value),
            None => out.field(&format_args!("<uninit>")),
        };
        out.finish()
    }
}
