//! A failure can be run again by its token, and a token that does not fit says so.

use std::sync::Arc;

use proptest::prelude::*;
use racecourse::cell::UnsafeCell;
use racecourse::check::{
    Checker, Engine, Failure, FailureKind, Incomplete, ReplayToken, Report, Verdict,
};
use racecourse::sync::atomic::{AtomicBool, AtomicU32, Ordering::*};
use racecourse::sync::{Condvar, Mutex};
use racecourse::{alloc, hint, thread};

const SAMPLER: Engine = Engine::Sampler {
    seed: 3,
    executions: 2_000,
};

fn token(failure: &Failure) -> ReplayToken {
    let token = failure.replay().expect("a token");
    let text = token.to_string();
    assert!(text.starts_with("rc1-") && text.is_ascii(), "{text}");
    let back: ReplayToken = text.parse().unwrap();
    assert_eq!(back, *token);
    back
}

/// Fails, and its replay fails in the same way, step by step.
fn comes_back(engine: Engine, scenario: impl Fn() + Send + Sync + Clone + 'static) -> Failure {
    let report = Checker::new().engine(engine).run(scenario.clone());
    let failure = report.failure().unwrap_or_else(|| panic!("{report}"));
    let again = Checker::new().replay(&token(failure), scenario);
    assert_eq!(*again.verdict(), Verdict::Failed, "{report}\n{again}");
    assert_eq!(again.executions(), 1);
    assert!(again.is_replay() && !report.is_replay());
    let json = |failure: &Failure| serde_json::to_value(failure).unwrap();
    let found = again.failure().unwrap();
    assert!(json(found) == json(failure), "{report}\n{again}");
    failure.clone()
}

fn ends(report: &Report) -> &Incomplete {
    match report.verdict() {
        Verdict::Incomplete(why) => why,
        other => panic!("{other:?}: {report}"),
    }
}

fn increments(extra: bool, whole: bool) {
    let counter = Arc::new(AtomicU32::new(0));
    let add = move |counter: &AtomicU32| {
        if whole {
            counter.fetch_add(1, Relaxed);
        } else {
            let value = counter.load(Relaxed);
            if extra {
                counter.load(Relaxed);
            }
            counter.store(value + 1, Relaxed);
        }
    };
    let theirs = Arc::clone(&counter);
    let other = thread::spawn(move || add(&theirs));
    add(&counter);
    other.join().unwrap();
    assert_eq!(counter.load(Relaxed), 2);
}

#[derive(Clone, Copy)]
struct Raw(*mut AtomicU32);
// SAFETY: it points to an atomic; whether that still exists is what the check is about.
unsafe impl Send for Raw {}

struct Shared(UnsafeCell<u32>, AtomicBool);
// SAFETY: none keeps the threads apart: that is what the check finds, which runs them one after the other.
unsafe impl Sync for Shared {}

