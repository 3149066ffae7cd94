use super::*;
use racecourse::cell::UnsafeCell;
use std::sync::Arc;
use sync::{LazyLock, Mutex, Once, OnceLock};

#[test]
fn once_by_two_racing_threads() {
    verified(|| {
        let once = Arc::new((Once::new(), AtomicU32::new(0)));
        let run = |once: &(Once, AtomicU32)| {
            once.0.call_once(|| {
                once.1.fetch_add(1, Ordering::Relaxed);
            });
            assert!(once.0.is_completed());
            assert_eq!(once.1.load(Ordering::Relaxed), 1);
        };
        let other = Arc::clone(&once);
        let thread = thread::spawn(move || run(&other));
        run(&once);
        thread.join().unwrap();
    });
}

/// What the initialiser wrote is ordered before the end of every call.
#[test]
fn once_publishes_what_it_wrote() {
    struct Shared(Once, UnsafeCell<u32>);
    // SAFETY: the cell is written by the initialiser only, and read after it; the check says so.
    unsafe impl Send for Shared {}
    // SAFETY: as above.
    unsafe impl Sync for Shared {}
    fn use_it(shared: &Shared) {
        shared.0.call_once(|| {
            // SAFETY: nobody reads before the end.
            shared.1.with_mut(|cell| unsafe { *cell = 1 });
        });
        // SAFETY: nobody writes after the end.
        assert_eq!(shared.1.with(|cell| unsafe { *cell }), 1);
    }
    verified(|| {
        let shared = Arc::new(Shared(Once::new(), UnsafeCell::new(0)));
        let other = Arc::clone(&shared);
        let thread = thread::spawn(move || use_it(&other));
        use_it(&shared);
        thread.join().unwrap();
    });
}

/// Two calls of a `Once` are not ordered among themselves, whatever lock they may have waited for.
#[test]
fn once_orders_nothing_else() {
    struct Shared(Once, UnsafeCell<u32>);
    // SAFETY: it is not; the check must say so, and executes no second access.
    unsafe impl Send for Shared {}
    // SAFETY: as above.
    unsafe impl Sync for Shared {}
    for failure in fails(FailureKind::DataRace, || {
        let shared = Arc::new(Shared(Once::new(), UnsafeCell::new(0)));
        let other = Arc::clone(&shared);
        let writer = thread::spawn(move || {
            // SAFETY: it is not, see above.
            other.1.with_mut(|cell| unsafe { *cell = 1 });
            other.0.call_once(|| {});
        });
        shared.0.call_once(|| {});
        // SAFETY: it is not, see above.
        shared.1.with(|cell| unsafe { *cell });
        writer.join().unwrap();
    }) {
        assert!(failure.message().contains("data race"));
    }
}

#[test]
fn once_within_itself() {
    for failure in fails(FailureKind::Deadlock, || {
        let once = Once::new();
        once.call_once(|| once.call_once(|| {}));
    }) {
        assert!(
            told(&failure).contains("main waits for once's lock 1, which it holds itself"),
            "{}",
            told(&failure)
        );
    }
}

#[test]
fn once_poisoned_then_forced() {
    verified(|| {
        let once = Arc::new(Once::new());
        let other = Arc::clone(&once);
        let first = thread::spawn(move || other.call_once(|| panic!("within")));
        assert!(first.join().is_err());
        assert!(!once.is_completed());
        let other = Arc::clone(&once);
        assert!(
            thread::spawn(move || other.call_once(|| {}))
                .join()
                .is_err()
        );
        let told = Cell::new(false);
        once.call_once_force(|state| told.set(state.is_poisoned()));
        assert!(told.get() && once.is_completed());
    });
}

#[test]
fn once_waited_for() {
    verified(|| {
        let once = Arc::new(Once::new());
        let other = Arc::clone(&once);
        let thread = thread::spawn(move || other.call_once(|| {}));
        once.wait();
        assert!(once.is_completed());
        thread.join().unwrap();
    });
    for failure in fails(FailureKind::Deadlock, || Once::new().wait()) {
        assert!(
            told(&failure).contains("main waits on once's end"),
            "{}",
            told(&failure)
        );
    }
}

