//! Wrong fixes of lab 28, lost-wakeup.

use super::*;
use crate::labs::form::WrongFixes;

/// Wakes all, not only one.
fn wrong_notify_all(signal: &Signal) {
    *signal.done.lock().unwrap() = true;
    signal.bell.notify_all();
}

/// Rings under a lock: that of the flag.
fn wrong_flags_lock(signal: &Signal) {
    let mut done = signal.done.lock().unwrap();
    *done = true;
    signal.bell.notify_one();
}

/// Goes through the door first.
fn wrong_door_too_early(signal: &Signal) {
    drop(signal.door.lock().unwrap());
    *signal.done.lock().unwrap() = true;
    signal.bell.notify_one();
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-notify-all",
            "notify_all in place of notify_one",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(wrong_notify_all)),
        )
        .because(
            "All who sleep are woken, and none does: the one that it was meant for is still closing the door. The question is \
             when the bell rings, not for how many.",
        ),
        Variant::new(
            "wrong-flags-lock",
            "notifies under the lock of the flag",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(wrong_flags_lock)),
        )
        .because(
            "A notification under a lock helps if the waiter holds that lock from its look to its sleep. It holds the door; the \
             lock of the flag it gives back as soon as it has looked.",
        ),
        Variant::new(
            "wrong-door-too-early",
            "takes the waiter's lock before it sets the flag",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(wrong_door_too_early)),
        )
        .because(
            "It is the right lock at the wrong time. After the door was closed again the waiter can look, and see no flag; what \
             comes then, comes without a lock, as before.",
        ),
    ],
);
