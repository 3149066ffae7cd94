//! Events: what an execution graph is made of.

use core::sync::atomic::Ordering;

use super::view::Known;
use crate::check::clock::{acquires, releases};
use crate::check::kernel::{Int, Rmw};

/// An event by its thread and its number there. The same in every execution of which it is a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct EventId {
    pub(super) thread: u32,
    pub(super) index: u32,
}

impl EventId {
    /// The write with which every location begins. It belongs to no thread.
    pub(super) const INIT: Self = Self {
        thread: u32::MAX,
        index: u32::MAX,
    };

    pub(super) fn is_init(self) -> bool {
        self == Self::INIT
    }

    /// The event before it in its thread.
    pub(super) fn before(self) -> Option<Self> {
        Some(Self {
            index: self.index.checked_sub(1)?,
            ..self
        })
    }

    /// The event after it in its thread.
    pub(super) fn after(self) -> Self {
        Self {
            index: self.index + 1,
            ..self
        }
    }
}

/// A location: an atomic, or the hidden state of a lock, a condvar, a thread.
pub(super) type Loc = u32;

/// The location of events that have none.
pub(super) const NOWHERE: Loc = Loc::MAX;

/// What holding a lock allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Section {
    /// Alone: a mutex, or a read-write lock held for writing.
    Alone,
    /// Together with other readers.
    Shared,
}

/// How a thread came to its place in a lock's queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Manner {
    /// It waits for its turn.
    Waits,
    /// `try_lock`: it would not have been here if it had had to wait.
    Tries,
    /// `read_recursive`: it passes a writer that waits.
    Passes,
}

/// What a read-modify-write does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Update {
    Fetch {
        op: Rmw,
        int: Int,
        operand: u64,
    },
    Exchange {
        expected: u64,
        new: u64,
        success: Ordering,
        failure: Ordering,
        weak: bool,
    },
    /// Takes the next place in the queue of a lock.
    Ticket(Section, Manner),
    /// A waiter of a condvar puts itself on the list, by its thread.
    Enqueue(u32),
    /// A waiter that was not notified takes itself from the list.
    Leave(u32),
    /// The `pick`-th waiter is taken from the list.
    NotifyOne,
    /// All are.
    NotifyAll,
    /// A park waits for the token and takes it.
    TakeToken,
    /// An unpark leaves it.
    GiveToken,
}

/// What sort of event it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Load,
    Store,
    /// The two halves of a read-modify-write. One that does not write has only the first.
    UpdateRead,
    UpdateWrite,
    Fence,
    /// The place in a lock's queue has come: its ticket is the event before.
    Acquire,
    /// A lock is let go; `source` is the ticket.
    Unlock,
    /// A notified waiter wakes; `source` is the event that put it on the list.
    Wake,
    Choice(Choice),
    /// The child is the thread with this number.
    Spawn(u32),
    /// `source` is the spawn.
    Start,
    /// Also a write to the location by which others ask whether the thread has ended.
    End,
    Join(u32),
    /// Main waits for the end of all, before the destructors of statics run.
    Gather,
    /// A hint of waiting that was found to wait for nothing.
    Pass,
}

/// What is chosen; 0 is always that nothing special happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Choice {
    /// How a wait ends: notified, by its timeout (if `timed`), for no reason.
    Wait { timed: bool },
    /// Which of so many freed blocks an allocation is given again.
    Reuse(u16),
}

impl Kind {
    pub(super) fn reads(self) -> bool {
        matches!(self, Self::Load | Self::UpdateRead)
    }

    pub(super) fn writes(self) -> bool {
        matches!(self, Self::Store | Self::UpdateWrite | Self::End)
    }
}

/// Copied often, and so without a destructor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    pub(super) kind: Kind,
    pub(super) loc: Loc,
    /// As it turned out: a failed compare-exchange has its failure ordering.
    pub(super) order: Ordering,
    pub(super) update: Option<Update>,
    /// Reads: the write that is read. Others: see [`Kind`].
    pub(super) source: EventId,
    /// The value read, or written.
    pub(super) value: u64,
    /// Which of its alternatives.
    pub(super) pick: u16,
    /// When it was added to the graph.
    pub(super) stamp: u32,
    /// Writes: the place in the modification order, from 1; the initial write has 0.
    pub(super) position: u32,
    /// Tickets: the unlock that ends the section, once there is one.
    pub(super) unlock: Option<EventId>,
    /// What it knows of the first block of threads.
    pub(super) known: Known,
    /// Tells this event and all before it from any other such.
    pub(super) hash: u64,
}

impl Event {
    pub(super) fn acquires(&self) -> bool {
        acquires(self.order)
    }

    pub(super) fn releases(&self) -> bool {
        releases(self.order)
    }

    /// Part of the total order that SeqCst asks for.
    pub(super) fn is_sc(&self) -> bool {
        self.order == Ordering::SeqCst
    }
}
