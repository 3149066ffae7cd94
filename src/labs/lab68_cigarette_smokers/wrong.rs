//! Wrong fixes of lab 68, cigarette-smokers.

use super::*;
use crate::labs::form::WrongFixes;

/// One smoker at a time at the table, so that nobody takes the second thing away meanwhile.
fn wrong_one_at_a_time(table: &Table, has: Thing) {
    let _manners = table.manners.lock().unwrap();
    let [one, other] = needs(has);
    table.things[one].wait();
    table.things[other].wait();
}

/// Looks, when called, whether both things are there, and takes both or none.
fn wrong_early_call(table: &Table, has: Thing) {
    loop {
        table.turn[has].wait();
        if table.there.load(Acquire) == pair(has) {
            return table.there.store(0, Release);
        }
    }
}

/// With each thing, calls one of those who need it.
fn call_one(table: &Table, thing: Thing) {
    table.there.fetch_or(1 << thing, AcqRel);
    table.turn[(thing + 2) % 3].signal();
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-one-at-a-time",
            "one smoker at a time takes things",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(put, wrong_one_at_a_time)),
        )
        .because(
            "If it is the wrong one, it sits at the table and waits for what will not come, and keeps out the one who could \
             go on. A lock around a wait for somebody makes it longer, not safer.",
        ),
        Variant::new(
            "wrong-early-call",
            "calls a smoker with each thing, who takes both or none",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(call_one, wrong_early_call)),
        )
        .because(
            "The right one is called for the first thing, and may look before the second is there. The second call goes to \
             somebody else. Who is told before it is true must be told again.",
        ),
    ],
);
