//! Tiny scenarios of the pool's protocol, for the model checkers and, run often, for real threads.
//!
//! Each uses only the vocabulary and `Arc`, has at most four threads with the main one, and holds under every
//! schedule.

use std::panic;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use racecourse::pool::{Shutdown, Task, TaskError, ThreadPool, as_completed};
use racecourse::sync::atomic::{AtomicUsize, Ordering};
use racecourse::thread::{self, block_on};

/// Every scenario, by name.
pub(crate) const ALL: &[(&str, fn())] = &[
    ("submit-join", submit_join),
    ("two-submits", two_submits),
    ("two-submitters", two_submitters),
    ("cancel-start", cancel_start),
    ("cancel-shutdown", cancel_shutdown),
    ("detach", detach),
    ("is-finished", is_finished),
    ("poll-detach", poll_detach),
    ("poll-try-join", poll_try_join),
    ("drain-submit", drain_submit),
    ("immediate-submit", immediate_submit),
    ("drain-drain", drain_drain),
    ("drain-nested-submit", drain_nested_submit),
    ("nested-join-one-worker", nested_join_one_worker),
    ("nested-join-two-workers", nested_join_two_workers),
    ("pipeline", pipeline),
    ("help-with-child", help_with_child),
    ("scope", scope),
    ("scope-in-task", scope_in_task),
    ("join", join),
    ("join-immediate", join_immediate),
    ("join-twice", join_twice),
    ("join-nested", join_nested),
    ("join-in-task", join_in_task),
    ("join-drain", join_drain),
    ("join-first-panics", join_first_panics),
    ("join-second-panics", join_second_panics),
    ("join-waits-inside", join_waits_inside),
    ("map", map),
    ("map-panic", map_panic),
    ("map-immediate", map_immediate),
    ("map-in-task", map_in_task),
    ("as-completed", as_completed_gives_all),
    ("panic-join", panic_join),
    ("panic-scope", panic_scope),
    ("drop-queued", drop_queued),
    ("drop-in-own-task", drop_in_own_task),
    ("shutdown-in-own-task", shutdown_in_own_task),
    ("future", future),
    ("future-cancel", future_cancel),
    ("join-timeout", join_timeout),
];

/// How often something ran.
#[derive(Clone, Default)]
struct Count(Arc<AtomicUsize>);

