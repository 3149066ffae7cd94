//! What goes from step to step: the way of the execution, waiting, and the arrows.

use std::fmt::Write;

use super::super::Timeline;
use super::super::rows::Row;
use super::draw::n;
use super::plan::{LABEL, Lane, PREEMPTION, Placed, Plan, columns};
use super::routes::{Arrow, Side};

/// A thread that waits has a dashed bar in its lane until it goes on.
pub(super) fn waiting(out: &mut String, plan: &Plan, timeline: &Timeline) {
    let mut y = plan.rows.first().map_or(0.0, |row| row.y - row.gap);
    let mut stuck: Vec<(usize, f64)> = Vec::new();
    for placed in &plan.rows {
        if let Row::Step { waiting, .. } = &placed.row {
            // From the end of the row before, so that the bar has no holes.
            stuck.retain(|&(lane, since)| {
                let on = waiting.contains(&lane);
                if !on {
                    bar(out, &plan.lanes[lane], since, placed.y);
                }
                on
            });
            for &lane in waiting {
                if !stuck.iter().any(|&(other, _)| other == lane) {
                    stuck.push((lane, y));
                }
            }
            y = placed.y + placed.height;
        }
    }
    // What the last step asks for it does not get either.
    if let Some(Placed {
        row: Row::Step { index, column, .. },
        ..
    }) = plan.rows.last()
        && timeline.steps[*index].blocked
    {
        stuck.push((*column, y));
    }
    for (lane, since) in stuck {
        bar(out, &plan.lanes[lane], since, plan.bottom);
    }
}

fn bar(out: &mut String, lane: &Lane, from: f64, to: f64) {
    let (x, from, to) = (n(lane.middle()), n(from), n(to));
    let _ = writeln!(out, "<path class=\"wait\" d=\"M{x} {from}V{to}\"/>");
}

/// The way of the execution from thread to thread, the preemptions with an arrow and a word.
pub(super) fn schedule(out: &mut String, plan: &Plan) {
    let mut before: Option<&Placed> = None;
    let mut preempted: Option<(&Placed, usize, Option<usize>)> = None;
    for placed in &plan.rows {
        match &placed.row {
            Row::Note(_) => {}
            Row::Preemption { from, to } => preempted = Some((placed, *from, *to)),
            Row::Step { column, number, .. } => {
                if let Some((arrow, from, to)) = preempted.take() {
                    let end = placed.y;
                    preemption(out, plan, arrow, from, to, end);
                } else if let Some(last) = before
                    && let Row::Step { column: from, .. } = last.row
                    && from != *column
                    && number.is_some()
                {
                    let (a, b) = (plan.lanes[from].middle(), plan.lanes[*column].middle());
                    let start = last.y + last.height;
                    let corners = [
                        (a, start),
                        (a, start + 5.0),
                        (b, start + 5.0),
                        (b, placed.y),
                    ];
                    let _ = writeln!(out, "<path class=\"switch\" d=\"{}\"/>", path(&corners));
                }
                before = Some(placed);
            }
        }
    }
}

fn preemption(
    out: &mut String,
    plan: &Plan,
    row: &Placed,
    from: usize,
    to: Option<usize>,
    end: f64,
) {
    let a = plan.lanes[from].middle();
    let b = plan.lanes[to.unwrap_or(from)].middle();
    let over = row.y + PREEMPTION - 6.0;
    let corners = [(a, row.y - row.gap), (a, over), (b, over), (b, end - 1.0)];
    let right = b >= a;
    let anchor = if right { "start" } else { "end" };
    let x = if right { a + 6.0 } else { a - 6.0 };
    let _ = writeln!(
        out,
        "<g><path class=\"preempt\" d=\"{}\"/><path class=\"preempt-head\" d=\"M{} {}l-5 -8h10z\"/>\
         <text class=\"n small\" text-anchor=\"{anchor}\" x=\"{}\" y=\"{}\">preempted</text></g>",
        path(&corners),
        n(b),
        n(end),
        n(x),
        n(over - 5.0),
    );
}

/// An arrow in words.
pub(super) fn says(plan: &Plan, arrow: &Arrow) -> String {
    let meaning = arrow.meaning;
    let says = match (meaning.absent, meaning.orders, meaning.reads) {
        _ if meaning.waits => "waits for what was taken by",
        (true, ..) => "does not happen before",
        (_, true, true) => "is read by, and so happens before,",
        (_, true, _) => "happens before",
        _ => "is read by",
    };
    let (from, to) = (plan.stop(arrow.from), plan.stop(arrow.to));
    format!("step {from} {says} step {to}")
}

