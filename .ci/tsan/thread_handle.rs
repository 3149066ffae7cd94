//! Correct: a thread is unparked through its handle, and its last handle is dropped in yet another thread.
//!
//! What a `Thread` points to is counted by code inside of std, which ThreadSanitizer did not see compiled.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

static GO: AtomicBool = AtomicBool::new(false);

fn main() {
    for _ in 0..200 {
        GO.store(false, Ordering::Relaxed);
        thread::scope(|scope| {
            let one = scope.spawn(|| while !GO.load(Ordering::Relaxed) {});
            let handle = one.thread().clone();
            scope.spawn(move || {
                handle.unpark();
                drop(handle);
                GO.store(true, Ordering::Relaxed);
            });
        });
    }
}
