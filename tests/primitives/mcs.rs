//! `McsLock`, promise by promise.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use racecourse::lock::McsLock;

use crate::support::within_seconds;

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
