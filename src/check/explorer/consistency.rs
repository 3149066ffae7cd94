//! Whether the SeqCst accesses and fences of a graph have an order: `psc` of RC11 is acyclic.
//!
//! Lahav, Vafeiadis, Kang, Hur, Dreyer: Repairing Sequential Consistency in C/C++11, PLDI 2017, as published.
//! The other axioms need no check: a graph is only ever extended in ways that keep them (`Graph::bound`,
//! `Graph::is_open`).
//!
//! What comes after an event by program order or happens-before is, in each thread, all from some event on. So
//! such a set is the number of its first event in each thread, and only accesses of one location need sets of
//! another kind: bits, over the events of the graph, thread by thread.

use super::event::{Event, EventId, Kind, NOWHERE};
use super::graph::Graph;
use super::view::View;

/// For each thread where the set begins, which has all that follows; [`NONE`] where it has nothing.
type Starts = Vec<u32>;

const NONE: u32 = u32::MAX;

/// Memory for the check, kept from one to the next.
#[derive(Debug, Default)]
pub(super) struct Consistency {
    /// The number of each thread's first event.
    first: Vec<u32>,
    /// The SeqCst accesses and fences.
    sc: Vec<EventId>,
    fences: bool,
    /// For each of them those that must come later: a row of bits, by their places in `sc`.
    edges: Vec<u64>,
    /// Words of such a row.
    words: usize,
    // For the work on one event.
    begins: Starts,
    middle: Starts,
    far: Starts,
    next: Starts,
    /// What comes later at the same place.
    met: Vec<u64>,
    // For the search for a cycle.
    path: Vec<u64>,
    done: Vec<u64>,
}

fn has(row: &[u64], bit: u32) -> bool {
    row[bit as usize / 64] >> (bit % 64) & 1 == 1
}

fn set(row: &mut [u64], bit: u32) {
    row[bit as usize / 64] |= 1 << (bit % 64);
}

fn clear(row: &mut Vec<u64>, bits: u32) {
    row.clear();
    row.resize((bits as usize).div_ceil(64), 0);
}

fn clear_starts(starts: &mut Starts, threads: usize) {
    starts.clear();
    starts.resize(threads, NONE);
}

/// Adds an event and all later ones of its thread.
fn lower(starts: &mut Starts, thread: u32, index: u32) {
    let start = &mut starts[thread as usize];
    *start = (*start).min(index);
}

fn is_sc_fence(event: &Event) -> bool {
    event.kind == Kind::Fence && event.is_sc()
}

/// Adds what happens after `event`.
fn add_after(graph: &Graph, event: EventId, to: &mut Starts) {
    for (thread, events) in graph.threads.iter().enumerate() {
        let start = &mut to[thread];
        if thread == event.thread as usize {
            *start = (*start).min(event.index + 1);
            continue;
        }
        let end = events.len().min(*start as usize);
        let at = graph.first_after(event, thread as u32, end);
        if at < end {
            *start = at as u32;
        }
    }
}

/// The first event of the thread that comes after one of those from `start` on and is not at the same place.
fn elsewhere(events: &[Event], start: u32) -> Option<u32> {
    let loc = events.get(start as usize)?.loc;
    let mut index = start + 1;
    while let Some(event) = events.get(index as usize) {
        if loc == NOWHERE || event.loc != loc {
            return Some(index);
        }
        index += 1;
    }
    None
}

/// From which place of the modification order on a write comes after the event; none if it is no access.
fn later_writes(graph: &Graph, event: &Event) -> Option<u32> {
    if event.kind.writes() {
        Some(event.position)
    } else if event.kind.reads() {
        Some(graph.position(event.source))
    } else {
        None
    }
}

/// Whether one event comes before the other at their one location: by happens-before, modification order,
/// reads-before.
fn is_later_at_same_place(graph: &Graph, from: EventId, other: EventId) -> bool {
    let (event, later) = (graph.at(from), graph.at(other));
    event.loc != NOWHERE
        && event.loc == later.loc
        && (graph.hb(other).contains(from)
            || later.kind.writes()
                && later_writes(graph, event).is_some_and(|position| later.position > position))
}