#[test]
fn failures_of_every_kind_come_back() {
    let kinds: [(FailureKind, fn()); 9] = [
        (FailureKind::Panic, || increments(false, false)),
        (FailureKind::DataRace, || {
            let shared = Arc::new(Shared(UnsafeCell::new(0), AtomicBool::new(false)));
            let theirs = Arc::clone(&shared);
            let writer = thread::spawn(move || {
                // SAFETY: the pointer is valid.
                theirs.0.with_mut(|place| unsafe { *place = 1 });
                theirs.1.store(true, Relaxed);
            });
            if shared.1.load(Relaxed) {
                // SAFETY: the pointer is valid.
                shared.0.with(|place| unsafe { *place });
            }
            writer.join().unwrap();
        }),
        (FailureKind::Deadlock, || {
            let locks = Arc::new((Mutex::new(()), Mutex::new(())));
            let theirs = Arc::clone(&locks);
            let other = thread::spawn(move || {
                let _b = theirs.1.lock().unwrap();
                let _a = theirs.0.lock().unwrap();
            });
            let a = locks.0.lock().unwrap();
            let b = locks.1.lock().unwrap();
            drop((a, b));
            other.join().unwrap();
        }),
        (FailureKind::Deadlock, || {
            let pair = Arc::new((Mutex::new(0), Condvar::new()));
            let threads = [0, 1].map(|_| {
                let pair = Arc::clone(&pair);
                thread::spawn(move || {
                    let mut left = pair.0.lock().unwrap();
                    while *left == 0 {
                        left = pair.1.wait(left).unwrap();
                    }
                    *left -= 1;
                })
            });
            *pair.0.lock().unwrap() = 2;
            pair.1.notify_one();
            let _ = threads.map(|thread| thread.join().unwrap());
        }),
        (FailureKind::Livelock, || {
            let flag = Arc::new(AtomicBool::new(false));
            let theirs = Arc::clone(&flag);
            let other = thread::spawn(move || {
                while !theirs.load(Acquire) {
                    hint::spin_loop();
                }
            });
            other.join().unwrap();
        }),
        (FailureKind::Leak, || {
            let one = racecourse::sync::Arc::new(AtomicU32::new(0));
            let theirs = one.clone();
            let other = thread::spawn(move || {
                if theirs.fetch_add(1, Relaxed) == 1 {
                    std::mem::forget(theirs);
                }
            });
            one.fetch_add(1, Relaxed);
            drop(one);
            other.join().unwrap();
        }),
        (FailureKind::UseAfterFree, || {
            let raw = Raw(alloc::into_raw(AtomicU32::new(7)));
            let user = thread::spawn(move || {
                let raw = raw;
                // SAFETY: inside of a check the memory stays until the end of the execution, freed or not.
                unsafe { &*raw.0 }.load(Relaxed)
            });
            // SAFETY: it is from `into_raw`; that nobody uses it any more is what the check is about.
            unsafe { alloc::from_raw(raw.0) };
            user.join().unwrap();
        }),
        (FailureKind::Panic, || {
            // It unwinds, and lets go of a lock after what is shown.
            let lock = Arc::new(Mutex::new(0));
            let theirs = Arc::clone(&lock);
            let other = thread::spawn(move || *theirs.lock().unwrap() += 1);
            let inner = lock.lock().unwrap();
            assert_eq!(*inner, 0);
            drop(inner);
            other.join().unwrap();
        }),
        (FailureKind::Panic, || {
            // Message passing, with a stale load.
            let both = Arc::new((AtomicU32::new(0), AtomicBool::new(false)));
            let theirs = Arc::clone(&both);
            let writer = thread::spawn(move || {
                theirs.0.store(42, Relaxed);
                theirs.1.store(true, Relaxed);
            });
            if both.1.load(Relaxed) {
                assert_eq!(both.0.load(Relaxed), 42);
            }
            writer.join().unwrap();
        }),
    ];
    for (kind, scenario) in kinds {
        let failure = comes_back(Engine::Explorer, scenario);
        assert_eq!(failure.kind(), kind);
        assert!(failure.replay().unwrap().to_string().len() < 60);
    }
}

#[test]
fn a_sampled_failure_comes_back() {
    comes_back(SAMPLER, || increments(false, false));
}

#[test]
fn loom_has_no_token() {
    let report = Checker::new()
        .engine(Engine::Loom)
        .run(|| increments(false, false));
    assert_eq!(report.failure().unwrap().replay(), None);
}

#[test]
fn a_token_is_for_every_engine_that_the_checker_may_have() {
    let report = Checker::new().run(|| increments(false, false));
    let token = token(report.failure().unwrap());
    let again = Checker::new()
        .engine(SAMPLER)
        .replay(&token, || increments(false, false));
    assert_eq!(*again.verdict(), Verdict::Failed, "{again}");
    assert_eq!(again.semantics().engine, "explorer");
}

#[test]
fn a_program_that_has_changed_does_not_fit() {
    let report = Checker::new().run(|| increments(false, false));
    let token = token(report.failure().unwrap());
    for changed in [
        (|| increments(true, false)) as fn(),
        || increments(false, true),
        || {},
        || {
            thread::spawn(|| {}).join().unwrap();
        },
    ] {
        let again = Checker::new().replay(&token, changed);
        let why = ends(&again);
        assert!(matches!(why, Incomplete::Misfit { .. }), "{again}");
        let text = why.to_string();
        assert!(
            text.contains("does not fit the scenario, which has changed"),
            "{text}"
        );
        assert!(text.contains("check anew"), "{text}");
    }
    let again = Checker::new().replay(&token, || increments(true, false));
    let text = ends(&again).to_string();
    assert!(
        text.contains("at `") && text.contains("replayed.rs:"),
        "{text}"
    );
}

