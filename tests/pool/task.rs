use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use racecourse::pool::{TaskError, ThreadPool};

use crate::{must_end, occupy};

#[test]
fn try_join_hands_the_task_back() {
    let pool = ThreadPool::new(1);
    let (open, task) = occupy(&pool);
    assert!(!task.is_finished());
    let task = task.try_join().unwrap_err().into_inner();
    drop(open);
    while !task.is_finished() {
        std::thread::yield_now();
    }
    assert!(task.try_join().unwrap().is_ok());
}

#[test]
fn join_timeout_gives_up_and_can_be_repeated() {
    must_end(|| {
        let pool = ThreadPool::new(1);
        let (open, mut task) = occupy(&pool);
        for _ in 0..3 {
            let pending = task.join_timeout(Duration::from_millis(2)).unwrap_err();
            assert!(pending.to_string().contains("into_inner"));
            task = pending.into_inner();
        }
        drop(open);
        task.join_timeout(Duration::MAX).unwrap().unwrap();
    });
}

#[test]
fn cancel_says_whether_it_did() {
    let pool = ThreadPool::new(1);
    let (open, running) = occupy(&pool);
    let captured = Arc::new(());
    let queued = {
        let captured = Arc::clone(&captured);
        pool.submit(move || drop(captured))
    };
    assert!(!running.cancel(), "a running task is not interrupted");
    assert!(queued.cancel());
    assert_eq!(Arc::strong_count(&captured), 1, "the job is dropped");
    assert!(!queued.cancel(), "it was cancelled before");
    assert!(matches!(queued.join(), Err(TaskError::Cancelled)));
    drop(open);
    assert!(running.join().is_ok());
    let finished = pool.submit(|| 1);
    while !finished.is_finished() {
        std::thread::yield_now();
    }
    assert!(!finished.cancel());
    assert_eq!(finished.join().unwrap(), 1);
}

#[test]
fn a_job_is_dropped_before_its_result_is_seen() {
    let pool = ThreadPool::new(1);
    for _ in 0..1000 {
        let captured = Arc::new(());
        let task = {
            let captured = Arc::clone(&captured);
            pool.submit(move || {
                let _ = &captured;
            })
        };
        task.join().unwrap();
        assert_eq!(Arc::strong_count(&captured), 1);
    }
}

#[test]
fn a_dropped_task_runs_all_the_same() {
    let pool = ThreadPool::new(1);
    let ran = Arc::new(AtomicUsize::new(0));
    {
        let ran = Arc::clone(&ran);
        pool.submit(move || ran.fetch_add(1, Ordering::Relaxed));
    }
    drop(pool);
    assert_eq!(ran.load(Ordering::Relaxed), 1);
}

#[test]
fn a_task_outlives_its_pool() {
    let pool = ThreadPool::new(1);
    let task = pool.submit(|| 9);
    drop(pool);
    assert!(!task.cancel());
    assert_eq!(task.join().unwrap(), 9);
}

/// Counts its wakes.
struct Counter(AtomicUsize);

impl Wake for Counter {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn the_waker_of_the_last_poll_is_woken_once() {
    let pool = ThreadPool::new(1);
    let (open, mut task) = occupy(&pool);
    let counters = [(); 2].map(|()| Arc::new(Counter(AtomicUsize::new(0))));
    for counter in &counters {
        let waker = Waker::from(Arc::clone(counter));
        let mut context = Context::from_waker(&waker);
        assert!(Pin::new(&mut task).poll(&mut context).is_pending());
    }
    drop(open);
    while !task.is_finished() {
        std::thread::yield_now();
    }
    drop(pool);
    assert_eq!(counters[0].0.load(Ordering::Relaxed), 0);
    assert_eq!(counters[1].0.load(Ordering::Relaxed), 1);
    let mut context = Context::from_waker(Waker::noop());
    assert!(matches!(
        Pin::new(&mut task).poll(&mut context),
        Poll::Ready(Ok(()))
    ));
    assert_eq!(Arc::strong_count(&counters[1]), 1, "the waker is let go of");
}

#[test]
fn polling_after_the_end_is_refused() {
    let pool = ThreadPool::new(1);
    let mut task = pool.submit(|| ());
    let mut context = Context::from_waker(Waker::noop());
    while Pin::new(&mut task).poll(&mut context).is_pending() {
        std::thread::yield_now();
    }
    let again = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _ = Pin::new(&mut task).poll(&mut Context::from_waker(Waker::noop()));
    }));
    let text = *again.unwrap_err().downcast::<&str>().unwrap();
    assert!(text.contains("after it had returned Ready"), "{text}");
}

#[test]
fn later_tasks_have_greater_ids() {
    let pool = ThreadPool::new(2);
    let ids: Vec<_> = (0..10).map(|_| pool.submit(|| ()).id()).collect();
    assert!(ids.is_sorted_by(|a, b| a < b));
}

#[test]
fn a_result_is_dropped_once_whoever_drops_it() {
    struct Counted(Arc<Mutex<usize>>);
    impl Drop for Counted {
        fn drop(&mut self) {
            *self.0.lock().unwrap() += 1;
        }
    }
    let drops = Arc::new(Mutex::new(0));
    let pool = ThreadPool::new(1);
    for early in [false, true] {
        let counted = Counted(Arc::clone(&drops));
        let task = pool.submit(move || counted);
        if !early {
            while !task.is_finished() {
                std::thread::yield_now();
            }
        }
        drop(task);
    }
    drop(pool.submit(|| ()).join());
    drop(pool);
    assert_eq!(*drops.lock().unwrap(), 2);
}