impl Graph {
    /// The first of the first `end` events of another thread that come after `event` by happens-before; `end` if none
    /// does.
    fn first_after(&self, event: EventId, thread: u32, end: usize) -> usize {
        let (mut first, mut end) = (0, end);
        while first < end {
            let index = usize::midpoint(first, end);
            let other = EventId {
                thread,
                index: index as u32,
            };
            if self.hb(other).contains(event) {
                end = index;
            } else {
                first = index + 1;
            }
        }
        first
    }
}

impl Consistency {
    /// Whether the SeqCst events of the graph can be put into an order.
    pub(super) fn has_sc_order(&mut self, graph: &Graph) -> bool {
        if !graph.needs_sc() {
            return true;
        }
        self.number(graph);
        for i in 0..self.sc.len() {
            self.successors(graph, i);
        }
        self.is_acyclic()
    }

    fn number(&mut self, graph: &Graph) {
        self.first.clear();
        self.sc.clear();
        self.fences = false;
        let mut count = 0;
        for (thread, events) in graph.threads.iter().enumerate() {
            self.first.push(count);
            for (index, event) in events.iter().enumerate() {
                if event.is_sc() {
                    self.fences |= event.kind == Kind::Fence;
                    self.sc.push(EventId {
                        thread: thread as u32,
                        index: index as u32,
                    });
                }
            }
            count += events.len() as u32;
        }
        self.first.push(count);
        self.words = self.sc.len().div_ceil(64);
        self.edges.clear();
        self.edges.resize(self.words * self.sc.len(), 0);
    }

    fn number_of(&self, event: EventId) -> u32 {
        self.first[event.thread as usize] + event.index
    }

    /// The edges of `psc` from the `i`-th SeqCst event.
    fn successors(&mut self, graph: &Graph, i: usize) {
        let id = self.sc[i];
        let fence = is_sc_fence(graph.at(id));
        let threads = graph.threads.len();
        clear_starts(&mut self.begins, threads);
        clear_starts(&mut self.middle, threads);
        clear_starts(&mut self.far, threads);
        clear_starts(&mut self.next, threads);
        clear(&mut self.met, self.first[threads]);
        // scb = sb | sb elsewhere; hb; sb elsewhere | hb of one location | mo | rb
        lower(&mut self.begins, id.thread, id.index);
        if fence {
            add_after(graph, id, &mut self.begins);
            lower(&mut self.begins, id.thread, id.index);
        }
        for (thread, events) in graph.threads.iter().enumerate() {
            let start = self.begins[thread];
            if start == NONE {
                continue;
            }
            self.next[thread] = start + 1;
            if let Some(index) = elsewhere(events, start) {
                let thread = thread as u32;
                add_after(graph, EventId { thread, index }, &mut self.far);
            }
            let end = match (fence, self.fences) {
                (true, _) => events.len() as u32,
                (false, true) => start + 1,
                // Without fences `comes_before` looks itself.
                (false, false) => start,
            };
            for index in start..end {
                let thread = thread as u32;
                self.add_same_place(graph, EventId { thread, index });
            }
        }
        for (thread, events) in graph.threads.iter().enumerate() {
            if let Some(index) = elsewhere(events, self.far[thread]) {
                lower(&mut self.next, thread as u32, index);
            }
        }
        for j in 0..self.sc.len() {
            if j != i && self.comes_before(graph, id, self.sc[j]) {
                set(&mut self.edges[i * self.words..], j as u32);
            }
        }
        if fence {
            self.fence_edges(graph, i);
        }
    }

    /// Whether `from`, which is worked on, must come before the other SeqCst event.
    fn comes_before(&self, graph: &Graph, from: EventId, other: EventId) -> bool {
        if other.index >= self.next[other.thread as usize] {
            return true;
        }
        if !self.fences {
            return is_later_at_same_place(graph, from, other);
        }
        let event = graph.at(other);
        has(&self.met, self.number_of(other))
            || is_sc_fence(event) && self.any_before(graph.hb(other))
    }

