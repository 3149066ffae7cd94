//! Wrong fixes of lab 38, barrier-reuse.

use super::*;
use crate::labs::form::WrongFixes;

/// The last one to come sets the count back.
fn wrong_reset(gate: &Gate) {
    let mut state = gate.state.lock().unwrap();
    state.here += 1;
    if state.here == gate.dancers {
        state.here = 0;
        gate.opens.notify_all();
        return;
    }
    while state.here < gate.dancers {
        state = gate.opens.wait(state).unwrap(); // <- fails here: wrong-reset
    }
}

/// The last one to come lets the others run, and sets the count back then.
fn wrong_give_time(gate: &Gate) {
    let mut state = gate.state.lock().unwrap();
    state.here += 1;
    if state.here == gate.dancers {
        gate.opens.notify_all();
        drop(state);
        thread::yield_now();
        gate.state.lock().unwrap().here = 0;
        return;
    }
    while state.here < gate.dancers {
        state = gate.opens.wait(state).unwrap(); // <- fails here: wrong-give-time
    }
}

/// The last one to go sets the count back.
fn wrong_last_to_go(gate: &Gate) {
    let mut state = gate.state.lock().unwrap();
    state.here += 1;
    if state.here == gate.dancers {
        gate.opens.notify_all();
    }
    while state.here < gate.dancers {
        state = gate.opens.wait(state).unwrap(); // <- fails here: wrong-last-to-go
    }
    state.gone += 1;
    if state.gone == gate.dancers {
        state.here = 0;
        state.gone = 0;
    }
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-reset",
            "the last one to come sets the count back",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(wrong_reset)),
        )
        .because(
            "Those who sleep wake, look at the count, and find it at 0: not all are here. They sleep again. The reason why they \
             may go has to stay until the last of them has seen it.",
        ),
        Variant::new(
            "wrong-give-time",
            "the last one to come sets the count back a little later",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(wrong_give_time)),
        )
        .because(
            "How long it takes until all have seen that they may go, nobody knows. One that sleeps longer finds the count at 0; one \
             that is quicker is counted for the next figure, and then forgotten.",
        ),
        Variant::new(
            "wrong-last-to-go",
            "the last one to go sets the count back",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(wrong_last_to_go)),
        )
        .because(
            "Who is quick is back from the next figure before the slow one has gone, finds the gate open, and is the second to go: \
             the count is set back, with the slow one still inside.",
        ),
    ],
);
