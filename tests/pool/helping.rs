use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use racecourse::pool::{Task, TaskError, ThreadPool, as_completed};

use crate::{must_end, occupy, silent_panic};

fn fib(pool: &Arc<ThreadPool>, n: u64) -> u64 {
    if n < 2 {
        return n;
    }
    let inner = Arc::clone(pool);
    let first = pool.submit(move || fib(&inner, n - 1));
    let inner = Arc::clone(pool);
    let second = pool.submit(move || fib(&inner, n - 2));
    first.join().unwrap() + second.join().unwrap()
}

#[test]
fn nested_submits() {
    for workers in 1..=3 {
        must_end(move || {
            let pool = Arc::new(ThreadPool::new(workers));
            let inner = Arc::clone(&pool);
            assert_eq!(pool.submit(move || fib(&inner, 12)).join().unwrap(), 144);
        });
    }
}

#[test]
fn nested_in_every_way_on_one_worker() {
    must_end(|| {
        let pool = Arc::new(ThreadPool::new(1));
        let inner = Arc::clone(&pool);
        let outer = pool.submit(move || {
            let mapped = inner.map(|n| n * 2, 0..4);
            let nested = inner.map(|n| inner.map(|m| m + n, 0..3).len(), 0..3);
            let joined = inner.join(|| inner.join(|| 1, || 2), || inner.join(|| 3, || 4));
            let progressed = inner.map_with_progress(|n| n, 0..3, |_, _| ());
            let ordered: Vec<_> = inner.imap(|n| n + 1, 0..5).collect();
            let unordered = inner.imap_unordered(|n| n + 1, 0..5).count();
            let completed = as_completed((0..3).map(|n| inner.submit(move || n))).count();
            let timed = inner.submit(|| 8).join_timeout(Duration::from_secs(10));
            let mut scoped = [0; 3];
            inner.scope(|scope| {
                for place in &mut scoped {
                    scope.spawn(move || scope.spawn(|| *place = 1));
                }
            });
            assert_eq!(mapped, [0, 2, 4, 6]);
            assert_eq!(nested, [3; 3]);
            assert_eq!(joined, ((1, 2), (3, 4)));
            assert_eq!(progressed, [0, 1, 2]);
            assert_eq!(ordered, [1, 2, 3, 4, 5]);
            assert_eq!((unordered, completed), (5, 3));
            assert_eq!(timed.unwrap().unwrap(), 8);
            scoped
        });
        assert_eq!(outer.join().unwrap(), [1; 3]);
    });
}

/// While its awaited task runs elsewhere, a waiter runs what it submitted itself.
#[test]
fn a_waiter_runs_its_other_children() {
    must_end(|| {
        let pool = Arc::new(ThreadPool::new(2));
        let inner = Arc::clone(&pool);
        let outer = pool.submit(move || {
            let (started, wait) = channel();
            let (tell, told) = channel();
            // Ends only when the sibling, for which no idle worker is left, has run.
            let awaited = inner.submit(move || {
                started.send(()).unwrap();
                told.recv_timeout(Duration::from_secs(10))
            });
            wait.recv().unwrap();
            let sibling = inner.submit(move || tell.send(()).unwrap());
            let told = awaited.join().unwrap();
            sibling.join().unwrap();
            told.is_ok()
        });
        assert!(outer.join().unwrap());
    });
}

/// ... and what the awaited task submits while the waiter sleeps already.
#[test]
fn a_waiter_wakes_for_the_children_of_its_awaited_task() {
    must_end(|| {
        let pool = Arc::new(ThreadPool::new(2));
        let inner = Arc::clone(&pool);
        let outer = pool.submit(move || {
            let again = Arc::clone(&inner);
            let (started, wait) = channel();
            let awaited = inner.submit(move || {
                started.send(()).unwrap();
                // Time for the waiter to fall asleep; the test holds without it.
                std::thread::sleep(Duration::from_millis(5));
                let (tell, told) = channel();
                let child = again.submit(move || tell.send(()).unwrap());
                let told = told.recv_timeout(Duration::from_secs(10)).is_ok();
                child.join().unwrap();
                told
            });
            wait.recv().unwrap();
            awaited.join().unwrap()
        });
        assert!(outer.join().unwrap());
    });
}

