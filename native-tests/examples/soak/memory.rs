//! What the allocator is asked for, and how many threads there are.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

struct Counting;

static BYTES: AtomicUsize = AtomicUsize::new(0);
static BLOCKS: AtomicUsize = AtomicUsize::new(0);
static ALL: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let live = BYTES.fetch_add(layout.size(), Relaxed) + layout.size();
        PEAK.fetch_max(live, Relaxed);
        BLOCKS.fetch_add(1, Relaxed);
        ALL.fetch_add(1, Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        BYTES.fetch_sub(layout.size(), Relaxed);
        BLOCKS.fetch_sub(1, Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Bytes and blocks that are in use.
pub(crate) fn live() -> (usize, usize) {
    (BYTES.load(Relaxed), BLOCKS.load(Relaxed))
}

/// The most bytes that were ever in use.
pub(crate) fn peak() -> usize {
    PEAK.load(Relaxed)
}

pub(crate) fn allocations() -> usize {
    ALL.load(Relaxed)
}

/// How many threads this process has, where that is told.
pub(crate) fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
}

/// How many more there are than that. One that was joined may be listed for a moment longer.
pub(crate) fn threads_beyond(before: usize) -> Option<usize> {
    let patience = Instant::now();
    loop {
        let more = threads().saturating_sub(before);
        if more == 0 {
            return None;
        } else if patience.elapsed() > Duration::from_secs(10) {
            return Some(more);
        }
        thread::yield_now();
    }
}
