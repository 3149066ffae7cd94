//! `BoundedQueue`, promise by promise.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use racecourse::queue::{BoundedQueue, GetError, PutError, Shutdown};

use crate::support::{A_WHILE, panic_message, within_seconds};

#[test]
fn capacity_zero_is_refused_with_the_remedy() {
    let message = panic_message(|| BoundedQueue::<u8>::new(0));
    assert!(
        message.contains("BoundedQueue::new: capacity 0"),
        "{message}"
    );
    assert!(message.contains("1 or more"), "{message}");
    let error = BoundedQueue::<u8>::try_new(0).unwrap_err();
    assert!(message.ends_with(&error.to_string()));
}

#[test]
fn largest_capacity_uses_no_memory_in_advance() {
    let queue = BoundedQueue::<[u64; 1000]>::new(usize::MAX);
    assert_eq!(queue.capacity(), usize::MAX);
    for n in 0..1000 {
        queue.try_put([n; 1000]).unwrap();
    }
    assert_eq!(queue.get().unwrap()[0], 0);
    assert!(!queue.is_full());
}

#[test]
fn sizes_follow_the_items() {
    let queue = BoundedQueue::new(2);
    assert!(queue.is_empty() && !queue.is_full());
    queue.put(1).unwrap();
    assert!(!queue.is_empty() && !queue.is_full());
    queue.put(2).unwrap();
    assert!(queue.is_full());
    assert_eq!((queue.len(), queue.capacity()), (2, 2));
    assert_eq!(
        format!("{queue:?}"),
        "BoundedQueue { len: 2, capacity: 2, closed: false, unfinished: 2, .. }"
    );
}

#[test]
fn rejected_items_come_back() {
    let queue = BoundedQueue::new(1);
    queue.put(1).unwrap();
    assert_eq!(queue.try_put(2), Err(PutError::Full(2)));
    assert_eq!(
        queue.put_timeout(3, Duration::ZERO),
        Err(PutError::Timeout(3))
    );
    queue.shutdown(Shutdown::Drain);
    assert_eq!(queue.try_put(4), Err(PutError::Closed(4)));
    assert_eq!(queue.put(5), Err(PutError::Closed(5)));
    assert_eq!(queue.put_timeout(6, A_WHILE), Err(PutError::Closed(6)));
    assert_eq!(queue.put(7).unwrap_err().into_inner(), 7);
}

#[test]
fn items_need_neither_clone_nor_debug() {
    struct Opaque(u8);
    let queue = BoundedQueue::new(1);
    queue.put(Opaque(1)).unwrap();
    let error = queue.try_put(Opaque(2)).unwrap_err();
    assert_eq!(format!("{error:?}"), "Full(..)");
    let error: Box<dyn std::error::Error> = Box::new(error);
    assert!(error.to_string().contains("queue is full"));
    assert_eq!(queue.get().map(|item| item.0), Ok(1));
    assert!(format!("{queue:?}").contains("len: 0"));
}

#[test]
fn every_error_says_what_to_do() {
    for (error, remedy) in [
        (PutError::Full(()).to_string(), "wait with `put`"),
        (PutError::Closed(()).to_string(), "stop putting"),
        (PutError::Timeout(()).to_string(), "wait longer"),
        (GetError::Empty.to_string(), "wait with `get`"),
        (GetError::Closed.to_string(), "stop getting"),
        (GetError::Timeout.to_string(), "wait longer"),
    ] {
        assert!(error.contains(remedy), "{error}");
    }
}

#[test]
fn waiting_get_and_put_go_on() {
    within_seconds(20, || {
        let queue = BoundedQueue::new(1);
        thread::scope(|s| {
            let getter = s.spawn(|| queue.get());
            thread::sleep(A_WHILE);
            queue.put(1).unwrap();
            assert_eq!(getter.join().unwrap(), Ok(1));

            queue.put(2).unwrap();
            let putter = s.spawn(|| queue.put(3));
            thread::sleep(A_WHILE);
            assert_eq!(queue.get(), Ok(2));
            assert_eq!(putter.join().unwrap(), Ok(()));
            assert_eq!(queue.get(), Ok(3));
        });
    });
}

