//! `TicketLock` and `McsLock`, promise by promise.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex as Record;
use std::thread;

use racecourse::lock::{McsLock, TicketLock, TicketLockGuard};

use crate::support::within_seconds;

static STATIC_TICKET: TicketLock<Vec<u8>> = TicketLock::const_new(Vec::new());

#[test]
fn ticket_lock_lives_in_a_static() {
    STATIC_TICKET.lock().push(1);
    assert_eq!(*STATIC_TICKET.lock(), [1]);
}

#[test]
fn ticket_lock_try_lock_fails_only_while_held() {
    within_seconds(20, || {
        let lock = TicketLock::new(1);
        let guard = lock.lock();
        assert!(lock.try_lock().is_none());
        let name = "TicketLock";
        assert_eq!(format!("{lock:?}"), format!("{name} {{ value: <locked> }}"));
        assert_eq!(format!("{guard:?} {guard}"), "1 1");
        drop(guard);
        assert_eq!(lock.try_lock().as_deref(), Some(&1));
        assert_eq!(format!("{lock:?}"), format!("{name} {{ value: 1 }}"));
    });
}

#[test]
fn ticket_lock_value_without_locking() {
    let mut lock = TicketLock::from(String::from("a"));
    lock.get_mut().push('b');
    assert_eq!(lock.into_inner(), "ab");
    assert_eq!(TicketLock::<u8>::default().into_inner(), 0);
}

#[test]
fn ticket_lock_panic_releases_the_lock() {
    let lock = TicketLock::new(0);
    let result = catch_unwind(AssertUnwindSafe(|| {
        *lock.lock() = 7;
        let _guard = lock.lock();
        panic!("inside");
    }));
    assert!(result.is_err());
    assert_eq!(lock.try_lock().as_deref(), Some(&7));
}

#[test]
fn ticket_lock_unsized_values() {
    let lock: Box<TicketLock<[u8]>> = Box::new(TicketLock::new([1, 2, 3]));
    lock.lock()[0] = 9;
    assert_eq!(lock.lock().len(), 3);
    assert_eq!(lock.lock()[0], 9);
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

#[test]
fn ticket_lock_shared_as_far_as_the_value_allows() {
    fn sync<T: Sync>() {}
    fn send<T: Send>() {}
    sync::<TicketLock<std::cell::Cell<u8>>>();
    send::<TicketLock<std::cell::Cell<u8>>>();
    sync::<TicketLockGuard<'_, u8>>();
    assert_not_impl!(TicketLockGuard<'_, u8>: Send);
    assert_not_impl!(TicketLockGuard<'_, std::cell::Cell<u8>>: Sync);
    assert_not_impl!(TicketLock<std::rc::Rc<u8>>: Sync);
    assert_not_impl!(TicketLock<std::rc::Rc<u8>>: Send);
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

static STATIC: McsLock<Vec<u8>> = McsLock::const_new(Vec::new());

#[test]
fn mcs_lock_lives_in_a_static() {
    STATIC.with(|list| list.push(1));
    assert_eq!(STATIC.with(|list| list.clone()), [1]);
}

#[test]
fn mcs_lock_is_refused_only_while_held() {
    within_seconds(20, || {
        let lock = McsLock::new(1);
        lock.with(|value| {
            *value = 2;
            assert_eq!(lock.try_with(|value| *value), None);
            assert_eq!(format!("{lock:?}"), "McsLock { value: <locked> }");
        });
        assert_eq!(lock.try_with(|value| *value), Some(2));
        assert_eq!(format!("{lock:?}"), "McsLock { value: 2 }");
    });
}

#[test]
fn mcs_lock_gives_the_value_without_locking() {
    let mut lock = McsLock::from(String::from("a"));
    lock.get_mut().push('b');
    assert_eq!(lock.into_inner(), "ab");
    assert_eq!(McsLock::<u8>::default().into_inner(), 0);
}

#[test]
fn mcs_lock_is_released_by_a_panic_and_handed_on() {
    within_seconds(20, || {
        let lock = McsLock::new(0);
        thread::scope(|s| {
            let result = catch_unwind(AssertUnwindSafe(|| {
                lock.with(|value| {
                    *value = 7;
                    s.spawn(|| lock.with(|value| *value += 1));
                    panic!("inside");
                })
            }));
            assert!(result.is_err());
        });
        assert_eq!(lock.into_inner(), 8);
    });
}

#[test]
fn mcs_lock_of_unsized_values() {
    let lock: Box<McsLock<[u8]>> = Box::new(McsLock::new([1, 2, 3]));
    lock.with(|list| list[0] = 9);
    assert_eq!(lock.with(|list| list.to_vec()), [9, 2, 3]);
}

#[test]
fn mcs_lock_excludes_with_more_threads_than_processors() {
    within_seconds(60, || {
        let lock = McsLock::new(0_u64);
        thread::scope(|s| {
            for _ in 0..8 {
                s.spawn(|| {
                    for _ in 0..500 {
                        lock.with(|count| {
                            let before = *count;
                            if before.is_multiple_of(64) {
                                thread::yield_now();
                            }
                            *count = before + 1;
                        });
                    }
                });
            }
        });
        assert_eq!(lock.into_inner(), 4_000);
    });
}

#[test]
fn mcs_lock_shared_as_far_as_the_value_allows() {
    fn sync<T: Sync>() {}
    fn send<T: Send>() {}
    sync::<McsLock<std::cell::Cell<u8>>>();
    send::<McsLock<std::cell::Cell<u8>>>();
    assert_not_impl!(McsLock<std::rc::Rc<u8>>: Sync);
    assert_not_impl!(McsLock<std::rc::Rc<u8>>: Send);
}
