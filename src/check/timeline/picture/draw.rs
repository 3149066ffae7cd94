//! The SVG as a whole: lanes, what is in them, and the words around them.

use std::fmt::Write;

use super::super::Timeline;
use super::super::layout::{Style, Words};
use super::super::markup::safe;
use super::super::measure::{UNICODE, clean};
use super::super::phrase::one_line;
use super::super::rows::{Row, only_file};
use super::super::say;
use super::legend::legend;
use super::lines::{draw_arrow, labels, says, schedule, waiting};
use super::plan::{HEAD, Plan};
use super::steps::{names, note, pieces, step};
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
    let bottom = lanes(&mut body, &plan, timeline, top);
    let mut bottom = legend(&mut body, timeline, &plan, width, bottom + 4.0);
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

/// Every row and every arrow in words.
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
    for arrow in &plan.arrows {
        out.push('\n');
        out.push_str(&says(plan, arrow));
    }
    out
}

/// Lanes, steps and arrows; returns their bottom.
fn lanes(out: &mut String, plan: &Plan, timeline: &Timeline, top: f64) -> f64 {
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
        names(out, plan, timeline, plan.bottom);
        return plan.bottom + HEAD;
    }
    plan.bottom
}

/// A paragraph from `top`; returns its bottom.
fn paragraph(out: &mut String, class: &str, text: &str, width: f64, top: f64, column: f64) -> f64 {
    let mut words = Words::default();
    let whole = clean(text.trim(), UNICODE);
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
