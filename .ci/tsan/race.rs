//! Not correct: a data race, which no suppression may hide.

use std::cell::UnsafeCell;
use std::sync::Arc;
use std::thread;

struct Shared(UnsafeCell<u32>);

// SAFETY: there is none; that is the point.
unsafe impl Sync for Shared {}

fn main() {
    let shared = Arc::new(Shared(UnsafeCell::new(0)));
    let other = Arc::clone(&shared);
    // SAFETY: none either.
    let thread = thread::spawn(move || unsafe { *other.0.get() += 1 });
    // SAFETY: none either.
    unsafe { *shared.0.get() += 1 };
    thread.join().unwrap();
}
