//! What each thread must know, and what it may know, to find where loom takes more as known than C11 does.
//!
//! A read tells its value, not which of several equal writes it took it from; so there is a lower bound
//! (`certain`) and two upper ones: what loom takes as happening before (`loom`), and what must run before
//! in loom (`possible`): program order, reads-from, and a read-modify-write before the writes that it does
//! not see.
//!
//! - A read-modify-write that loom runs reads the newest store of those that were run. An older one is
//!   found in the execution that runs the newer store later; but not if that must run earlier although it
//!   need not happen before. A failed compare-exchange is the same.
//! - An acquire fence of loom synchronises with whatever *any* thread read that happens before it; in C11
//!   only with what its own thread read.
//! - SeqCst fences of loom happen before each other in the order in which they run.

use std::collections::{BTreeMap, BTreeSet};

use core::sync::atomic::Ordering;

use super::doubt::Doubt;
use super::watch::Site;
use super::witness::{Event, Stamp, Steps};
use crate::check::clock::{acquires, releases};
use crate::check::kernel::{Access, ObjectId, ThreadId};

/// The stores of an atomic that loom remembers (`MAX_ATOMIC_HISTORY` in its `rt/mod.rs`), the initial one included.
const HISTORY: usize = 7;

/// What synchronisation hands on.
#[derive(Clone, Copy, Debug, Default)]
struct View {
    certain: Steps,
    loom: Steps,
    /// What relaxed reads before saw; loom's acquire fences take it.
    heard: Steps,
}

impl View {
    fn join(&mut self, other: &Self) {
        self.certain.join(&other.certain);
        self.loom.join(&other.loom);
        self.heard.join(&other.heard);
    }

