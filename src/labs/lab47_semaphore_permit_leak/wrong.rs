//! Wrong fixes of lab 47, semaphore-permit-leak.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use super::*;
use crate::labs::form::WrongFixes;

/// A guard owns the permit, and the old line has stayed.
fn wrong_both(database: &Database) {
    let _permit = database.permit();
    database.ask();
    database.give_back();
}

/// Who fails asks once more before it fails.
fn wrong_again(database: &Database) {
    database.take_permit();
    if catch_unwind(AssertUnwindSafe(|| database.ask())).is_err() {
        database.ask();
    }
    database.give_back();
}

/// Who waits for too long takes the permit for lost, and does without.
fn wrong_timeout(database: &Database) {
    let mut free = database.free.lock().unwrap();
    let mut patient = true;
    while *free == 0 && patient {
        let wait = database.back.wait_timeout(free, Duration::from_secs(1));
        let (guard, end) = wait.unwrap();
        (free, patient) = (guard, !end.timed_out());
    }
    *free = free.saturating_sub(1);
    drop(free);
    let _permit = Permit(database);
    database.ask();
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-both",
            "a guard owns the permit, and it is given back by hand, too",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(wrong_both)),
        )
        .because(
            "Given back twice, one permit becomes two: the next two questions share one connection. A permit must have exactly one owner.",
        ),
        Variant::new(
            "wrong-again",
            "a question that fails is asked a second time",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(wrong_again)),
        )
        .because(
            "The second question may come too early as well. Only how often the permit is lost has changed.",
        ),
        Variant::new(
            "wrong-timeout",
            "who waits for a second goes on without the permit",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(wrong_timeout)),
        )
        .because(
            "A timeout cannot tell a lost permit from one that is in use. Here none was lost, and now there are two.",
        ),
    ],
);
