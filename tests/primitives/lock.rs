//! `SpinLock` and `TicketLock`, promise by promise: first what a lock with a guard promises, of both.

use std::sync::Mutex as Record;
use std::thread;

use racecourse::lock::{SpinLock, TicketLock};

use crate::support::within_seconds;

macro_rules! promises_of_a_lock_with_a_guard {
    ($module:ident: $lock:ident, $guard:ident) => {
        mod $module {
            use std::panic::{AssertUnwindSafe, catch_unwind};

            use racecourse::lock::{$lock, $guard};

            use crate::support::within_seconds;

            #[test]
            fn lives_in_a_static() {
                static LOCK: $lock<Vec<u8>> = $lock::const_new(Vec::new());
                LOCK.lock().push(1);
                assert_eq!(*LOCK.lock(), [1]);
            }

            #[test]
            fn try_lock_fails_only_while_held() {
                within_seconds(20, || {
                    let lock = $lock::new(1);
                    let guard = lock.lock();
                    assert!(lock.try_lock().is_none());
                    assert_eq!(format!("{lock:?}"), concat!(stringify!($lock), " { value: <locked> }"));
                    assert_eq!(format!("{guard:?} {guard}"), "1 1");
                    drop(guard);
                    assert_eq!(lock.try_lock().as_deref(), Some(&1));
                    assert_eq!(format!("{lock:?}"), concat!(stringify!($lock), " { value: 1 }"));
                });
            }

            #[test]
            fn value_without_locking() {
                let mut lock = $lock::from(String::from("a"));
                lock.get_mut().push('b');
                assert_eq!(lock.into_inner(), "ab");
                assert_eq!($lock::<u8>::default().into_inner(), 0);
            }

            #[test]
            fn panic_releases_the_lock() {
                let lock = $lock::new(0);
                let result = catch_unwind(AssertUnwindSafe(|| {
                    *lock.lock() = 7;
                    let _guard = lock.lock();
                    panic!("inside");
                }));
                assert!(result.is_err());
                assert_eq!(lock.try_lock().as_deref(), Some(&7));
            }

            #[test]
            fn unsized_values() {
                let lock: Box<$lock<[u8]>> = Box::new($lock::new([1, 2, 3]));
                lock.lock()[0] = 9;
                assert_eq!(lock.lock().len(), 3);
                assert_eq!(lock.lock()[0], 9);
            }

            #[test]
            fn shared_as_far_as_the_value_allows() {
                fn sync<T: Sync>() {}
                fn send<T: Send>() {}
                sync::<$lock<std::cell::Cell<u8>>>();
                send::<$lock<std::cell::Cell<u8>>>();
                sync::<$guard<'_, u8>>();
                assert_not_impl!($guard<'_, u8>: Send);
                assert_not_impl!($guard<'_, std::cell::Cell<u8>>: Sync);
                assert_not_impl!($lock<std::rc::Rc<u8>>: Sync);
                assert_not_impl!($lock<std::rc::Rc<u8>>: Send);
            }
        }
    };
}

promises_of_a_lock_with_a_guard! { spin: SpinLock, SpinLockGuard }
promises_of_a_lock_with_a_guard! { ticket: TicketLock, TicketLockGuard }

#[test]
fn spin_lock_excludes_with_more_threads_than_processors() {
    within_seconds(20, || {
        let lock = SpinLock::new(0_u64);
        thread::scope(|s| {
            for _ in 0..8 {
                s.spawn(|| {
                    for _ in 0..2_000 {
                        *lock.lock() += 1;
                    }
                });
            }
        });
        assert_eq!(lock.into_inner(), 16_000);
    });
}

#[test]
fn ticket_lock_excludes_with_more_threads_than_processors() {
    within_seconds(60, || {
        let lock = TicketLock::new(0_u64);
        thread::scope(|s| {
            for _ in 0..8 {
                s.spawn(|| {
                    for _ in 0..500 {
                        let mut count = lock.lock();
                        let before = *count;
                        if before.is_multiple_of(64) {
                            thread::yield_now();
                        }
                        *count = before + 1;
                    }
                });
            }
        });
        assert_eq!(lock.into_inner(), 4_000);
    });
}

/// Some of the waiters spin, some yield, and the last ones sleep: the order is that of their arrival.
#[test]
fn ticket_lock_serves_in_order_of_arrival() {
    within_seconds(60, || {
        for _ in 0..20 {
            let lock = TicketLock::new(Vec::new());
            thread::scope(|s| {
                let guard = lock.lock();
                for n in 0..8 {
                    let lock = &lock;
                    s.spawn(move || lock.lock().push(n));
                    while lock.waiting() != n + 1 {
                        thread::yield_now();
                    }
                }
                drop(guard);
            });
            assert_eq!(lock.waiting(), 0);
            assert_eq!(lock.into_inner(), [0, 1, 2, 3, 4, 5, 6, 7]);
        }
    });
}

/// A newcomer does not get the lock while somebody waits for it.
#[test]
fn ticket_lock_is_not_tried_past_a_waiter() {
    within_seconds(60, || {
        let lock = TicketLock::new(());
        let order = Record::new(Vec::new());
        thread::scope(|s| {
            let guard = lock.lock();
            s.spawn(|| {
                let _guard = lock.lock();
                order.lock().unwrap().push("waiter");
                while lock.waiting() == 0 {
                    thread::yield_now();
                }
            });
            while lock.waiting() == 0 {
                thread::yield_now();
            }
            drop(guard);
            assert!(lock.try_lock().is_none());
            let _guard = lock.lock();
            order.lock().unwrap().push("newcomer");
        });
        assert_eq!(order.into_inner().unwrap(), ["waiter", "newcomer"]);
    });
}
