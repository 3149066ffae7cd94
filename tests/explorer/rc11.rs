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
use std::sync::atomic::Ordering;

use crate::program::{Code, Machine, Op, Outcome, Pending};
use crate::relation::Relation;

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
enum Source {
    Initial(usize),
    Event(usize, usize),
}

#[derive(Clone, Copy, Debug)]
struct Event {
    op: Op,
    from: Option<Source>,
    read: u64,
    written: Option<u64>,
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
type Graph = Vec<Vec<Event>>;

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
                work.push(next);
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

/// A location's modification order, and what follows from it.
struct Order {
    last: usize,
    mo: Relation,
    rb: Relation,
    eco: Relation,
}

/// A graph as numbered events and relations: first the initial writes, then thread by thread.
struct Execution {
    locations: usize,
    /// The initial writes' stand for nothing.
    ops: Vec<Op>,
    place: Vec<Option<usize>>,
    written: Vec<Option<u64>>,
    read: Vec<u64>,
    /// The number of the write that is read.
    from: Vec<Option<usize>>,
    /// Waits in vain: reads the last write, whichever it is.
    stuck: Vec<bool>,
    sb: Relation,
    hb: Relation,
}

impl Execution {
    fn new(code: &dyn Code, graph: &Graph, stuck: &[(usize, Op)]) -> Self {
        let locations = code.locations();
        let mut events: Vec<Vec<(Event, bool)>> = graph
            .iter()
            .map(|events| events.iter().map(|&event| (event, false)).collect())
            .collect();
        for &(thread, op) in stuck {
            let event = Event {
                op,
                from: None,
                read: 0,
                written: None,
            };
            events[thread].push((event, true));
        }
        let mut start = Vec::new();
        let mut size = locations;
        for events in &events {
            start.push(size);
            size += events.len();
        }
        let mut execution = Self {
            locations,
            ops: vec![Op::Fence(Ordering::Relaxed); locations],
            place: (0..locations).map(Some).collect(),
            written: (0..locations).map(|x| Some(code.initial(x))).collect(),
            read: vec![0; locations],
            from: vec![None; locations],
            stuck: vec![false; locations],
            sb: Relation::new(size),
            hb: Relation::new(size),
        };
        for (thread, events) in events.iter().enumerate() {
            for (index, &(event, stuck)) in events.iter().enumerate() {
                let me = start[thread] + index;
                execution.ops.push(event.op);
                execution.place.push(event.op.place());
                execution.written.push(event.written);
                execution.read.push(event.read);
                execution.from.push(event.from.map(|source| match source {
                    Source::Initial(x) => x,
                    Source::Event(thread, index) => start[thread] + index,
                }));
                execution.stuck.push(stuck);
                for earlier in (0..locations).chain(start[thread]..me) {
                    execution.sb.add(earlier, me);
                }
            }
        }
        execution.hb = execution.sb.or(&execution.synchronizes()).closed();
        execution
    }

    fn size(&self) -> usize {
        self.ops.len()
    }

    fn is_fence(&self, event: usize) -> bool {
        self.place[event].is_none()
    }

    fn has_order(&self, event: usize, orders: &[Ordering]) -> bool {
        event >= self.locations
            && orders.contains(&self.ops[event].order(self.written[event].is_some()))
    }

    /// `sw = [rel] ; ([F] ; sb)? ; rs ; rf ; [R] ; (sb ; [F])? ; [acq]`, where `rs = [W] ; (rf ; rmw)*`.
    fn synchronizes(&self) -> Relation {
        let size = self.size();
        let mut sw = Relation::new(size);
        let released = |event| {
            self.has_order(
                event,
                &[Ordering::Release, Ordering::AcqRel, Ordering::SeqCst],
            )
        };
        let acquired = |event| {
            self.has_order(
                event,
                &[Ordering::Acquire, Ordering::AcqRel, Ordering::SeqCst],
            )
        };
        for reader in 0..size {
            // A wait in vain is the last of its thread: what it learns reaches nobody.
            let mut next = self.from[reader];
            while let Some(write) = next {
                for a in (self.locations..size).filter(|&a| released(a)) {
                    for b in (self.locations..size).filter(|&b| acquired(b)) {
                        let releases = a == write || self.is_fence(a) && self.sb.has(a, write);
                        let acquires = b == reader || self.is_fence(b) && self.sb.has(reader, b);
                        if releases && acquires {
                            sw.add(a, b);
                        }
                    }
                }
                // Only a read-modify-write has a source of its own.
                next = self.from[write];
            }
        }
        sw
    }