impl Count {
    fn add(&self) {
        // ORDERING: Relaxed; the assertions read after a join, whose lock orders them.
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn get(&self) -> usize {
        // ORDERING: Relaxed; see `add`.
        self.0.load(Ordering::Relaxed)
    }
}

/// A panic that the panic hook does not report.
fn silent_panic(text: &'static str) -> ! {
    panic::resume_unwind(Box::new(text))
}

fn submit_join() {
    let pool = ThreadPool::new(1);
    assert_eq!(pool.submit(|| 7).join().unwrap(), 7);
}

fn two_submits() {
    let pool = ThreadPool::new(2);
    let count = Count::default();
    let tasks = [1, 2].map(|n| {
        let count = count.clone();
        pool.submit(move || {
            count.add();
            n
        })
    });
    assert_eq!(tasks.map(|task| task.join().unwrap()), [1, 2]);
    assert_eq!(count.get(), 2);
}

fn two_submitters() {
    let pool = Arc::new(ThreadPool::new(1));
    let other = {
        let pool = Arc::clone(&pool);
        thread::spawn(move || pool.submit(|| 1).join().unwrap())
    };
    assert_eq!(pool.submit(|| 2).join().unwrap(), 2);
    assert_eq!(other.join().unwrap(), 1);
}

fn cancel_start() {
    let pool = ThreadPool::new(1);
    let count = Count::default();
    let task = {
        let count = count.clone();
        pool.submit(move || count.add())
    };
    let cancelled = task.cancel();
    let outcome = task.join();
    if cancelled {
        assert!(matches!(outcome, Err(TaskError::Cancelled)));
    } else {
        assert!(outcome.is_ok());
    }
    drop(pool);
    assert_eq!(count.get(), usize::from(!cancelled));
}

fn cancel_shutdown() {
    let pool = Arc::new(ThreadPool::new(1));
    let count = Count::default();
    let task = {
        let count = count.clone();
        pool.submit(move || count.add())
    };
    let other = {
        let pool = Arc::clone(&pool);
        thread::spawn(move || pool.shutdown(Shutdown::Immediate))
    };
    let cancelled = task.cancel();
    let ran = match task.join() {
        Ok(()) => 1,
        Err(TaskError::Cancelled) => {
            assert!(cancelled);
            0
        }
        Err(TaskError::Shutdown) => {
            assert!(!cancelled);
            0
        }
        Err(other) => panic!("{other}"),
    };
    other.join().unwrap();
    drop(pool);
    assert_eq!(count.get(), ran);
}

fn detach() {
    let pool = ThreadPool::new(1);
    let count = Count::default();
    let inner = count.clone();
    drop(pool.submit(move || inner.add()));
    drop(pool);
    assert_eq!(count.get(), 1);
}

/// Who sees that a task has finished sees what it did.
fn is_finished() {
    let pool = ThreadPool::new(1);
    let count = Count::default();
    let inner = count.clone();
    let task = pool.submit(move || inner.add());
    if task.is_finished() {
        assert_eq!(count.get(), 1);
    }
}

fn poll_once<T>(task: &mut Task<T>) -> Poll<Result<T, TaskError>> {
    Pin::new(task).poll(&mut Context::from_waker(Waker::noop()))
}

/// A handle that has left a waker is dropped at any time.
fn poll_detach() {
    let pool = ThreadPool::new(1);
    let mut task = pool.submit(|| Box::new(1));
    if let Poll::Ready(outcome) = poll_once(&mut task) {
        assert_eq!(*outcome.unwrap(), 1);
    }
}

/// As `poll_detach`, with the outcome taken if it is there.
fn poll_try_join() {
    let pool = ThreadPool::new(1);
    let mut task = pool.submit(|| Box::new(1));
    if poll_once(&mut task).is_pending()
        && let Ok(outcome) = task.try_join()
    {
        assert_eq!(*outcome.unwrap(), 1);
    }
}

/// A submission that races with a shutdown either is refused, or counts as queued.
fn submit_against(how: Shutdown) -> (Result<(), TaskError>, usize) {
    let pool = Arc::new(ThreadPool::new(1));
    let count = Count::default();
    let submitter = {
        let pool = Arc::clone(&pool);
        let count = count.clone();
        thread::spawn(move || pool.submit(move || count.add()).join())
    };
    pool.shutdown(how);
    let outcome = submitter.join().unwrap();
    assert!(matches!(
        pool.submit(|| ()).join(),
        Err(TaskError::Shutdown)
    ));
    drop(pool);
    (outcome, count.get())
}

fn drain_submit() {
    let (outcome, ran) = submit_against(Shutdown::Drain);
    match outcome {
        Ok(()) => assert_eq!(ran, 1),
        Err(error) => {
            assert!(matches!(error, TaskError::Shutdown));
            assert_eq!(ran, 0);
        }
    }
}

fn immediate_submit() {
    let (outcome, ran) = submit_against(Shutdown::Immediate);
    match outcome {
        Ok(()) => assert_eq!(ran, 1),
        Err(error) => {
            assert!(matches!(error, TaskError::Shutdown));
            assert_eq!(ran, 0);
        }
    }
}

/// Both callers of `Drain` return only when the work is done.
fn drain_drain() {
    let pool = Arc::new(ThreadPool::new(1));
    let count = Count::default();
    let inner = count.clone();
    drop(pool.submit(move || inner.add()));
    let other = {
        let (pool, count) = (Arc::clone(&pool), count.clone());
        thread::spawn(move || {
            pool.shutdown(Shutdown::Drain);
            count.get()
        })
    };
    pool.shutdown(Shutdown::Drain);
    assert_eq!(count.get(), 1);
    assert_eq!(other.join().unwrap(), 1);
}

/// What a queued task submits belongs to the work that `Drain` finishes.
fn drain_nested_submit() {
    let pool = Arc::new(ThreadPool::new(1));
    let task = {
        let inner = Arc::clone(&pool);
        pool.submit(move || inner.submit(|| 5).join().unwrap())
    };
    pool.shutdown(Shutdown::Drain);
    assert_eq!(task.try_join().unwrap().unwrap(), 5);
}

fn nested_join(workers: usize) {
    let pool = Arc::new(ThreadPool::new(workers));
    let inner = Arc::clone(&pool);
    let outer = pool.submit(move || inner.submit(|| 2).join().unwrap() + 1);
    assert_eq!(outer.join().unwrap(), 3);
}

fn nested_join_one_worker() {
    nested_join(1);
}

fn nested_join_two_workers() {
    nested_join(2);
}

/// `b` waits for `a`, `c` for `b`, all submitted from outside. A worker that ran `c` while it waits inside
/// `b` would never come back to `b`.
fn pipeline() {
    let pool = ThreadPool::new(2);
    let a = pool.submit(|| 1);
    let b = pool.submit(move || a.join().unwrap() + 1);
    let c = pool.submit(move || b.join().unwrap() + 1);
    assert_eq!(c.join().unwrap(), 3);
}

/// A waiter whose awaited task runs elsewhere helps with what that task submits, or sleeps until it ends.
fn help_with_child() {
    let pool = Arc::new(ThreadPool::new(2));
    let outer = {
        let pool = Arc::clone(&pool);
        move || {
            let inner_pool = Arc::clone(&pool);
            let middle = pool.submit(move || {
                let leaf = inner_pool.submit(|| 1);
                leaf.join().unwrap() + 1
            });
            middle.join().unwrap() + 1
        }
    };
    assert_eq!(pool.submit(outer).join().unwrap(), 3);
}

fn scope() {
    let pool = ThreadPool::new(2);
    let mut left = 0;
    let mut right = 0;
    pool.scope(|scope| {
        scope.spawn(|| left = 1);
        scope.spawn(|| right = 2);
    });
    assert_eq!((left, right), (1, 2));
}

fn scope_in_task() {
    let pool = Arc::new(ThreadPool::new(1));
    let inner = Arc::clone(&pool);
    let outer = pool.submit(move || {
        let mut value = 0;
        inner.scope(|scope| {
            scope.spawn(|| value += 1);
        });
        value
    });
    assert_eq!(outer.join().unwrap(), 1);
}

fn join() {
    let pool = ThreadPool::new(1);
    let text = String::from("ab");
    let (a, b) = pool.join(|| text.len(), || text.is_empty());
    assert_eq!((a, b), (2, false));
}

/// A fork-join loses neither half to a shutdown.
fn join_immediate() {
    let pool = Arc::new(ThreadPool::new(1));
    let other = {
        let pool = Arc::clone(&pool);
        thread::spawn(move || pool.shutdown(Shutdown::Immediate))
    };
    assert_eq!(pool.join(|| 1, || 2), (1, 2));
    other.join().unwrap();
}

/// Room for a half comes back, whoever runs the one before.
fn join_twice() {
    let pool = ThreadPool::new(1);
    assert_eq!(pool.join(|| 1, || 2), (1, 2));
    assert_eq!(pool.join(|| 3, || 4), (3, 4));
}

fn join_nested() {
    let pool = ThreadPool::new(1);
    let ((a, b), c) = pool.join(|| pool.join(|| 1, || 2), || 3);
    assert_eq!((a, b, c), (1, 2, 3));
}

/// The only worker takes its own half back, or another thread's `join` could not be helped.
fn join_in_task() {
    let pool = Arc::new(ThreadPool::new(1));
    let inner = Arc::clone(&pool);
    let task = pool.submit(move || inner.join(|| 1, || 2));
    assert_eq!(task.join().unwrap(), (1, 2));
}

/// A pool that is drained still runs what its tasks offer, and refuses what comes from outside.
fn join_drain() {
    let pool = Arc::new(ThreadPool::new(1));
    let other = {
        let pool = Arc::clone(&pool);
        thread::spawn(move || pool.shutdown(Shutdown::Drain))
    };
    assert_eq!(pool.join(|| 1, || 2), (1, 2));
    other.join().unwrap();
}

/// The text of the panic with which `code` ends.
fn panic_of(code: impl FnOnce()) -> &'static str {
    let payload = panic::catch_unwind(panic::AssertUnwindSafe(code)).unwrap_err();
    *payload.downcast().unwrap()
}

