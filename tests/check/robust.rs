//! Whatever a scenario does, a check comes back with a verdict, and costs nothing else.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use racecourse::check::{Checker, Engine, FailureKind, Incomplete, Report, Verdict};
use racecourse::sync::atomic::{AtomicBool, AtomicU32, Ordering::*};
use racecourse::sync::{Condvar, Mutex};
use racecourse::thread;

const SAMPLER: Engine = Engine::Sampler {
    seed: 3,
    executions: 300,
};
const ENGINES: [Engine; 3] = [Engine::Explorer, Engine::Loom, SAMPLER];

fn run(engine: Engine, scenario: fn()) -> Report {
    Checker::new()
        .engine(engine)
        .stall_timeout(Duration::from_secs(3))
        .run(scenario)
}

#[track_caller]
fn fails(engine: Engine, kind: FailureKind, message: &str, scenario: fn()) -> Report {
    let report = run(engine, scenario);
    let failure = report
        .failure()
        .unwrap_or_else(|| panic!("{engine:?}: {report}"));
    assert_eq!(failure.kind(), kind, "{engine:?}: {report}");
    assert!(failure.message().contains(message), "{engine:?}: {report}");
    report
}

struct PanicsInDrop;
impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        panic!("from the destructor");
    }
}

#[test]
fn a_destructor_that_panics() {
    for engine in ENGINES {
        fails(engine, FailureKind::Panic, "from the destructor", || {
            drop(PanicsInDrop)
        });
    }
}

#[test]
fn a_destructor_that_panics_while_unwinding_does_not_abort() {
    for engine in ENGINES {
        fails(
            engine,
            FailureKind::Panic,
            "aborts the process: from the destructor",
            || {
                let _guard = PanicsInDrop;
                panic!("first");
            },
        );
    }
}

#[test]
fn a_destructor_that_panics_in_the_teardown_does_not_abort() {
    for engine in ENGINES {
        fails(engine, FailureKind::Deadlock, "waits for ever", || {
            let _guard = PanicsInDrop;
            let pair = (Mutex::new(()), Condvar::new());
            drop(pair.1.wait(pair.0.lock().unwrap()));
        });
    }
}

#[test]
fn a_destructor_that_performs_operations_in_the_teardown() {
    struct Touches(Arc<(Mutex<u32>, AtomicU32)>);
    impl Drop for Touches {
        fn drop(&mut self) {
            // Poisoned, where its thread unwinds.
            drop(self.0.0.lock());
            while self.0.1.load(Acquire) == 7 {
                racecourse::hint::spin_loop();
            }
            self.0.1.fetch_add(1, AcqRel);
        }
    }
    for engine in ENGINES {
        fails(engine, FailureKind::Deadlock, "", || {
            let shared = Arc::new((Mutex::new(0), AtomicU32::new(0)));
            let other = Touches(Arc::clone(&shared));
            let thread = thread::spawn(move || {
                let other = other;
                let _a = other.0.0.lock().unwrap();
                thread::park();
            });
            thread.join().unwrap();
        });
    }
}

#[test]
fn payloads_that_are_not_strings() {
    for engine in ENGINES {
        fails(engine, FailureKind::Panic, "not a string", || {
            std::panic::panic_any(42)
        });
        fails(engine, FailureKind::Panic, "", || {
            std::panic::resume_unwind(Box::new(42))
        });
        let report = run(engine, || {
            let error = thread::spawn(|| std::panic::panic_any(42))
                .join()
                .unwrap_err();
            assert_eq!(*error.downcast_ref::<i32>().unwrap(), 42);
        });
        assert!(report.failure().is_none(), "{report}");
    }
}

#[test]
fn a_std_lock_held_across_an_operation_is_told() {
    for engine in ENGINES {
        let report = Checker::new()
            .engine(engine)
            .stall_timeout(Duration::from_millis(300))
            .run(|| {
                let shared = Arc::new((std::sync::Mutex::new(()), AtomicU32::new(0)));
                let other = Arc::clone(&shared);
                let work = |shared: &(std::sync::Mutex<()>, AtomicU32)| {
                    let _held = shared.0.lock().unwrap();
                    shared.1.fetch_add(1, Relaxed);
                };
                let thread = thread::spawn(move || work(&other));
                work(&shared);
                thread.join().unwrap();
            });
        let Verdict::Incomplete(Incomplete::Stalled { last, .. }) = report.verdict() else {
            panic!("{report}")
        };
        assert!(last.contains("robust.rs"), "{last}");
    }
}

