use std::error::Error;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::task::{Context, Wake, Waker};
use std::{future::Future, pin::Pin};

use racecourse::pool::{Executor, Shutdown, TaskError, ThreadPool};

use crate::{must_end, occupy, silent_panic};

fn panic_text(code: impl FnOnce()) -> String {
    let payload = panic::catch_unwind(AssertUnwindSafe(code)).unwrap_err();
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => (*payload.downcast::<&str>().unwrap()).to_owned(),
    }
}

#[test]
fn zero_threads() {
    let text = ThreadPool::try_new(0).unwrap_err().to_string();
    assert!(
        text.contains("0 threads") && text.contains("1 or more"),
        "{text}"
    );
    assert_eq!(panic_text(|| drop(ThreadPool::new(0))), text);
    let built = ThreadPool::builder().threads(0).build();
    assert_eq!(built.unwrap_err().to_string(), text);
}

#[test]
fn a_name_that_no_thread_can_have() {
    let built = ThreadPool::builder().threads(1).name_prefix("a\0b").build();
    assert!(built.unwrap_err().to_string().contains("NUL"));
}

#[test]
fn a_stack_that_no_system_has() {
    let built = ThreadPool::builder().threads(2).stack_size(1 << 60).build();
    let error = built.unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("thread 1 of 2") && text.contains("smaller stack"),
        "{text}"
    );
    assert!(error.source().is_some());
}

#[test]
fn a_chunk_of_nothing() {
    let pool = ThreadPool::new(1);
    let text = panic_text(|| drop(pool.map_chunked(|n| n, [1], 0)));
    assert!(
        text.contains("chunk of 0") && text.contains("1 or more"),
        "{text}"
    );
    assert_eq!(
        panic_text(|| drop(Executor::map_chunked(&pool, |n| n, [1], 0))),
        text
    );
}

#[test]
fn a_pool_used_after_its_end() {
    for how in [Shutdown::Drain, Shutdown::Immediate] {
        must_end(move || {
            let pool = ThreadPool::new(1);
            assert!(!pool.is_shut_down());
            pool.shutdown(how);
            assert!(pool.is_shut_down());
            let task = pool.submit(|| 1);
            assert!(task.is_finished() && !task.cancel());
            let text = task.join().unwrap_err().to_string();
            assert!(
                text.contains("shut down") && text.contains("new pool"),
                "{text}"
            );

            let rejected = pool.try_submit(|| 2).unwrap_err();
            assert_eq!(rejected.to_string(), text);
            assert!(matches!(rejected.reason(), TaskError::Shutdown));
            assert_eq!(rejected.into_inner()(), 2, "the job is handed back");

            assert!(matches!(
                pool.try_map(|n| n, 0..3),
                Err(TaskError::Shutdown)
            ));
            assert_eq!(panic_text(|| drop(pool.map(|n| n, 0..3))), text);
            assert_eq!(
                panic_text(|| assert!(pool.imap(|n| n, 0..3).next().is_none())),
                text
            );
            let mut endless = pool.imap_unordered(|n| n, 0..);
            assert!(matches!(endless.try_next(), Some(Err(TaskError::Shutdown))));
            assert!(endless.try_next().is_none());
            let scope = pool.try_scope(|scope| drop(scope.spawn(|| ())));
            assert!(matches!(scope, Err(TaskError::Shutdown)));
            assert_eq!(pool.join(|| 1, || 2), (1, 2), "the caller does it all");
        });
    }
}

#[test]
fn panics_reach_the_joiner_and_kill_no_worker() {
    let pool = ThreadPool::new(1);
    for n in 0..10 {
        let caught = match pool.submit(move || -> () { silent_panic("wrong") }).join() {
            Err(TaskError::Panicked(caught)) => caught,
            other => panic!("{n}: {other:?}"),
        };
        assert_eq!(caught.message(), "wrong");
        assert!(caught.to_string().contains("wrong"));
        assert_eq!(*caught.into_payload().downcast::<&str>().unwrap(), "wrong");
    }
    let formatted = pool.submit(|| panic::resume_unwind(Box::new(format!("no {}", 7))));
    let error: TaskError = formatted.join().unwrap_err();
    assert!(error.to_string().contains("no 7"), "{error}");
    assert_eq!(pool.submit(|| 1).join().unwrap(), 1);
}

#[test]
fn a_payload_that_is_no_text() {
    let pool = ThreadPool::new(1);
    let task = pool.submit(|| -> () { panic::resume_unwind(Box::new(42_u8)) });
    let TaskError::Panicked(caught) = task.join().unwrap_err() else {
        panic!("it panicked")
    };
    assert!(
        caught.message().contains("not text"),
        "{}",
        caught.message()
    );
    assert!(caught.message().contains("downcast"));
    assert_eq!(*caught.into_payload().downcast::<u8>().unwrap(), 42);
}

