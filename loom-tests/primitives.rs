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
            ("semaphore_timeout_loses_no_permit", Timed),
            ("semaphore_leaving_head_frees_the_line", Timed),
            ("latch_timeout", Timed),
            ("semaphore_of_one_excludes", Doubted),
            ("semaphore_of_two_admits_two", Doubted),
            ("semaphore_serves_a_big_request", large(1)),
            ("semaphore_publishes", Doubted),
            ("semaphore_try_against_the_line", Doubted),
            ("semaphore_timeout_against_release", large(0)),
            (
                "ticket_lock_wakes_the_far",
                UpToPreemptions {
                    bound: 0,
                    executions: 10_000,
                },
            ),
            ("sharded_try_against_writer", Doubted),
            ("sharded_reader_against_try_write", Doubted),
            ("semaphore_many_publishes", Doubted),
            ("mcs_lock_excludes", Doubted),
            ("mcs_lock_try_with_excludes", Doubted),
            ("mcs_lock_hands_on", large(1)),
        ],
    );
}

/// Three or four threads, each with several operations on one word: there is no end of executions, and the explorer, which needs a few
/// thousand, says the rest.
fn large(bound: u32) -> judge::Declared {
    UpToPreemptions {
        bound,
        executions: 2_000,
    }
}
