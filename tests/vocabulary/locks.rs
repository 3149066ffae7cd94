use super::*;
use racecourse::parking_lot::{MappedMutexGuard, MutexGuard, RwLockReadGuard};
use std::sync::Arc;

#[test]
fn barrier_of_two() {
    verified(|| {
        let barrier = Arc::new(sync::Barrier::new(2));
        let arrived = Arc::new(AtomicU32::new(0));
        let (b, a) = (Arc::clone(&barrier), Arc::clone(&arrived));
        let other = thread::spawn(move || {
            a.fetch_add(1, Ordering::Relaxed);
            let leads = b.wait().is_leader();
            assert_eq!(a.load(Ordering::Relaxed), 2);
            leads
        });
        arrived.fetch_add(1, Ordering::Relaxed);
        let leads = barrier.wait().is_leader();
        assert_eq!(arrived.load(Ordering::Relaxed), 2);
        assert!(leads != other.join().unwrap());
    });
}

#[test]
fn barrier_that_nobody_else_reaches() {
    for failure in fails(FailureKind::Deadlock, || {
        sync::Barrier::new(2).wait();
    }) {
        assert!(
            told(&failure).contains("main waits on barrier's opening"),
            "{}",
            told(&failure)
        );
    }
}

static BARRIER: sync::Barrier = sync::Barrier::const_new(1);

#[test]
fn barrier_in_a_static_is_refused_with_the_remedy() {
    for failure in fails(FailureKind::Misuse, || {
        BARRIER.wait();
    }) {
        assert!(
            failure
                .message()
                .contains("this barrier comes from outside"),
            "{}",
            failure.message()
        );
        assert!(
            failure.message().contains("LazyLock"),
            "{}",
            failure.message()
        );
    }
}

#[test]
fn rwlock_orders_readers_and_a_writer() {
    verified(|| {
        let lock = Arc::new(sync::RwLock::new((0, 0)));
        let readers: Vec<_> = (0..2)
            .map(|_| {
                let lock = Arc::clone(&lock);
                thread::spawn(move || {
                    let pair = lock.read().unwrap();
                    assert_eq!(pair.0, pair.1);
                })
            })
            .collect();
        {
            let mut pair = lock.write().unwrap();
            pair.0 += 1;
            thread::yield_now();
            pair.1 += 1;
        }
        for reader in readers {
            reader.join().unwrap();
        }
    });
}

#[test]
fn rwlock_poisoned_by_a_writer_only() {
    verified(|| {
        let lock = Arc::new(sync::RwLock::new(0));
        let other = Arc::clone(&lock);
        let reader = thread::spawn(move || {
            let _held = other.read();
            panic!("while reading");
        });
        assert!(reader.join().is_err());
        assert!(!lock.is_poisoned());
        let other = Arc::clone(&lock);
        let writer = thread::spawn(move || {
            let _held = other.write();
            panic!("while writing");
        });
        assert!(writer.join().is_err());
        assert!(lock.is_poisoned() && lock.read().is_err());
        lock.clear_poison();
        assert_eq!(*lock.read().unwrap(), 0);
    });
}

/// std may let a writer that waits go first: then a thread that reads twice waits for itself.
#[test]
fn std_rwlock_read_twice() {
    let failure = fails_under(SAMPLER, FailureKind::Deadlock, || {
        let lock = Arc::new(sync::RwLock::new(0));
        let other = Arc::clone(&lock);
        let writer = thread::spawn(move || *other.write().unwrap() = 1);
        let first = lock.read().unwrap();
        assert_eq!(*first, *lock.read().unwrap());
        drop(first);
        writer.join().unwrap();
    });
    assert!(told(&failure).contains("rwlock 1"), "{}", told(&failure));
}

#[test]
fn parking_lot_rwlock_read_twice() {
    fails_under(SAMPLER, FailureKind::Deadlock, || {
        let lock = Arc::new(parking_lot::RwLock::new(0));
        let other = Arc::clone(&lock);
        let writer = thread::spawn(move || *other.write() = 1);
        let first = lock.read();
        assert_eq!(*first, *lock.read());
        drop(first);
        writer.join().unwrap();
    });
}

