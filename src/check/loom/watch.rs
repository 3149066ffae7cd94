//! Follows one execution as loom's partial-order reduction sees it, to find where that forgets an order.
//!
//! Before a store, loom asks only whether the *last* access of the atomic could come after it. If that is a
//! load that is ordered before the store, an earlier load that is not stays unasked (loom #166, #392;
//! `last_dependent_access` in loom's `rt/atomic.rs`).

use std::collections::{BTreeMap, BTreeSet};

use super::doubt::Doubt;
use crate::check::clock::Clock;
use crate::check::kernel::{ObjectId, ThreadId};

/// What operations meet at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Site {
    Object(ObjectId),
    /// The token of a thread's `park`.
    Token(ThreadId),
    /// The order of the SeqCst fences.
    Fences,
}

/// How an operation touches its site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Touch {
    Load,
    Other,
}

#[derive(Debug, Default)]
struct Accesses {
    /// Loads since the last other access: by whom, and at what time of theirs.
    loads: Vec<(ThreadId, u32)>,
    /// Everything up to the last access that was not a load.
    changed: Clock,
    /// Everything up to the last access.
    all: Clock,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Watch {
    threads: Vec<Clock>,
    sites: BTreeMap<Site, Accesses>,
    pub(super) doubts: BTreeSet<Doubt>,
}

impl Watch {
    fn clock(&mut self, thread: ThreadId) -> &mut Clock {
        if self.threads.len() <= thread {
            self.threads.resize_with(thread + 1, Clock::default);
        }
        &mut self.threads[thread]
    }

    pub(super) fn spawned(&mut self, parent: ThreadId, child: ThreadId) {
        let clock = self.clock(parent).clone();
        *self.clock(child) = clock;
        self.clock(parent).tick(parent);
        self.clock(child).tick(child);
    }

    pub(super) fn joined(&mut self, thread: ThreadId, ended: ThreadId) {
        let end = self.clock(ended).clone();
        self.clock(thread).join(&end);
    }

    /// The threads whose loads loom would forget if `thread` now stored here.
    pub(super) fn hidden(&mut self, thread: ThreadId, site: Site) -> Vec<ThreadId> {
        let clock = self.clock(thread).clone();
        let Some(accesses) = self.sites.get(&site) else {
            return Vec::new();
        };
        let ordered = |load: &(ThreadId, u32)| load.1 <= clock.get(load.0);
        let Some((last, earlier)) = accesses.loads.split_last() else {
            return Vec::new();
        };
        if !ordered(last) {
            return Vec::new();
        }
        let hidden: BTreeSet<ThreadId> = earlier
            .iter()
            .filter(|load| !ordered(load))
            .map(|load| load.0)
            .collect();
        hidden.into_iter().collect()
    }

    pub(super) fn touched(&mut self, thread: ThreadId, site: Site, touch: Touch) {
        if touch != Touch::Load && !self.hidden(thread, site).is_empty() {
            self.doubts.insert(Doubt::LoadsBeforeStore);
        }
        self.clock(thread).tick(thread);
        let clock = &mut self.threads[thread];
        let accesses = self.sites.entry(site).or_default();
        if touch == Touch::Load {
            clock.join(&accesses.changed);
            accesses.all.join(clock);
            accesses.loads.push((thread, clock.get(thread)));
            return;
        }
        clock.join(&accesses.all);
        accesses.all.join(clock);
        accesses.changed = accesses.all.clone();
        accesses.loads.clear();
    }
}
