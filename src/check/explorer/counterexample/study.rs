//! Which of the failing executions is shown, and in which order of its steps.
//!
//! Of a failing execution only what leads to the failure matters: what comes before it by program order and
//! reads-from, for a race before either access, for a deadlock all. That is put into the order with the fewest
//! context switches ([`Plan::cheapest`]), and of all executions the one that needs the fewest is run once more in
//! that order, so that what is shown is what happened. Nothing in the choice depends on time, addresses, or the
//! numbers that a search gives to threads: it is the same on every machine.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use super::because;
use super::guide::Traced;
use super::order::Cost;
use super::plan::{Demands, Plan, Shape, ranked};
use super::rehearse::{Ended, Stage};
use super::script::Script;
use crate::check::execution::Execution;
use crate::check::explorer::event::{EventId, Kind};
use crate::check::explorer::graph::{Graph, Label};
use crate::check::explorer::run::State;
use crate::check::failure::{Failure, FailureKind};
use crate::check::hook;
use crate::check::record::{RawFailure, RawStep};
use crate::check::replay::ReplayToken;
use crate::check::timeline::Operation;

/// States that are searched for the best orders of all failing executions of one check.
const STATES: usize = 200_000;

/// What makes one counterexample better than another; the least is the best.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    /// No interleaving: it cannot be understood without the memory model.
    weak: bool,
    cost: Cost,
    length: usize,
    /// Whose turn it is, by the order in which threads are started.
    turns: Vec<u32>,
    shape: Vec<Shape>,
}

/// A failing execution that may be shown.
struct Candidate {
    key: Key,
    kind: FailureKind,
    script: Script,
    exact: bool,
}

/// See the module.
pub(in crate::check::explorer) struct Study {
    best: Option<Candidate>,
    /// What is shown if none can be run again: the first, as it was found.
    first: Option<(Box<Failure>, Script)>,
    states: usize,
    /// The engine itself failed in explaining, with this message.
    broken: Option<String>,
}

impl Study {
    pub(in crate::check::explorer) fn new() -> Self {
        Self {
            best: None,
            first: None,
            states: STATES,
            broken: None,
        }
    }

    /// Considers the execution that the search has just found to fail.
    pub(in crate::check::explorer) fn consider(
        &mut self,
        stage: &mut Stage<'_>,
        search: &State,
        spurious: bool,
        failure: Box<Failure>,
    ) {
        let graph = &search.search.graph;
        let done = &graph.order[..search.cursor.min(graph.order.len())];
        let script = Script::of(graph, done, spurious);
        let kind = failure.kind;
        if self.first.is_none() {
            self.first = Some((failure, script.clone()));
        }
        if kind == FailureKind::Nondeterminism || self.broken.is_some() {
            return;
        }
        // A failure that was found is not lost for want of words.
        let considered = catch_unwind(AssertUnwindSafe(|| self.weigh(stage, script, kind)));
        if let Err(payload) = considered {
            self.broken = Some(hook::message(&*payload));
        }
    }

    fn weigh(&mut self, stage: &mut Stage<'_>, script: Script, kind: FailureKind) {
        let spurious = script.spurious;
        let most = self
            .best
            .as_ref()
            .map(|best| (best.key.weak, best.key.cost));
        let states = core::cell::Cell::new(self.states);
        let (_, candidate) = stage.rehearse(&Rc::new(script), |ended, x, state| match ended {
            Ended::Failed(failure) if failure.kind == kind => {
                let mut left = states.get();
                let candidate = candidate(x, state, spurious, kind, most, &mut left);
                states.set(left);
                candidate
            }
            _ => None,
        });
        self.states = states.get();
        if let Some(candidate) = candidate
            && self
                .best
                .as_ref()
                .is_none_or(|best| candidate.key < best.key)
        {
            self.best = Some(candidate);
        }
    }

