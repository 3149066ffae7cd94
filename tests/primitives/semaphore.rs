//! `Semaphore`, promise by promise.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use racecourse::Semaphore;
use racecourse::lock::AcquireError;

use crate::support::{A_WHILE, panic_message, within_seconds};

/// How many wait in line.
fn waiting(semaphore: &Semaphore) -> usize {
    let shown = format!("{semaphore:?}");
    let (_, rest) = shown.split_once("waiting: ").unwrap();
    rest.split_once(',').unwrap().0.parse().unwrap()
}

fn until_waiting(semaphore: &Semaphore, count: usize) {
    while waiting(semaphore) != count {
        thread::yield_now();
    }
}

#[test]
fn permits_are_counted() {
    let semaphore = Semaphore::new(3);
    let two = semaphore.acquire_many(2).unwrap();
    assert_eq!((two.count(), semaphore.available_permits()), (2, 1));
    assert_eq!(
        semaphore.try_acquire_many(2).unwrap_err(),
        AcquireError::NoPermits
    );
    let one = semaphore.try_acquire().unwrap();
    assert_eq!(
        semaphore.try_acquire().unwrap_err(),
        AcquireError::NoPermits
    );
    drop(two);
    assert_eq!(semaphore.available_permits(), 2);
    drop(one);
    assert_eq!(semaphore.available_permits(), 3);
}

#[test]
fn no_permits_asked_for_are_given_at_once() {
    let semaphore = Semaphore::new(0);
    assert_eq!(semaphore.acquire_many(0).unwrap().count(), 0);
}

#[test]
fn panic_gives_the_permit_back() {
    let semaphore = Semaphore::new(1);
    let result = catch_unwind(AssertUnwindSafe(|| {
        let _permit = semaphore.acquire().unwrap();
        panic!("inside");
    }));
    assert!(result.is_err());
    assert_eq!(semaphore.available_permits(), 1);
}

#[test]
fn permit_may_be_dropped_elsewhere() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.acquire().unwrap();
    thread::scope(|s| {
        s.spawn(move || drop(permit));
    });
    assert_eq!(semaphore.available_permits(), 1);
}

#[test]
fn forgotten_permits_are_gone_and_can_be_made_again() {
    let semaphore = Semaphore::new(2);
    semaphore.acquire_many(2).unwrap().forget();
    assert_eq!(semaphore.available_permits(), 0);
    semaphore.add_permits(usize::MAX);
    assert_eq!(semaphore.available_permits(), usize::MAX);
}

#[test]
fn too_many_permits_are_refused_and_nothing_changes() {
    let semaphore = Semaphore::new(usize::MAX);
    let held = semaphore.acquire_many(5).unwrap();
    let message = panic_message(|| semaphore.add_permits(1));
    assert!(message.contains("Semaphore::add_permits(1)"), "{message}");
    assert!(message.contains("add fewer"), "{message}");
    assert_eq!(semaphore.available_permits(), usize::MAX - 5);
    drop(held);
    assert_eq!(semaphore.available_permits(), usize::MAX);
}

#[test]
fn big_request_is_not_starved_by_small_ones() {
    within_seconds(20, || {
        let semaphore = Semaphore::new(2);
        let small = semaphore.acquire().unwrap();
        thread::scope(|s| {
            let big = s.spawn(|| semaphore.acquire_many(2).unwrap().count());
            until_waiting(&semaphore, 1);
            // One permit is free, but it is the head's: newcomers stand behind it.
            assert_eq!(semaphore.available_permits(), 1);
            assert_eq!(
                semaphore.try_acquire().unwrap_err(),
                AcquireError::NoPermits
            );
            assert_eq!(
                semaphore.acquire_timeout(A_WHILE).unwrap_err(),
                AcquireError::Timeout
            );
            drop(small);
            assert_eq!(big.join().unwrap(), 2);
        });
    });
}

