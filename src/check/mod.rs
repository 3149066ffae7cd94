//! Checking: run a scenario under every execution that an engine explores.
//!
//! [`check`] is for tests; a [`Checker`] chooses the engine and the bounds, collects
//! [every result](Checker::outcomes), and runs a scenario [as if an operation had another
//! ordering](Checker::with_ordering). [`semantics`] says what a verdict means, why it may be believed, and
//! what it does not cover.

mod checker;
mod clock;
mod coroutine;
mod crew;
mod deadlock;
pub(crate) mod dual;
pub(crate) mod execution;
mod explain;
mod explorer;
mod failure;
mod hook;
pub(crate) mod kernel;
mod linearize;
#[cfg(feature = "loom")]
mod loom;
mod objects;
mod ops;
mod outcomes;
mod perform;
mod races;
mod record;
mod remedy;
pub(crate) mod replay;
mod report;
mod rerun;
mod sampler;
mod sites;
#[doc = include_str!("explorer/why.md")]
pub mod semantics {}
pub mod timeline;
mod watch;
mod worker;

pub use checker::{Checker, Engine};
pub use failure::{Failure, FailureKind, Location};
pub use outcomes::Outcomes;
pub use replay::{ParseReplayTokenError, ReplayToken};
pub use report::{Incomplete, Report, Semantics, Verdict};
pub use sites::Site;
pub use timeline::{Edge, Operation, Relation, Step, Timeline};
pub use watch::Progress;

/// Checks `scenario` with the default [`Checker`] and [explanation](Checker::explain), and panics with the
/// counterexample if it fails, or with the reason if the search was not complete.
///
/// Two environment variables are for the person at the terminal; each says on standard error that it is in
/// effect, and neither makes a check pass:
/// - `RACECOURSE_REPLAY=TOKEN cargo test NAME` runs only the execution of a [`ReplayToken`], with which a
///   counterexample ends. The check then fails in any case, for nothing else was checked.
/// - `RACECOURSE_FAILURES=FILE` adds each failing execution to the file, with the name of its test. The next run of
///   the test tries those first, and removes those that fail no more.
///
/// # Panics
/// On any verdict but [`Verdict::Verified`]; and if such a variable, or the file, cannot be understood.
#[track_caller]
pub fn check(scenario: impl Fn() + Send + Sync + 'static) {
    let test = rerun::Test::current(core::panic::Location::caller());
    let scenario: checker::Scenario = std::sync::Arc::new(scenario);
    if let Err(why) = rerun::check(&test, &scenario) {
        panic!("{why}");
    }
}

/// Gives `object` a name that counterexamples show.
///
/// Pass the object itself, where it lives: `name(&*counter, "counter")` for an `Arc`, after the last
/// move. Outside of a check this does nothing.
pub fn name<T: ?Sized>(object: &T, name: &str) {
    if let Some(execution) = execution::current() {
        let address = core::ptr::from_ref(object).cast::<u8>().addr();
        execution.add_name(address, core::mem::size_of_val(object), name);
    }
}
