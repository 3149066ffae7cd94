//! Real threads on the primitives, as an embedder gets them: without the feature `check`.
//!
//! What must hold in every history: no item lost or duplicated, first in first out from each producer to each consumer,
//! never more permits out than exist, critical sections apart. The whole file takes a few seconds at most.

use std::cell::UnsafeCell;
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use racecourse::lock::{AcquireError, SpinLock};
use racecourse::queue::{BoundedQueue, GetError, PutError, Shutdown};
use racecourse::{Latch, Semaphore};
use racecourse_native_tests::scope;

/// Runs `body` on a thread of its own, and fails if it is not done in time: a lost wake-up is a failure, not a hang.
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

/// A number that differs from call to call, to vary the interleaving; not from the clock.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// An item: who put it, and as its how-manieth. Not `Clone`: the queue cannot duplicate it by copying.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Item {
    producer: usize,
    number: usize,
}

/// Each item once, and for each consumer the numbers of each producer ascend.
fn assert_whole(got: &[Vec<Item>], producers: usize, each: usize) {
    let mut seen = HashSet::new();
    for one_consumer in got {
        let mut last = vec![None; producers];
        for item in one_consumer {
            assert!(seen.insert(item), "twice: {item:?}");
            assert!(
                Some(item.number) > last[item.producer],
                "overtaken: {item:?}"
            );
            last[item.producer] = Some(item.number);
        }
    }
    assert_eq!(seen.len(), producers * each, "lost");
}

#[test]
fn queue_keeps_every_item_and_each_producers_order() {
    in_time(|| {
        for (capacity, producers, consumers, each) in [
            (1, 1, 1, 2_000),
            (1, 4, 4, 1_000),
            (2, 3, 2, 2_000),
            (16, 2, 4, 10_000),
            (1024, 4, 4, 20_000),
        ] {
            let queue = BoundedQueue::new(capacity);
            let got: Vec<Vec<Item>> = thread::scope(|s| {
                let queue = &queue;
                let consumers: Vec<_> = (0..consumers)
                    .map(|_| s.spawn(|| queue.iter().collect()))
                    .collect();
                let producers: Vec<_> = (0..producers)
                    .map(|producer| {
                        s.spawn(move || {
                            for number in 0..each {
                                queue.put(Item { producer, number }).unwrap();
                                assert!(queue.len() <= capacity);
                            }
                        })
                    })
                    .collect();
                for producer in producers {
                    producer.join().unwrap();
                }
                queue.shutdown(Shutdown::Drain);
                consumers
                    .into_iter()
                    .map(|consumer| consumer.join().unwrap())
                    .collect()
            });
            assert_whole(&got, producers, each);
        }
    });
}

/// Blocking, trying and timed calls together. A timeout or a refusal loses nothing.
#[test]
fn queue_keeps_every_item_whatever_the_call() {
    in_time(|| {
        const EACH: usize = 3_000;
        let queue = BoundedQueue::new(2);
        let got: Vec<Vec<Item>> = thread::scope(|s| {
            let queue = &queue;
            let consumers: Vec<_> = (0..3)
                .map(|me| {
                    s.spawn(move || {
                        let (mut dice, mut mine) = (Dice(me), vec![]);
                        loop {
                            match match dice.roll(3) {
                                0 => queue.get(),
                                1 => queue.try_get(),
                                _ => queue.get_timeout(Duration::from_micros(dice.roll(50))),
                            } {
                                Ok(item) => mine.push(item),
                                Err(GetError::Closed) => return mine,
                                Err(GetError::Empty | GetError::Timeout) => thread::yield_now(),
                            }
                        }
                    })
                })
                .collect();
            let producers: Vec<_> = (0..3)
                .map(|producer| {
                    s.spawn(move || {
                        let mut dice = Dice(100 + producer as u64);
                        for number in 0..EACH {
                            let mut item = Item { producer, number };
                            while let Err(error) = match dice.roll(3) {
                                0 => queue.put(item),
                                1 => queue.try_put(item),
                                _ => queue.put_timeout(item, Duration::from_micros(dice.roll(50))),
                            } {
                                assert!(!matches!(error, PutError::Closed(_)));
                                item = error.into_inner();
                                assert_eq!((item.producer, item.number), (producer, number));
                            }
                        }
                    })
                })
                .collect();
            for producer in producers {
                producer.join().unwrap();
            }
            queue.shutdown(Shutdown::Drain);
            consumers
                .into_iter()
                .map(|consumer| consumer.join().unwrap())
                .collect()
        });
        assert_whole(&got, 3, EACH);
    });
}

