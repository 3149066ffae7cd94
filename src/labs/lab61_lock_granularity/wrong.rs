//! Wrong fixes of lab 61, lock-granularity: finer still, and wrong.

use crate::check::{FailureKind, name};
use crate::labs::form::{Variant, WrongFixes};
use crate::labs::{Declared, Scenario};
use crate::sync::Mutex;
use crate::thread;

/// Two shards of a table. Visits are moved from one page to another, and counted; there are always 100.
type Shards = [Mutex<u32>; 2];

/// Locks both, the first one first.
fn moves(shards: &Shards) {
    let [mut from, mut to] = [0, 1].map(|shard| shards[shard].lock().unwrap());
    *from -= 10;
    *to += 10;
}

/// Locks both, the first one first.
fn sums(shards: &Shards) -> u32 {
    let all = [0, 1].map(|shard| shards[shard].lock().unwrap()); // <- fails here: wrong-own-order
    all.iter().map(|shard| **shard).sum()
}

/// Sums one shard after the other, each under its own lock.
fn wrong_one_by_one(shards: &Shards) -> u32 {
    shards.iter().map(|shard| *shard.lock().unwrap()).sum()
}

/// Moves in two steps, each under the lock that it needs.
fn wrong_two_steps(shards: &Shards) {
    *shards[0].lock().unwrap() -= 10;
    *shards[1].lock().unwrap() += 10;
}

/// Locks both for the move, and in the order in which the move names them: here from 1 to 0, and back.
fn wrong_own_order(shards: &Shards) {
    for [from, to] in [[1, 0], [0, 1]] {
        let mut from = shards[from].lock().unwrap();
        let mut to = shards[to].lock().unwrap();
        *from -= 10;
        *to += 10;
    }
}

/// Visits are moved while they are counted. The invariant: there are as many as ever.
fn count_meanwhile(moves: fn(&Shards), sums: fn(&Shards) -> u32) {
    let shards: Shards = [Mutex::new(50), Mutex::new(50)];
    name(&shards[0], "shard 0");
    name(&shards[1], "shard 1");
    let sum = thread::scope(|s| {
        s.spawn(|| moves(&shards));
        sums(&shards)
    });
    assert_eq!(sum, 100, "visits came or went"); // <- fails here: wrong-one-by-one, wrong-two-steps
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-one-by-one",
            "shards are summed one by one",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| count_meanwhile(moves, wrong_one_by_one)),
        )
        .because(
            "Each number was right when it was read, and they were not right together: a move came between, and was seen half or twice. A \
             sum over all needs all the locks, or has to be called an estimate.",
        ),
        Variant::new(
            "wrong-two-steps",
            "a move locks one shard at a time",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| count_meanwhile(wrong_two_steps, sums)),
        )
        .because(
            "Between the two steps the visits are in neither shard. What the one big lock gave for nothing, that a move is one step, is lost.",
        ),
        Variant::new(
            "wrong-own-order",
            "a move locks both, from and then to",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| count_meanwhile(wrong_own_order, sums)),
        )
        .because(
            "With more than one lock there is an order to keep: lab 22, abba. All have to lock the shards from the first to the last.",
        ),
    ],
);
