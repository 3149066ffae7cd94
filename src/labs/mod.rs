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
//! | Atomicity | [`lab01_lost_update`], [`lab02_check_then_act`], [`lab03_private_copy`], [`lab04_torn_invariant`], [`lab05_double_read`], [`lab06_wrong_lock`], [`lab07_stale_write_back`], [`lab08_file_toctou`] |
//! | Order and memory model | [`lab09_use_before_init`], [`lab10_sleep_is_not_sync`], [`lab11_relaxed_publish`], [`lab12_relaxed_unlock`], [`lab13_double_checked_init`], [`lab14_weak_queue`], [`lab15_release_sequence`], [`lab16_refcount_acquire`], [`lab17_store_buffering`], [`lab18_load_buffering`], [`lab19_weak_cas`], [`lab20_iriw`], [`lab21_seqlock_tear`] |
//! | Blocking | [`lab22_abba`], [`lab23_philosophers`], [`lab24_double_lock`], [`lab25_guard_temporary`], [`lab26_job_under_lock`], [`lab27_recursive_read`], [`lab28_lost_wakeup`], [`lab29_if_not_while`], [`lab30_notify_one_mixed`], [`lab31_wait_holding_another`], [`lab32_live_sender`], [`lab33_cyclic_send`], [`lab34_send_under_lock`], [`lab35_nested_join`], [`lab36_lock_across_steal`], [`lab37_reentrant_init`], [`lab38_barrier_reuse`] |
//! | Failure and liveness | [`lab39_silent_death`], [`lab40_join_after_panic`], [`lab41_poison_cascade`], [`lab42_stop_flag`], [`lab43_close_vs_send`], [`lab44_livelock`], [`lab45_starvation`], [`lab46_unbounded_queue`], [`lab47_semaphore_permit_leak`], [`lab48_guard_across_await`] |
//! | Reclamation and soundness | [`lab49_aba`], [`lab50_last_drop`], [`lab51_data_race_cell`], [`lab52_wrong_send_sync`], [`lab53_steal_twice`] |
//! | Processes | [`lab54_pipe_deadlock`], [`lab55_inherited_fd`], [`lab56_fork_with_lock`], [`lab57_orphan`] |
//! | Measured | [`lab59_gil`], [`lab60_false_sharing`], [`lab61_lock_granularity`], `lab62_threads_vs_processes`, [`lab63_too_many_threads`], [`lab64_creation_cost`] |
//! | Classics | [`lab65_producer_consumer`], [`lab66_readers_writers`], [`lab67_sleeping_barber`], [`lab68_cigarette_smokers`], [`lab69_building_h2o`], [`lab70_santa_claus`], [`lab71_dining_savages`] |

mod chart;
mod driven;
mod expect;
mod form;
mod judge;
mod measurement;
mod orderings;
#[cfg(target_os = "linux")]
mod process;
mod references;
mod scenario;
pub mod semaphore;

