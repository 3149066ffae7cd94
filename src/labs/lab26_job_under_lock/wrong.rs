//! Wrong fixes of lab 26, job-under-lock.

use super::*;
use crate::labs::form::WrongFixes;

/// One at the stove at a time; the list is free meanwhile.
fn wrong_one_at_a_time(kitchen: &Kitchen) {
    loop {
        let _alone = kitchen.stove.lock().unwrap();
        let Some(job) = kitchen.next() else { break };
        job(kitchen);
    }
}

/// Takes every order that is there, the oldest first, and lets go of the list.
fn wrong_take_all(kitchen: &Kitchen) {
    loop {
        let jobs = std::mem::take(&mut *kitchen.list.lock().unwrap());
        if jobs.is_empty() {
            break;
        }
        jobs.into_iter().for_each(|job| job(kitchen));
    }
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-one-at-a-time",
            "lets go of the list, and holds another lock for the job",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(wrong_one_at_a_time)),
        )
        .because(
            "The list is free, and nobody may carry out what is on it. It never was the list that mattered, but that a job which \
             waits is run under a lock which the other one needs.",
        ),
        Variant::new(
            "wrong-take-all",
            "takes the whole list at once",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(wrong_take_all)),
        )
        .because(
            "No lock is held, but whoever took both orders has them one behind the other, and the first waits for the second. \
             Nobody else can reach that one any more.",
        ),
    ],
);
