//! The scenarios of what has no locks: the work-stealing deque.
//!
//! The slots are cells that an engine checks for races: an item that is read while it is written, or before, is one.

use racecourse::lockfree::{Stealer, Worker};
use racecourse::thread;

pub(crate) const ALL: &[super::Named] = &[
    (
        "deque_pop_against_steal_of_last",
        deque_pop_against_steal_of_last,
    ),
    ("deque_pop_against_two_steals", deque_pop_against_two_steals),
    ("deque_two_pops_against_steal", deque_two_pops_against_steal),
    ("deque_two_thieves", deque_two_thieves),
    ("deque_push_against_steal", deque_push_against_steal),
    (
        "deque_pushes_and_pop_against_steal",
        deque_pushes_and_pop_against_steal,
    ),
    ("deque_wraps_against_steal", deque_wraps_against_steal),
    ("deque_grows_against_steal", deque_grows_against_steal),
    (
        "deque_grows_and_wraps_against_steal",
        deque_grows_and_wraps_against_steal,
    ),
    ("deque_drops_what_is_left", deque_drops_what_is_left),
];

// ---- deque ----------------------------------------------------------------------------------

/// A deque with these items.
fn deque(capacity: usize, items: &[u32]) -> Worker<u32> {
    let worker = Worker::with_capacity(capacity);
    for item in items {
        worker.push(*item);
    }
    worker
}

fn steal(stealer: &Stealer<u32>) -> Option<u32> {
    stealer.steal().success()
}

/// Each of these items was taken by one, or is left.
fn each_once(worker: &Worker<u32>, taken: &[Option<u32>], expected: &[u32]) {
    let mut all: Vec<u32> = taken.iter().copied().flatten().collect();
    while let Some(item) = worker.pop() {
        all.push(item);
    }
    all.sort_unstable();
    assert_eq!(all, expected);
    assert!(worker.is_empty());
}

/// Owner and thief want the same item: one gets it.
pub fn deque_pop_against_steal_of_last() {
    let worker = deque(1, &[1]);
    let stealer = worker.stealer();
    let thief = thread::spawn(move || steal(&stealer));
    let mine = worker.pop();
    let stolen = thief.join().unwrap();
    assert_eq!(mine.is_some(), stolen.is_none());
    each_once(&worker, &[mine, stolen], &[1]);
}

/// Two items: a thief who steals both meets the owner at the second.
pub fn deque_pop_against_two_steals() {
    let worker = deque(2, &[1, 2]);
    let stealer = worker.stealer();
    let thief = thread::spawn(move || [steal(&stealer), steal(&stealer)]);
    let mine = worker.pop();
    let [first, second] = thief.join().unwrap();
    assert!(first.is_none_or(|item| item == 1) && mine.is_none_or(|item| item == 2));
    each_once(&worker, &[mine, first, second], &[1, 2]);
}

/// Two items: an owner who pops both meets the thief at the second.
pub fn deque_two_pops_against_steal() {
    let worker = deque(2, &[1, 2]);
    let stealer = worker.stealer();
    let thief = thread::spawn(move || steal(&stealer));
    let mine = [worker.pop(), worker.pop()];
    let stolen = thief.join().unwrap();
    assert_eq!(mine[0], Some(2));
    each_once(&worker, &[mine[0], mine[1], stolen], &[1, 2]);
}

/// Two thieves and the owner, two items.
pub fn deque_two_thieves() {
    let worker = deque(2, &[1, 2]);
    let thieves = [(), ()].map(|()| {
        let stealer = worker.stealer();
        thread::spawn(move || steal(&stealer))
    });
    let mine = worker.pop();
    let [first, second] = thieves.map(|thief| thief.join().unwrap());
    each_once(&worker, &[mine, first, second], &[1, 2]);
}

/// What was done to an item before the push is seen by the thief.
pub fn deque_push_against_steal() {
    let worker = deque(1, &[]);
    let stealer = worker.stealer();
    let thief = thread::spawn(move || steal(&stealer));
    worker.push(1);
    let mine = worker.pop();
    let stolen = thief.join().unwrap();
    assert_eq!(mine.is_some(), stolen.is_none());
    each_once(&worker, &[mine, stolen], &[1]);
}

/// The thief may learn of the first item by the owner's taking the second one back.
pub fn deque_pushes_and_pop_against_steal() {
    let worker = deque(2, &[]);
    let stealer = worker.stealer();
    let thief = thread::spawn(move || steal(&stealer));
    worker.push(1);
    worker.push(2);
    let mine = worker.pop();
    let stolen = thief.join().unwrap();
    assert!(stolen.is_none_or(|item| item == 1) && mine == Some(2));
    each_once(&worker, &[mine, stolen], &[1, 2]);
}

/// The owner comes round to the slot from which the thief has just taken, or is about to.
pub fn deque_wraps_against_steal() {
    let worker = deque(2, &[1, 2]);
    let stealer = worker.stealer();
    let thief = thread::spawn(move || steal(&stealer));
    let mine = worker.pop();
    worker.push(3);
    worker.push(4);
    let stolen = thief.join().unwrap();
    assert_eq!(mine, Some(2));
    each_once(&worker, &[mine, stolen], &[1, 2, 3, 4]);
}

/// The buffer is replaced while a thief takes from it.
pub fn deque_grows_against_steal() {
    let worker = deque(1, &[1]);
    let stealer = worker.stealer();
    let thief = thread::spawn(move || [steal(&stealer), steal(&stealer)]);
    worker.push(2);
    let [first, second] = thief.join().unwrap();
    each_once(&worker, &[first, second], &[1, 2]);
}

/// The buffer is replaced, and the owner comes round to a slot whose item was taken from the old buffer.
pub fn deque_grows_and_wraps_against_steal() {
    let worker = deque(1, &[1]);
    let stealer = worker.stealer();
    let thief = thread::spawn(move || steal(&stealer));
    worker.push(2);
    worker.push(3);
    worker.push(4);
    let stolen = thief.join().unwrap();
    each_once(&worker, &[stolen], &[1, 2, 3, 4]);
}

/// What nobody took goes with the deque, whoever lets go of it last.
pub fn deque_drops_what_is_left() {
    let worker = Worker::with_capacity(1);
    let item = std::sync::Arc::new(());
    worker.push(std::sync::Arc::clone(&item));
    worker.push(std::sync::Arc::clone(&item));
    let stealer = worker.stealer();
    let thief = thread::spawn(move || drop(stealer.steal()));
    drop(worker);
    thief.join().unwrap();
    assert_eq!(std::sync::Arc::strong_count(&item), 1);
}
