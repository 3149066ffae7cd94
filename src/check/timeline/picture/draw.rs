//! The SVG itself: what is behind the steps, the steps, the arrows, the words around them.

use std::fmt::Write;

use super::super::Timeline;
use super::super::layout::{Line, Style, Words};
use super::super::markup::{escape, safe};
use super::super::measure::UNICODE;
use super::super::phrase::one_line;
use super::super::rows::{Row, only_file};
use super::super::say;
use super::legend::legend;
use super::plan::{HEAD, LABEL, LINE, Lane, PAD, PREEMPTION, Placed, Plan, columns};
use super::routes::{Arrow, Side};
use super::{Around, STYLE};

/// Left of all words.
pub(super) const MARGIN: f64 = 16.0;
/// Narrowest picture with words around it.
const NARROWEST: f64 = 560.0;
/// A picture that is higher has the names of the threads below, too.
const HIGH: f64 = 900.0;

/// `x` with at most one digit after the point.
pub(super) fn n(x: f64) -> f64 {
    (x * 10.0).round() / 10.0
}

pub(super) fn svg(timeline: &Timeline, around: Around) -> String {
    let alone = around == Around::Words;
    let wide = |plan: &Plan| plan.width.max(if alone { NARROWEST } else { 0.0 });
    // How wide the lanes are does not depend on where they begin.
    let width = wide(&Plan::of(timeline, 0.0));
    let mut body = String::new();
    // Without names.
    let mut top = if alone { 10.0 } else { -HEAD };
    if alone {
        let sentence = one_line(&timeline.sentence);
        if !sentence.is_empty() {
            top = paragraph(&mut body, "head", &format!("✗ {sentence}"), width, top, 8.8);
            top += 8.0;
        }
    }
    let plan = Plan::of(timeline, top);
    lanes(&mut body, &plan, timeline, top);
    let mut bottom = legend(&mut body, timeline, &plan, width, plan.bottom + 4.0);
    if alone {
        if let Some(file) = only_file(timeline) {
            bottom = paragraph(
                &mut body,
                "d small",
                &format!("lines of {file}"),
                width,
                bottom,
                7.4,
            );
        }
        bottom += 6.0;
        for line in timeline.details.iter().flat_map(|detail| detail.lines()) {
            bottom = paragraph(&mut body, "word", line, width, bottom, 7.4);
        }
        if !timeline.explanation.is_empty() {
            bottom = paragraph(
                &mut body,
                "why",
                "Why it could happen",
                width,
                bottom + 8.0,
                7.8,
            );
        }
        for sentence in &timeline.explanation {
            bottom = paragraph(&mut body, "word", &one_line(sentence), width, bottom, 7.4);
        }
    }
    let (width, height) = (n(width), n(bottom + 12.0));
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"racecourse\" role=\"img\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\">\n<title>{}</title>\n",
        safe(&title(timeline)),
    );
    if alone {
        // A page around it has the same as a list.
        let _ = writeln!(out, "<desc>{}</desc>", description(timeline, &plan));
    }
    let _ = write!(
        out,
        "<style>{}</style>\n<rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>\n{body}</svg>\n",
        super::STYLE.replace('\r', "")
    );
    debug_assert!(
        !STYLE.contains(['<', '&']),
        "the rules stand in XML as they are"
    );
    out
}

/// The names of the threads over the lanes of a picture without them. A reader hears them with each step.
pub(super) fn heads(timeline: &Timeline) -> String {
    let plan = Plan::of(timeline, 0.0);
    let mut body = String::new();
    names(&mut body, &plan, timeline, 4.0);
    let (width, height) = (n(plan.width), HEAD);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"racecourse heads\" aria-hidden=\"true\" width=\"{width}\" \
         height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
         <rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>\n{body}</svg>\n"
    )
}

fn title(timeline: &Timeline) -> String {
    let sentence = one_line(&timeline.sentence);
    if sentence.is_empty() {
        format!("An execution of {} steps", timeline.steps.len())
    } else {
        sentence
    }
}

