//! The list of steps: what each does, how it is related to others, and what is known after it.

use std::collections::HashSet;
use std::fmt::Write;

use super::super::markup::{escape, safe};
use super::super::phrase::Context;
use super::super::picture::holders;
use super::super::rows::Row;
use super::super::{Relation, Step, Timeline};
use super::state::{State, states};

/// What the items are made of.
pub(super) struct Steps<'a> {
    pub(super) timeline: &'a Timeline,
    pub(super) context: &'a Context<'a>,
    pub(super) rows: &'a [Row],
    /// The source files, in the order in which they are shown.
    pub(super) files: &'a [&'a str],
    /// For each row that is a step, the index of the step, and its number if it has one.
    pub(super) stops: Vec<(usize, Option<usize>)>,
}

impl Steps<'_> {
    /// The items of the list, one for each row that is a step.
    pub(super) fn items(&self) -> String {
        // The last row may tell what has become of an earlier step, and stands after all of them.
        let end = self.timeline.steps.len().saturating_sub(1);
        let mut wanted: HashSet<usize> = self.stops.iter().map(|(index, _)| *index).collect();
        wanted.insert(end);
        let states = states(self.timeline, self.context, &wanted);
        let holders = holders(self.timeline);
        let mut out = String::new();
        let mut notes: Vec<String> = Vec::new();
        let mut stop: usize = 0;
        for row in self.rows {
            match row {
                Row::Note(text) => notes.push(text.trim_start_matches('…').trim().to_owned()),
                Row::Preemption { .. } => {
                    if let Some((index, _)) = self.stops.get(stop.wrapping_sub(1)) {
                        let name = self.context.thread(self.timeline.steps[*index].thread);
                        notes.push(format!("{name} is preempted: it could have gone on"));
                    }
                }
                Row::Step { index, .. } => {
                    stop += 1;
                    self.item(&mut out, row, stop, &notes, &holders);
                    let last = stop == self.stops.len();
                    state(&mut out, &states[if last { &end } else { index }]);
                    out.push_str("</li>\n");
                    notes.clear();
                }
            }
        }
        out
    }

    fn item(
        &self,
        out: &mut String,
        row: &Row,
        stop: usize,
        notes: &[String],
        holders: &[(usize, usize)],
    ) {
        let Row::Step {
            index,
            number,
            failing,
            cell,
            place,
            ..
        } = row
        else {
            return;
        };
        let step = &self.timeline.steps[*index];
        let class = if *failing { " class=\"failing\"" } else { "" };
        let _ = write!(out, "<li id=\"step-{stop}\" tabindex=\"-1\"{class}");
        if let Some(location) = &step.location
            && let Some(file) = self.files.iter().position(|file| *file == location.file)
        {
            let _ = write!(out, " data-file=\"{file}\" data-line=\"{}\"", location.line);
        }
        let title = match number {
            Some(number) => format!("Step {number}"),
            None => "At the end".to_owned(),
        };
        let thread = escape(&self.context.thread(step.thread));
        let _ = write!(out, "><h3>{title} · <bdi>{thread}</bdi></h3>");
        for note in notes {
            let _ = write!(out, "<p class=\"note\">Before: {}.</p>", safe(note));
        }
        let _ = write!(out, "<p><code>{}", safe(&cell.words.text()));
        if let Some(ordering) = &cell.ordering {
            let _ = write!(out, " <i>{}</i>", escape(ordering));
        }
        out.push_str("</code></p>");
        if !place.full.is_empty() {
            let _ = write!(out, "<p class=\"place\">{}</p>", escape(&place.full));
        }
        let facts = self.facts(*index, step, *failing, holders);
        if !facts.is_empty() {
            let _ = write!(out, "<ul>{}</ul>", facts.concat());
        }
    }

    /// What the edges and the marks say of one step.
    fn facts(
        &self,
        index: usize,
        step: &Step,
        failing: bool,
        holders: &[(usize, usize)],
    ) -> Vec<String> {
        let mut out = Vec::new();
        let edges = self.timeline.edges.iter().filter_map(|edge| {
            let (from, to) = (edge.from == index, edge.to == index);
            Some(match (edge.relation, from, to) {
                (Relation::ReadsFrom, true, _) => (edge.to, "Is read by"),
                (Relation::ReadsFrom, _, true) => (edge.from, "Reads what was written by"),
                (Relation::HappensBefore, true, _) => (edge.to, "Happens before"),
                (Relation::HappensBefore, _, true) => (edge.from, "Happens after"),
                (Relation::Absent, true, _) => (edge.to, "✗ Does <b>not</b> happen before"),
                (Relation::Absent, _, true) => (edge.from, "✗ Does <b>not</b> happen after"),
                _ => return None,
            })
        });
        let waits = holders
            .iter()
            .filter(|(from, _)| *from == index)
            .map(|(_, to)| (*to, "Waits for what was taken by"));
        for (other, words) in edges.chain(waits) {
            out.extend(self.link(other, words));
        }
        if step.stale {
            out.push(
                "<li>Stale: the load returned an older value than the latest write, as its ordering allows.</li>"
                    .to_owned(),
            );
        }
        if failing {
            out.push("<li class=\"fails\">✗ This is the step that fails.</li>".to_owned());
        }
        out
    }

    /// A fact about another step, with a link to it. What is folded has no item to go to.
    fn link(&self, other: usize, words: &str) -> Option<String> {
        let stop = self.stops.iter().position(|(index, _)| *index == other)?;
        let number = match self.stops[stop].1 {
            Some(number) => format!("step {number}"),
            None => "the end".to_owned(),
        };
        let thread = self.context.thread(self.timeline.steps[other].thread);
        Some(format!(
            "<li>{words} <a href=\"#step-{}\">{number}</a> (<bdi>{}</bdi>).</li>",
            stop + 1,
            escape(&thread)
        ))
    }
}

fn state(out: &mut String, state: &State) {
    let groups = [
        ("Locks", &state.locks),
        ("Latest values", &state.values),
        ("Waiting", &state.waiting),
    ];
    if groups.iter().all(|(_, entries)| entries.is_empty()) {
        return;
    }
    out.push_str("<div class=\"state\"><h4>After it</h4>");
    for (title, entries) in groups
        .into_iter()
        .filter(|(_, entries)| !entries.is_empty())
    {
        let _ = write!(out, "<table><caption>{title}</caption>");
        for (name, what) in entries {
            let (name, what) = (escape(name), escape(what));
            let _ = write!(out, "<tr><th scope=\"row\">{name}</th><td>{what}</td></tr>");
        }
        out.push_str("</table>");
    }
    out.push_str("</div>");
}
