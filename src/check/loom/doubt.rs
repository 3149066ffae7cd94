//! Where loom is known to judge wrongly, and how a program that meets such a place is recognised.
//!
//! The evidence for each is the table in `loom-tests/divergences.rs`.

/// A feature of a program that loom judges wrongly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Doubt {
    SeqCst,
    TryLock,
    Timeout,
    LoadsBeforeStore,
    History,
    Order,
    LateRmw,
    Fence,
    Unseen,
    Yield,
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
                "an atomic with more than seven stores, its initial value included, of which loom keeps the last seven"
            }
            Doubt::LateRmw => {
                "a read-modify-write or compare-exchange of an atomic after a store that the thread may know of only through relaxed accesses, which loom takes as seen"
            }
            Doubt::Fence => {
                "a fence where threads know of each other through relaxed accesses only, which loom takes as synchronised"
            }
            Doubt::Unseen => "is_finished or is_locked, which loom does not see",
            Doubt::Yield => {
                "yield_now or spin_loop in a loop that counts its rounds or changes something in them, of which loom tries only some rounds"
            }
            Doubt::Order => {
                "values read in an order that C11 may forbid, of which loom does not keep enough (loom #254, #282, #389)"
            }
        }
    }

    /// Whether a deadlock may be a false alarm for this reason.
    pub(super) fn taints_deadlock(self) -> bool {
        self == Doubt::TryLock
    }

    /// Whether the absence of failures may be wrong for this reason.
    pub(super) fn taints_verified(self) -> bool {
        self != Doubt::Order
    }
}