    /// The failure that is shown, if one was found.
    pub(in crate::check::explorer) fn conclude(
        mut self,
        stage: &mut Stage<'_>,
    ) -> Option<Box<Failure>> {
        let (mut first, script) = self.first.take()?;
        let kind = first.kind;
        let shown = catch_unwind(AssertUnwindSafe(|| {
            if kind == FailureKind::Nondeterminism || self.broken.is_some() {
                return None;
            }
            let best = self.best.take();
            best.and_then(|best| {
                let sequential = Some(!best.key.weak);
                show(stage, best.script, best.kind, sequential, best.exact)
            })
            .or_else(|| show(stage, script, kind, None, true))
        }));
        match shown {
            Ok(Some(failure)) => return Some(failure),
            Ok(None) => {}
            Err(payload) => self.broken = Some(hook::message(&*payload)),
        }
        if let Some(message) = self.broken {
            let text = format!("It cannot be explained, which is a bug of racecourse: {message}.");
            first.timeline.explanation.push(text);
        }
        Some(first)
    }
}

/// Follows a script and explains what fails; also how many threads there were.
pub(in crate::check::explorer) fn replay(stage: &mut Stage<'_>, script: Script) -> (Ended, usize) {
    let script = Rc::new(script);
    let (mut ended, threads) = stage.rehearse(&script, |ended, x, state| {
        if let Ended::Failed(failure) = ended
            && let Some(raw) = &x.state().failure
        {
            let weak = candidate(x, state, script.spurious, raw.kind, None, &mut 0)
                .map(|candidate| candidate.key.weak);
            because::explain(failure, x, state, raw, weak.map(|weak| !weak));
        }
        x.state().threads.len()
    });
    if let Ended::Failed(failure) = &mut ended {
        failure.replay = Some(ReplayToken {
            script: Script::clone(&script),
        });
    }
    (ended, threads)
}

/// Runs it once more, and explains it.
fn show(
    stage: &mut Stage<'_>,
    script: Script,
    kind: FailureKind,
    sequential: Option<bool>,
    exact: bool,
) -> Option<Box<Failure>> {
    let script = Rc::new(script);
    let (ended, ()) = stage.rehearse(&script, |ended, x, state| {
        if let Ended::Failed(failure) = ended
            && let Some(raw) = &x.state().failure
        {
            because::explain(failure, x, state, raw, sequential);
            if !exact {
                let text =
                    "An order with fewer context switches may exist: there were too many to try.";
                failure.timeline.explanation.push(text.to_owned());
            }
        }
    });
    let Ended::Failed(mut failure) = ended else {
        return None;
    };
    if failure.kind != kind {
        return None;
    }
    failure.replay = Some(ReplayToken {
        script: Script::clone(&script),
    });
    Some(failure)
}

fn candidate(
    x: &Execution,
    state: &State,
    spurious: bool,
    kind: FailureKind,
    most: Option<(bool, Cost)>,
    states: &mut usize,
) -> Option<Candidate> {
    let recorded = x.state();
    let raw = recorded.failure.as_ref()?;
    let (graph, last) = relevant(state, raw, &recorded.steps)?;
    let gives_way = who_gives_way(state, &recorded.steps);
    let gives_way = |event: EventId| gives_way.contains(&event);
    let tail = |thread: u32| {
        let next = graph.len(thread);
        let events = state.search.graph.threads.get(thread as usize)?;
        match events.get(next as usize) {
            Some(event) => Some(event.kind),
            None => Some(state.members.get(thread as usize)?.request?.kind),
        }
    };
    let mut plan = Plan::of(&graph, last, &gives_way, &tail);
    let weak = !plan.can(Demands::INTERLEAVING);
    if weak {
        plan.find_missed(&graph);
    }
    if most.is_some_and(|(best, _)| weak && !best) {
        return None;
    }
    let most = most.filter(|(best, _)| *best == weak).map(|(_, cost)| cost);
    let orders = [
        (true, true, true),
        (true, true, false),
        (true, false, true),
        (false, false, true),
    ];
    let mut orders = orders
        .map(|(follows, fresh, last)| Demands {
            follows,
            fresh,
            last,
        })
        .into_iter();
    let demands = orders.find(|demands| plan.can(*demands))?;
    let mut ordered = plan.cheapest(demands, most, states)?;
    let ranks = ranked(&graph);
    let turns = ordered.order.iter().map(|event| {
        let rank = ranks.iter().position(|thread| *thread == event.thread);
        rank.unwrap_or(0) as u32
    });
    let key = Key {
        weak,
        cost: ordered.cost,
        length: ordered.order.len(),
        turns: turns.collect(),
        shape: plan.shape(&graph),
    };
    let order = core::mem::take(&mut ordered.order);
    Some(Candidate {
        key,
        kind,
        script: Script::of(&graph, &order, spurious),
        exact: ordered.exact,
    })
}

