//! Numbers of threads, where each is to have a place of its own in something that all share.

use core::cell::Cell;

use crate::sync::atomic::{AtomicUsize, Ordering};

/// The number of this thread: no other has it, and those that asked first have the smallest.
#[inline]
pub(crate) fn number() -> usize {
    crate::thread_local! {
        static NUMBER: Cell<usize> = const { Cell::new(usize::MAX) };
    }
    match NUMBER.get() {
        usize::MAX => {
            static NEXT: AtomicUsize = AtomicUsize::const_new(0);
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            NUMBER.set(number);
            number
        }
        number => number,
    }
}
