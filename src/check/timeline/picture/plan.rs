//! Where everything is: lanes, rows and the points of arrows, in pixels.

use std::collections::HashMap;

use super::super::Timeline;
use super::super::layout::{Cell, Line};
use super::super::measure::{UNICODE, elide, elide_front, width};
use super::super::phrase::Context;
use super::super::rows::{Row, only_file, rows, shown};
use super::routes::{Arrow, Port, Routes, Run, Side, routes};

/// One column of text in the font of the steps, at 13 pixels. Fonts for code are 0.6 wide or less.
const COLUMN: f64 = 7.9;
/// One line of a step.
pub(super) const LINE: f64 = 18.0;
/// Between the border of a step and its text.
pub(super) const PAD: f64 = 8.0;
/// Left of the first channel: the mark of the failing step, and the number.
const GUTTER: f64 = 58.0;
/// The names of the threads.
pub(super) const HEAD: f64 = 30.0;
/// Above each row, without arrows and labels.
const GAP: f64 = 12.0;
const TRACK: f64 = 9.0;
/// A label above a step.
pub(super) const LABEL: f64 = 18.0;
pub(super) const NOTE: f64 = 22.0;
/// One column of a note, at 12 pixels.
pub(super) const NOTE_COLUMN: f64 = 7.3;
/// The widest picture that is so for a note; one that is longer is cut.
const WIDENED: f64 = 760.0;
pub(super) const PREEMPTION: f64 = 26.0;
/// Longest place that is shown, in columns.
const PLACE: usize = 30;

#[derive(Debug)]
pub(super) struct Lane {
    pub(super) thread: usize,
    pub(super) name: String,
    pub(super) x: f64,
    pub(super) width: f64,
}

impl Lane {
    pub(super) fn middle(&self) -> f64 {
        self.x + self.width / 2.0
    }
}

#[derive(Debug)]
pub(super) struct Placed {
    pub(super) row: Row,
    /// Of the step, the note or the arrow; the gap is above.
    pub(super) y: f64,
    pub(super) height: f64,
    pub(super) gap: f64,
    /// The text of a step.
    pub(super) lines: Vec<Line>,
    /// The width of a step: a message runs on over the lanes at its right.
    pub(super) width: f64,
    /// Already cut to its column.
    pub(super) place: String,
}

#[derive(Debug)]
pub(super) struct Plan {
    pub(super) lanes: Vec<Lane>,
    pub(super) rows: Vec<Placed>,
    pub(super) arrows: Vec<Arrow>,
    channels: Vec<f64>,
    pub(super) place: f64,
    pub(super) width: f64,
    /// All steps are in one file, so that a line says where.
    pub(super) one_file: bool,
    /// Below the last row.
    pub(super) bottom: f64,
}

/// The most columns of a lane, by how many lanes there are.
fn widest(lanes: usize) -> usize {
    match lanes {
        0..=2 => 40,
        3 => 36,
        4..=8 => 31,
        _ => 24,
    }
}

/// The width of so many columns.
pub(super) fn columns(columns: usize) -> f64 {
    columns as f64 * COLUMN
}

impl Plan {
    /// Everything below `top`.
    pub(super) fn of(timeline: &Timeline, top: f64) -> Self {
        let context = Context {
            glyphs: UNICODE,
            threads: &timeline.threads,
        };
        let shown = shown(timeline);
        let rows = rows(timeline, &context, &shown);
        let lane_of: Vec<Option<usize>> = rows
            .iter()
            .map(|row| match row {
                Row::Step { column, .. } => Some(*column),
                _ => None,
            })
            .collect();
        let mut row_of = HashMap::new();
        for (at, row) in rows.iter().enumerate() {
            if let Row::Step {
                index,
                number: Some(_),
                ..
            } = row
            {
                row_of.insert(*index, at);
            }
        }
        let Routes {
            arrows,
            channels: tracks,
            gaps,
        } = routes(timeline, &row_of, &lane_of, shown.len());

        let (lanes, channels) = lanes(&rows, &shown, &context, &tracks);
        let right = lanes.last().map_or(GUTTER, |lane| lane.x + lane.width)
            + channel_width(tracks.last().copied().unwrap_or(0));
        let mut plan = Self {
            lanes,
            rows: Vec::new(),
            arrows,
            channels,
            place: right,
            width: right,
            one_file: only_file(timeline).is_some(),
            bottom: 0.0,
        };
        let mut y = top + HEAD;
        let mut places = 0;
        for (at, row) in rows.into_iter().enumerate() {
            let labels = plan
                .arrows
                .iter()
                .filter(|a| a.to == at && a.meaning.absent);
            let gap = GAP + gaps[at] as f64 * TRACK + labels.count() as f64 * LABEL;
            let placed = plan.placed(row, y + gap, gap);
            places = places.max(width(&placed.place));
            y = placed.y + placed.height;
            plan.rows.push(placed);
        }
        // Room to see that threads wait for ever.
        plan.bottom = y + 2.0 * GAP;
        let notes = plan.rows.iter().map(|placed| match &placed.row {
            Row::Note(text) => GUTTER + 60.0 + width(text) as f64 * NOTE_COLUMN,
            _ => 0.0,
        });
        let notes = notes.fold(0.0, f64::max).min(WIDENED);
        plan.width = notes.max(plan.place + columns(places) + 16.0);
        plan
    }

