//! Lab 12, **relaxed-unlock**: the key hangs on its hook, the ink is still wet.
//!
//! The book of a club lies in a locked drawer. Whoever wants to make an entry takes the key from its hook, writes, and
//! hangs the key back. Taking it is done well: one atomic step, `Acquire`. Hanging it back is one store, `Relaxed`, and
//! says nothing of what was written before: the next one holds the key, and an entry that is not there yet.
//!
//! | Two entries | | How |
//! |---|---|---|
//! | the key was hung back with Release | allowed | what was written before the key was back is there |
//! | the key was hung back with Relaxed | forbidden | a data race: two are in the book, each with the key |

#![doc = include_str!("orderings/12.md")]

mod wrong;

use super::form::{Lab, Variant, room};
use super::orderings::{Hardware, Orderings};
use super::{Declared, Scenario, references as cited};
use crate::cell::UnsafeCell;
use crate::check::{FailureKind, name};
use crate::hint;
use crate::sync::atomic::{AtomicBool, Ordering::*, fence};
use crate::thread;

/// A book, and whether its key is away from the hook.
#[derive(Debug, Default)]
pub struct Book {
    entries: UnsafeCell<u32>,
    taken: AtomicBool,
}

// SAFETY: who has the key is alone with the entries. Whether that is enough is what the lab is about.
unsafe impl Sync for Book {}

impl Book {
    /// How many entries it has, when nobody writes any more.
    pub fn into_entries(self) -> u32 {
        self.entries.into_inner()
    }
}

/// Waits until the key hangs there, and takes it. The same for every variant, and right.
fn take_key(book: &Book) {
    // ORDERING: Acquire; pairs with whatever hangs the key back.
    let key = &book.taken;
    while key.compare_exchange(false, true, Acquire, Relaxed).is_err() {
        hint::spin_loop();
    }
}

/// The bug: the key may be seen on the hook before the entry is seen in the book.
fn buggy(book: &Book) {
    book.taken.store(false, Relaxed);
}

/// The fix: what came before this store happens before what the next holder of the key does.
pub fn fixed(book: &Book) {
    // ORDERING: Release; pairs with the Acquire exchange in `take_key`.
    book.taken.store(false, Release);
}

/// The same with a fence: it makes a release of the store behind it.
pub fn fixed_fence(book: &Book) {
    // ORDERING: Release; pairs, by the store behind it, with the Acquire exchange in `take_key`.
    fence(Release);
    book.taken.store(false, Relaxed);
}

/// Makes one entry, and hangs the key back.
///
/// # Safety
/// After `hang_back` nothing of this call may reach the book, and what comes before it must happen before the next entry.
pub unsafe fn enter(book: &Book, hang_back: fn(&Book)) {
    take_key(book);
    // SAFETY: the key is here; the caller promises that it is the only one.
    book.entries.with_mut(|entries| unsafe { *entries += 1 }); // <- fails here
    hang_back(book);
}

/// Two entries at once. The invariant: no data race, and both are in the book.
fn scenario(enter: fn(&Book)) {
    let book = Book::default();
    name(&book.entries, "entries");
    name(&book.taken, "taken");
    thread::scope(|s| {
        s.spawn(|| enter(&book));
        s.spawn(|| enter(&book));
    });
    assert_eq!(book.into_entries(), 2);
}

const RACE: &str = "two write one cell, and no release orders them: a data race";

pub(super) static LAB: Lab = Lab {
    number: 12,
    slug: "relaxed-unlock",
    title: "The key hangs on its hook, the ink is still wet",
    room: room::ORDER,
    minutes: 15,
    references: &[
        cited::CWE_667,
        cited::of(
            cited::ReferenceKind::Advisory,
            "RUSTSEC-2019-0013",
            "https://rustsec.org/advisories/RUSTSEC-2019-0013.html",
        ),
        cited::of(
            cited::ReferenceKind::Issue,
            "zesterer/spin-rs #65",
            "https://github.com/zesterer/spin-rs/issues/65",
        ),
    ],
    lesson: include_str!("lessons/12.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "unlocked by a Relaxed store",
            Declared::fails(FailureKind::DataRace),
            // SAFETY: none. Nothing makes the entry happen before the next one. This is the bug.
            Scenario::undefined_natively(|| scenario(|book| unsafe { enter(book, buggy) }), RACE),
        ),
        Variant::new(
            "fixed",
            "unlocked by a Release store",
            Declared::verified(),
            // SAFETY: `fixed` releases, and the next `take_key` acquires.
            Scenario::new(|| scenario(|book| unsafe { enter(book, fixed) })),
        ),
        Variant::new(
            "fixed-fence",
            "a Release fence, then a Relaxed store",
            Declared::verified(),
            // SAFETY: as above.
            Scenario::new(|| scenario(|book| unsafe { enter(book, fixed_fence) })),
        ),
    ],
    orderings: Some(ORDERINGS),
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab12_relaxed_unlock.rs"),
};

/// What the table of orderings is about.
const ORDERINGS: Orderings = Orderings {
    variant: "fixed-fence",
    varied: &["key.compare_exchange", "fence", "taken.store"],
    caveat: None,
    hardware: &[
        Hardware::x86(
            "The unlock is a plain store, and shows after the stores before it: it is a release by itself.",
            "Nothing more than a locked instruction to take the key; a compiler must not move the entry behind the unlock.",
        ),
        Hardware::arm(
            "The unlock may show before the entry, as the flag of message passing may show before the letter.",
            "A store-release or a barrier at the unlock, a load-acquire or a barrier at the lock.",
            &[cited::ARM_TUTORIAL, cited::ARM_V8],
        ),
    ],
    frozen: include_str!("orderings/12.md"),
};
