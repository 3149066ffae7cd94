//! Wrong fixes of lab 34, send-under-lock.

use super::*;
use crate::labs::form::WrongFixes;

/// Holds the lock for one sale only, its report included.
fn wrong_shorter(stock: &Mutex<u32>, reports: SyncSender<()>, sales: u32) {
    for _ in 0..sales {
        let mut stock = stock.lock().unwrap();
        *stock -= 1;
        reports.send(()).unwrap(); // <- fails here: wrong-shorter
    }
}

/// Reports first, with no lock, and sells then.
fn wrong_send_first(stock: &Mutex<u32>, reports: SyncSender<()>, sales: u32) {
    for _ in 0..sales {
        reports.send(()).unwrap();
        *stock.lock().unwrap() -= 1;
    }
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-shorter",
            "holds the lock for one sale at a time",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(wrong_shorter)),
        )
        .because(
            "How long the lock is held does not matter, only that it is held while somebody waits. The display has a report in \
             hand and asks for the lock, the next report fills the channel, and the one after it waits.",
        ),
        Variant::new(
            "wrong-send-first",
            "reports before it locks",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(wrong_send_first)),
        )
        .because(
            "No lock is held at the send. But the display can read the report before the piece is sold: it shows what is no longer \
             so, and nothing comes that would put it right.",
        ),
    ],
);
