use core::borrow::Borrow;
use core::cmp;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::ops::Deref;

#[cfg(feature = "check")]
use crate::check::dual::arc as inner;
#[cfg(not(feature = "check"))]
use std::sync as inner;

/// [`std::sync::Arc`], native or, under a check, counted where the engine sees it.
///
/// Use it where the counting is itself under test: who drops the value, and when; whether `get_mut`
/// finds that it is alone; whether anything leaks (a check reports a value that is never dropped as a
/// leak). Elsewhere std's own is as good, and costs the search nothing.
///
/// Not mirrored: raw pointers (`from_raw`, `into_raw`, counts by hand), `pin`, `downcast`, allocators,
/// uninitialised values, and the coercion to `Arc<dyn Trait>`, for which only std's types are made:
/// coerce std's, and go on with [`from_std`](Self::from_std).
///
/// ```
/// use racecourse::sync::Arc;
///
/// let one = Arc::new(5);
/// let two = Arc::clone(&one);
/// assert_eq!(Arc::strong_count(&one), 2);
/// drop(two);
/// assert_eq!(Arc::try_unwrap(one), Ok(5));
///
/// let shown: Arc<dyn std::fmt::Display> = Arc::from_std(std::sync::Arc::new(5));
/// assert_eq!(shown.to_string(), "5");
/// ```
#[cfg_attr(not(feature = "check"), repr(transparent))]
pub struct Arc<T: ?Sized> {
    inner: inner::Arc<T>,
}

/// [`std::sync::Weak`]: a reference that keeps no value alive. Made by [`Arc::downgrade`].
#[cfg_attr(not(feature = "check"), repr(transparent))]
pub struct Weak<T: ?Sized> {
    inner: inner::Weak<T>,
}

impl<T> Arc<T> {
    /// The first reference to a value.
    #[track_caller]
    #[inline]
    pub fn new(value: T) -> Self {
        Self {
            inner: inner::Arc::new(value),
        }
    }

    /// The first reference to a value that holds weak references to itself. They cannot be upgraded
    /// before `f` has returned.
    #[track_caller]
    #[inline]
    pub fn new_cyclic(f: impl FnOnce(&Weak<T>) -> T) -> Self {
        let inner = inner::Arc::new_cyclic(|weak| {
            let weak = Weak {
                inner: weak.clone(),
            };
            f(&weak)
        });
        Self { inner }
    }

    /// The value, if this is the only reference to it (weak ones do not count).
    ///
    /// # Errors
    /// The reference, if there are others.
    #[track_caller]
    #[inline]
    pub fn try_unwrap(this: Self) -> Result<T, Self> {
        inner::Arc::try_unwrap(this.inner).map_err(|inner| Self { inner })
    }

    /// The value, if this is the only reference to it. Of several threads that call this, and between
    /// them hold all references, exactly one gets the value.
    #[track_caller]
    #[inline]
    pub fn into_inner(this: Self) -> Option<T> {
        inner::Arc::into_inner(this.inner)
    }
}

impl<T: Clone> Arc<T> {
    /// Mutable access, to a clone of the value if there are other references.
    #[track_caller]
    #[inline]
    pub fn make_mut(this: &mut Self) -> &mut T {
        inner::Arc::make_mut(&mut this.inner)
    }

    /// The value, or a clone if there are other references.
    #[track_caller]
    #[inline]
    pub fn unwrap_or_clone(this: Self) -> T {
        Self::try_unwrap(this).unwrap_or_else(|this| T::clone(&this))
    }
}

impl<T: ?Sized> Arc<T> {
    /// Goes on with a reference of std's, which should be the only one: under a check, others of std's are
    /// not counted.
    #[track_caller]
    #[inline]
    pub fn from_std(arc: std::sync::Arc<T>) -> Self {
        #[cfg(not(feature = "check"))]
        return Self { inner: arc };
        #[cfg(feature = "check")]
        return Self {
            inner: inner::Arc::from_std(arc),
        };
    }

    #[inline]
    fn as_std(this: &Self) -> &std::sync::Arc<T> {
        #[cfg(not(feature = "check"))]
        return &this.inner;
        #[cfg(feature = "check")]
        return inner::Arc::as_std(&this.inner);
    }

    /// Where the value is.
    #[inline]
    #[must_use]
    pub fn as_ptr(this: &Self) -> *const T {
        std::sync::Arc::as_ptr(Self::as_std(this))
    }

    /// Whether both refer to the same value.
    #[inline]
    #[must_use]
    pub fn ptr_eq(this: &Self, other: &Self) -> bool {
        std::sync::Arc::ptr_eq(Self::as_std(this), Self::as_std(other))
    }

    /// How many references there are; the number may have changed when this returns.
    #[track_caller]
    #[inline]
    #[must_use]
    pub fn strong_count(this: &Self) -> usize {
        inner::Arc::strong_count(&this.inner)
    }

