//! `parking_lot`'s face, used natively.

use super::face::parking_lot::{
    Condvar, MappedMutexGuard, MappedRwLockReadGuard, MappedRwLockWriteGuard, Mutex, MutexGuard,
    Once, OnceState, RwLock, RwLockReadGuard, RwLockWriteGuard,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_millis(10);
const LONG: Duration = Duration::from_secs(60);

#[test]
fn mutex() {
    let mut mutex: Mutex<u32> = Mutex::new(1);
    {
        let mut guard: MutexGuard<'_, u32> = mutex.lock();
        *guard += 1;
        assert_eq!(format!("{guard} {guard:?}"), "2 2");
        assert!(mutex.is_locked());
        assert!(mutex.try_lock().is_none());
        assert!(mutex.try_lock_for(SOON).is_none());
        assert!(mutex.try_lock_until(Instant::now() + SOON).is_none());
        assert_eq!(format!("{mutex:?}"), "Mutex { data: <locked> }");
    }
    assert!(!mutex.is_locked());
    assert_eq!(mutex.try_lock().as_deref(), Some(&2));
    assert_eq!(mutex.try_lock_for(LONG).as_deref(), Some(&2));
    assert_eq!(mutex.try_lock_for(Duration::MAX).as_deref(), Some(&2));
    assert_eq!(
        mutex.try_lock_until(Instant::now() + LONG).as_deref(),
        Some(&2)
    );
    assert_eq!(format!("{mutex:?}"), "Mutex { data: 2 }");
    *mutex.get_mut() = 5;
    assert_eq!(mutex.into_inner(), 5);
    assert_eq!(Mutex::<u32>::default().into_inner(), 0);
    assert_eq!(Mutex::from(3).into_inner(), 3);
}

#[test]
fn mutex_guard_unlocked_for_a_while() {
    let mutex = Mutex::new(1);
    let mut guard = mutex.lock();
    MutexGuard::unlocked(&mut guard, || *mutex.lock() += 1);
    MutexGuard::unlocked_fair(&mut guard, || *mutex.lock() += 1);
    MutexGuard::bump(&mut guard);
    assert_eq!(*guard, 3);
    // It is locked again after a panic too.
    let ended = catch_unwind(AssertUnwindSafe(|| {
        MutexGuard::unlocked(&mut guard, || panic!("within"));
    }));
    assert!(ended.is_err());
    assert!(mutex.is_locked());
    MutexGuard::unlock_fair(guard);
    assert!(!mutex.is_locked());
}

#[test]
fn mutex_guard_mapped() {
    let mutex = Mutex::new((1, Some("a".to_owned())));
    let mut first: MappedMutexGuard<'_, i32> = MutexGuard::map(mutex.lock(), |pair| &mut pair.0);
    *first += 1;
    assert!(mutex.is_locked());
    assert_eq!(format!("{first} {first:?}"), "2 2");
    drop(first);
    assert!(!mutex.is_locked());
    let second = MutexGuard::try_map(mutex.lock(), |pair| pair.1.as_mut());
    let text = MappedMutexGuard::map(second.expect("it is there"), String::as_mut_str);
    let Err(text) = MappedMutexGuard::try_map(text, |_| None::<&mut u8>) else {
        panic!("there is no such part");
    };
    assert_eq!(&*text, "a");
    MappedMutexGuard::unlock_fair(text);
    mutex.lock().1 = None;
    let Err(whole) = MutexGuard::try_map(mutex.lock(), |pair| pair.1.as_mut()) else {
        panic!("there is no second part");
    };
    assert_eq!(whole.0, 2);
}

#[test]
fn rwlock() {
    let mut lock: RwLock<u32> = RwLock::new(1);
    {
        let first: RwLockReadGuard<'_, u32> = lock.read();
        let second = lock.read_recursive();
        assert_eq!(*first, *second);
        assert_eq!(lock.try_read().as_deref(), Some(&1));
        assert_eq!(lock.try_read_for(LONG).as_deref(), Some(&1));
        assert_eq!(
            lock.try_read_until(Instant::now() + LONG).as_deref(),
            Some(&1)
        );
        assert_eq!(lock.try_read_recursive().as_deref(), Some(&1));
        assert_eq!(lock.try_read_recursive_for(LONG).as_deref(), Some(&1));
        let deadline = Instant::now() + LONG;
        assert_eq!(lock.try_read_recursive_until(deadline).as_deref(), Some(&1));
        assert!(lock.is_locked());
        assert!(lock.try_write().is_none());
        assert!(lock.try_write_for(SOON).is_none());
        assert!(lock.try_write_until(Instant::now() + SOON).is_none());
        assert_eq!(format!("{lock:?}"), "RwLock { data: 1 }");
        assert_eq!(format!("{first} {second:?}"), "1 1");
    }
    {
        let mut writer: RwLockWriteGuard<'_, u32> = lock.write();
        *writer += 1;
        assert!(lock.try_read().is_none());
        assert!(lock.try_read_for(SOON).is_none());
        assert!(lock.try_read_recursive().is_none());
        assert_eq!(format!("{lock:?}"), "RwLock { data: <locked> }");
        assert_eq!(format!("{writer} {writer:?}"), "2 2");
    }
    assert_eq!(lock.try_write().as_deref(), Some(&2));
    assert_eq!(lock.try_write_for(LONG).as_deref(), Some(&2));
    assert_eq!(
        lock.try_write_until(Instant::now() + LONG).as_deref(),
        Some(&2)
    );
    assert!(!lock.is_locked());
    *lock.get_mut() = 5;
    assert_eq!(lock.into_inner(), 5);
    assert_eq!(RwLock::<u32>::default().into_inner(), 0);
    assert_eq!(RwLock::from(3).into_inner(), 3);
}

#[test]
fn rwlock_guards_unlocked_for_a_while() {
    let lock = RwLock::new(1);
    let mut reader = lock.read();
    RwLockReadGuard::unlocked(&mut reader, || *lock.write() += 1);
    RwLockReadGuard::unlocked_fair(&mut reader, || *lock.write() += 1);
    RwLockReadGuard::bump(&mut reader);
    assert_eq!(*reader, 3);
    RwLockReadGuard::unlock_fair(reader);
    let mut writer = lock.write();
    RwLockWriteGuard::unlocked(&mut writer, || assert_eq!(*lock.read(), 3));
    RwLockWriteGuard::unlocked_fair(&mut writer, || *lock.write() += 1);
    RwLockWriteGuard::bump(&mut writer);
    assert_eq!(*writer, 4);
    RwLockWriteGuard::unlock_fair(writer);
    assert!(!lock.is_locked());
}

#[test]
fn rwlock_guards_mapped() {
    let lock = RwLock::new((1, [2, 3]));
    {
        let part: MappedRwLockReadGuard<'_, [i32; 2]> =
            RwLockReadGuard::map(lock.read(), |pair| &pair.1);
        let other = lock.read();
        let slice = MappedRwLockReadGuard::map(part, |array| &array[..]);
        let last = MappedRwLockReadGuard::try_map(slice, |slice| slice.last());
        let last = last.expect("it is not empty");
        assert_eq!(format!("{last} {last:?} {}", other.0), "3 3 1");
        MappedRwLockReadGuard::unlock_fair(last);
        let Err(other) = RwLockReadGuard::try_map(other, |_| None::<&u8>) else {
            panic!("there is no such part");
        };
        assert_eq!(other.0, 1);
    }
    {
        let part: MappedRwLockWriteGuard<'_, [i32; 2]> =
            RwLockWriteGuard::map(lock.write(), |pair| &mut pair.1);
        let slice = MappedRwLockWriteGuard::map(part, |array| &mut array[..]);
        let last = MappedRwLockWriteGuard::try_map(slice, |slice| slice.last_mut());
        let mut last = last.expect("it is not empty");
        *last += 1;
        assert!(lock.is_locked());
        assert_eq!(format!("{last} {last:?}"), "4 4");
        MappedRwLockWriteGuard::unlock_fair(last);
        let Err(whole) = RwLockWriteGuard::try_map(lock.write(), |_| None::<&mut u8>) else {
            panic!("there is no such part");
        };
        assert_eq!(whole.1, [2, 4]);
    }
    assert!(!lock.is_locked());
}

#[test]
fn condvar() {
    let (state, changed) = (Mutex::new(0), Condvar::new());
    assert!(!changed.notify_one());
    assert_eq!(changed.notify_all(), 0);
    {
        let mut guard = state.lock();
        assert!(changed.wait_for(&mut guard, SOON).timed_out());
        assert!(
            changed
                .wait_until(&mut guard, Instant::now() + SOON)
                .timed_out()
        );
        let deadline = Instant::now() + SOON;
        assert!(
            changed
                .wait_while_until(&mut guard, |n| *n == 0, deadline)
                .timed_out()
        );
        assert!(
            changed
                .wait_while_for(&mut guard, |n| *n == 0, SOON)
                .timed_out()
        );
        assert!(
            !changed
                .wait_while_for(&mut guard, |n| *n == 1, Duration::MAX)
                .timed_out()
        );
    }
    thread::scope(|s| {
        s.spawn(|| {
            let mut guard = state.lock();
            changed.wait_while(&mut guard, |n| *n != 1);
            *guard = 2;
            changed.notify_one();
        });
        let mut guard = state.lock();
        *guard = 1;
        changed.notify_all();
        while *guard != 2 {
            changed.wait(&mut guard);
        }
        let deadline = Instant::now() + LONG;
        assert!(
            !changed
                .wait_while_until(&mut guard, |n| *n != 2, deadline)
                .timed_out()
        );
    });
    let _ = Condvar::default();
}

#[test]
fn once() {
    let once = Once::new();
    assert_eq!(once.state(), OnceState::New);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        once.call_once(|| {
            assert_eq!(once.state(), OnceState::InProgress);
            panic!("within");
        });
    }));
    assert!(panicked.is_err());
    assert_eq!(once.state(), OnceState::Poisoned);
    let refused = catch_unwind(AssertUnwindSafe(|| once.call_once(|| {})));
    assert_eq!(
        refused.unwrap_err().downcast_ref(),
        Some(&"Once instance has previously been poisoned")
    );
    let mut told = None;
    once.call_once_force(|state| told = Some(state));
    assert_eq!(told, Some(OnceState::Poisoned));
    assert_eq!(once.state(), OnceState::Done);
    once.call_once(|| panic!("it has been done"));
    once.call_once_force(|_| panic!("it has been done"));
    Once::default().call_once_force(|state| assert_eq!(state, OnceState::New));
}
