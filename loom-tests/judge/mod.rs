//! Runs scenarios under loom and compares the verdicts with what is declared.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

use racecourse::check::{Checker, Engine, Incomplete, Report, Verdict};

/// What loom says of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "each test target uses its own")]
pub(crate) enum Declared {
    /// Every execution is explored and none fails.
    Verified,
    /// It uses timeouts, with which loom verifies nothing, and maybe is doubted too; none fails.
    Timed,
    /// It uses `try_lock`, which loom does not explore against other uses of the lock; none fails.
    Tries,
    /// It reads an atomic relaxed before a read-modify-write of it, where loom is not believed; none fails.
    Doubted,
    /// Too large to be explored whole; with at most `bound` preemptions every execution is, within so many
    /// `executions`, and none fails.
    UpToPreemptions { bound: u32, executions: u64 },
}

/// Set to run the searches that are not declared to end to their ends, however long that takes (in a release build).
const SOAK: &str = "RACECOURSE_SOAK";

/// Checks every scenario; those that `others` does not name are declared verified.
pub(crate) fn all(scenarios: &[(&'static str, fn())], others: &[(&str, Declared)]) {
    for (name, _) in others {
        assert!(
            scenarios.iter().any(|(known, _)| known == name),
            "no scenario is called {name}"
        );
    }
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    // A check keeps to one processor; the largest scenarios take seconds, so they do not wait for each other.
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some((name, scenario)) = scenarios.get(next.fetch_add(1, Relaxed)) {
                    let declared = others
                        .iter()
                        .find(|(other, _)| other == name)
                        .map_or(Declared::Verified, |(_, d)| *d);
                    if let Err(text) = judge(name, *scenario, declared) {
                        wrong.lock().unwrap().push(text);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Checks one scenario.
fn judge(name: &str, scenario: fn(), declared: Declared) -> Result<(), String> {
    let declared = match declared {
        Declared::UpToPreemptions { .. } if std::env::var_os(SOAK).is_some() => Declared::Verified,
        declared => declared,
    };
    let checker = Checker::new().engine(Engine::Loom);
    let report = match declared {
        Declared::UpToPreemptions { executions, .. } => {
            checker.max_executions(executions).run(scenario)
        }
        _ => checker.run(scenario),
    };
    println!(
        "{name}: {:?}, {} executions, {:?}, up to {:?} preemptions",
        report.verdict(),
        report.executions(),
        report.elapsed(),
        report.complete_up_to_preemptions()
    );
    if as_declared(declared, &report) {
        Ok(())
    } else {
        Err(format!("{name}: declared {declared:?}\n{report}"))
    }
}

fn as_declared(declared: Declared, report: &Report) -> bool {
    match (declared, report.verdict()) {
        (Declared::Verified, Verdict::Verified) => true,
        (Declared::Timed, Verdict::Incomplete(Incomplete::Unreliable { uses })) => {
            uses.iter().any(|what| what.contains("timeouts"))
                && uses.iter().all(|what| {
                    what.contains("timeouts") || what.contains("through relaxed accesses")
                })
        }
        (Declared::Tries, Verdict::Incomplete(Incomplete::Unreliable { uses })) => {
            uses.iter().all(|what| what.contains("try_lock"))
        }
        (Declared::Doubted, Verdict::Incomplete(Incomplete::Unreliable { uses })) => uses
            .iter()
            .all(|what| what.contains("through relaxed accesses")),
        (
            Declared::UpToPreemptions { bound, .. },
            Verdict::Incomplete(Incomplete::MaxExecutions(_)),
        ) => report.complete_up_to_preemptions() >= Some(bound),
        _ => false,
    }
}
