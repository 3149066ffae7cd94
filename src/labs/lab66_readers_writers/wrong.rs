//! Wrong fixes of lab 66, readers-writers.

use super::*;
use crate::labs::form::WrongFixes;

/// Counts under the lock, and lets go of it before it waits: one should not wait with a lock in hand.
fn wrong_short_lock(library: &Library) -> [u32; 2] {
    let first = {
        let mut readers = library.readers.lock().unwrap();
        *readers += 1;
        *readers == 1
    };
    if first {
        library.key.wait();
    }
    let pages = library.look();
    library.go();
    pages
}

/// Comes as it should. Going, it counts itself out, and then looks whether anybody is left.
fn wrong_last(library: &Library) -> [u32; 2] {
    library.come();
    let pages = library.look();
    *library.readers.lock().unwrap() -= 1;
    let left = *library.readers.lock().unwrap(); // <- fails here: wrong-last
    if left == 0 {
        library.key.signal();
    }
    pages
}

/// Gets the key first, and is counted then, so that nobody relies on a key that is not there.
fn wrong_key_first(library: &Library) -> [u32; 2] {
    if library.heads.load(Acquire) == 0 {
        library.key.wait();
    }
    library.heads.fetch_add(1, AcqRel);
    let pages = library.look();
    if library.heads.fetch_sub(1, AcqRel) == 1 {
        library.key.signal();
    }
    pages
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-short-lock",
            "counts under a lock, waits for the key outside of it",
            Declared::fails(FailureKind::Panic),
            rules!(wrong_short_lock, write),
        )
        .because(
            "The number was right before, too. What it must mean, \"one of us has the key\", becomes true only when the wait \
             is over; until then the lock must keep the number from being read.",
        ),
        Variant::new(
            "wrong-last",
            "goes in two steps, each under the lock",
            Declared::fails(FailureKind::Deadlock),
            rules!(wrong_last, write),
        )
        .because(
            "Between the two steps nobody is counted and the key is still out. Who comes then waits for it, and keeps the lock \
             that the one who has the key needs to look. (If two leave at once, both find that nobody is left, and there \
             are two keys.)",
        ),
        Variant::new(
            "wrong-key-first",
            "looks whether there are readers, gets the key, and is counted then",
            Declared::fails(FailureKind::Panic),
            rules!(wrong_key_first, write),
        )
        .because(
            "Now it relies on a reader that may go. Between the look and the counting the last one leaves, the key with it, and \
             a writer comes.",
        ),
    ],
);
