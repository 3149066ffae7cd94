//! Runs scenarios under loom and compares the verdicts with what is declared.

use racecourse::check::{Checker, Engine, Incomplete, Report, Verdict};

/// What loom says of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "each test target uses its own")]
pub(crate) enum Declared {
    /// Every execution is explored and none fails.
    Verified,
    /// It uses timeouts, with which loom verifies nothing; none fails.
    Timed,
    /// It reads an atomic relaxed before a read-modify-write of it, where loom is not believed; none fails.
    Doubted,
    /// Too large to be explored whole; with at most this many preemptions every execution is, and none fails.
    UpToPreemptions(u32),
}

/// Executions after which a search that is not declared to end is cut.
const CUT: u64 = 40_000;

/// Set to run those searches to their ends, however long that takes (in a release build).
const SOAK: &str = "RACECOURSE_SOAK";

/// Checks every scenario; those that `others` does not name are declared verified.
pub(crate) fn all(scenarios: &[(&'static str, fn())], others: &[(&str, Declared)]) {
    let mut wrong = Vec::new();
    for (name, _) in others {
        assert!(
            scenarios.iter().any(|(known, _)| known == name),
            "no scenario is called {name}"
        );
    }
    let soak = std::env::var_os(SOAK).is_some();
    for (name, scenario) in scenarios {
        let declared = others
            .iter()
            .find(|(other, _)| other == name)
            .map_or(Declared::Verified, |(_, d)| *d);
        let declared = match declared {
            Declared::UpToPreemptions(_) if soak => Declared::Verified,
            declared => declared,
        };
        let checker = Checker::new().engine(Engine::Loom);
        let report = match declared {
            Declared::UpToPreemptions(_) => checker.max_executions(CUT).run(*scenario),
            _ => checker.run(*scenario),
        };
        println!(
            "{name}: {:?}, {} executions, {:?}, up to {:?} preemptions",
            report.verdict(),
            report.executions(),
            report.elapsed(),
            report.complete_up_to_preemptions()
        );
        if !as_declared(declared, &report) {
            wrong.push(format!("{name}: declared {declared:?}\n{report}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn as_declared(declared: Declared, report: &Report) -> bool {
    match (declared, report.verdict()) {
        (Declared::Verified, Verdict::Verified) => true,
        (Declared::Timed, Verdict::Incomplete(Incomplete::Unreliable { uses })) => {
            uses.iter().all(|what| what.contains("timeouts"))
        }
        (Declared::Doubted, Verdict::Incomplete(Incomplete::Unreliable { uses })) => uses
            .iter()
            .all(|what| what.contains("through relaxed accesses")),
        (Declared::UpToPreemptions(bound), Verdict::Incomplete(Incomplete::MaxExecutions(_))) => {
            report.complete_up_to_preemptions() >= Some(bound)
        }
        _ => false,
    }
}
