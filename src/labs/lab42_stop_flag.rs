//! Lab 42, **stop-flag**: the server that does not hear `qqq`, or answers after it.
//!
//! The lecture's database server works through requests until somebody types `qqq`. Then it must stop, whatever it is
//! doing: promptly if it sleeps, and without a further answer if it is busy. Two ways to get it wrong, and both look
//! right: a flag beside the lock, which the sleeping server misses; and a flag that is read before the work and not
//! after it.
//!
//! | After the stop | | How |
//! |---|---|---|
//! | the server ends, no further answer | allowed | state and answers change in one place, under one lock |
//! | the server sleeps for ever | forbidden | flag and bell came between its look and its sleep |
//! | one more answer | forbidden | it looked, then worked, then answered on what it had seen |

mod wrong;

use super::form::{Lab, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::atomic::{AtomicBool, Ordering::*};
use crate::sync::{Condvar, Mutex};
use crate::thread;

/// The server: its desk, the bell that says that the desk has changed, and (buggy only) a flag beside them.
#[derive(Debug, Default)]
pub struct Server {
    desk: Mutex<Desk>,
    bell: Condvar,
    flag: AtomicBool,
}

/// What the server works on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Desk {
    /// Requests that nobody has begun.
    pub waiting: u32,
    /// Answers given.
    pub answers: u32,
    /// Whether a stop was asked for.
    pub stopping: bool,
}

/// The bug: the flag is beside the lock, so the stop can come between the server's look and its sleep.
pub mod buggy {
    use super::*;

    /// Answers until stopped.
    pub fn serve(server: &Server) {
        let mut desk = server.desk.lock().unwrap();
        while !server.flag.load(Acquire) {
            if desk.waiting > 0 {
                desk.waiting -= 1;
                desk.answers += 1;
            } else {
                desk = server.bell.wait(desk).unwrap(); // <- fails here: buggy, wrong-past-the-desk
            }
        }
    }

    /// Asks the server to stop.
    pub fn stop(server: &Server) {
        server.flag.store(true, Release);
        server.bell.notify_one();
    }
}

/// Another bug: nothing is missed, but what was seen before the work is old when the answer is given.
pub mod buggy_late {
    use super::*;

    /// Answers until stopped.
    pub fn serve(server: &Server) {
        while super::take(server) {
            // Twelve seconds of work, the lock is free.
            server.desk.lock().unwrap().answers += 1;
        }
    }

    pub use super::fixed::stop;
}

/// The fix: one state under one lock, and the server, who alone answers, looks at it when it answers.
pub mod fixed {
    use super::*;

    /// Answers until stopped.
    pub fn serve(server: &Server) {
        while super::take(server) {
            // Twelve seconds of work, the lock is free.
            let mut desk = server.desk.lock().unwrap();
            if !desk.stopping {
                desk.answers += 1;
            }
        }
    }

    /// Asks the server to stop.
    pub fn stop(server: &Server) {
        server.desk.lock().unwrap().stopping = true;
        server.bell.notify_one();
    }
}

/// Takes a request from the desk, and waits for one if there is none. `false`: stopped.
fn take(server: &Server) -> bool {
    let idle = |desk: &mut Desk| desk.waiting == 0 && !desk.stopping;
    let desk = server.desk.lock().unwrap();
    let mut desk = server.bell.wait_while(desk, idle).unwrap();
    if !desk.stopping {
        desk.waiting -= 1;
    }
    !desk.stopping
}

impl Server {
    /// Puts a request on the desk.
    pub fn ask(&self) {
        self.desk.lock().unwrap().waiting += 1;
        self.bell.notify_one();
    }

    /// What is on the desk now.
    pub fn desk(&self) -> Desk {
        *self.desk.lock().unwrap()
    }
}

/// A request, then a stop. The invariant: the server ends, and gives no answer after the stop.
fn scenario(serve: fn(&Server), stop: fn(&Server)) {
    let request = Desk {
        waiting: 1,
        ..Desk::default()
    };
    let server = Server {
        desk: Mutex::new(request),
        ..Server::default()
    };
    name(&server.desk, "desk");
    name(&server.bell, "bell");
    name(&server.flag, "flag");
    let at_stop = thread::scope(|s| {
        let user = s.spawn(|| {
            stop(&server);
            server.desk().answers
        });
        serve(&server);
        user.join().unwrap()
    });
    let late = server.desk().answers - at_stop;
    assert!(late == 0, "answers after the stop: {late}"); // <- fails here: buggy-late, wrong-second-look
}

pub(super) static LAB: Lab = Lab {
    number: 42,
    slug: "stop-flag",
    title: "The server that does not hear qqq, or answers after it",
    room: room::LIVENESS,
    minutes: 20,
    references: &[
        cited::CWE_362,
        cited::LU_ATOMICITY,
        cited::LU_ORDER,
        cited::QIN_CONDVAR,
        cited::of(
            cited::ReferenceKind::Issue,
            "zeek/zeek #761",
            "https://github.com/zeek/zeek/pull/761",
        ),
    ],
    lesson: include_str!("lessons/42.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "a flag beside the lock: the stop is missed",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(buggy::serve, buggy::stop)),
        ),
        Variant::new(
            "buggy-late",
            "the state is not looked at again: an answer after the stop",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(buggy_late::serve, buggy_late::stop)),
        ),
        Variant::new(
            "fixed",
            "one state under one lock, looked at when answering",
            Declared::verified(),
            Scenario::new(|| scenario(fixed::serve, fixed::stop)),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab42_stop_flag.rs"),
};