#[test]
fn an_endless_loop_without_operations_is_told() {
    for engine in ENGINES {
        let start = Instant::now();
        let report = Checker::new()
            .engine(engine)
            .stall_timeout(Duration::from_millis(200))
            .run(|| {
                AtomicU32::new(0).load(Relaxed);
                loop {
                    std::thread::sleep(Duration::from_secs(60));
                }
            });
        assert!(
            matches!(
                report.verdict(),
                Verdict::Incomplete(Incomplete::Stalled { .. })
            ),
            "{report}"
        );
        assert!(start.elapsed() < Duration::from_secs(30));
    }
}

#[test]
fn an_endless_loop_of_operations_is_told() {
    for engine in ENGINES {
        let report = run(engine, || {
            let stop = AtomicBool::new(false);
            while !stop.load(Relaxed) {}
        });
        assert!(
            matches!(
                report.verdict(),
                Verdict::Incomplete(Incomplete::Endless { .. })
            ),
            "{report}"
        );
    }
}

#[test]
fn a_spin_that_ends_is_no_endless_loop() {
    for engine in ENGINES {
        let report = run(engine, || {
            let stop = Arc::new(AtomicBool::new(false));
            let other = Arc::clone(&stop);
            let thread = thread::spawn(move || other.store(true, Release));
            while !stop.load(Acquire) {
                racecourse::hint::spin_loop();
            }
            thread.join().unwrap();
        });
        assert!(report.failure().is_none(), "{report}");
        assert!(
            !matches!(
                report.verdict(),
                Verdict::Incomplete(Incomplete::Endless { .. })
            ),
            "{report}"
        );
    }
}

#[test]
fn a_check_in_a_check_is_refused() {
    for engine in ENGINES {
        fails(engine, FailureKind::Misuse, "inside a check", || {
            let _ = Checker::new().run(|| {});
        });
    }
}

#[test]
fn objects_from_outside_are_refused() {
    for engine in ENGINES {
        let outside = Arc::new(AtomicU32::new(0));
        let report = Checker::new().engine(engine).run(move || {
            outside.load(Relaxed);
        });
        let failure = report.failure().unwrap_or_else(|| panic!("{report}"));
        assert_eq!(failure.kind(), FailureKind::Misuse, "{report}");
        assert!(
            failure.message().contains("create it inside the scenario"),
            "{report}"
        );
        let outside = Arc::new(Mutex::new(0));
        let report = Checker::new()
            .engine(engine)
            .run(move || drop(outside.lock()));
        assert_eq!(
            report.failure().map(|failure| failure.kind()),
            Some(FailureKind::Misuse),
            "{report}"
        );
    }
}

#[test]
fn an_object_kept_from_an_earlier_execution_is_refused() {
    for engine in ENGINES {
        let kept: Arc<std::sync::Mutex<Option<Arc<AtomicU32>>>> = Arc::default();
        let inner = Arc::clone(&kept);
        let report = Checker::new().engine(engine).run(move || {
            let fresh = Arc::new(AtomicU32::new(0));
            let other = Arc::clone(&fresh);
            let thread = thread::spawn(move || other.store(1, Relaxed));
            let old = inner.lock().unwrap().replace(Arc::clone(&fresh));
            fresh.load(Relaxed);
            if let Some(old) = old {
                old.load(Relaxed);
            }
            thread.join().unwrap();
        });
        assert_eq!(
            report.failure().map(|failure| failure.kind()),
            Some(FailureKind::Misuse),
            "{report}"
        );
        let escaped = kept.lock().unwrap().take().unwrap();
        let error = catch_unwind(AssertUnwindSafe(|| escaped.load(Relaxed))).unwrap_err();
        assert!(
            error
                .downcast_ref::<String>()
                .is_some_and(|text| text.contains("used outside of it"))
                || error
                    .downcast_ref::<&str>()
                    .is_some_and(|text| text.contains("used outside of it"))
        );
    }
}

#[test]
fn static_atomics_begin_anew() {
    static COUNT: AtomicU32 = AtomicU32::const_new(5);
    for engine in ENGINES {
        let report = run(engine, || {
            let thread = thread::spawn(|| COUNT.fetch_add(1, Relaxed));
            COUNT.fetch_add(1, Relaxed);
            thread.join().unwrap();
            assert_eq!(COUNT.load(Relaxed), 7);
        });
        assert!(report.failure().is_none(), "{report}");
    }
    assert_eq!(COUNT.load(Relaxed), 5);
}

#[test]
fn a_caught_panic_is_no_failure() {
    for engine in ENGINES {
        let report = run(engine, || {
            let mutex = Arc::new(Mutex::new(0));
            let other = Arc::clone(&mutex);
            let caught = catch_unwind(AssertUnwindSafe(|| {
                let _guard = mutex.lock().unwrap();
                assert!(!thread::panicking());
                panic!("caught");
            }));
            assert!(caught.is_err());
            assert!(!thread::panicking());
            assert!(mutex.is_poisoned());
            let thread = thread::spawn(move || assert!(other.lock().is_err()));
            thread.join().unwrap();
            mutex.clear_poison();
            assert!(mutex.lock().is_ok());
        });
        assert!(report.failure().is_none(), "{report}");
    }
}

