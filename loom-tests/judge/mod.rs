//! Runs scenarios under loom and compares the verdicts with what is declared.

use racecourse::check::{Checker, Engine, Incomplete, Report, Verdict};
use racecourse::pool::process::RemoteFunction;

use crate::processes;

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

/// The scenarios of a test program, by name, and what is declared of some of them; the others are declared verified.
pub(crate) struct Judge {
    pub(crate) scenarios: Vec<(&'static str, fn())>,
    pub(crate) others: Vec<(&'static str, Declared)>,
}

/// What a check has found, or what is wrong about it.
pub(crate) type Judged = Result<String, String>;

impl Judge {
    /// Checks the scenario of this number.
    pub(crate) fn judge(&self, number: usize) -> Judged {
        let (name, scenario) = self.scenarios[number];
        let declared = self
            .others
            .iter()
            .find(|(other, _)| *other == name)
            .map_or(Declared::Verified, |(_, declared)| *declared);
        let declared = match declared {
            Declared::UpToPreemptions { .. } if std::env::var_os(SOAK).is_some() => {
                Declared::Verified
            }
            declared => declared,
        };
        let checker = Checker::new().engine(Engine::Loom);
        let report = match declared {
            Declared::UpToPreemptions { executions, .. } => {
                checker.max_executions(executions).run(scenario)
            }
            _ => checker.run(scenario),
        };
        if as_declared(declared, &report) {
            Ok(format!(
                "{name}: {:?}, {} executions, {:?}, up to {:?} preemptions",
                report.verdict(),
                report.executions(),
                report.elapsed(),
                report.complete_up_to_preemptions()
            ))
        } else {
            Err(format!("{name}: declared {declared:?}\n{report}"))
        }
    }

    /// Checks every scenario, in processes where `one` is [`judge`](Self::judge).
    pub(crate) fn all<F>(&self, one: F)
    where
        F: RemoteFunction<usize, Output = Judged> + Send + Sync + 'static,
    {
        for (name, _) in &self.others {
            assert!(
                self.scenarios.iter().any(|(known, _)| known == name),
                "no scenario is called {name}"
            );
        }
        let mut wrong = Vec::new();
        for judged in processes::map(one, 0..self.scenarios.len()) {
            match judged {
                Ok(found) => println!("{found}"),
                Err(text) => wrong.push(text),
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
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
