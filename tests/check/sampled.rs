//! The sampler: what it finds, what it never finds, what it says of that.

use std::sync::Arc;
use std::time::Duration;

use racecourse::check::{Checker, Engine, FailureKind, Incomplete, Report, Verdict};
use racecourse::sync::atomic::{AtomicU32, Ordering, Ordering::*};
use racecourse::sync::{Condvar, Mutex};
use racecourse::{hint, thread};

fn sampler(executions: u64) -> Checker {
    let seed = 5;
    Checker::new().engine(Engine::Sampler { seed, executions })
}

/// Nothing fails, and as many executions were drawn as were asked for.
#[track_caller]
fn passes(executions: u64, scenario: fn()) -> Report {
    let report = sampler(executions).run(scenario);
    let drawn = Incomplete::Sampled {
        executions,
        seed: 5,
    };
    assert_eq!(*report.verdict(), Verdict::Incomplete(drawn), "{report}");
    assert_eq!(report.executions(), executions);
    report
}

#[track_caller]
fn fails(kind: FailureKind, scenario: fn()) -> Report {
    let report = sampler(2_000).run(scenario);
    let failure = report.failure().unwrap_or_else(|| panic!("{report}"));
    assert_eq!(failure.kind(), kind, "{report}");
    report
}

fn message(store: Ordering, load: Ordering) {
    let (value, ready) = (AtomicU32::new(0), AtomicU32::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            value.store(1, Relaxed);
            ready.store(1, store);
        });
        if ready.load(load) == 1 {
            assert_eq!(value.load(Relaxed), 1);
        }
    });
}

#[test]
fn stale_values_are_drawn_where_they_are_possible() {
    let report = fails(FailureKind::Panic, || message(Relaxed, Relaxed));
    let failure = report.failure().expect("a failure");
    assert!(!failure.sequentially_consistent(), "{report}");
    fails(FailureKind::Panic, || message(Release, Relaxed));
    passes(500, || message(Release, Acquire));
}

#[test]
fn it_says_what_it_covered() {
    let report = passes(500, || message(Release, Acquire));
    let covered = report.sampled().expect("covered");
    assert_eq!(
        (covered.distinct, covered.threads, covered.depth),
        (2, 2, 3)
    );
    assert!(covered.plain > 240 && covered.plain <= 250, "{covered:?}");
    let (n, k) = (covered.threads as f64, covered.steps as f64);
    assert!(
        (covered.chance() - 1.0 / (n * k * k)).abs() < 1e-12,
        "{covered:?}"
    );
    assert!(covered.confidence() > covered.chance() && covered.confidence() < 1.0);
    let text = report.to_string();
    assert!(
        text.contains("covered: 2 different executions; a bug of depth 3"),
        "{text}"
    );
    assert!(
        text.contains("RC11") && text.contains("every execution that was not drawn"),
        "{text}"
    );
    assert!(Checker::new().run(|| ()).sampled().is_none());
}

/// Between two critical sections another thread must have its own.
fn check_then_act() {
    let total = Arc::new(Mutex::new(0));
    let theirs = Arc::clone(&total);
    let add = |total: &Mutex<u32>| {
        let seen = *total.lock().unwrap();
        *total.lock().unwrap() = seen + 1;
    };
    let other = thread::spawn(move || add(&theirs));
    add(&total);
    other.join().unwrap();
    assert_eq!(*total.lock().unwrap(), 2);
}

#[test]
fn a_bug_needs_its_depth() {
    let at = |depth| sampler(1_000).depth(depth).run(check_then_act);
    assert!(
        at(1).failure().is_none(),
        "whoever has the priority keeps it"
    );
    for depth in 2..=4 {
        assert!(at(depth).failure().is_some(), "depth {depth}");
    }
}

#[test]
fn loops_that_wait_end() {
    passes(200, || {
        let turn = Arc::new(AtomicU32::new(0));
        let spin = |turn: &AtomicU32, mine| {
            while turn.load(Acquire) != mine {
                hint::spin_loop();
            }
            turn.store(mine + 1, Release);
        };
        let others = (1..6).map(|mine| {
            let turn = Arc::clone(&turn);
            thread::spawn(move || spin(&turn, mine))
        });
        let others: Vec<_> = others.collect();
        spin(&turn, 0);
        for other in others {
            other.join().unwrap();
        }
        assert_eq!(turn.load(Relaxed), 6);
    });
    fails(FailureKind::Livelock, || {
        let never = AtomicU32::new(0);
        while never.load(Relaxed) == 0 {
            hint::spin_loop();
        }
    });
}

/// A hint that is a courtesy, and a loop that gives up.
#[test]
fn hints_that_wait_for_nothing_are_passed() {
    passes(100, || {
        let flag = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&flag);
        let other = thread::spawn(move || {
            for _ in 0..3 {
                if theirs.load(Relaxed) == 1 {
                    break;
                }
                thread::yield_now();
            }
        });
        flag.load(Relaxed);
        thread::yield_now();
        flag.store(1, Relaxed);
        other.join().unwrap();
    });
}

/// Nobody notifies: the wait must end by its timeout, in every execution.
#[test]
fn a_wait_that_nobody_ends_times_out() {
    let report = passes(200, || {
        let (mutex, condvar) = (Mutex::new(()), Condvar::new());
        let wait = Duration::from_millis(1);
        let mut timed_out = false;
        while !timed_out {
            let held = mutex.lock().unwrap();
            timed_out = condvar.wait_timeout(held, wait).unwrap().1.timed_out();
        }
        thread::park_timeout(wait);
    });
    assert_eq!(report.blocked(), 0, "{report}");
}

#[test]
fn twenty_threads() {
    let report = passes(200, || {
        let count = Arc::new(Mutex::new(0));
        let threads = (0..20).map(|_| {
            let count = Arc::clone(&count);
            thread::spawn(move || *count.lock().unwrap() += 1)
        });
        for thread in threads.collect::<Vec<_>>() {
            thread.join().unwrap();
        }
        assert_eq!(*count.lock().unwrap(), 20);
    });
    let covered = report.sampled().expect("covered");
    // Twenty sections have more orders than can be drawn twice.
    assert!(
        covered.distinct > 150 && covered.threads == 21,
        "{covered:?}"
    );
}

#[test]
fn another_seed_draws_others() {
    let drawn = |seed| {
        let engine = Engine::Sampler {
            seed,
            executions: 40,
        };
        let outcomes = Checker::new().engine(engine).outcomes(|| {
            let order = Arc::new(Mutex::new(Vec::new()));
            let threads = (0..6).map(|i| {
                let order = Arc::clone(&order);
                thread::spawn(move || order.lock().unwrap().push(i))
            });
            for thread in threads.collect::<Vec<_>>() {
                thread.join().unwrap();
            }
            order.lock().unwrap().clone()
        });
        outcomes.into_values()
    };
    assert_eq!(drawn(1), drawn(1));
    assert_ne!(drawn(1), drawn(2));
}
