//! Results with their witnesses, orderings that are tried, searches that are cut, many threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering as Native};
use std::time::Duration;

use racecourse::cell::UnsafeCell;
use racecourse::check::{Checker, FailureKind, Incomplete, Operation, Report, Verdict};
use racecourse::sync::atomic::{AtomicBool, AtomicU32, Ordering, Ordering::*, fence};
use racecourse::sync::{Condvar, Mutex};
use racecourse::{hint, thread};

fn store_buffering(order: Ordering) -> (u32, u32) {
    let (store, load) = match order {
        SeqCst => (SeqCst, SeqCst),
        _ => (Release, Acquire),
    };
    let (x, y) = (AtomicU32::new(0), AtomicU32::new(0));
    thread::scope(|scope| {
        let left = scope.spawn(|| {
            x.store(1, store);
            y.load(load)
        });
        let right = scope.spawn(|| {
            y.store(1, store);
            x.load(load)
        });
        (left.join().unwrap(), right.join().unwrap())
    })
}

#[test]
fn every_result_has_a_witness() {
    let outcomes = Checker::new().outcomes(|| store_buffering(AcqRel));
    assert_eq!(*outcomes.report().verdict(), Verdict::Verified);
    let all = [(0, 0), (0, 1), (1, 0), (1, 1)];
    assert!(outcomes.values().eq(&all));
    for (result, witness) in outcomes.iter() {
        let loads = witness.steps.iter();
        let loads: Vec<_> = loads
            .filter(|step| step.operation == Operation::Load)
            .collect();
        assert_eq!(loads.len(), 2, "{witness}");
        let stale = loads.iter().filter(|step| step.stale).count();
        // Only where both missed the other's store is there no plain interleaving.
        assert_eq!(stale > 0, *result == (0, 0), "{result:?}\n{witness}");
    }
    let strong = Checker::new().outcomes(|| store_buffering(SeqCst));
    assert_eq!(strong.into_values(), all[1..]);
}

/// A message, and a flag that says that it is there.
fn message() {
    struct Mail {
        text: UnsafeCell<u32>,
        sent: AtomicBool,
    }
    // SAFETY: `text` is written before `sent` is set, and read after; whether that suffices is checked.
    unsafe impl Sync for Mail {}
    let mail = Mail {
        text: UnsafeCell::new(0),
        sent: AtomicBool::new(false),
    };
    // As a whole: a closure would take the fields apart.
    let mail = &mail;
    thread::scope(|scope| {
        scope.spawn(move || {
            // SAFETY: as above.
            mail.text.with_mut(|text| unsafe { *text = 1 });
            mail.sent.store(true, Release);
        });
        if mail.sent.load(Acquire) {
            // SAFETY: as above.
            assert_eq!(mail.text.with(|text| unsafe { *text }), 1);
        }
    });
}

#[test]
fn an_ordering_is_tried_without_compiling_again() {
    let checker = Checker::new();
    let report = checker.run(message);
    assert_eq!(*report.verdict(), Verdict::Verified, "{report}");
    let sites = report.sites();
    let found: Vec<_> = sites
        .iter()
        .map(|site| (site.operation(), site.ordering()))
        .collect();
    assert_eq!(
        found,
        [(Operation::Store, Release), (Operation::Load, Acquire)]
    );
    for site in sites {
        assert!(site.location().file.ends_with("offers.rs"));
        let weaker = checker.clone().with_ordering(site, Relaxed).run(message);
        let kind = weaker.failure().map(racecourse::check::Failure::kind);
        assert_eq!(kind, Some(FailureKind::DataRace), "{weaker}");
        let stronger = checker.clone().with_ordering(site, SeqCst).run(message);
        assert_eq!(*stronger.verdict(), Verdict::Verified, "{stronger}");
        // What is listed is what the source asks for.
        assert_eq!(weaker.sites(), sites);
    }
}

