//! Checking: run a scenario under every execution that an engine explores.
//!
//! [`check`] is for tests; a [`Checker`] chooses the engine and the bounds, collects
//! [every result](Checker::outcomes), and runs a scenario [as if an operation had another
//! ordering](Checker::with_ordering). [`semantics`] says what a verdict means, why it may be believed, and
//! what it does not cover. [`lock_order`] asks a plain run for the deadlocks that could have happened in it.

mod checker;
mod clock;
mod coroutine;
mod crew;
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
mod races;
mod record;
mod report;
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
pub use report::{Incomplete, Report, Semantics, Verdict};
pub use sites::Site;
pub use timeline::{Edge, Operation, Relation, Step, Timeline};
pub use watch::Progress;

/// Checks `scenario` with the default [`Checker`], and panics with the counterexample if it fails, or
/// with the reason if the search was not complete.
///
/// # Panics
/// On any verdict but [`Verdict::Verified`].
#[track_caller]
pub fn check(scenario: impl Fn() + Send + Sync + 'static) {
    let report = Checker::new().run(scenario);
    if !matches!(report.verdict(), Verdict::Verified) {
        panic!("{report}");
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
