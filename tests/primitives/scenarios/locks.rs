//! The scenarios of the locks, and of the semaphore's fast path.

use std::sync::Arc;
use std::time::Duration;

use racecourse::cell::UnsafeCell;
use racecourse::lock::{AcquireError, McsLock, SeqLock, ShardedRwLock, TicketLock};
use racecourse::{Semaphore, thread};

pub(crate) const ALL: &[super::Named] = &[
    ("ticket_lock_excludes", ticket_lock_excludes),
    (
        "ticket_lock_try_lock_excludes",
        ticket_lock_try_lock_excludes,
    ),
    ("ticket_lock_wakes_the_far", ticket_lock_wakes_the_far),
    ("mcs_lock_excludes", mcs_lock_excludes),
    ("mcs_lock_try_with_excludes", mcs_lock_try_with_excludes),
    ("mcs_lock_hands_on", mcs_lock_hands_on),
    ("seq_lock_is_never_torn", seq_lock_is_never_torn),
    (
        "seq_lock_reader_comes_through",
        seq_lock_reader_comes_through,
    ),
    ("seq_lock_publishes", seq_lock_publishes),
    ("seq_lock_keeps_writers_apart", seq_lock_keeps_writers_apart),
    (
        "sharded_reader_against_writer",
        sharded_reader_against_writer,
    ),
    ("sharded_try_against_writer", sharded_try_against_writer),
    ("sharded_writers_exclude", sharded_writers_exclude),
    (
        "sharded_reader_against_try_write",
        sharded_reader_against_try_write,
    ),
    ("semaphore_many_publishes", semaphore_many_publishes),
    ("semaphore_publishes", semaphore_publishes),
    ("semaphore_line_is_not_jumped", semaphore_line_is_not_jumped),
    ("semaphore_close_publishes", semaphore_close_publishes),
    (
        "semaphore_try_against_the_line",
        semaphore_try_against_the_line,
    ),
    (
        "semaphore_timeout_against_release",
        semaphore_timeout_against_release,
    ),
];

/// So short that both outcomes occur natively.
const SHORT: Duration = Duration::from_micros(20);

/// A cell whose every access an engine checks for a data race.
struct Cell(UnsafeCell<i32>);

// SAFETY: not safe by itself. The scenarios are there to show that the accesses never race; natively, that is
// what the primitive under test promises.
unsafe impl Sync for Cell {}
// SAFETY: an `i32` may go to any thread.
unsafe impl Send for Cell {}

impl Cell {
    fn new(value: i32) -> Self {
        Self(UnsafeCell::new(value))
    }

    fn get(&self) -> i32 {
        // SAFETY: the primitive under test orders this after every write, and keeps others away.
        self.0.with(|value| unsafe { *value })
    }

    fn set(&self, new: i32) {
        // SAFETY: as in `get`.
        self.0.with_mut(|value| unsafe { *value = new });
    }
}

/// Runs `body` on so many threads and on this one.
fn together<S: Send + Sync + 'static>(shared: &Arc<S>, others: usize, body: fn(&S)) {
    let others: Vec<_> = (0..others)
        .map(|_| {
            let shared = Arc::clone(shared);
            thread::spawn(move || body(&shared))
        })
        .collect();
    body(shared);
    for other in others {
        other.join().unwrap();
    }
}

// The values of these locks are checked for races: two threads in a section at once race, and so do two sections
// that nothing orders.

pub fn ticket_lock_excludes() {
    let lock = Arc::new(TicketLock::new(0));
    together(&lock, 1, |lock| *lock.lock() += 1);
    assert_eq!(*lock.lock(), 2);
}

pub fn ticket_lock_try_lock_excludes() {
    let lock = Arc::new(TicketLock::new(0));
    let other = thread::spawn({
        let lock = Arc::clone(&lock);
        move || *lock.lock() += 1
    });
    let mut expected = 1;
    if let Some(mut value) = lock.try_lock() {
        *value += 1;
        expected += 1;
    }
    other.join().unwrap();
    assert_eq!(*lock.try_lock().expect("nobody has it"), expected);
}

