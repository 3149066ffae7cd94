//! Under the explorer, what needs settings that no user has: those outside who stand in for a worker, searching in a check,
//! batches of a short queue, one offer for each thread.

use std::sync::Arc;

use crate::Latch;
use crate::check::{Checker, Verdict, check};
use crate::pool::{Shutdown, Task, TaskError, ThreadPool};
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::thread;

fn pool(threads: usize) -> ThreadPool {
    ThreadPool::builder()
        .threads(threads)
        .with_stand_ins()
        .build()
        .unwrap()
}

/// Counts how many of its jobs run at the same time.
#[derive(Default)]
struct Places(AtomicUsize);

impl Places {
    fn submit(self: &Arc<Self>, pool: &ThreadPool, most: usize) -> Task<()> {
        let places = Arc::clone(self);
        pool.submit(move || {
            let others = places.0.fetch_add(1, Ordering::Relaxed);
            assert!(others < most, "more run than there are places");
            places.0.fetch_sub(1, Ordering::Relaxed);
        })
    }
}

#[test]
fn no_more_run_than_there_are_workers_whoever_runs_them() {
    check(|| {
        let pool = pool(1);
        let places = Arc::new(Places::default());
        let first = places.submit(&pool, 1);
        let second = places.submit(&pool, 1);
        thread::scope(|s| {
            s.spawn(|| second.join().unwrap());
            first.join().unwrap();
        });
    });
}

#[test]
fn a_job_that_nobody_joins_is_run_by_a_worker() {
    check(|| {
        let pool = pool(1);
        let places = Arc::new(Places::default());
        let joined = places.submit(&pool, 1);
        let queued = places.submit(&pool, 1);
        joined.join().unwrap();
        // Not by `join`, which would stand in.
        let mut ended = crate::pool::as_completed([queued]);
        ended.next().unwrap().join().unwrap();
    });
}

#[test]
fn the_end_of_the_pool_waits_for_who_stands_in() {
    check(|| {
        let pool = pool(1);
        let places = Arc::new(Places::default());
        let task = places.submit(&pool, 1);
        thread::scope(|s| {
            s.spawn(|| task.join().unwrap());
            pool.shutdown(Shutdown::Drain);
            assert_eq!(places.0.load(Ordering::Relaxed), 0);
            assert_eq!(Arc::strong_count(&places), 1, "the job is gone");
        });
    });
}

#[test]
fn an_immediate_end_drops_the_job_or_lets_it_be_run() {
    check(|| {
        let pool = pool(1);
        let task = pool.submit(|| 7);
        thread::scope(|s| {
            s.spawn(|| match task.join() {
                Ok(value) => assert_eq!(value, 7),
                Err(error) => assert!(matches!(error, TaskError::Shutdown)),
            });
            pool.shutdown(Shutdown::Immediate);
        });
    });
}

/// As `check`, without spurious wakeups.
fn verified(scenario: impl Fn() + Send + Sync + 'static) {
    let report = Checker::new().spurious_wakeups(0).run(scenario);
    assert_eq!(*report.verdict(), Verdict::Verified, "{report}");
}

/// Whose workers take every second job in advance.
fn greedy(threads: usize) -> ThreadPool {
    ThreadPool::builder()
        .threads(threads)
        .with_share(1)
        .build()
        .unwrap()
}

fn tuned(threads: usize, searchers: usize, offers: isize) -> ThreadPool {
    ThreadPool::builder()
        .threads(threads)
        .with_searchers(searchers)
        .with_offers(offers)
        .build()
        .unwrap()
}

#[test]
fn a_worker_that_searches_misses_nothing() {
    check(|| {
        let pool = tuned(1, 1, 3);
        assert_eq!(pool.submit(|| 1).join().unwrap(), 1);
        assert_eq!(pool.submit(|| 2).join().unwrap(), 2);
    });
}

/// One of the two searches, the other sleeps at once.
#[test]
fn one_searches_and_one_sleeps_and_one_comes() {
    verified(|| {
        let pool = tuned(2, 1, 3);
        assert_eq!(pool.submit(|| 1).join().unwrap(), 1);
    });
}

