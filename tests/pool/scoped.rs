use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use racecourse::pool::{Shutdown, TaskError, ThreadPool};

use crate::{must_end, occupy, silent_panic};

#[test]
fn results_and_borrows() {
    let pool = ThreadPool::new(2);
    let words = [String::from("a"), String::from("bc")];
    let total: usize = pool.scope(|scope| {
        let tasks: Vec<_> = words
            .iter()
            .map(|word| scope.spawn(move || word.len()))
            .collect();
        tasks.into_iter().map(|task| task.join().unwrap()).sum()
    });
    assert_eq!(total, 3);
    assert_eq!(words.len(), 2);
}

#[test]
fn a_scope_waits_for_what_its_tasks_spawn() {
    let pool = ThreadPool::new(2);
    let count = AtomicUsize::new(0);
    pool.scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..4 {
                    scope.spawn(|| count.fetch_add(1, Ordering::Relaxed));
                }
            });
        }
    });
    assert_eq!(count.load(Ordering::Relaxed), 16);
}

#[test]
fn a_scope_waits_before_it_panics() {
    let pool = ThreadPool::new(2);
    let count = AtomicUsize::new(0);
    let payload = panic::catch_unwind(AssertUnwindSafe(|| {
        pool.scope(|scope| {
            for _ in 0..10 {
                scope.spawn(|| {
                    std::thread::yield_now();
                    count.fetch_add(1, Ordering::Relaxed)
                });
            }
            scope.spawn(|| silent_panic("task"));
            silent_panic("body")
        })
    }));
    let text: &str = *payload.unwrap_err().downcast().unwrap();
    assert_eq!(text, "body", "the body's panic goes first");
    assert_eq!(count.load(Ordering::Relaxed), 10);
}

#[test]
fn an_unjoined_panic_is_the_scopes_a_joined_one_is_not() {
    let pool = ThreadPool::new(2);
    let payload = panic::catch_unwind(AssertUnwindSafe(|| {
        pool.scope(|scope| drop(scope.spawn(|| -> () { silent_panic("lost") })))
    }));
    assert_eq!(*payload.unwrap_err().downcast::<&str>().unwrap(), "lost");
    let joined = pool.scope(|scope| scope.spawn(|| -> () { silent_panic("seen") }).join());
    assert!(matches!(joined, Err(TaskError::Panicked(_))));
}

#[test]
fn a_cancelled_task_is_no_failure() {
    let pool = ThreadPool::new(1);
    let (open, _blocker) = occupy(&pool);
    let ran = AtomicUsize::new(0);
    let cancelled = pool.scope(|scope| {
        let task = scope.spawn(|| ran.fetch_add(1, Ordering::Relaxed));
        assert!(!task.is_finished());
        task.cancel()
    });
    drop(open);
    assert!(cancelled);
    assert_eq!(ran.load(Ordering::Relaxed), 0);
}

#[test]
fn a_scope_reports_what_a_shutdown_dropped() {
    must_end(|| {
        let pool = ThreadPool::new(1);
        let (open, _blocker) = occupy(&pool);
        let ended = pool.try_scope(|scope| {
            scope.spawn(|| ());
            pool.shutdown(Shutdown::Immediate);
        });
        assert!(matches!(ended, Err(TaskError::Shutdown)));
        drop(open);
    });
}

#[test]
fn values_are_gone_when_the_scope_is() {
    let pool = ThreadPool::new(2);
    for _ in 0..500 {
        let value = Arc::new(());
        pool.scope(|scope| {
            for _ in 0..3 {
                let value = Arc::clone(&value);
                // The result of a detached task is dropped by its worker, still inside the scope.
                scope.spawn(move || value);
            }
        });
        assert_eq!(Arc::strong_count(&value), 1);
    }
}

#[test]
fn join_runs_both_and_raises_the_first_panic() {
    let pool = ThreadPool::new(1);
    let payload = |a: fn() -> u8, b: fn() -> u8| {
        let joined = panic::catch_unwind(AssertUnwindSafe(|| pool.join(a, b)));
        joined.map_err(|payload| *payload.downcast::<&str>().unwrap())
    };
    assert_eq!(payload(|| 1, || 2), Ok((1, 2)));
    assert_eq!(payload(|| silent_panic("a"), || 2), Err("a"));
    assert_eq!(payload(|| 1, || silent_panic("b")), Err("b"));
    assert_eq!(
        payload(|| silent_panic("a"), || silent_panic("b")),
        Err("a")
    );
}

#[test]
fn join_needs_no_worker() {
    must_end(|| {
        let pool = ThreadPool::new(1);
        let (open, _blocker) = occupy(&pool);
        assert_eq!(pool.join(|| 1, || 2), (1, 2));
        drop(open);
    });
}

#[test]
fn join_uses_a_worker() {
    must_end(|| {
        let pool = ThreadPool::new(1);
        let barrier = std::sync::Barrier::new(2);
        pool.join(|| barrier.wait(), || barrier.wait());
    });
}