    fn placed(&self, row: Row, y: f64, gap: f64) -> Placed {
        let mut placed = Placed {
            y,
            gap,
            height: 0.0,
            lines: Vec::new(),
            width: 0.0,
            place: String::new(),
            row,
        };
        match &placed.row {
            Row::Note(_) => placed.height = NOTE,
            Row::Preemption { .. } => placed.height = PREEMPTION,
            Row::Step {
                column,
                cell,
                place,
                ..
            } => {
                let lane = &self.lanes[*column];
                placed.width = lane.width;
                if cell.message {
                    let last = self.lanes.last().expect("it has this one");
                    let wanted = columns(cell.width()) + 2.0 * PAD;
                    placed.width = wanted.min(last.x + last.width - lane.x).max(lane.width);
                }
                placed.lines = cell.lines(room(placed.width), UNICODE);
                placed.height = placed.lines.len() as f64 * LINE + PAD;
                placed.place = if self.one_file && !place.line.is_empty() {
                    format!("line {}", place.line)
                } else {
                    elide_front(&place.full, PLACE, UNICODE)
                };
            }
        }
        placed
    }

    /// Whether a thread goes on where another one gave way.
    pub(super) fn switches(&self) -> bool {
        let mut before = None;
        self.rows.iter().any(|placed| match placed.row {
            Row::Preemption { .. } => {
                before = None;
                false
            }
            Row::Note(_) => false,
            Row::Step { column, .. } => {
                let last = before.replace(column);
                last.is_some_and(|last| last != column)
            }
        })
    }

    /// The points of an arrow, each a corner.
    pub(super) fn points(&self, arrow: &Arrow) -> Vec<(f64, f64)> {
        let start = self.port(arrow.from, arrow.start);
        let end = self.port(arrow.to, arrow.end);
        let down = self.track(arrow.down);
        match arrow.over {
            None => vec![start, (down, start.1), (down, end.1), end],
            Some((track, run)) => {
                let row = &self.rows[arrow.to];
                let over = row.y - row.gap + GAP / 2.0 + track as f64 * TRACK;
                let last = self.track(run);
                vec![
                    start,
                    (down, start.1),
                    (down, over),
                    (last, over),
                    (last, end.1),
                    end,
                ]
            }
        }
    }

    fn track(&self, run: Run) -> f64 {
        self.channels[run.channel] + 14.0 + run.track as f64 * TRACK
    }

    fn port(&self, row: usize, port: Port) -> (f64, f64) {
        let placed = &self.rows[row];
        let part = (port.index + 1) as f64 / (port.of + 1) as f64;
        let lane = self.lane(row);
        let x = match port.side {
            Side::Left => lane.x,
            Side::Right => lane.x + placed.width,
        };
        (x, placed.y + placed.height * part)
    }

    /// Which of the steps that are shown a row is, from 1.
    pub(super) fn stop(&self, row: usize) -> usize {
        let steps = self.rows[..=row].iter();
        steps
            .filter(|placed| matches!(placed.row, Row::Step { .. }))
            .count()
    }

    /// The lane of a row that is a step.
    pub(super) fn lane(&self, row: usize) -> &Lane {
        match self.rows[row].row {
            Row::Step { column, .. } => &self.lanes[column],
            _ => &self.lanes[0],
        }
    }
}

/// Columns of text in a step of this width.
fn room(width: f64) -> usize {
    ((width - 2.0 * PAD) / COLUMN + 0.01) as usize
}

fn channel_width(tracks: usize) -> f64 {
    28.0 + tracks.saturating_sub(1) as f64 * TRACK
}

/// The lanes from left to right, and where each channel begins.
fn lanes(
    rows: &[Row],
    shown: &[usize],
    context: &Context<'_>,
    tracks: &[usize],
) -> (Vec<Lane>, Vec<f64>) {
    let most = widest(shown.len());
    let mut wanted = vec![14; shown.len()];
    for row in rows {
        if let Row::Step { column, cell, .. } = row {
            wanted[*column] = wanted[*column].max(reach(cell, most));
        }
    }
    let (mut x, mut lanes, mut channels) = (GUTTER, Vec::new(), Vec::new());
    for (i, &thread) in shown.iter().enumerate() {
        let name = context.thread(thread);
        let text = wanted[i].max(width(&name)).min(most);
        channels.push(x);
        x += channel_width(tracks[i]);
        let width = columns(text) + 2.0 * PAD;
        lanes.push(Lane {
            thread,
            name: elide(&name, text, UNICODE),
            x,
            width,
        });
        x += width;
    }
    channels.push(x);
    (lanes, channels)
}

/// The columns that a step asks for. A message takes what there is.
fn reach(cell: &Cell, most: usize) -> usize {
    if cell.message {
        cell.width().min(24)
    } else {
        cell.width().min(most)
    }
}
