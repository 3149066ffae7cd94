//! The axioms, about a graph whose reads have their writes.

use std::sync::atomic::Ordering;

use crate::program::{Code, Op, Outcome};
use crate::rc11::{Event, Graph, Source};
use crate::relation::Relation;

/// A location's modification order, and what follows from it.
pub(crate) struct Order {
    last: usize,
    mo: Relation,
    rb: Relation,
    eco: Relation,
}

/// A graph as numbered events and relations: first the initial writes, then thread by thread.
pub(crate) struct Execution {
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
    pub(crate) fn new(code: &dyn Code, graph: &Graph, stuck: &[(usize, Op)]) -> Self {
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
    pub(crate) fn coherent_orders(&self, x: usize) -> Option<Vec<Order>> {
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
    pub(crate) fn sequential(&self, orders: &[&Order]) -> bool {
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

    pub(crate) fn outcome(&self, orders: &[&Order]) -> Outcome {
        let reads = (self.locations..self.size()).filter(|&event| self.from[event].is_some());
        let last = orders
            .iter()
            .map(|order| self.written[order.last].expect("a write"));
        reads.map(|event| self.read[event]).chain(last).collect()
    }
}
