//! Every lab, every primitive and the pool's protocol under the explorer; and what only the explorer offers.

#[path = "../primitives/scenarios/mod.rs"]
mod primitives;

#[path = "../pool/scenarios.rs"]
mod pool;

mod earned;
mod labs;
mod offers;
mod orderings;

use racecourse::check::{Checker, Incomplete, Report, Verdict};

/// How far a scenario is explored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    /// To its end, with a spurious wakeup in each execution.
    Whole,
    /// To its end, without spurious wakeups: each would multiply the executions by the number of waits.
    Punctual,
    /// The same, but only if there is time (`RACECOURSE_SOAK`); else a beginning.
    Long,
}

/// Executions that are the beginning of a long one.
const BEGINNING: u64 = 5_000;

fn explore(extent: Extent, soak: bool, scenario: fn()) -> Report {
    let checker = match extent {
        Extent::Whole => Checker::new(),
        Extent::Punctual | Extent::Long if soak => Checker::new(),
        Extent::Punctual => Checker::new().spurious_wakeups(0),
        Extent::Long => Checker::new().spurious_wakeups(0).max_executions(BEGINNING),
    };
    checker.run(scenario)
}

/// Every scenario is verified; `others` are those that are not explored whole.
fn verified(scenarios: &[(&'static str, fn())], others: &[(&str, Extent)]) {
    for (name, _) in others {
        assert!(
            scenarios.iter().any(|(known, _)| known == name),
            "no scenario is called {name}"
        );
    }
    let soak = std::env::var_os("RACECOURSE_SOAK").is_some();
    let mut wrong = Vec::new();
    for (name, scenario) in scenarios {
        let other = others.iter().find(|(other, _)| other == name);
        let extent = other.map_or(Extent::Whole, |(_, extent)| *extent);
        let report = explore(extent, soak, *scenario);
        println!(
            "{name}: {extent:?}, {} executions, {} blocked, {:?}",
            report.executions(),
            report.blocked(),
            report.elapsed(),
        );
        let right = match (extent, report.verdict()) {
            (_, Verdict::Verified) => true,
            (Extent::Long, Verdict::Incomplete(Incomplete::MaxExecutions(_))) => !soak,
            _ => false,
        };
        if !right {
            wrong.push(format!("{name}: {report}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_primitive_is_verified() {
    verified(&primitives::all(), &[]);
}

#[test]
fn the_pool_is_verified() {
    verified(
        pool::ALL,
        &[
            ("two-submits", Extent::Punctual),
            ("nested-join-two-workers", Extent::Punctual),
            ("help-with-child", Extent::Punctual),
            ("as-completed", Extent::Punctual),
            ("pipeline", Extent::Long),
            ("scope", Extent::Long),
            ("map", Extent::Long),
            ("map-panic", Extent::Long),
        ],
    );
}
