//! Whoever joins from outside may stand in for a worker: under the explorer.

use std::sync::Arc;

use crate::check::check;
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
