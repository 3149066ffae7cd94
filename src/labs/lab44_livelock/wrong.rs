//! Wrong fixes of lab 44, livelock.

use super::*;
use crate::labs::form::WrongFixes;

/// Who has given way pauses before it begins again.
fn wrong_pause(bridge: &Bridge, cart: usize) -> Result<(), Exhausted> {
    loop {
        {
            let _mine = bridge.ends[cart].lock().unwrap();
            if bridge.is_free(1 - cart) {
                return Ok(());
            }
            bridge.give_way(cart)?;
        }
        thread::sleep(std::time::Duration::from_micros(100));
    }
}

/// Nobody gives way: who has an end keeps it, and waits for the other one.
fn wrong_insist(bridge: &Bridge, cart: usize) -> Result<(), Exhausted> {
    let _mine = bridge.ends[cart].lock().unwrap();
    let _theirs = bridge.ends[1 - cart].lock().unwrap(); // <- fails here: wrong-insist
    Ok(())
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-pause",
            "a pause of the same length for both",
            Declared::fails(FailureKind::Panic).unjudged_by_loom(NO_TRY),
            Scenario::new(|| scenario(wrong_pause)),
        )
        .because(
            "Two pauses of one length keep the two in step. Pauses of random length make it improbable that they meet often, and bound nothing.",
        ),
        Variant::new(
            "wrong-insist",
            "keeps its end, and waits for the other one",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(wrong_insist)),
        )
        .because(
            "Nobody gives way for ever, because nobody gives way: each waits for what the other one keeps. This is lab 22, abba, from which \
             the politeness was to be the cure.",
        ),
    ],
);
