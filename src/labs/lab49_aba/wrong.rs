//! Wrong fixes of lab 49, aba.

use super::*;
use crate::labs::form::WrongFixes;

/// Looks once more whether the top is the same, after it has seen what lies below.
fn wrong_look_again(pile: &Pile) -> Option<u8> {
    loop {
        let seen = pile.top.load(Acquire);
        let index = usize::from((seen as u8).checked_sub(1)?);
        let new = pile.below[index].load(Acquire).into();
        let same = pile.top.load(Acquire) == seen;
        if same
            && pile
                .top
                .compare_exchange(seen, new, AcqRel, Acquire)
                .is_ok()
        {
            return Some(seen as u8);
        }
    }
}

/// A tag of one bit, which changes with each plate that is taken.
fn wrong_small_tag(pile: &Pile) -> Option<u8> {
    take_with(pile, |seen, plate| (seen >> 8 ^ 1) << 8 | u64::from(plate))
}

fn put_with_small_tag(pile: &Pile, plate: u8) {
    put_with(pile, plate, |seen, plate| seen >> 8 << 8 | u64::from(plate));
}

/// A grace period for those who have announced themselves; and that is done after the look at the top.
fn wrong_late_announcement(pile: &Pile) -> Option<u8> {
    let seen = pile.top.load(Acquire);
    let index = usize::from((seen as u8).checked_sub(1)?);
    pile.readers.fetch_add(1, AcqRel);
    let new = pile.below[index].load(Acquire).into();
    let result = pile.top.compare_exchange(seen, new, AcqRel, Acquire);
    pile.readers.fetch_sub(1, AcqRel);
    match result {
        Ok(_) => Some(seen as u8),
        Err(_) => wrong_late_announcement(pile),
    }
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-look-again",
            "a second look at the top",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(wrong_look_again, buggy::put)),
        )
        .because(
            "The exchange asks the same question once more, and gets the same answer: the top is A. That it was B meanwhile \
             no look at the present can tell.",
        ),
        Variant::new(
            "wrong-small-tag",
            "a tag of one bit",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(wrong_small_tag, put_with_small_tag)),
        )
        .because(
            "A tag comes round, too. With one bit that takes two changes, with sixteen 65,536; it must be so long that nobody \
             sleeps through a whole round.",
        ),
        Variant::new(
            "wrong-late-announcement",
            "a grace period, announced after the look",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(wrong_late_announcement, fixed_grace::put)),
        )
        .because(
            "Between the look and the announcement nobody knows of the reader, and the plate that it has seen comes back just \
             then. First say that you look, then look.",
        ),
    ],
);