/// Every row in words.
fn description(timeline: &Timeline, plan: &Plan) -> String {
    let mut out = format!("{} threads, one lane each.", plan.lanes.len());
    for row in &plan.rows {
        out.push('\n');
        match &row.row {
            Row::Note(text) => out.push_str(&safe(text)),
            Row::Preemption { from, .. } => {
                let name = &plan.lanes[*from].name;
                let _ = write!(out, "{} is preempted.", safe(name));
            }
            Row::Step { .. } => out.push_str(&safe(&say::row(timeline, &row.row))),
        }
    }
    out
}

fn lanes(out: &mut String, plan: &Plan, timeline: &Timeline, top: f64) {
    if top > 0.0 {
        names(out, plan, timeline, top);
    }
    for lane in &plan.lanes {
        let (x, from, to) = (n(lane.middle()), n(top + HEAD - 4.0), n(plan.bottom));
        let _ = writeln!(out, "<path class=\"life\" d=\"M{x} {from}V{to}\"/>");
    }
    waiting(out, plan, timeline);
    schedule(out, plan);
    let mut stop = 0;
    for placed in &plan.rows {
        match &placed.row {
            Row::Note(text) => note(out, plan, placed, text),
            Row::Preemption { .. } => {}
            Row::Step { .. } => {
                stop += 1;
                step(out, plan, timeline, placed, stop);
            }
        }
    }
    for arrow in &plan.arrows {
        draw_arrow(out, plan, arrow);
    }
    labels(out, plan);
    if top > 0.0 && plan.bottom - top > HIGH {
        names(out, plan, timeline, plan.bottom - 2.0);
    }
}

fn names(out: &mut String, plan: &Plan, timeline: &Timeline, top: f64) {
    for lane in &plan.lanes {
        let whole = timeline.threads.get(lane.thread).unwrap_or(&lane.name);
        let _ = writeln!(
            out,
            "<g><title>{}</title><rect class=\"name\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"4\"/>\
             <text class=\"h\" text-anchor=\"middle\" x=\"{}\" y=\"{}\">{}</text></g>",
            safe(whole),
            n(lane.x),
            n(top),
            n(lane.width),
            HEAD - 6.0,
            n(lane.middle()),
            n(top + 17.0),
            escape(&lane.name),
        );
    }
}

