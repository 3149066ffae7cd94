//! Semaphore and latch: no permit is lost or made, nobody sleeps on.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use racecourse::lock::AcquireError;
use racecourse::{Latch, Semaphore};

use crate::Done;
use crate::dice::{Dice, THREADS, on_all, panic_as_planned, panics};
use crate::watch::{Doing, doing};

pub(crate) fn semaphore(dice: &mut Dice) -> Done {
    const EACH: usize = 100;
    let permits = 1 + dice.below(8);
    let closes = dice.one_in(3).then(|| dice.below(THREADS * EACH));
    let semaphore = Semaphore::new(permits);
    let (out, given, faults) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicU64::new(0));
    on_all(dice, |_, mut dice| {
        for _ in 0..EACH {
            let count = 1 + dice.below(permits);
            let stumbles = dice.one_in(20);
            doing(Doing::Acquire);
            let fell = panics(|| {
                let permit = match dice.below(4) {
                    0 => semaphore.try_acquire_many(count),
                    1 => semaphore
                        .acquire_many_timeout(count, Duration::from_micros(dice.below(200) as u64)),
                    _ => semaphore.acquire_many(count),
                };
                match permit {
                    Ok(_permit) => {
                        let now = out.fetch_add(count, Ordering::Relaxed) + count;
                        assert!(now <= permits, "{now} of {permits} permits are out");
                        if dice.one_in(20) {
                            dice.pause();
                        }
                        out.fetch_sub(count, Ordering::Relaxed);
                        let number = given.fetch_add(1, Ordering::Relaxed);
                        if closes == Some(number) {
                            semaphore.close();
                        }
                        if stumbles {
                            panic_as_planned();
                        }
                    }
                    Err(AcquireError::Closed) => assert!(closes.is_some(), "nobody closes it"),
                    Err(_) => {
                        faults.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
            faults.fetch_add(u64::from(fell), Ordering::Relaxed);
        }
    });
    assert_eq!(semaphore.available_permits(), permits, "permits are lost");
    Done {
        operations: given.into_inner() as u64,
        faults: faults.into_inner(),
    }
}

pub(crate) fn latch(dice: &mut Dice) -> Done {
    const LATCHES: usize = 20;
    // All threads arrive at each, and some wait there.
    let latches: Vec<_> = (0..LATCHES)
        .map(|_| (Latch::new(THREADS), AtomicUsize::new(0)))
        .collect();
    let faults = AtomicU64::new(0);
    on_all(dice, |_, mut dice| {
        for (latch, arrived) in &latches {
            arrived.fetch_add(1, Ordering::Relaxed);
            doing(Doing::Wait);
            match dice.below(4) {
                0 => latch.count_down(),
                1 => {
                    latch.count_down();
                    let timeout = Duration::from_micros(dice.below(100) as u64);
                    if latch.wait_timeout(timeout).is_err() {
                        faults.fetch_add(1, Ordering::Relaxed);
                        continue;
                    }
                    assert_eq!(
                        arrived.load(Ordering::Relaxed),
                        THREADS,
                        "open before all have arrived"
                    );
                }
                _ => {
                    latch.arrive_and_wait();
                    assert_eq!(
                        arrived.load(Ordering::Relaxed),
                        THREADS,
                        "open before all have arrived"
                    );
                }
            }
        }
    });
    assert!(latches.iter().all(|(latch, _)| latch.is_open()));
    Done {
        operations: (LATCHES * THREADS) as u64,
        faults: faults.into_inner(),
    }
}
