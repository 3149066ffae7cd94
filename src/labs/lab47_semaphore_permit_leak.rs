//! Lab 47, **semaphore-permit-leak**: the permit that leaves with whoever fails.
//!
//! The database takes one connection at a time: who asks needs the permit, and gives it back afterwards. While it is
//! starting, a question fails. Then "afterwards" does not come, and who asks next waits for a permit that nobody has.
//!
//! | After an early question that failed | | How |
//! |---|---|---|
//! | the next one is answered | allowed | the permit came back, whichever way the first one ended |
//! | the next one waits for ever | forbidden | the permit was given back on the way that was not taken |

mod wrong;

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::form::{Lab, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::atomic::{AtomicBool, Ordering::*};
use crate::sync::{Condvar, Mutex};
use crate::{Semaphore, thread};

/// A database of one connection, which is starting.
#[derive(Debug)]
pub struct Database {
    up: AtomicBool,
    free: Mutex<usize>,
    back: Condvar,
    semaphore: Semaphore,
}

/// The bug: `give_back` is the statement behind the question, and a panic does not come there.
pub fn buggy(database: &Database) {
    database.take_permit();
    database.ask();
    database.give_back();
}

/// The same bug in async code: a future that is dropped at its `.await` does not come behind it, and panics nowhere.
pub fn buggy_cancelled(database: &Database) {
    now_or_never(async {
        database.take_permit();
        database.answer().await;
        database.give_back();
    });
}

/// The fix: the permit is a value with a destructor, and a destructor runs on each way out.
pub fn fixed(database: &Database) {
    let _permit = database.permit();
    database.ask();
}

/// The same fix in async code: a future that is dropped drops what it holds.
pub fn fixed_cancelled(database: &Database) {
    now_or_never(async {
        let _permit = database.permit();
        database.answer().await;
    });
}

/// The fix as this library has it: `acquire` hands out nothing but such a value.
pub fn fixed_semaphore(database: &Database) {
    let _permit = database.semaphore.acquire().expect("nobody closes it");
    database.ask();
}

/// One permit, given back when it is dropped.
struct Permit<'a>(&'a Database);

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.0.give_back();
    }
}

impl Default for Database {
    fn default() -> Self {
        Self {
            up: AtomicBool::new(false),
            free: Mutex::new(1),
            back: Condvar::new(),
            semaphore: Semaphore::new(1),
        }
    }
}

impl Database {
    /// It has started.
    pub fn start(&self) {
        self.up.store(true, Release);
    }

    /// How many permits nobody has, of those taken by hand and of the semaphore's.
    pub fn permits(&self) -> [usize; 2] {
        let free = *self.free.lock().unwrap();
        [free, self.semaphore.available_permits()]
    }

    fn permit(&self) -> Permit<'_> {
        self.take_permit();
        Permit(self)
    }

    fn take_permit(&self) {
        let free = self.free.lock().unwrap();
        let mut free = self.back.wait_while(free, |free| *free == 0).unwrap(); // <- fails here
        *free -= 1;
    }

    fn give_back(&self) {
        *self.free.lock().unwrap() += 1;
        self.back.notify_one();
    }

    fn ask(&self) {
        assert!(self.up.load(Acquire), "the database is starting");
    }

    fn answer(&self) -> impl Future<Output = ()> {
        let answers = |up| if up { Poll::Ready(()) } else { Poll::Pending };
        poll_fn(move |_| answers(self.up.load(Acquire)))
    }
}

/// Asks a future once, and drops it: what a timeout does, and `select!` with the futures that did not win.
fn now_or_never(future: impl Future<Output = ()>) {
    let _ = pin!(future).poll(&mut Context::from_waker(Waker::noop()));
}

/// An early question, and one after the start. The invariant: that one is answered, and the permits are back.
fn scenario(question: fn(&Database)) {
    let database = Database::default();
    name(&database.up, "up");
    name(&database.free, "free");
    name(&database.back, "back");
    thread::scope(|s| {
        let early = s.spawn(|| question(&database));
        database.start();
        question(&database);
        let _ = early.join(); // an error, if it was too early
    });
    assert_eq!(database.permits(), [1, 1]); // <- fails here: wrong-both, wrong-timeout
}

/// Why loom does not judge the library's semaphore.
const LOOM_DOUBTS: &str = "it looks at the permits with a relaxed load before it takes one, and loom takes what was so seen for known";

pub(super) static LAB: Lab = Lab {
    number: 47,
    slug: "semaphore-permit-leak",
    title: "The permit that leaves with whoever fails",
    room: room::LIVENESS,
    minutes: 15,
    references: &[
        cited::CWE_772,
        cited::CWE_460,
        cited::of(
            cited::ReferenceKind::Issue,
            "anza-xyz/agave #10478",
            "https://github.com/anza-xyz/agave/pull/10478",
        ),
    ],
    lesson: include_str!("lessons/47.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "given back by hand, and a panic comes first",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(buggy)),
        ),
        Variant::new(
            "buggy-cancelled",
            "given back by hand, and a cancellation comes first",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(buggy_cancelled)),
        ),
        Variant::new(
            "fixed",
            "a guard owns the permit, and gives it back under a panic",
            Declared::verified(),
            Scenario::new(|| scenario(fixed)),
        ),
        Variant::new(
            "fixed-cancelled",
            "a guard owns the permit, and gives it back when cancelled",
            Declared::verified(),
            Scenario::new(|| scenario(fixed_cancelled)),
        ),
        Variant::new(
            "fixed-semaphore",
            "the library's semaphore, whose permits are guards",
            Declared::verified().unjudged_by_loom(LOOM_DOUBTS),
            Scenario::new(|| scenario(fixed_semaphore)),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab47_semaphore_permit_leak.rs"),
};