#[test]
fn timeouts_wait_and_no_longer() {
    within_seconds(20, || {
        let queue = BoundedQueue::<u8>::new(1);
        let start = std::time::Instant::now();
        assert_eq!(queue.get_timeout(A_WHILE), Err(GetError::Timeout));
        assert!(start.elapsed() >= A_WHILE);
        thread::scope(|s| {
            // No clock can express this deadline: it is a wait without an end.
            let getter = s.spawn(|| queue.get_timeout(Duration::MAX));
            thread::sleep(A_WHILE);
            queue.put(1).unwrap();
            assert_eq!(getter.join().unwrap(), Ok(1));
        });
    });
}

#[test]
fn shutdown_wakes_everyone() {
    within_seconds(20, || {
        for how in [Shutdown::Drain, Shutdown::Immediate] {
            let empty = BoundedQueue::<usize>::new(1);
            let full = BoundedQueue::new(1);
            full.put(100).unwrap();
            thread::scope(|s| {
                let getters: Vec<_> = (0..4).map(|_| s.spawn(|| empty.get())).collect();
                let full = &full;
                let putters: Vec<_> = (0..4).map(|n| s.spawn(move || full.put(n))).collect();
                thread::sleep(A_WHILE);
                empty.shutdown(how);
                let returned = full.shutdown(how);
                for getter in getters {
                    assert_eq!(getter.join().unwrap(), Err(GetError::Closed));
                }
                for (n, putter) in putters.into_iter().enumerate() {
                    assert_eq!(putter.join().unwrap(), Err(PutError::Closed(n)));
                }
                match how {
                    Shutdown::Drain => assert_eq!((returned, full.get()), (vec![], Ok(100))),
                    Shutdown::Immediate => assert_eq!(returned, [100]),
                }
                assert_eq!(full.try_get(), Err(GetError::Closed));
                assert!(full.is_closed());
            });
        }
    });
}

#[test]
fn immediate_after_drain_empties() {
    let queue = BoundedQueue::new(3);
    for n in 0..3 {
        queue.put(n).unwrap();
    }
    assert!(queue.shutdown(Shutdown::Drain).is_empty());
    assert_eq!(queue.get(), Ok(0));
    assert_eq!(queue.shutdown(Shutdown::Immediate), [1, 2]);
    assert!(queue.shutdown(Shutdown::Immediate).is_empty());
    assert_eq!(queue.get_timeout(A_WHILE), Err(GetError::Closed));
}

#[test]
fn task_done_too_often_is_an_error() {
    let queue = BoundedQueue::new(2);
    let error = queue.task_done().unwrap_err();
    assert!(error.to_string().contains("once for each item"));
    queue.put(1).unwrap();
    assert_eq!(queue.task_done(), Ok(()));
    assert_eq!(queue.task_done(), Err(error));
    queue.join();
}

#[test]
fn join_waits_for_work_that_was_begun() {
    within_seconds(20, || {
        let queue = BoundedQueue::new(3);
        for n in 0..3 {
            queue.put(n).unwrap();
        }
        queue.get().unwrap();
        // The two that are left count as done; the one that was got does not.
        assert_eq!(queue.shutdown(Shutdown::Immediate), [1, 2]);
        let late = queue.join_timeout(A_WHILE).unwrap_err();
        assert_eq!(late.unfinished(), 1);
        assert!(
            late.to_string()
                .contains("not done when the time had passed: 1;")
        );
        thread::scope(|s| {
            let joiner = s.spawn(|| queue.join());
            thread::sleep(A_WHILE);
            assert!(!joiner.is_finished());
            queue.task_done().unwrap();
            joiner.join().unwrap();
        });
        assert_eq!(queue.join_timeout(Duration::ZERO), Ok(()));
        assert!(queue.task_done().is_err());
    });
}

