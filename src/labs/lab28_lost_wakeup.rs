//! Lab 28, **lost-wakeup**: the bell rings while the sleeper is closing the door.
//!
//! One thread waits on a condition variable until the work is done. Another sets the flag and notifies. The flag has a
//! lock of its own, and every access to it is under that lock. But a condition variable remembers nothing: a notification
//! that finds nobody asleep is gone. So the moment between "not done yet" and "asleep" must be closed to the notifier.
//! That is what the lock beside the condition variable is for, and only if the notifier takes it, too.
//!
//! | The waiter | | How |
//! |---|---|---|
//! | returns | allowed | it saw the flag, or was asleep when the bell rang |
//! | sleeps for ever | forbidden | flag and bell both came between its look and its sleep |

mod wrong;

use super::form::{Lab, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::{Condvar, Mutex};
use crate::thread;

/// The flag, under its own lock; the bell; and the door, which is held from the look to the sleep.
#[derive(Debug, Default)]
pub struct Signal {
    done: Mutex<bool>,
    door: Mutex<()>,
    bell: Condvar,
}

/// The bug: the bell rings outside the door, so it can ring between the waiter's look and its sleep.
pub fn buggy(signal: &Signal) {
    *signal.done.lock().unwrap() = true;
    signal.bell.notify_one();
}

/// The fix: notify under the lock. Who looked before has let go of the door only by falling asleep.
pub fn fixed(signal: &Signal) {
    *signal.done.lock().unwrap() = true;
    let _door = signal.door.lock().unwrap();
    signal.bell.notify_one();
}

/// As good: change the flag under the lock, and notify behind it. The look is then before the change, or sees it.
pub fn fixed_flag(signal: &Signal) {
    let door = signal.door.lock().unwrap();
    *signal.done.lock().unwrap() = true;
    drop(door);
    signal.bell.notify_one();
}

/// Returns once the work is done. The same for every variant.
pub fn wait(signal: &Signal) {
    let mut door = signal.door.lock().unwrap();
    while !*signal.done.lock().unwrap() {
        door = signal.bell.wait(door).unwrap(); // <- fails here
    }
}

/// One waits, one announces. The invariant: the waiter returns.
fn scenario(announce: fn(&Signal)) {
    let signal = Signal::default();
    name(&signal.done, "done");
    name(&signal.door, "door");
    name(&signal.bell, "bell");
    thread::scope(|s| {
        s.spawn(|| announce(&signal));
        wait(&signal);
    });
}

pub(super) static LAB: Lab = Lab {
    number: 28,
    slug: "lost-wakeup",
    title: "The bell rings while the sleeper is closing the door",
    room: room::BLOCKING,
    minutes: 20,
    references: &[
        cited::CWE_833,
        cited::LU_ORDER,
        cited::QIN_CONDVAR,
        cited::of(
            cited::ReferenceKind::Issue,
            "qdrant/qdrant #8847",
            "https://github.com/qdrant/qdrant/pull/8847",
        ),
    ],
    lesson: include_str!("lessons/28.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "flag and notification outside the waiter's lock",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(buggy)),
        ),
        Variant::new(
            "fixed",
            "the notification under the waiter's lock",
            Declared::verified(),
            Scenario::new(|| scenario(fixed)),
        ),
        Variant::new(
            "fixed-flag",
            "the flag under the waiter's lock",
            Declared::verified(),
            Scenario::new(|| scenario(fixed_flag)),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab28_lost_wakeup.rs"),
};
