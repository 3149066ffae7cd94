//! The thread pool's protocol, under every execution that loom knows.

#[path = "../tests/pool/scenarios.rs"]
mod scenarios;

mod judge;

use judge::Declared::{Timed, UpToPreemptions};

#[test]
fn every_scenario_is_judged_as_declared() {
    judge::all(
        scenarios::ALL,
        &[
            ("two-submits", UpToPreemptions(3)),
            ("two-submitters", UpToPreemptions(3)),
            ("nested-join-two-workers", UpToPreemptions(3)),
            ("pipeline", UpToPreemptions(3)),
            ("help-with-child", UpToPreemptions(3)),
            ("scope", UpToPreemptions(3)),
            ("join-immediate", UpToPreemptions(3)),
            ("map", UpToPreemptions(3)),
            ("as-completed", UpToPreemptions(3)),
            ("panic-scope", UpToPreemptions(3)),
            ("join-timeout", Timed),
        ],
    );
}
