//! Lab 46, **unbounded-queue**: more orders than the rail holds.
//!
//! Two waiters pin orders on a rail, the cook takes them off. The rail of a kitchen has room for so many; a queue in a program
//! takes whatever is put there. As long as the cook is slower than the waiters the row grows, and with it the memory
//! and the time until an order is served. In the end the machine has no memory left, long after the mistake was made.
//!
//! | Orders at once | | How |
//! |---|---|---|
//! | as many as there is room | allowed | who finds no room waits, or is told |
//! | more | forbidden | putting always succeeds |

mod wrong;

use std::collections::VecDeque;

use super::form::{Lab, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::queue::BoundedQueue;
use crate::sync::{Condvar, Mutex};
use crate::thread;

/// How many orders the rail holds.
pub const ROOM: usize = 1;

/// The rail.
#[derive(Debug)]
pub struct Rail {
    orders: Mutex<VecDeque<u32>>,
    /// Something was put, or taken.
    changed: Condvar,
    /// The rail of `fixed_queue`, which keeps its own bound.
    queue: BoundedQueue<u32>,
}

/// Puts an order on the rail. It is handed back if it is not taken on.
pub type Put = fn(&Rail, u32) -> Result<(), u32>;

/// The bug: there is always room for one more.
///
/// # Errors
/// None.
pub fn buggy(rail: &Rail, order: u32) -> Result<(), u32> {
    rail.orders.lock().unwrap().push_back(order);
    rail.changed.notify_all();
    Ok(())
}

/// The fix: who finds no room waits until there is. So the slow cook makes the waiters slow.
///
/// # Errors
/// None: it waits.
pub fn fixed(rail: &Rail, order: u32) -> Result<(), u32> {
    let orders = rail.orders.lock().unwrap();
    let full = |orders: &mut VecDeque<u32>| orders.len() >= ROOM;
    let mut orders = rail.changed.wait_while(orders, full).unwrap();
    orders.push_back(order);
    rail.changed.notify_all();
    Ok(())
}

/// As good, with another policy: who finds no room keeps the order, and tells the guest.
///
/// # Errors
/// The order, if there is no room.
pub fn fixed_refuse(rail: &Rail, order: u32) -> Result<(), u32> {
    let mut orders = rail.orders.lock().unwrap();
    if orders.len() >= ROOM {
        return Err(order);
    }
    orders.push_back(order);
    rail.changed.notify_all();
    Ok(())
}

/// The first fix as this library has it.
///
/// # Errors
/// None, as nobody closes the queue.
pub fn fixed_queue(rail: &Rail, order: u32) -> Result<(), u32> {
    rail.queue.put(order).map_err(|closed| closed.into_inner())
}

impl Default for Rail {
    fn default() -> Self {
        Self {
            orders: Mutex::default(),
            changed: Condvar::new(),
            queue: BoundedQueue::new(ROOM),
        }
    }
}

impl Rail {
    /// The cook: the next order, and how many were on the rail.
    pub fn take(&self) -> (u32, usize) {
        let orders = self.orders.lock().unwrap();
        let empty = |orders: &mut VecDeque<u32>| orders.is_empty();
        let mut orders = self.changed.wait_while(orders, empty).unwrap(); // <- fails here: wrong-drop
        let hanging = orders.len();
        let order = orders.pop_front().expect("there is one");
        self.changed.notify_all();
        (order, hanging)
    }

    /// The cook at the queue of `fixed_queue`.
    pub fn take_queued(&self) -> (u32, usize) {
        let hanging = self.queue.len();
        (self.queue.get().expect("nobody closes it"), hanging)
    }
}

/// Two waiters with an order each, and a cook who makes those that were taken on. The invariant: what was taken on is
/// made, and there are never more on the rail than it holds.
fn scenario(put: Put, take: fn(&Rail) -> (u32, usize)) {
    let rail = Rail::default();
    name(&rail.orders, "orders");
    name(&rail.changed, "changed");
    let most = thread::scope(|s| {
        let waiter = s.spawn(|| put(&rail, 1));
        let other = s.spawn(|| put(&rail, 2));
        let first = take(&rail).1;
        let put = [waiter.join().unwrap(), other.join().unwrap()];
        match put.iter().all(Result::is_ok) {
            true => first.max(take(&rail).1),
            false => first,
        }
    });
    assert!(most <= ROOM, "{most} orders, and room for {ROOM}"); // <- fails here
}

pub(super) static LAB: Lab = Lab {
    number: 46,
    slug: "unbounded-queue",
    title: "More orders than the rail holds",
    room: room::LIVENESS,
    minutes: 15,
    references: &[
        cited::of(
            cited::ReferenceKind::Cwe,
            "CWE-770",
            "https://cwe.mitre.org/data/definitions/770.html",
        ),
        cited::of(
            cited::ReferenceKind::Issue,
            "libp2p/rust-libp2p #2823",
            "https://github.com/libp2p/rust-libp2p/pull/2823",
        ),
        cited::of(
            cited::ReferenceKind::Issue,
            "getsentry/snuba #5874",
            "https://github.com/getsentry/snuba/issues/5874",
        ),
    ],
    lesson: include_str!("lessons/46.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "putting always succeeds",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(buggy, Rail::take)),
        ),
        Variant::new(
            "fixed",
            "who finds no room waits",
            Declared::verified(),
            Scenario::new(|| scenario(fixed, Rail::take)),
        ),
        Variant::new(
            "fixed-refuse",
            "who finds no room is told so",
            Declared::verified(),
            Scenario::new(|| scenario(fixed_refuse, Rail::take)),
        ),
        Variant::new(
            "fixed-queue",
            "the library's bounded queue",
            Declared::verified(),
            Scenario::new(|| scenario(fixed_queue, Rail::take_queued)),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab46_unbounded_queue.rs"),
};
