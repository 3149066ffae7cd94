//! Lab 36, **lock-across-steal**: while it waits it helps, with a task that wants the lock that it holds.
//!
//! The workers of a pool do not idle: who waits for a part of its task takes another task meanwhile (lab 35, nested-join). A
//! task books a sum: it takes the ledger, has a part counted, waits for that, and writes. While it waits, with the ledger
//! in hand, it is given another booking to do. That takes the ledger.
//!
//! | Two bookings | | How |
//! |---|---|---|
//! | both in the ledger | allowed | nobody helped with the ledger in hand, or helped with nothing that wants it |
//! | one worker stuck | forbidden | it waits for a lock that it holds itself, some calls further down its own stack |

mod wrong;

use super::form::{Lab, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::{Condvar, Mutex, MutexGuard};
use crate::thread;

/// A task: what to do, and for which booking.
pub type Task = (fn(&Pool, usize), usize);

/// A pool of workers, of whose tasks the newest is taken first, and the ledger that they write.
#[derive(Debug)]
pub struct Pool {
    desk: Mutex<Desk>,
    counted: Condvar,
    ledger: Mutex<u32>,
}

#[derive(Debug)]
struct Desk {
    tasks: Vec<Task>,
    /// What was counted for each booking.
    sums: Vec<Option<u32>>,
}

/// The bug: waits for its part, and helps meanwhile, with the ledger in hand.
pub fn buggy(pool: &Pool, booking: usize) {
    let mut ledger = pool.open();
    *ledger += pool.count(booking, any);
}

/// The fix: the ledger is taken when there is nothing left to wait for.
pub fn fixed(pool: &Pool, booking: usize) {
    let sum = pool.count(booking, any);
    *pool.open() += sum;
}

/// The fix that keeps the ledger, and helps with nothing but its own part, which wants no lock.
pub fn fixed_own(pool: &Pool, booking: usize) {
    let mut ledger = pool.open();
    *ledger += pool.count(booking, |task, booking| task.1 == booking);
}

/// Helps with any task.
fn any(_task: &Task, _booking: usize) -> bool {
    true
}

/// Counts for a booking: always 1.
fn part(pool: &Pool, booking: usize) {
    pool.desk.lock().unwrap().sums[booking] = Some(1);
    pool.counted.notify_all();
}

impl Pool {
    /// A pool for so many bookings.
    pub fn new(bookings: usize) -> Self {
        Self {
            desk: Mutex::new(Desk {
                tasks: Vec::new(),
                sums: vec![None; bookings],
            }),
            counted: Condvar::new(),
            ledger: Mutex::new(0),
        }
    }

    /// Orders a task.
    pub fn order(&self, run: fn(&Pool, usize), booking: usize) {
        self.desk.lock().unwrap().tasks.push((run, booking));
    }

    /// A worker: runs tasks until there is none.
    pub fn work(&self) {
        while let Some((run, booking)) = self.next() {
            run(self, booking);
        }
    }

    /// What is in the ledger at last.
    pub fn booked(self) -> u32 {
        self.ledger.into_inner().unwrap()
    }

    fn next(&self) -> Option<Task> {
        self.desk.lock().unwrap().tasks.pop()
    }

    fn open(&self) -> MutexGuard<'_, u32> {
        self.ledger.lock().unwrap() // <- fails here
    }

    /// Has a part counted, and helps until it is: with the tasks that `takes` allows.
    fn count(&self, booking: usize, takes: fn(&Task, usize) -> bool) -> u32 {
        self.order(part, booking);
        let mut desk = self.desk.lock().unwrap();
        loop {
            if let Some(sum) = desk.sums[booking] {
                return sum;
            }
            let found = desk.tasks.iter().rposition(|task| takes(task, booking));
            desk = match found {
                Some(at) => {
                    let (run, other) = desk.tasks.remove(at);
                    drop(desk);
                    run(self, other);
                    self.desk.lock().unwrap()
                }
                None => self.counted.wait(desk).unwrap(),
            };
        }
    }
}

/// Two bookings, of which the second comes while the first is at work, and two workers. The invariant: both are booked.
fn scenario(book: fn(&Pool, usize)) {
    let pool = Pool::new(2);
    name(&pool.desk, "desk");
    name(&pool.counted, "counted");
    name(&pool.ledger, "ledger");
    pool.order(book, 0);
    thread::scope(|s| {
        s.spawn(|| {
            pool.order(book, 1);
            pool.work();
        });
        pool.work();
    });
    assert_eq!(pool.booked(), 2, "in the ledger"); // <- fails here: wrong-remember
}

pub(super) static LAB: Lab = Lab {
    number: 36,
    slug: "lock-across-steal",
    title: "It helps with a task that wants the lock that it holds",
    room: room::BLOCKING,
    minutes: 25,
    references: &[
        cited::CWE_833,
        cited::QIN_DOUBLE_LOCK,
        cited::of(
            cited::ReferenceKind::Issue,
            "rayon-rs/rayon #592",
            "https://github.com/rayon-rs/rayon/issues/592",
        ),
    ],
    lesson: include_str!("lessons/36.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "helps with the lock held",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(buggy)),
        ),
        Variant::new(
            "fixed",
            "waits first, and locks then",
            Declared::verified(),
            Scenario::new(|| scenario(fixed)),
        ),
        Variant::new(
            "fixed-own",
            "helps with its own part only",
            Declared::verified(),
            Scenario::new(|| scenario(fixed_own)),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab36_lock_across_steal.rs"),
};
