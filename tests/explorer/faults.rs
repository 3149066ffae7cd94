//! Programs for faults of the explorer that the other tests do not notice; see `.ci/mutations`.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use std::sync::{Arc, OnceLock};

use racecourse::cell::UnsafeCell;
use racecourse::check::{Checker, Engine, FailureKind, Report, Verdict};
use racecourse::hint::spin_loop;
use racecourse::sync::atomic::AtomicU64;
use racecourse::sync::{Barrier, Condvar, LazyLock, Mutex, RwLock};
use racecourse::thread;

fn checker() -> Checker {
    Checker::new()
        .engine(Engine::Explorer)
        .spurious_wakeups(0)
        .weak_failures(0)
}

/// What is returned, in order, and the report.
#[track_caller]
fn outcomes<T: Ord + Clone + Send + 'static>(
    checker: Checker,
    scenario: impl Fn() -> T + Send + Sync + 'static,
) -> (Vec<T>, Report) {
    let outcomes = checker.outcomes(scenario);
    let report = outcomes.report().clone();
    assert_eq!(*report.verdict(), Verdict::Verified, "{report}");
    (outcomes.values().cloned().collect(), report)
}

#[track_caller]
fn fails(kind: FailureKind, scenario: impl Fn() + Send + Sync + 'static) {
    let report = checker().run(scenario);
    let found = report.failure().map(|failure| failure.kind());
    assert_eq!(found, Some(kind), "{report}");
}

fn atomics<const N: usize>() -> Arc<[AtomicU64; N]> {
    Arc::new(std::array::from_fn(|_| AtomicU64::new(0)))
}

/// Both readers are in their sections at once, or the barrier would never open.
#[test]
fn readers_meet_in_their_sections() {
    let (_, report) = outcomes(checker(), || {
        let shared = Arc::new((RwLock::new(0), Barrier::new(2)));
        let other = Arc::clone(&shared);
        let thread = thread::spawn(move || {
            let _guard = other.0.read().unwrap();
            other.1.wait();
        });
        let guard = shared.0.read().unwrap();
        shared.1.wait();
        drop(guard);
        thread.join().unwrap();
    });
    assert!(report.executions() > 0);
}

/// A reader is no reason for another to be refused.
#[test]
fn a_try_for_reading_beside_a_reader() {
    let (reached, _) = outcomes(checker(), || {
        let lock = Arc::new(RwLock::new(0));
        let other = Arc::clone(&lock);
        let thread = thread::spawn(move || drop(other.read().unwrap()));
        let got = lock.try_read().is_ok();
        thread.join().unwrap();
        got
    });
    assert_eq!(reached, [true]);
}

/// A try that has failed does not fail for ever: the lock was let go in the meantime.
#[test]
fn a_loop_of_tries_ends() {
    let scenario = |keep: bool| {
        move || {
            let mutex = Arc::new(Mutex::new(0));
            let other = Arc::clone(&mutex);
            let thread = thread::spawn(move || {
                let guard = other.lock().unwrap();
                if keep {
                    std::mem::forget(guard);
                }
            });
            while mutex.try_lock().is_err() {
                spin_loop();
            }
            thread.join().unwrap();
        }
    };
    outcomes(checker(), scenario(false));
    fails(FailureKind::Livelock, scenario(true));
}

/// A weak exchange that fails for no reason will not do so again and again.
#[test]
fn a_loop_around_a_weak_exchange_ends() {
    outcomes(checker().weak_failures(1), || {
        let [x, y] = &*atomics();
        while x.compare_exchange_weak(0, 1, Relaxed, Relaxed).is_err() {
            y.load(Relaxed);
            spin_loop();
        }
    });
}

