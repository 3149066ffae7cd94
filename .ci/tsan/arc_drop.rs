//! Correct: two owners of an `Arc`, and whoever is last frees it.
//!
//! The count goes down with Release and the last owner follows with an Acquire *fence*. ThreadSanitizer does not
//! understand fences; a std that is compiled with it uses a load instead, and the std of a toolchain is not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

fn main() {
    let shared = Arc::new(AtomicU32::new(0));
    let other = Arc::clone(&shared);
    let thread = thread::spawn(move || {
        other.store(1, Ordering::Relaxed);
        drop(other);
        // Alive until main has freed: neither the end of the thread nor its join orders the two.
        thread::park();
    });
    while Arc::strong_count(&shared) > 1 {
        thread::yield_now();
    }
    drop(shared);
    thread.thread().unpark();
    thread.join().unwrap();
}