#[test]
fn a_searching_worker_sees_the_end() {
    for how in [Shutdown::Drain, Shutdown::Immediate] {
        check(move || {
            let pool = tuned(1, 1, 3);
            let task = pool.submit(|| 1);
            pool.shutdown(how);
            match task.join() {
                Ok(value) => assert_eq!(value, 1),
                Err(error) => {
                    assert!(how == Shutdown::Immediate && matches!(error, TaskError::Shutdown))
                }
            }
        });
    }
}

/// The inner half is kept, and offered when somebody has taken the outer one.
#[test]
fn a_kept_half_is_run_once_by_whomever() {
    check(|| {
        let pool = tuned(1, 0, 1);
        let ran = AtomicUsize::new(0);
        let half = || ran.fetch_add(1, Ordering::Relaxed);
        pool.join(|| pool.join(half, half), half);
        assert_eq!(ran.load(Ordering::Relaxed), 3);
    });
}

#[test]
fn kept_halves_are_offered_before_their_thread_waits() {
    check(|| {
        let pool = tuned(1, 0, 1);
        let met = Latch::new(1);
        pool.join(
            || {
                pool.join(
                    // Offers the second half, on which it depends.
                    || pool.submit(|| 1).join().unwrap(),
                    || met.count_down(),
                )
            },
            || (),
        );
        assert!(met.is_open());
    });
}

#[test]
fn a_panic_leaves_no_kept_half_behind() {
    check(|| {
        let pool = tuned(1, 0, 1);
        let dropped = Arc::new(());
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let kept = Arc::clone(&dropped);
            pool.join(
                || pool.join(|| std::panic::resume_unwind(Box::new("a")), move || kept),
                || (),
            );
        }));
        assert!(ended.is_err());
        assert_eq!(Arc::strong_count(&dropped), 1);
        assert_eq!(pool.join(|| 1, || 2), (1, 2));
    });
}

#[test]
fn a_job_taken_in_advance_is_cancelled_or_run() {
    verified(|| {
        let pool = greedy(1);
        let ran = Arc::new(AtomicUsize::new(0));
        let tasks = [1, 2].map(|n| {
            let ran = Arc::clone(&ran);
            pool.submit(move || {
                ran.fetch_add(n, Ordering::Relaxed);
            })
        });
        let cancelled = tasks[1].cancel();
        let [first, second] = tasks;
        first.join().unwrap();
        match second.join() {
            Ok(()) => assert!(!cancelled),
            Err(error) => assert!(cancelled && matches!(error, TaskError::Cancelled)),
        }
        drop(pool);
        assert_eq!(ran.load(Ordering::Relaxed), if cancelled { 1 } else { 3 });
    });
}

#[test]
fn a_job_taken_in_advance_is_dropped_by_a_shutdown_or_run() {
    verified(|| {
        let pool = greedy(1);
        let held = Arc::new(());
        let first = pool.submit(|| ());
        let kept = Arc::clone(&held);
        let second = pool.submit(move || drop(kept));
        pool.shutdown(Shutdown::Immediate);
        let ended = [first, second].map(|task| match task.join() {
            Ok(()) => true,
            Err(error) => {
                assert!(matches!(error, TaskError::Shutdown));
                false
            }
        });
        assert!(ended[0] || !ended[1], "oldest first");
        assert_eq!(Arc::strong_count(&held), 1);
    });
}

/// The first job ends only when the second has begun, which another worker must take.
#[test]
fn a_job_taken_in_advance_does_not_wait_for_its_owner() {
    verified(|| {
        let pool = greedy(2);
        let met = Arc::new(Latch::new(2));
        let other = Arc::clone(&met);
        drop(pool.submit(move || met.arrive_and_wait()));
        drop(pool.submit(move || other.arrive_and_wait()));
    });
}

/// Who sleeps until a job of a batch ends is woken, though its owner goes on with the batch.
#[test]
fn a_helper_sees_the_end_of_a_job_of_a_batch() {
    verified(|| {
        let pool = greedy(2);
        let first = pool.submit(|| 1);
        let second = pool.submit(move || first.join().unwrap() + 1);
        assert_eq!(second.join().unwrap(), 2);
    });
}
