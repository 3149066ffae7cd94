//! Wrong fixes of lab 52, wrong-send-sync.

use super::*;
use crate::labs::form::WrongFixes;
use crate::sync::RwLock;

/// A board with locks beside the slip.
struct Board<T> {
    slip: UnsafeCell<T>,
    lock: Mutex<()>,
    readers: RwLock<()>,
}

// SAFETY: none, as in `buggy`: neither wrong fix keeps two threads from one `&T`.
unsafe impl<T: Send> Sync for Board<T> {}

/// A read-write lock, taken for reading: to copy is to read.
fn wrong_read_lock(board: &Board<Slip>) -> u32 {
    let _reading = board.readers.read().unwrap();
    // SAFETY: none: other readers are there, too.
    board.slip.with(|slip| unsafe { (*slip).clone() }).text
}

/// A lock to get at the slip, and the copy after it.
fn wrong_lock_to_find(board: &Board<Slip>) -> u32 {
    let find = || {
        let _locked = board.lock.lock().unwrap();
        board.slip.with(|slip| slip)
    };
    let slip = find();
    // SAFETY: none: the lock has been let go.
    unsafe { (*slip).clone() }.text
}

fn two_copies_of(copy: fn(&Board<Slip>) -> u32) {
    let board = Board {
        slip: UnsafeCell::new(Slip::new(42)),
        lock: Mutex::new(()),
        readers: RwLock::new(()),
    };
    name(&board.slip, "slip");
    name(&board.lock, "lock");
    name(&board.readers, "lock");
    let texts = thread::scope(|s| {
        let first = s.spawn(|| copy(&board));
        let second = s.spawn(|| copy(&board));
        [first.join().unwrap(), second.join().unwrap()]
    });
    assert_eq!(texts, [42, 42]);
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-read-lock",
            "a read lock around the copying",
            Declared::fails(FailureKind::DataRace),
            Scenario::undefined_natively(
                || two_copies_of(wrong_read_lock),
                "two readers clone a value that is not Sync: a data race",
            ),
        )
        .because(
            "Readers share, and that is exactly what the slip does not allow: its `clone` takes `&self`, and writes all the \
             same. That is why std's `RwLock<T>` is `Sync` only if `T` is, and `Mutex<T>` is without.",
        ),
        Variant::new(
            "wrong-lock-to-find",
            "a lock to find the slip, none to copy it",
            Declared::fails(FailureKind::DataRace),
            Scenario::undefined_natively(
                || two_copies_of(wrong_lock_to_find),
                "the clone runs after the lock was released: a data race",
            ),
        )
        .because(
            "What leaves the lock is a pointer to the slip, and the copying is done with that. A guard that lives until the \
             copy is there would have been needed, and the borrow checker would have asked for it.",
        ),
    ],
);
