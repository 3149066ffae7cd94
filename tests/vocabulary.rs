//! The vocabulary's locks, things done once, channels and counted references, under the engines.

use std::cell::Cell;
use std::time::Duration;

use racecourse::check::{Checker, Engine, Failure, FailureKind, Report, Verdict};
use racecourse::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use racecourse::{parking_lot, sync, thread};

#[path = "vocabulary/arc.rs"]
mod arc;
#[path = "vocabulary/locks.rs"]
mod locks;
#[path = "vocabulary/loom_form.rs"]
mod loom_form;
#[path = "vocabulary/mpsc.rs"]
mod mpsc;
#[path = "vocabulary/once.rs"]
mod once;

const SAMPLER: Engine = Engine::Sampler {
    seed: 1,
    executions: 300,
};
const SOON: Duration = Duration::from_millis(1);

fn run(engine: Engine, scenario: fn()) -> Report {
    Checker::new().engine(engine).run(scenario)
}

/// No engine finds anything, and the explorer and loom are sure.
#[track_caller]
fn verified(scenario: fn()) {
    explored(scenario);
    let report = run(Engine::Loom, scenario);
    assert!(matches!(report.verdict(), Verdict::Verified), "{report}");
    clean_when_sampled(scenario);
}

#[track_caller]
fn explored(scenario: fn()) {
    let report = run(Engine::Explorer, scenario);
    assert!(matches!(report.verdict(), Verdict::Verified), "{report}");
}

/// No engine finds anything; loom is not sure, for the scenario uses what loom judges wrongly.
#[track_caller]
fn clean(scenario: fn()) {
    explored(scenario);
    let report = run(Engine::Loom, scenario);
    assert!(
        matches!(report.verdict(), Verdict::Incomplete(_)),
        "{report}"
    );
    clean_when_sampled(scenario);
}

#[track_caller]
fn clean_when_sampled(scenario: fn()) {
    let report = run(SAMPLER, scenario);
    assert!(report.failure().is_none(), "{report}");
}

/// Every engine finds a failure of this kind; returns the explorer's, loom's and the sampler's.
#[track_caller]
fn fails(kind: FailureKind, scenario: fn()) -> [Failure; 3] {
    [Engine::Explorer, Engine::Loom, SAMPLER].map(|engine| fails_under(engine, kind, scenario))
}

#[track_caller]
fn fails_under(engine: Engine, kind: FailureKind, scenario: fn()) -> Failure {
    let report = run(engine, scenario);
    let Some(failure) = report.failure() else {
        panic!("{engine:?} finds nothing: {report}");
    };
    assert_eq!(failure.kind(), kind, "{report}");
    failure.clone()
}

/// What the timeline says in all.
fn told(failure: &Failure) -> String {
    let timeline = failure.timeline();
    format!("{} {:?}", timeline.sentence, timeline.details)
}
