//! `SpinLock`, promise by promise.

use std::panic::{AssertUnwindSafe, catch_unwind};

use racecourse::lock::{SpinLock, SpinLockGuard};

use crate::support::within_seconds;

static STATIC: SpinLock<Vec<u8>> = SpinLock::const_new(Vec::new());

#[test]
fn lives_in_a_static() {
    STATIC.lock().push(1);
    assert_eq!(*STATIC.lock(), [1]);
}

#[test]
fn try_lock_fails_only_while_held() {
    within_seconds(20, || {
        let lock = SpinLock::new(1);
        let guard = lock.lock();
        assert!(lock.try_lock().is_none());
        assert_eq!(format!("{lock:?}"), "SpinLock { value: <locked> }");
        assert_eq!(format!("{guard:?} {guard}"), "1 1");
        drop(guard);
        assert_eq!(lock.try_lock().as_deref(), Some(&1));
        assert_eq!(format!("{lock:?}"), "SpinLock { value: 1 }");
    });
}

#[test]
fn value_without_locking() {
    let mut lock = SpinLock::from(String::from("a"));
    lock.get_mut().push('b');
    assert_eq!(lock.into_inner(), "ab");
    assert_eq!(SpinLock::<u8>::default().into_inner(), 0);
}

#[test]
fn panic_releases_the_lock() {
    let lock = SpinLock::new(0);
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
    let lock: Box<SpinLock<[u8]>> = Box::new(SpinLock::new([1, 2, 3]));
    lock.lock()[0] = 9;
    assert_eq!(lock.lock().len(), 3);
    assert_eq!(lock.lock()[0], 9);
}

#[test]
fn excludes_with_more_threads_than_processors() {
    within_seconds(20, || {
        let lock = SpinLock::new(0_u64);
        std::thread::scope(|s| {
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
fn shared_as_far_as_the_value_allows() {
    fn sync<T: Sync>() {}
    fn send<T: Send>() {}
    sync::<SpinLock<std::cell::Cell<u8>>>();
    send::<SpinLock<std::cell::Cell<u8>>>();
    sync::<SpinLockGuard<'_, u8>>();
    assert_not_impl!(SpinLockGuard<'_, u8>: Send);
    assert_not_impl!(SpinLockGuard<'_, std::cell::Cell<u8>>: Sync);
    assert_not_impl!(SpinLock<std::rc::Rc<u8>>: Sync);
    assert_not_impl!(SpinLock<std::rc::Rc<u8>>: Send);
}
