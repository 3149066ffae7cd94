//! std's face, used natively: locks, condvars, barriers, things done once. (`std_more.rs`: the rest.)

#[path = "std_more.rs"]
mod more;

use super::face::sync::{
    Barrier, BarrierWaitResult, Condvar, LazyLock, LockResult, Mutex, MutexGuard, Once, OnceLock,
    OnceState, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError, TryLockResult,
    WaitTimeoutResult,
};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

const SOON: Duration = Duration::from_millis(10);
const LONG: Duration = Duration::from_secs(60);

/// Panics while `f`'s result is alive.
fn panic_holding<G>(f: impl FnOnce() -> G) {
    let ended = catch_unwind(AssertUnwindSafe(|| {
        let _held = f();
        panic!("while holding it");
    }));
    assert!(ended.is_err());
}

#[test]
fn mutex() {
    let mut mutex: Mutex<u32> = Mutex::new(1);
    {
        let locked: LockResult<MutexGuard<'_, u32>> = mutex.lock();
        let mut guard = locked.unwrap();
        *guard += 1;
        assert_eq!(format!("{guard} {guard:?}"), "2 2");
        let again: TryLockResult<MutexGuard<'_, u32>> = mutex.try_lock();
        assert!(matches!(again, Err(TryLockError::WouldBlock)));
        assert!(format!("{mutex:?}").contains("<locked>"));
    }
    assert_eq!(*mutex.try_lock().unwrap(), 2);
    assert_eq!(
        format!("{mutex:?}"),
        "Mutex { data: 2, poisoned: false, .. }"
    );
    panic_holding(|| mutex.lock());
    assert!(mutex.is_poisoned());
    let poisoned: PoisonError<_> = mutex.lock().unwrap_err();
    assert_eq!(*poisoned.into_inner(), 2);
    assert!(
        matches!(mutex.try_lock(), Err(TryLockError::Poisoned(guard)) if **guard.get_ref() == 2)
    );
    assert_eq!(**mutex.get_mut().unwrap_err().get_ref(), 2);
    mutex.clear_poison();
    *mutex.get_mut().unwrap() = 5;
    assert_eq!(mutex.into_inner().unwrap(), 5);
    assert_eq!(Mutex::<u32>::default().into_inner().unwrap(), 0);
    assert_eq!(Mutex::from(3).into_inner().unwrap(), 3);
    let poisoned = Mutex::new(4);
    panic_holding(|| poisoned.lock());
    assert_eq!(poisoned.into_inner().unwrap_err().into_inner(), 4);
}

#[test]
fn rwlock() {
    let mut lock: RwLock<u32> = RwLock::new(1);
    {
        let locked: LockResult<RwLockReadGuard<'_, u32>> = lock.read();
        let reader = locked.unwrap();
        assert_eq!(*lock.try_read().unwrap(), 1);
        assert!(matches!(lock.try_write(), Err(TryLockError::WouldBlock)));
        assert_eq!(format!("{reader} {reader:?}"), "1 1");
    }
    {
        let locked: LockResult<RwLockWriteGuard<'_, u32>> = lock.write();
        let mut writer = locked.unwrap();
        *writer += 1;
        assert!(matches!(lock.try_read(), Err(TryLockError::WouldBlock)));
        assert!(format!("{lock:?}").contains("<locked>"));
        assert_eq!(format!("{writer} {writer:?}"), "2 2");
    }
    assert_eq!(*lock.try_write().unwrap(), 2);
    assert_eq!(
        format!("{lock:?}"),
        "RwLock { data: 2, poisoned: false, .. }"
    );
    panic_holding(|| lock.read());
    assert!(!lock.is_poisoned(), "readers do not poison");
    panic_holding(|| lock.write());
    assert!(lock.is_poisoned());
    assert_eq!(*lock.read().unwrap_err().into_inner(), 2);
    assert_eq!(*lock.write().unwrap_err().into_inner(), 2);
    assert!(matches!(lock.try_read(), Err(TryLockError::Poisoned(_))));
    assert!(matches!(lock.try_write(), Err(TryLockError::Poisoned(_))));
    assert_eq!(**lock.get_mut().unwrap_err().get_ref(), 2);
    lock.clear_poison();
    *lock.get_mut().unwrap() = 5;
    assert_eq!(lock.into_inner().unwrap(), 5);
    assert_eq!(RwLock::<u32>::default().into_inner().unwrap(), 0);
    assert_eq!(RwLock::from(3).into_inner().unwrap(), 3);
}