#[test]
fn a_fence_can_be_taken_away() {
    fn scenario() {
        let (x, y) = (AtomicU32::new(0), AtomicU32::new(0));
        let (left, right) = thread::scope(|scope| {
            let left = scope.spawn(|| {
                x.store(1, Relaxed);
                fence(SeqCst);
                y.load(Relaxed)
            });
            let right = scope.spawn(|| {
                y.store(1, Relaxed);
                fence(SeqCst);
                x.load(Relaxed)
            });
            (left.join().unwrap(), right.join().unwrap())
        });
        assert!(left + right > 0);
    }
    let report = Checker::new().run(scenario);
    assert_eq!(*report.verdict(), Verdict::Verified, "{report}");
    let fences = report.sites().iter();
    let fences: Vec<_> = fences
        .filter(|site| site.operation() == Operation::Fence)
        .collect();
    assert_eq!(fences.len(), 2);
    for site in fences {
        let without = Checker::new().with_ordering(site, Relaxed).run(scenario);
        assert_eq!(*without.verdict(), Verdict::Failed, "{without}");
    }
}

#[test]
#[should_panic = "a load cannot be Release; it can be one of [Relaxed, Acquire, SeqCst]"]
fn an_ordering_that_cannot_be() {
    let report = Checker::new().run(message);
    let mut sites = report.sites().iter();
    let load = sites.find(|site| site.operation() == Operation::Load);
    let _ = Checker::new().with_ordering(load.expect("a load"), Release);
}

fn additions(threads: usize, each: usize) -> impl Fn() + Send + Sync + 'static {
    move || {
        let sum = AtomicU32::new(0);
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    for _ in 0..each {
                        sum.fetch_add(1, Relaxed);
                    }
                });
            }
        });
        assert_eq!(sum.load(Relaxed) as usize, threads * each);
    }
}

#[test]
fn a_search_that_is_cut_says_so() {
    let report = Checker::new().max_executions(500).run(additions(3, 3));
    assert_eq!(
        *report.verdict(),
        Verdict::Incomplete(Incomplete::MaxExecutions(500))
    );
    assert_eq!(report.executions() + report.blocked(), 500);
    let report = Checker::new()
        .max_duration(Duration::ZERO)
        .run(additions(2, 1));
    assert!(matches!(
        report.verdict(),
        Verdict::Incomplete(Incomplete::MaxDuration(_))
    ));
}

/// 1,680 executions; what is estimated after a part of them has the right order of magnitude.
#[test]
fn the_rest_is_estimated() {
    for part in [200, 800, 1_500] {
        let report = Checker::new().max_executions(part).run(additions(3, 3));
        let estimate = report.estimate().expect("an estimate");
        assert!((168.0..16_800.0).contains(&estimate), "{part}: {estimate}");
    }
    let whole = Checker::new().run(additions(3, 3));
    assert_eq!((whole.executions(), whole.estimate()), (1_680, None));
}

#[test]
fn progress_is_told() {
    let told = Arc::new(AtomicU64::new(0));
    let tell = Arc::clone(&told);
    let report = Checker::new()
        .max_duration(Duration::from_millis(700))
        .on_progress(move |progress| {
            assert!(progress.executions > tell.load(Native::Relaxed));
            tell.store(progress.executions, Native::Relaxed);
        })
        .run(additions(5, 3));
    let told = told.load(Native::Relaxed);
    assert!(told > 0 && told <= report.executions(), "{told} {report}");
}

#[test]
fn twenty_and_a_hundred_threads() {
    // Each has a lock of its own, so that there is one execution, however many threads there are.
    fn apart(threads: usize) -> impl Fn() + Send + Sync + 'static {
        move || {
            thread::scope(|scope| {
                for n in 0..threads {
                    scope.spawn(move || {
                        let own = Mutex::new(n);
                        *own.lock().unwrap() += 1;
                    });
                }
            });
        }
    }
    for threads in [20, 100] {
        let report = Checker::new().run(apart(threads));
        assert_eq!(*report.verdict(), Verdict::Verified, "{report}");
        assert_eq!(report.executions(), 1);
    }
    // One writer, and many readers who each see it or not.
    let report = Checker::new().run(|| {
        let x = AtomicU32::new(0);
        thread::scope(|scope| {
            scope.spawn(|| x.store(1, Relaxed));
            for _ in 0..10 {
                scope.spawn(|| x.load(Relaxed));
            }
        });
    });
    assert_eq!((report.executions(), report.blocked()), (1 << 10, 0));
    // More waiters than a machine word has bits: one notification of all wakes all.
    let report = Checker::new()
        .spurious_wakeups(0)
        .max_executions(20)
        .run(|| {
            let door = (Mutex::new(false), Condvar::new());
            thread::scope(|scope| {
                for _ in 0..70 {
                    scope.spawn(|| {
                        let open = door.0.lock().unwrap();
                        drop(door.1.wait_while(open, |open| !*open).unwrap());
                    });
                }
                *door.0.lock().unwrap() = true;
                door.1.notify_all();
            });
        });
    assert!(report.failure().is_none(), "{report}");
}

