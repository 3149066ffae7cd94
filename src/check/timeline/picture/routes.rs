//! The ways of the arrows: between lanes and between rows, never across a step.
//!
//! Left of each lane, and right of the last, is a channel; above each row is a gap. An arrow leaves its step sideways
//! into a channel, runs down it, and enters the other step sideways. Between lanes that are not neighbours it crosses
//! over in the gap above the row that it goes to. Arrows that would lie on one another get tracks of their own.

use std::collections::HashMap;

use super::super::{Relation, Timeline};
use super::holders::holders;

/// Tracks of one channel or gap; with more arrows than that some lie on one another.
const TRACKS: usize = 12;

/// What an arrow says of the two steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Meaning {
    pub(super) reads: bool,
    pub(super) orders: bool,
    pub(super) absent: bool,
    /// Waits for ever for what the other step took.
    pub(super) waits: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Side {
    Left,
    Right,
}

/// One of the arrows at one side of a step: which, of how many, from above.
#[derive(Clone, Copy, Debug)]
pub(super) struct Port {
    pub(super) side: Side,
    pub(super) index: usize,
    pub(super) of: usize,
}

/// A part of an arrow that runs along a channel or a gap.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub(super) channel: usize,
    pub(super) track: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Arrow {
    /// Rows.
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) meaning: Meaning,
    pub(super) start: Port,
    pub(super) end: Port,
    pub(super) down: Run,
    /// The track of the gap above `to`, and the channel from there.
    pub(super) over: Option<(usize, Run)>,
}

/// All arrows, and how many tracks each channel and each gap needs.
#[derive(Debug)]
pub(super) struct Routes {
    pub(super) arrows: Vec<Arrow>,
    pub(super) channels: Vec<usize>,
    pub(super) gaps: Vec<usize>,
}

/// The arrows between rows: `row` tells in which row a step is, if it is shown, and `lane` the lane of a row.
pub(super) fn routes(
    timeline: &Timeline,
    row: &HashMap<usize, usize>,
    lane: &[Option<usize>],
    lanes: usize,
) -> Routes {
    let mut arrows: Vec<(usize, usize, Meaning)> = Vec::new();
    for edge in &timeline.edges {
        let (Some(&from), Some(&to)) = (row.get(&edge.from), row.get(&edge.to)) else {
            continue;
        };
        if from == to || lane[from].is_none() || lane[to].is_none() {
            continue;
        }
        // In one thread, the order of the rows says it.
        if edge.relation == Relation::HappensBefore && lane[from] == lane[to] {
            continue;
        }
        let meaning = arrow(&mut arrows, from, to, |other| {
            other.absent == (edge.relation == Relation::Absent)
        });
        match edge.relation {
            Relation::ReadsFrom => meaning.reads = true,
            Relation::HappensBefore => meaning.orders = true,
            Relation::Absent => meaning.absent = true,
        }
    }
    for (from, to) in holders(timeline) {
        if let (Some(&from), Some(&to)) = (row.get(&from), row.get(&to)) {
            arrow(&mut arrows, from, to, |other| other.waits).waits = true;
        }
    }
    // Short ones lie next to the lanes, so that long ones go around them.
    arrows.sort_by_key(|&(from, to, meaning)| (from.abs_diff(to), to, from, meaning.absent));

    let mut channels = vec![Tracks::default(); lanes + 1];
    let mut gaps = vec![Tracks::default(); lane.len()];
    let mut out = Vec::new();
    for (from, to, meaning) in arrows {
        let (a, b) = (
            lane[from].expect("it has a lane"),
            lane[to].expect("it has a lane"),
        );
        let (start, first) = if b < a {
            (Side::Left, a)
        } else {
            (Side::Right, a + 1)
        };
        let (end, last) = if b > a {
            (Side::Left, b)
        } else {
            (Side::Right, b + 1)
        };
        // Even numbers are gaps, odd ones rows.
        let over = (first != last).then(|| {
            let track = gaps[to].take(first.min(last), first.max(last));
            let down = Run {
                channel: last,
                track: channels[last].take(2 * to, 2 * to + 1),
            };
            (track, down)
        });
        let (there, back) = (
            2 * from + 1,
            if over.is_some() { 2 * to } else { 2 * to + 1 },
        );
        let down = Run {
            channel: first,
            track: channels[first].take(there.min(back), there.max(back)),
        };
        let port = |side| Port {
            side,
            index: 0,
            of: 1,
        };
        out.push(Arrow {
            from,
            to,
            meaning,
            start: port(start),
            end: port(end),
            down,
            over,
        });
    }
    number_ports(&mut out);
    Routes {
        arrows: out,
        channels: channels.iter().map(Tracks::count).collect(),
        gaps: gaps.iter().map(Tracks::count).collect(),
    }
}

/// An end of an arrow; ordered by where its other end is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct End {
    other: usize,
    arrow: usize,
    start: bool,
}

/// The arrow between two rows that may take one more meaning, or a new one.
fn arrow(
    arrows: &mut Vec<(usize, usize, Meaning)>,
    from: usize,
    to: usize,
    joins: impl Fn(&Meaning) -> bool,
) -> &mut Meaning {
    let same =
        |arrow: &(usize, usize, Meaning)| (arrow.0, arrow.1) == (from, to) && joins(&arrow.2);
    let at = arrows.iter().position(same).unwrap_or_else(|| {
        arrows.push((from, to, Meaning::default()));
        arrows.len() - 1
    });
    &mut arrows[at].2
}

/// Spreads the ends of arrows along the sides of the steps, by where the other end is.
fn number_ports(arrows: &mut [Arrow]) {
    let mut sides: HashMap<(usize, Side), Vec<End>> = HashMap::new();
    for (arrow, a) in arrows.iter().enumerate() {
        for (row, side, other, start) in [
            (a.from, a.start.side, a.to, true),
            (a.to, a.end.side, a.from, false),
        ] {
            let end = End {
                other,
                arrow,
                start,
            };
            sides.entry((row, side)).or_default().push(end);
        }
    }
    for mut ends in sides.into_values() {
        ends.sort_unstable();
        let of = ends.len();
        for (index, end) in ends.into_iter().enumerate() {
            let arrow = &mut arrows[end.arrow];
            let port = if end.start {
                &mut arrow.start
            } else {
                &mut arrow.end
            };
            (port.index, port.of) = (index, of);
        }
    }
}

/// What is taken of the tracks of one channel or gap.
#[derive(Clone, Debug, Default)]
struct Tracks(Vec<Vec<(usize, usize)>>);

impl Tracks {
    /// The first track on which nothing is between `low` and `high`.
    fn take(&mut self, low: usize, high: usize) -> usize {
        let free = |track: &Vec<(usize, usize)>| track.iter().all(|&(a, b)| b < low || high < a);
        let track = self.0.iter().position(free).unwrap_or_else(|| {
            if self.0.len() < TRACKS {
                self.0.push(Vec::new());
            }
            self.0.len() - 1
        });
        self.0[track].push((low, high));
        track
    }

    fn count(&self) -> usize {
        self.0.len()
    }
}