/// The part of the graph that leads to the failure, and the event after which it fails, if it is one.
fn relevant(
    state: &State,
    raw: &RawFailure,
    steps: &[RawStep],
) -> Option<(Graph, Option<EventId>)> {
    let full = &state.search.graph;
    let mut graph = Graph::default();
    let all: Vec<u32> = full
        .threads
        .iter()
        .map(|events| events.len() as u32)
        .collect();
    let whole = matches!(
        raw.kind,
        FailureKind::Deadlock | FailureKind::Livelock | FailureKind::Leak
    );
    if whole {
        graph.copy(full, &all);
        return Some((graph, None));
    }
    let thread = state.thread(raw.thread);
    let done = state.members.get(thread as usize)?.done;
    let last = EventId {
        thread,
        // The write of a read-modify-write goes with its read.
        index: done.checked_sub(1)?,
    };
    let mut keep = vec![0; all.len()];
    let mut add = |event: EventId| {
        for (thread, keep) in keep.iter_mut().enumerate() {
            *keep = (*keep).max(full.porf(event).get(thread as u32));
        }
    };
    add(last);
    if let Some(with) = raw.with
        && let Some(event) = event_of(state, steps, with)
    {
        add(event);
        full.write_with(event).into_iter().for_each(&mut add);
    }
    graph.copy(full, &keep);
    let ends: Vec<(u32, Label)> = (0..all.len() as u32)
        .filter(|other| *other != thread && graph.len(*other) > 0)
        .filter_map(|other| Some((other, ending(state, &graph, other)?)))
        .collect();
    for (thread, label) in ends {
        let position = graph.variable(label.loc).co.len() as u32;
        let end = graph.push(thread, label);
        graph.insert(end, position);
    }
    Some((graph, Some(last)))
}

/// How the thread ends, if that is all that it has still to do and nobody has looked whether it has ended.
fn ending(state: &State, graph: &Graph, thread: u32) -> Option<Label> {
    let next = graph.len(thread);
    let events = &state.search.graph.threads[thread as usize];
    if graph.last(thread)?.kind == Kind::End {
        return None;
    }
    let label = match events.get(next as usize) {
        Some(event) => Label {
            loc: event.loc,
            value: event.value,
            order: event.order,
            ..Label::of(event.kind)
        },
        None => state.members.get(thread as usize)?.request?,
    };
    let unread = || graph.variable(label.loc).reads.is_empty();
    (label.kind == Kind::End && unread()).then_some(label)
}

/// The last event of its thread before a step.
fn event_of(state: &State, steps: &[RawStep], step: usize) -> Option<EventId> {
    let thread = state.thread(steps.get(step)?.thread);
    let trace = &state.guide.as_ref()?.trace;
    let mut before = trace
        .iter()
        .rev()
        .filter(|traced| traced.event.thread == thread && traced.steps <= step);
    before.next().map(|traced| traced.event)
}

/// The events after which their threads give way by themselves.
fn who_gives_way(state: &State, steps: &[RawStep]) -> HashSet<EventId> {
    let trace = state.guide.as_ref().map_or(&[][..], |guide| &guide.trace);
    let mut next: HashMap<u32, usize> = HashMap::new();
    let mut found = HashSet::new();
    for Traced {
        event,
        steps: before,
    } in trace.iter().rev()
    {
        let end = next.insert(event.thread, *before).unwrap_or(steps.len());
        let id = state.id(event.thread);
        let shown = steps.get(*before..end).unwrap_or_default().iter().rev();
        let last = shown
            .filter(|step| step.thread == id)
            .find(|step| !step.blocked || step.operation == Operation::Wait);
        if last.is_some_and(|step| gives_way(step.operation)) {
            found.insert(*event);
        }
    }
    found
}

fn gives_way(operation: Operation) -> bool {
    use Operation::{Finish, Park, Sleep, SpinHint, Wait, Yield};
    matches!(operation, Finish | Wait | Park | Yield | SpinHint | Sleep)
}