/// One weak failure an execution, and none of an exchange that fails anyway.
#[test]
fn weak_failures_are_counted() {
    let exchange = |x: &AtomicU64| x.compare_exchange_weak(0, 1, Relaxed, Relaxed);
    let (reached, report) = outcomes(checker().weak_failures(1), move || {
        let [x] = &*atomics();
        (exchange(x), exchange(x))
    });
    assert_eq!(reached, [(Ok(0), Err(1)), (Err(0), Ok(0))]);
    assert_eq!(report.executions(), 2);
    // What fails in one execution does not use up the failures of the next.
    let (reached, report) = outcomes(checker().weak_failures(1), move || {
        let atomics = atomics::<2>();
        let (one, two) = (Arc::clone(&atomics), Arc::clone(&atomics));
        let writer = thread::spawn(move || one[0].store(1, Relaxed));
        let reader = thread::spawn(move || (two[0].load(Relaxed), exchange(&two[1]).is_ok()));
        writer.join().unwrap();
        reader.join().unwrap()
    });
    assert_eq!(reached, [(0, false), (0, true), (1, false), (1, true)]);
    assert_eq!(report.executions(), 4);
}

/// A loop that gives up does not wait for anybody, though its rounds are equal.
#[test]
fn a_loop_that_gives_up() {
    let (reached, report) = outcomes(checker(), || {
        let [x] = &*atomics();
        for _ in 0..3 {
            if x.load(Relaxed) == 1 {
                return true;
            }
            spin_loop();
        }
        false
    });
    assert_eq!((&reached[..], report.executions()), (&[false][..], 1));
}

/// Rounds that differ only in what they would write: the last one does.
#[test]
fn a_loop_whose_exchange_comes_to_fit() {
    let (_, report) = outcomes(checker(), || {
        let [x] = &*atomics();
        let mut expected = 5_u64;
        while x.compare_exchange(expected, 9, Relaxed, Relaxed).is_err() {
            expected = expected.wrapping_sub(1);
            spin_loop();
        }
    });
    assert_eq!(report.executions(), 1);
}

/// Only the last read of a round must have seen the latest: the first may be old when the loop ends.
#[test]
fn the_last_round_of_a_loop_begins_with_an_old_value() {
    let (reached, report) = outcomes(checker(), || {
        let atomics = atomics::<2>();
        let [one, two, three] = [0, 1, 2].map(|_| Arc::clone(&atomics));
        let first = thread::spawn(move || one[0].store(1, Relaxed));
        let waiter = thread::spawn(move || {
            loop {
                let found = two[0].load(Relaxed);
                if two[1].load(Relaxed) == 1 {
                    return found;
                }
                spin_loop();
            }
        });
        let second = thread::spawn(move || three[1].store(1, Relaxed));
        first.join().unwrap();
        second.join().unwrap();
        waiter.join().unwrap()
    });
    assert_eq!((&reached[..], report.executions()), (&[0, 1][..], 2));
}

/// A park that misses the token is not begun, for nobody would ever wake it.
#[test]
fn a_park_after_an_unpark_has_one_execution() {
    let (_, report) = outcomes(checker(), || {
        let thread = thread::spawn(thread::park);
        thread.thread().unpark();
        thread.join().unwrap();
    });
    assert_eq!((report.executions(), report.blocked()), (1, 0));
}

/// A park may take the token that the first of two unparks left, though the second is there already.
#[test]
fn a_park_between_two_unparks() {
    let (seen, _) = outcomes(checker(), || {
        let x = atomics::<1>();
        let other = Arc::clone(&x);
        let parked = thread::spawn(move || {
            thread::park();
            other[0].load(Relaxed)
        });
        parked.thread().unpark();
        x[0].store(1, Relaxed);
        parked.thread().unpark();
        parked.join().unwrap()
    });
    assert_eq!(seen, [0, 1]);
}

/// A notification wakes, and publishes nothing: what was written before it, without the mutex, is in a race.
#[test]
fn a_notification_publishes_nothing() {
    fails(FailureKind::DataRace, || {
        let waits = Arc::new((Mutex::new(false), Condvar::new()));
        let (shared, notifies) = (shared(), Arc::clone(&waits));
        assert!(shared.cell.set(UnsafeCell::new(0)).is_ok());
        let other = Arc::clone(&shared);
        let thread = thread::spawn(move || {
            *notifies.0.lock().unwrap() = true;
            other.write();
            notifies.1.notify_one();
        });
        let guard = waits.0.lock().unwrap();
        if !*guard {
            drop(waits.1.wait(guard).unwrap());
            shared.write();
        }
        thread.join().unwrap();
    });
}