/// Then the second half either ran to its end or never will; what it borrows may go.
fn join_first_panics() {
    let pool = ThreadPool::new(1);
    let count = Count::default();
    let text = panic_of(|| {
        let inner = count.clone();
        pool.join(|| silent_panic("a"), move || inner.add());
    });
    assert_eq!(text, "a");
    let ran = count.get();
    assert!(ran <= 1);
    assert_eq!(Arc::strong_count(&count.0), 1, "the half is gone");
    drop(pool);
    assert_eq!(count.get(), ran);
}

fn join_second_panics() {
    let pool = ThreadPool::new(1);
    let text = panic_of(|| {
        pool.join(|| 1, || silent_panic("b"));
    });
    assert_eq!(text, "b");
    assert_eq!(pool.join(|| 1, || 2), (1, 2));
}

/// The first half waits for a task of the same pool, while the second is offered, or run.
fn join_waits_inside() {
    let pool = ThreadPool::new(1);
    let (a, b) = pool.join(|| pool.submit(|| 1).join().unwrap(), || 2);
    assert_eq!((a, b), (1, 2));
}

/// The panic is that of the first item that panics, in the order of the input; all is dropped once.
fn map_panic() {
    let pool = ThreadPool::new(2);
    let count = Count::default();
    let items = [0, 1].map(|n| (n, count.clone()));
    let outcome = pool.try_map(
        |(n, count)| {
            count.add();
            if n == 1 {
                silent_panic("one");
            }
            count
        },
        items,
    );
    match outcome {
        Err(TaskError::Panicked(caught)) => assert_eq!(caught.message(), "one"),
        other => panic!("{}", other.is_ok()),
    }
    assert_eq!(count.get(), 2);
    assert_eq!(Arc::strong_count(&count.0), 1, "items and results are gone");
}

