//! The scenarios of the ring buffer and of the queue for one producer and one consumer.

use std::sync::Arc;
use std::time::Duration;

use racecourse::cell::UnsafeCell;
use racecourse::queue::{GetError, PutError, RingBuffer, Shutdown, spsc};
use racecourse::thread;

pub(crate) const ALL: &[super::Named] = &[
    ("ring_getter_sleeps", ring_getter_sleeps),
    ("ring_putter_sleeps", ring_putter_sleeps),
    ("ring_publishes", ring_publishes),
    ("ring_2x1_loses_nothing", ring_2x1_loses_nothing),
    ("ring_1x2_gets_it_once", ring_1x2_gets_it_once),
    (
        "ring_shutdown_wakes_both_getters",
        ring_shutdown_wakes_both_getters,
    ),
    ("ring_try_is_in_order", ring_try_is_in_order),
    ("ring_drain_against_put", ring_drain_against_put),
    ("ring_immediate_against_put", ring_immediate_against_put),
    ("ring_shutdown_wakes_a_putter", ring_shutdown_wakes_a_putter),
    ("ring_shutdown_wakes_a_getter", ring_shutdown_wakes_a_getter),
    ("ring_immediate_against_get", ring_immediate_against_get),
    (
        "ring_get_timeout_loses_nothing",
        ring_get_timeout_loses_nothing,
    ),
    ("ring_len_is_within_capacity", ring_len_is_within_capacity),
    (
        "ring_len_is_not_below_nothing",
        ring_len_is_not_below_nothing,
    ),
    ("ring_len_beside_a_shutdown", ring_len_beside_a_shutdown),
    ("spsc_sender_sleeps", spsc_sender_sleeps),
    ("spsc_publishes", spsc_publishes),
    ("spsc_sender_leaves", spsc_sender_leaves),
    ("spsc_receiver_leaves", spsc_receiver_leaves),
    ("spsc_try_of_two", spsc_try_of_two),
    (
        "spsc_get_timeout_loses_nothing",
        spsc_get_timeout_loses_nothing,
    ),
];

/// So short that both outcomes occur natively.
const SHORT: Duration = Duration::from_micros(20);

fn ring<T>(capacity: usize) -> Arc<RingBuffer<T>> {
    Arc::new(RingBuffer::new(capacity))
}

/// A getter that sleeps is woken.
pub fn ring_getter_sleeps() {
    let ring = ring(1);
    let producer = thread::spawn({
        let ring = Arc::clone(&ring);
        move || ring.put(1).unwrap()
    });
    assert_eq!(ring.get(), Ok(1));
    producer.join().unwrap();
    assert!(ring.is_empty());
}

/// A putter that sleeps is woken, and its item comes last.
pub fn ring_putter_sleeps() {
    let ring = ring(1);
    ring.put(1).unwrap();
    let producer = thread::spawn({
        let ring = Arc::clone(&ring);
        move || ring.put(2).unwrap()
    });
    assert_eq!(ring.get(), Ok(1));
    producer.join().unwrap();
    assert_eq!(ring.try_get(), Ok(2));
}

/// A plain cell that is shared by the order that a queue makes.
struct Cell(UnsafeCell<i32>);

// SAFETY: every access is ordered by the queue under test; the engine checks that.
unsafe impl Sync for Cell {}

/// What was done before the put is seen after the get, and what was done before a get, after the put that needed its room.
pub fn ring_publishes() {
    let shared = Arc::new((RingBuffer::new(1), Cell(UnsafeCell::new(0))));
    let producer = thread::spawn({
        let shared = Arc::clone(&shared);
        move || {
            let (ring, cell) = &*shared;
            // SAFETY: before the put.
            cell.0.with_mut(|value| unsafe { *value = 1 });
            ring.put(()).unwrap();
        }
    });
    let (ring, cell) = &*shared;
    if ring.try_get().is_ok() {
        // SAFETY: after the get.
        assert_eq!(cell.0.with(|value| unsafe { *value }), 1);
    }
    producer.join().unwrap();
}

/// Two producers at once: each has its place.
pub fn ring_2x1_loses_nothing() {
    let ring = ring(2);
    let other = thread::spawn({
        let ring = Arc::clone(&ring);
        move || ring.try_put(1).unwrap()
    });
    ring.try_put(2).unwrap();
    other.join().unwrap();
    let got = [ring.try_get().unwrap(), ring.try_get().unwrap()];
    assert_eq!(got.iter().sum::<i32>(), 3);
}

