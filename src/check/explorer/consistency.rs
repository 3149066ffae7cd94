//! Whether the SeqCst accesses and fences of a graph have an order: `psc` of RC11 is acyclic.
//!
//! Lahav, Vafeiadis, Kang, Hur, Dreyer: Repairing Sequential Consistency in C/C++11, PLDI 2017, as published.
//! The other axioms need no check: a graph is only ever extended in ways that keep them (`Graph::bound`,
//! `Graph::is_open`).
//!
//! Sets of events are bit sets over the events of the graph, thread by thread.

use super::event::{Event, EventId, Kind, NOWHERE};
use super::graph::Graph;
use super::view::View;

/// Memory for the check, kept from one to the next.
#[derive(Debug, Default)]
pub(super) struct Consistency {
    words: usize,
    /// The number of each thread's first event.
    first: Vec<u32>,
    /// Where events stand, by number.
    ids: Vec<EventId>,
    /// What happens after an event: one row an event.
    after: Vec<u64>,
    sc: Vec<u32>,
    /// Rows for the work on one event.
    begins: Vec<u64>,
    next: Vec<u64>,
    middle: Vec<u64>,
    far: Vec<u64>,
    /// For each SeqCst event those (by their place in `sc`) that must come later.
    edges: Vec<Vec<u32>>,
    colour: Vec<u8>,
}

fn has(row: &[u64], bit: u32) -> bool {
    row[bit as usize / 64] >> (bit % 64) & 1 == 1
}

fn set(row: &mut [u64], bit: u32) {
    row[bit as usize / 64] |= 1 << (bit % 64);
}

fn set_range(row: &mut [u64], from: u32, to: u32) {
    for bit in from..to {
        set(row, bit);
    }
}

fn ones(row: &[u64]) -> impl Iterator<Item = u32> + '_ {
    row.iter().enumerate().flat_map(|(word, bits)| {
        let mut bits = *bits;
        core::iter::from_fn(move || {
            if bits == 0 {
                return None;
            }
            let bit = bits.trailing_zeros();
            bits &= bits - 1;
            Some(word as u32 * 64 + bit)
        })
    })
}

fn is_sc_fence(event: &Event) -> bool {
    event.kind == Kind::Fence && event.is_sc()
}

impl Consistency {
    /// Whether the SeqCst events of the graph can be put into an order.
    pub(super) fn has_sc_order(&mut self, graph: &Graph) -> bool {
        if !graph.needs_sc() {
            return true;
        }
        self.number(graph);
        let count = self.sc.len();
        self.edges
            .resize_with(count.max(self.edges.len()), Vec::new);
        for i in 0..count {
            self.successors(graph, i);
        }
        self.is_acyclic(count)
    }

    fn number(&mut self, graph: &Graph) {
        self.first.clear();
        self.ids.clear();
        self.sc.clear();
        for (thread, events) in graph.threads.iter().enumerate() {
            self.first.push(self.ids.len() as u32);
            for (index, event) in events.iter().enumerate() {
                if event.is_sc() {
                    self.sc.push(self.ids.len() as u32);
                }
                self.ids.push(EventId {
                    thread: thread as u32,
                    index: index as u32,
                });
            }
        }
        self.first.push(self.ids.len() as u32);
        self.words = self.ids.len().div_ceil(64);
        self.after.clear();
        self.after.resize(self.words * self.ids.len(), 0);
        for number in 0..self.ids.len() as u32 {
            let hb = &graph.at(self.ids[number as usize]).hb;
            for thread in 0..graph.threads.len() as u32 {
                let first = self.first[thread as usize];
                for before in first..first + hb.get(thread) {
                    if before != number {
                        let words = self.words;
                        let row = before as usize * words;
                        set(&mut self.after[row..row + words], number);
                    }
                }
            }
        }
    }

    fn number_of(&self, event: EventId) -> u32 {
        self.first[event.thread as usize] + event.index
    }

    /// Adds what happens after any of `from` to `to`.
    fn happens_after(after: &[u64], words: usize, from: &[u64], to: &mut [u64]) {
        for event in ones(from) {
            let row = event as usize * words;
            for (to, bits) in to.iter_mut().zip(&after[row..row + words]) {
                *to |= bits;
            }
        }
    }

    /// Adds to `to` what is later in program order than an event of `from`; with `other_place`, not what
    /// accesses the same location.
    fn later(&self, graph: &Graph, from: &[u64], to: &mut [u64], other_place: bool) {
        for number in ones(from) {
            let id = self.ids[number as usize];
            let end = self.first[id.thread as usize + 1];
            let loc = graph.at(id).loc;
            if !other_place || loc == NOWHERE {
                set_range(to, number + 1, end);
            } else {
                for later in number + 1..end {
                    if graph.at(self.ids[later as usize]).loc != loc {
                        set(to, later);
                    }
                }
            }
        }
    }

