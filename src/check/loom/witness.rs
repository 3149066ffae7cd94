//! Whether a failing execution of loom is one that C11 allows.
//!
//! loom keeps the modification order of an atomic as clocks, and loses parts of it: a thread that wrote 1
//! and then 2 may find 1 at last, and a store may come between the two halves of a read-modify-write (loom
//! #254, #282, #389). So before a failure that rests on stale values is believed, it is judged here: is
//! there, for each read, a write of that value, and for each atomic an order of its writes, that satisfy
//! the axioms of RC11? (Lahav and others, PLDI 2017.)
//!
//! Given the writes that the reads take their values from, coherence says of some pairs of writes which
//! comes first, and a read-modify-write stands right behind what it reads; an order exists if and only if
//! that has no cycle. Only where equal values were written must more than one source be tried.

use std::collections::BTreeMap;

use core::sync::atomic::Ordering;

use super::watch::Site;
use crate::check::clock::{acquires, releases};
use crate::check::kernel::{Access, ObjectId, ThreadId};

/// Sources that are tried before the question is left open.
const MOST_TRIED: usize = 20_000;

/// Writes of one atomic that can be ordered.
const MOST_WRITES: usize = 64;

/// For each of loom's threads the number of its steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Steps(pub(super) [u32; super::kernel::MOST_THREADS]);

impl Steps {
    pub(super) fn join(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine = (*mine).max(theirs);
        }
    }

    pub(super) fn meet(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine = (*mine).min(theirs);
        }
    }

    pub(super) fn covers(&self, other: &Self) -> bool {
        self.0
            .iter()
            .zip(other.0)
            .all(|(mine, theirs)| *mine >= theirs)
    }

    pub(super) fn has(&self, stamp: Stamp) -> bool {
        self.0[stamp.thread] >= stamp.step
    }
}

/// A step of a thread.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stamp {
    pub(super) thread: ThreadId,
    pub(super) step: u32,
}

/// What happened, as far as it orders or is ordered.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event {
    Spawn(ThreadId),
    Join(ThreadId),
    /// A lock or a token is taken.
    Acquire(Site),
    /// A lock or a token is given back.
    Release(Site),
    Fence(Ordering),
    Cell(ObjectId, Access),
    Write {
        atomic: ObjectId,
        value: u64,
        order: Ordering,
    },
    Read {
        atomic: ObjectId,
        value: u64,
        /// What a read-modify-write wrote.
        written: Option<u64>,
        order: Ordering,
    },
}

/// What the axioms say of an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reality {
    Real,
    Impossible,
    /// It uses SeqCst, of which only a part is judged here, or has too many equal values.
    Open,
}

/// Judges what happened, in the order in which it was run. With `race`, the last access to a cell must
/// also be unordered with a conflicting one before it.
pub(super) fn judge(events: &[(ThreadId, Event)], race: bool) -> Reality {
    // If the SeqCst accesses and fences can all happen before each other in the order in which they ran,
    // then they can be ordered as RC11 demands. That is more than it demands.
    match search(events, race, true) {
        Some(true) => Reality::Real,
        None => Reality::Open,
        Some(false) => {
            let relaxed = events.iter().any(|(_, event)| {
                matches!(
                    event,
                    Event::Fence(Ordering::SeqCst)
                        | Event::Write {
                            order: Ordering::SeqCst,
                            ..
                        }
                        | Event::Read {
                            order: Ordering::SeqCst,
                            ..
                        }
                )
            });
            if relaxed && search(events, race, false) != Some(false) {
                Reality::Open
            } else {
                Reality::Impossible
            }
        }
    }
}

fn search(events: &[(ThreadId, Event)], race: bool, strong: bool) -> Option<bool> {
    let mut choices = Vec::new();
    for _ in 0..MOST_TRIED {
        let mut pass = Pass {
            strong,
            choices,
            ..Pass::default()
        };
        if events
            .iter()
            .all(|&(thread, event)| pass.step(thread, event))
            && (!race || pass.races)
        {
            return Some(true);
        }
        if pass.overflow {
            return None;
        }
        choices = pass.choices;
        choices.truncate(pass.sources.len());
        // The next source of the last read that has one.
        loop {
            let (Some(choice), Some(sources)) = (choices.pop(), pass.sources.pop()) else {
                return Some(false);
            };
            if choice + 1 < sources {
                choices.push(choice + 1);
                break;
            }
        }
    }
    None
}

#[derive(Clone, Copy, Debug, Default)]
struct Thread {
    now: Steps,
    seen: Steps,
    fenced: Steps,
}

#[derive(Debug)]
struct Write {
    stamp: Stamp,
    value: u64,
    view: Steps,
    /// The write with which its chain of read-modify-writes begins, and its place in that.
    head: usize,
    place: usize,
    /// Whether a read-modify-write has read it.
    taken: bool,
}

#[derive(Debug, Default)]
struct Atomic {
    writes: Vec<Write>,
    reads: Vec<(Stamp, usize)>,
    /// Pairs of writes of which the first comes first.
    order: Vec<(usize, usize)>,
}

/// One walk through the execution, with a chosen source for each read.
#[derive(Debug, Default)]
struct Pass {
    strong: bool,
    /// For each read which of its sources is taken, the newest being number 0.
    choices: Vec<usize>,
    /// For each read how many there are.
    sources: Vec<usize>,
    threads: Vec<Thread>,
    sites: BTreeMap<Site, Steps>,
    atomics: BTreeMap<ObjectId, Atomic>,
    cells: Vec<(ObjectId, Stamp, Access)>,
    sequential: Steps,
    races: bool,
    overflow: bool,
}

