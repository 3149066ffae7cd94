//! Wrong fixes of lab 18, load-buffering.

use super::*;
use crate::check::FailureKind;
use crate::labs::form::WrongFixes;
use crate::sync::atomic::compiler_fence;

/// Keeps the compiler from swapping the two, and leaves the processor alone.
fn wrong_compiler_fence(tray: &AtomicBool, theirs: &AtomicBool) -> bool {
    let found = tray.load(Relaxed);
    compiler_fence(SeqCst);
    theirs.store(true, Relaxed);
    found
}

/// Posts first: then the looking cannot wait for it.
fn wrong_post_first(tray: &AtomicBool, theirs: &AtomicBool) -> bool {
    theirs.store(true, Release);
    tray.load(Acquire)
}

/// Looks once more after posting, to be sure of what was found.
fn wrong_second_look(tray: &AtomicBool, theirs: &AtomicBool) -> bool {
    let found = tray.load(Acquire);
    theirs.store(true, Release);
    found || tray.load(Acquire)
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-post-first",
            "the letter is posted before the tray is looked at",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| not_both(post(wrong_post_first))),
        )
        .because(
            "What was a rare reordering is now the program's own order: both post, both look, both find. The load was to come \
             first because the answer depends on it.",
        ),
        Variant::new(
            "wrong-second-look",
            "a second look after posting",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| not_both(post(wrong_second_look))),
        )
        .because(
            "The orderings are those of the fix, and the second look stands behind the store. That both find a letter then \
             needs no reordering: post, post, look, look.",
        ),
        Variant::new(
            "wrong-compiler-fence",
            "a compiler fence between load and store",
            Declared::excluded(EXCLUDED),
            Scenario::new(|| not_both(post(wrong_compiler_fence))),
        )
        .because(
            "Nothing that the processor does is bound by it, and load buffering is what an Arm processor may do by itself. \
             (No engine tells, for none explores load buffering: this verdict is the language's.)",
        ),
    ],
);
