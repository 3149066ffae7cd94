//! Real threads on the ring buffer and on the queue for one producer and one consumer.
//!
//! No item is lost or doubled; each consumer gets what a producer put in that producer's order; whoever sleeps is woken.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use racecourse::queue::{RingBuffer, Shutdown, spsc};
use racecourse_native_tests::scope;

/// Fails if it is not done in time: a lost wake-up is a failure, not a hang.
fn in_time(body: impl FnOnce() + Send + 'static) {
    let (done, finished) = mpsc::channel();
    let thread = thread::spawn(move || {
        body();
        done.send(()).unwrap();
    });
    if finished.recv_timeout(Duration::from_secs(60)) == Err(mpsc::RecvTimeoutError::Timeout) {
        panic!("not done after 60 s: somebody sleeps who should have been woken");
    }
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

/// Items that say who put them, and as their how-manieth, and that count themselves.
struct Item<'a> {
    producer: usize,
    number: usize,
    alive: &'a AtomicUsize,
}

impl<'a> Item<'a> {
    fn new(producer: usize, number: usize, alive: &'a AtomicUsize) -> Self {
        alive.fetch_add(1, Ordering::Relaxed);
        Self {
            producer,
            number,
            alive,
        }
    }
}

impl Drop for Item<'_> {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, Ordering::Relaxed);
    }
}

const EACH: usize = 2_000;

/// Puts and gets of every kind: waiting, trying, with a time limit.
fn many(capacity: usize, producers: usize, consumers: usize) {
    let alive = AtomicUsize::new(0);
    let got = AtomicUsize::new(0);
    let ring = RingBuffer::new(capacity);
    let left = AtomicUsize::new(producers);
    scope(|s| {
        for producer in 0..producers {
            let (ring, alive, left) = (&ring, &alive, &left);
            s.spawn(move || {
                for number in 0..EACH {
                    let mut item = Item::new(producer, number, alive);
                    // By turns, and back to waiting when that fails.
                    let tried = match number % 3 {
                        0 => ring.try_put(item),
                        1 => ring.put_timeout(item, Duration::from_micros(50)),
                        _ => ring.put(item),
                    };
                    if let Err(error) = tried {
                        item = error.into_inner();
                        assert!(ring.put(item).is_ok());
                    }
                }
                if left.fetch_sub(1, Ordering::AcqRel) == 1 {
                    ring.shutdown(Shutdown::Drain);
                }
            });
        }
        for _ in 0..consumers {
            let (ring, got) = (&ring, &got);
            s.spawn(move || {
                let mut last = vec![None; producers];
                let mut own = 0;
                let mut check = |item: Item<'_>| {
                    assert!(last[item.producer] < Some(item.number), "out of order");
                    last[item.producer] = Some(item.number);
                    own += 1;
                };
                loop {
                    if let Ok(item) = ring.try_get() {
                        check(item);
                    }
                    match ring.get() {
                        Ok(item) => check(item),
                        Err(_) => break,
                    }
                }
                got.fetch_add(own, Ordering::Relaxed);
            });
        }
    });
    assert_eq!(got.load(Ordering::Relaxed), producers * EACH);
    drop(ring);
    assert_eq!(alive.load(Ordering::Relaxed), 0);
}

#[test]
fn ring_loses_no_item_in_any_shape() {
    in_time(|| {
        for capacity in [1, 2, 3, 16] {
            for (producers, consumers) in [(1, 1), (2, 1), (1, 2), (3, 3)] {
                many(capacity, producers, consumers);
            }
        }
    });
}

#[test]
fn ring_shut_down_at_any_moment_loses_nothing() {
    in_time(|| {
        for round in 0..300 {
            let alive = AtomicUsize::new(0);
            let ring = RingBuffer::new(2);
            let [put, got, returned] = [(); 3].map(|()| AtomicUsize::new(0));
            scope(|s| {
                for producer in 0..2 {
                    let (ring, alive, put) = (&ring, &alive, &put);
                    s.spawn(move || {
                        for number in 0.. {
                            if ring.put(Item::new(producer, number, alive)).is_err() {
                                break;
                            }
                            put.fetch_add(1, Ordering::Relaxed);
                        }
                    });
                }
                s.spawn(|| {
                    got.fetch_add(ring.iter().count(), Ordering::Relaxed);
                });
                for _ in 0..round {
                    std::hint::spin_loop();
                }
                let left = ring.shutdown(Shutdown::Immediate);
                returned.fetch_add(left.len(), Ordering::Relaxed);
            });
            assert_eq!(put.into_inner(), got.into_inner() + returned.into_inner());
            drop(ring);
            assert_eq!(alive.load(Ordering::Relaxed), 0);
        }
    });
}

#[test]
fn spsc_keeps_order() {
    in_time(|| {
        for capacity in [1, 2, 3, 16, 1000] {
            let alive = AtomicUsize::new(0);
            let (mut sender, mut receiver) = spsc::channel(capacity);
            scope(|s| {
                let alive = &alive;
                s.spawn(move || {
                    for number in 0..10 * EACH {
                        let item = Item::new(0, number, alive);
                        if let Err(error) = sender.try_put(item) {
                            assert!(sender.put(error.into_inner()).is_ok());
                        }
                    }
                });
                for number in 0..10 * EACH {
                    let item = receiver.try_get().or_else(|_| receiver.get()).unwrap();
                    assert_eq!(item.number, number);
                }
                assert!(receiver.get().is_err());
            });
            drop(receiver);
            assert_eq!(alive.load(Ordering::Relaxed), 0);
        }
    });
}

#[test]
fn spsc_end_that_leaves_at_any_moment_is_noticed() {
    in_time(|| {
        for round in 0..300 {
            let alive = AtomicUsize::new(0);
            let (mut sender, mut receiver) = spsc::channel(1);
            scope(|s| {
                let alive = &alive;
                // Both ends wait: the one for room, after the other has left.
                s.spawn(move || {
                    for number in 0.. {
                        if sender.put(Item::new(0, number, alive)).is_err() {
                            break;
                        }
                    }
                });
                for _ in 0..round % 10 {
                    assert!(receiver.get().is_ok());
                }
                drop(receiver);
            });
            assert_eq!(alive.load(Ordering::Relaxed), 0, "round {round}");
        }
    });
}
