//! Wrong fixes of lab 17, store-buffering.

use super::*;
use crate::labs::form::WrongFixes;

const BY_LOOM: &str = "loom takes SeqCst accesses as AcqRel (tokio-rs/loom #180)";

/// A fence in the right place, one kind too weak.
fn wrong_acq_rel_fence(mine: &AtomicBool, theirs: &AtomicBool) -> bool {
    mine.store(true, Relaxed);
    fence(AcqRel);
    !theirs.load(Relaxed)
}

/// It is the store that is late, so the store is SeqCst.
fn wrong_seqcst_store(mine: &AtomicBool, theirs: &AtomicBool) -> bool {
    mine.store(true, SeqCst);
    !theirs.load(Acquire)
}

/// Raises the flag by an atomic instruction, which waits for no buffer.
fn wrong_swap(mine: &AtomicBool, theirs: &AtomicBool) -> bool {
    mine.swap(true, AcqRel);
    !theirs.load(Acquire)
}

/// Looks a second time before it enters.
fn wrong_second_look(mine: &AtomicBool, theirs: &AtomicBool) -> bool {
    mine.store(true, Release);
    let seen = theirs.load(Acquire);
    thread::yield_now();
    !seen && !theirs.load(Acquire)
}

/// Looks first, and raises the flag if the other's is down.
fn wrong_look_first(mine: &AtomicBool, theirs: &AtomicBool) -> bool {
    let free = !theirs.load(SeqCst);
    if free {
        mine.store(true, SeqCst);
    }
    free
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-acq-rel-fence",
            "an AcqRel fence between store and load",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| never_both(at_the_door(wrong_acq_rel_fence))),
        )
        .because(
            "Release keeps what is before it before later stores, Acquire keeps what is after it behind earlier loads. A store \
             before and a load behind is the one pair that neither holds, and both together do not hold it either.",
        ),
        Variant::new(
            "wrong-seqcst-store",
            "SeqCst stores, Acquire loads",
            Declared::fails(FailureKind::Panic).unjudged_by_loom(BY_LOOM),
            Scenario::new(|| never_both(at_the_door(wrong_seqcst_store))),
        )
        .because(
            "The one order holds SeqCst operations only. An Acquire load is not in it, and may return what was there before a \
             SeqCst store. (An x86-64 compiler puts the barrier behind the store, so there it works, by luck.)",
        ),
        Variant::new(
            "wrong-swap",
            "the flag is raised by a swap, AcqRel",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| never_both(at_the_door(wrong_swap))),
        )
        .because(
            "On x86-64 every atomic exchange drains the store buffer. The language does not promise it: the swap reads the \
             latest of its own flag, and the load behind it may still return an old value of the other.",
        ),
        Variant::new(
            "wrong-second-look",
            "gives way, and looks a second time",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| never_both(at_the_door(wrong_second_look))),
        )
        .because(
            "A second look makes it rarer, not impossible: both loads of both threads may come before either store shows. No \
             number of looks is a barrier.",
        ),
        Variant::new(
            "wrong-look-first",
            "looks first, then raises the flag, all SeqCst",
            Declared::fails(FailureKind::Panic).unjudged_by_loom(BY_LOOM),
            Scenario::new(|| never_both(at_the_door(wrong_look_first))),
        )
        .because(
            "With the order of the two steps swapped no ordering helps: both look, both see nothing, both enter, one step after \
             the other, as in a check and an act that belong together.",
        ),
    ],
);
