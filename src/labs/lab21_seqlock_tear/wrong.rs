//! Wrong fixes of lab 21, seqlock-tear.

use super::*;
use crate::labs::form::WrongFixes;

/// Makes every access to the counter SeqCst, in the writer.
fn wrong_seqcst_change(board: &Board, nth: u32, score: (u32, u32)) {
    board.counter.store(2 * nth + 1, SeqCst);
    board.home.store(score.0, Relaxed);
    board.guests.store(score.1, Relaxed);
    board.counter.store(2 * nth + 2, SeqCst);
}

/// Makes every access to the counter SeqCst, in the reader.
fn wrong_seqcst(board: &Board) -> Option<(u32, u32)> {
    let before = board.counter.load(SeqCst);
    let score = (board.home.load(Relaxed), board.guests.load(Relaxed));
    let after = board.counter.load(SeqCst);
    (before == after && before.is_multiple_of(2)).then_some(score)
}

/// The writer's fence stands before the counter becomes odd.
fn wrong_fence_before(board: &Board, nth: u32, score: (u32, u32)) {
    fence(Release);
    board.counter.store(2 * nth + 1, Relaxed);
    board.home.store(score.0, Relaxed);
    board.guests.store(score.1, Relaxed);
    board.counter.store(2 * nth + 2, Release);
}

/// The reader's fence stands behind the second look at the counter.
fn wrong_fence_behind(board: &Board) -> Option<(u32, u32)> {
    let before = board.counter.load(Acquire);
    let score = (board.home.load(Relaxed), board.guests.load(Relaxed));
    let after = board.counter.load(Relaxed);
    fence(Acquire);
    (before == after && before.is_multiple_of(2)).then_some(score)
}

/// Looks at the counter once, and trusts it for as long as two loads take.
fn wrong_one_look(board: &Board) -> Option<(u32, u32)> {
    let before = board.counter.load(Acquire);
    before
        .is_multiple_of(2)
        .then(|| (board.home.load(Relaxed), board.guests.load(Relaxed)))
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-seqcst",
            "every access to the counter is SeqCst, no fence",
            Declared::fails(FailureKind::Panic)
                .unjudged_by_loom("loom takes SeqCst accesses as AcqRel (tokio-rs/loom #180)"),
            Scenario::new(|| whole(match_day(wrong_seqcst_change, wrong_seqcst))),
        )
        .because(
            "One order of all accesses to the counter does not hold the numbers, which are not in it. A SeqCst store keeps \
             later Relaxed stores behind it no more than a Release store does, and a SeqCst load is no wall for earlier loads.",
        ),
        Variant::new(
            "wrong-fence-before",
            "the writer's fence before the odd counter",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| whole(match_day(wrong_fence_before, fixed::picture))),
        )
        .because(
            "The fence is to keep the numbers behind the odd counter. Before the counter it keeps both behind what came earlier, \
             and the numbers may still be seen first.",
        ),
        Variant::new(
            "wrong-fence-behind",
            "the reader's fence behind the second look",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| whole(match_day(fixed::change, wrong_fence_behind))),
        )
        .because(
            "The fence is to keep the second look behind the numbers. Behind the look it keeps both before what comes later, \
             and the look may be at a counter older than the numbers.",
        ),
        Variant::new(
            "wrong-one-look",
            "the counter is looked at once",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| whole(match_day(fixed::change, wrong_one_look))),
        )
        .because(
            "That the counter was even says that nobody was writing then. The change may begin between the look and the \
             numbers, and between one number and the other.",
        ),
    ],
);
