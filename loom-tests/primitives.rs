//! Every primitive, under every execution that loom knows.

#[path = "../tests/primitives/scenarios/mod.rs"]
mod scenarios;

mod judge;

use judge::Declared::{Doubted, Timed, UpToPreemptions};

#[test]
fn every_scenario_is_judged_as_declared() {
    judge::all(
        &scenarios::all(),
        &[
            ("spin_lock_excludes", Doubted),
            ("spin_lock_try_lock_excludes", Doubted),
            ("queue_get_timeout_loses_nothing", Timed),
            ("queue_put_timeout_loses_nothing", Timed),
            ("queue_timed_getter_leaves_no_sleeper", Timed),
            ("ring_getter_sleeps", Doubted),
            ("ring_putter_sleeps", Doubted),
            (
                "ring_shutdown_wakes_both_getters",
                UpToPreemptions {
                    bound: 2,
                    executions: 6_000,
                },
            ),
            (
                "spsc_sender_leaves",
                UpToPreemptions {
                    bound: 2,
                    executions: 6_000,
                },
            ),
            ("ring_get_timeout_loses_nothing", Timed),
            ("spsc_get_timeout_loses_nothing", Timed),
            ("semaphore_timeout_loses_no_permit", Timed),
            ("semaphore_leaving_head_frees_the_line", Timed),
            ("latch_timeout", Timed),
        ],
    );
}
