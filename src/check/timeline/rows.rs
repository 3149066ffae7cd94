//! The rows of a timeline's table, in order, before anything is laid out.

use std::collections::{HashMap, HashSet};

use super::history::{Awaited, History};
use super::layout::Cell;
use super::measure::{Glyphs, clean};
use super::phrase::Context;
use super::{Operation, Step, Timeline};

/// One row. Columns are indices into the threads that are shown.
#[derive(Debug)]
pub(super) enum Row {
    Step {
        /// Index into [`Timeline::steps`].
        index: usize,
        /// None if the row is no step, but what has become of one.
        number: Option<usize>,
        failing: bool,
        column: usize,
        cell: Cell,
        place: Place,
        /// Columns whose thread waits for something.
        waiting: Vec<usize>,
    },
    /// The thread in `from` could have gone on, but another one ran.
    Preemption { from: usize, to: Option<usize> },
    /// One dim line for steps that only start and end threads.
    Note(String),
}

/// Rows of a long execution that are shown: this many from its beginning, and twice as many from its end.
const SHOWN: usize = 100;

/// Leaves out the middle of an execution that nobody would read.
fn abridge(rows: &mut Vec<Row>, glyphs: Glyphs) {
    if rows.len() > 4 * SHOWN {
        let middle = SHOWN..rows.len() - 2 * SHOWN;
        let steps = rows[middle.clone()]
            .iter()
            .filter(|row| matches!(row, Row::Step { .. }))
            .count();
        let note = format!("{} {steps} steps that are not shown", glyphs.ellipsis);
        rows.splice(middle, [Row::Note(note)]);
    }
}

/// Where in the source a step is.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    /// `file:line`; empty if it is not known.
    pub(super) full: String,
    /// The line alone.
    pub(super) line: String,
}

/// The only file in which the shown steps are, by its whole path.
pub(super) fn only_file(timeline: &Timeline) -> Option<&str> {
    let mut files = timeline
        .steps
        .iter()
        .filter(|step| !step.folds())
        .filter_map(|step| Some(step.location.as_ref()?.file.as_str()));
    let first = files.next()?;
    files.all(|file| file == first).then_some(first)
}

/// The threads that have a row of their own, in order.
pub(super) fn shown(timeline: &Timeline) -> Vec<usize> {
    let mut shown: Vec<usize> = timeline
        .steps
        .iter()
        .filter(|step| !step.folds())
        .map(|step| step.thread)
        .collect();
    shown.sort_unstable();
    shown.dedup();
    shown
}

pub(super) fn rows(timeline: &Timeline, context: &Context<'_>, shown: &[usize]) -> Vec<Row> {
    let steps = &timeline.steps;
    let history = History::of(timeline);
    let places = places(timeline, context.glyphs);
    let column: HashMap<usize, usize> = shown.iter().enumerate().map(|(i, &t)| (t, i)).collect();
    let joined: HashSet<&str> = steps
        .iter()
        .filter(|step| step.operation == Operation::Join && !step.blocked)
        .filter_map(|step| step.target())
        .collect();
    let joined = |thread: usize| {
        timeline
            .threads
            .get(thread)
            .is_some_and(|name| joined.contains(name.as_str()))
    };

    let mut rows = Vec::new();
    let mut number = 0;
    let mut run: Vec<(&Step, Option<&Awaited>, bool)> = Vec::new();
    let flush = |run: &mut Vec<_>, rows: &mut Vec<Row>| {
        let note = context.fold(run, joined);
        run.clear();
        if !note.is_empty() {
            rows.push(Row::Note(note));
        }
    };
    // A failing step that waits is what the others could not help: it comes last, whatever they did after it.
    let last = steps.iter().rposition(|step| !step.folds());
    let stuck = steps
        .iter()
        .position(|step| step.failing && step.blocked)
        .filter(|&i| Some(i) != last);
    for (i, step) in steps.iter().enumerate() {
        if history.preempts[i] {
            // The thread of the step before: in a column, or in the note that is being gathered.
            if let Some(last) = run.last_mut() {
                last.2 = true;
            } else {
                let to = column.get(&step.thread).copied();
                rows.push(Row::Preemption {
                    from: column[&steps[i - 1].thread],
                    to,
                });
            }
        }
        if step.folds() {
            run.push((step, history.awaited[i].as_ref(), false));
            continue;
        }
        flush(&mut run, &mut rows);
        number += 1;
        let waiting = history.waiting[i]
            .iter()
            .filter(|&&thread| thread != step.thread);
        rows.push(Row::Step {
            index: i,
            number: Some(number),
            failing: step.failing && stuck != Some(i),
            column: column[&step.thread],
            cell: context.cell(
                step,
                history.awaited[i].as_ref(),
                history.latest[i].as_deref(),
            ),
            place: places[i].clone(),
            waiting: waiting
                .filter_map(|thread| column.get(thread).copied())
                .collect(),
        });
    }
    flush(&mut run, &mut rows);
    if let Some(i) = stuck {
        let column_of = |thread: &usize| column.get(thread).copied();
        let waiting = history
            .waiting
            .last()
            .map(Vec::as_slice)
            .unwrap_or_default();
        rows.push(Row::Step {
            index: i,
            number: None,
            failing: true,
            column: column[&steps[i].thread],
            cell: context.still(&steps[i], history.awaited[i].as_ref()),
            place: places[i].clone(),
            waiting: waiting
                .iter()
                .filter(|&&thread| thread != steps[i].thread)
                .filter_map(column_of)
                .collect(),
        });
    }
    abridge(&mut rows, context.glyphs);
    rows
}

/// The place of each step, each file by as little of its path as tells it from the others.
fn places(timeline: &Timeline, glyphs: Glyphs) -> Vec<Place> {
    fn parts(file: &str) -> Vec<&str> {
        file.split(['/', '\\']).collect()
    }
    let files: HashSet<&str> = timeline
        .steps
        .iter()
        .filter_map(|step| Some(step.location.as_ref()?.file.as_str()))
        .collect();
    let shorten = |file: &str| {
        let own = parts(file);
        let unique = |n: usize| {
            let end = &own[own.len() - n..];
            !files
                .iter()
                .any(|other| *other != file && parts(other).ends_with(end))
        };
        let n = (1..own.len()).find(|&n| unique(n)).unwrap_or(own.len());
        own[own.len() - n..].join("/")
    };
    let short: HashMap<&str, String> = files.iter().map(|&file| (file, shorten(file))).collect();
    let place = |step: &Step| {
        let place = step.location.as_ref()?;
        let full = clean(
            &format!("{}:{}", short[place.file.as_str()], place.line),
            glyphs,
        );
        Some(Place {
            full,
            line: place.line.to_string(),
        })
    };
    timeline
        .steps
        .iter()
        .map(|step| place(step).unwrap_or_default())
        .collect()
}
