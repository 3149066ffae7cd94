use std::sync::Arc;

use racecourse::cell::UnsafeCell;
use racecourse::check::{Checker, Engine, FailureKind, Report, Verdict};
use racecourse::sync::atomic::{AtomicBool, AtomicU32, Ordering::*};
use racecourse::sync::{Condvar, Mutex};
use racecourse::thread;

const ENGINES: [Engine; 3] = [
    Engine::Explorer,
    Engine::Loom,
    Engine::Sampler {
        seed: 1,
        executions: 2_000,
    },
];

fn run(engine: Engine, scenario: fn()) -> Report {
    Checker::new().engine(engine).run(scenario)
}

#[track_caller]
fn passes(scenario: fn()) {
    for engine in [Engine::Explorer, Engine::Loom] {
        let report = run(engine, scenario);
        assert_eq!(report.verdict(), &Verdict::Verified, "{report:#?}");
    }
    let report = run(ENGINES[2], scenario);
    assert!(report.failure().is_none(), "{report:#?}");
    assert!(matches!(report.verdict(), Verdict::Incomplete(_)));
}

#[track_caller]
fn fails(kind: FailureKind, scenario: fn()) {
    for engine in ENGINES {
        let report = run(engine, scenario);
        let failure = report
            .failure()
            .unwrap_or_else(|| panic!("{engine:?}: {report:#?}"));
        assert_eq!(failure.kind(), kind, "{engine:?}: {report:#?}");
        println!(
            "{engine:?} {} executions: {}",
            report.executions(),
            failure.message()
        );
        for step in &failure.timeline().steps {
            println!(
                "  {} {:?} {:?} {} {:?} b{} s{} f{}",
                step.thread,
                step.operation,
                step.object,
                step.detail,
                step.location.as_ref().map(|l| l.line),
                step.blocked,
                step.stale,
                step.failing
            );
        }
        println!(
            "  {} / {:?} {:?} p{}",
            failure.timeline().sentence,
            failure.timeline().details,
            failure.location().map(|l| l.line),
            failure.preemptions()
        );
    }
}

fn increment(add: fn(&AtomicU32)) {
    let counter = Arc::new(AtomicU32::new(0));
    let threads: Vec<_> = (0..2)
        .map(|_| {
            let counter = Arc::clone(&counter);
            thread::spawn(move || add(&counter))
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(counter.load(Relaxed), 2, "an update was lost");
}

#[test]
fn lost_update() {
    fails(FailureKind::Panic, || {
        increment(|counter| {
            let value = counter.load(Relaxed);
            counter.store(value + 1, Relaxed);
        });
    });
}

#[test]
fn no_lost_update() {
    passes(|| {
        increment(|counter| {
            counter.fetch_add(1, Relaxed);
        });
    });
}

#[test]
fn abba() {
    fails(FailureKind::Deadlock, || {
        let a = Arc::new(Mutex::new(0));
        let b = Arc::new(Mutex::new(0));
        racecourse::check::name(&*a, "a");
        racecourse::check::name(&*b, "b");
        let (c, d) = (Arc::clone(&a), Arc::clone(&b));
        let other = thread::spawn(move || {
            let _d = d.lock().unwrap();
            let _c = c.lock().unwrap();
        });
        {
            let _a = a.lock().unwrap();
            let _b = b.lock().unwrap();
        }
        other.join().unwrap();
    });
}

#[test]
fn lost_wakeup() {
    fails(FailureKind::Deadlock, || {
        let pair = Arc::new((Mutex::new(()), Condvar::new(), AtomicBool::new(false)));
        let other = Arc::clone(&pair);
        let thread = thread::spawn(move || {
            other.2.store(true, Release);
            other.1.notify_one();
        });
        let mut guard = pair.0.lock().unwrap();
        while !pair.2.load(Acquire) {
            guard = pair.1.wait(guard).unwrap();
        }
        drop(guard);
        thread.join().unwrap();
    });
}

#[test]
fn wakeup() {
    passes(|| {
        let pair = Arc::new((Mutex::new(false), Condvar::new()));
        let other = Arc::clone(&pair);
        let thread = thread::spawn(move || {
            *other.0.lock().unwrap() = true;
            other.1.notify_one();
        });
        let mut guard = pair.0.lock().unwrap();
        while !*guard {
            guard = pair.1.wait(guard).unwrap();
        }
        drop(guard);
        thread.join().unwrap();
    });
}

struct Shared(UnsafeCell<u32>, AtomicBool);
// SAFETY: the flag says whose turn the cell is. Where the orderings are too weak for that, the check must say so:
// it runs its threads on one OS thread, one after the other, so nothing is undefined.
unsafe impl Sync for Shared {}

fn publish(store: std::sync::atomic::Ordering, load: std::sync::atomic::Ordering) {
    let shared = Arc::new(Shared(UnsafeCell::new(0), AtomicBool::new(false)));
    let other = Arc::clone(&shared);
    let thread = thread::spawn(move || {
        // SAFETY: the cell hands out a valid pointer, and reports whoever else uses it now.
        other.0.with_mut(|p| unsafe { *p = 42 });
        other.1.store(true, store);
    });
    if shared.1.load(load) {
        // SAFETY: as above.
        assert_eq!(shared.0.with(|p| unsafe { *p }), 42);
    }
    thread.join().unwrap();
}

#[test]
fn relaxed_publish() {
    fails(FailureKind::DataRace, || publish(Relaxed, Relaxed));
}

#[test]
fn release_publish() {
    passes(|| publish(Release, Acquire));
}

#[test]
fn scoped_park_and_locals() {
    racecourse::thread_local! {
        static LOCAL: std::cell::Cell<u32> = const { std::cell::Cell::new(7) };
    }
    passes(|| {
        let main = thread::current();
        let flag = AtomicBool::new(false);
        LOCAL.set(1);
        thread::scope(|scope| {
            scope.spawn(|| {
                assert_eq!(LOCAL.get(), 7);
                flag.store(true, Relaxed);
                main.unpark();
            });
            while !flag.load(Relaxed) {
                thread::park();
            }
        });
        assert_eq!(LOCAL.get(), 1);
    });
}

#[test]
fn child_panic_reaches_join() {
    passes(|| {
        let thread = thread::spawn(|| panic!("child"));
        let error = thread.join().unwrap_err();
        assert_eq!(*error.downcast_ref::<&str>().unwrap(), "child");
    });
}

#[test]
fn a_seed_gives_the_same_schedules() {
    fn scenario() {
        increment(|counter| {
            let value = counter.load(Relaxed);
            counter.store(value + 1, Relaxed);
        });
    }
    let found = |seed| {
        let report = Checker::new()
            .engine(Engine::Sampler {
                seed,
                executions: 500,
            })
            .run(scenario);
        serde_json::to_string(report.failure().unwrap()).unwrap()
    };
    assert_eq!(found(7), found(7));
}
