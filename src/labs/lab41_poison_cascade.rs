//! Lab 41, **poison-cascade**: the book is open in the middle of an entry, and its writer is gone.
//!
//! A clerk moves money from one account to the other: takes it out here, has the slip printed, puts it in there. Before the
//! printer has its paper the printing panics, with the book locked and the money in neither account. The lock keeps a
//! note of that: it is *poisoned*. Whoever opens the book next is told, and has to do something about it.
//!
//! | Whoever opens the book next | | How |
//! |---|---|---|
//! | finds all the money | allowed | the entry was complete, or it was repaired |
//! | is told that the book cannot be used | allowed | the poison was passed on as an error |
//! | counts too little | forbidden | the poison was ignored |
//! | panics, too | forbidden | the poison was passed on as a panic |

mod wrong;

use super::form::{Lab, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::atomic::{AtomicBool, Ordering::*};
use crate::sync::{Mutex, MutexGuard, PoisonError};
use crate::thread;

/// The money that is there, in one account or the other.
pub const ALL: u32 = 100;

/// The accounts, and what has left the one and has not reached the other.
#[derive(Debug)]
pub struct Book {
    here: u32,
    there: u32,
    on_the_way: u32,
}

/// The book cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

/// The office: the book, and a printer, which may have paper.
#[derive(Debug)]
pub struct Office {
    book: Mutex<Book>,
    paper: AtomicBool,
}

/// A book that is open, unless it cannot be used.
pub type Opened<'a> = Option<MutexGuard<'a, Book>>;

/// A way of opening it.
pub type Open = fn(&Office) -> Opened<'_>;

/// The bug: the poison is a nuisance, and is ignored. So the money is missing for whoever comes next.
pub fn buggy(office: &Office) -> Opened<'_> {
    Some(office.book.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Another bug: who finds the book poisoned panics. One clerk's bad luck is everybody's, one after the other.
pub fn buggy_cascade(office: &Office) -> Opened<'_> {
    Some(office.book.lock().unwrap()) // <- fails here: buggy-cascade
}

/// The fix: repair. The book tells what is on the way; it goes back to where it came from, and the poison is taken away.
pub fn fixed(office: &Office) -> Opened<'_> {
    let mut book = office.book.lock().unwrap_or_else(|poisoned| {
        office.book.clear_poison();
        poisoned.into_inner()
    });
    book.here += std::mem::take(&mut book.on_the_way);
    Some(book)
}

/// As good, where nobody knows how to repair: refuse. The poison stays, and is an error like any other.
pub fn fixed_refuse(office: &Office) -> Opened<'_> {
    office.book.lock().ok()
}

impl Default for Office {
    fn default() -> Self {
        let (here, there, on_the_way) = (ALL, 0, 0);
        Self {
            book: Mutex::new(Book {
                here,
                there,
                on_the_way,
            }),
            paper: AtomicBool::new(false),
        }
    }
}

impl Office {
    /// Puts paper into the printer.
    pub fn refill(&self) {
        self.paper.store(true, Release);
    }

    fn print_slip(&self) {
        assert!(self.paper.load(Acquire), "the printer has no paper");
    }
}

/// Moves money from here to there. The same for every variant.
///
/// # Errors
/// If the book cannot be used.
///
/// # Panics
/// If the printer has no paper.
pub fn transfer(office: &Office, open: Open, amount: u32) -> Result<(), Refused> {
    let mut book = open(office).ok_or(Refused)?;
    book.here -= amount;
    book.on_the_way = amount;
    office.print_slip();
    book.there += std::mem::take(&mut book.on_the_way);
    Ok(())
}

/// Counts the money in both accounts.
///
/// # Errors
/// If the book cannot be used.
pub fn count(office: &Office, open: Open) -> Result<u32, Refused> {
    let sum = open(office).map(|book| book.here + book.there);
    sum.ok_or(Refused)
}

type Transfer = fn(&Office, Open, u32) -> Result<(), Refused>;

/// A transfer while the paper comes; then the money is counted twice. The invariant: whoever counts finds all of it, or is
/// told that the book cannot be used.
fn scenario(open: Open, transfer: Transfer) {
    let office = Office::default();
    name(&office.book, "book");
    name(&office.paper, "paper");
    thread::scope(|s| {
        let clerk = s.spawn(|| transfer(&office, open, 10));
        office.refill();
        for _ in 0..2 {
            let counted = count(&office, open).unwrap_or(ALL);
            assert_eq!(counted, ALL, "money is missing, or is there twice"); // <- fails here
        }
        let _ = clerk.join(); // it may have had no paper
    });
}

pub(super) static LAB: Lab = Lab {
    number: 41,
    slug: "poison-cascade",
    title: "The book is open in the middle of an entry",
    room: room::LIVENESS,
    minutes: 15,
    references: &[
        cited::CWE_460,
        cited::of(
            cited::ReferenceKind::Cert,
            "CERT ERR56-CPP",
            "https://wiki.sei.cmu.edu/confluence/display/cplusplus/ERR56-CPP.+Guarantee+exception+safety",
        ),
        cited::of(
            cited::ReferenceKind::Issue,
            "lancedb/lancedb #3196",
            "https://github.com/lancedb/lancedb/pull/3196",
        ),
        cited::of(
            cited::ReferenceKind::Issue,
            "denoland/deno #6567",
            "https://github.com/denoland/deno/pull/6567",
        ),
    ],
    lesson: include_str!("lessons/41.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "the poison is ignored",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(buggy, transfer)),
        ),
        Variant::new(
            "buggy-cascade",
            "the poison is passed on as a panic",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(buggy_cascade, transfer)),
        ),
        Variant::new(
            "fixed",
            "what was begun is taken back, and the poison with it",
            Declared::verified(),
            Scenario::new(|| scenario(fixed, transfer)),
        ),
        Variant::new(
            "fixed-refuse",
            "the poison is passed on as an error",
            Declared::verified(),
            Scenario::new(|| scenario(fixed_refuse, transfer)),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab41_poison_cascade.rs"),
};
