//! Real threads on the locks, as an embedder gets them: without the feature `check`.
//!
//! What must hold in every history: sections apart and one after the other, nobody asleep who should have been woken, readers
//! whole. The whole file takes a few seconds at most.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use racecourse::lock::{McsLock, SeqLock, ShardedRwLock, TicketLock};
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

/// Two numbers that are equal outside of a section.
type Pair = (u64, u64);

/// A section, sometimes so long that the waiters go to sleep.
fn section(pair: &mut Pair, dice: &mut Dice) {
    assert_eq!(pair.0, pair.1);
    pair.0 += 1;
    match dice.roll(400) {
        0 => thread::sleep(Duration::from_micros(300)),
        1..20 => thread::yield_now(),
        _ => {}
    }
    pair.1 += 1;
}

const THREADS: u64 = 6;
const EACH: u64 = 2_000;

/// What `lock` and `try_lock` do, if it could be done.
fn crowd(body: impl Fn(&mut Dice, bool) -> bool + Sync) -> u64 {
    let refused = AtomicUsize::new(0);
    scope(|s| {
        for me in 0..THREADS {
            let (body, refused) = (&body, &refused);
            s.spawn(move || {
                let mut dice = Dice(me);
                for _ in 0..EACH {
                    let only_try = dice.roll(3) == 0;
                    if !body(&mut dice, only_try) {
                        refused.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    THREADS * EACH - refused.into_inner() as u64
}

#[test]
fn ticket_lock_keeps_sections_apart() {
    in_time(|| {
        let lock = TicketLock::new((0, 0));
        let done = crowd(|dice, only_try| {
            let guard = if only_try {
                lock.try_lock()
            } else {
                Some(lock.lock())
            };
            guard.map(|mut pair| section(&mut pair, dice)).is_some()
        });
        assert_eq!(lock.into_inner(), (done, done));
    });
}

#[test]
fn mcs_lock_keeps_sections_apart() {
    in_time(|| {
        let lock = McsLock::new((0, 0));
        let done = crowd(|dice, only_try| {
            if only_try {
                lock.try_with(|pair| section(pair, dice)).is_some()
            } else {
                lock.with(|pair| section(pair, dice));
                true
            }
        });
        assert_eq!(lock.into_inner(), (done, done));
    });
}

/// With many more threads than processors all but a few sleep, and each is woken in its turn.
#[test]
fn locks_in_order_come_through_with_many_threads() {
    in_time(|| {
        let (ticket, mcs) = (TicketLock::new(0), McsLock::new(0));
        scope(|s| {
            for _ in 0..32 {
                s.spawn(|| {
                    for _ in 0..50 {
                        let mut count = ticket.lock();
                        *count += 1;
                        if *count % 32 == 0 {
                            thread::sleep(Duration::from_micros(100));
                        }
                        drop(count);
                        mcs.with(|count| *count += 1);
                    }
                });
            }
        });
        assert_eq!((ticket.into_inner(), mcs.into_inner()), (1_600, 1_600));
    });
}

#[test]
fn seq_lock_readers_are_whole_and_never_go_back() {
    in_time(|| {
        let lock = SeqLock::new([0_u64; 4]);
        scope(|s| {
            for me in 0..2_u64 {
                let lock = &lock;
                s.spawn(move || {
                    let mut dice = Dice(me);
                    for _ in 0..10_000 {
                        lock.update(|words| {
                            if dice.roll(500) == 0 {
                                thread::yield_now();
                            }
                            words.map(|word| word + 1)
                        });
                    }
                });
            }
            for _ in 0..2 {
                s.spawn(|| {
                    let mut last = 0;
                    while last < 20_000 {
                        let [first, rest @ ..] = lock.read();
                        assert_eq!(rest, [first; 3]);
                        assert!(first >= last, "it went back from {last} to {first}");
                        last = first;
                    }
                });
            }
        });
        assert_eq!(lock.into_inner(), [20_000; 4]);
    });
}

#[test]
fn sharded_lock_keeps_writers_from_all_others() {
    in_time(|| {
        let lock = ShardedRwLock::with_shards((0, 0), 4);
        let written = AtomicUsize::new(0);
        crowd(|dice, only_try| {
            let write = dice.roll(10) == 0;
            match (write, only_try) {
                (true, false) => section(&mut lock.write(), dice),
                (true, true) => match lock.try_write() {
                    Some(mut pair) => section(&mut pair, dice),
                    None => return false,
                },
                (false, _) => {
                    let pair = if only_try {
                        lock.try_read()
                    } else {
                        Some(lock.read())
                    };
                    let Some(pair) = pair else { return false };
                    let before = *pair;
                    assert_eq!(before.0, before.1);
                    if dice.roll(100) == 0 {
                        thread::yield_now();
                    }
                    assert_eq!(*pair, before);
                }
            }
            if write {
                written.fetch_add(1, Ordering::Relaxed);
            }
            true
        });
        let written = written.into_inner() as u64;
        assert!(written > 0);
        assert_eq!(lock.into_inner(), (written, written));
    });
}

/// Readers that never stop do not keep a writer out.
#[test]
fn sharded_lock_lets_a_writer_through() {
    in_time(|| {
        let lock = ShardedRwLock::new(0);
        let stop = AtomicBool::new(false);
        scope(|s| {
            for _ in 0..4 {
                s.spawn(|| {
                    let mut last = 0;
                    while !stop.load(Ordering::Relaxed) {
                        let now = *lock.read();
                        assert!(now >= last);
                        last = now;
                    }
                });
            }
            s.spawn(|| {
                for _ in 0..200 {
                    *lock.write() += 1;
                }
                stop.store(true, Ordering::Relaxed);
            });
        });
        assert_eq!(lock.into_inner(), 200);
    });
}