fn publish(order: std::sync::atomic::Ordering) {
    let both = Arc::new((AtomicU32::new(0), AtomicBool::new(false)));
    let theirs = Arc::clone(&both);
    let writer = thread::spawn(move || {
        theirs.0.store(42, Relaxed);
        theirs.1.store(true, order);
    });
    if both.1.load(Acquire) {
        assert_eq!(both.0.load(Relaxed), 42);
    }
    writer.join().unwrap();
}

#[test]
fn what_the_memory_model_no_longer_allows_is_no_failure() {
    let report = Checker::new().run(|| publish(Relaxed));
    let token = token(report.failure().unwrap());
    let again = Checker::new().replay(&token, || publish(Release));
    let text = ends(&again).to_string();
    assert!(
        text.contains("is not possible any more: at `load` by main at"),
        "{text}"
    );
    // The same by a change that only the checker makes.
    let store = report.sites().iter().find(|site| {
        site.operation() == racecourse::check::Operation::Store
            && site.location().line
                == report
                    .sites()
                    .iter()
                    .filter(|s| s.operation() == site.operation())
                    .map(|s| s.location().line)
                    .max()
                    .unwrap()
    });
    let again = Checker::new()
        .with_ordering(store.unwrap(), Release)
        .replay(&token, || publish(Relaxed));
    assert!(
        ends(&again).to_string().contains("not possible any more"),
        "{again}"
    );
}

#[test]
fn what_fails_no_more_is_never_verified() {
    let pass = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let passes = Arc::clone(&pass);
    let scenario = move || {
        let other = thread::spawn(|| {});
        other.join().unwrap();
        assert!(passes.load(Relaxed), "not yet");
    };
    let report = Checker::new().run(scenario.clone());
    let token = token(report.failure().unwrap());
    pass.store(true, Relaxed);
    let again = Checker::new().replay(&token, scenario);
    assert_eq!(*ends(&again), Incomplete::Replayed);
    let text = again.to_string();
    assert!(
        text.contains("one execution was replayed, and nothing else was checked"),
        "{text}"
    );
}

#[test]
fn the_report_ends_with_the_token() {
    let report = Checker::new().run(|| increments(false, false));
    let token = report.failure().unwrap().replay().unwrap().to_string();
    assert!(
        report
            .to_string()
            .ends_with(&format!("\nreplay: {token}\n")),
        "{report}"
    );
    let options = racecourse::check::timeline::TextOptions::new().replay("again {} please");
    let text = report.render(&options.width(40));
    assert!(
        text.ends_with(&format!("\nreplay: again {token} please\n")),
        "{text}"
    );
}

#[test]
fn json_has_the_text_of_the_token() {
    let report = Checker::new().run(|| increments(false, false));
    let token = report.failure().unwrap().replay().unwrap();
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["failure"]["replay"], token.to_string());
    let back: Report = serde_json::from_value(json).unwrap();
    assert_eq!(back.failure().unwrap().replay(), Some(token));
    assert!(serde_json::from_str::<ReplayToken>("\"rc1-x\"").is_err());
}

#[test]
fn a_text_that_is_no_token_says_what_is_wrong() {
    let report = Checker::new().run(|| increments(false, false));
    let token = report.failure().unwrap().replay().unwrap().to_string();
    let error = |text: &str| text.parse::<ReplayToken>().unwrap_err().to_string();
    for text in ["", "x", "rc-", "rc1", "rcx-aa"] {
        assert!(error(text).contains("no replay token"), "{text}");
    }
    assert!(error(&token.replace("rc1-", "rc2-")).contains("another version of racecourse"));
    for cut in 4..token.len() {
        assert!(
            error(&token[..cut]).contains("damaged or cut short"),
            "{cut}"
        );
    }
    for at in 4..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'a' { b'b' } else { b'a' };
        let damaged = String::from_utf8(bytes).unwrap();
        // The last character may have bits that mean nothing, and are refused too.
        assert!(error(&damaged).contains("damaged"), "{damaged}");
    }
    let loud = token.to_ascii_uppercase().replace("RC1-", "rc1-");
    assert_eq!(
        format!(" {loud}\n")
            .parse::<ReplayToken>()
            .unwrap()
            .to_string(),
        token
    );
}

