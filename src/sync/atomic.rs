//! [`std::sync::atomic`], under the same names.
//!
//! ```
//! use racecourse::sync::atomic::{AtomicU64, Ordering};
//!
//! static NEXT: AtomicU64 = AtomicU64::const_new(1);
//! assert_eq!(NEXT.fetch_add(1, Ordering::Relaxed), 1);
//! ```

use core::fmt;

pub use core::sync::atomic::Ordering;

#[cfg(feature = "check")]
use crate::check::dual::atomic as inner;
#[cfg(not(feature = "check"))]
use core::sync::atomic as inner;

/// See [`std::sync::atomic::fence`].
///
/// # Panics
/// If `order` is [`Ordering::Relaxed`].
#[track_caller]
#[inline]
pub fn fence(order: Ordering) {
    inner::fence(order);
}

/// See [`std::sync::atomic::compiler_fence`]. Under a check it orders nothing between threads.
#[inline]
pub fn compiler_fence(order: Ordering) {
    core::sync::atomic::compiler_fence(order);
}

macro_rules! atomic {
    ($name:ident $(<$param:ident>)?, $type:ty) => {
        #[doc = concat!("[`std::sync::atomic::", stringify!($name), "`], native or the engine's.")]
        #[cfg_attr(not(feature = "check"), repr(transparent))]
        pub struct $name $(<$param>)? {
            inner: inner::$name $(<$param>)?,
        }

        impl $(<$param>)? $name $(<$param>)? {
            /// A new atomic. Constant without the feature `check`; a static uses `const_new`.
            #[cfg(not(feature = "check"))]
            #[inline]
            pub const fn new(value: $type) -> Self {
                Self { inner: inner::$name::new(value) }
            }

            /// A new atomic. Constant without the feature `check`; a static uses `const_new`.
            #[cfg(feature = "check")]
            #[track_caller]
            #[inline]
            pub fn new(value: $type) -> Self {
                Self { inner: inner::$name::new(value) }
            }

            /// A new atomic for a static. A check makes it anew, with this value, for each execution.
            #[inline]
            pub const fn const_new(value: $type) -> Self {
                #[cfg(not(feature = "check"))]
                return Self { inner: inner::$name::new(value) };
                #[cfg(feature = "check")]
                return Self { inner: inner::$name::const_new(value) };
            }

            /// The value; exclusive access needs no operation.
            #[inline]
            pub fn get_mut(&mut self) -> &mut $type {
                self.inner.get_mut()
            }

            /// The value, by consuming the atomic.
            #[inline]
            #[must_use]
            pub fn into_inner(self) -> $type {
                self.inner.into_inner()
            }

            /// Loads the value.
            ///
            /// # Panics
            /// If `order` is `Release` or `AcqRel`.
            #[track_caller]
            #[inline]
            pub fn load(&self, order: Ordering) -> $type {
                self.inner.load(order)
            }

            /// Stores a value.
            ///
            /// # Panics
            /// If `order` is `Acquire` or `AcqRel`.
            #[track_caller]
            #[inline]
            pub fn store(&self, value: $type, order: Ordering) {
                self.inner.store(value, order);
            }

            /// Stores `new` if the value is `current`. Returns the old value: `Ok` if it was stored.
            ///
            /// # Errors
            /// The value found, if it was another.
            ///
            /// # Panics
            /// If `failure` is `Release` or `AcqRel`.
            #[track_caller]
            #[inline]
            pub fn compare_exchange(
                &self,
                current: $type,
                new: $type,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$type, $type> {
                self.inner.compare_exchange(current, new, success, failure)
            }

            /// Like `compare_exchange`, but may fail although the value matches: use it in a loop.
            ///
            /// # Errors
            /// The value found.
            ///
            /// # Panics
            /// If `failure` is `Release` or `AcqRel`.
            #[track_caller]
            #[inline]
            pub fn compare_exchange_weak(
                &self,
                current: $type,
                new: $type,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$type, $type> {
                self.inner.compare_exchange_weak(current, new, success, failure)
            }

            /// Applies `f` until its result could be stored. Returns the old value.
            #[track_caller]
            #[inline]
            pub fn update(
                &self,
                set_order: Ordering,
                fetch_order: Ordering,
                mut f: impl FnMut($type) -> $type,
            ) -> $type {
                match self.fetch_update(set_order, fetch_order, |value| Some(f(value))) {
                    Ok(value) | Err(value) => value,
                }
            }

            /// Applies `f` until its result could be stored, or `f` returns `None`.
            ///
            /// # Errors
            /// The value for which `f` returned `None`.
            #[track_caller]
            #[inline]
            pub fn try_update(
                &self,
                set_order: Ordering,
                fetch_order: Ordering,
                f: impl FnMut($type) -> Option<$type>,
            ) -> Result<$type, $type> {
                self.fetch_update(set_order, fetch_order, f)
            }

            /// Applies `f` until its result could be stored, or `f` returns `None`.
            ///
            /// # Errors
            /// The value for which `f` returned `None`.
            #[track_caller]
            #[inline]
            pub fn fetch_update(
                &self,
                set_order: Ordering,
                fetch_order: Ordering,
                mut f: impl FnMut($type) -> Option<$type>,
            ) -> Result<$type, $type> {
                let mut previous = self.load(fetch_order);
                while let Some(next) = f(previous) {
                    match self.compare_exchange_weak(previous, next, set_order, fetch_order) {
                        Ok(value) => return Ok(value),
                        Err(found) => previous = found,
                    }
                }
                Err(previous)
            }

            fn peek(&self) -> $type {
                #[cfg(not(feature = "check"))]
                return self.inner.load(Ordering::Relaxed);
                #[cfg(feature = "check")]
                return self.inner.peek();
            }
        }

        impl $(<$param>)? fmt::Debug for $name $(<$param>)? {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.peek(), f)
            }
        }

        impl $(<$param>)? From<$type> for $name $(<$param>)? {
            #[track_caller]
            fn from(value: $type) -> Self {
                Self::new(value)
            }
        }
    };
    (@rmw $name:ident $(<$param:ident>)?, $type:ty, $($(#[$doc:meta])* $method:ident)*) => {
        impl $(<$param>)? $name $(<$param>)? {$(
            $(#[$doc])*
            ///
            /// Returns the old value.
            #[track_caller]
            #[inline]
            pub fn $method(&self, value: $type, order: Ordering) -> $type {
                self.inner.$method(value, order)
            }
        )*}
    };
}

macro_rules! integers {
    ($($name:ident $type:ty;)*) => {$(
        atomic! { $name, $type }
        atomic! { @rmw $name, $type,
            /// Stores a value.
            swap
            /// Adds, wrapping around.
            fetch_add
            /// Subtracts, wrapping around.
            fetch_sub
            /// Bitwise and.
            fetch_and
            /// Bitwise nand.
            fetch_nand
            /// Bitwise or.
            fetch_or
            /// Bitwise exclusive or.
            fetch_xor
            /// The greater of the two.
            fetch_max
            /// The smaller of the two.
            fetch_min
        }

        impl Default for $name {
            #[track_caller]
            fn default() -> Self {
                Self::new(0)
            }
        }
    )*};
}

integers! {
    AtomicU8 u8; AtomicU16 u16; AtomicU32 u32; AtomicU64 u64; AtomicUsize usize;
    AtomicI8 i8; AtomicI16 i16; AtomicI32 i32; AtomicI64 i64; AtomicIsize isize;
}

atomic! { AtomicBool, bool }
atomic! { @rmw AtomicBool, bool,
    /// Stores a value.
    swap
    /// Logical and.
    fetch_and
    /// Logical nand.
    fetch_nand
    /// Logical or.
    fetch_or
    /// Logical exclusive or.
    fetch_xor
}

impl AtomicBool {
    /// Negates the value. Returns the old one.
    #[track_caller]
    #[inline]
    pub fn fetch_not(&self, order: Ordering) -> bool {
        self.fetch_xor(true, order)
    }
}

impl Default for AtomicBool {
    #[track_caller]
    fn default() -> Self {
        Self::new(false)
    }
}

atomic! { AtomicPtr<T>, *mut T }
atomic! { @rmw AtomicPtr<T>, *mut T,
    /// Stores a pointer.
    swap
}

macro_rules! pointer {
    ($($(#[$doc:meta])* $method:ident)*) => {
        impl<T> AtomicPtr<T> {$(
            $(#[$doc])*
            ///
            /// Returns the old pointer.
            #[track_caller]
            #[inline]
            pub fn $method(&self, value: usize, order: Ordering) -> *mut T {
                self.inner.$method(value, order)
            }
        )*}
    };
}

pointer! {
    /// Moves the pointer on by so many elements, wrapping around.
    fetch_ptr_add
    /// Moves the pointer back by so many elements, wrapping around.
    fetch_ptr_sub
    /// Moves the pointer on by so many bytes, wrapping around.
    fetch_byte_add
    /// Moves the pointer back by so many bytes, wrapping around.
    fetch_byte_sub
    /// Bitwise or with the address: sets tag bits.
    fetch_or
    /// Bitwise and with the address: clears tag bits.
    fetch_and
    /// Bitwise exclusive or with the address: flips tag bits.
    fetch_xor
}

impl<T> Default for AtomicPtr<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(core::ptr::null_mut())
    }
}
