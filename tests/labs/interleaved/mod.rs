//! Every safe buggy variant is found and shrunk by proptest, as the lab's own atomic steps under a generated schedule; the
//! fixed ones hold under every schedule there is. Where a lab has a table of results, all schedules together reach
//! exactly what the lab declares: that ties the steps here to the lab, whose table loom checks.
//!
//! relaxed-publish and data-race-cell are not here: their buggy forms are undefined behaviour, so no run of them is a
//! test of anything, and a race is a matter of happens-before, which steps do not have.

mod abba;
mod check_then_act;
mod guard_across_await;
mod if_not_while;
mod join_after_panic;
mod lost_update;
mod lost_wakeup;
mod nested_join;
mod semaphore_permit_leak;
mod silent_death;
mod stale_write_back;
mod stop_flag;
mod store_buffering;

use std::collections::BTreeSet;

use racecourse::labs;

use super::machine::{Action, Bell, Ended, Execution, Lock, Program, Step};

/// The results that the lab declares as reachable for this variant.
fn declared(slug: &str, variant: &str) -> BTreeSet<String> {
    let lab = labs::find(slug).expect("a lab");
    let observation = lab.variant(variant).and_then(|v| v.observation);
    let reachable = observation.expect("a table").reachable;
    reachable.iter().map(ToString::to_string).collect()
}

fn done<S>(execution: &Execution<S>) -> bool {
    execution.ended == Ended::AllDone
}
