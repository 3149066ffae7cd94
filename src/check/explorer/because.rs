//! Why a failing execution could happen: what its steps read from each other, what happens before what, and which
//! such edge is absent.

use std::collections::HashMap;

use super::event::{EventId, Kind, Update};
use super::graph::Graph;
use super::guide::Traced;
use super::run::State;
use crate::check::clock::{acquires, releases};
use crate::check::execution::{Execution, State as Recorded};
use crate::check::explain;
use crate::check::failure::{Failure, FailureKind};
use crate::check::record::{RawFailure, RawStep};
use crate::check::timeline::{Edge, Operation, Relation};

/// Events and the steps that show them.
struct Shown<'a> {
    graph: &'a Graph,
    recorded: &'a Recorded,
    steps: &'a [RawStep],
    trace: &'a [Traced],
    step_of: HashMap<EventId, usize>,
    /// When each event happened.
    time: HashMap<EventId, usize>,
}

/// Fills in what relates the steps of the failure, and the sentences that explain it. `sequential` is whether it
/// is an interleaving, if that is known better than by its steps.
pub(super) fn explain(
    failure: &mut Failure,
    x: &Execution,
    state: &State,
    raw: &RawFailure,
    sequential: Option<bool>,
) {
    let recorded = x.state();
    let Some(guide) = &state.guide else { return };
    let shown = Shown::of(state, &recorded, raw, &guide.trace);
    let stale = shown.stale();
    for (read, _) in &stale {
        if let Some(step) = shown.step_of.get(read) {
            failure.timeline.steps[*step].stale = true;
        }
    }
    failure.sequentially_consistent = sequential.unwrap_or(stale.is_empty());
    let mut edges = shown.edges();
    let mut said = Vec::new();
    match (failure.sequentially_consistent, raw.kind) {
        (true, FailureKind::Panic) if shown.has_orderings() => said.push(
            "This is a plain interleaving: sequential consistency allows it, so no memory ordering prevents it."
                .to_owned(),
        ),
        (true, _) => {}
        (false, _) => said.push(
            "This is no plain interleaving: sequential consistency forbids it, and weaker orderings allow it."
                .to_owned(),
        ),
    }
    if !failure.sequentially_consistent {
        for (read, missed) in &stale {
            shown.why_stale(*read, *missed, &mut said, &mut edges);
        }
        if stale.is_empty() {
            said.push(
                "No load is stale in this order, but stores to one atomic took effect in another order than here."
                    .to_owned(),
            );
        }
    }
    if raw.kind == FailureKind::DataRace
        && let Some(first) = raw.with
        && let Some(second) = shown.last_of(raw, failure)
    {
        shown.why_a_race(first, second, &mut said, &mut edges);
    }
    said.dedup();
    let timeline = &mut failure.timeline;
    timeline.explanation.splice(0..0, said);
    let rows = timeline.steps.len();
    edges.retain(|edge| edge.from < rows && edge.to < rows);
    timeline.edges = edges;
}

