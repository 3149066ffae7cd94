//! Every lab, every primitive and the pool's protocol under the explorer: each scenario to its end.

#[path = "../primitives/scenarios.rs"]
mod primitives;

#[path = "../pool/scenarios.rs"]
mod pool;

use std::time::Duration;

use racecourse::check::{Checker, Engine, Verdict};

fn verified(scenarios: &[(&str, fn())]) {
    let mut wrong = Vec::new();
    for (name, scenario) in scenarios {
        let checker = Checker::new()
            .engine(Engine::Explorer)
            .max_duration(Duration::from_secs(60));
        let report = checker.run(*scenario);
        println!(
            "{name}: {:?}, {} executions, {} blocked, {:?}, estimate {:?}",
            report.verdict(),
            report.executions(),
            report.blocked(),
            report.elapsed(),
            report.estimate(),
        );
        if *report.verdict() != Verdict::Verified {
            wrong.push(format!("{name}: {report}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_primitive_is_verified() {
    verified(primitives::ALL);
}

#[test]
fn the_pool_is_verified() {
    verified(pool::ALL);
}