/// A shutdown leaves all items done, or an error; and nothing behind.
fn map_immediate() {
    let pool = Arc::new(ThreadPool::new(1));
    let count = Count::default();
    let other = {
        let pool = Arc::clone(&pool);
        thread::spawn(move || pool.shutdown(Shutdown::Immediate))
    };
    let items = [0, 1].map(|_| count.clone());
    match pool.try_map(|count| count.add(), items) {
        Ok(results) => assert_eq!((results.len(), count.get()), (2, 2)),
        Err(error) => {
            assert!(matches!(error, TaskError::Shutdown));
            assert_eq!(count.get(), 0);
        }
    }
    other.join().unwrap();
    assert_eq!(Arc::strong_count(&count.0), 1, "the items are gone");
}

fn map_in_task() {
    let pool = Arc::new(ThreadPool::new(1));
    let inner = Arc::clone(&pool);
    let task = pool.submit(move || inner.map(|n| n + 1, [1, 2]));
    assert_eq!(task.join().unwrap(), [2, 3]);
}

fn map() {
    let pool = ThreadPool::new(2);
    let offset = 10;
    assert_eq!(pool.map(|n| n + offset, [1, 2]), [11, 12]);
}

fn as_completed_gives_all() {
    let pool = ThreadPool::new(2);
    let tasks = [1, 2].map(|n| pool.submit(move || n));
    let ids = [tasks[0].id(), tasks[1].id()];
    let mut seen = [false; 2];
    for task in as_completed(tasks) {
        assert!(task.is_finished());
        let place = ids.iter().position(|id| *id == task.id()).unwrap();
        assert!(!std::mem::replace(&mut seen[place], true));
        assert_eq!(task.join().unwrap(), place + 1);
    }
    assert_eq!(seen, [true; 2]);
}

fn panic_join() {
    let pool = ThreadPool::new(1);
    let task = pool.submit(|| silent_panic("boom"));
    match task.join() {
        Err(TaskError::Panicked(caught)) => assert_eq!(caught.message(), "boom"),
        other => panic!("{other:?}"),
    }
    assert_eq!(pool.submit(|| 1).join().unwrap(), 1);
}

fn panic_scope() {
    let pool = ThreadPool::new(1);
    let count = Count::default();
    let ended = pool.try_scope(|scope| {
        scope.spawn(|| silent_panic("boom"));
        scope.spawn(|| count.add());
    });
    assert_eq!(count.get(), 1);
    match ended {
        Err(TaskError::Panicked(caught)) => assert_eq!(caught.message(), "boom"),
        other => panic!("{other:?}"),
    }
}

fn drop_queued() {
    let pool = ThreadPool::new(1);
    let count = Count::default();
    for _ in 0..2 {
        let count = count.clone();
        drop(pool.submit(move || count.add()));
    }
    drop(pool);
    assert_eq!(count.get(), 2);
}

/// The last reference to the pool may be the one in its own task.
fn drop_in_own_task() {
    // The model's: who drops the pool last is part of the scenario.
    let pool = racecourse::sync::Arc::new(ThreadPool::new(1));
    let own = racecourse::sync::Arc::clone(&pool);
    let task = pool.submit(move || drop(own));
    drop(pool);
    task.join().unwrap();
}

fn shutdown_in_own_task() {
    let pool = racecourse::sync::Arc::new(ThreadPool::new(1));
    let own = racecourse::sync::Arc::clone(&pool);
    let task = pool.submit(move || {
        own.shutdown(Shutdown::Drain);
        own.shutdown(Shutdown::Immediate);
        own.submit(|| ()).join()
    });
    assert!(matches!(task.join().unwrap(), Err(TaskError::Shutdown)));
}

fn future() {
    let pool = ThreadPool::new(1);
    assert_eq!(block_on(pool.submit(|| 3)).unwrap(), 3);
}

/// A shutdown wakes whoever awaits a task that it drops.
fn future_cancel() {
    let pool = Arc::new(ThreadPool::new(1));
    let task = pool.submit(|| 3);
    let other = {
        let pool = Arc::clone(&pool);
        thread::spawn(move || pool.shutdown(Shutdown::Immediate))
    };
    match block_on(task) {
        Ok(value) => assert_eq!(value, 3),
        Err(error) => assert!(matches!(error, TaskError::Shutdown)),
    }
    other.join().unwrap();
}

/// The wait ends with the outcome or with the task, which then still gives its outcome.
fn join_timeout() {
    let pool = ThreadPool::new(1);
    let task = pool.submit(|| 7);
    let value = match task.join_timeout(Duration::from_micros(20)) {
        Ok(outcome) => outcome.unwrap(),
        Err(pending) => pending.into_inner().join().unwrap(),
    };
    assert_eq!(value, 7);
}