/// A thread that waits has a dashed bar in its lane until it goes on.
fn waiting(out: &mut String, plan: &Plan, timeline: &Timeline) {
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
fn schedule(out: &mut String, plan: &Plan) {
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

fn note(out: &mut String, plan: &Plan, placed: &Placed, text: &str) {
    let x = plan.lanes.first().map_or(MARGIN, |lane| lane.x);
    let room = plan.width - x - MARGIN;
    let mut words = Words::default();
    words.push(text, Style::Dim);
    let line = words.wrap((room / 6.8) as usize, 0, 1, UNICODE).remove(0);
    let wide = line.width() as f64 * 6.8 + 8.0;
    let _ = writeln!(
        out,
        "<g><title>{}</title><rect class=\"paper\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"18\"/>\
         <text class=\"note\" x=\"{}\" y=\"{}\">{}</text></g>",
        safe(text),
        n(x - 4.0),
        n(placed.y),
        n(wide),
        n(x),
        n(placed.y + 13.0),
        pieces(&line),
    );
}

fn step(out: &mut String, plan: &Plan, timeline: &Timeline, placed: &Placed, stop: usize) {
    let Row::Step {
        index,
        number,
        failing,
        column,
        place,
        ..
    } = &placed.row
    else {
        return;
    };
    let step = &timeline.steps[*index];
    let lane = &plan.lanes[*column];
    let mut class = "step".to_owned();
    for (is, name) in [
        (*failing, " failing"),
        (step.stale, " stale"),
        (step.blocked, " blocked"),
    ] {
        class.push_str(if is { name } else { "" });
    }
    let (y, height) = (n(placed.y), n(placed.height));
    let _ = write!(
        out,
        "<g class=\"{class}\" data-step=\"{stop}\"><title>{}</title>\
         <rect class=\"band\" x=\"2\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"4\"/>",
        safe(&say::row(timeline, &placed.row)),
        n(placed.y - 4.0),
        n(plan.width - 4.0),
        n(placed.height + 8.0),
    );
    let middle = n(placed.y + placed.height / 2.0 + 4.5);
    if *failing {
        let _ = write!(
            out,
            "<text class=\"f mark\" x=\"8\" y=\"{middle}\">✗</text>"
        );
    }
    if let Some(number) = number {
        let style = if *failing { "f" } else { "d" };
        let _ = write!(
            out,
            "<text class=\"{style}\" text-anchor=\"end\" x=\"50\" y=\"{middle}\">{number}</text>"
        );
    }
    let _ = write!(
        out,
        "<rect class=\"box\" x=\"{}\" y=\"{y}\" width=\"{}\" height=\"{height}\" rx=\"5\"/>",
        n(lane.x),
        n(placed.width),
    );
    for (i, line) in placed.lines.iter().enumerate() {
        let _ = write!(
            out,
            "<text xml:space=\"preserve\" x=\"{}\" y=\"{}\">{}</text>",
            n(lane.x + PAD),
            n(placed.y + PAD / 2.0 + 13.0 + i as f64 * LINE),
            pieces(line),
        );
    }
    if !place.full.is_empty() {
        let _ = write!(
            out,
            "<text class=\"d small\" x=\"{}\" y=\"{middle}\">{}</text>",
            n(plan.place + 4.0),
            escape(&placed.place),
        );
    }
    out.push_str("</g>\n");
}

/// A line of pieces that have a style.
fn pieces(line: &Line) -> String {
    let mut out = String::new();
    for (text, style) in line.pieces() {
        let class = match style {
            Style::Plain => "",
            Style::Dim => "d",
            Style::Heading => "h",
            Style::Object => "o",
            Style::Value => "v",
            Style::Notable => "n",
            Style::Failing => "f",
            Style::Good => "g",
        };
        let text = escape(text);
        let _ = if class.is_empty() || text.trim().is_empty() {
            write!(out, "{text}")
        } else {
            write!(out, "<tspan class=\"{class}\">{text}</tspan>")
        };
    }
    out
}

fn draw_arrow(out: &mut String, plan: &Plan, arrow: &Arrow) {
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
    let (class, says) = match (meaning.absent, meaning.orders, meaning.reads) {
        _ if meaning.waits => ("waits", "waits for what was taken by"),
        (true, ..) => ("absent", "does not happen before"),
        (_, true, true) => ("orders reads", "is read by, and so happens before,"),
        (_, true, _) => ("orders", "happens before"),
        _ => ("reads", "is read by"),
    };
    let stops = |row: usize| {
        let steps = plan.rows[..=row].iter();
        steps
            .filter(|row| matches!(row.row, Row::Step { .. }))
            .count()
    };
    let (from, to) = (stops(arrow.from), stops(arrow.to));
    let _ = write!(
        out,
        "<g class=\"arrow {class}\" data-from=\"{from}\" data-to=\"{to}\"><title>step {from} {says} step {to}</title>\
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
fn labels(out: &mut String, plan: &Plan) {
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

/// A paragraph from `top`; returns its bottom.
fn paragraph(out: &mut String, class: &str, text: &str, width: f64, top: f64, column: f64) -> f64 {
    let mut words = Words::default();
    let whole = super::super::measure::clean(text.trim(), UNICODE);
    words.push(&whole, Style::Plain);
    let mut y = top;
    for line in words.wrap(((width - 2.0 * MARGIN) / column) as usize, 0, 12, UNICODE) {
        y += 20.0;
        let _ = writeln!(
            out,
            "<text class=\"{class}\" x=\"{MARGIN}\" y=\"{}\">{}</text>",
            n(y - 5.0),
            pieces(&line)
        );
    }
    y
}