pub(super) fn draw_arrow(out: &mut String, plan: &Plan, arrow: &Arrow) {
    let mut points = plan.points(arrow);
    let end = *points.last().expect("it has corners");
    // The line ends where its head begins.
    let back = if arrow.end.side == Side::Left {
        -8.0
    } else {
        8.0
    };
    points.last_mut().expect("it has corners").0 += back * 0.8;
    let line = path(&points);
    let meaning = arrow.meaning;
    let class = match (meaning.absent, meaning.orders, meaning.reads) {
        _ if meaning.waits => "waits",
        (true, ..) => "absent",
        (_, true, true) => "orders reads",
        (_, true, _) => "orders",
        _ => "reads",
    };
    let (from, to) = (plan.stop(arrow.from), plan.stop(arrow.to));
    let says = says(plan, arrow);
    let _ = write!(
        out,
        "<g class=\"arrow {class}\" data-from=\"{from}\" data-to=\"{to}\"><title>{says}</title>\
         <path class=\"line\" d=\"{line}\"/>"
    );
    if meaning.orders && meaning.reads {
        let _ = write!(out, "<path class=\"core\" d=\"{line}\"/>");
    }
    let _ = write!(
        out,
        "<path class=\"tip\" d=\"M{} {}l{back} -5v10z\"/>",
        n(end.0),
        n(end.1)
    );
    if meaning.absent {
        let longest = points
            .windows(2)
            .max_by(|a, b| length(a).total_cmp(&length(b)))
            .expect("it has corners");
        let (x, y) = (
            (longest[0].0 + longest[1].0) / 2.0,
            (longest[0].1 + longest[1].1) / 2.0,
        );
        let _ = write!(
            out,
            "<path class=\"cross\" d=\"M{} {}l10 10m0 -10l-10 10\"/>",
            n(x - 5.0),
            n(y - 5.0)
        );
    }
    out.push_str("</g>\n");
}

fn length(segment: &[(f64, f64)]) -> f64 {
    (segment[0].0 - segment[1].0).abs() + (segment[0].1 - segment[1].1).abs()
}

/// What an absent edge is, above the step that it does not reach.
pub(super) fn labels(out: &mut String, plan: &Plan) {
    const TEXT: &str = "✗ no happens-before";
    let wide = columns(TEXT.chars().count()) * 0.88;
    for (row, placed) in plan.rows.iter().enumerate() {
        let absent = plan
            .arrows
            .iter()
            .filter(|arrow| arrow.to == row && arrow.meaning.absent);
        for (i, arrow) in absent.enumerate() {
            let lane = plan.lane(row);
            let x = match arrow.end.side {
                Side::Left => lane.x,
                Side::Right => lane.x + placed.width - wide,
            };
            let y = placed.y - (i + 1) as f64 * LABEL;
            let _ = writeln!(
                out,
                "<g><rect class=\"paper\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"16\"/>\
                 <text class=\"f small\" x=\"{}\" y=\"{}\">{TEXT}</text></g>",
                n(x),
                n(y),
                n(wide),
                n(x),
                n(y + 12.0)
            );
        }
    }
}

/// A line around these corners.
pub(super) fn path(points: &[(f64, f64)]) -> String {
    const ROUND: f64 = 5.0;
    let mut out = format!("M{} {}", n(points[0].0), n(points[0].1));
    for i in 1..points.len() {
        let (before, at) = (points[i - 1], points[i]);
        let Some(&after) = points.get(i + 1) else {
            let _ = write!(out, "L{} {}", n(at.0), n(at.1));
            break;
        };
        let round = |other: (f64, f64)| {
            let long = length(&[at, other]);
            let part = if long > 0.0 {
                ROUND.min(long / 2.0) / long
            } else {
                0.0
            };
            (
                at.0 + (other.0 - at.0) * part,
                at.1 + (other.1 - at.1) * part,
            )
        };
        let (a, b) = (round(before), round(after));
        let _ = write!(
            out,
            "L{} {}Q{} {} {} {}",
            n(a.0),
            n(a.1),
            n(at.0),
            n(at.1),
            n(b.0),
            n(b.1)
        );
    }
    out
}