pub mod lab01_lost_update;
pub mod lab02_check_then_act;
pub mod lab03_private_copy;
pub mod lab04_torn_invariant;
pub mod lab05_double_read;
pub mod lab06_wrong_lock;
pub mod lab07_stale_write_back;
pub mod lab08_file_toctou;
pub mod lab09_use_before_init;
pub mod lab10_sleep_is_not_sync;
pub mod lab11_relaxed_publish;
pub mod lab12_relaxed_unlock;
pub mod lab13_double_checked_init;
pub mod lab14_weak_queue;
pub mod lab15_release_sequence;
pub mod lab16_refcount_acquire;
pub mod lab17_store_buffering;
pub mod lab18_load_buffering;
pub mod lab19_weak_cas;
pub mod lab20_iriw;
pub mod lab21_seqlock_tear;
pub mod lab22_abba;
pub mod lab23_philosophers;
pub mod lab24_double_lock;
pub mod lab25_guard_temporary;
pub mod lab26_job_under_lock;
pub mod lab27_recursive_read;
pub mod lab28_lost_wakeup;
pub mod lab29_if_not_while;
pub mod lab30_notify_one_mixed;
pub mod lab31_wait_holding_another;
pub mod lab32_live_sender;
pub mod lab33_cyclic_send;
pub mod lab34_send_under_lock;
pub mod lab35_nested_join;
pub mod lab36_lock_across_steal;
pub mod lab37_reentrant_init;
pub mod lab38_barrier_reuse;
pub mod lab39_silent_death;
pub mod lab40_join_after_panic;
pub mod lab41_poison_cascade;
pub mod lab42_stop_flag;
pub mod lab43_close_vs_send;
pub mod lab44_livelock;
pub mod lab45_starvation;
pub mod lab46_unbounded_queue;
pub mod lab47_semaphore_permit_leak;
pub mod lab48_guard_across_await;
pub mod lab49_aba;
pub mod lab50_last_drop;
pub mod lab51_data_race_cell;
pub mod lab52_wrong_send_sync;
pub mod lab53_steal_twice;
pub mod lab54_pipe_deadlock;
pub mod lab55_inherited_fd;
pub mod lab56_fork_with_lock;
pub mod lab57_orphan;
pub mod lab59_gil;
pub mod lab60_false_sharing;
pub mod lab61_lock_granularity;
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
pub use orderings::{Hardware, OrderingPlace, OrderingRow, OrderingTable, Orderings};
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
    lab03_private_copy::LAB,
    lab04_torn_invariant::LAB,
    lab05_double_read::LAB,
    lab06_wrong_lock::LAB,
    lab07_stale_write_back::LAB,
    lab08_file_toctou::LAB,
    lab09_use_before_init::LAB,
    lab10_sleep_is_not_sync::LAB,
    lab11_relaxed_publish::LAB,
    lab12_relaxed_unlock::LAB,
    lab13_double_checked_init::LAB,
    lab14_weak_queue::LAB,
    lab15_release_sequence::LAB,
    lab16_refcount_acquire::LAB,
    lab17_store_buffering::LAB,
    lab18_load_buffering::LAB,
    lab19_weak_cas::LAB,
    lab20_iriw::LAB,
    lab21_seqlock_tear::LAB,
    lab22_abba::LAB,
    lab23_philosophers::LAB,
    lab24_double_lock::LAB,
    lab25_guard_temporary::LAB,
    lab26_job_under_lock::LAB,
    lab27_recursive_read::LAB,
    lab28_lost_wakeup::LAB,
    lab29_if_not_while::LAB,
    lab30_notify_one_mixed::LAB,
    lab31_wait_holding_another::LAB,
    lab32_live_sender::LAB,
    lab33_cyclic_send::LAB,
    lab34_send_under_lock::LAB,
    lab35_nested_join::LAB,
    lab36_lock_across_steal::LAB,
    lab37_reentrant_init::LAB,
    lab38_barrier_reuse::LAB,
    lab39_silent_death::LAB,
    lab40_join_after_panic::LAB,
    lab41_poison_cascade::LAB,
    lab42_stop_flag::LAB,
    lab43_close_vs_send::LAB,
    lab44_livelock::LAB,
    lab45_starvation::LAB,
    lab46_unbounded_queue::LAB,
    lab47_semaphore_permit_leak::LAB,
    lab48_guard_across_await::LAB,
    lab49_aba::LAB,
    lab50_last_drop::LAB,
    lab51_data_race_cell::LAB,
    lab52_wrong_send_sync::LAB,
    lab53_steal_twice::LAB,
    lab54_pipe_deadlock::LAB,
    lab55_inherited_fd::LAB,
    lab56_fork_with_lock::LAB,
    lab57_orphan::LAB,
    lab59_gil::LAB,
    lab60_false_sharing::LAB,
    lab61_lock_granularity::LAB,
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