fn judged(scenario: fn()) -> Report {
    Checker::new().run(scenario)
}

#[test]
fn a_loop_that_can_never_end_is_a_livelock() {
    let report = judged(|| {
        let go = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !go.load(Acquire) {
                    hint::spin_loop();
                }
            });
        });
    });
    let failure = report.failure().unwrap_or_else(|| panic!("{report}"));
    assert_eq!(failure.kind(), FailureKind::Livelock, "{report}");
}

/// The hint in a loop that gives up by itself means nothing: both ends are found.
#[test]
fn a_loop_that_gives_up_is_explored_round_by_round() {
    let outcomes = Checker::new().outcomes(|| {
        let ready = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| ready.store(true, Release));
            for round in 0..3 {
                if ready.load(Acquire) {
                    return round;
                }
                hint::spin_loop();
            }
            3
        })
    });
    assert_eq!(*outcomes.report().verdict(), Verdict::Verified);
    assert_eq!(outcomes.into_values(), [0, 1, 2, 3]);
}

/// Who tries a lock that nobody will let go again does not get on.
#[test]
fn trying_a_lock_for_ever() {
    let report = judged(|| {
        let lock = Mutex::new(());
        let _held = lock.lock().unwrap();
        while lock.try_lock().is_err() {
            hint::spin_loop();
        }
    });
    let failure = report.failure().unwrap_or_else(|| panic!("{report}"));
    assert_eq!(failure.kind(), FailureKind::Livelock, "{report}");

    let report = judged(|| {
        let lock = Mutex::new(());
        thread::scope(|scope| {
            scope.spawn(|| drop(lock.lock().unwrap()));
            while lock.try_lock().is_err() {
                hint::spin_loop();
            }
        });
    });
    assert_eq!(*report.verdict(), Verdict::Verified, "{report}");
}

/// A wait that keeps timing out is cut, and said to be.
#[test]
fn timeouts_have_a_budget() {
    let scenario = || {
        let (lock, bell) = (Mutex::new(()), Condvar::new());
        let mut held = lock.lock().unwrap();
        for _ in 0..3 {
            held = bell.wait_timeout(held, Duration::from_secs(1)).unwrap().0;
        }
    };
    let report = Checker::new().spurious_wakeups(0).run(scenario);
    assert_eq!(
        *report.verdict(),
        Verdict::Incomplete(Incomplete::Timeouts(2)),
        "{report}"
    );
    let report = Checker::new().spurious_wakeups(0).timeouts(3).run(scenario);
    assert_eq!(*report.verdict(), Verdict::Verified, "{report}");
}

/// Who is woken waited before, in the order that is shown.
#[test]
fn nobody_is_shown_woken_before_it_waits() {
    let report = Checker::new().spurious_wakeups(0).run(|| {
        let (shelf, bell) = (Mutex::new(0), Condvar::new());
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let mut shelf = shelf.lock().unwrap();
                    if *shelf == 0 {
                        shelf = bell.wait(shelf).unwrap();
                    }
                    assert!(*shelf > 0, "woken for nothing");
                    *shelf -= 1;
                });
            }
            for _ in 0..2 {
                *shelf.lock().unwrap() += 1;
                bell.notify_one();
            }
        });
    });
    let failure = report.failure().unwrap_or_else(|| panic!("{report}"));
    let mut waiting = 0;
    for step in &failure.timeline().steps {
        match step.operation {
            Operation::Wait => waiting += 1,
            Operation::NotifyOne if step.detail == "wakes 1" => {
                assert!(waiting > 0, "{report}");
                waiting -= 1;
            }
            _ => {}
        }
    }
}
