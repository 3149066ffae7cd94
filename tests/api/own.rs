//! What the originals do not have: constant constructors under one name, and `Arc::from_std`.

use racecourse::sync::atomic::{self, Ordering};
use racecourse::{parking_lot, sync};

static FLAG: atomic::AtomicBool = atomic::AtomicBool::const_new(false);
static BYTE: atomic::AtomicU8 = atomic::AtomicU8::const_new(8);
static POINTER: atomic::AtomicPtr<u8> = atomic::AtomicPtr::const_new(core::ptr::null_mut());
static MUTEX: sync::Mutex<u32> = sync::Mutex::const_new(1);
static RWLOCK: sync::RwLock<u32> = sync::RwLock::const_new(2);
static CONDVAR: sync::Condvar = sync::Condvar::const_new();
static BARRIER: sync::Barrier = sync::Barrier::const_new(1);
static ONCE: sync::Once = sync::Once::const_new();
static ONCE_LOCK: sync::OnceLock<String> = sync::OnceLock::const_new();
static LAZY_LOCK: sync::LazyLock<sync::Mutex<Vec<u32>>> =
    sync::LazyLock::const_new(|| sync::Mutex::new(vec![3]));
static PARKING_MUTEX: parking_lot::Mutex<u32> = parking_lot::Mutex::const_new(4);
static PARKING_RWLOCK: parking_lot::RwLock<u32> = parking_lot::RwLock::const_new(5);
static PARKING_CONDVAR: parking_lot::Condvar = parking_lot::Condvar::const_new();
static PARKING_ONCE: parking_lot::Once = parking_lot::Once::const_new();

#[test]
fn statics_work_outside_of_checks() {
    assert!(!FLAG.swap(true, Ordering::Relaxed));
    assert!(FLAG.load(Ordering::Relaxed));
    assert_eq!(BYTE.fetch_add(1, Ordering::Relaxed), 8);
    assert!(POINTER.load(Ordering::Relaxed).is_null());
    *MUTEX.lock().unwrap() += 10;
    assert_eq!(*MUTEX.lock().unwrap(), 11);
    *RWLOCK.write().unwrap() += 10;
    assert_eq!(*RWLOCK.read().unwrap(), 12);
    CONDVAR.notify_one();
    assert!(BARRIER.wait().is_leader());
    ONCE.call_once(|| {});
    assert!(ONCE.is_completed());
    assert_eq!(ONCE_LOCK.get_or_init(|| "a".to_owned()), "a");
    assert_eq!(ONCE_LOCK.set("b".to_owned()), Err("b".to_owned()));
    assert_eq!(ONCE_LOCK.wait(), "a");
    LAZY_LOCK.lock().unwrap().push(4);
    assert_eq!(*LAZY_LOCK.lock().unwrap(), [3, 4]);
    *PARKING_MUTEX.lock() += 10;
    assert_eq!(*PARKING_MUTEX.lock(), 14);
    *PARKING_RWLOCK.write() += 10;
    assert_eq!(*PARKING_RWLOCK.read(), 15);
    assert!(!PARKING_CONDVAR.notify_one());
    PARKING_ONCE.call_once(|| {});
    assert!(PARKING_ONCE.state().done());
}

#[test]
fn arc_of_something_unsized() {
    let made = std::sync::Arc::new(7_u32);
    let shown: sync::Arc<dyn std::fmt::Display> = sync::Arc::from_std(made);
    let again = sync::Arc::clone(&shown);
    drop(shown);
    assert_eq!(format!("{again:>3}"), "  7");
    assert_eq!(sync::Arc::strong_count(&again), 1);
}

#[test]
fn arc_does_not_unwrap_what_std_still_shares() {
    let kept = std::sync::Arc::new(7);
    let ours = sync::Arc::from_std(std::sync::Arc::clone(&kept));
    let ours = sync::Arc::try_unwrap(ours).expect_err("`kept` shares it");
    drop(kept);
    assert_eq!(sync::Arc::try_unwrap(ours), Ok(7));
}
