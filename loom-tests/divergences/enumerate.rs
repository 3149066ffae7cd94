//! The theory's answer, by brute force: every result that RC11 allows a small straight-line program.
//!
//! An execution graph is built one event at a time, in every order of the threads, with every write that a
//! read may take its value from and every place in the modification order that a write may have. What is
//! built that way has program order and reads-from acyclic; the other axioms hold for every prefix of a
//! consistent graph, so each extension is checked at once. Nothing here is shared with the checker.
//!
//! Lahav, Vafeiadis, Kang, Hur, Dreyer: Repairing Sequential Consistency in C/C++11 (PLDI 2017), without its
//! SeqCst accesses; release sequences as in C++20.

use std::collections::{BTreeSet, HashSet};

use std::sync::atomic::Ordering;

/// One operation; `x` is the number of its atomic. All atomics begin as 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Op {
    Load {
        x: usize,
        order: Ordering,
    },
    Store {
        x: usize,
        value: u64,
        order: Ordering,
    },
    Add {
        x: usize,
        value: u64,
        order: Ordering,
    },
    Swap {
        x: usize,
        value: u64,
        order: Ordering,
    },
    Exchange {
        x: usize,
        expected: u64,
        new: u64,
        success: Ordering,
        failure: Ordering,
    },
    Fence(Ordering),
    /// Means nothing.
    Yield,
}

impl Op {
    pub(crate) fn reads(self) -> bool {
        !matches!(self, Op::Store { .. } | Op::Fence(_) | Op::Yield)
    }

    fn place(self) -> Option<usize> {
        match self {
            Op::Load { x, .. }
            | Op::Store { x, .. }
            | Op::Add { x, .. }
            | Op::Swap { x, .. }
            | Op::Exchange { x, .. } => Some(x),
            Op::Fence(_) | Op::Yield => None,
        }
    }

    /// What it writes after reading `old`.
    fn writes(self, old: u64) -> Option<u64> {
        match self {
            Op::Load { .. } | Op::Fence(_) | Op::Yield => None,
            Op::Store { value, .. } | Op::Swap { value, .. } => Some(value),
            Op::Add { value, .. } => Some(old + value),
            Op::Exchange { expected, new, .. } => (old == expected).then_some(new),
        }
    }

    fn order(self, succeeds: bool) -> Ordering {
        match self {
            Op::Load { order, .. }
            | Op::Store { order, .. }
            | Op::Add { order, .. }
            | Op::Swap { order, .. }
            | Op::Fence(order) => order,
            Op::Yield => Ordering::Relaxed,
            Op::Exchange {
                success, failure, ..
            } => {
                if succeeds {
                    success
                } else {
                    failure
                }
            }
        }
    }
}

/// Threads that start after the atomics are made; when all have ended, each atomic is read once more.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Program {
    pub(crate) atomics: usize,
    pub(crate) threads: Vec<Vec<Op>>,
}

/// The values read, thread by thread, then the last value of each atomic.
pub(crate) type Outcome = Vec<u64>;

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Event {
    /// Where its value comes from: an atomic's write, as (thread, index); `None` is the initial one.
    from: Option<(usize, usize)>,
    read: u64,
    written: Option<u64>,
}

/// A graph: the events of each thread, and each atomic's writes in modification order, without the initial one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Graph {
    threads: Vec<Vec<Event>>,
    order: Vec<Vec<(usize, usize)>>,
}

type Set = u32;

/// A relation among at most 32 events: row `i` holds the successors of `i`.
#[derive(Clone)]
struct Relation(Vec<Set>);

impl Relation {
    fn new(size: usize) -> Self {
        Self(vec![0; size])
    }

    fn add(&mut self, a: usize, b: usize) {
        self.0[a] |= 1 << b;
    }

    fn has(&self, a: usize, b: usize) -> bool {
        self.0[a] >> b & 1 == 1
    }