    /// Whether something that is met at the same place is in the view.
    ///
    /// What only comes later in a thread need not be looked for: it is on no cycle without which there is none, for
    /// the reason that `fence_edges` gives.
    fn any_before(&self, view: View<'_>) -> bool {
        (0..self.next.len()).any(|thread| {
            let first = self.first[thread];
            let mut known = first..first + view.get(thread as u32);
            known.any(|number| has(&self.met, number))
        })
    }

    /// Adds to what is met what `from` comes before at its own location: by happens-before, modification
    /// order, reads-before.
    fn add_same_place(&mut self, graph: &Graph, from: EventId) {
        let event = graph.at(from);
        if event.loc == NOWHERE {
            return;
        }
        let variable = graph.variable(event.loc);
        for access in variable.co.iter().chain(&variable.reads) {
            if *access != from && graph.hb(*access).contains(from) {
                let number = self.number_of(*access);
                set(&mut self.met, number);
            }
        }
        if let Some(position) = later_writes(graph, event) {
            for write in &variable.co[position as usize..] {
                if *write != from {
                    let number = self.number_of(*write);
                    set(&mut self.met, number);
                }
            }
        }
    }

    /// Edges between fences: `hb; eco; hb`. Those of `hb` alone would be on no cycle without which there is none:
    /// whatever must come before the earlier fence, must come before the later for the same reason, with `hb` after it.
    fn fence_edges(&mut self, graph: &Graph, i: usize) {
        let id = self.sc[i];
        let threads = graph.threads.len();
        clear_starts(&mut self.begins, threads);
        clear_starts(&mut self.middle, threads);
        clear_starts(&mut self.far, threads);
        add_after(graph, id, &mut self.begins);
        for thread in 0..threads as u32 {
            for index in self.begins[thread as usize]..graph.len(thread) {
                add_eco(graph, EventId { thread, index }, &mut self.middle);
            }
        }
        for thread in 0..threads as u32 {
            let index = self.middle[thread as usize];
            if index != NONE {
                add_after(graph, EventId { thread, index }, &mut self.far);
            }
        }
        for (j, other) in self.sc.iter().enumerate() {
            if !is_sc_fence(graph.at(*other)) {
                continue;
            }
            if other.index >= self.far[other.thread as usize] {
                set(&mut self.edges[i * self.words..], j as u32);
            }
        }
    }

    fn is_acyclic(&mut self) -> bool {
        clear(&mut self.path, self.sc.len() as u32);
        clear(&mut self.done, self.sc.len() as u32);
        (0..self.sc.len() as u32).all(|from| has(&self.done, from) || self.visit(from))
    }

    /// False: an event is reached from itself.
    fn visit(&mut self, from: u32) -> bool {
        set(&mut self.path, from);
        for word in 0..self.words {
            let edges = self.edges[from as usize * self.words + word];
            if edges & self.path[word] & !self.done[word] != 0 {
                return false;
            }
            loop {
                let left = edges & !self.done[word];
                if left == 0 {
                    break;
                }
                if !self.visit(word as u32 * 64 + left.trailing_zeros()) {
                    return false;
                }
            }
        }
        set(&mut self.done, from);
        true
    }
}

/// Adds what comes after `from` by reads-from, modification order and reads-before, in any number of steps, and
/// all that is later in the threads of those.
fn add_eco(graph: &Graph, from: EventId, to: &mut Starts) {
    let event = graph.at(from);
    let Some(position) = later_writes(graph, event) else {
        return;
    };
    let variable = graph.variable(event.loc);
    for write in &variable.co[position as usize..] {
        if *write != from {
            lower(to, write.thread, write.index);
        }
    }
    for read in &variable.reads {
        let source = graph.position(graph.at(*read).source);
        if *read != from && (source > position || event.kind.writes() && source == position) {
            lower(to, read.thread, read.index);
        }
    }
}
