//! A cell whose accesses a check tests for races.

use core::fmt;

#[cfg(feature = "check")]
use core::panic::Location;

#[cfg(feature = "check")]
use crate::check::{dual::slot::Slot, kernel::Access};

/// [`std::cell::UnsafeCell`], with access by closures, as loom has it: so that a check knows when an
/// access begins and ends, and finds two that nothing orders. Creating the cell counts as a write.
///
/// ```
/// use racecourse::cell::UnsafeCell;
///
/// let cell = UnsafeCell::new(1);
/// // SAFETY: no other thread knows the cell.
/// cell.with_mut(|value| unsafe { *value += 1 });
/// // SAFETY: as above.
/// assert_eq!(cell.with(|value| unsafe { *value }), 2);
/// ```
#[cfg_attr(not(feature = "check"), repr(transparent))]
pub struct UnsafeCell<T: ?Sized> {
    #[cfg(feature = "check")]
    slot: Slot,
    inner: core::cell::UnsafeCell<T>,
}

impl<T> UnsafeCell<T> {
    /// A new cell. Constant without the feature `check`; a static uses `const_new`.
    #[cfg(not(feature = "check"))]
    #[inline]
    pub const fn new(value: T) -> Self {
        Self {
            inner: core::cell::UnsafeCell::new(value),
        }
    }

    /// A new cell. Constant without the feature `check`; a static uses `const_new`.
    #[cfg(feature = "check")]
    #[track_caller]
    #[inline]
    pub fn new(value: T) -> Self {
        let place = Location::caller();
        Self {
            slot: Slot::new(|x| x.new_cell(place)),
            inner: core::cell::UnsafeCell::new(value),
        }
    }

    /// A new cell for a constant context. A check refuses a static cell: its value would leak from one
    /// execution into the next.
    #[inline]
    pub const fn const_new(value: T) -> Self {
        Self {
            #[cfg(feature = "check")]
            slot: Slot::of_static(),
            inner: core::cell::UnsafeCell::new(value),
        }
    }

    /// The value, by consuming the cell.
    #[inline]
    pub fn into_inner(self) -> T {
        self.inner.into_inner()
    }
}

impl<T: ?Sized> UnsafeCell<T> {
    /// Gives `f` a pointer through which it may read.
    #[track_caller]
    #[inline]
    pub fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        #[cfg(feature = "check")]
        let _access = self.access(Access::Read);
        f(self.inner.get())
    }

    /// Gives `f` a pointer through which it may read and write.
    #[track_caller]
    #[inline]
    pub fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        #[cfg(feature = "check")]
        let _access = self.access(Access::Write);
        f(self.inner.get())
    }

    /// The value; exclusive access needs no check.
    #[inline]
    pub fn get_mut(&mut self) -> &mut T {
        self.inner.get_mut()
    }

    #[cfg(feature = "check")]
    #[track_caller]
    fn access(&self, access: Access) -> Option<impl Drop> {
        struct End<'a>(&'a crate::check::execution::Execution, u32, Access);
        impl Drop for End<'_> {
            fn drop(&mut self) {
                self.0.end_access(self.1, self.2);
            }
        }
        let place = Location::caller();
        let address = core::ptr::from_ref(self).cast::<u8>().addr();
        let (x, id) = self.slot.model("UnsafeCell", address, place, None)?;
        x.begin_access(id, access, place)
            .then(|| End(x, id, access))
    }
}

impl<T: Default> Default for UnsafeCell<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for UnsafeCell<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: ?Sized> fmt::Debug for UnsafeCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnsafeCell").finish_non_exhaustive()
    }
}