impl Pass {
    fn thread(&mut self, id: ThreadId) -> &mut Thread {
        if self.threads.len() <= id {
            self.threads.resize_with(id + 1, Thread::default);
        }
        &mut self.threads[id]
    }

    /// False if the axioms are violated.
    fn step(&mut self, id: ThreadId, event: Event) -> bool {
        let thread = self.thread(id);
        thread.now.0[id] += 1;
        let stamp = Stamp {
            thread: id,
            step: thread.now.0[id],
        };
        let now = thread.now;
        match event {
            Event::Spawn(child) => self.thread(child).now.join(&now),
            Event::Join(ended) => {
                let end = self.thread(ended).now;
                self.thread(id).now.join(&end);
            }
            Event::Acquire(site) => {
                let before = self.sites.get(&site).copied().unwrap_or_default();
                self.thread(id).now.join(&before);
            }
            Event::Release(site) => self.sites.entry(site).or_default().join(&now),
            Event::Fence(order) => {
                if acquires(order) {
                    let thread = self.thread(id);
                    let seen = thread.seen;
                    thread.now.join(&seen);
                }
                self.sequential(id, order);
                if releases(order) {
                    let thread = self.thread(id);
                    thread.fenced = thread.now;
                }
            }
            Event::Cell(cell, access) => {
                self.races = self.cells.iter().any(|(other, by, how)| {
                    *other == cell
                        && (access == Access::Write || *how == Access::Write)
                        && !now.has(*by)
                });
                self.cells.push((cell, stamp, access));
            }
            Event::Write {
                atomic,
                value,
                order,
            } => {
                self.sequential(id, order);
                return self.write(id, stamp, atomic, value, order, None);
            }
            Event::Read {
                atomic,
                value,
                written,
                order,
            } => {
                self.sequential(id, order);
                let Some(source) = self.source(atomic, value) else {
                    return false;
                };
                if !self.read(id, stamp, atomic, source, order) {
                    return false;
                }
                if let Some(written) = written {
                    return self.write(id, stamp, atomic, written, order, Some(source));
                }
            }
        }
        true
    }

    /// In the strong reading, SeqCst operations happen before each other.
    fn sequential(&mut self, id: ThreadId, order: Ordering) {
        if self.strong && order == Ordering::SeqCst {
            let before = self.sequential;
            let thread = self.thread(id);
            thread.now.join(&before);
            self.sequential = thread.now;
        }
    }

    fn source(&mut self, atomic: ObjectId, value: u64) -> Option<usize> {
        let writes = &self.atomics.get(&atomic)?.writes;
        let sources: Vec<usize> = (0..writes.len())
            .rev()
            .filter(|&write| writes[write].value == value)
            .collect();
        let read = self.sources.len();
        self.sources.push(sources.len());
        if self.choices.len() <= read {
            self.choices.push(0);
        }
        sources.get(self.choices[read]).copied()
    }

    fn read(
        &mut self,
        id: ThreadId,
        stamp: Stamp,
        atomic: ObjectId,
        source: usize,
        order: Ordering,
    ) -> bool {
        let now = self.thread(id).now;
        let accesses = self.atomics.entry(atomic).or_default();
        let view = accesses.writes[source].view;
        let holds = accesses.after_all_known(&now, source);
        accesses.reads.push((stamp, source));
        let thread = self.thread(id);
        if acquires(order) {
            thread.now.join(&view);
        } else {
            thread.seen.join(&view);
        }
        holds
    }

    fn write(
        &mut self,
        id: ThreadId,
        stamp: Stamp,
        atomic: ObjectId,
        value: u64,
        order: Ordering,
        source: Option<usize>,
    ) -> bool {
        let thread = *self.thread(id);
        let mut view = thread.fenced;
        if releases(order) {
            view.join(&thread.now);
        }
        let accesses = self.atomics.entry(atomic).or_default();
        let me = accesses.writes.len();
        if me >= MOST_WRITES {
            self.overflow = true;
            return false;
        }
        let (mut head, mut place) = (me, 0);
        if let Some(source) = source {
            let before = &mut accesses.writes[source];
            if core::mem::replace(&mut before.taken, true) {
                return false;
            }
            (head, place) = (before.head, before.place + 1);
            view.join(&before.view);
        }
        accesses.writes.push(Write {
            stamp,
            value,
            view,
            head,
            place,
            taken: false,
        });
        accesses.after_all_known(&thread.now, me)
    }
}

impl Atomic {
    /// Coherence: what happens before an access of `write` is not newer than it. False if that is a cycle.
    fn after_all_known(&mut self, now: &Steps, write: usize) -> bool {
        let before = self.order.len();
        let known = (0..self.writes.len()).filter(|&other| now.has(self.writes[other].stamp));
        let read = self
            .reads
            .iter()
            .filter(|(reader, _)| now.has(*reader))
            .map(|(_, source)| *source);
        let earlier: Vec<usize> = known.chain(read).filter(|&other| other != write).collect();
        for other in earlier {
            if !self.order.contains(&(other, write)) {
                self.order.push((other, write));
            }
        }
        before == self.order.len() && self.writes[write].head == write || self.acyclic()
    }

    fn acyclic(&self) -> bool {
        let mut after = [0_u64; MOST_WRITES];
        for &(first, second) in &self.order {
            let (a, b) = (&self.writes[first], &self.writes[second]);
            if a.head != b.head {
                after[a.head] |= 1 << b.head;
            } else if a.place >= b.place {
                return false;
            }
        }
        let count = self.writes.len();
        for middle in 0..count {
            let row = after[middle];
            for other in &mut after[..count] {
                if *other >> middle & 1 == 1 {
                    *other |= row;
                }
            }
        }
        (0..count).all(|write| after[write] >> write & 1 == 0)
    }
}
