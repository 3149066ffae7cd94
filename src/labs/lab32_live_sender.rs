//! Lab 32, **live-sender**: the editor waits for reports until the last reporter hangs up, and holds a telephone herself.
//!
//! A channel ends when its last sender is dropped: then the receiver's loop is over. Each reporter gets a clone of the
//! sender and drops it when it is done. The one that the clones were made from is still there, in the function that
//! receives. So there is always one sender left, which nobody uses, and the loop waits for it.
//!
//! | The edition | | How |
//! |---|---|---|
//! | all reports are in, and it is printed | allowed | no sender was left when the reporters were done |
//! | the editor waits | forbidden | she holds the last sender herself |

mod wrong;

use std::iter;

use super::form::{Lab, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::FailureKind;
use crate::sync::mpsc::{self, Receiver, Sender};
use crate::thread::{self, Scope};

/// The bug: `sender` lives to the end of the function, beyond the loop that waits for its end.
pub fn buggy(reporters: &[u32]) -> u32 {
    thread::scope(|s| {
        let (sender, receiver) = mpsc::channel();
        for &reports in reporters {
            let sender = sender.clone();
            s.spawn(move || report(&sender, reports));
        }
        edition(&receiver)
    })
}

/// The fix: let go of the first sender as soon as its clones are out.
pub fn fixed(reporters: &[u32]) -> u32 {
    thread::scope(|s| {
        let (sender, receiver) = mpsc::channel();
        for &reports in reporters {
            let sender = sender.clone();
            s.spawn(move || report(&sender, reports));
        }
        drop(sender);
        edition(&receiver)
    })
}

/// The fix by a function from which the receiver comes out, and no sender.
pub fn fixed_inside(reporters: &[u32]) -> u32 {
    thread::scope(|s| edition(&send_out(s, reporters)))
}

fn send_out<'scope>(s: &'scope Scope<'scope, '_>, reporters: &[u32]) -> Receiver<u32> {
    let (sender, receiver) = mpsc::channel();
    for &reports in reporters {
        let sender = sender.clone();
        s.spawn(move || report(&sender, reports));
    }
    receiver
}

/// A reporter sends so many reports of a page each. The same for every variant.
fn report(sender: &Sender<u32>, reports: u32) {
    for _ in 0..reports {
        sender.send(1).expect("the editor listens");
    }
}

/// Adds up the pages of all reports, until no sender is left. The same for every variant.
fn edition(receiver: &Receiver<u32>) -> u32 {
    let reports = iter::from_fn(|| receiver.recv().ok()); // <- fails here
    reports.sum()
}

/// Two reporters, of whom one has nothing to report. The invariant: an edition of one page.
fn scenario(edit: fn(&[u32]) -> u32) {
    assert_eq!(edit(&[1, 0]), 1, "pages in the edition"); // <- fails here: wrong-last-one, wrong-timeout
}

pub(super) static LAB: Lab = Lab {
    number: 32,
    slug: "live-sender",
    title: "The editor holds the last telephone herself",
    room: room::BLOCKING,
    minutes: 10,
    references: &[
        cited::CWE_833,
        cited::of(
            cited::ReferenceKind::Qin,
            "Qin 2020: channel",
            "https://doi.org/10.1145/3385412.3386036",
        ),
        cited::of(
            cited::ReferenceKind::Issue,
            "rust-lang/rust #72662",
            "https://github.com/rust-lang/rust/issues/72662",
        ),
    ],
    lesson: include_str!("lessons/32.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "keeps the sender that the others are clones of",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(buggy)),
        ),
        Variant::new(
            "fixed",
            "drops it before it receives",
            Declared::verified(),
            Scenario::new(|| scenario(fixed)),
        ),
        Variant::new(
            "fixed-inside",
            "leaves it in the function that makes the clones",
            Declared::verified(),
            Scenario::new(|| scenario(fixed_inside)),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab32_live_sender.rs"),
};
