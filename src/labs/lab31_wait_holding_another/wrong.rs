//! Wrong fixes of lab 31, wait-holding-another.

use super::*;
use crate::labs::form::WrongFixes;

/// Waits with the tray alone, and takes the printer with the tray still in hand.
fn wrong_tray_in_hand(office: &Office) {
    let mut tray = office.tray.lock().unwrap();
    while *tray == 0 {
        tray = office.filled.wait(tray).unwrap();
    }
    *tray -= 1;
    *office.printer.lock().unwrap() += 1; // <- fails here: wrong-tray-in-hand
}

/// Waits once before it takes the printer, and for the rest as before.
fn wrong_wait_once(office: &Office) {
    let tray = office.tray.lock().unwrap();
    if *tray == 0 {
        drop(office.filled.wait(tray).unwrap());
    } else {
        drop(tray);
    }
    let mut printer = office.printer.lock().unwrap();
    let mut tray = office.tray.lock().unwrap();
    while *tray == 0 {
        tray = office.filled.wait(tray).unwrap(); // <- fails here: wrong-wait-once
    }
    *tray -= 1;
    *printer += 1;
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-tray-in-hand",
            "takes the printer last, and keeps the tray meanwhile",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(wrong_tray_in_hand)),
        )
        .because(
            "Nobody sleeps with the printer any more. But this takes the tray and then the printer, and whoever brings paper the \
             printer and then the tray: it is lab 22, abba.",
        ),
        Variant::new(
            "wrong-wait-once",
            "waits once without the printer before it takes it",
            Declared::fails(FailureKind::Deadlock).missed_by_loom(),
            Scenario::new(|| scenario(wrong_wait_once)),
        )
        .because(
            "It believes that there is paper because it was woken. A wakeup for no reason, or somebody else who took the sheet, \
             and it sleeps with the printer in hand as before. (loom misses it, for it knows no wakeup without a reason.)",
        ),
    ],
);