#[test]
fn parking_lot_once_shows_that_it_runs() {
    use racecourse::parking_lot::{Once, OnceState};
    verified(|| {
        let once = Arc::new(Once::new());
        let other = Arc::clone(&once);
        let thread = thread::spawn(move || {
            other.call_once(|| assert_eq!(other.state(), OnceState::InProgress));
        });
        once.call_once(thread::yield_now);
        assert_eq!(once.state(), OnceState::Done);
        thread.join().unwrap();
    });
    fails(FailureKind::Panic, || {
        let once = Arc::new(Once::new());
        let other = Arc::clone(&once);
        let thread = thread::spawn(move || other.call_once(thread::yield_now));
        assert_ne!(once.state(), OnceState::InProgress, "somebody is at it");
        thread.join().unwrap();
    });
}

#[test]
fn once_lock_takes_one_of_two_values() {
    verified(|| {
        let cell = Arc::new(OnceLock::new());
        let other = Arc::clone(&cell);
        let thread = thread::spawn(move || other.set(1).is_ok());
        let mine = cell.set(2).is_ok();
        let theirs = thread.join().unwrap();
        assert!(mine != theirs);
        assert_eq!(cell.get(), Some(if mine { &2 } else { &1 }));
        let mut cell = Arc::into_inner(cell).expect("the other one is gone");
        *cell.get_mut().unwrap() += 1;
        assert!(cell.take().is_some() && cell.get().is_none());
        assert_eq!(*cell.get_or_init(|| 5), 5);
    });
}

/// `get` promises nothing about when it sees a value that nothing orders before it.
#[test]
fn once_lock_get_may_miss_what_is_set() {
    let failure = fails_under(Engine::Loom, FailureKind::Panic, || {
        let shared = Arc::new((OnceLock::new(), AtomicBool::new(false)));
        let other = Arc::clone(&shared);
        let thread = thread::spawn(move || {
            other.0.set(1).unwrap();
            other.1.store(true, Ordering::Relaxed);
        });
        if shared.1.load(Ordering::Relaxed) {
            assert!(shared.0.get().is_some(), "set, and not seen");
        }
        thread.join().unwrap();
    });
    assert!(!failure.sequentially_consistent());
}

#[test]
fn once_lock_waited_for() {
    verified(|| {
        let cell = Arc::new(OnceLock::new());
        let other = Arc::clone(&cell);
        let thread = thread::spawn(move || other.set(1));
        assert_eq!(cell.wait(), &1);
        thread.join().unwrap().unwrap();
    });
}

static CELL: OnceLock<Vec<u32>> = OnceLock::const_new();
static ONCE: Once = Once::const_new();
static COUNT: AtomicU32 = AtomicU32::const_new(0);
static TABLE: LazyLock<Mutex<Vec<u32>>> = LazyLock::const_new(|| {
    COUNT.fetch_add(1, Ordering::Relaxed);
    Mutex::new(Vec::new())
});
static QUEUE: LazyLock<(Mutex<Vec<u32>>, sync::Condvar)> = LazyLock::const_new(Default::default);

#[test]
fn statics_begin_anew_in_each_execution() {
    assert!(ONCE.is_completed() || CELL.get().is_none());
    verified(|| {
        assert_eq!(CELL.get(), None);
        assert!(!ONCE.is_completed());
        let thread = thread::spawn(|| {
            ONCE.call_once(|| {
                COUNT.fetch_add(10, Ordering::Relaxed);
            });
            CELL.get_or_init(|| vec![1]).len()
        });
        ONCE.call_once(|| {
            COUNT.fetch_add(10, Ordering::Relaxed);
        });
        assert_eq!(CELL.get_or_init(|| vec![2]).len(), 1);
        assert_eq!(thread.join().unwrap(), 1);
        assert_eq!(COUNT.load(Ordering::Relaxed), 10);
    });
    // Outside of a check they are as they were.
    assert_eq!(CELL.get(), None);
    assert_eq!(COUNT.load(Ordering::Relaxed), 0);
}

