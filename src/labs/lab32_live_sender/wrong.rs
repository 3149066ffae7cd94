//! Wrong fixes of lab 32, live-sender.

use std::time::Duration;

use super::*;
use crate::labs::form::WrongFixes;

/// The last reporter that was sent out reports the end, by a report without pages.
fn wrong_last_one(reporters: &[u32]) -> u32 {
    let (sender, receiver) = mpsc::channel();
    thread::scope(|s| {
        for (number, &reports) in (1..).zip(reporters) {
            let sender = sender.clone();
            s.spawn(move || {
                report(&sender, reports);
                if number == reporters.len() {
                    sender.send(0).expect("the editor listens");
                }
            });
        }
        receiver.iter().take_while(|&pages| pages > 0).sum()
    })
}

/// Waits for the next report no longer than a while.
fn wrong_timeout(reporters: &[u32]) -> u32 {
    let (sender, receiver) = mpsc::channel();
    thread::scope(|s| {
        for &reports in reporters {
            let sender = sender.clone();
            s.spawn(move || report(&sender, reports));
        }
        let mut edition = 0;
        while let Ok(pages) = receiver.recv_timeout(Duration::from_millis(10)) {
            edition += pages;
        }
        edition
    })
}

/// Lets the reporters come home first.
fn wrong_join_first(reporters: &[u32]) -> u32 {
    let (sender, receiver) = mpsc::channel();
    thread::scope(|s| {
        for &reports in reporters {
            let sender = sender.clone();
            s.spawn(move || report(&sender, reports));
        }
    });
    let pages = edition(&receiver);
    drop(sender);
    pages
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-last-one",
            "the last reporter sends a mark of the end",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(wrong_last_one)),
        )
        .because(
            "The last one to be sent out need not be the last one to be done. What the others report after the mark is not read.",
        ),
        Variant::new(
            "wrong-timeout",
            "takes a silence for the end",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(wrong_timeout)),
        )
        .because(
            "A silence says that nobody reported for a while, not that nobody will. It works on an idle machine, at the price of a \
             wait at the end of each edition, and leaves reports out on a busy one.",
        ),
        Variant::new(
            "wrong-join-first",
            "joins the reporters, and receives then",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(wrong_join_first)),
        )
        .because(
            "When all reporters are home all of their senders are gone, and the editor's is not. It is dropped behind the loop, \
             where nobody comes.",
        ),
    ],
);
