//! The course: one lab, one class of bug.
//!
//! Each lab is one file that reads from top to bottom: the story and its outcome table, the bug, the
//! fixes, and the scenario and invariant that they share, so that the difference between two variants is the
//! bug and nothing else. Each variant declares what every engine must find ([`Variant::expect`]), and
//! [`Lab::judge`] compares that with what an engine did find.
//!
//! ```
//! use racecourse::check::{Checker, Engine};
//! use racecourse::labs;
//!
//! let lab = labs::find("lost-update").expect("lab 1");
//! let bug = &lab.variants[0];
//! let report = bug.scenario.check(&Checker::new());
//! println!("{report}"); // the counterexample
//! lab.judge(bug, Engine::Explorer, &report).expect("found as declared");
//! ```
//!
//! | Room | Labs |
//! |---|---|
//! | Atomicity | [`lab01_lost_update`], [`lab02_check_then_act`], [`lab07_stale_write_back`] |
//! | Order and memory model | [`lab11_relaxed_publish`], [`lab17_store_buffering`] |
//! | Blocking | [`lab22_abba`], [`lab28_lost_wakeup`], [`lab29_if_not_while`], [`lab35_nested_join`] |
//! | Failure and liveness | [`lab39_silent_death`], [`lab40_join_after_panic`], [`lab42_stop_flag`], [`lab47_semaphore_permit_leak`], [`lab48_guard_across_await`] |
//! | Reclamation and soundness | [`lab51_data_race_cell`] |
//! | Processes | [`lab54_pipe_deadlock`], [`lab55_inherited_fd`], [`lab56_fork_with_lock`], [`lab57_orphan`] |
//! | Classics | [`lab65_producer_consumer`], [`lab66_readers_writers`], [`lab67_sleeping_barber`], [`lab71_dining_savages`] |
//! | Measured | [`lab59_gil`], `lab62_threads_vs_processes`, [`lab63_too_many_threads`], [`lab64_creation_cost`] |

mod chart;
mod driven;
mod expect;
mod form;
mod judge;
mod measurement;
#[cfg(target_os = "linux")]
mod process;
mod references;
mod scenario;
pub mod semaphore;

pub mod lab01_lost_update;
pub mod lab02_check_then_act;
pub mod lab07_stale_write_back;
pub mod lab11_relaxed_publish;
pub mod lab17_store_buffering;
pub mod lab22_abba;
pub mod lab28_lost_wakeup;
pub mod lab29_if_not_while;
pub mod lab35_nested_join;
pub mod lab39_silent_death;
pub mod lab40_join_after_panic;
pub mod lab42_stop_flag;
pub mod lab47_semaphore_permit_leak;
pub mod lab48_guard_across_await;
pub mod lab51_data_race_cell;
pub mod lab54_pipe_deadlock;
pub mod lab55_inherited_fd;
pub mod lab56_fork_with_lock;
pub mod lab57_orphan;
pub mod lab59_gil;
#[cfg(unix)]
pub mod lab62_threads_vs_processes;
pub mod lab63_too_many_threads;
pub mod lab64_creation_cost;
pub mod lab65_producer_consumer;
pub mod lab66_readers_writers;
pub mod lab67_sleeping_barber;
pub mod lab68_cigarette_smokers;
pub mod lab69_building_h2o;
pub mod lab70_santa_claus;
pub mod lab71_dining_savages;

pub use driven::{Driven, DrivenVerdict};
pub use expect::{Declared, Expect};
pub use form::{Grade, Lab, Outcome, Variant, WrongFixes, room};
pub use judge::Difference;
pub use measurement::{Axis, Measurement, Sample, Scale};
#[cfg(target_os = "linux")]
pub use process::Process;
pub use references::{Reference, ReferenceKind};
pub use scenario::{NativeError, Observation, Scenario};

/// The comment that marks the line at which a buggy variant fails.
///
/// A lab with several failing lines names the variant after it: `// <- fails here: buggy-late`.
pub const MARKER: &str = "// <- fails here";

static CATALOGUE: &[Lab] = &[
    lab01_lost_update::LAB,
    lab02_check_then_act::LAB,
    lab07_stale_write_back::LAB,
    lab11_relaxed_publish::LAB,
    lab17_store_buffering::LAB,
    lab22_abba::LAB,
    lab28_lost_wakeup::LAB,
    lab29_if_not_while::LAB,
    lab35_nested_join::LAB,
    lab39_silent_death::LAB,
    lab40_join_after_panic::LAB,
    lab42_stop_flag::LAB,
    lab47_semaphore_permit_leak::LAB,
    lab48_guard_across_await::LAB,
    lab51_data_race_cell::LAB,
    lab54_pipe_deadlock::LAB,
    lab55_inherited_fd::LAB,
    lab56_fork_with_lock::LAB,
    lab57_orphan::LAB,
    lab59_gil::LAB,
    #[cfg(unix)]
    lab62_threads_vs_processes::LAB,
    lab63_too_many_threads::LAB,
    lab64_creation_cost::LAB,
    lab65_producer_consumer::LAB,
    lab66_readers_writers::LAB,
    lab67_sleeping_barber::LAB,
    lab68_cigarette_smokers::LAB,
    lab69_building_h2o::LAB,
    lab70_santa_claus::LAB,
    lab71_dining_savages::LAB,
];

/// Every lab, in the order of its number.
pub fn all() -> &'static [Lab] {
    CATALOGUE
}

/// The lab with this slug, `None` if there is none.
///
/// ```
/// assert_eq!(racecourse::labs::find("abba").map(|lab| lab.number), Some(22));
/// ```
pub fn find(slug: &str) -> Option<&'static Lab> {
    all().iter().find(|lab| lab.slug == slug)
}
