//! Wrong fixes of lab 35, nested-join.

use super::*;
use crate::labs::form::WrongFixes;

/// The image goes to the head of the queue.
fn wrong_to_the_front(pool: &Pool, page: usize) {
    let mut desk = pool.desk.lock().unwrap();
    desk.tasks.push_front((load, page));
    pool.came.notify_one();
    while !desk.loaded[page] {
        desk = pool.loaded.wait(desk).unwrap(); // <- fails here: wrong-to-the-front
    }
    pool.finish(&mut desk, page);
}

/// Rings once more, without the lock, in case that nobody heard.
fn wrong_ring_again(pool: &Pool, page: usize) {
    pool.submit(&mut pool.desk.lock().unwrap(), (load, page));
    pool.came.notify_all();
    let mut desk = pool.desk.lock().unwrap();
    while !desk.loaded[page] {
        desk = pool.loaded.wait(desk).unwrap(); // <- fails here: wrong-ring-again
    }
    pool.finish(&mut desk, page);
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-to-the-front",
            "the image at the head of the queue",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(wrong_to_the_front)),
        )
        .because(
            "Who comes next takes the image first, and nobody comes: both workers are in a page. It is workers that are missing, \
             not places in the queue.",
        ),
        Variant::new(
            "wrong-ring-again",
            "announces the image a second time",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(wrong_ring_again)),
        )
        .because(
            "No notification was lost: there is nobody who could follow it. It looks like a lost wakeup (lab 28), with a waiter \
             on a condition variable, and is a lack of workers.",
        ),
    ],
);
