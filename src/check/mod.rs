//! Checking: run a scenario under every schedule that an engine explores.

mod checker;
mod failure;
mod report;
pub mod timeline;

pub use checker::{Checker, Engine};
pub use failure::{Failure, FailureKind, Location};
pub use report::{Incomplete, Report, Semantics, Verdict};
pub use timeline::{Operation, Step, Timeline};

/// Checks `scenario` with the default [`Checker`], and panics with the counterexample.
#[track_caller]
pub fn check(scenario: impl Fn() + Send + Sync + 'static) {
    let report = Checker::new().run(scenario);
    if !matches!(report.verdict(), Verdict::Verified) {
        panic!("{report}");
    }
}

/// Gives `object` a name that counterexamples show.
pub fn name<T: ?Sized>(_object: &T, _name: &str) {}
