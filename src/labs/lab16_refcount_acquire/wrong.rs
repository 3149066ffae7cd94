//! Wrong fixes of lab 16, refcount-acquire.

use super::*;
use crate::labs::form::WrongFixes;

/// The last one listens, and nobody speaks.
fn wrong_acquire(tent: &Tent) -> bool {
    tent.inside.fetch_sub(1, Acquire) == 1
}

/// The fence of the fix, one line too early: everybody passes it before counting.
fn wrong_fence_first(tent: &Tent) -> bool {
    fence(Acquire);
    tent.inside.fetch_sub(1, Release) == 1
}

/// Looks whether it is the last, with Acquire, and counts only if it is not.
fn wrong_look_first(tent: &Tent) -> bool {
    let last = tent.inside.load(Acquire) == 1;
    if !last {
        tent.inside.fetch_sub(1, Release);
    }
    last
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-acquire",
            "counts down with Acquire",
            Declared::fails(FailureKind::DataRace),
            Scenario::undefined_natively(|| scenario(wrong_acquire), FREED),
        )
        .because(
            "An acquire synchronises with a release. The others count down without one, so their uses are still unordered, \
             whatever the last one does.",
        ),
        Variant::new(
            "wrong-fence-first",
            "an Acquire fence before the count",
            Declared::fails(FailureKind::DataRace),
            Scenario::undefined_natively(|| scenario(wrong_fence_first), FREED),
        )
        .because(
            "An Acquire fence acquires by the loads that stand before it. What the others released is read by the count, and \
             that comes after.",
        ),
        Variant::new(
            "wrong-look-first",
            "looks at the count, and counts down only if others are inside",
            Declared::fails(FailureKind::Leak),
            Scenario::new(|| scenario(wrong_look_first)),
        )
        .because(
            "Each use is ordered now, but two who leave at once both see the other still inside: both count, neither is the \
             last, and the tent stands for ever.",
        ),
    ],
);
