//! The theory's answer, by brute force: every execution graph that RC11 allows a program.
//!
//! Every way to choose a write for each read is tried, and for each of these every modification order; what
//! the axioms, which are about relations, do not reject is counted. No views, no clocks, nothing that the explorer does.
//!
//! Lahav, Vafeiadis, Kang, Hur, Dreyer: Repairing Sequential Consistency in C/C++11 (PLDI 2017), with the release
//! sequences of C++20: a write and the read-modify-writes that follow it, and no later store of its thread.
//!
//! A read-modify-write is one event here, two in the paper.

use std::collections::{BTreeSet, HashSet};

use crate::axioms::{Execution, Order};
use crate::program::{Code, Machine, Op, Outcome, Pending};

/// What the axioms allow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Complete consistent graphs.
    pub(crate) graphs: u64,
    pub(crate) outcomes: BTreeSet<Outcome>,
    /// Whether threads can wait for ever, each reading the last write of its location again and again.
    pub(crate) hangs: bool,
}

/// A write: the initial one of its location, or an event as (thread, index).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    Initial(usize),
    Event(usize, usize),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    pub(crate) op: Op,
    pub(crate) from: Option<Source>,
    pub(crate) read: u64,
    pub(crate) written: Option<u64>,
}

/// The code runs again from its start, on the results chosen so far.
struct Replay<'a> {
    results: std::slice::Iter<'a, Event>,
}

impl Machine for Replay<'_> {
    fn perform(&mut self, op: Op) -> Result<u64, Pending> {
        let event = self.results.next().ok_or(Pending(op))?;
        assert_eq!(event.op, op, "code that depends on more than its results");
        Ok(event.read)
    }
}

/// Events and what each reads; the modification order is still open.
pub(crate) type Graph = Vec<Vec<Event>>;

pub(crate) fn answer(code: &dyn Code) -> Answer {
    let mut answer = Answer::default();
    let mut seen = HashSet::new();
    let mut work: Vec<Graph> = vec![vec![Vec::new(); code.threads()]];
    while let Some(mut graph) = work.pop() {
        let pending = advance(code, &mut graph);
        let key: Vec<Vec<Option<Source>>> = graph
            .iter()
            .map(|events| events.iter().map(|event| event.from).collect())
            .collect();
        if !seen.insert(key) {
            continue;
        }
        let waits = |op: &Option<Op>| op.is_none_or(|op| op.awaited().is_some());
        if pending.iter().all(waits) {
            judge(code, &graph, &pending, &mut answer);
        }
        for (thread, op) in pending.into_iter().enumerate() {
            let Some(op) = op else { continue };
            for (source, value) in writes(code, &graph, op.place()) {
                let written = op.writes(value);
                // ATOMICITY: two cannot both come directly after one write.
                let rival = written.is_some()
                    && graph
                        .iter()
                        .flatten()
                        .any(|other| other.from == Some(source) && other.written.is_some());
                if rival || op.awaited().is_some_and(|wanted| wanted != value) {
                    continue;
                }
                let mut next = graph.clone();
                next[thread].push(Event {
                    op,
                    from: Some(source),
                    read: value,
                    written,
                });
                // What is incoherent stays so. Code that reads again until a value changes ends by this.
                let x = op.place().expect("fences do not read");
                if Execution::new(code, &next, &[])
                    .coherent_orders(x)
                    .is_some()
                {
                    work.push(next);
                }
            }
        }
    }
    answer
}

/// Adds what leaves no choice, stores and fences, and returns the read at which each thread now stands.
fn advance(code: &dyn Code, graph: &mut Graph) -> Vec<Option<Op>> {
    let next = |thread: usize, events: &mut Vec<Event>| {
        loop {
            let results = events.iter();
            let Err(Pending(op)) = code.run(thread, &mut Replay { results }) else {
                return None;
            };
            if op.reads() {
                return Some(op);
            }
            events.push(Event {
                op,
                from: None,
                read: 0,
                written: op.writes(0),
            });
        }
    };
    let threads = graph.iter_mut().enumerate();
    threads
        .map(|(thread, events)| next(thread, events))
        .collect()
}

/// The writes of a location, with their values.
fn writes(code: &dyn Code, graph: &Graph, x: Option<usize>) -> Vec<(Source, u64)> {
    let x = x.expect("fences do not read");
    let mut writes = vec![(Source::Initial(x), code.initial(x))];
    for (thread, events) in graph.iter().enumerate() {
        for (index, event) in events.iter().enumerate() {
            if let (true, Some(value)) = (event.op.place() == Some(x), event.written) {
                writes.push((Source::Event(thread, index), value));
            }
        }
    }
    writes
}

/// Tries every modification order.
fn judge(code: &dyn Code, graph: &Graph, pending: &[Option<Op>], answer: &mut Answer) {
    let stuck: Vec<(usize, Op)> = pending
        .iter()
        .enumerate()
        .filter_map(|(thread, op)| Some((thread, (*op)?)))
        .collect();
    if !stuck.is_empty() && answer.hangs {
        return;
    }
    let execution = Execution::new(code, graph, &stuck);
    let Some(orders) = (0..code.locations())
        .map(|x| execution.coherent_orders(x))
        .collect::<Option<Vec<_>>>()
    else {
        return;
    };
    let mut chosen = vec![0; orders.len()];
    loop {
        let order: Vec<&Order> = orders.iter().zip(&chosen).map(|(o, &at)| &o[at]).collect();
        if execution.sequential(&order) {
            if stuck.is_empty() {
                answer.graphs += 1;
                answer.outcomes.insert(execution.outcome(&order));
            } else {
                answer.hangs = true;
            }
        }
        // The next combination.
        let Some(x) = (0..chosen.len()).find(|&x| chosen[x] + 1 < orders[x].len()) else {
            return;
        };
        chosen[..x].fill(0);
        chosen[x] += 1;
    }
}
