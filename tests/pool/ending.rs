use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;

use racecourse::pool::{Shutdown, Task, TaskError, ThreadPool};

use crate::{must_end, occupy};

fn counted(pool: &ThreadPool, count: &Arc<AtomicUsize>, tasks: usize) -> Vec<Task<usize>> {
    (0..tasks)
        .map(|_| {
            let count = Arc::clone(count);
            pool.submit(move || count.fetch_add(1, Ordering::Relaxed))
        })
        .collect()
}

#[test]
fn drain_finishes_what_is_queued() {
    must_end(|| {
        let pool = ThreadPool::new(2);
        let count = Arc::new(AtomicUsize::new(0));
        let tasks = counted(&pool, &count, 500);
        pool.shutdown(Shutdown::Drain);
        assert_eq!(count.load(Ordering::Relaxed), 500);
        assert!(tasks.iter().all(Task::is_finished));
        pool.shutdown(Shutdown::Drain);
        pool.shutdown(Shutdown::Immediate);
    });
}

#[test]
fn immediate_drops_what_is_queued_and_does_not_wait_for_what_runs() {
    must_end(|| {
        let pool = ThreadPool::new(1);
        let (open, running) = occupy(&pool);
        let count = Arc::new(AtomicUsize::new(0));
        let tasks = counted(&pool, &count, 10);
        pool.shutdown(Shutdown::Immediate);
        assert_eq!(
            Arc::strong_count(&count),
            1,
            "the jobs are dropped on return"
        );
        for task in tasks {
            assert!(matches!(task.join(), Err(TaskError::Shutdown)));
        }
        assert!(!running.is_finished());
        drop(open);
        assert!(running.join().is_ok());
        assert_eq!(count.load(Ordering::Relaxed), 0);
    });
}

#[test]
fn immediate_after_drain() {
    must_end(|| {
        let pool = Arc::new(ThreadPool::new(1));
        let (open, running) = occupy(&pool);
        let queued = pool.submit(|| ());
        let drainer = {
            let pool = Arc::clone(&pool);
            std::thread::spawn(move || pool.shutdown(Shutdown::Drain))
        };
        while !pool.is_shut_down() {
            std::thread::yield_now();
        }
        pool.shutdown(Shutdown::Immediate);
        assert!(matches!(queued.join(), Err(TaskError::Shutdown)));
        assert!(!drainer.is_finished(), "a task still runs");
        drop(open);
        drainer.join().unwrap();
        assert!(running.try_join().is_ok());
    });
}

#[test]
fn drop_finishes_what_is_queued() {
    let count = Arc::new(AtomicUsize::new(0));
    let pool = ThreadPool::new(2);
    drop(counted(&pool, &count, 500));
    drop(pool);
    assert_eq!(count.load(Ordering::Relaxed), 500);
    assert_eq!(Arc::strong_count(&count), 1);
}

#[test]
fn drain_finishes_what_queued_tasks_submit() {
    must_end(|| {
        let pool = Arc::new(ThreadPool::new(2));
        let count = Arc::new(AtomicUsize::new(0));
        let (open, _blocker) = occupy(&pool);
        for _ in 0..10 {
            let (inner, count) = (Arc::clone(&pool), Arc::clone(&count));
            pool.submit(move || drop(counted(&inner, &count, 10)));
        }
        drop(open);
        pool.shutdown(Shutdown::Drain);
        assert_eq!(count.load(Ordering::Relaxed), 100);
    });
}

#[test]
fn all_drainers_wait() {
    must_end(|| {
        let pool = ThreadPool::new(2);
        let count = Arc::new(AtomicUsize::new(0));
        drop(counted(&pool, &count, 100));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    pool.shutdown(Shutdown::Drain);
                    assert_eq!(count.load(Ordering::Relaxed), 100);
                });
            }
        });
    });
}

#[test]
fn a_task_shuts_its_pool_down() {
    for how in [Shutdown::Drain, Shutdown::Immediate] {
        must_end(move || {
            let pool = Arc::new(ThreadPool::new(1));
            let (open, _blocker) = occupy(&pool);
            let inner = Arc::clone(&pool);
            let first = pool.submit(move || inner.shutdown(how));
            let second = pool.submit(|| 2);
            drop(open);
            first.join().unwrap();
            match (how, second.join()) {
                (Shutdown::Drain, Ok(2)) => {}
                (Shutdown::Immediate, Err(TaskError::Shutdown)) => {}
                other => panic!("{other:?}"),
            }
        });
    }
}

#[test]
fn a_task_drops_its_own_pool() {
    must_end(|| {
        for _ in 0..100 {
            let pool = Arc::new(ThreadPool::new(2));
            let (give, receive) = channel::<Arc<ThreadPool>>();
            let (ran, wait) = channel();
            let task = pool.submit(move || {
                let own = receive.recv().unwrap();
                own.submit(move || ran.send(()).unwrap());
                assert_eq!(Arc::strong_count(&own), 1);
                drop(own);
            });
            give.send(pool).unwrap();
            task.join().unwrap();
            wait.recv().unwrap();
        }
    });
}

#[test]
fn a_pool_ends_inside_a_task_of_another() {
    must_end(|| {
        let outer = ThreadPool::new(1);
        let sum = outer.submit(|| ThreadPool::new(2).map(|n| n, 1..=4).iter().sum::<u32>());
        assert_eq!(sum.join().unwrap(), 10);
    });
}