/// A shutdown in the middle: got, returned by the shutdown, or handed back to the putter; exactly one of these.
#[test]
fn queue_shutdown_in_the_middle_accounts_for_every_item() {
    in_time(|| {
        let mut dice = Dice(7);
        for round in 0..300 {
            let how = [Shutdown::Drain, Shutdown::Immediate][round % 2];
            let pause = dice.roll(100);
            let queue = BoundedQueue::new(1 + round % 3);
            let (tried, account) = thread::scope(|s| {
                let queue = &queue;
                let getters: Vec<_> = (0..2)
                    .map(|_| s.spawn(|| queue.iter().collect::<Vec<usize>>()))
                    .collect();
                let putters: Vec<_> = (0..2)
                    .map(|me| {
                        s.spawn(move || {
                            for item in (me * 1_000_000).. {
                                if let Err(error) = queue.put(item) {
                                    assert_eq!(error, PutError::Closed(item));
                                    return (me * 1_000_000..=item, item);
                                }
                            }
                            unreachable!("the shutdown ends it");
                        })
                    })
                    .collect();
                thread::sleep(Duration::from_micros(pause));
                let mut account = queue.shutdown(how);
                let mut tried = vec![];
                for putter in putters {
                    let (range, handed_back) = putter.join().unwrap();
                    tried.extend(range);
                    account.push(handed_back);
                }
                for getter in getters {
                    account.extend(getter.join().unwrap());
                }
                (tried, account)
            });
            let mut account = account;
            account.sort_unstable();
            assert_eq!(account, tried, "{how:?}");
            assert_eq!(queue.try_get(), Err(GetError::Closed));
        }
    });
}

/// Workers that panic on some items, and report each from a drop guard: `join` returns, after all the work.
#[test]
fn queue_join_survives_panicking_workers() {
    struct Done<'a>(&'a BoundedQueue<usize>);
    impl Drop for Done<'_> {
        fn drop(&mut self) {
            self.0.task_done().unwrap();
        }
    }
    in_time(|| {
        let queue = BoundedQueue::new(4);
        let (worked, failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
        scope(|s| {
            for _ in 0..3 {
                s.spawn(|| {
                    for item in &queue {
                        let result = catch_unwind(AssertUnwindSafe(|| {
                            let _done = Done(&queue);
                            // Without `panic!`, whose message would fill the output.
                            if item % 10 == 0 {
                                std::panic::resume_unwind(Box::new(item));
                            }
                            worked.fetch_add(1, Ordering::Relaxed);
                            item
                        }));
                        failed.fetch_add(result.is_err() as usize, Ordering::Relaxed);
                    }
                });
            }
            for wave in 1..=5 {
                for item in 0..1_000 {
                    queue.put(item).unwrap();
                }
                queue.join();
                assert_eq!(worked.load(Ordering::Relaxed), wave * 900);
            }
            queue.shutdown(Shutdown::Drain);
        });
        assert_eq!(failed.into_inner(), 500);
        assert!(queue.task_done().is_err());
    });
}

#[test]
fn semaphore_never_gives_more_than_it_has() {
    in_time(|| {
        const PERMITS: usize = 3;
        let semaphore = Semaphore::new(PERMITS);
        let out = AtomicUsize::new(0);
        let given = AtomicUsize::new(0);
        scope(|s| {
            for me in 0..6 {
                let (semaphore, out, given) = (&semaphore, &out, &given);
                s.spawn(move || {
                    let mut dice = Dice(me);
                    for _ in 0..1_500 {
                        let need = 1 + dice.roll(PERMITS as u64) as usize;
                        let permit = match dice.roll(4) {
                            0 => semaphore.acquire(),
                            1 => semaphore.acquire_many(need),
                            2 => semaphore.try_acquire(),
                            _ => semaphore
                                .acquire_many_timeout(need, Duration::from_micros(dice.roll(50))),
                        };
                        let permit = match permit {
                            Ok(permit) => permit,
                            Err(AcquireError::NoPermits | AcquireError::Timeout) => continue,
                            Err(AcquireError::Closed) => unreachable!("nobody closes it"),
                        };
                        given.fetch_add(1, Ordering::Relaxed);
                        let before = out.fetch_add(permit.count(), Ordering::Relaxed);
                        assert!(
                            before + permit.count() <= PERMITS,
                            "{before} were out already"
                        );
                        if dice.roll(4) == 0 {
                            thread::yield_now();
                        }
                        let count = permit.count();
                        let _ = catch_unwind(AssertUnwindSafe(|| {
                            out.fetch_sub(count, Ordering::Relaxed);
                            let _moved = permit;
                            if dice.roll(2) == 0 {
                                std::panic::resume_unwind(Box::new(()));
                            }
                        }));
                    }
                });
            }
        });
        assert!(
            given.into_inner() >= 1_000,
            "most were refused: the test shows little"
        );
        assert_eq!(semaphore.available_permits(), PERMITS);
    });
}