/// Values may differ from run to run, as addresses do.
#[test]
fn values_are_those_of_this_run() {
    static RUN: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    let (_, report) = outcomes(checker(), || {
        let run = RUN.fetch_add(1, Relaxed);
        let atomics = atomics::<3>();
        let (one, two) = (Arc::clone(&atomics), Arc::clone(&atomics));
        let writer = thread::spawn(move || {
            one[0].store(run, Relaxed);
            one[1].swap(run, Relaxed);
        });
        let reader = thread::spawn(move || {
            let found = [two[0].load(Relaxed), two[1].swap(run + 1, Relaxed)];
            two[2].store(1, Relaxed);
            found
        });
        atomics[2].load(Relaxed);
        let found = reader.join().unwrap();
        writer.join().unwrap();
        assert!(found.iter().all(|value| [0, run].contains(value)));
        assert_eq!(atomics[0].load(Relaxed), run);
    });
    assert!(report.executions() > 4);
}

struct Shared {
    flag: AtomicU64,
    ready: AtomicU64,
    cell: OnceLock<UnsafeCell<u64>>,
}

// SAFETY: the checker judges the order of accesses.
unsafe impl Sync for Shared {}

impl Shared {
    fn write(&self) {
        let cell = self.cell.get().expect("it was made");
        // SAFETY: as above.
        cell.with_mut(|cell| unsafe { *cell = 1 });
    }
}

fn shared() -> Arc<Shared> {
    Arc::new(Shared {
        flag: AtomicU64::new(0),
        ready: AtomicU64::new(0),
        cell: OnceLock::new(),
    })
}

/// What a thread does after a release is not published by it: an access of a cell, the making of one.
#[test]
fn a_cell_after_a_release() {
    for made_after in [false, true] {
        fails(FailureKind::DataRace, move || {
            let shared = shared();
            let other = Arc::clone(&shared);
            if !made_after {
                assert!(shared.cell.set(UnsafeCell::new(0)).is_ok());
            }
            let thread = thread::spawn(move || {
                if other.flag.load(Acquire) == 1 && other.ready.load(Relaxed) == 1 {
                    let cell = other.cell.get().expect("it is ready");
                    // SAFETY: as above.
                    cell.with(|cell| unsafe { *cell });
                }
            });
            shared.flag.store(1, Release);
            if made_after {
                assert!(shared.cell.set(UnsafeCell::new(0)).is_ok());
            } else {
                shared.write();
            }
            shared.ready.store(1, Relaxed);
            thread.join().unwrap();
        });
    }
}

/// The destructors of statics come after all threads, those too that nobody joins.
#[test]
fn a_static_is_dropped_after_a_thread_that_nobody_joins() {
    struct Counter(UnsafeCell<u64>);
    // SAFETY: the checker judges the order of accesses.
    unsafe impl Sync for Counter {}
    impl Drop for Counter {
        fn drop(&mut self) {
            // SAFETY: as above.
            self.0.with_mut(|count| unsafe { *count += 1 });
        }
    }
    static COUNTER: LazyLock<Counter> = LazyLock::const_new(|| Counter(UnsafeCell::new(0)));
    outcomes(checker(), || {
        // SAFETY: as above.
        thread::spawn(|| COUNTER.0.with_mut(|count| unsafe { *count += 1 }));
    });
}

/// A loop that can never go on is given up at once.
#[test]
fn blocked_executions_of_a_spin_lock() {
    let (_, report) = outcomes(checker(), || {
        let lock = atomics::<1>();
        let threads = [0, 1, 2].map(|_| {
            let lock = Arc::clone(&lock);
            thread::spawn(move || {
                while lock[0].compare_exchange(0, 1, SeqCst, Relaxed).is_err() {
                    spin_loop();
                }
                lock[0].store(0, SeqCst);
            })
        });
        for thread in threads {
            thread.join().unwrap();
        }
    });
    assert_eq!((report.executions(), report.blocked()), (6, 14));
}
