//! Every scenario of the primitives and of the pool under the sampler, which draws stale reads, wakes spuriously, ends
//! waits by timeouts and wakes any waiter: also where the explorer does not come to an end.

#[path = "pool/scenarios.rs"]
mod pool;
#[path = "primitives/scenarios/mod.rs"]
mod primitives;

use racecourse::check::{Checker, Engine, Incomplete, Verdict};

fn sample(scenarios: &[(&str, fn())]) {
    for (seed, (name, scenario)) in scenarios.iter().enumerate() {
        let engine = Engine::Sampler {
            seed: seed as u64,
            executions: 2_000,
        };
        let report = Checker::new().engine(engine).run(*scenario);
        let sampled = matches!(
            report.verdict(),
            Verdict::Incomplete(Incomplete::Sampled { .. })
        );
        assert!(sampled, "{name}: {report}");
        println!(
            "{name}: {} executions, {} blocked, {} distinct, {:?}",
            report.executions(),
            report.blocked(),
            report.sampled().map_or(0, |sampled| sampled.distinct),
            report.elapsed()
        );
    }
}

#[test]
fn primitives_do_not_fail() {
    sample(&primitives::all());
}

#[test]
fn the_pool_does_not_fail() {
    sample(pool::ALL);
}
