//! Runs the scenarios of the primitives and of the pools under one engine, the quickest first, up to the first that fails.
//!
//! `racecourse-judge explorer` or `racecourse-judge loom`, and parts of names, if not all scenarios are meant. Prints lines as a
//! test harness does, so that what reads those reads these.

#[path = "../../../../tests/primitives/scenarios/mod.rs"]
mod primitives;

#[path = "../../../../tests/pool/scenarios.rs"]
mod pool;

use std::process::ExitCode;
use std::time::Duration;

use racecourse::check::{Checker, Engine};

/// For each scenario in each round: what fails does so early, and what is large is looked at last.
const ROUNDS: [Duration; 3] = [
    Duration::from_millis(300),
    Duration::from_millis(1_500),
    Duration::from_secs(15),
];

fn main() -> ExitCode {
    let engine = match std::env::args().nth(1).as_deref() {
        Some("explorer") => Engine::Explorer,
        Some("loom") => Engine::Loom,
        other => {
            eprintln!("which engine? `explorer` or `loom`, and not {other:?}");
            return ExitCode::from(2);
        }
    };
    let mut left = primitives::all();
    left.extend(pool::ALL.iter().map(|(name, scenario)| (*name, *scenario)));
    let wanted: Vec<_> = std::env::args().skip(2).collect();
    left.retain(|(name, _)| wanted.is_empty() || wanted.iter().any(|part| name.contains(part)));
    // What loom has not ended by then has hundred thousands of executions.
    let rounds = match engine {
        Engine::Loom => &ROUNDS[..2],
        _ => &ROUNDS[..],
    };
    for &limit in rounds {
        let mut unfinished = Vec::new();
        for (name, scenario) in left {
            let checker = Checker::new().engine(engine).max_duration(limit);
            let report = checker.spurious_wakeups(0).run(scenario);
            if let Some(failure) = report.failure() {
                println!("test {name} ({}) ... FAILED", failure.kind());
                return ExitCode::from(101);
            }
            if *report.verdict() == racecourse::check::Verdict::Verified {
                println!("test {name} ... ok");
            } else {
                unfinished.push((name, scenario));
            }
        }
        left = unfinished;
    }
    for (name, _) in left {
        println!("test {name} ... not to the end");
    }
    ExitCode::SUCCESS
}