    /// The edges of `psc` from the `i`-th SeqCst event.
    fn successors(&mut self, graph: &Graph, i: usize) {
        let words = self.words;
        let number = self.sc[i];
        let fence = is_sc_fence(graph.at(self.ids[number as usize]));
        let mut begins = core::mem::take(&mut self.begins);
        let mut next = core::mem::take(&mut self.next);
        let mut middle = core::mem::take(&mut self.middle);
        let mut far = core::mem::take(&mut self.far);
        for row in [&mut begins, &mut next, &mut middle, &mut far] {
            row.clear();
            row.resize(words, 0);
        }
        set(&mut begins, number);
        if fence {
            let row = number as usize * words;
            for (to, bits) in begins.iter_mut().zip(&self.after[row..row + words]) {
                *to |= bits;
            }
        }
        // scb = sb | sb elsewhere; hb; sb elsewhere | hb of one location | mo | rb
        self.later(graph, &begins, &mut next, false);
        self.later(graph, &begins, &mut middle, true);
        Self::happens_after(&self.after, words, &middle, &mut far);
        self.later(graph, &far, &mut next, true);
        for from in ones(&begins) {
            self.to_same_place(graph, from, &mut next);
        }
        let mut edges = core::mem::take(&mut self.edges[i]);
        edges.clear();
        for (j, other) in self.sc.iter().enumerate() {
            if j == i {
                continue;
            }
            let event = graph.at(self.ids[*other as usize]);
            let meets = has(&next, *other)
                || is_sc_fence(event) && self.any_before(graph, &next, &event.hb);
            if meets {
                edges.push(j as u32);
            }
        }
        if fence {
            self.fence_edges(graph, number, &mut middle, &mut far, &mut edges);
        }
        self.edges[i] = edges;
        self.begins = begins;
        self.next = next;
        self.middle = middle;
        self.far = far;
    }

    /// Whether an event of the set is in the view.
    fn any_before(&self, _: &Graph, events: &[u64], view: &View) -> bool {
        ones(events).any(|number| view.contains(self.ids[number as usize]))
    }

    /// What `from` comes before at its own location: by happens-before, modification order, reads-before.
    fn to_same_place(&self, graph: &Graph, from: u32, to: &mut [u64]) {
        let id = self.ids[from as usize];
        let event = graph.at(id);
        if event.loc == NOWHERE {
            return;
        }
        let variable = graph.variable(event.loc);
        let row = from as usize * self.words;
        let after = &self.after[row..row + self.words];
        for access in variable.co.iter().chain(&variable.reads) {
            let number = self.number_of(*access);
            if has(after, number) {
                set(to, number);
            }
        }
        let later = if event.kind.writes() {
            event.position
        } else if event.kind.reads() {
            graph.position(event.source)
        } else {
            return;
        };
        for write in &variable.co[later as usize..] {
            if *write != id {
                set(to, self.number_of(*write));
            }
        }
    }

    /// Edges between fences: `hb` and `hb; eco; hb`.
    fn fence_edges(
        &self,
        graph: &Graph,
        number: u32,
        middle: &mut [u64],
        far: &mut [u64],
        edges: &mut Vec<u32>,
    ) {
        let words = self.words;
        let row = number as usize * words;
        let after = &self.after[row..row + words];
        middle.fill(0);
        far.fill(0);
        for from in ones(after) {
            self.eco(graph, from, middle);
        }
        Self::happens_after(&self.after, words, middle, far);
        for (j, other) in self.sc.iter().enumerate() {
            let event = graph.at(self.ids[*other as usize]);
            if is_sc_fence(event) && *other != number && (has(after, *other) || has(far, *other)) {
                edges.push(j as u32);
            }
            // A fence before itself: a cycle at once.
            if *other == number && has(far, number) {
                edges.push(j as u32);
            }
        }
    }

    /// Adds what comes after `from` by reads-from, modification order and reads-before, in any number of steps.
    fn eco(&self, graph: &Graph, from: u32, to: &mut [u64]) {
        let id = self.ids[from as usize];
        let event = graph.at(id);
        let (position, writes) = if event.kind.writes() {
            (event.position, true)
        } else if event.kind.reads() {
            (graph.position(event.source), false)
        } else {
            return;
        };
        let variable = graph.variable(event.loc);
        for write in &variable.co[position as usize..] {
            if *write != id {
                set(to, self.number_of(*write));
            }
        }
        for read in &variable.reads {
            let source = graph.position(graph.at(*read).source);
            if *read != id && (source > position || writes && source == position) {
                set(to, self.number_of(*read));
            }
        }
    }

    fn is_acyclic(&mut self, count: usize) -> bool {
        self.colour.clear();
        self.colour.resize(count, 0);
        (0..count).all(|from| self.visit(from as u32))
    }

    /// False: the event is reached from itself.
    fn visit(&mut self, from: u32) -> bool {
        match self.colour[from as usize] {
            1 => return false,
            2 => return true,
            _ => {}
        }
        self.colour[from as usize] = 1;
        for i in 0..self.edges[from as usize].len() {
            let to = self.edges[from as usize][i];
            if !self.visit(to) {
                return false;
            }
        }
        self.colour[from as usize] = 2;
        true
    }
}