#[test]
fn threads_panic_independently() {
    struct Looks(Arc<AtomicU32>);
    impl Drop for Looks {
        fn drop(&mut self) {
            self.0.fetch_add(1, Relaxed);
            assert!(thread::panicking());
            self.0.fetch_add(1, Relaxed);
        }
    }
    for engine in ENGINES {
        let report = run(engine, || {
            let count = Arc::new(AtomicU32::new(0));
            let looks = Looks(Arc::clone(&count));
            let thread = thread::spawn(move || {
                let _looks = looks;
                panic!("child");
            });
            assert!(!thread::panicking());
            count.fetch_add(1, Relaxed);
            assert!(!thread::panicking());
            assert!(thread.join().is_err());
        });
        assert!(report.failure().is_none(), "{report}");
    }
}

#[test]
fn six_threads_are_too_many_for_loom() {
    fn six() {
        let threads: Vec<_> = (0..5).map(|_| thread::spawn(|| {})).collect();
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
    }
    let report = run(Engine::Loom, six);
    assert_eq!(
        report.verdict(),
        &Verdict::Incomplete(Incomplete::TooManyThreads { most: 5 }),
        "{report}"
    );
    assert!(run(SAMPLER, six).failure().is_none());
}

#[test]
fn bounds_make_it_incomplete() {
    fn three() {
        let count = Arc::new(AtomicU32::new(0));
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let count = Arc::clone(&count);
                thread::spawn(move || {
                    for _ in 0..3 {
                        count.fetch_add(1, Relaxed);
                    }
                })
            })
            .collect();
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
    }
    let report = Checker::new()
        .engine(Engine::Loom)
        .max_executions(5)
        .run(three);
    assert_eq!(
        report.verdict(),
        &Verdict::Incomplete(Incomplete::MaxExecutions(5)),
        "{report}"
    );
    assert_eq!(report.executions(), 5);
    let report = Checker::new()
        .engine(Engine::Loom)
        .max_duration(Duration::ZERO)
        .run(three);
    assert!(
        matches!(
            report.verdict(),
            Verdict::Incomplete(Incomplete::MaxDuration(_))
        ),
        "{report}"
    );
}

#[test]
fn what_a_scenario_prints_belongs_to_its_counterexample() {
    for engine in ENGINES {
        let report = fails(engine, FailureKind::Panic, "seen", || {
            racecourse::println!("a line of {}", "output");
            panic!("seen");
        });
        assert!(report.to_string().contains("a line of output"), "{report}");
    }
}

#[test]
fn a_scenario_without_threads_says_so() {
    let report = run(Engine::Loom, || {
        AtomicU32::new(0).store(1, Relaxed);
    });
    assert_eq!(report.verdict(), &Verdict::Verified);
    assert!(!report.is_concurrent());
    assert!(
        report.to_string().contains("never had a second thread"),
        "{report}"
    );
}

#[test]
fn checks_run_side_by_side() {
    let threads: Vec<_> = (0..8)
        .map(|i| {
            std::thread::spawn(move || {
                for _ in 0..10 {
                    fails(ENGINES[i % 2], FailureKind::Deadlock, "", || {
                        let pair = (Mutex::new(()), Condvar::new());
                        drop(pair.1.wait(pair.0.lock().unwrap()));
                    });
                }
            })
        })
        .collect();
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
}

#[test]
fn checks_do_not_touch_panics_elsewhere() {
    let _ = run(SAMPLER, || {});
    let error = std::thread::spawn(|| panic!("native")).join().unwrap_err();
    assert_eq!(*error.downcast_ref::<&str>().unwrap(), "native");
}

#[test]
fn a_stack_overflow_is_told() {
    const CHILD: &str = "RACECOURSE_TEST_OVERFLOW";
    #[inline(never)]
    fn recurse(depth: u64) -> u64 {
        let frame = std::hint::black_box([depth; 64]);
        if depth == u64::MAX {
            0
        } else {
            recurse(depth + 1) + frame[3]
        }
    }
    if let Ok(engine) = std::env::var(CHILD) {
        let engine = if engine == "loom" {
            Engine::Loom
        } else {
            SAMPLER
        };
        let _ = run(engine, || {
            std::hint::black_box(recurse(0));
        });
        unreachable!("the process is dead by now");
    }
    for engine in ["loom", "sampler"] {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "robust::a_stack_overflow_is_told", "--nocapture"])
            .env(CHILD, engine)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success());
        assert!(
            text.contains("overflowed its stack, which ends the process"),
            "{engine}: {text}"
        );
    }
}