/// A stream of small requests never keeps the big one waiting for long: it comes through while the stream flows.
#[test]
fn semaphore_does_not_starve_the_big_request() {
    in_time(|| {
        let semaphore = Semaphore::new(4);
        let stop = AtomicBool::new(false);
        scope(|s| {
            for _ in 0..6 {
                s.spawn(|| {
                    while !stop.load(Ordering::Relaxed) {
                        let _one = semaphore.acquire().unwrap();
                        thread::yield_now();
                    }
                });
            }
            for _ in 0..200 {
                assert_eq!(semaphore.acquire_many(4).unwrap().count(), 4);
            }
            stop.store(true, Ordering::Relaxed);
        });
        assert_eq!(semaphore.available_permits(), 4);
    });
}

/// A close in the middle: nobody sleeps on, no permit is lost.
#[test]
fn semaphore_close_in_the_middle_strands_nobody() {
    in_time(|| {
        for round in 0..300 {
            let semaphore = Semaphore::new(2);
            scope(|s| {
                for need in [1, 2, 1] {
                    let semaphore = &semaphore;
                    s.spawn(move || while semaphore.acquire_many(need).is_ok() {});
                }
                thread::sleep(Duration::from_micros(round % 50));
                semaphore.close();
            });
            assert_eq!(semaphore.available_permits(), 2);
        }
    });
}

#[test]
fn spin_lock_keeps_sections_apart() {
    in_time(|| {
        // Two words that are equal outside of a critical section.
        let lock = SpinLock::new((0_u64, 0_u64));
        let refused = AtomicUsize::new(0);
        scope(|s| {
            for me in 0..4 {
                let (lock, refused) = (&lock, &refused);
                s.spawn(move || {
                    let mut dice = Dice(me);
                    for _ in 0..20_000 {
                        let mut pair = if dice.roll(2) == 0 {
                            lock.lock()
                        } else if let Some(pair) = lock.try_lock() {
                            pair
                        } else {
                            refused.fetch_add(1, Ordering::Relaxed);
                            continue;
                        };
                        assert_eq!(pair.0, pair.1);
                        pair.0 += 1;
                        if dice.roll(500) == 0 {
                            thread::yield_now();
                        }
                        pair.1 += 1;
                    }
                });
            }
        });
        let done = 80_000 - refused.into_inner() as u64;
        assert_eq!(lock.into_inner(), (done, done));
    });
}

/// A flag that is no atomic: what one thread wrote is seen by another, without a race, only if something orders the two.
#[repr(align(8))] // ThreadSanitizer remembers four accesses to eight bytes.
struct Plain(UnsafeCell<bool>);

// SAFETY: whoever shares one waits, between the only write and each read, for what the test is about. If that orders
// nothing, ThreadSanitizer says so.
unsafe impl Sync for Plain {}

#[test]
fn latch_opens_for_all_and_publishes() {
    in_time(|| {
        for _ in 0..300 {
            let latch = Latch::new(4);
            let arrived = [const { Plain(UnsafeCell::new(false)) }; 4];
            scope(|s| {
                for (me, mine) in arrived.iter().enumerate() {
                    let (latch, arrived) = (&latch, &arrived);
                    s.spawn(move || {
                        // SAFETY: the others read only when the latch is open, and this thread has not arrived yet.
                        unsafe { *mine.0.get() = true };
                        match me {
                            0 => latch.arrive_and_wait(),
                            1 => {
                                latch.count_down();
                                while latch.wait_timeout(Duration::from_micros(10)).is_err() {}
                            }
                            // Never waits, so nothing but its arrival orders what it wrote.
                            _ => return latch.count_down(),
                        }
                        // SAFETY: the latch is open, so all have written, and nobody writes again.
                        assert!(arrived.iter().all(|other| unsafe { *other.0.get() }));
                    });
                }
            });
            assert!(latch.is_open());
        }
    });
}
