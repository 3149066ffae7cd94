//! Wrong fixes of lab 6, wrong-lock.

use super::*;
use crate::labs::form::WrongFixes;
use crate::sync::RwLock;

/// The one lock for both, and `let _`, which keeps nothing.
fn wrong_underscore(till: &Till, _cashier: usize, amount: u32) {
    let _ = till.locks[0].lock().unwrap();
    till.add(amount);
}

/// One lock in the code, and a new one in each call.
fn wrong_new_lock(till: &Till, _cashier: usize, amount: u32) {
    let lock = Mutex::new(());
    let _locked = lock.lock().unwrap();
    till.add(amount);
}

/// The one lock for both, taken for reading.
fn wrong_read_lock(till: &(AtomicU32, RwLock<()>), _cashier: usize, amount: u32) {
    let _locked = till.1.read().unwrap();
    let sum = till.0.load(Relaxed);
    till.0.store(sum + amount, Relaxed);
}

fn run_read_lock() -> u32 {
    let till = (AtomicU32::new(0), RwLock::new(()));
    name(&till.0, "sum");
    name(&till.1, "lock");
    two_cashiers(&till, wrong_read_lock);
    till.0.into_inner()
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-underscore",
            "the same lock, and its guard in `let _`",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| all_money(run(wrong_underscore))),
        )
        .because(
            "`let _ = …` binds nothing, so the guard is dropped in the same line, and the till is touched without it. A name \
             that begins with an underscore keeps it: `_locked`.",
        ),
        Variant::new(
            "wrong-new-lock",
            "a lock that each call makes for itself",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| all_money(run(wrong_new_lock))),
        )
        .because(
            "Both calls run the same line, and each has its own lock: a local variable is made anew in every call. Nobody else \
             can ever wait for it.",
        ),
        Variant::new(
            "wrong-read-lock",
            "one lock, taken for reading",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| all_money(run_read_lock())),
        )
        .because(
            "Readers do not exclude each other, that is what a read lock is for. Who writes must take it for writing, and \
             nothing asks for that when the lock is beside the sum and not around it.",
        ),
    ],
);
