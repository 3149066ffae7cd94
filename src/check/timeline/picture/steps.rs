//! The rows: names of threads, steps, notes, and their text.

use std::fmt::Write;

use super::super::layout::{Line, Style, Words};
use super::super::markup::{escape, safe};
use super::super::measure::UNICODE;
use super::super::rows::Row;
use super::super::say;
use super::super::{Operation, Timeline};
use super::draw::{MARGIN, n};
use super::plan::{HEAD, LINE, NOTE_COLUMN, PAD, Placed, Plan};

pub(super) fn names(out: &mut String, plan: &Plan, timeline: &Timeline, top: f64) {
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

pub(super) fn note(out: &mut String, plan: &Plan, placed: &Placed, text: &str) {
    let x = plan.lanes.first().map_or(MARGIN, |lane| lane.x);
    let room = plan.width - x - MARGIN;
    let mut words = Words::default();
    words.push(text, Style::Dim);
    let line = words
        .wrap((room / NOTE_COLUMN) as usize, 0, 1, UNICODE)
        .remove(0);
    let wide = line.width() as f64 * NOTE_COLUMN + 8.0;
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

pub(super) fn step(
    out: &mut String,
    plan: &Plan,
    timeline: &Timeline,
    placed: &Placed,
    stop: usize,
) {
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
        (step.operation == Operation::Panic, " panics"),
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
pub(super) fn pieces(line: &Line) -> String {
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