#[test]
fn served_in_order_of_arrival() {
    within_seconds(20, || {
        let semaphore = Semaphore::new(0);
        let order = Mutex::new(vec![]);
        thread::scope(|s| {
            for n in 0..5 {
                let (semaphore, order) = (&semaphore, &order);
                s.spawn(move || {
                    let permit = semaphore.acquire().unwrap();
                    order.lock().unwrap().push(n);
                    drop(permit); // Only now is the next one served: there is one permit.
                });
                until_waiting(semaphore, n + 1);
            }
            semaphore.add_permits(1);
        });
        assert_eq!(order.into_inner().unwrap(), [0, 1, 2, 3, 4]);
    });
}

#[test]
fn one_return_serves_several() {
    within_seconds(20, || {
        let semaphore = Semaphore::new(3);
        let all = semaphore.acquire_many(3).unwrap();
        thread::scope(|s| {
            for _ in 0..3 {
                s.spawn(|| semaphore.acquire().unwrap().forget());
            }
            until_waiting(&semaphore, 3);
            drop(all);
        });
        assert_eq!(semaphore.available_permits(), 0);
        assert_eq!(waiting(&semaphore), 0);
    });
}

#[test]
fn leaving_head_frees_those_behind() {
    within_seconds(20, || {
        let semaphore = Semaphore::new(1);
        thread::scope(|s| {
            let head = s.spawn(|| semaphore.acquire_many_timeout(2, 3 * A_WHILE).map(|_| ()));
            until_waiting(&semaphore, 1);
            let behind = s.spawn(|| semaphore.acquire().map(|_| ()));
            assert_eq!(head.join().unwrap(), Err(AcquireError::Timeout));
            assert_eq!(behind.join().unwrap(), Ok(()));
        });
        assert_eq!(semaphore.available_permits(), 1);
    });
}

#[test]
fn timeout_waits_and_no_longer() {
    let semaphore = Semaphore::new(0);
    let start = Instant::now();
    assert_eq!(
        semaphore.acquire_timeout(A_WHILE).unwrap_err(),
        AcquireError::Timeout
    );
    assert!(start.elapsed() >= A_WHILE);
    semaphore.add_permits(1);
    assert!(semaphore.acquire_timeout(Duration::MAX).is_ok());
}

#[test]
fn close_ends_the_wait_and_leaves_permits_valid() {
    within_seconds(20, || {
        let semaphore = Semaphore::new(1);
        let held = semaphore.acquire().unwrap();
        thread::scope(|s| {
            let waiters: Vec<_> = (0..3)
                .map(|_| s.spawn(|| semaphore.acquire().map(|_| ())))
                .collect();
            until_waiting(&semaphore, 3);
            semaphore.close();
            semaphore.close();
            for waiter in waiters {
                assert_eq!(waiter.join().unwrap(), Err(AcquireError::Closed));
            }
        });
        drop(held);
        assert_eq!(semaphore.available_permits(), 1);
        assert!(semaphore.is_closed());
        assert_eq!(semaphore.try_acquire().unwrap_err(), AcquireError::Closed);
        assert_eq!(semaphore.acquire_many(0).unwrap_err(), AcquireError::Closed);
    });
}

#[test]
fn permit_that_comes_back_after_the_close_is_not_given() {
    within_seconds(20, || {
        for _ in 0..100 {
            let semaphore = Semaphore::new(1);
            let held = semaphore.acquire().unwrap();
            thread::scope(|s| {
                let waiter = s.spawn(|| semaphore.acquire().map(|_| ()));
                until_waiting(&semaphore, 1);
                semaphore.close();
                drop(held);
                assert_eq!(waiter.join().unwrap(), Err(AcquireError::Closed));
            });
        }
    });
}

#[test]
fn every_error_says_what_to_do() {
    for (error, remedy) in [
        (AcquireError::NoPermits, "wait with `acquire`"),
        (AcquireError::Closed, "stop acquiring"),
        (AcquireError::Timeout, "wait longer"),
    ] {
        assert!(error.to_string().contains(remedy), "{error}");
    }
}
