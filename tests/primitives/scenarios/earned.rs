//! Scenarios that need an ordering which others do not: see `tests/explored/earned.rs`.

use std::sync::Arc;

use racecourse::cell::UnsafeCell;
use racecourse::lock::{AcquireError, ShardedRwLock};
use racecourse::{Semaphore, thread};

pub(crate) const ALL: &[super::Named] = &[
    ("semaphore_closed_while_free", semaphore_closed_while_free),
    ("semaphore_added_publishes", semaphore_added_publishes),
    ("semaphore_line_gathers", semaphore_line_gathers),
    (
        "semaphore_is_closed_publishes",
        semaphore_is_closed_publishes,
    ),
    (
        "sharded_try_write_after_reader",
        sharded_try_write_after_reader,
    ),
];

/// A cell whose every access an engine checks for a data race.
struct Cell(UnsafeCell<i32>);

// SAFETY: not safe by itself. The scenarios are there to show that the accesses never race; natively, that is
// what the primitive under test promises.
unsafe impl Sync for Cell {}
// SAFETY: an `i32` may go to any thread.
unsafe impl Send for Cell {}

impl Cell {
    fn new() -> Self {
        Self(UnsafeCell::new(0))
    }

    fn get(&self) -> i32 {
        // SAFETY: see `Sync`.
        self.0.with(|place| unsafe { *place })
    }

    fn set(&self, value: i32) {
        // SAFETY: see `Sync`.
        self.0.with_mut(|place| unsafe { *place = value });
    }
}

/// Who finds the semaphore closed, though a permit was free a moment before, sees what was done before.
pub fn semaphore_closed_while_free() {
    let shared = Arc::new((Semaphore::new(1), Cell::new()));
    let other = thread::spawn({
        let shared = Arc::clone(&shared);
        move || {
            shared.1.set(7);
            shared.0.close();
        }
    });
    if shared.0.try_acquire().map(|_| ()) == Err(AcquireError::Closed) {
        assert_eq!(shared.1.get(), 7);
    }
    other.join().unwrap();
}

/// The same for who only asks whether it is closed.
pub fn semaphore_is_closed_publishes() {
    let shared = Arc::new((Semaphore::new(1), Cell::new()));
    let other = thread::spawn({
        let shared = Arc::clone(&shared);
        move || {
            shared.1.set(7);
            shared.0.close();
        }
    });
    if shared.0.is_closed() {
        assert_eq!(shared.1.get(), 7);
    }
    other.join().unwrap();
}

/// Who gets a permit that was made sees what was done before it was made.
pub fn semaphore_added_publishes() {
    let shared = Arc::new((Semaphore::new(0), Cell::new()));
    let other = thread::spawn({
        let shared = Arc::clone(&shared);
        move || {
            shared.1.set(7);
            shared.0.add_permits(1);
        }
    });
    if shared.0.try_acquire().is_ok() {
        assert_eq!(shared.1.get(), 7);
    }
    other.join().unwrap();
}

/// Who waits for both permits sees what both have done who gave them back, though only one of them serves it.
pub fn semaphore_line_gathers() {
    let semaphore = Semaphore::new(2);
    let cells = [Cell::new(), Cell::new()];
    let (one, two) = (semaphore.acquire().unwrap(), semaphore.acquire().unwrap());
    thread::scope(|scope| {
        scope.spawn(|| {
            let _both = semaphore.acquire_many(2).unwrap();
            assert_eq!(cells[0].get() + cells[1].get(), 2);
        });
        scope.spawn(|| {
            cells[0].set(1);
            drop(one);
        });
        cells[1].set(1);
        drop(two);
    });
}

/// Who tries to write does not while another still reads.
pub fn sharded_try_write_after_reader() {
    let shared = Arc::new((ShardedRwLock::with_shards((), 1), Cell::new()));
    let reader = thread::spawn({
        let shared = Arc::clone(&shared);
        move || {
            let guard = shared.0.read();
            let value = shared.1.get();
            drop(guard);
            value
        }
    });
    if let Some(_guard) = shared.0.try_write() {
        shared.1.set(1);
    }
    reader.join().unwrap();
}