/// With three in the queue behind an owner the last one may sleep: it is woken in time.
pub fn ticket_lock_wakes_the_far() {
    let lock = Arc::new(TicketLock::new(0));
    let guard = lock.lock();
    let others = [(), (), ()].map(|()| {
        let lock = Arc::clone(&lock);
        thread::spawn(move || *lock.lock() += 1)
    });
    drop(guard);
    for other in others {
        other.join().unwrap();
    }
    assert_eq!(*lock.lock(), 3);
}

pub fn mcs_lock_excludes() {
    let lock = Arc::new(McsLock::new(0));
    together(&lock, 1, |lock| lock.with(|value| *value += 1));
    assert_eq!(lock.with(|value| *value), 2);
}

pub fn mcs_lock_try_with_excludes() {
    let lock = Arc::new(McsLock::new(0));
    let other = thread::spawn({
        let lock = Arc::clone(&lock);
        move || lock.with(|value| *value += 1)
    });
    let tried = lock.try_with(|value| *value += 1);
    other.join().unwrap();
    let expected = 1 + i32::from(tried.is_some());
    assert_eq!(lock.try_with(|value| *value), Some(expected));
}

/// From one to the next to the next.
pub fn mcs_lock_hands_on() {
    let lock = Arc::new(McsLock::new(0));
    together(&lock, 2, |lock| lock.with(|value| *value += 1));
    assert_eq!(lock.with(|value| *value), 3);
}

/// A reader sees both words of a change or none.
pub fn seq_lock_is_never_torn() {
    let lock = Arc::new(SeqLock::new((0_u8, 0_u8)));
    let writer = thread::spawn({
        let lock = Arc::clone(&lock);
        move || lock.write((1, 1))
    });
    if let Some((first, second)) = lock.try_read() {
        assert_eq!(first, second);
    }
    writer.join().unwrap();
    assert_eq!(lock.read(), (1, 1));
}

/// A reader that comes in the middle of a change copies again until it has a whole value.
pub fn seq_lock_reader_comes_through() {
    let lock = Arc::new(SeqLock::new(0));
    let writer = thread::spawn({
        let lock = Arc::clone(&lock);
        move || lock.write(1)
    });
    assert!(lock.read() <= 1);
    writer.join().unwrap();
}

/// What was done before a value was written is seen by whoever reads it.
pub fn seq_lock_publishes() {
    let shared = Arc::new((SeqLock::new(false), Cell::new(0)));
    let writer = thread::spawn({
        let shared = Arc::clone(&shared);
        move || {
            shared.1.set(7);
            shared.0.write(true);
        }
    });
    if shared.0.try_read() == Some(true) {
        assert_eq!(shared.1.get(), 7);
    }
    writer.join().unwrap();
}

/// No update is lost.
pub fn seq_lock_keeps_writers_apart() {
    let lock = Arc::new(SeqLock::new(0));
    together(&lock, 1, |lock| lock.update(|value| value + 1));
    assert_eq!(lock.try_read(), Some(2));
}

/// The value is checked for races: of the readers, which share a shard or do not, and the writer.
pub fn sharded_reader_against_writer() {
    let lock = Arc::new(ShardedRwLock::with_shards((0, 0), 2));
    let writer = thread::spawn({
        let lock = Arc::clone(&lock);
        move || *lock.write() = (1, 1)
    });
    let (first, second) = *lock.read();
    assert_eq!(first, second);
    writer.join().unwrap();
    assert_eq!(*lock.read(), (1, 1));
}

/// Attempts of both kinds leave the lock as it was.
pub fn sharded_try_against_writer() {
    let lock = Arc::new(ShardedRwLock::with_shards(0, 2));
    let writer = thread::spawn({
        let lock = Arc::clone(&lock);
        move || *lock.write() += 1
    });
    let mut expected = 1;
    if let Some(value) = lock.try_read() {
        assert!(*value <= 1);
    }
    if let Some(mut value) = lock.try_write() {
        *value += 1;
        expected += 1;
    }
    writer.join().unwrap();
    assert_eq!(lock.try_write().as_deref(), Some(&expected));
}

pub fn sharded_writers_exclude() {
    let lock = Arc::new(ShardedRwLock::with_shards(0, 1));
    together(&lock, 1, |lock| *lock.write() += 1);
    assert_eq!(*lock.read(), 2);
}