    fn close(mut self) -> Self {
        for middle in 0..self.0.len() {
            let row = self.0[middle];
            for other in &mut self.0 {
                if *other >> middle & 1 == 1 {
                    *other |= row;
                }
            }
        }
        self
    }

    fn then(&self, next: &Self) -> Self {
        Self(
            self.0
                .iter()
                .map(|row| {
                    (0..next.0.len())
                        .filter(|middle| row >> middle & 1 == 1)
                        .fold(0, |set, middle| set | next.0[middle])
                })
                .collect(),
        )
    }

    fn or(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a | b).collect())
    }

    fn irreflexive(&self) -> bool {
        (0..self.0.len()).all(|event| !self.has(event, event))
    }
}

fn acquires(order: Ordering) -> bool {
    matches!(
        order,
        Ordering::Acquire | Ordering::AcqRel | Ordering::SeqCst
    )
}

fn releases(order: Ordering) -> bool {
    matches!(
        order,
        Ordering::Release | Ordering::AcqRel | Ordering::SeqCst
    )
}

impl Program {
    /// Every outcome that the axioms allow.
    pub(crate) fn outcomes(&self) -> BTreeSet<Outcome> {
        let empty = Graph {
            threads: vec![Vec::new(); self.threads.len()],
            order: vec![Vec::new(); self.atomics],
        };
        let mut seen = HashSet::from([empty.clone()]);
        let mut work = vec![empty];
        let mut outcomes = BTreeSet::new();
        while let Some(graph) = work.pop() {
            let mut complete = true;
            for thread in 0..self.threads.len() {
                let Some(&op) = self.threads[thread].get(graph.threads[thread].len()) else {
                    continue;
                };
                complete = false;
                for next in self.extensions(&graph, thread, op) {
                    if !seen.contains(&next) && self.consistent(&next) {
                        seen.insert(next.clone());
                        work.push(next);
                    }
                }
            }
            if complete {
                outcomes.insert(self.outcome(&graph));
            }
        }
        outcomes
    }

    fn outcome(&self, graph: &Graph) -> Outcome {
        let reads = self
            .threads
            .iter()
            .zip(&graph.threads)
            .flat_map(|(ops, events)| {
                ops.iter()
                    .zip(events)
                    .filter(|(op, _)| op.reads())
                    .map(|(_, event)| event.read)
            });
        let last = graph.order.iter().map(|order| {
            order.last().map_or(0, |&(thread, index)| {
                graph.threads[thread][index].written.unwrap_or(0)
            })
        });
        reads.chain(last).collect()
    }

    fn extensions(&self, graph: &Graph, thread: usize, op: Op) -> Vec<Graph> {
        let push = |event: Event, at: Option<usize>| {
            let mut next = graph.clone();
            let id = (thread, graph.threads[thread].len());
            if let (Some(x), Some(at), Some(_)) = (op.place(), at, event.written) {
                next.order[x].insert(at, id);
            }
            next.threads[thread].push(event);
            next
        };
        let Some(x) = op.place() else {
            return vec![push(
                Event {
                    from: None,
                    read: 0,
                    written: None,
                },
                None,
            )];
        };
        let order = &graph.order[x];
        if !op.reads() {
            return (0..=order.len())
                .map(|at| {
                    push(
                        Event {
                            from: None,
                            read: 0,
                            written: op.writes(0),
                        },
                        Some(at),
                    )
                })
                .collect();
        }
        // Number 0 is the initial write, number n the n-th of the modification order.
        (0..=order.len())
            .map(|source| {
                let from = source.checked_sub(1).map(|index| order[index]);
                let read = from.map_or(0, |(thread, index)| {
                    graph.threads[thread][index].written.unwrap_or(0)
                });
                // ATOMICITY: right behind what it reads.
                push(
                    Event {
                        from,
                        read,
                        written: op.writes(read),
                    },
                    Some(source),
                )
            })
            .collect()
    }

