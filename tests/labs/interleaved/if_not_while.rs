//! The steps of lab `if-not-while`.

use super::*;

/// Threads 0 and 1 buy, thread 2 bakes.
#[derive(Clone, Default)]
struct Bakery {
    loaves: u32,
    shelf: Lock,
    bell: Bell,
    nothing: u32,
}

fn lock(bakery: &mut Bakery, me: usize) -> Step {
    bakery.shelf.take(me)
}

fn unlock(bakery: &mut Bakery, me: usize) -> Step {
    bakery.shelf.free(me);
    Step::Next
}

fn sleep_if_empty(bakery: &mut Bakery, me: usize) -> Step {
    if bakery.loaves > 0 {
        return Step::Goto(3);
    }
    bakery.bell.sleep(&mut bakery.shelf, me);
    Step::Next
}

fn wake(bakery: &mut Bakery, me: usize) -> Step {
    bakery.bell.wake(&mut bakery.shelf, me)
}

fn wake_and_ask_again(bakery: &mut Bakery, me: usize) -> Step {
    match wake(bakery, me) {
        Step::Next => Step::Goto(1),
        blocked => blocked,
    }
}

fn buy(bakery: &mut Bakery, _: usize) -> Step {
    if bakery.loaves == 0 {
        bakery.nothing += 1;
    } else {
        bakery.loaves -= 1;
    }
    Step::Next
}

fn put(bakery: &mut Bakery, _: usize) -> Step {
    bakery.loaves += 1;
    Step::Next
}

fn ring(bakery: &mut Bakery, _: usize) -> Step {
    bakery.bell.ring();
    Step::Next
}

fn program(wake: Action<Bakery>) -> Program<Bakery> {
    let buy: Vec<Action<Bakery>> = vec![lock, sleep_if_empty, wake, buy, unlock];
    let bake: [Action<Bakery>; 4] = [lock, put, ring, unlock];
    Program {
        start: Bakery::default(),
        threads: vec![buy.clone(), buy, bake.repeat(2)],
    }
}

#[test]
fn the_bug_is_found_and_shrunk_to_a_stolen_wakeup() {
    let bug = program(wake);
    let schedule = bug.find(|end| end.state.nothing == 0).expect("found");
    let end = bug.run(&schedule);
    assert_eq!(
        (end.state.nothing, end.state.loaves),
        (1, 1),
        "one loaf stays on the shelf"
    );
    // The second customer sleeps; the baker wakes her; the first comes in before she has the lock.
    assert_eq!(schedule, [1, 0, 1]);
}

#[test]
fn the_fix_sends_nobody_home_without_bread() {
    let ends = program(wake_and_ask_again).all(|end| (end.ended, end.state.nothing));
    assert_eq!(ends, BTreeSet::from([(Ended::AllDone, 0)]));
}
