//! Lab 52, **wrong-send-sync**: the board may be shared, and what hangs on it may not.
//!
//! A board with a slip on it: everybody may take a copy. `unsafe impl<T: Send> Sync for Board<T>` says that threads may share
//! the board whenever the slip may be *sent*. But they share the slip, too: two who copy at once use one `&T` at once, and that
//! needs `T: Sync`. A slip that counts its copies in a cell is `Send` and not `Sync`, and the compiler was told not to look.
//!
//! | Two copy at once | | How |
//! |---|---|---|
//! | a slip that is `Sync` | allowed | copying it twice at once is what `Sync` means |
//! | one that is not, under a lock | allowed | one copies at a time |
//! | one that is not | forbidden | a data race inside its `clone` |

mod wrong;

use super::form::{Lab, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::cell::UnsafeCell;
use crate::check::{FailureKind, name};
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};
use crate::thread;

/// A slip that counts its copies in a cell: `Send`, and by its cell not `Sync`.
#[derive(Debug)]
pub struct Slip {
    text: u32,
    copies: UnsafeCell<u32>,
}

impl Slip {
    /// A new slip.
    pub fn new(text: u32) -> Self {
        Self {
            text,
            copies: UnsafeCell::new(0),
        }
    }

    /// What is on it, and how often it was copied.
    pub fn into_parts(self) -> (u32, u32) {
        (self.text, self.copies.into_inner())
    }
}

impl Clone for Slip {
    fn clone(&self) -> Self {
        // SAFETY: `Slip` is not `Sync`, so no other thread has a `&Slip`. What breaks that promise is elsewhere.
        self.copies.with_mut(|copies| unsafe { *copies += 1 }); // <- fails here
        Self::new(self.text)
    }
}

/// A slip that counts its copies in an atomic, and is `Sync`.
#[derive(Debug)]
pub struct SharedSlip {
    text: u32,
    copies: AtomicU32,
}

impl Clone for SharedSlip {
    fn clone(&self) -> Self {
        self.copies.fetch_add(1, Relaxed);
        shared_slip(self.text)
    }
}

/// The bug: `T: Send` in the bounds, where the board is shared.
mod buggy {
    use super::*;

    pub(super) struct Board<T>(pub(super) UnsafeCell<T>);

    // SAFETY: none. `copy` uses `&T` on several threads, which `T: Send` does not allow. This line is the bug.
    unsafe impl<T: Send> Sync for Board<T> {}

    impl<T: Clone> Board<T> {
        pub(super) fn copy(&self) -> T {
            // SAFETY: nobody writes the slip in its place.
            self.0.with(|slip| unsafe { (*slip).clone() })
        }
    }
}

/// The fix: the bounds that the board needs. With a slip that is not `Sync` it does not compile.
pub mod fixed {
    use super::*;

    /// A board that may be shared if its slip may: a number may, and a [`Slip`], which is `Send` and not `Sync`, may not.
    ///
    /// ```
    /// use racecourse::labs::lab52_wrong_send_sync::fixed::Board;
    /// fn share<T: Sync>(_: &T) {}
    /// share(&Board::new(42));
    /// ```
    ///
    /// ```compile_fail,E0277
    /// use racecourse::labs::lab52_wrong_send_sync::{Slip, fixed::Board};
    /// fn share<T: Sync>(_: &T) {}
    /// share(&Board::new(Slip::new(42)));
    /// ```
    #[derive(Debug)]
    pub struct Board<T>(UnsafeCell<T>);

    // SAFETY: two threads may share it, because all that they get at is a `&T`, and `T: Sync`. `Send` is for a board that
    // another thread drops, and the slip with it.
    unsafe impl<T: Send + Sync> Sync for Board<T> {}

    impl<T> Board<T> {
        /// Hangs a slip on a board.
        pub fn new(slip: T) -> Self {
            Self(UnsafeCell::new(slip))
        }
    }

    impl<T: Clone> Board<T> {
        /// Takes a copy.
        pub fn copy(&self) -> T {
            // SAFETY: nobody writes the slip in its place.
            self.0.with(|slip| unsafe { (*slip).clone() })
        }
    }
}

/// The fix that keeps `T: Send`: a lock lets one thread at a time to the slip, as std's `Mutex` promises without any `unsafe`
/// here. With [`Slip`] it compiles, and is right.
pub fn fixed_lock(board: &Mutex<Slip>) -> Slip {
    board.lock().unwrap().clone()
}

/// Two copy at once. The invariant: no data race, and both read what is on the slip.
fn two_copies<B: Sync>(board: B, copy: fn(&B) -> u32) {
    name(&board, "slip");
    let texts = thread::scope(|s| {
        let first = s.spawn(|| copy(&board));
        let second = s.spawn(|| copy(&board));
        [first.join().unwrap(), second.join().unwrap()]
    });
    assert_eq!(texts, [42, 42]);
}

fn shared_slip(text: u32) -> SharedSlip {
    let copies = AtomicU32::new(0);
    SharedSlip { text, copies }
}

pub(super) static LAB: Lab = Lab {
    number: 52,
    slug: "wrong-send-sync",
    title: "The board may be shared, and what hangs on it may not",
    room: room::SOUNDNESS,
    minutes: 20,
    references: &[
        cited::QIN_SYNC,
        cited::of(
            cited::ReferenceKind::Advisory,
            "RUSTSEC-2025-0023",
            "https://rustsec.org/advisories/RUSTSEC-2025-0023",
        ),
        cited::of(
            cited::ReferenceKind::Issue,
            "tokio-rs/tokio #7232",
            "https://github.com/tokio-rs/tokio/pull/7232",
        ),
    ],
    lesson: include_str!("lessons/52.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "Sync for T: Send",
            Declared::fails(FailureKind::DataRace),
            Scenario::undefined_natively(
                || {
                    let board = buggy::Board(UnsafeCell::new(Slip::new(42)));
                    two_copies(board, |board| board.copy().text);
                },
                "two threads clone a value that is not Sync: a data race",
            ),
        ),
        Variant::new(
            "fixed",
            "Sync for T: Send + Sync",
            Declared::verified(),
            Scenario::new(|| {
                two_copies(fixed::Board::new(shared_slip(42)), |board| {
                    board.copy().text
                })
            }),
        ),
        Variant::new(
            "fixed-lock",
            "a lock around the copying",
            Declared::verified(),
            Scenario::new(|| two_copies(Mutex::new(Slip::new(42)), |board| fixed_lock(board).text)),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab52_wrong_send_sync.rs"),
};
