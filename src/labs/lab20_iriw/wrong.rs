//! Wrong fixes of lab 20, iriw.

use super::*;
use crate::labs::form::WrongFixes;

/// The fence is where it should be, and not of the kind.
fn wrong_acq_rel_fence(first: &AtomicBool, second: &AtomicBool) -> (bool, bool) {
    let seen = first.load(Acquire);
    fence(AcqRel);
    (seen, second.load(Acquire))
}

/// The strongest fence, on the side of the shops.
fn wrong_fenced_stores(sign: &AtomicBool) {
    fence(SeqCst);
    sign.store(true, Release);
    fence(SeqCst);
}

/// The stores are SeqCst: it is their order that everybody is to agree on.
fn wrong_seqcst_stores(sign: &AtomicBool) {
    sign.store(true, SeqCst);
}

/// Each sign is put up by a read-modify-write.
fn wrong_swap(sign: &AtomicBool) {
    sign.swap(true, AcqRel);
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-acq-rel-fence",
            "an AcqRel fence between the two looks",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| agreed(inspect(buggy::put_up, wrong_acq_rel_fence))),
        )
        .because(
            "An AcqRel fence orders by pairs of threads, as the accesses did. Only SeqCst fences stand in one order with the \
             fences of threads that have never met.",
        ),
        Variant::new(
            "wrong-fenced-stores",
            "SeqCst fences around the stores",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| agreed(inspect(wrong_fenced_stores, buggy::walk))),
        )
        .because(
            "The shops do one thing each, so there is nothing for their fences to keep apart. Who does two things, whose order \
             matters, are the inspectors.",
        ),
        Variant::new(
            "wrong-seqcst-stores",
            "SeqCst stores, Acquire loads",
            Declared::fails(FailureKind::Panic).unjudged_by_loom(BY_LOOM),
            Scenario::new(|| agreed(inspect(wrong_seqcst_stores, buggy::walk))),
        )
        .because(
            "The two stores are in one order, and the loads take no part in it: an Acquire load may still return the value from \
             before a store that is earlier in that order.",
        ),
        Variant::new(
            "wrong-swap",
            "signs put up by a swap, AcqRel",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| agreed(inspect(wrong_swap, buggy::walk))),
        )
        .because(
            "A swap reads the latest value of its own sign. It says nothing of the other sign, nor of when a load elsewhere sees \
             this one.",
        ),
    ],
);