/// Two getters at once, and one item.
pub fn ring_1x2_gets_it_once() {
    let ring = ring(1);
    ring.put(1).unwrap();
    let other = thread::spawn({
        let ring = Arc::clone(&ring);
        move || ring.try_get().unwrap_or(0)
    });
    let got = ring.try_get().unwrap_or(0);
    assert_eq!(got + other.join().unwrap(), 1);
}

/// Of two that sleep, both are woken for the end.
pub fn ring_shutdown_wakes_both_getters() {
    let ring = ring::<i32>(1);
    let getters = [(); 2].map(|()| {
        let ring = Arc::clone(&ring);
        thread::spawn(move || ring.get())
    });
    ring.shutdown(Shutdown::Drain);
    for getter in getters {
        assert_eq!(getter.join().unwrap(), Err(GetError::Closed));
    }
}

/// Nobody is told "full" or "empty" out of order with what it knows, though another is in the middle of an operation.
pub fn ring_try_is_in_order() {
    let ring = ring(2);
    ring.try_put(1).unwrap();
    ring.try_put(2).unwrap();
    let other = thread::spawn({
        let ring = Arc::clone(&ring);
        move || ring.try_get().unwrap()
    });
    let got = ring.try_get().unwrap();
    // Two were got at most, one of them by us.
    ring.try_put(3).unwrap();
    assert_eq!(other.join().unwrap() + got, 3);
    assert_eq!(ring.try_get(), Ok(3));
    assert_eq!(ring.try_get(), Err(GetError::Empty));
}

/// An item is got, or handed back to its putter.
pub fn ring_drain_against_put() {
    let ring = ring(1);
    let putter = thread::spawn({
        let ring = Arc::clone(&ring);
        move || ring.put(7)
    });
    assert!(ring.shutdown(Shutdown::Drain).is_empty());
    let got = ring.get();
    match putter.join().unwrap() {
        Ok(()) => assert_eq!(got, Ok(7)),
        Err(error) => {
            assert_eq!((error, got), (PutError::Closed(7), Err(GetError::Closed)));
        }
    }
}

/// An item is returned by the shutdown, or handed back to its putter.
pub fn ring_immediate_against_put() {
    let ring = ring(1);
    let putter = thread::spawn({
        let ring = Arc::clone(&ring);
        move || ring.put(7)
    });
    let left = ring.shutdown(Shutdown::Immediate);
    match putter.join().unwrap() {
        Ok(()) => assert_eq!(left, [7]),
        Err(error) => assert_eq!((error, left.len()), (PutError::Closed(7), 0)),
    }
    assert_eq!(ring.try_get(), Err(GetError::Closed));
}

/// A putter that waits for room does not wait for ever.
pub fn ring_shutdown_wakes_a_putter() {
    let ring = ring(1);
    ring.put(1).unwrap();
    let putter = thread::spawn({
        let ring = Arc::clone(&ring);
        move || ring.put(2)
    });
    ring.shutdown(Shutdown::Drain);
    assert_eq!(putter.join().unwrap(), Err(PutError::Closed(2)));
    assert_eq!(ring.get(), Ok(1));
}

/// Nor does a getter that waits for an item.
pub fn ring_shutdown_wakes_a_getter() {
    let ring = ring::<i32>(1);
    let getter = thread::spawn({
        let ring = Arc::clone(&ring);
        move || ring.get()
    });
    ring.shutdown(Shutdown::Immediate);
    assert_eq!(getter.join().unwrap(), Err(GetError::Closed));
}

/// An item is got or returned, not both, and those that are returned are the newest.
pub fn ring_immediate_against_get() {
    let ring = ring(2);
    ring.put(1).unwrap();
    ring.put(2).unwrap();
    let getter = thread::spawn({
        let ring = Arc::clone(&ring);
        move || ring.try_get()
    });
    let left = ring.shutdown(Shutdown::Immediate);
    match getter.join().unwrap() {
        Ok(got) => assert_eq!((got, left), (1, vec![2])),
        Err(error) => assert_eq!((error, left), (GetError::Closed, vec![1, 2])),
    }
}

/// Who gives up has taken nothing, and leaves the item to the other.
pub fn ring_get_timeout_loses_nothing() {
    let ring = ring(1);
    let timed = thread::spawn({
        let ring = Arc::clone(&ring);
        move || ring.get_timeout(SHORT)
    });
    ring.put(1).unwrap();
    match timed.join().unwrap() {
        Ok(item) => assert_eq!(item, 1),
        Err(error) => {
            assert_eq!((error, ring.try_get()), (GetError::Timeout, Ok(1)));
        }
    }
}

