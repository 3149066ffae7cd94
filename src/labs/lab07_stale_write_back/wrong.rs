//! Wrong fixes of lab 7, stale-write-back.

use super::*;
use crate::labs::form::WrongFixes;

/// Copies the record, then asks for its version.
fn wrong_version_later(row: &Mutex<Row>, request: Request) {
    loop {
        let mut customer = row.lock().unwrap().customer;
        let version = row.lock().unwrap().version;
        request(&mut customer); // the lock is free
        let mut now = row.lock().unwrap();
        if now.version == version {
            *now = Row {
                customer,
                version: version + 1,
            };
            return;
        }
    }
}

/// Tries again with the new version, and the old copy.
fn wrong_old_copy(row: &Mutex<Row>, request: Request) {
    let mut copy = *row.lock().unwrap();
    request(&mut copy.customer); // the lock is free
    loop {
        let mut now = row.lock().unwrap();
        if now.version == copy.version {
            copy.version += 1;
            *now = copy;
            return;
        }
        copy.version = now.version;
    }
}

/// Compares the versions, and then writes.
fn wrong_compare_first(row: &Mutex<Row>, request: Request) {
    loop {
        let mut copy = *row.lock().unwrap();
        request(&mut copy.customer); // the lock is free
        let same = row.lock().unwrap().version == copy.version;
        if same {
            copy.version += 1;
            *row.lock().unwrap() = copy;
            return;
        }
    }
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-version-later",
            "copies the record and its version in two looks",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| keeps_both(wrong_version_later)),
        )
        .because(
            "Between the two looks the record may change. Then the copy is old and the version is new, and the comparison \
             lets the old copy pass.",
        ),
        Variant::new(
            "wrong-old-copy",
            "tries again with the new version and the old copy",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| keeps_both(wrong_old_copy)),
        )
        .because(
            "The versions differed because the record has changed. To take over the new version without the new record only \
             silences the alarm; the work must be done again.",
        ),
        Variant::new(
            "wrong-compare-first",
            "compares under one lock, writes under the next",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| keeps_both(wrong_compare_first)),
        )
        .because(
            "The comparison is a check, and the write is the act (lab 2). Between the two locks another request can write, \
             and is overwritten.",
        ),
    ],
);
