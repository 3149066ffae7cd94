//! The thread pool's protocol, under every execution that loom knows.

#[path = "../tests/pool/scenarios.rs"]
mod scenarios;

mod judge;
mod processes;

use judge::Declared::{self, Timed, UpToPreemptions};
use judge::{Judge, Judged};

#[cfg(unix)]
racecourse::enter_tests!();

/// Every execution with at most two preemptions; with three, which takes so many `executions`, if the environment says
/// `RACECOURSE_PREEMPTIONS=3`. The number differs from scenario to scenario, not from run to run.
fn up_to_three(executions: u64) -> Declared {
    if std::env::var_os("RACECOURSE_PREEMPTIONS").is_some_and(|bound| bound == "3") {
        return UpToPreemptions {
            bound: 3,
            executions,
        };
    }
    UpToPreemptions {
        bound: 2,
        executions: 6_000,
    }
}

fn judge(number: usize) -> Judged {
    declared().judge(number)
}
racecourse::remote!(JudgeOne = judge(usize) -> Judged);

fn declared() -> Judge {
    Judge {
        scenarios: scenarios::ALL.to_vec(),
        others: vec![
            ("two-submits", up_to_three(25_000)),
            ("two-submitters", up_to_three(15_000)),
            ("nested-join-two-workers", up_to_three(15_000)),
            ("pipeline", up_to_three(25_000)),
            ("help-with-child", up_to_three(15_000)),
            ("scope", up_to_three(40_000)),
            ("join-immediate", up_to_three(15_000)),
            ("join-twice", up_to_three(15_000)),
            ("join-second-panics", up_to_three(15_000)),
            ("map", up_to_three(40_000)),
            ("map-panic", up_to_three(40_000)),
            ("as-completed", up_to_three(25_000)),
            ("panic-scope", up_to_three(15_000)),
            ("join-timeout", Timed),
        ],
    }
}

#[test]
fn every_scenario_is_judged_as_declared() {
    declared().all(JudgeOne);
}
