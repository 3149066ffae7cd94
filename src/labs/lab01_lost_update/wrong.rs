//! Wrong fixes of lab 1, lost-update.

use super::*;
use crate::labs::form::WrongFixes;
use crate::sync::atomic::Ordering::SeqCst;

/// The same two steps, with the strongest ordering that there is.
fn wrong_seqcst(visits: &AtomicU32) {
    let seen = visits.load(SeqCst);
    visits.store(seen + 1, SeqCst);
}

/// Looks again before it writes, and starts anew if another visit has come.
fn wrong_recheck(visits: &AtomicU32) {
    loop {
        let seen = visits.load(Relaxed);
        if visits.load(Relaxed) == seen {
            visits.store(seen + 1, Relaxed);
            return;
        }
    }
}

/// Each of the two steps under the lock.
fn wrong_two_locks(visits: &Mutex<u32>) {
    let seen = *visits.lock().unwrap();
    *visits.lock().unwrap() = seen + 1;
}

fn run_atomic(visit: fn(&AtomicU32)) -> u32 {
    two_visits(AtomicU32::new(0), visit, |visits| visits.load(Relaxed))
}

fn run_two_locks() -> u32 {
    two_visits(Mutex::new(0), wrong_two_locks, |visits| {
        *visits.lock().unwrap()
    })
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-seqcst",
            "SeqCst on the load and the store",
            Declared::fails(FailureKind::Panic)
                .unjudged_by_loom("loom takes SeqCst accesses as AcqRel (tokio-rs/loom #180)"),
            Scenario::new(|| every_visit_counts(run_atomic(wrong_seqcst))),
        )
        .because(
            "An ordering says what else is seen with an operation. It does not make two operations one, and the other visit \
             still fits between them.",
        ),
        Variant::new(
            "wrong-recheck",
            "a second look before the store",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| every_visit_counts(run_atomic(wrong_recheck))),
        )
        .because(
            "The second look is as old as the first by the time of the store. The gap is shorter, and it is still there: only \
             a compare-exchange looks and writes at once.",
        ),
        Variant::new(
            "wrong-two-locks",
            "a lock for the read, another for the write",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| every_visit_counts(run_two_locks())),
        )
        .because(
            "A lock keeps others out while it is held. It is let go between the read and the write, which is the one moment \
             at which it was needed.",
        ),
    ],
);
