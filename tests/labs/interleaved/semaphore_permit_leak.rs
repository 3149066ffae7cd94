//! The steps of lab `semaphore-permit-leak`. How an early question ends, by a panic or a cancellation, is the same step:
//! nothing of its own comes after it.

use super::*;

/// Thread 0 is main, who starts the database and asks it; thread 1 asks early, it may be too early.
#[derive(Clone)]
struct Database {
    up: bool,
    free: u32,
    lock: Lock,
    back: Bell,
}

fn lock(database: &mut Database, me: usize) -> Step {
    database.lock.take(me)
}

fn unlock(database: &mut Database, me: usize) -> Step {
    database.lock.free(me);
    Step::Next
}

fn start(database: &mut Database, _: usize) -> Step {
    database.up = true;
    Step::Next
}

fn pass(_: &mut Database, _: usize) -> Step {
    Step::Next
}

fn take_or_sleep(database: &mut Database, me: usize) -> Step {
    if database.free > 0 {
        database.free -= 1;
        database.lock.free(me);
        return Step::Goto(4);
    }
    database.back.sleep(&mut database.lock, me);
    Step::Next
}

fn wake_and_look_again(database: &mut Database, me: usize) -> Step {
    match database.back.wake(&mut database.lock, me) {
        Step::Next => Step::Goto(2),
        blocked => blocked,
    }
}

fn ask_or_be_gone(database: &mut Database, _: usize) -> Step {
    if database.up { Step::Next } else { Step::End }
}

fn give_back(database: &mut Database, _: usize) -> Step {
    database.free += 1;
    Step::Next
}

fn ring(database: &mut Database, _: usize) -> Step {
    database.back.ring();
    Step::Next
}

/// Whatever becomes of the question, `ask` is followed by what gives the permit back, unless it ends the thread.
fn program(ask: Action<Database>) -> Program<Database> {
    let question = |first| -> Vec<Action<Database>> {
        vec![
            first,
            lock,
            take_or_sleep,
            wake_and_look_again,
            ask,
            lock,
            give_back,
            unlock,
            ring,
        ]
    };
    Program {
        start: Database {
            up: false,
            free: 1,
            lock: Lock::default(),
            back: Bell::default(),
        },
        threads: vec![question(start), question(pass)],
    }
}

#[test]
fn the_bug_is_found_and_shrunk() {
    let bug = program(ask_or_be_gone);
    let schedule = bug.find(done).expect("found");
    // The early question has the permit, and asks; then main starts the database, and wants the permit.
    assert_eq!(schedule, [1, 1, 1, 1]);
    let end = bug.run(&schedule);
    assert_eq!((end.ended, end.state.free), (Ended::Stuck, 0));
}

#[test]
fn with_the_fix_both_end_and_the_permit_is_back() {
    let ends = program(pass).all(|end| (end.ended, end.state.free));
    assert_eq!(ends, BTreeSet::from([(Ended::AllDone, 1)]));
}