    /// The modification orders of `x` that are coherent, atomic and, for those who wait in vain, hopeless.
    /// `None` if there is none.
    fn coherent_orders(&self, x: usize) -> Option<Vec<Order>> {
        let writes: Vec<usize> = (self.locations..self.size())
            .filter(|&event| self.place[event] == Some(x) && self.written[event].is_some())
            .collect();
        let mut orders = Vec::new();
        self.place_next(x, &mut vec![x], writes, &mut orders);
        (!orders.is_empty()).then_some(orders)
    }

    fn place_next(
        &self,
        x: usize,
        placed: &mut Vec<usize>,
        left: Vec<usize>,
        orders: &mut Vec<Order>,
    ) {
        if left.is_empty() {
            orders.extend(self.coherent(x, placed));
            return;
        }
        let last = *placed.last().expect("the initial write");
        // ATOMICITY: `rmw ∩ (rb ; mo)` is empty.
        let update = left.iter().find(|&&write| self.from[write] == Some(last));
        for &next in &left {
            let out_of_place = match update {
                Some(&update) => next != update,
                None => self.from[next].is_some(),
            };
            // Coherence would reject it in the end.
            if out_of_place || left.iter().any(|&other| self.hb.has(other, next)) {
                continue;
            }
            placed.push(next);
            let rest = left.iter().copied().filter(|&write| write != next);
            self.place_next(x, placed, rest.collect(), orders);
            placed.pop();
        }
    }

    fn coherent(&self, x: usize, placed: &[usize]) -> Option<Order> {
        let size = self.size();
        let last = *placed.last()?;
        let mut mo = Relation::new(size);
        for (at, &write) in placed.iter().enumerate() {
            for &later in &placed[at + 1..] {
                mo.add(write, later);
            }
        }
        let mut rf = Relation::new(size);
        let mut rb = Relation::new(size);
        for read in (0..size).filter(|&event| self.place[event] == Some(x)) {
            if self.stuck[read] && self.ops[read].awaited() == self.written[last] {
                return None;
            }
            let Some(source) = self.from[read].or(self.stuck[read].then_some(last)) else {
                continue;
            };
            rf.add(source, read);
            for &write in placed {
                if mo.has(source, write) && write != read {
                    rb.add(read, write);
                }
            }
        }
        let eco = rf.or(&mo).or(&rb).closed();
        // COHERENCE: `hb ; eco?` is irreflexive. That `eco` is says here, where a read-modify-write is one event,
        // what the paper says with two: it does not read a later write.
        let coherent =
            self.hb.irreflexive() && self.hb.then(&eco).irreflexive() && eco.irreflexive();
        coherent.then_some(Order { last, mo, rb, eco })
    }

    /// SC: `psc` is acyclic.
    fn sequential(&self, orders: &[&Order]) -> bool {
        let size = self.size();
        let sc: Vec<bool> = (0..size)
            .map(|event| self.has_order(event, &[Ordering::SeqCst]))
            .collect();
        if sc.iter().filter(|&&sc| sc).count() < 2 {
            return true;
        }
        let empty = Relation::new(size);
        let all = |part: fn(&Order) -> &Relation| {
            orders
                .iter()
                .fold(empty.clone(), |all, order| all.or(part(order)))
        };
        let (mo, rb, eco) = (all(|o| &o.mo), all(|o| &o.rb), all(|o| &o.eco));
        let (sb, hb) = (&self.sb, &self.hb);
        let same = |a: usize, b: usize| self.place[a].is_some() && self.place[a] == self.place[b];
        let elsewhere = sb.filter(|a, b| !same(a, b));
        // `scb = sb ∪ sb|≠loc ; hb ; sb|≠loc ∪ hb|loc ∪ mo ∪ rb`
        let scb = sb
            .or(&elsewhere.then(hb).then(&elsewhere))
            .or(&hb.filter(same))
            .or(&mo)
            .or(&rb);
        // `psc_base = ([E_sc] ∪ [F_sc] ; hb?) ; scb ; ([E_sc] ∪ hb? ; [F_sc])`
        let identity = Relation::identity(size);
        let reach = identity.or(hb);
        let fence = |event: usize| sc[event] && self.is_fence(event);
        let enter = reach.filter(|a, b| sc[a] && (a == b || fence(a)));
        let leave = reach.filter(|a, b| sc[b] && (a == b || fence(b)));
        let base = enter.then(&scb).then(&leave);
        // `psc_F = [F_sc] ; (hb ∪ hb ; eco ; hb) ; [F_sc]`
        let between = hb.or(&hb.then(&eco).then(hb));
        let fences = between.filter(|a, b| fence(a) && fence(b));
        base.or(&fences).acyclic()
    }

    fn outcome(&self, orders: &[&Order]) -> Outcome {
        let reads = (self.locations..self.size()).filter(|&event| self.from[event].is_some());
        let last = orders
            .iter()
            .map(|order| self.written[order.last].expect("a write"));
        reads.map(|event| self.read[event]).chain(last).collect()
    }
}