    /// How many weak references there are; the number may have changed when this returns.
    #[track_caller]
    #[inline]
    #[must_use]
    pub fn weak_count(this: &Self) -> usize {
        inner::Arc::weak_count(&this.inner)
    }

    /// Mutable access, if this is the only reference, and there is no weak one.
    #[track_caller]
    #[inline]
    pub fn get_mut(this: &mut Self) -> Option<&mut T> {
        inner::Arc::get_mut(&mut this.inner)
    }

    /// A weak reference to the same value.
    #[track_caller]
    #[inline]
    #[must_use = "this makes a weak reference, and changes nothing else"]
    pub fn downgrade(this: &Self) -> Weak<T> {
        Weak {
            inner: inner::Arc::downgrade(&this.inner),
        }
    }
}

impl<T> Weak<T> {
    /// A reference to nothing: [`upgrade`](Self::upgrade) gives `None`.
    #[track_caller]
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Self {
            inner: inner::Weak::new(),
        }
    }
}

impl<T: ?Sized> Weak<T> {
    #[inline]
    fn as_std(&self) -> &std::sync::Weak<T> {
        #[cfg(not(feature = "check"))]
        return &self.inner;
        #[cfg(feature = "check")]
        return self.inner.as_std();
    }

    /// A reference that keeps the value alive, if it still is.
    #[track_caller]
    #[inline]
    #[must_use = "this makes a reference, and changes nothing else"]
    pub fn upgrade(&self) -> Option<Arc<T>> {
        let inner = self.inner.upgrade()?;
        Some(Arc { inner })
    }

    /// Where the value is, or was.
    #[inline]
    #[must_use]
    pub fn as_ptr(&self) -> *const T {
        self.as_std().as_ptr()
    }

    /// Whether both refer to the same value, or both to nothing.
    #[inline]
    #[must_use]
    pub fn ptr_eq(&self, other: &Self) -> bool {
        self.as_std().ptr_eq(other.as_std())
    }

    /// How many references keep the value alive.
    #[track_caller]
    #[inline]
    #[must_use]
    pub fn strong_count(&self) -> usize {
        self.inner.strong_count()
    }

    /// How many weak references there are; 0 if the value is gone.
    #[track_caller]
    #[inline]
    #[must_use]
    pub fn weak_count(&self) -> usize {
        self.inner.weak_count()
    }
}

impl<T: ?Sized> Clone for Arc<T> {
    #[track_caller]
    #[inline]
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
        }
    }
}

impl<T: ?Sized> Clone for Weak<T> {
    #[track_caller]
    #[inline]
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
        }
    }
}

impl<T> Default for Weak<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Default> Default for Arc<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for Arc<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: ?Sized> From<Box<T>> for Arc<T> {
    #[track_caller]
    fn from(value: Box<T>) -> Self {
        Self::from_std(value.into())
    }
}

impl<T> From<Vec<T>> for Arc<[T]> {
    #[track_caller]
    fn from(value: Vec<T>) -> Self {
        Self::from_std(value.into())
    }
}

impl<T: Clone> From<&[T]> for Arc<[T]> {
    #[track_caller]
    fn from(value: &[T]) -> Self {
        Self::from_std(value.into())
    }
}

impl From<String> for Arc<str> {
    #[track_caller]
    fn from(value: String) -> Self {
        Self::from_std(value.into())
    }
}

impl From<&str> for Arc<str> {
    #[track_caller]
    fn from(value: &str) -> Self {
        Self::from_std(value.into())
    }
}

impl<T> FromIterator<T> for Arc<[T]> {
    #[track_caller]
    fn from_iter<I: IntoIterator<Item = T>>(iter: I) -> Self {
        Self::from_std(iter.into_iter().collect())
    }
}

impl<T: ?Sized> Deref for Arc<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        Self::as_std(self)
    }
}

impl<T: ?Sized> AsRef<T> for Arc<T> {
    fn as_ref(&self) -> &T {
        self
    }
}

impl<T: ?Sized> Borrow<T> for Arc<T> {
    fn borrow(&self) -> &T {
        self
    }
}

impl<T: ?Sized + PartialEq> PartialEq for Arc<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: ?Sized + Eq> Eq for Arc<T> {}

impl<T: ?Sized + PartialOrd> PartialOrd for Arc<T> {
    fn partial_cmp(&self, other: &Self) -> Option<cmp::Ordering> {
        (**self).partial_cmp(&**other)
    }
}

impl<T: ?Sized + Ord> Ord for Arc<T> {
    fn cmp(&self, other: &Self) -> cmp::Ordering {
        (**self).cmp(&**other)
    }
}

impl<T: ?Sized + Hash> Hash for Arc<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Arc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for Arc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

impl<T: ?Sized> fmt::Pointer for Arc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Pointer::fmt(&Self::as_ptr(self), f)
    }
}

impl<T: ?Sized> fmt::Debug for Weak<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(Weak)")
    }
}