/// A length that never was is not told: not more than there is room for.
pub fn ring_len_is_within_capacity() {
    let ring = ring(2);
    ring.try_put(1).unwrap();
    let other = thread::spawn({
        let ring = Arc::clone(&ring);
        move || {
            ring.try_get().unwrap();
            ring.try_put(2).unwrap();
            ring.try_put(3).unwrap();
        }
    });
    assert!(ring.len() <= 2);
    other.join().unwrap();
    assert_eq!(ring.len(), 2);
}

/// Nor less than nothing.
pub fn ring_len_is_not_below_nothing() {
    let ring = ring(2);
    let other = thread::spawn({
        let ring = Arc::clone(&ring);
        move || {
            ring.try_put(1).unwrap();
            ring.try_get().unwrap();
        }
    });
    assert!(ring.len() <= 1);
    other.join().unwrap();
    assert!(ring.is_empty());
}

/// Nor while all items are taken out at once.
pub fn ring_len_beside_a_shutdown() {
    let ring = ring(2);
    let other = thread::spawn({
        let ring = Arc::clone(&ring);
        move || {
            ring.try_put(1).unwrap();
            ring.shutdown(Shutdown::Immediate)
        }
    });
    assert!(ring.len() <= 1);
    assert_eq!(other.join().unwrap(), [1]);
    assert!(ring.is_empty());
}

/// A sender that sleeps is woken, and its item comes last.
pub fn spsc_sender_sleeps() {
    let (mut sender, mut receiver) = spsc::channel(1);
    sender.put(1).unwrap();
    let producer = thread::spawn(move || {
        sender.put(2).unwrap();
        sender
    });
    assert_eq!(receiver.get(), Ok(1));
    let sender = producer.join().unwrap();
    assert_eq!(receiver.try_get(), Ok(2));
    assert_eq!(receiver.try_get(), Err(GetError::Empty));
    drop(sender);
    assert_eq!(receiver.try_get(), Err(GetError::Closed));
}

/// What was done before the put is seen after the get.
pub fn spsc_publishes() {
    let cell = Arc::new(Cell(UnsafeCell::new(0)));
    let (mut sender, mut receiver) = spsc::channel(1);
    let producer = thread::spawn({
        let cell = Arc::clone(&cell);
        move || {
            // SAFETY: before the put.
            cell.0.with_mut(|value| unsafe { *value = 1 });
            sender.put(()).unwrap();
        }
    });
    receiver.get().unwrap();
    // SAFETY: after the get.
    assert_eq!(cell.0.with(|value| unsafe { *value }), 1);
    producer.join().unwrap();
}

/// The receiver gets what is there, and then does not wait for ever.
pub fn spsc_sender_leaves() {
    let (mut sender, receiver) = spsc::channel(2);
    let producer = thread::spawn(move || sender.put(1).unwrap());
    assert_eq!(receiver.into_iter().sum::<i32>(), 1);
    producer.join().unwrap();
}

/// The sender that waits for room does not wait for ever; its item comes back.
pub fn spsc_receiver_leaves() {
    let (mut sender, mut receiver) = spsc::channel(1);
    sender.put(1).unwrap();
    let consumer = thread::spawn(move || receiver.try_get());
    if let Err(error) = sender.put(2) {
        assert_eq!(error, PutError::Closed(2));
    }
    assert_eq!(consumer.join().unwrap(), Ok(1));
}

/// Without waiting: whoever is refused knows why.
pub fn spsc_try_of_two() {
    let (mut sender, mut receiver) = spsc::channel(2);
    let producer =
        thread::spawn(move || (1..=3).filter(|&n| sender.try_put(n).is_ok()).sum::<i32>());
    let mut got = receiver.try_get().unwrap_or(0);
    let put = producer.join().unwrap();
    got += receiver.iter().sum::<i32>();
    assert_eq!(got, put);
    assert!(put >= 3);
}

/// Who gives up has taken nothing.
pub fn spsc_get_timeout_loses_nothing() {
    let (mut sender, mut receiver) = spsc::channel(1);
    let producer = thread::spawn(move || sender.put(1).unwrap());
    let first = receiver.get_timeout(SHORT);
    producer.join().unwrap();
    match first {
        Ok(item) => assert_eq!(item, 1),
        Err(GetError::Timeout) => assert_eq!(receiver.get(), Ok(1)),
        Err(error) => panic!("{error}"),
    }
}
