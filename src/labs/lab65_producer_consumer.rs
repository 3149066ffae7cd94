//! Lab 65, **producer-consumer**: the waiter stands in the hatch, and waits for a plate that has to come through it.
//!
//! The cook puts plates on a shelf in the hatch, waiters take them away. One semaphore counts the plates, one the free places,
//! and a lock guards the shelf. The waiter locks the shelf, and then waits for a plate. If there is none, the cook would have to
//! put one there, and for that the cook needs the lock.
//!
//! | The waiter comes | | How |
//! |---|---|---|
//! | to a plate | allowed | it takes it, and unlocks |
//! | to an empty shelf | forbidden, with `buggy` | it holds the lock while it waits for somebody who needs it |
//!
//! Cut to one place, two plates and two waiters, each of whom takes one.

mod wrong;

use std::collections::VecDeque;

use super::form::{Lab, Variant, room};
use super::semaphore::Semaphore;
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::queue::BoundedQueue;
use crate::sync::Mutex;
use crate::thread;

/// The shelf in the hatch.
#[derive(Debug)]
pub struct Hatch {
    shelf: Mutex<VecDeque<u32>>,
    /// So many plates nobody has come for.
    plates: Semaphore,
    /// So many places are free.
    free: Semaphore,
    queue: BoundedQueue<u32>,
}

/// A cook's way to put a plate there, and a waiter's to take one.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    /// Puts a plate on the shelf, and waits for a free place.
    pub put: fn(&Hatch, u32),
    /// Takes a plate, and waits for one.
    pub take: fn(&Hatch) -> u32,
}

/// The bug: the lock first, and then the waiting.
pub fn buggy(hatch: &Hatch) -> u32 {
    let mut shelf = hatch.shelf.lock().unwrap();
    hatch.plates.wait();
    let plate = shelf.pop_front().expect("a plate for each permit");
    hatch.free.signal();
    plate
}

/// The fix: wait with empty hands. The permit is for one plate, whichever; it will be there when the lock is.
pub fn fixed(hatch: &Hatch) -> u32 {
    hatch.plates.wait();
    let plate = hatch.pick();
    hatch.free.signal();
    plate
}

/// The queue of this library: lock, conditions and the order of all that are inside.
pub fn fixed_queue(hatch: &Hatch) -> u32 {
    hatch.queue.get().expect("nobody closes it")
}

/// Puts a plate on the shelf. Right, and the same for the bug and the fix.
pub fn put(hatch: &Hatch, plate: u32) {
    hatch.free.wait();
    hatch.place(plate);
    hatch.plates.signal();
}

/// Puts a plate into the library's queue.
pub fn put_queue(hatch: &Hatch, plate: u32) {
    hatch.queue.put(plate).expect("nobody closes it");
}

impl Hatch {
    /// With so many places, all free.
    pub fn new(places: usize) -> Self {
        Self {
            shelf: Mutex::new(VecDeque::new()),
            plates: Semaphore::new(0),
            free: Semaphore::new(places),
            queue: BoundedQueue::new(places),
        }
    }

    fn place(&self, plate: u32) {
        let mut shelf = self.shelf.lock().unwrap(); // <- fails here: buggy, wrong-look-first
        shelf.push_back(plate);
    }

    /// What is on the shelf; 0 for nothing.
    fn pick(&self) -> u32 {
        self.shelf.lock().unwrap().pop_front().unwrap_or(0)
    }
}

/// Two plates, two waiters. The invariant: each plate comes to one of them.
fn scenario(way: Way) {
    let hatch = Hatch::new(1);
    name(&hatch.shelf, "shelf");
    hatch.plates.name("plates");
    hatch.free.name("free");
    let mut served = thread::scope(|s| {
        let first = s.spawn(|| (way.take)(&hatch));
        let second = s.spawn(|| (way.take)(&hatch));
        (way.put)(&hatch, 1);
        (way.put)(&hatch, 2);
        [first.join().unwrap(), second.join().unwrap()]
    });
    served.sort_unstable();
    assert_eq!(served, [1, 2]); // <- fails here: wrong-announced
}

pub(super) static LAB: Lab = Lab {
    number: 65,
    slug: "producer-consumer",
    title: "The waiter stands in the hatch, and waits for a plate",
    room: room::CLASSICS,
    minutes: 15,
    references: &[
        cited::DOWNEY_4_1,
        cited::DIJKSTRA_1965,
        cited::CWE_833,
        cited::QIN_CONDVAR,
    ],
    lesson: include_str!("lessons/65.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "waits for a plate with the shelf locked",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(Way { put, take: buggy })),
        ),
        Variant::new(
            "fixed",
            "waits, then locks the shelf",
            Declared::verified(),
            Scenario::new(|| scenario(Way { put, take: fixed })),
        ),
        Variant::new(
            "fixed-queue",
            "the library's bounded queue",
            Declared::verified(),
            Scenario::new(|| {
                scenario(Way {
                    put: put_queue,
                    take: fixed_queue,
                })
            }),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab65_producer_consumer.rs"),
};