    fn consistent(&self, graph: &Graph) -> bool {
        // Event 0.. are the initial writes, then the events of each thread.
        let mut start = Vec::new();
        let mut size = self.atomics;
        for events in &graph.threads {
            start.push(size);
            size += events.len();
        }
        let number = |(thread, index): (usize, usize)| start[thread] + index;
        let mut program_order = Relation::new(size);
        for (thread, events) in graph.threads.iter().enumerate() {
            for index in 0..events.len() {
                for initial in 0..self.atomics {
                    program_order.add(initial, number((thread, index)));
                }
                for later in index + 1..events.len() {
                    program_order.add(number((thread, index)), number((thread, later)));
                }
            }
        }
        let mut modification = Relation::new(size);
        for (x, order) in graph.order.iter().enumerate() {
            for (place, &write) in order.iter().enumerate() {
                modification.add(x, number(write));
                for &later in &order[place + 1..] {
                    modification.add(number(write), number(later));
                }
            }
        }
        let mut reads_from = Relation::new(size);
        let mut before_read = Relation::new(size);
        let mut sequence = Relation::new(size);
        for (thread, events) in graph.threads.iter().enumerate() {
            for (index, event) in events.iter().enumerate() {
                let op = self.threads[thread][index];
                let (Some(x), true) = (op.place(), op.reads()) else {
                    continue;
                };
                let me = number((thread, index));
                let source = event.from.map_or(x, number);
                reads_from.add(source, me);
                before_read.0[me] |= modification.0[source] & !(1 << me);
                if event.written.is_some() {
                    sequence.add(source, me);
                    // ATOMICITY: nothing may come between, also later.
                    let between = (0..size).any(|other| {
                        modification.has(source, other) && modification.has(other, me)
                    });
                    if between {
                        return false;
                    }
                }
            }
        }
        let sequence = sequence.close();
        let mut synchronises = Relation::new(size);
        let mut fences = Vec::new();
        for (thread, events) in graph.threads.iter().enumerate() {
            for (index, event) in events.iter().enumerate() {
                let op = self.threads[thread][index];
                if op == Op::Fence(Ordering::SeqCst) {
                    fences.push(number((thread, index)));
                }
                if event.written.is_none() {
                    continue;
                }
                let head = number((thread, index));
                // Whoever releases through this write: itself, or fences before it.
                let mut releasing: Vec<usize> = (0..index)
                    .filter(|&before| match self.threads[thread][before] {
                        Op::Fence(order) => releases(order),
                        _ => false,
                    })
                    .map(|before| number((thread, before)))
                    .collect();
                if releases(op.order(true)) {
                    releasing.push(head);
                }
                let writes = sequence.0[head] | 1 << head;
                for (reader, events) in graph.threads.iter().enumerate() {
                    for (index, event) in events.iter().enumerate() {
                        let op = self.threads[reader][index];
                        let me = number((reader, index));
                        let found = (0..size)
                            .any(|write| writes >> write & 1 == 1 && reads_from.has(write, me));
                        if !found {
                            continue;
                        }
                        let mut acquiring: Vec<usize> = (index + 1..events.len())
                            .filter(|&after| match self.threads[reader][after] {
                                Op::Fence(order) => acquires(order),
                                _ => false,
                            })
                            .map(|after| number((reader, after)))
                            .collect();
                        if acquires(op.order(event.written.is_some())) {
                            acquiring.push(me);
                        }
                        for &a in &releasing {
                            for &b in &acquiring {
                                if a != b {
                                    synchronises.add(a, b);
                                }
                            }
                        }
                    }
                }
            }
        }
        let happens_before = program_order.or(&synchronises).close();
        let communication = reads_from.or(&modification).or(&before_read).close();
        let both = happens_before.then(&communication);
        if !happens_before.irreflexive() || !both.irreflexive() || !communication.irreflexive() {
            return false;
        }
        let between = happens_before.or(&both.then(&happens_before));
        let mut fence_order = Relation::new(size);
        for &a in &fences {
            for &b in &fences {
                if between.has(a, b) {
                    fence_order.add(a, b);
                }
            }
        }
        fence_order.close().irreflexive()
    }
}
