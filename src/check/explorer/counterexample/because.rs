//! Why a failing execution could happen: what its steps read from each other, what happens before what, and which
//! such edge is absent.

use super::guide::Traced;
use super::shown::Shown;
use crate::check::clock::{acquires, releases};
use crate::check::execution::Execution;
use crate::check::explain::ARC;
use crate::check::explorer::event::{EventId, Kind, Update};
use crate::check::explorer::run::State;
use crate::check::failure::{Failure, FailureKind};
use crate::check::record::RawFailure;
use crate::check::timeline::{Edge, Operation, Relation};

/// Fills in what relates the steps of the failure, and the sentences that explain it. `sequential` is whether it
/// is an interleaving, if that is known better than by its steps.
pub(in crate::check::explorer) fn explain(
    failure: &mut Failure,
    x: &Execution,
    state: &State,
    raw: &RawFailure,
    sequential: Option<bool>,
) {
    let recorded = x.state();
    let Some(guide) = &state.guide else { return };
    let shown = Shown::of(state, &recorded, raw, &guide.trace);
    // An interleaving has none, and long ones are not to be searched for them.
    let stale = if sequential == Some(true) {
        Vec::new()
    } else {
        shown.stale()
    };
    for (read, _) in &stale {
        let row = shown.step_of.get(read).copied();
        if let Some(row) = row.and_then(|row| failure.timeline.steps.get_mut(row)) {
            row.stale = true;
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
    if matches!(raw.kind, FailureKind::DataRace | FailureKind::UseAfterFree)
        && let Some(first) = raw.with
        && let Some(second) = shown.last_of(raw, failure)
    {
        shown.why_a_race(first, second, raw.kind, &mut said, &mut edges);
    }
    said.dedup();
    let timeline = &mut failure.timeline;
    timeline.explanation.splice(0..0, said);
    let rows = timeline.steps.len();
    edges.retain(|edge| edge.from < rows && edge.to < rows);
    timeline.edges = edges;
}

impl Shown<'_> {
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
                    if let Some(end) = self.graph.end_of(child) {
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
        // Who counted a reference before whom tells nobody anything.
        let told = !matches!(e.update, Some(Update::TakeToken | Update::GiveToken))
            && !self.counts_references(read);
        if told {
            self.edge(e.source, read, Relation::ReadsFrom, edges);
        }
        let acquire = if e.acquires() {
            Some(read)
        } else {
            self.fence(read, false)
        };
        let Some(acquire) = acquire.filter(|acquire| self.is_followed(*acquire)) else {
            return;
        };
        // The release, and those whose release sequence it continues.
        let mut write = e.source;
        loop {
            let release = if self.graph.at(write).releases() {
                Some(write)
            } else {
                self.fence(write, true)
            };
            if let Some(release) = release
                && self.graph.hb(acquire).contains(release)
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

    /// Whether an event is on the counter of an `Arc`.
    fn counts_references(&self, event: EventId) -> bool {
        let step = self.step_of.get(&event).map(|step| &self.steps[*step]);
        let object = step.and_then(|step| step.object);
        object.is_some_and(|id| self.recorded.objects[id as usize].label == ARC)
    }

    /// Whether a fence is followed by anything that it could order. That of the last `Arc` to go often is not.
    fn is_followed(&self, acquire: EventId) -> bool {
        let Some(at) = self.step_of.get(&acquire) else {
            return true;
        };
        let thread = self.steps[*at].thread;
        self.steps[*at].operation != Operation::Fence
            || self.steps[at + 1..]
                .iter()
                .any(|step| step.thread == thread && !matches!(step.operation, Operation::Finish))
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
        said.push(format!(
            "{}, although {}: no happens-before edge leads from that write to this read.",
            self.says(*reads, "reads"),
            self.says(*writes, "wrote")
        ));
        let broken = self.broken(missed, read);
        if broken.is_none() && !self.graph.porf(read).contains(missed) {
            said.push(format!(
                "Before it, {} had read nothing that follows that write, so that Release and Acquire order nothing here; \
                 SeqCst at all these stores and loads would.",
                self.who(*reads)
            ));
        }
        said.extend(broken);
    }

    fn why_a_race(
        &self,
        first: usize,
        second: usize,
        kind: FailureKind,
        said: &mut Vec<String>,
        edges: &mut Vec<Edge>,
    ) {
        let before = |step: usize| {
            let thread = self.steps[step].thread;
            let traced = self.trace.iter().rev().find(|traced| {
                let same = self.ids.get(&traced.event.thread) == Some(&thread);
                same && traced.steps <= step
            });
            traced.map(|traced| traced.event)
        };
        let (Some(from), Some(to)) = (before(first), before(second)) else {
            return;
        };
        // What was freed may be used in any order.
        let freed =
            kind == FailureKind::UseAfterFree && self.steps[first].operation == Operation::Free;
        if freed && (from.thread == to.thread || self.graph.hb(to).contains(from)) {
            return;
        }
        edges.push(Edge {
            from: first,
            to: second,
            relation: Relation::Absent,
        });
        // That nothing orders them is the failure's message.
        said.extend(self.broken(from, to));
    }

    /// The read that follows what it reads, and yet does not synchronise with it, on the way from one event to
    /// another.
    fn broken(&self, from: EventId, to: EventId) -> Option<String> {
        let (source, read) = self.broken_edge(from, to)?;
        let (writes, reads) = (*self.step_of.get(&source)?, *self.step_of.get(&read)?);
        let what = |step: usize| {
            let raw = &self.steps[step];
            let order = raw
                .order
                .map_or_else(String::new, |order| format!("{order:?} "));
            format!("{order}{} at {}", raw.operation, self.at(step))
        };
        Some(format!(
            "The {} reads from the {}, and that makes no happens-before edge.",
            what(reads),
            what(writes)
        ))
    }

    fn broken_edge(&self, from: EventId, to: EventId) -> Option<(EventId, EventId)> {
        let graph = self.graph;
        if !graph.porf(to).contains(from) || graph.hb(to).contains(from) {
            return None;
        }
        let mut events = (0..=to.index).map(|index| EventId { index, ..to });
        let read = events.find(|event| graph.porf(*event).contains(from))?;
        let event = graph.at(read);
        let source = if event.kind.reads() {
            event.source
        } else if event.kind == Kind::Wake {
            graph.notification(event.source)?
        } else {
            return None;
        };
        if source == from || graph.hb(source).contains(from) {
            return Some((source, read));
        }
        self.broken_edge(from, source)
    }
}
