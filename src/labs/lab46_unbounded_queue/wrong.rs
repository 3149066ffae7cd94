//! Wrong fixes of lab 46, unbounded-queue.

use super::*;
use crate::labs::form::WrongFixes;

/// Waiters pause before each order, so that the cook keeps up.
fn wrong_pause(rail: &Rail, order: u32) -> Result<(), u32> {
    thread::sleep(std::time::Duration::from_millis(1));
    buggy(rail, order)
}

/// Looks whether there is room, and then puts the order there.
fn wrong_look_first(rail: &Rail, order: u32) -> Result<(), u32> {
    if rail.orders.lock().unwrap().len() >= ROOM {
        return Err(order);
    }
    buggy(rail, order)
}

/// What finds no room is dropped, and nobody is told.
fn wrong_drop(rail: &Rail, order: u32) -> Result<(), u32> {
    let _ = fixed_refuse(rail, order);
    Ok(())
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-pause",
            "a pause before each order",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(wrong_pause, Rail::take)),
        )
        .because(
            "A pause is a guess of how fast the cook is. On the day when he is slower the rail is as full as without it.",
        ),
        Variant::new(
            "wrong-look-first",
            "a look at the length, and then the order",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(wrong_look_first, Rail::take)),
        )
        .because(
            "Both waiters see the last place free, and both take it: lab 2, check-then-act. A bound has to be kept under the lock under which \
             it is checked.",
        ),
        Variant::new(
            "wrong-drop",
            "what finds no room is dropped",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(wrong_drop, Rail::take)),
        )
        .because(
            "The bound holds, and an order is gone of which its waiter believes that it is being made. To drop is a policy only if somebody is \
             told.",
        ),
    ],
);
