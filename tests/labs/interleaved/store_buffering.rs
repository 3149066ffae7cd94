//! The steps of lab `store-buffering`.

use super::*;

/// Threads 0 and 1 are left and right; 2 and 3 are their store buffers.
#[derive(Clone, Default)]
struct Door {
    flag: [bool; 2],
    buffered: [bool; 2],
    enters: [bool; 2],
}

fn store(door: &mut Door, me: usize) -> Step {
    door.flag[me] = true;
    Step::Next
}

fn store_to_buffer(door: &mut Door, me: usize) -> Step {
    door.buffered[me] = true;
    Step::Next
}

fn drain(door: &mut Door, buffer: usize) -> Step {
    let me = buffer - 2;
    if !door.buffered[me] {
        return Step::Blocked;
    }
    door.buffered[me] = false;
    door.flag[me] = true;
    Step::End
}

fn fence(door: &mut Door, me: usize) -> Step {
    if door.buffered[me] {
        Step::Blocked
    } else {
        Step::Next
    }
}

fn load(door: &mut Door, me: usize) -> Step {
    door.enters[me] = !door.flag[1 - me];
    Step::Next
}

fn sequential() -> Program<Door> {
    Program {
        start: Door::default(),
        threads: vec![vec![store, load]; 2],
    }
}

fn buffered(enter: &[Action<Door>]) -> Program<Door> {
    let mut threads = vec![enter.to_vec(), enter.to_vec()];
    threads.extend([vec![drain as Action<Door>], vec![drain]]);
    Program {
        start: Door::default(),
        threads,
    }
}

fn inside(end: &Execution<Door>) -> String {
    let inside = match end.state.enters {
        [true, true] => "both",
        [true, false] => "left",
        [false, true] => "right",
        [false, false] => "neither",
    };
    inside.into()
}

#[test]
fn no_interleaving_shows_the_bug() {
    assert_eq!(sequential().find(|end| inside(end) != "both"), None);
    assert!(!sequential().all(inside).contains("both"));
}

#[test]
fn with_store_buffers_proptest_finds_and_shrinks_it() {
    let bug = buffered(&[store_to_buffer, load]);
    let schedule = bug.find(|end| inside(end) != "both").expect("found");
    assert!(
        schedule.is_empty(),
        "nothing but delay is needed: {schedule:?}"
    );
    assert_eq!(bug.all(inside), declared("store-buffering", "buggy"));
}

#[test]
fn a_fence_that_waits_for_the_buffer_excludes_it() {
    let fixed = buffered(&[store_to_buffer, fence, load]);
    assert_eq!(fixed.find(|end| inside(end) != "both"), None);
    assert_eq!(fixed.all(inside), declared("store-buffering", "fixed"));
}
