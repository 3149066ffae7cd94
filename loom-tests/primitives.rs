//! Every primitive, under every execution that loom knows.

#[path = "../tests/primitives/scenarios/mod.rs"]
mod scenarios;

mod judge;
mod processes;

use judge::Declared::{Doubted, Timed, Tries, UpToPreemptions};
use judge::{Judge, Judged};

#[cfg(unix)]
racecourse::enter_tests!();

/// loom goes through all interleavings of a scan with who comes and goes, and through all values that each exchange could
/// have met: hundred thousands.
const MANY: judge::Declared = UpToPreemptions {
    bound: 2,
    executions: 4_000,
};

fn judge(number: usize) -> Judged {
    declared().judge(number)
}
racecourse::remote!(JudgeOne = judge(usize) -> Judged);

fn declared() -> Judge {
    Judge {
        scenarios: scenarios::all(),
        others: vec![
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
            ("semaphore_of_one_excludes", Doubted),
            ("semaphore_of_two_admits_two", Doubted),
            ("semaphore_serves_a_big_request", large(1)),
            ("semaphore_publishes", Doubted),
            ("semaphore_line_is_not_jumped", large(1)),
            ("semaphore_try_against_the_line", Doubted),
            ("semaphore_timeout_against_release", large(0)),
            (
                "ticket_lock_wakes_the_far",
                UpToPreemptions {
                    bound: 0,
                    executions: 10_000,
                },
            ),
            ("sharded_try_against_writer", Tries),
            ("sharded_try_write_after_reader", Tries),
            ("sharded_reader_against_try_write", Tries),
            ("semaphore_many_publishes", Doubted),
            ("mcs_lock_excludes", Doubted),
            ("mcs_lock_try_with_excludes", Doubted),
            ("mcs_lock_hands_on", large(1)),
            ("deque_pop_against_steal_of_last", Doubted),
            ("deque_pop_against_two_steals", Doubted),
            ("deque_two_pops_against_steal", Doubted),
            ("deque_push_against_steal", Doubted),
            ("deque_two_thieves", MANY),
            ("stack_two_pops", MANY),
            ("stack_two_pushes_and_pop", Doubted),
            ("stack_pop_push_against_pop", MANY),
            ("stack_frees_against_pop", MANY),
            ("stack_frees_in_more_slots", MANY),
            ("stack_pins_at_an_old_epoch", large(1)),
            ("stack_takes_out_at_an_old_epoch", large(1)),
            ("stack_drain_against_pop", MANY),
            ("ms_queue_push_against_pop", Doubted),
            ("ms_queue_three_pushes", Doubted),
            ("ms_queue_push_pop_and_look", MANY),
            ("ms_queue_two_pops", MANY),
            ("ms_queue_two_pushes_against_pop", MANY),
            ("ms_queue_frees_against_push", MANY),
            ("ms_queue_frees_against_look", MANY),
        ],
    }
}

#[test]
fn every_scenario_is_judged_as_declared() {
    declared().all(JudgeOne);
}

/// Three or four threads, each with several operations on one word: there is no end of executions, and the explorer, which needs a few
/// thousand, says the rest.
fn large(bound: u32) -> judge::Declared {
    UpToPreemptions {
        bound,
        executions: 2_000,
    }
}
