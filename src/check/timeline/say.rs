//! A step as a sentence, for those who hear it rather than see it, and for what is cut in a picture.

use super::rows::Row;
use super::{Location, Timeline};

/// `step 3, thread 1: store ready ← true, Relaxed, at src/lib.rs:24`, with every name whole.
pub(super) fn row(timeline: &Timeline, row: &Row) -> String {
    let Row::Step {
        index,
        number,
        failing,
        cell,
        ..
    } = row
    else {
        return String::new();
    };
    let step = &timeline.steps[*index];
    let thread = match timeline.threads.get(step.thread) {
        Some(name) if !name.is_empty() => name.clone(),
        _ => format!("thread {}", step.thread),
    };
    let mut out = match number {
        Some(number) => format!("step {number}, {thread}: "),
        None => format!("at the end, {thread}: "),
    };
    // The sign of a wait is a shape, and not for reading.
    let short = cell.words.text().replace("■ ", "– ");
    out.push_str(&short);
    if let Some(object) = step.object.as_deref().filter(|name| !short.contains(*name)) {
        out.push_str(&format!(" (on {object})"));
    }
    if let Some(ordering) = &step.ordering {
        out.push_str(&format!(", {ordering}"));
    }
    if let Some(Location { file, line, .. }) = &step.location {
        out.push_str(&format!(", at {file}:{line}"));
    }
    if *failing {
        out.push_str(" – this fails");
    }
    out
}