#[test]
fn immediate_after_early_task_done_does_not_underflow() {
    let queue = BoundedQueue::new(2);
    queue.put(1).unwrap();
    queue.put(2).unwrap();
    queue.task_done().unwrap();
    assert_eq!(queue.shutdown(Shutdown::Immediate), [1, 2]);
    assert_eq!(queue.join_timeout(Duration::ZERO), Ok(()));
}

#[test]
fn iteration_ends_with_the_queue() {
    let queue = BoundedQueue::new(4);
    for n in 0..3 {
        queue.put(n).unwrap();
    }
    queue.shutdown(Shutdown::Drain);
    let mut seen = vec![];
    for item in &queue {
        seen.push(item);
    }
    assert_eq!(seen, [0, 1, 2]);
    let mut iter = queue.iter();
    assert_eq!((iter.next(), iter.next()), (None, None));
}

#[test]
fn shared_as_far_as_the_items_allow() {
    fn sync<T: Sync + Send>() {}
    sync::<BoundedQueue<std::cell::Cell<u8>>>();
    assert_not_impl!(BoundedQueue<std::rc::Rc<u8>>: Sync);
    assert_not_impl!(BoundedQueue<std::rc::Rc<u8>>: Send);
}

/// Counts how many have been dropped; one of them panics as it is.
struct Bomb<'a> {
    dropped: &'a AtomicUsize,
    panics: bool,
}

impl Drop for Bomb<'_> {
    fn drop(&mut self) {
        self.dropped.fetch_add(1, Ordering::SeqCst);
        if self.panics {
            panic!("dropped");
        }
    }
}

#[test]
fn panicking_destructor_leaks_nothing_and_breaks_nothing() {
    let dropped = AtomicUsize::new(0);
    let bombs = |queue: &BoundedQueue<_>| {
        for n in 0..4 {
            let bomb = Bomb {
                dropped: &dropped,
                panics: n == 1,
            };
            assert!(queue.put(bomb).is_ok());
        }
    };

    let queue = BoundedQueue::new(4);
    bombs(&queue);
    assert!(catch_unwind(AssertUnwindSafe(|| drop(queue))).is_err());
    assert_eq!(dropped.swap(0, Ordering::SeqCst), 4);

    let queue = BoundedQueue::new(4);
    bombs(&queue);
    assert!(catch_unwind(|| drop(queue.shutdown(Shutdown::Immediate))).is_err());
    assert_eq!(dropped.swap(0, Ordering::SeqCst), 4);
    assert!(queue.is_closed() && queue.is_empty());
    assert_eq!(queue.join_timeout(Duration::ZERO), Ok(()));

    let queue = BoundedQueue::new(4);
    bombs(&queue);
    drop(queue.get());
    assert!(catch_unwind(|| drop(queue.get())).is_err());
    assert!(queue.try_get().is_ok());
    assert_eq!(queue.len(), 1);
}

#[test]
fn destructor_may_use_the_queue() {
    struct Curious(Weak<BoundedQueue<Curious>>);
    impl Drop for Curious {
        fn drop(&mut self) {
            if let Some(queue) = self.0.upgrade() {
                assert!(queue.len() <= 2);
            }
        }
    }
    within_seconds(20, || {
        let queue = Arc::new(BoundedQueue::new(2));
        for _ in 0..2 {
            let item = Curious(Arc::downgrade(&queue));
            assert!(queue.put(item).is_ok());
        }
        drop(queue.try_put(Curious(Arc::downgrade(&queue))));
        drop(queue.get());
        drop(queue.shutdown(Shutdown::Immediate));
    });
}

#[test]
fn formatter_may_use_the_queue() {
    use std::fmt::Write;
    struct Nosy<'a>(&'a BoundedQueue<u8>);
    impl Write for Nosy<'_> {
        fn write_str(&mut self, _: &str) -> std::fmt::Result {
            self.0.len();
            Ok(())
        }
    }
    within_seconds(20, || {
        let queue = BoundedQueue::new(1);
        write!(Nosy(&queue), "{queue:?}").unwrap();
    });
}
