//! What the signs of a picture mean: those that it has.

use std::fmt::Write;

use super::super::Timeline;
use super::super::rows::Row;
use super::draw::{MARGIN, n};
use super::plan::{Plan, columns};

/// Between a sign and its words, and between two entries.
const SIGN: f64 = 34.0;
const LINE: f64 = 22.0;

/// The legend from `top`; returns its bottom.
pub(super) fn legend(
    out: &mut String,
    timeline: &Timeline,
    plan: &Plan,
    width: f64,
    top: f64,
) -> f64 {
    let arrow = |reads: bool, orders: bool, absent: bool| {
        plan.arrows.iter().any(|arrow| {
            let meaning = arrow.meaning;
            !meaning.waits
                && (meaning.reads, meaning.orders, meaning.absent) == (reads, orders, absent)
        })
    };
    let any = |is: &dyn Fn(&Row) -> bool| plan.rows.iter().any(|placed| is(&placed.row));
    let waits = any(&|row| matches!(row, Row::Step { waiting, .. } if !waiting.is_empty()));
    let preempted = any(&|row| matches!(row, Row::Preemption { .. }));
    let line = |class: &str, core: &str| {
        format!(
            "<g class=\"arrow {class}\"><path class=\"line\" d=\"M0 8H20\"/>{core}<path class=\"tip\" d=\"M27 8l-8 -5v10z\"/></g>"
        )
    };
    let core = "<path class=\"core\" d=\"M0 8H20\"/>";
    let entries = [
        (arrow(true, false, false), line("reads", ""), "reads what was written"),
        (arrow(false, true, false), line("orders", ""), "happens before"),
        (
            arrow(true, true, false),
            line("orders reads", core),
            "reads it, and so happens after it",
        ),
        (
            arrow(false, false, true),
            line("absent", "<path class=\"cross\" d=\"M6 4l8 8m0 -8l-8 8\"/>"),
            "does not happen before",
        ),
        (
            plan.arrows.iter().any(|arrow| arrow.meaning.waits),
            line("waits", ""),
            "waits for what was taken there",
        ),
        (
            plan.switches(),
            "<path class=\"switch\" d=\"M0 8H27\"/>".to_owned(),
            "goes on in another thread",
        ),
        (
            preempted,
            "<path class=\"preempt\" d=\"M0 8H20\"/><path class=\"preempt-head\" d=\"M27 8l-8 -5v10z\"/>".to_owned(),
            "preempted: could have gone on, but another ran",
        ),
        (
            any(&|row| matches!(row, Row::Step { failing: true, .. })),
            "<text class=\"f mark\" x=\"8\" y=\"14\">✗</text>".to_owned(),
            "the step that fails",
        ),
        (
            any(&|row| matches!(row, Row::Step { index, .. } if timeline.steps[*index].stale)),
            "<g class=\"stale\"><rect class=\"box\" x=\"1\" y=\"2\" width=\"26\" height=\"12\" rx=\"3\"/></g>".to_owned(),
            "stale: an older value than the latest write",
        ),
        (waits, "<path class=\"wait\" d=\"M2 8H26\"/>".to_owned(), "waits"),
    ];
    let (mut x, mut y) = (MARGIN, top);
    for (_, sign, words) in entries.iter().filter(|(shown, ..)| *shown) {
        let wide = SIGN + columns(words.chars().count()) * 0.8 + 22.0;
        if x + wide > width && x > MARGIN {
            (x, y) = (MARGIN, y + LINE);
        }
        let _ = writeln!(
            out,
            "<g transform=\"translate({} {})\">{sign}<text class=\"word small\" x=\"{SIGN}\" y=\"12\">{words}</text></g>",
            n(x),
            n(y)
        );
        x += wide;
    }
    if x > MARGIN { y + LINE } else { y }
}