#[test]
fn lazy_static_is_made_once_in_each_execution() {
    verified(|| {
        let thread = thread::spawn(|| TABLE.lock().unwrap().push(1));
        TABLE.lock().unwrap().push(2);
        thread.join().unwrap();
        assert_eq!(TABLE.lock().unwrap().len(), 2);
        assert_eq!(COUNT.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn lazy_static_with_a_condvar() {
    verified(|| {
        let thread = thread::spawn(|| {
            QUEUE.0.lock().unwrap().push(1);
            QUEUE.1.notify_one();
        });
        let queue = QUEUE.0.lock().unwrap();
        let queue = QUEUE.1.wait_while(queue, |queue| queue.is_empty()).unwrap();
        assert_eq!(*queue, [1]);
        drop(queue);
        thread.join().unwrap();
    });
}

#[test]
fn static_waited_for() {
    verified(|| {
        let thread = thread::spawn(|| CELL.set(vec![1, 2]).unwrap());
        assert_eq!(CELL.wait().len(), 2);
        thread.join().unwrap();
    });
}

#[test]
fn static_once_within_itself_is_named() {
    static ITSELF: LazyLock<u32> = LazyLock::const_new(|| *ITSELF + 1);
    for failure in fails(FailureKind::Deadlock, || assert_eq!(*ITSELF, 0)) {
        assert!(
            told(&failure).contains("main waits for once's lock 1, which it holds itself"),
            "{}",
            told(&failure)
        );
    }
}

#[test]
fn lazy_lock_of_the_scenario() {
    verified(|| {
        let runs = Arc::new(AtomicU32::new(0));
        let lazy = Arc::new(LazyLock::new({
            let runs = Arc::clone(&runs);
            move || runs.fetch_add(1, Ordering::Relaxed) + 1
        }));
        let other = Arc::clone(&lazy);
        let thread = thread::spawn(move || assert_eq!(**other, 1));
        assert_eq!(**lazy, 1);
        thread.join().unwrap();
        assert_eq!(runs.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn lazy_lock_poisoned() {
    verified(|| {
        let lazy: Arc<LazyLock<u32>> = Arc::new(LazyLock::new(|| panic!("within")));
        for _ in 0..2 {
            let lazy = Arc::clone(&lazy);
            assert!(thread::spawn(move || **lazy).join().is_err());
        }
    });
}

#[test]
fn const_new_of_what_is_no_static_is_refused() {
    for failure in fails(FailureKind::Misuse, || {
        let mut cell = OnceLock::const_new();
        assert_eq!(cell.set(1), Ok(()));
        assert_eq!(cell.take(), Some(1));
    }) {
        assert!(
            failure.message().contains("make it with `new`"),
            "{}",
            failure.message()
        );
    }
}

#[test]
fn a_once_from_outside_is_refused() {
    let once = Arc::new(Once::new());
    let report = Checker::new()
        .engine(SAMPLER)
        .run(move || once.call_once(|| {}));
    let failure = report.failure().expect("it would stay done");
    assert_eq!(failure.kind(), FailureKind::Misuse);
    assert!(
        failure.message().contains("this Once comes from outside"),
        "{}",
        failure.message()
    );
}

/// The value of a static is dropped at the end of each execution, within the model.
#[test]
fn values_of_statics_are_dropped() {
    static DROPS: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    struct Loud(AtomicU32);
    impl Drop for Loud {
        fn drop(&mut self) {
            DROPS.fetch_add(1, Ordering::Relaxed);
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    static LOUD: LazyLock<Loud> = LazyLock::const_new(|| Loud(AtomicU32::new(0)));
    for engine in [Engine::Explorer, Engine::Loom, SAMPLER] {
        DROPS.store(0, Ordering::Relaxed);
        let report = run(engine, || {
            let thread = thread::spawn(|| LOUD.0.load(Ordering::Relaxed));
            LOUD.0.store(0, Ordering::Relaxed);
            thread.join().unwrap();
        });
        assert!(report.failure().is_none(), "{report}");
        let drops = u64::from(DROPS.load(Ordering::Relaxed));
        // An execution in which loom meets the static for the first time is begun again.
        assert!(
            drops > 1 && drops.abs_diff(report.executions()) <= 3,
            "{drops} drops: {report}"
        );
    }
}