/// Each task waits for the one before it. Helping with unrelated tasks would bury one below its successor.
#[test]
fn a_pipeline_submitted_from_outside() {
    for workers in 1..=3 {
        must_end(move || {
            let pool = ThreadPool::new(workers);
            for _ in 0..200 {
                let first: Task<u32> = pool.submit(|| {
                    std::thread::yield_now();
                    0
                });
                let last = (0..20).fold(first, |before, _| {
                    pool.submit(move || before.join().unwrap() + 1)
                });
                assert_eq!(last.join().unwrap(), 20);
            }
        });
    }
}

#[test]
fn a_pipeline_submitted_from_a_task() {
    for workers in 1..=3 {
        must_end(move || {
            let pool = Arc::new(ThreadPool::new(workers));
            for _ in 0..200 {
                let inner = Arc::clone(&pool);
                let outer = pool.submit(move || {
                    let first: Task<u32> = inner.submit(|| 0);
                    let last = (0..20).fold(first, |before, _| {
                        inner.submit(move || before.join().unwrap() + 1)
                    });
                    last.join().unwrap()
                });
                assert_eq!(outer.join().unwrap(), 20);
            }
        });
    }
}

/// The awaited task need not be the waiter's own.
#[test]
fn a_waiter_runs_an_awaited_task_from_outside() {
    must_end(|| {
        let pool = ThreadPool::new(1);
        let (give, receive) = channel::<Task<u8>>();
        let outer = pool.submit(move || receive.recv().unwrap().join().unwrap());
        give.send(pool.submit(|| 6)).unwrap();
        assert_eq!(outer.join().unwrap(), 6);
    });
}

#[test]
fn a_panic_crosses_the_helper_and_no_further() {
    must_end(|| {
        let pool = Arc::new(ThreadPool::new(1));
        let inner = Arc::clone(&pool);
        let outer = pool.submit(move || {
            let failed = inner.submit(|| -> u8 { silent_panic("inner") }).join();
            let good = inner.submit(|| 4).join().unwrap();
            (matches!(failed, Err(TaskError::Panicked(_))), good)
        });
        assert_eq!(outer.join().unwrap(), (true, 4));
    });
}

#[test]
fn two_pools_wait_for_each_other() {
    must_end(|| {
        let pools = [(); 2].map(|()| Arc::new(ThreadPool::new(1)));
        let (near, far) = (Arc::clone(&pools[0]), Arc::clone(&pools[1]));
        let outer = pools[0].submit(move || {
            // Queued behind this very task; it helps with its own children before it blocks for the far pool.
            let child = near.submit(|| 1);
            let distant = far.submit(|| 2);
            let mut sum = distant.join().unwrap();
            sum += far.map(|n| n, [3, 4]).into_iter().sum::<i32>();
            sum += as_completed([child, far.submit(|| 5)])
                .map(Task::join_unwrap)
                .sum::<i32>();
            sum
        });
        assert_eq!(outer.join().unwrap(), 15);
    });
}

#[test]
fn join_timeout_runs_a_queued_task_itself() {
    must_end(|| {
        let pool = Arc::new(ThreadPool::new(1));
        let inner = Arc::clone(&pool);
        let outer = pool.submit(move || {
            let me = std::thread::current().id();
            let task = inner.submit(|| std::thread::current().id());
            task.join_timeout(Duration::ZERO).unwrap().unwrap() == me
        });
        assert!(outer.join().unwrap());
        // Outside the pool it does not.
        let (open, _blocker) = occupy(&pool);
        let queued = pool.submit(|| ());
        assert!(queued.join_timeout(Duration::ZERO).is_err());
        drop(open);
    });
}

#[test]
fn successors_without_end_do_not_pile_up() {
    fn step(pool: &Arc<ThreadPool>, left: u32, done: std::sync::mpsc::Sender<()>) {
        if left == 0 {
            done.send(()).unwrap();
            return;
        }
        let next = Arc::clone(pool);
        pool.submit(move || step(&next, left - 1, done));
    }
    must_end(|| {
        let pool = Arc::new(ThreadPool::new(2));
        let (done, wait) = channel();
        step(&pool, 100_000, done);
        wait.recv().unwrap();
    });
}