#[test]
fn condvar() {
    let (state, changed) = (Mutex::new(0), Condvar::new());
    changed.notify_one();
    changed.notify_all();
    let waited = changed.wait_timeout(state.lock().unwrap(), SOON).unwrap();
    let (guard, result): (MutexGuard<'_, i32>, WaitTimeoutResult) = waited;
    assert!(result.timed_out());
    let (guard, result) = changed
        .wait_timeout_while(guard, SOON, |n| *n == 0)
        .unwrap();
    assert!(result.timed_out());
    let (guard, result) = changed
        .wait_timeout_while(guard, LONG, |n| *n == 1)
        .unwrap();
    assert!(!result.timed_out());
    drop(guard);
    thread::scope(|s| {
        s.spawn(|| {
            let guard = state.lock().unwrap();
            let mut guard = changed.wait_while(guard, |n| *n != 1).unwrap();
            *guard = 2;
            changed.notify_one();
        });
        let mut guard = state.lock().unwrap();
        *guard = 1;
        changed.notify_all();
        while *guard != 2 {
            guard = changed.wait(guard).unwrap();
        }
        let (_guard, result) = changed
            .wait_timeout_while(guard, LONG, |n| *n != 2)
            .unwrap();
        assert!(!result.timed_out());
    });
    panic_holding(|| state.lock());
    let guard = state.lock().unwrap_err().into_inner();
    let (guard, _) = changed.wait_timeout(guard, SOON).unwrap_err().into_inner();
    let guard = changed.wait_while(guard, |_| false).unwrap();
    assert!(changed.wait_timeout_while(guard, SOON, |_| true).is_err());
    let _ = Condvar::default();
}

#[test]
fn barrier() {
    const THREADS: usize = 4;
    const ROUNDS: usize = 20;
    let barrier = Barrier::new(THREADS);
    let (arrived, leaders) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|s| {
        for _ in 0..THREADS {
            s.spawn(|| {
                for round in 1..=ROUNDS {
                    arrived.fetch_add(1, Ordering::Relaxed);
                    let result: BarrierWaitResult = barrier.wait();
                    leaders.fetch_add(usize::from(result.is_leader()), Ordering::Relaxed);
                    assert!(arrived.load(Ordering::Relaxed) >= round * THREADS);
                    barrier.wait();
                }
            });
        }
    });
    assert_eq!(leaders.into_inner(), ROUNDS);
    let alone = Barrier::new(0).wait();
    assert_eq!(
        format!("{alone:?}"),
        "BarrierWaitResult { is_leader: true }"
    );
    assert!(format!("{barrier:?}").starts_with("Barrier"));
}

#[test]
fn once() {
    let once = Once::new();
    assert!(!once.is_completed());
    panic_holding(|| once.call_once(|| panic!("within")));
    assert!(!once.is_completed());
    let refused = catch_unwind(AssertUnwindSafe(|| once.call_once(|| {})));
    assert_eq!(
        refused.unwrap_err().downcast_ref(),
        Some(&"Once instance has previously been poisoned")
    );
    assert!(catch_unwind(AssertUnwindSafe(|| once.wait())).is_err());
    let told = Cell::new(false);
    once.call_once_force(|state: &OnceState| told.set(state.is_poisoned()));
    assert!(told.get() && once.is_completed());
    once.call_once(|| panic!("it has been done"));
    once.call_once_force(|_| panic!("it has been done"));
    once.wait();
    once.wait_force();
    assert_eq!(format!("{once:?}"), "Once { .. }");
    Once::new().call_once_force(|state| assert!(!state.is_poisoned()));
}