/// An attempt to write succeeds only after the reader, and is ordered after it.
pub fn sharded_reader_against_try_write() {
    let lock = Arc::new(ShardedRwLock::with_shards(0, 2));
    let reader = thread::spawn({
        let lock = Arc::clone(&lock);
        move || assert!(*lock.read() <= 1)
    });
    let written = lock.try_write().map(|mut value| *value += 1).is_some();
    reader.join().unwrap();
    assert_eq!(*lock.read(), i32::from(written));
}

/// The same as `semaphore_publishes` for so many permits that they do not come back by an addition.
pub fn semaphore_many_publishes() {
    const MANY: usize = 1 << 20;
    let shared = Arc::new((Semaphore::new(MANY), Cell::new(0)));
    let other = thread::spawn({
        let shared = Arc::clone(&shared);
        move || {
            let _permit = shared.0.acquire_many(MANY).unwrap();
            shared.1.set(7);
        }
    });
    if let Ok(_permit) = shared.0.try_acquire() {
        assert!([0, 7].contains(&shared.1.get()));
    }
    other.join().unwrap();
    assert_eq!(shared.0.available_permits(), MANY);
}

/// What was done under a permit is seen under the next one, also by who only tries.
pub fn semaphore_publishes() {
    let shared = Arc::new((Semaphore::new(1), Cell::new(0)));
    let other = thread::spawn({
        let shared = Arc::clone(&shared);
        move || {
            let _permit = shared.0.acquire().unwrap();
            shared.1.set(7);
        }
    });
    if let Ok(_permit) = shared.0.try_acquire() {
        assert!([0, 7].contains(&shared.1.get()));
    }
    other.join().unwrap();
    assert_eq!(shared.0.available_permits(), 1);
}

/// What was done before the close is seen by whoever finds it closed.
pub fn semaphore_close_publishes() {
    let shared = Arc::new((Semaphore::new(0), Cell::new(0)));
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
    if shared.0.try_acquire().map(|_| ()) == Err(AcquireError::Closed) {
        assert_eq!(shared.1.get(), 7);
    }
    other.join().unwrap();
}

/// One waits in line for two permits, one tries to take one of those that come back one by one.
pub fn semaphore_try_against_the_line() {
    let semaphore = Arc::new(Semaphore::new(2));
    let (one, two) = (semaphore.acquire().unwrap(), semaphore.acquire().unwrap());
    let big = thread::spawn({
        let semaphore = Arc::clone(&semaphore);
        move || assert_eq!(semaphore.acquire_many(2).unwrap().count(), 2)
    });
    drop(one);
    if let Ok(permit) = semaphore.try_acquire() {
        assert_eq!(permit.count(), 1);
    }
    drop(two);
    big.join().unwrap();
    assert_eq!(semaphore.available_permits(), 2);
}

/// Who is refused a permit that is free has met a line, and is refused too while the permits come back that the line waits for.
pub fn semaphore_line_is_not_jumped() {
    let semaphore = Arc::new(Semaphore::new(2));
    let one = semaphore.acquire().unwrap();
    let in_line = thread::spawn({
        let semaphore = Arc::clone(&semaphore);
        move || semaphore.acquire_many(2).unwrap().forget()
    });
    let newcomer = thread::spawn({
        let semaphore = Arc::clone(&semaphore);
        move || {
            if semaphore.try_acquire().is_err() {
                assert!(semaphore.try_acquire().is_err());
            }
        }
    });
    drop(one);
    newcomer.join().unwrap();
    in_line.join().unwrap();
}

/// One waits with a time limit, another without: the permit that comes back is not left lying there.
pub fn semaphore_timeout_against_release() {
    let semaphore = Arc::new(Semaphore::new(0));
    let timed = thread::spawn({
        let semaphore = Arc::clone(&semaphore);
        move || {
            semaphore
                .acquire_timeout(SHORT)
                .map(|permit| permit.count())
        }
    });
    let patient = thread::spawn({
        let semaphore = Arc::clone(&semaphore);
        move || semaphore.acquire().map(|permit| permit.count())
    });
    semaphore.add_permits(1);
    assert_eq!(patient.join().unwrap(), Ok(1));
    let timed = timed.join().unwrap();
    assert!([Ok(1), Err(AcquireError::Timeout)].contains(&timed));
    assert_eq!(semaphore.available_permits(), 1);
}
