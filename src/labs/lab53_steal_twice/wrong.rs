//! Wrong fixes of lab 53, steal-twice.

use super::*;
use crate::labs::form::WrongFixes;

/// Looks once more whether the last letter is there, and takes it.
fn wrong_look_again(tray: &Tray) -> Option<u32> {
    take_with(tray, |tray, place| {
        let there = tray.top.load(Acquire) == place;
        if there {
            tray.top.store(place + 1, Release);
        }
        there
    })
}

/// The exchange for the last letter, and no fence on the owner's side: a stronger store and load in its place.
fn wrong_no_fence(tray: &Tray) -> Option<u32> {
    let place = tray.bottom.load(Relaxed).checked_sub(1)?;
    tray.bottom.store(place, Release);
    let top = tray.top.load(Acquire);
    if top < place {
        return Some(tray.letter(place));
    }
    let mine = top == place
        && tray
            .top
            .compare_exchange(place, place + 1, AcqRel, Acquire)
            .is_ok();
    tray.bottom.store(top.max(place + 1), Relaxed);
    mine.then(|| tray.letter(place))
}

/// The owner asks, and the thief does not: he takes, and moves the top.
fn wrong_thief_stores(tray: &Tray) -> Option<u32> {
    let top = tray.top.load(Acquire);
    fence(SeqCst);
    let there = top < tray.bottom.load(Acquire);
    let letter = there.then(|| tray.letter(top))?;
    tray.top.store(top + 1, Release);
    Some(letter)
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-look-again",
            "a second look at the top for the last letter",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| run(wrong_look_again, steal)),
        )
        .because(
            "Between the second look and the taking the thief can take, as between the first and the taking. Only an \
             operation that looks and takes at once decides between two.",
        ),
        Variant::new(
            "wrong-thief-stores",
            "the owner exchanges, the thief stores",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| run(fixed, wrong_thief_stores)),
        )
        .because(
            "A compare-exchange on one side decides nothing if the other side does not ask: the thief's store goes through \
             whatever the owner has done. Both must compete for the same word.",
        ),
        Variant::new(
            "wrong-no-fence",
            "Release and Acquire in place of the owner's fence",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| run(wrong_no_fence, steal)),
        )
        .because(
            "Nothing makes the thief see the lowered bottom, for her fence alone has no other to pair with (lab 17). The owner \
             sees two letters and takes the second without asking; she still sees two, steals the first, and then his.",
        ),
    ],
);