#[test]
fn once_by_many_threads() {
    let (once, runs) = (Once::new(), AtomicUsize::new(0));
    thread::scope(|s| {
        for _ in 0..4 {
            s.spawn(|| {
                once.call_once(|| {
                    thread::sleep(SOON);
                    runs.fetch_add(1, Ordering::Relaxed);
                });
                assert_eq!(runs.load(Ordering::Relaxed), 1);
            });
            s.spawn(|| {
                once.wait();
                assert_eq!(runs.load(Ordering::Relaxed), 1);
            });
        }
    });
}

#[test]
fn once_lock() {
    let mut cell: OnceLock<String> = OnceLock::new();
    assert_eq!(cell.get(), None);
    assert_eq!(cell.get_mut(), None);
    assert_eq!(format!("{cell:?}"), "OnceLock(<uninit>)");
    panic_holding(|| cell.get_or_init(|| panic!("within")).clone());
    assert_eq!(cell.get(), None);
    assert_eq!(cell.get_or_init(|| "a".to_owned()), "a");
    assert_eq!(cell.get_or_init(|| panic!("there is one")), "a");
    assert_eq!(cell.set("b".to_owned()), Err("b".to_owned()));
    assert_eq!(cell.wait(), "a");
    assert_eq!(format!("{cell:?}"), "OnceLock(\"a\")");
    assert_eq!(cell.clone(), cell);
    assert_ne!(cell, OnceLock::default());
    cell.get_mut().unwrap().push('!');
    assert_eq!(cell.take().as_deref(), Some("a!"));
    assert_eq!(cell.take(), None);
    assert_eq!(cell.set("c".to_owned()), Ok(()));
    assert_eq!(cell.into_inner().as_deref(), Some("c"));
    assert_eq!(OnceLock::from(3).into_inner(), Some(3));
    assert_eq!(OnceLock::<u8>::new().into_inner(), None);
    // A value that borrows.
    let text = "borrowed".to_owned();
    let cell = OnceLock::new();
    thread::scope(|s| {
        s.spawn(|| assert_eq!(cell.wait(), &"borrowed"));
        s.spawn(|| cell.set(text.as_str()));
    });
}

#[test]
fn lazy_lock() {
    let text = "made".to_owned();
    let runs = AtomicUsize::new(0);
    let lazy = LazyLock::new(|| {
        runs.fetch_add(1, Ordering::Relaxed);
        text.clone()
    });
    assert_eq!(format!("{lazy:?}"), "LazyLock(<uninit>)");
    thread::scope(|s| {
        for _ in 0..4 {
            s.spawn(|| assert_eq!(*lazy, "made"));
        }
    });
    assert_eq!(LazyLock::force(&lazy), "made");
    assert_eq!(runs.load(Ordering::Relaxed), 1);
    assert_eq!(format!("{lazy:?}"), "LazyLock(\"made\")");
    let broken: LazyLock<u8, _> = LazyLock::new(|| panic!("within"));
    panic_holding(|| *broken);
    let refused = catch_unwind(AssertUnwindSafe(|| *broken));
    assert_eq!(
        refused.unwrap_err().downcast_ref(),
        Some(&"LazyLock instance has previously been poisoned")
    );
    assert_eq!(*LazyLock::<u8>::default(), 0);
}

/// Counts how often it is dropped.
struct Counted<'a>(&'a AtomicUsize);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn what_is_initialised_once_is_dropped_once() {
    let drops = AtomicUsize::new(0);
    drop(OnceLock::<Counted<'_>>::new());
    let cell = OnceLock::new();
    assert!(cell.set(Counted(&drops)).is_ok());
    drop(cell.set(Counted(&drops)));
    assert_eq!(drops.load(Ordering::Relaxed), 1);
    drop(cell);
    assert_eq!(drops.load(Ordering::Relaxed), 2);
    let used = LazyLock::new(|| Counted(&drops));
    LazyLock::force(&used);
    drop(used);
    assert_eq!(drops.load(Ordering::Relaxed), 3);
    let captured = Counted(&drops);
    drop(LazyLock::new(move || captured));
    assert_eq!(drops.load(Ordering::Relaxed), 4);
}