#[test]
fn join_unwrap_goes_on_with_the_payload() {
    let pool = ThreadPool::new(1);
    let task = pool.submit(|| -> () { panic::resume_unwind(Box::new(42_u8)) });
    let payload = panic::catch_unwind(AssertUnwindSafe(|| task.join_unwrap())).unwrap_err();
    assert_eq!(*payload.downcast::<u8>().unwrap(), 42);

    let (_open, _blocker) = occupy(&pool);
    let task = pool.submit(|| ());
    assert!(task.cancel());
    assert!(panic_text(|| task.join_unwrap()).contains("cancelled"));
}

#[test]
fn map_raises_the_first_failure_in_input_order() {
    let pool = ThreadPool::new(2);
    let odd_panics = |n: usize| {
        if n % 2 == 1 {
            panic::resume_unwind(Box::new(n));
        }
        n
    };
    for _ in 0..100 {
        let payload = panic::catch_unwind(AssertUnwindSafe(|| pool.map(odd_panics, 0..6)));
        assert_eq!(*payload.unwrap_err().downcast::<usize>().unwrap(), 1);
        let TaskError::Panicked(caught) = Executor::try_map(&pool, odd_panics, 0..6).unwrap_err()
        else {
            panic!("an item panicked")
        };
        assert_eq!(*caught.into_payload().downcast::<usize>().unwrap(), 1);
    }
    let mut results = pool.imap(odd_panics, 0..4);
    let good: Vec<_> = std::iter::from_fn(|| results.try_next().map(|r| r.ok())).collect();
    assert_eq!(
        good,
        [Some(0), None, Some(2), None],
        "one failure loses only itself"
    );
    let progressed = panic::catch_unwind(AssertUnwindSafe(|| {
        pool.map_with_progress(odd_panics, [0, 1, 2], |_, _| ())
    }));
    assert_eq!(*progressed.unwrap_err().downcast::<usize>().unwrap(), 1);
    let progress = panic::catch_unwind(AssertUnwindSafe(|| {
        pool.map_with_progress(|n| n, [0, 2], |_, _| silent_panic("progress"))
    }));
    assert_eq!(
        *progress.unwrap_err().downcast::<&str>().unwrap(),
        "progress"
    );
    assert_eq!(pool.map(|n| n, [1]), [1]);
}

/// Panics when dropped, with a payload that panics when dropped, and so on `depth` times.
struct Bomb(usize);

impl Drop for Bomb {
    fn drop(&mut self) {
        if !std::thread::panicking() && self.0 > 0 {
            panic::resume_unwind(Box::new(Bomb(self.0 - 1)));
        }
    }
}

/// All workers, or the pool is not whole any more.
fn assert_whole(pool: &ThreadPool) {
    let barrier = std::sync::Barrier::new(pool.parallelism());
    pool.map(|_| barrier.wait(), 0..pool.parallelism());
}

#[test]
fn destructors_that_panic_kill_no_worker() {
    must_end(|| {
        let pool = ThreadPool::new(2);
        // In the payload of a detached task.
        drop(pool.submit(|| -> () { panic::resume_unwind(Box::new(Bomb(3))) }));
        assert_whole(&pool);
        // In the result of a detached task.
        let (open, _blocker) = occupy(&pool);
        drop(pool.submit(|| Bomb(3)));
        drop(open);
        assert_whole(&pool);
        // In what a job captured: after it ran, its task has panicked.
        let bomb = Bomb(2);
        let ran = pool.submit(move || {
            let _ = &bomb;
        });
        let TaskError::Panicked(caught) = ran.join().unwrap_err() else {
            panic!("the destructor panicked")
        };
        std::mem::forget(caught);
        assert_whole(&pool);
        // ... when it is cancelled, and when it is dropped by a shutdown.
        let gates = [occupy(&pool), occupy(&pool)];
        let cancelled = {
            let bomb = Bomb(2);
            pool.submit(move || {
                let _ = &bomb;
            })
        };
        assert!(cancelled.cancel());
        assert!(matches!(cancelled.join(), Err(TaskError::Cancelled)));
        let queued = {
            let bomb = Bomb(2);
            pool.submit(move || {
                let _ = &bomb;
            })
        };
        pool.shutdown(Shutdown::Immediate);
        assert!(matches!(queued.join(), Err(TaskError::Shutdown)));
        drop(gates);
    });
}

#[test]
fn a_waker_that_panics_kills_no_worker() {
    struct Angry;
    impl Wake for Angry {
        fn wake(self: Arc<Self>) {
            silent_panic("wake");
        }
    }
    must_end(|| {
        let pool = ThreadPool::new(1);
        let (open, mut task) = occupy(&pool);
        let waker = Waker::from(Arc::new(Angry));
        assert!(
            Pin::new(&mut task)
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
        drop(open);
        assert!(task.join().is_ok());
        assert_whole(&pool);
    });
}

#[test]
fn errors_fit_into_a_box() {
    fn submit_and_join() -> Result<u8, Box<dyn Error + Send + Sync>> {
        let pool = ThreadPool::try_new(1)?;
        let task = pool
            .try_submit(|| 1)
            .map_err(|rejected| rejected.to_string())?;
        Ok(task.join()?)
    }
    assert_eq!(submit_and_join().unwrap(), 1);
}
