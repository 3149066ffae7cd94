//! Lab 3, **private-copy**: each teller counts on a sheet of her own.
//!
//! Two tellers count votes on one sheet. The sheet is in an `Arc`, which only lets them read; `Arc::make_mut` makes the
//! compiler content. It does so by handing out a *copy* as soon as anybody else has the sheet, too. Each teller adds her vote
//! to her own copy and throws it away, and the sheet on the table stays as it was.
//!
//! | Votes on the sheet | | How |
//! |---|---|---|
//! | `2` | allowed | both wrote on the sheet |
//! | `0` | forbidden | both wrote on copies |

mod wrong;

use super::form::{Lab, Outcome, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};
use crate::thread;
// The counting of references is not under test.
use std::sync::Arc;

/// What the tellers write on.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    /// The votes so far.
    pub votes: u32,
}

impl Sheet {
    fn add(&mut self) {
        self.votes += 1;
    }
}

/// The bug: `make_mut` copies the sheet if it is shared, and it is.
pub fn buggy(mut sheet: Arc<Sheet>) {
    Arc::make_mut(&mut sheet).add();
}

/// The fix: the `Arc` shares a lock, and the sheet is inside.
pub fn fixed(sheet: Arc<Mutex<Sheet>>) {
    sheet.lock().unwrap().add();
}

/// The fix for a mere number: an atomic can be changed by whoever may read it.
pub fn fixed_atomic(votes: Arc<AtomicU32>) {
    votes.fetch_add(1, Relaxed);
}

/// A vote each; returns what is on the sheet that lies on the table.
fn two_tellers<S: Send + Sync>(sheet: S, count: fn(Arc<S>), votes: fn(&S) -> u32) -> u32 {
    let sheet = Arc::new(sheet);
    name(&*sheet, "sheet");
    thread::scope(|s| {
        for _ in 0..2 {
            let shared = Arc::clone(&sheet);
            s.spawn(move || count(shared));
        }
    });
    votes(&sheet)
}

/// The invariant: both votes are on the sheet.
fn both_votes(votes: u32) {
    assert!(votes == 2, "{votes} of 2 votes are on the sheet"); // <- fails here
}

fn run_buggy() -> u32 {
    two_tellers(Sheet::default(), buggy, |sheet| sheet.votes)
}

fn run_mutex(count: fn(Arc<Mutex<Sheet>>)) -> u32 {
    let sheet = Mutex::new(Sheet::default());
    two_tellers(sheet, count, |sheet| sheet.lock().unwrap().votes)
}

fn run_atomic() -> u32 {
    two_tellers(AtomicU32::new(0), fixed_atomic, |votes| votes.load(Relaxed))
}

pub(super) static LAB: Lab = Lab {
    number: 3,
    slug: "private-copy",
    title: "Each teller counts on a sheet of her own",
    room: room::ATOMICITY,
    minutes: 10,
    references: &[cited::of(
        cited::ReferenceKind::Issue,
        "rust-lang/rustlings #2200",
        "https://github.com/rust-lang/rustlings/issues/2200",
    )],
    lesson: include_str!("lessons/03.md"),
    outcomes: &[
        Outcome::allowed("2", "both wrote on the sheet"),
        Outcome::forbidden("0", "both wrote on copies"),
    ],
    variants: &[
        Variant::new(
            "buggy",
            "make_mut on a shared Arc",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| both_votes(run_buggy())),
        )
        .observed(|| run_buggy().to_string(), &["0"]),
        Variant::new(
            "fixed",
            "one sheet, under one lock",
            Declared::verified(),
            Scenario::new(|| both_votes(run_mutex(fixed))),
        )
        .observed(|| run_mutex(fixed).to_string(), &["2"]),
        Variant::new(
            "fixed-atomic",
            "one atomic number",
            Declared::verified(),
            Scenario::new(|| both_votes(run_atomic())),
        )
        .observed(|| run_atomic().to_string(), &["2"]),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab03_private_copy.rs"),
};