    /// Either this or the other.
    fn or(&mut self, other: &Self) {
        self.certain.meet(&other.certain);
        self.loom.join(&other.loom);
        self.heard.join(&other.heard);
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Thread {
    now: View,
    /// What its relaxed reads saw; its acquire fences take it.
    seen: View,
    /// What its latest release fence published.
    fenced: View,
    possible: Steps,
}

impl Thread {
    /// What a release hands on.
    fn released(&self) -> View {
        let mut view = self.now;
        view.heard.join(&self.seen.loom);
        view
    }
}

#[derive(Debug)]
struct Write {
    stamp: Stamp,
    value: u64,
    /// What its writer knew.
    certain: Steps,
    possible: Steps,
    /// What it hands on.
    view: View,
    /// Whether it is a read-modify-write, and of which write if that is certain.
    rmw: bool,
    source: Option<usize>,
}

#[derive(Debug, Default)]
struct Atomic {
    writes: Vec<Write>,
    /// Reads of which the write is certain.
    reads: Vec<(Stamp, usize)>,
    /// What was known to those who tried to read and write at once: they must run before the writes that
    /// they do not see.
    tried: Steps,
}

/// An access to an atomic that reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    Load,
    Rmw,
    /// A compare-exchange, whether it succeeds or not.
    Exchange,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Causality {
    threads: Vec<Thread>,
    atomics: BTreeMap<ObjectId, Atomic>,
    sites: BTreeMap<Site, (View, Steps)>,
    fences: Vec<Stamp>,
    /// Whether anything was built on loom's atomics beside the program's own.
    hidden_atomics: bool,
    /// All of it, for `witness.rs`.
    pub(super) events: Vec<(ThreadId, Event)>,
    pub(super) doubts: BTreeSet<Doubt>,
}

impl Causality {
    fn thread(&mut self, id: ThreadId) -> &mut Thread {
        if self.threads.len() <= id {
            self.threads.resize_with(id + 1, Thread::default);
        }
        &mut self.threads[id]
    }

    fn tick(&mut self, id: ThreadId) -> Stamp {
        let thread = self.thread(id);
        let step = thread.possible.0[id] + 1;
        for steps in [
            &mut thread.now.certain,
            &mut thread.now.loom,
            &mut thread.possible,
        ] {
            steps.0[id] = step;
        }
        Stamp { thread: id, step }
    }

    pub(super) fn spawned(&mut self, parent: ThreadId, child: ThreadId) {
        self.events.push((parent, Event::Spawn(child)));
        self.tick(parent);
        let parent = *self.thread(parent);
        *self.thread(child) = Thread {
            now: parent.released(),
            possible: parent.possible,
            ..Thread::default()
        };
    }

    pub(super) fn joined(&mut self, thread: ThreadId, ended: ThreadId) {
        self.events.push((thread, Event::Join(ended)));
        let end = *self.thread(ended);
        let thread = self.thread(thread);
        thread.now.join(&end.released());
        thread.possible.join(&end.possible);
    }

    /// A lock is taken, or a token.
    pub(super) fn acquired(&mut self, id: ThreadId, site: Site) {
        self.events.push((id, Event::Acquire(site)));
        self.tick(id);
        self.hidden_atomics |= matches!(site, Site::Token(_));
        if let Some((view, possible)) = self.sites.get(&site).copied() {
            let thread = self.thread(id);
            thread.now.join(&view);
            thread.possible.join(&possible);
        }
    }

    /// A lock is given back, or a token.
    pub(super) fn released(&mut self, id: ThreadId, site: Site) {
        self.events.push((id, Event::Release(site)));
        self.tick(id);
        let thread = *self.thread(id);
        let (view, possible) = self.sites.entry(site).or_default();
        view.join(&thread.released());
        possible.join(&thread.possible);
    }

    /// A lock of which the engine's own part is an atomic of loom, which fences of loom see.
    pub(super) fn hides_atomics(&mut self) {
        self.hidden_atomics = true;
    }

    pub(super) fn created(&mut self, id: ThreadId, atomic: ObjectId, value: u64) {
        self.atomics.insert(atomic, Atomic::default());
        let order = Ordering::Release;
        self.stored(id, atomic, value, order);
    }

    pub(super) fn accessed(&mut self, id: ThreadId, cell: ObjectId, access: Access) {
        self.events.push((id, Event::Cell(cell, access)));
    }

    pub(super) fn stored(&mut self, id: ThreadId, atomic: ObjectId, value: u64, order: Ordering) {
        let event = Event::Write {
            atomic,
            value,
            order,
        };
        self.events.push((id, event));
        self.write(id, atomic, value, order, None);
    }

    /// A read that found `value`; `written` if it also wrote. `order` is the one that took effect.
    pub(super) fn read(
        &mut self,
        id: ThreadId,
        atomic: ObjectId,
        how: Reading,
        value: u64,
        written: Option<u64>,
        order: Ordering,
    ) {
        let event = Event::Read {
            atomic,
            value,
            written,
            order,
        };
        self.events.push((id, event));
        let stamp = self.tick(id);
        let thread = *self.thread(id);
        let Some(accesses) = self.atomics.get_mut(&atomic) else {
            return;
        };
        if how != Reading::Load && accesses.late(&thread, how) {
            self.doubts.insert(Doubt::LateRmw);
        }
        if accesses.forgotten(&thread) {
            self.doubts.insert(Doubt::History);
        }
        let sources = accesses.sources(&thread, value);
        let Some((&first, rest)) = sources.split_first() else {
            return;
        };
        let mut view = accesses.writes[first].view;
        let mut possible = accesses.writes[first].possible;
        for &other in rest {
            view.or(&accesses.writes[other].view);
            possible.join(&accesses.writes[other].possible);
        }
        let source = rest.is_empty().then_some(first);
        if let Some(source) = source {
            accesses.reads.push((stamp, source));
        }
        if how != Reading::Load {
            accesses.tried.join(&possible);
            accesses.tried.join(&thread.possible);
        }
        let thread = self.thread(id);
        thread.possible.join(&possible);
        if acquires(order) {
            thread.now.join(&view);
        } else {
            thread.seen.join(&view);
        }
        if let Some(written) = written {
            self.write(id, atomic, written, order, Some((source, view)));
        }
    }

    fn write(
        &mut self,
        id: ThreadId,
        atomic: ObjectId,
        value: u64,
        order: Ordering,
        rmw: Option<(Option<usize>, View)>,
    ) {
        let stamp = self.tick(id);
        if let Some(accesses) = self.atomics.get(&atomic) {
            let tried = accesses.tried;
            self.thread(id).possible.join(&tried);
        }
        let thread = *self.thread(id);
        let mut view = thread.fenced;
        if releases(order) {
            view.join(&thread.released());
        }
        if let Some((_, before)) = &rmw {
            view.join(before);
        }
        if let Some(accesses) = self.atomics.get_mut(&atomic) {
            accesses.writes.push(Write {
                stamp,
                value,
                certain: thread.now.certain,
                possible: thread.possible,
                view,
                rmw: rmw.is_some(),
                source: rmw.and_then(|(source, _)| source),
            });
        }
    }

    pub(super) fn fenced(&mut self, id: ThreadId, order: Ordering) {
        self.events.push((id, Event::Fence(order)));
        let stamp = self.tick(id);
        let hidden_atomics = self.hidden_atomics;
        let mut doubtful = false;
        let thread = self.thread(id);
        if acquires(order) {
            let seen = thread.seen;
            thread.now.join(&seen);
            let heard = thread.now.heard;
            doubtful = hidden_atomics || !thread.now.certain.covers(&heard);
            thread.now.loom.join(&heard);
        }
        if releases(order) {
            thread.fenced = thread.released();
        }
        if order == Ordering::SeqCst {
            let (certain, possible) = (thread.now.certain, thread.possible);
            doubtful |= self
                .fences
                .iter()
                .any(|&fence| possible.has(fence) && !certain.has(fence));
            self.fences.push(stamp);
        }
        if doubtful {
            self.doubts.insert(Doubt::Fence);
        }
    }
}

impl Atomic {
    /// Whether every write before this one is out of reach for whoever knows this much.
    fn overwritten(&self, write: usize, known: &Steps) -> bool {
        let stamp = self.writes[write].stamp;
        self.writes.iter().enumerate().any(|(other, later)| {
            other != write && later.certain.has(stamp) && known.has(later.stamp)
        })
    }

    /// The writes from which a read of this value may come.
    fn sources(&self, thread: &Thread, value: u64) -> Vec<usize> {
        (0..self.writes.len())
            .filter(|&write| {
                self.writes[write].value == value && !self.overwritten(write, &thread.now.certain)
            })
            .collect()
    }

    /// Whether loom has forgotten a write that this thread could still read.
    fn forgotten(&self, thread: &Thread) -> bool {
        (0..self.writes.len().saturating_sub(HISTORY))
            .any(|write| !self.overwritten(write, &thread.now.certain))
    }

    /// Whether a read-modify-write of this thread might read an older write than loom lets it.
    fn late(&self, thread: &Thread, how: Reading) -> bool {
        let late: Vec<usize> = (0..self.writes.len())
            .filter(|&write| {
                let Write { stamp, rmw, .. } = self.writes[write];
                (how == Reading::Exchange || !rmw)
                    && thread.possible.has(stamp)
                    && !thread.now.certain.has(stamp)
            })
            .collect();
        if late.is_empty() {
            return false;
        }
        let passed = self.passed(&thread.now.certain);
        late.iter().any(|&write| !passed[write])
    }

    /// The writes that are certainly not newer than one which this thread is certain of having seen.
    fn passed(&self, known: &Steps) -> Vec<bool> {
        let mut passed = vec![false; self.writes.len()];
        let mut work: Vec<usize> = self
            .reads
            .iter()
            .filter(|(reader, _)| known.has(*reader))
            .map(|(_, write)| *write)
            .collect();
        work.extend((0..self.writes.len()).filter(|&write| known.has(self.writes[write].stamp)));
        while let Some(write) = work.pop() {
            if core::mem::replace(&mut passed[write], true) {
                continue;
            }
            let Write {
                certain, source, ..
            } = self.writes[write];
            work.extend(source);
            work.extend(
                (0..self.writes.len())
                    .filter(|&earlier| earlier != write && certain.has(self.writes[earlier].stamp)),
            );
        }
        passed
    }
}
