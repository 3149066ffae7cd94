//! The steps of lab `lost-wakeup`.

use super::*;

#[derive(Clone, Default)]
struct Signal {
    done: bool,
    door: Lock,
    bell: Bell,
}

fn lock(signal: &mut Signal, me: usize) -> Step {
    signal.door.take(me)
}

fn unlock(signal: &mut Signal, me: usize) -> Step {
    signal.door.free(me);
    Step::Next
}

fn look(signal: &mut Signal, _: usize) -> Step {
    if signal.done { Step::End } else { Step::Next }
}

fn sleep(signal: &mut Signal, me: usize) -> Step {
    signal.bell.sleep(&mut signal.door, me);
    Step::Next
}

fn wake(signal: &mut Signal, me: usize) -> Step {
    match signal.bell.wake(&mut signal.door, me) {
        Step::Next => Step::Goto(1),
        blocked => blocked,
    }
}

fn set(signal: &mut Signal, _: usize) -> Step {
    signal.done = true;
    Step::Next
}

fn ring(signal: &mut Signal, _: usize) -> Step {
    signal.bell.ring();
    Step::Next
}

/// `look` ends the waiter with the lock in its hand, so a notifier that needs it would be stuck: free it first.
fn look_and_unlock(signal: &mut Signal, me: usize) -> Step {
    let then = look(signal, me);
    if let Step::End = then {
        signal.door.free(me);
    }
    then
}

fn program(announce: &[Action<Signal>]) -> Program<Signal> {
    Program {
        start: Signal::default(),
        threads: vec![vec![lock, look_and_unlock, sleep, wake], announce.to_vec()],
    }
}

#[test]
fn the_bug_is_found_and_shrunk_to_the_gap() {
    let bug = program(&[set, ring]);
    let schedule = bug.find(done).expect("found");
    // Two steps of the waiter (lock, look), then both of the notifier.
    assert_eq!(schedule, [0, 0, 1, 1]);
    assert_eq!(bug.run(&schedule).ended, Ended::Stuck);
}

#[test]
fn the_fixes_never_get_stuck() {
    for fix in [[set, lock, ring, unlock], [lock, set, unlock, ring]] {
        let ends = program(&fix).all(|end| end.ended);
        assert_eq!(ends, BTreeSet::from([Ended::AllDone]));
    }
}
