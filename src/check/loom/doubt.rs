//! Where loom is known to judge wrongly, and how a program that meets such a place is recognised.
//!
//! The evidence for each is the table in `loom-tests/divergences.rs`.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::clock::Clock;
use crate::check::kernel::{ObjectId, ThreadId};

/// A feature of a program that loom judges wrongly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Doubt {
    SeqCst,
    TryLock,
    Timeout,
    LoadsBeforeStore,
    History,
    MixedRmw,
    Unseen,
}

impl Doubt {
    pub(super) fn text(self) -> &'static str {
        match self {
            Doubt::SeqCst => {
                "SeqCst accesses, which loom takes as AcqRel (loom #180); SeqCst fences are judged rightly"
            }
            Doubt::TryLock => {
                "try_lock, which loom does not explore against other uses of the lock (loom #376)"
            }
            Doubt::Timeout => "timeouts, which under loom end a wait at once or not at all",
            Doubt::LoadsBeforeStore => {
                "a store after two unordered loads of the same atomic, before which loom forgets to try other orders (loom #166, #392)"
            }
            Doubt::History => {
                "a load of an atomic with more than seven stores, of which loom keeps the last seven"
            }
            Doubt::Unseen => "is_finished or is_locked, which loom does not see",
            Doubt::MixedRmw => {
                "stores and read-modify-writes of different threads on one atomic, which loom may not order (loom #254, #389)"
            }
        }
    }

    /// Whether a failure may be a false alarm for this reason, even in an execution without stale reads.
    pub(super) fn taints_deadlock(self) -> bool {
        self == Doubt::TryLock
    }

    /// Whether a failure that needs a stale read may be a false alarm for this reason.
    pub(super) fn taints_stale_reads(self) -> bool {
        matches!(self, Doubt::SeqCst | Doubt::MixedRmw)
    }

    /// Whether the absence of failures may be wrong for this reason.
    pub(super) fn taints_verified(self) -> bool {
        self != Doubt::MixedRmw
    }
}

#[derive(Debug, Default)]
struct Accesses {
    /// Loads since the last other access: by whom, and at what time of theirs.
    loads: Vec<(ThreadId, u32)>,
    /// Everything up to the last access that was not a load.
    changed: Clock,
    /// Everything up to the last access.
    all: Clock,
    stores: usize,
    stored_by: BTreeSet<ThreadId>,
    rmw_by: BTreeSet<ThreadId>,
}

/// Follows one execution as loom's own partial-order reduction sees it.
#[derive(Debug, Default)]
pub(super) struct Watch {
    threads: Vec<Clock>,
    objects: BTreeMap<ObjectId, Accesses>,
    pub(super) doubts: BTreeSet<Doubt>,
}

/// How an operation touches its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Touch {
    Load,
    Store,
    Rmw,
    Other,
}

/// The stores of an atomic that loom remembers (`MAX_ATOMIC_HISTORY` in its `rt/mod.rs`).
const HISTORY: usize = 7;

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

    pub(super) fn touched(&mut self, thread: ThreadId, id: ObjectId, touch: Touch) {
        self.clock(thread).tick(thread);
        let clock = &mut self.threads[thread];
        let object = self.objects.entry(id).or_default();
        match touch {
            Touch::Load => {
                clock.join(&object.changed);
                object.all.join(clock);
                object.loads.push((thread, clock.get(thread)));
                if object.stores > HISTORY {
                    self.doubts.insert(Doubt::History);
                }
            }
            Touch::Store | Touch::Rmw | Touch::Other => {
                // loom looks only at the last access. If that is a load that is ordered before this one,
                // it never asks what would happen if this one came before an earlier, unordered load.
                let ordered = |load: &(ThreadId, u32)| load.1 <= clock.get(load.0);
                if let Some((last, earlier)) = object.loads.split_last()
                    && ordered(last)
                    && !earlier.iter().all(ordered)
                {
                    self.doubts.insert(Doubt::LoadsBeforeStore);
                }
                clock.join(&object.all);
                object.all.join(clock);
                object.changed = object.all.clone();
                object.loads.clear();
                object.stores += usize::from(touch != Touch::Other);
                match touch {
                    Touch::Store => object.stored_by.insert(thread),
                    Touch::Rmw => object.rmw_by.insert(thread),
                    _ => false,
                };
                let mixed = object
                    .stored_by
                    .iter()
                    .any(|a| object.rmw_by.iter().any(|b| a != b));
                if mixed {
                    self.doubts.insert(Doubt::MixedRmw);
                }
            }
        }
    }
}
