//! Memory that a check watches: [`std::alloc`]'s functions, native or the engine's.
//!
//! Inside of a check, memory is a failure if it is used after it was freed, or where nothing orders the use before the
//! free; if it is freed twice; and if it is still there when every thread has ended. A use is an operation on anything
//! of the vocabulary ([`atomic`](crate::sync::atomic), [`UnsafeCell`](crate::cell::UnsafeCell), a lock) that lies in
//! it; plain reads and writes are invisible. Memory that was freed may be handed out again, and is, wherever the free
//! happens before the allocation: both are explored. (loom hands nothing out again.)
//!
//! ```
//! use racecourse::alloc;
//! use racecourse::sync::atomic::{AtomicU32, Ordering::Relaxed};
//!
//! let counter = alloc::into_raw(AtomicU32::new(1));
//! // SAFETY: it was made by `into_raw`, and nobody else knows it.
//! unsafe {
//!     (*counter).fetch_add(1, Relaxed);
//!     assert_eq!(alloc::from_raw(counter).into_inner(), 2);
//! }
//! ```

pub use core::alloc::Layout;

#[cfg(feature = "check")]
use core::panic::Location;

#[cfg(feature = "check")]
use crate::check::execution::{Execution, current};

/// The execution that watches the memory, if one runs.
#[cfg(feature = "check")]
fn watched<'a>() -> Option<&'a Execution> {
    current()
}

/// See [`std::alloc::alloc`].
///
/// # Safety
/// As for [`std::alloc::alloc`]: the layout must not have the size 0.
#[must_use]
#[track_caller]
pub unsafe fn alloc(layout: Layout) -> *mut u8 {
    #[cfg(feature = "check")]
    if let Some(x) = watched() {
        return x.alloc(layout, Location::caller());
    }
    // SAFETY: the caller's promise.
    unsafe { std::alloc::alloc(layout) }
}

/// See [`std::alloc::alloc_zeroed`].
///
/// # Safety
/// As for [`std::alloc::alloc_zeroed`]: the layout must not have the size 0.
#[must_use]
#[track_caller]
pub unsafe fn alloc_zeroed(layout: Layout) -> *mut u8 {
    // SAFETY: the caller's promise.
    let memory = unsafe { alloc(layout) };
    if !memory.is_null() {
        // SAFETY: so many bytes were just allocated.
        unsafe { memory.write_bytes(0, layout.size()) };
    }
    memory
}

/// See [`std::alloc::dealloc`].
///
/// # Safety
/// As for [`std::alloc::dealloc`]: `memory` is from [`alloc`] with this layout, and is not used any more.
#[track_caller]
pub unsafe fn dealloc(memory: *mut u8, layout: Layout) {
    #[cfg(feature = "check")]
    if let Some(x) = watched() {
        x.dealloc(memory, layout, Location::caller());
        return;
    }
    // SAFETY: the caller's promise.
    unsafe { std::alloc::dealloc(memory, layout) }
}

/// Moves a value to memory of its own, as `Box::into_raw(Box::new(value))` does. [`from_raw`] takes it back.
///
/// # Panics
/// If `T` has the size 0, which needs no memory.
#[must_use]
#[track_caller]
pub fn into_raw<T>(value: T) -> *mut T {
    let layout = Layout::new::<T>();
    assert!(
        layout.size() > 0,
        "a value of size 0 has no memory of its own"
    );
    // SAFETY: the size is not 0.
    let memory = unsafe { alloc(layout) }.cast::<T>();
    if memory.is_null() {
        std::alloc::handle_alloc_error(layout);
    }
    // SAFETY: the memory is new, and fits a `T`.
    unsafe { memory.write(value) };
    memory
}

/// Takes a value back from [`into_raw`], and frees its memory.
///
/// # Safety
/// `memory` is from [`into_raw`], was not taken back before, and is not used any more.
#[track_caller]
pub unsafe fn from_raw<T>(memory: *mut T) -> T {
    // SAFETY: the caller's promise; inside of a check the memory stays until the end of the execution.
    let value = unsafe { memory.read() };
    // SAFETY: as above.
    unsafe { dealloc(memory.cast(), Layout::new::<T>()) };
    value
}
