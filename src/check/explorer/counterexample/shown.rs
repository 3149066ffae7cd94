//! Which step of a failing execution shows which event, and the words for it.

use std::collections::HashMap;

use super::guide::Traced;
use crate::check::execution::State as Recorded;
use crate::check::explain;
use crate::check::explorer::event::{EventId, Kind, Update};
use crate::check::explorer::graph::Graph;
use crate::check::explorer::run::State;
use crate::check::failure::Failure;
use crate::check::linearize::is_atomic;
use crate::check::record::{RawFailure, RawStep};
use crate::check::timeline::Operation;

/// Events and the steps that show them.
pub(in crate::check::explorer) struct Shown<'a> {
    pub(in crate::check::explorer) graph: &'a Graph,
    pub(in crate::check::explorer) recorded: &'a Recorded,
    pub(in crate::check::explorer) steps: &'a [RawStep],
    pub(in crate::check::explorer) trace: &'a [Traced],
    pub(in crate::check::explorer) step_of: HashMap<EventId, usize>,
    /// The threads of the graph by their numbers in this execution.
    pub(in crate::check::explorer) ids: HashMap<u32, usize>,
    /// When each event happened.
    pub(in crate::check::explorer) time: HashMap<EventId, usize>,
}

impl<'a> Shown<'a> {
    pub(in crate::check::explorer) fn of(
        state: &'a State,
        recorded: &'a Recorded,
        raw: &RawFailure,
        trace: &'a [Traced],
    ) -> Self {
        let graph = &state.search.graph;
        let steps = &recorded.steps[..raw.steps.min(recorded.steps.len())];
        let mut shown = Self {
            graph,
            recorded,
            steps,
            trace,
            step_of: HashMap::new(),
            ids: HashMap::new(),
            time: HashMap::new(),
        };
        for (time, Traced { event, .. }) in trace.iter().enumerate() {
            shown.time.insert(*event, time);
            shown.ids.insert(event.thread, state.id(event.thread));
            if let Some(write) = graph.write_with(*event) {
                shown.time.insert(write, time);
            }
        }
        let mut next: HashMap<u32, usize> = HashMap::new();
        for Traced { event, steps: from } in trace.iter().rev() {
            let e = graph.at(*event);
            let end = next.insert(event.thread, *from).unwrap_or(steps.len());
            // A lock is shown by one step, its place in the queue with it; so is what a wait does.
            let parts = matches!(e.update, Some(Update::Ticket(..) | Update::Leave(_)));
            let end = if parts { steps.len() } else { end };
            let id = state.id(event.thread);
            let mine = |step: &usize| steps[*step].thread == id;
            let fits = |step: &usize| shows(e.kind, e.update, steps[*step].operation);
            let after = (*from..end.max(*from).min(steps.len())).filter(mine);
            let mut found = if parts {
                after.filter(|step| !steps[*step].blocked).find(fits)
            } else {
                after
                    .take_while(|step| !is_past(steps, *step, *from))
                    .find(fits)
            };
            if e.kind == Kind::Unlock && found.is_none() {
                // It is a part of the wait before it.
                found = (0..(*from).min(steps.len()))
                    .rev()
                    .find(mine)
                    .filter(|step| steps[*step].operation == Operation::Wait);
            }
            if e.kind == Kind::End {
                // It is shown when all is done that may still be seen of the thread.
                found = (0..(*from).min(steps.len()))
                    .rev()
                    .find(mine)
                    .filter(|step| steps[*step].operation == Operation::Finish);
            }
            if let Some(step) = found {
                shown.step_of.insert(*event, step);
                if let Some(write) = graph.write_with(*event) {
                    shown.step_of.insert(write, step);
                }
            }
        }
        shown
    }

    pub(in crate::check::explorer) fn who(&self, step: usize) -> String {
        explain::thread_name(self.recorded, self.steps[step].thread)
    }

    pub(in crate::check::explorer) fn at(&self, step: usize) -> String {
        let place = explain::place_of(self.recorded, &self.steps[step]);
        place.map_or_else(String::new, |place| {
            format!("{}:{}", explain::short(&place.file), place.line)
        })
    }

    /// `thread 1 reads flag = 0 at lib.rs:3`.
    pub(in crate::check::explorer) fn says(&self, step: usize, verb: &str) -> String {
        let raw = &self.steps[step];
        let object = raw.object.map(|id| &self.recorded.objects[id as usize]);
        let value = match verb {
            "reads" => raw.read,
            _ => raw.written,
        };
        let name = object.map_or_else(String::new, explain::object_name);
        let shown = object
            .zip(value)
            .map(|(object, value)| object.int.show(value));
        let what = match (shown, verb) {
            (Some(value), "reads") => format!("{name} = {value}"),
            (Some(value), _) => format!("{value} to {name}"),
            (None, _) => name,
        };
        format!("{} {verb} {what} at {}", self.who(step), self.at(step))
    }

    /// The step that fails.
    pub(in crate::check::explorer) fn last_of(
        &self,
        raw: &RawFailure,
        failure: &Failure,
    ) -> Option<usize> {
        let rows = &failure.timeline.steps;
        rows.iter()
            .rposition(|row| row.failing && row.thread == raw.thread)
            .filter(|step| *step < self.steps.len())
    }
}

/// Whether another event of the thread comes between.
fn is_past(steps: &[RawStep], step: usize, from: usize) -> bool {
    let thread = steps[step].thread;
    let before = steps.get(from..step).unwrap_or_default().iter();
    before
        .filter(|other| other.thread == thread)
        .any(|other| !other.blocked)
}

/// Whether an event is what a step of this kind shows.
fn shows(kind: Kind, update: Option<Update>, operation: Operation) -> bool {
    use Operation as O;
    let takes_lock = matches!(
        operation,
        O::Lock
            | O::TryLock
            | O::TryLockFailed
            | O::ReadLock
            | O::TryReadLock
            | O::TryReadLockFailed
            | O::WriteLock
            | O::TryWriteLock
            | O::TryWriteLockFailed
            | O::Wake
            | O::WakeSpurious
            | O::WakeTimeout
    );
    match (kind, update) {
        (Kind::Load, _) => operation == O::Load,
        (Kind::Store, _) => operation == O::Store,
        (Kind::Fence, _) => operation == O::Fence,
        (Kind::Acquire, _) | (_, Some(Update::Ticket(..))) => takes_lock,
        (Kind::Unlock, _) => matches!(operation, O::Unlock | O::ReadUnlock | O::WriteUnlock),
        (Kind::Wake, _) => operation == O::Wake,
        (Kind::Spawn(_), _) => operation == O::Spawn,
        (Kind::Start, _) => operation == O::Start,
        (Kind::End, _) => operation == O::Finish,
        (Kind::Join(_), _) => operation == O::Join,
        (_, Some(Update::Enqueue(_))) => operation == O::Wait,
        (_, Some(Update::Leave(_))) => matches!(operation, O::WakeSpurious | O::WakeTimeout),
        (_, Some(Update::NotifyOne)) => operation == O::NotifyOne,
        (_, Some(Update::NotifyAll)) => operation == O::NotifyAll,
        (_, Some(Update::TakeToken)) => operation == O::Park,
        (_, Some(Update::GiveToken)) => operation == O::Unpark,
        (_, Some(Update::Fetch { .. } | Update::Exchange { .. })) => {
            operation != O::Store && is_atomic(operation)
        }
        _ => false,
    }
}