impl<'a> Shown<'a> {
    fn of(state: &'a State, recorded: &'a Recorded, raw: &RawFailure, trace: &'a [Traced]) -> Self {
        let graph = &state.search.graph;
        let steps = &recorded.steps[..raw.steps.min(recorded.steps.len())];
        let mut shown = Self {
            graph,
            recorded,
            steps,
            trace,
            step_of: HashMap::new(),
            time: HashMap::new(),
        };
        for (time, Traced { event, .. }) in trace.iter().enumerate() {
            shown.time.insert(*event, time);
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
                found = (0..*from)
                    .rev()
                    .find(mine)
                    .filter(|step| steps[*step].operation == Operation::Wait);
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

    /// Whether any step chose a memory ordering.
    fn has_orderings(&self) -> bool {
        self.steps.iter().any(|step| step.order.is_some())
    }

    /// The reads that missed a write that had happened, each with the latest such write.
    fn stale(&self) -> Vec<(EventId, EventId)> {
        let reads = self.trace.iter().filter_map(|Traced { event, .. }| {
            let e = self.graph.at(*event);
            if !e.kind.reads() || !self.step_of.contains_key(event) {
                return None;
            }
            let later = &self.graph.variable(e.loc).co[self.graph.position(e.source) as usize..];
            let mut happened = later.iter().rev().filter(|write| {
                self.time.get(write) < self.time.get(event) && self.time.contains_key(write)
            });
            Some((*event, *happened.next()?))
        });
        reads.collect()
    }

    /// What relates steps of different threads.
    fn edges(&self) -> Vec<Edge> {
        let mut edges = Vec::new();
        for Traced { event: to, .. } in self.trace {
            let e = self.graph.at(*to);
            match e.kind {
                Kind::Load | Kind::UpdateRead if !e.source.is_init() => {
                    self.read_edges(*to, &mut edges);
                }
                Kind::Start => self.edge(e.source, *to, Relation::HappensBefore, &mut edges),
                Kind::Acquire => {
                    let ticket = to.before().expect("the ticket of an acquire");
                    for ahead in self.graph.awaited(ticket) {
                        if let Some(unlock) = self.graph.at(ahead).unlock {
                            self.edge(unlock, *to, Relation::HappensBefore, &mut edges);
                        }
                    }
                }
                Kind::Wake => {
                    if let Some(notification) = self.graph.notification(e.source) {
                        self.edge(notification, *to, Relation::ReadsFrom, &mut edges);
                    }
                }
                Kind::Join(child) => {
                    if let Some(end) = self.graph.end_id(child) {
                        self.edge(end, *to, Relation::HappensBefore, &mut edges);
                    }
                }
                _ => {}
            }
        }
        edges.sort_by_key(|edge| (edge.to, edge.from, edge.relation as u8));
        edges.dedup();
        edges
    }

    fn read_edges(&self, read: EventId, edges: &mut Vec<Edge>) {
        let e = self.graph.at(read);
        // Queues of locks and lists of waiters are the engine's own.
        let hidden = matches!(
            e.update,
            Some(
                Update::Ticket(..)
                    | Update::Enqueue(_)
                    | Update::Leave(_)
                    | Update::NotifyOne
                    | Update::NotifyAll
            )
        );
        if hidden {
            return;
        }
        if !matches!(e.update, Some(Update::TakeToken | Update::GiveToken)) {
            self.edge(e.source, read, Relation::ReadsFrom, edges);
        }
        let acquire = if e.acquires() {
            Some(read)
        } else {
            self.fence(read, false)
        };
        let Some(acquire) = acquire else { return };
        // The release, and those whose release sequence it continues.
        let mut write = e.source;
        loop {
            let release = if self.graph.at(write).releases() {
                Some(write)
            } else {
                self.fence(write, true)
            };
            if let Some(release) = release
                && self.graph.at(acquire).hb.contains(release)
            {
                self.edge(release, acquire, Relation::HappensBefore, edges);
            }
            if self.graph.at(write).kind != Kind::UpdateWrite {
                break;
            }
            write = match write.before() {
                Some(own) if !self.graph.at(own).source.is_init() => self.graph.at(own).source,
                _ => break,
            };
        }
    }

    /// The release fence before an event of its thread, or the acquire fence after it.
    fn fence(&self, event: EventId, before: bool) -> Option<EventId> {
        let events = &self.graph.threads[event.thread as usize];
        let is = |index: &u32| {
            let e = &events[*index as usize];
            let order = if before {
                releases(e.order)
            } else {
                acquires(e.order)
            };
            e.kind == Kind::Fence && order
        };
        let index = if before {
            (0..event.index).rev().find(is)
        } else {
            (event.index + 1..events.len() as u32).find(is)
        };
        index.map(|index| EventId { index, ..event })
    }

    fn edge(&self, from: EventId, to: EventId, relation: Relation, edges: &mut Vec<Edge>) {
        if let (Some(from), Some(to)) = (self.step_of.get(&from), self.step_of.get(&to))
            && self.steps[*from].thread != self.steps[*to].thread
        {
            edges.push(Edge {
                from: *from,
                to: *to,
                relation,
            });
        }
    }

    // --- what is absent ---

    fn why_stale(
        &self,
        read: EventId,
        missed: EventId,
        said: &mut Vec<String>,
        edges: &mut Vec<Edge>,
    ) {
        let (Some(reads), Some(writes)) = (self.step_of.get(&read), self.step_of.get(&missed))
        else {
            return;
        };
        edges.push(Edge {
            from: *writes,
            to: *reads,
            relation: Relation::Absent,
        });
        let mut text = format!(
            "{} misses {}: no happens-before edge leads from there to here",
            self.says(*reads, "reads"),
            self.says(*writes, "wrote")
        );
        text.push_str(&self.broken(missed, read));
        said.push(text);
    }

    fn why_a_race(
        &self,
        first: usize,
        second: usize,
        said: &mut Vec<String>,
        edges: &mut Vec<Edge>,
    ) {
        edges.push(Edge {
            from: first,
            to: second,
            relation: Relation::Absent,
        });
        let before = |step: usize| {
            let thread = self.steps[step].thread;
            let traced = self.trace.iter().rev().find(|traced| {
                let same = self.thread_of(traced.event) == Some(thread);
                same && traced.steps <= step
            });
            traced.map(|traced| traced.event)
        };
        let text = format!(
            "No happens-before edge leads from the {} of {} at {} to the one of {} at {}",
            noun(self.steps[first].operation),
            self.who(first),
            self.at(first),
            self.who(second),
            self.at(second)
        );
        let why = match (before(first), before(second)) {
            (Some(from), Some(to)) => self.broken(from, to),
            _ => ".".to_owned(),
        };
        said.push(text + &why);
    }

    /// The read that follows what it reads, and yet does not synchronise with it, on the way from one event to
    /// another; as the rest of a sentence.
    fn broken(&self, from: EventId, to: EventId) -> String {
        let Some((source, read)) = self.broken_edge(from, to) else {
            return ".".to_owned();
        };
        let (Some(writes), Some(reads)) = (self.step_of.get(&source), self.step_of.get(&read))
        else {
            return ".".to_owned();
        };
        let order = |step: usize| {
            self.steps[step]
                .order
                .map_or_else(String::new, |order| format!("{order:?} "))
        };
        format!(
            "; the {}{} at {} reads from the {}{} at {}, which makes none.",
            order(*reads),
            self.steps[*reads].operation,
            self.at(*reads),
            order(*writes),
            self.steps[*writes].operation,
            self.at(*writes),
        )
    }

    fn broken_edge(&self, from: EventId, to: EventId) -> Option<(EventId, EventId)> {
        let graph = self.graph;
        if !graph.at(to).porf.contains(from) || graph.at(to).hb.contains(from) {
            return None;
        }
        let events = &graph.threads[to.thread as usize];
        let first = events[..=to.index as usize]
            .iter()
            .position(|event| event.porf.contains(from))?;
        let read = EventId {
            index: first as u32,
            ..to
        };
        let event = graph.at(read);
        let source = if event.kind.reads() {
            event.source
        } else if event.kind == Kind::Wake {
            graph.notification(event.source)?
        } else {
            return None;
        };
        if source == from || graph.at(source).hb.contains(from) {
            return Some((source, read));
        }
        self.broken_edge(from, source)
    }

    // --- words ---

    fn thread_of(&self, event: EventId) -> Option<usize> {
        let step = self
            .step_of
            .iter()
            .find(|(id, _)| id.thread == event.thread)?;
        Some(self.steps[*step.1].thread)
    }

    fn who(&self, step: usize) -> String {
        explain::thread_name(self.recorded, self.steps[step].thread)
    }

    fn at(&self, step: usize) -> String {
        let place = explain::place_of(self.recorded, &self.steps[step]);
        place.map_or_else(String::new, |place| {
            format!("{}:{}", explain::short(&place.file), place.line)
        })
    }

    /// `thread 1 reads flag = 0 at lib.rs:3`.
    fn says(&self, step: usize, verb: &str) -> String {
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
    fn last_of(&self, raw: &RawFailure, failure: &Failure) -> Option<usize> {
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

fn noun(operation: Operation) -> &'static str {
    match operation {
        Operation::Write => "write",
        Operation::Alloc => "allocation",
        Operation::Free => "freeing",
        _ => "read",
    }
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
        (_, Some(Update::Fetch { .. } | Update::Exchange { .. })) => matches!(
            operation,
            O::Load
                | O::Swap
                | O::FetchAdd
                | O::FetchSub
                | O::FetchAnd
                | O::FetchNand
                | O::FetchOr
                | O::FetchXor
                | O::FetchMax
                | O::FetchMin
                | O::CompareExchange
                | O::CompareExchangeFailed
                | O::CompareExchangeSpurious
        ),
        _ => false,
    }
}
