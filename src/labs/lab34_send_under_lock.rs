//! Lab 34, **send-under-lock**: the warehouse reports each sale to somebody who must come in to read the report.
//!
//! A warehouse sells, and reports each sale to a display, over a channel that holds one report. It has the lock of its stock
//! meanwhile, so that no other sale comes in between. The display takes a report, and looks at the stock, for which it needs
//! that lock. If the channel is full, the warehouse waits until the display takes a report, with the lock in hand; and the
//! display waits for the lock.
//!
//! | The sales | | How |
//! |---|---|---|
//! | done and shown | allowed | the channel had room, or the lock was free while the warehouse waited |
//! | stuck | forbidden | the warehouse waits for room with the lock, the display for the lock with the channel full |

mod wrong;

use super::form::{Lab, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::Mutex;
use crate::sync::mpsc::{Receiver, SyncSender, sync_channel};
use crate::thread;

/// How many pieces are sold, one by one.
const SALES: u32 = 3;

/// The bug: `send` may wait, and the lock is held.
pub fn buggy(stock: &Mutex<u32>, reports: SyncSender<()>, sales: u32) {
    let mut stock = stock.lock().unwrap();
    for _ in 0..sales {
        *stock -= 1;
        reports.send(()).unwrap(); // <- fails here
    }
}

/// The fix: what happens under the lock is done when the report is sent.
pub fn fixed(stock: &Mutex<u32>, reports: SyncSender<()>, sales: u32) {
    for _ in 0..sales {
        *stock.lock().unwrap() -= 1;
        reports.send(()).unwrap();
    }
}

/// The fix for sales that must not be parted: collect the reports under the lock, and send them after.
pub fn fixed_collect(stock: &Mutex<u32>, reports: SyncSender<()>, sales: u32) {
    let mut collected = Vec::new();
    let mut stock = stock.lock().unwrap();
    for _ in 0..sales {
        *stock -= 1;
        collected.push(());
    }
    drop(stock);
    for report in collected {
        reports.send(report).unwrap();
    }
}

/// Shows the stock after each report, until no more come; returns how many came, and what it shows then.
pub fn display(stock: &Mutex<u32>, reports: Receiver<()>) -> (u32, Option<u32>) {
    let (mut count, mut shown) = (0, None);
    for () in reports {
        count += 1;
        shown = Some(*stock.lock().unwrap());
    }
    (count, shown)
}

/// Three sales, and a display. The invariant: the display hears of all, and at last shows what is left.
fn scenario(sell: fn(&Mutex<u32>, SyncSender<()>, u32)) {
    let stock = Mutex::new(SALES);
    name(&stock, "stock");
    let (sender, reports) = sync_channel(1);
    let shown = thread::scope(|s| {
        let display = s.spawn(|| display(&stock, reports));
        sell(&stock, sender, SALES);
        display.join().unwrap()
    });
    assert_eq!(shown, (SALES, Some(0)), "reports, and the stock shown"); // <- fails here: wrong-send-first
}

pub(super) static LAB: Lab = Lab {
    number: 34,
    slug: "send-under-lock",
    title: "A report to somebody who must come in to read it",
    room: room::BLOCKING,
    minutes: 15,
    references: &[
        cited::CWE_833,
        cited::of(
            cited::ReferenceKind::Cert,
            "CERT LCK09-J",
            "https://wiki.sei.cmu.edu/confluence/display/java/LCK09-J.+Do+not+perform+operations+that+can+block+while+holding+a+lock",
        ),
        cited::of(
            cited::ReferenceKind::Qin,
            "Qin 2020: channel",
            "https://doi.org/10.1145/3385412.3386036",
        ),
        cited::of(
            cited::ReferenceKind::Issue,
            "sensu/sensu-go #1264",
            "https://github.com/sensu/sensu-go/issues/1264",
        ),
    ],
    lesson: include_str!("lessons/34.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "sends with the lock held",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(buggy)),
        ),
        Variant::new(
            "fixed",
            "lets go, and sends then",
            Declared::verified(),
            Scenario::new(|| scenario(fixed)),
        ),
        Variant::new(
            "fixed-collect",
            "collects under the lock, and sends then",
            Declared::verified(),
            Scenario::new(|| scenario(fixed_collect)),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab34_send_under_lock.rs"),
};
