//! `Latch`, promise by promise.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use racecourse::Latch;

use crate::support::{A_WHILE, panic_message, within_seconds};

#[test]
fn opens_at_zero_and_stays_open() {
    let latch = Latch::new(2);
    latch.count_down();
    assert!(!latch.is_open());
    assert_eq!(format!("{latch:?}"), "Latch { remaining: 1 }");
    latch.count_down();
    assert!(latch.is_open());
    latch.wait();
    latch.wait();
    assert_eq!(latch.wait_timeout(Duration::ZERO), Ok(()));
}

#[test]
fn of_zero_is_open() {
    Latch::new(0).wait();
}

#[test]
fn one_count_down_too_many_panics_and_leaves_it_open() {
    let latch = Latch::new(1);
    latch.count_down();
    for message in [
        panic_message(|| latch.count_down()),
        panic_message(|| latch.arrive_and_wait()),
    ] {
        assert!(
            message.contains("counted down more often than its count"),
            "{message}"
        );
        assert!(
            message.contains("give `Latch::new` the number"),
            "{message}"
        );
    }
    assert!(latch.is_open());
    assert_eq!(latch.remaining(), 0);
    latch.wait();
}

#[test]
fn too_large_a_count_is_refused_with_the_remedy() {
    let message = panic_message(|| Latch::new(usize::MAX));
    assert!(message.contains("give at most isize::MAX"), "{message}");
    assert_eq!(
        Latch::new(isize::MAX as usize).remaining(),
        isize::MAX as usize
    );
}

#[test]
fn timeout_waits_and_no_longer() {
    let latch = Latch::new(3);
    let start = Instant::now();
    let late = latch.wait_timeout(A_WHILE).unwrap_err();
    assert!(start.elapsed() >= A_WHILE);
    assert_eq!(late.remaining(), 3);
    assert!(
        late.to_string().contains("3 more `count_down` awaited"),
        "{late}"
    );
}

#[test]
fn wakes_every_waiter() {
    within_seconds(20, || {
        let latch = Latch::new(1);
        thread::scope(|s| {
            for _ in 0..4 {
                s.spawn(|| latch.wait());
            }
            s.spawn(|| latch.wait_timeout(Duration::MAX).unwrap());
            thread::sleep(A_WHILE);
            latch.count_down();
        });
    });
}

#[test]
fn nobody_passes_before_all_have_arrived() {
    within_seconds(20, || {
        for _ in 0..200 {
            let latch = Latch::new(4);
            let arrived = AtomicUsize::new(0);
            thread::scope(|s| {
                for _ in 0..4 {
                    s.spawn(|| {
                        arrived.fetch_add(1, Ordering::Relaxed);
                        latch.arrive_and_wait();
                        assert_eq!(arrived.load(Ordering::Relaxed), 4);
                    });
                }
            });
        }
    });
}
