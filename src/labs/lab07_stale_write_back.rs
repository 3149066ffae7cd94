//! Lab 7, **stale-write-back**: a record is written back as it was twelve seconds ago.
//!
//! The database server takes twelve seconds for a request, and must not hold its lock so long. So it copies the customer's
//! record, lets go of the lock, works on the copy, takes the lock again, and writes the copy back. A copy is the whole
//! record: also the fields that this request never touched, as they were twelve seconds ago.
//!
//! | City and orders after a move to Zurich and an order | | How |
//! |---|---|---|
//! | `Zurich, 1` | allowed | both changes are in the record |
//! | `Boulder, 1` | forbidden | the order was written back over the move |
//! | `Zurich, 0` | forbidden | the move was written back over the order |

mod wrong;

use super::form::{Lab, Outcome, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::Mutex;
use crate::thread;

/// What the database knows of a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Customer {
    /// Where they live.
    pub city: &'static str,
    /// How much they have ordered.
    pub orders: u32,
}

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The record.
    pub customer: Customer,
    /// How often it was written. `fixed` alone counts.
    pub version: u32,
}

/// What a request makes of a record, in twelve seconds.
pub type Request = fn(&mut Customer);

/// The bug: the copy is taken under the lock and written back under the lock, and grows old in between.
pub fn buggy(row: &Mutex<Row>, request: Request) {
    let mut customer = row.lock().unwrap().customer;
    request(&mut customer); // the lock is free
    row.lock().unwrap().customer = customer;
}

/// The fix: write back only over the version that was copied; else do the work again, on what is there now.
pub fn fixed(row: &Mutex<Row>, request: Request) {
    loop {
        let mut copy = *row.lock().unwrap();
        request(&mut copy.customer); // the lock is free
        let mut now = row.lock().unwrap();
        if now.version == copy.version {
            copy.version += 1;
            *now = copy;
            return;
        }
    }
}

/// The fix that holds the lock all the while: right, and nobody else is served for twelve seconds.
pub fn fixed_hold(row: &Mutex<Row>, request: Request) {
    request(&mut row.lock().unwrap().customer);
}

/// The customer moves, and orders something, at once. Returns the record.
fn two_requests(process: fn(&Mutex<Row>, Request)) -> Customer {
    let customer = Customer {
        city: "Boulder",
        orders: 0,
    };
    let row = Mutex::new(Row {
        customer,
        version: 0,
    });
    name(&row, "row");
    thread::scope(|s| {
        s.spawn(|| process(&row, |customer| customer.orders += 1));
        process(&row, |customer| customer.city = "Zurich");
    });
    row.into_inner().unwrap().customer
}

/// The invariant: no change is lost.
fn keeps_both(process: fn(&Mutex<Row>, Request)) {
    let Customer { city, orders } = two_requests(process);
    let kept = (city, orders) == ("Zurich", 1);
    assert!(kept, "a change is lost: lives in {city}, orders: {orders}"); // <- fails here
}

/// The record as the table of results names it.
fn result(process: fn(&Mutex<Row>, Request)) -> String {
    let Customer { city, orders } = two_requests(process);
    format!("{city}, {orders}")
}

pub(super) static LAB: Lab = Lab {
    number: 7,
    slug: "stale-write-back",
    title: "A record is written back as it was twelve seconds ago",
    room: room::ATOMICITY,
    minutes: 12,
    references: &[
        cited::CWE_362,
        cited::LU_ATOMICITY,
        cited::of(
            cited::ReferenceKind::Document,
            "RFC 9110, section 13.1.1: If-Match",
            "https://www.rfc-editor.org/rfc/rfc9110#section-13.1.1",
        ),
    ],
    lesson: include_str!("lessons/07.md"),
    outcomes: &[
        Outcome::allowed("Zurich, 1", "both changes are in the record"),
        Outcome::forbidden("Boulder, 1", "the order was written back over the move"),
        Outcome::forbidden("Zurich, 0", "the move was written back over the order"),
    ],
    variants: &[
        Variant::new(
            "buggy",
            "copy, unlock, work, lock, write the copy back",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| keeps_both(buggy)),
        )
        .observed(|| result(buggy), &["Zurich, 1", "Boulder, 1", "Zurich, 0"]),
        Variant::new(
            "fixed",
            "written back only over the version that was copied",
            Declared::verified(),
            Scenario::new(|| keeps_both(fixed)),
        )
        .observed(|| result(fixed), &["Zurich, 1"]),
        Variant::new(
            "fixed-hold",
            "the lock is held during the work",
            Declared::verified(),
            Scenario::new(|| keeps_both(fixed_hold)),
        )
        .observed(|| result(fixed_hold), &["Zurich, 1"]),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab07_stale_write_back.rs"),
};