// --- random programs ---

#[derive(Clone, Debug)]
enum Act {
    Load(usize, bool),
    Store(usize, u32, bool),
    Add(usize),
    Exchange(usize, u32, u32),
    Locked(usize, u32),
    Wait,
    Notify,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (0..2_usize, any::<bool>()).prop_map(|(at, strong)| Act::Load(at, strong)),
        3 => (0..2_usize, 1..4_u32, any::<bool>()).prop_map(|(at, value, strong)| Act::Store(at, value, strong)),
        1 => (0..2_usize).prop_map(Act::Add),
        1 => (0..2_usize, 0..3_u32, 0..4_u32).prop_map(|(at, old, new)| Act::Exchange(at, old, new)),
        2 => (0..2_usize, 1..4_u32).prop_map(|(at, value)| Act::Locked(at, value)),
        1 => Just(Act::Wait),
        1 => Just(Act::Notify),
    ]
}

struct World {
    atomics: [AtomicU32; 2],
    lock: Mutex<u32>,
    bell: Condvar,
}

fn perform(world: &World, acts: &[Act]) -> u32 {
    let mut seen = 0_u32;
    for act in acts {
        let value = match act {
            Act::Load(at, strong) => {
                world.atomics[*at].load(if *strong { Acquire } else { Relaxed })
            }
            Act::Store(at, value, strong) => {
                world.atomics[*at].store(*value, if *strong { Release } else { Relaxed });
                0
            }
            Act::Add(at) => world.atomics[*at].fetch_add(1, AcqRel),
            Act::Exchange(at, old, new) => {
                let found = world.atomics[*at].compare_exchange_weak(*old, *new, Acquire, Relaxed);
                found.unwrap_or_else(|found| found + 10)
            }
            Act::Locked(at, value) => {
                let mut inner = world.lock.lock().unwrap();
                *inner = inner.wrapping_mul(3) + world.atomics[*at].load(Relaxed) + value;
                *inner
            }
            Act::Wait => {
                let inner = world.lock.lock().unwrap();
                *world.bell.wait(inner).unwrap()
            }
            Act::Notify => {
                world.bell.notify_one();
                0
            }
        };
        seen = seen.wrapping_mul(7).wrapping_add(value);
    }
    seen
}

proptest! {
    /// Programs of random operations, of which those with a certain result are taken for failures.
    #[test]
    fn failures_of_random_programs_come_back(
        programs in prop::collection::vec(prop::collection::vec(act(), 1..4), 2..4),
        modulus in 2..7_u32,
        bad in 0..7_u32,
    ) {
        let scenario = move || {
            let world = Arc::new(World {
                atomics: [AtomicU32::new(0), AtomicU32::new(0)],
                lock: Mutex::new(0),
                bell: Condvar::new(),
            });
            let threads: Vec<_> = programs[1..]
                .iter()
                .map(|acts| {
                    let (world, acts) = (Arc::clone(&world), acts.clone());
                    thread::spawn(move || perform(&world, &acts))
                })
                .collect();
            let mut seen = perform(&world, &programs[0]);
            for thread in threads {
                seen = seen.wrapping_mul(11).wrapping_add(thread.join().unwrap());
            }
            assert_ne!(seen % modulus, bad, "the bad result");
        };
        let checker = Checker::new().max_executions(2_000);
        let report = checker.run(scenario.clone());
        if let Some(failure) = report.failure() {
            let again = checker.replay(&token(failure), scenario.clone());
            let json = |report: &Report| serde_json::to_value(report.failure()).unwrap();
            prop_assert_eq!(json(&again), json(&report), "{}\n{}", report, again);
            let timeline = failure.timeline();
            for edge in &timeline.edges {
                prop_assert!(edge.from < timeline.steps.len() && edge.to < timeline.steps.len());
            }
            // What is an interleaving is shown as one.
            if failure.sequentially_consistent() {
                prop_assert!(timeline.steps.iter().all(|step| !step.stale), "{}", report);
            }
            let unexplained = |sentence: &String| sentence.contains("bug of racecourse");
            prop_assert!(!timeline.explanation.iter().any(unexplained), "{}", report);
            let twice = checker.run(scenario);
            prop_assert_eq!(json(&twice), json(&report));
        }
    }
}
