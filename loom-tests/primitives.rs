//! Every primitive, under every execution that loom knows.

#[path = "../tests/primitives/scenarios.rs"]
mod scenarios;

mod judge;

use judge::Declared::Timed;

#[test]
fn every_scenario_is_judged_as_declared() {
    judge::all(
        scenarios::ALL,
        &[
            ("queue_get_timeout_loses_nothing", Timed),
            ("queue_put_timeout_loses_nothing", Timed),
            ("queue_timed_getter_leaves_no_sleeper", Timed),
            ("semaphore_timeout_loses_no_permit", Timed),
            ("semaphore_leaving_head_frees_the_line", Timed),
            ("latch_timeout", Timed),
        ],
    );
}
