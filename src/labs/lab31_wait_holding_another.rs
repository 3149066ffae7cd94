//! Lab 31, **wait-holding-another**: asleep with the key to the room in which the alarm clock stands.
//!
//! An office has a printer and its paper tray. Who prints takes the printer, and if the tray is empty, waits until somebody
//! fills it. `wait` lets go of a lock: of the tray's, which it is given. It does not let go of the printer's. And to fill the
//! tray one opens the printer.
//!
//! | The page | | How |
//! |---|---|---|
//! | printed | allowed | there was paper, or nobody slept with the printer in hand |
//! | never | forbidden | who prints waits for paper, and keeps the printer from whoever brings it |

mod wrong;

use super::form::{Lab, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::{Condvar, Mutex};
use crate::thread;

/// A printer, which counts its pages, and its tray, which counts its sheets.
#[derive(Debug, Default)]
pub struct Office {
    printer: Mutex<u32>,
    tray: Mutex<u32>,
    filled: Condvar,
}

/// The bug: sleeps with the printer in hand.
pub fn buggy(office: &Office) {
    let mut printer = office.printer.lock().unwrap();
    let mut tray = office.tray.lock().unwrap();
    while *tray == 0 {
        tray = office.filled.wait(tray).unwrap(); // <- fails here
    }
    *tray -= 1;
    *printer += 1;
}

/// The fix: a sheet first, with nothing else in hand; then the printer.
pub fn fixed(office: &Office) {
    let mut tray = office.tray.lock().unwrap();
    while *tray == 0 {
        tray = office.filled.wait(tray).unwrap();
    }
    *tray -= 1;
    drop(tray);
    *office.printer.lock().unwrap() += 1;
}

/// The fix that lets go of the printer before it sleeps, and begins again after.
pub fn fixed_let_go(office: &Office) {
    loop {
        let mut printer = office.printer.lock().unwrap();
        let mut tray = office.tray.lock().unwrap();
        if *tray > 0 {
            *tray -= 1;
            *printer += 1;
            break;
        }
        drop(printer);
        drop(office.filled.wait(tray).unwrap());
    }
}

impl Office {
    /// Opens the printer and puts a sheet into its tray. The same for every variant.
    pub fn fill(&self) {
        let _open = self.printer.lock().unwrap();
        *self.tray.lock().unwrap() += 1;
        self.filled.notify_one();
    }

    /// How many pages were printed, and how many sheets are left.
    pub fn counts(&self) -> (u32, u32) {
        (*self.printer.lock().unwrap(), *self.tray.lock().unwrap())
    }
}

/// One prints two pages, one brings two sheets, one by one. The invariant: both pages are printed.
fn scenario(print: fn(&Office)) {
    let office = Office::default();
    name(&office.printer, "printer");
    name(&office.tray, "tray");
    name(&office.filled, "filled");
    thread::scope(|s| {
        s.spawn(|| (0..2).for_each(|_| office.fill()));
        print(&office);
        print(&office);
    });
    assert_eq!(office.counts(), (2, 0), "pages, and sheets left");
}

pub(super) static LAB: Lab = Lab {
    number: 31,
    slug: "wait-holding-another",
    title: "Asleep with the key to the room in which the alarm clock stands",
    room: room::BLOCKING,
    minutes: 15,
    references: &[
        cited::CWE_833,
        cited::of(
            cited::ReferenceKind::Cert,
            "CERT LCK09-J",
            "https://wiki.sei.cmu.edu/confluence/display/java/LCK09-J.+Do+not+perform+operations+that+can+block+while+holding+a+lock",
        ),
        cited::LU_DEADLOCK,
        cited::QIN_CONDVAR,
    ],
    lesson: include_str!("lessons/31.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "waits for paper with the printer in hand",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(buggy)),
        ),
        Variant::new(
            "fixed",
            "takes a sheet, and then the printer",
            Declared::verified(),
            Scenario::new(|| scenario(fixed)),
        ),
        Variant::new(
            "fixed-let-go",
            "lets go of the printer before it waits",
            Declared::verified(),
            Scenario::new(|| scenario(fixed_let_go)),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab31_wait_holding_another.rs"),
};