#[test]
fn parking_lot_rwlock_read_recursive() {
    clean_when_sampled(|| {
        let lock = Arc::new(parking_lot::RwLock::new(0));
        let other = Arc::clone(&lock);
        let writer = thread::spawn(move || *other.write() = 1);
        let first = lock.read();
        assert_eq!(*first, *lock.read_recursive());
        drop(first);
        writer.join().unwrap();
        assert_eq!(*lock.read(), 1);
    });
}

#[test]
fn parking_lot_rwlock_unlocked_for_a_while() {
    verified(|| {
        let lock = Arc::new(parking_lot::RwLock::new(0));
        let mut reader = lock.read();
        let other = Arc::clone(&lock);
        RwLockReadGuard::unlocked(&mut reader, || {
            thread::spawn(move || *other.write() = 1).join().unwrap();
        });
        assert_eq!(*reader, 1);
        assert!(lock.is_locked());
        drop(RwLockReadGuard::map(reader, |value| value));
        assert!(!lock.is_locked());
    });
}

#[test]
fn parking_lot_mutex_counts() {
    verified(|| {
        let count = Arc::new(parking_lot::Mutex::new(0));
        let other = Arc::clone(&count);
        let thread = thread::spawn(move || *other.lock() += 1);
        {
            let mut part = MutexGuard::map(count.lock(), |count| count);
            *part += 1;
            MappedMutexGuard::unlock_fair(part);
        }
        thread.join().unwrap();
        assert_eq!(*count.lock(), 2);
    });
}

#[test]
fn parking_lot_mutex_is_free_while_unlocked() {
    for failure in fails(FailureKind::Panic, || {
        let count = Arc::new(parking_lot::Mutex::new(0));
        let other = Arc::clone(&count);
        let thread = thread::spawn(move || *other.lock() += 1);
        let mut guard = count.lock();
        let before = *guard;
        MutexGuard::unlocked(&mut guard, thread::yield_now);
        assert_eq!(*guard, before, "changed meanwhile");
        drop(guard);
        thread.join().unwrap();
    }) {
        assert!(failure.message().contains("changed meanwhile"));
    }
}

#[test]
fn parking_lot_mutex_timeouts() {
    clean(|| {
        let count = Arc::new(parking_lot::Mutex::new(0));
        let other = Arc::clone(&count);
        let thread = thread::spawn(move || {
            if let Some(mut count) = other.try_lock_for(SOON) {
                *count += 1;
            }
        });
        *count.lock() += 1;
        thread.join().unwrap();
        assert!((1..=2).contains(&*count.lock()));
    });
}

#[test]
fn parking_lot_condvar_hands_over() {
    verified(|| {
        let pair = Arc::new((parking_lot::Mutex::new(false), parking_lot::Condvar::new()));
        let other = Arc::clone(&pair);
        let thread = thread::spawn(move || {
            *other.0.lock() = true;
            other.1.notify_one();
        });
        let mut ready = pair.0.lock();
        pair.1.wait_while(&mut ready, |ready| !*ready);
        assert!(*ready);
        drop(ready);
        thread.join().unwrap();
    });
}

/// `if` instead of `while`: a wait may end for no reason, or by its timeout.
#[test]
fn parking_lot_condvar_wait_for_may_time_out() {
    for failure in fails(FailureKind::Panic, || {
        let pair = Arc::new((parking_lot::Mutex::new(false), parking_lot::Condvar::new()));
        let other = Arc::clone(&pair);
        let thread = thread::spawn(move || {
            *other.0.lock() = true;
            other.1.notify_all();
        });
        let mut ready = pair.0.lock();
        if !*ready {
            pair.1.wait_for(&mut ready, SOON);
            assert!(*ready, "nobody was ready in time");
        }
        drop(ready);
        thread.join().unwrap();
    }) {
        assert!(failure.message().contains("nobody was ready in time"));
    }
}

#[test]
fn parking_lot_condvar_whose_notification_comes_too_early() {
    for failure in fails(FailureKind::Deadlock, || {
        let pair = Arc::new((parking_lot::Mutex::new(()), parking_lot::Condvar::new()));
        let other = Arc::clone(&pair);
        let thread = thread::spawn(move || other.1.notify_one());
        pair.1.wait(&mut pair.0.lock());
        thread.join().unwrap();
    }) {
        assert!(
            told(&failure).contains("main waits on condvar 1"),
            "{}",
            told(&failure)
        );
    }
}
