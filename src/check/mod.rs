//! Checking: run a scenario under every execution that an engine explores.
//!
//! [`check`] is for tests; a [`Checker`] chooses the engine and the bounds, collects
//! [every result](Checker::outcomes), and runs a scenario [as if an operation had another
//! ordering](Checker::with_ordering); [`Weakest`] finds the weakest that do. [`semantics`] says what a verdict means,
//! why it may be believed, and what it does not cover. [`lock_order`] asks a plain run for the deadlocks that could have
//! happened in it.

mod checker;
pub(crate) mod clock;
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
pub mod lock_order;
#[cfg(feature = "loom")]
mod loom;
mod objects;
mod ops;
mod outcomes;
mod pages;
mod perform;
mod races;
mod record;
mod remedy;
pub(crate) mod replay;
mod report;
mod rerun;
mod sites;
#[doc = include_str!("explorer/why.md")]
pub mod semantics {}
pub mod timeline;
mod watch;
mod weakest;
mod worker;

pub use checker::{Checker, Engine};
pub use failure::{Failure, FailureKind, Location};
pub use outcomes::Outcomes;
pub use replay::{ParseReplayTokenError, ReplayToken};
#[cfg(feature = "labs")]
pub(crate) use report::text::grouped;
pub use report::{Incomplete, MergeError, Report, Sampled, Semantics, Shard, Verdict};
pub use sites::Site;
pub use timeline::{Edge, Operation, Relation, Step, Timeline};
pub use watch::Progress;
pub use weakest::{Assignment, NotVerified, Orderings, Sought, Weakest};

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
/// # A page for each failure
/// If the environment variable `RACECOURSE_HTML` names a directory, each check that fails writes the counterexample there
/// as a [page](Report::to_html) to go through step by step, named after the test, and the message ends with its path:
///
/// ```sh
/// RACECOURSE_HTML=target/racecourse cargo test
/// ```
///
/// The directory is made if it is not there; a relative one counts from where the test runs, with Cargo the folder of its
/// package. A page of an earlier run is overwritten, one of another test never. What cannot be written is said in the
/// message, and changes no verdict.
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
/// move. Outside of a check it names locks for [`lock_order::watch`], and does nothing else.
pub fn name<T: ?Sized>(object: &T, name: &str) {
    let address = core::ptr::from_ref(object).cast::<u8>().addr();
    let size = core::mem::size_of_val(object);
    match execution::current() {
        Some(execution) => execution.add_name(address, size, name),
        None => lock_order::name(address, size, name),
    }
}
