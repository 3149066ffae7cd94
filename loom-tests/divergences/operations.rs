//! The programs of the table that are loads, stores, read-modify-writes and fences.

use std::sync::atomic::{Ordering, Ordering::*};

use crate::enumerate::{Op, Program};

const X: usize = 0;
const Y: usize = 1;

fn load(x: usize, order: Ordering) -> Op {
    Op::Load { x, order }
}

fn store(x: usize, value: u64, order: Ordering) -> Op {
    Op::Store { x, value, order }
}

fn swap(x: usize, value: u64) -> Op {
    Op::Swap {
        x,
        value,
        order: Relaxed,
    }
}

fn exchange(x: usize, expected: u64, new: u64) -> Op {
    Op::Exchange {
        x,
        expected,
        new,
        success: Relaxed,
        failure: Relaxed,
    }
}

fn program<const N: usize>(atomics: usize, threads: [&[Op]; N]) -> Program {
    Program {
        atomics,
        threads: threads.into_iter().map(<[Op]>::to_vec).collect(),
    }
}

/// Each thread raises its flag, then looks at the other's.
pub(crate) fn store_buffering() -> Program {
    program(
        2,
        [
            &[store(X, 1, SeqCst), load(Y, SeqCst)],
            &[store(Y, 1, SeqCst), load(X, SeqCst)],
        ],
    )
}

/// Two readers see two writes in opposite orders.
pub(crate) fn independent_reads() -> Program {
    program(
        2,
        [
            &[store(X, 1, SeqCst)],
            &[store(Y, 1, SeqCst)],
            &[load(X, SeqCst), load(Y, SeqCst)],
            &[load(Y, SeqCst), load(X, SeqCst)],
        ],
    )
}

/// A thread looks before it stores.
pub(crate) fn load_then_store() -> Program {
    program(
        1,
        [
            &[load(X, Relaxed)],
            &[load(X, Relaxed), store(X, 1, Relaxed)],
        ],
    )
}

/// The writer of a key and a value looks at the key for no reason.
pub(crate) fn redundant_load() -> Program {
    program(
        2,
        [
            &[],
            &[
                store(X, 1, SeqCst),
                store(Y, 1, SeqCst),
                store(Y, 2, SeqCst),
                load(X, SeqCst),
                store(X, 2, SeqCst),
            ],
            &[load(Y, SeqCst), load(X, SeqCst)],
        ],
    )
}

/// A thread looks again after a yield; it may still see what it saw.
pub(crate) fn look_again() -> Program {
    program(
        2,
        [
            &[
                load(X, Relaxed),
                Op::Yield,
                load(Y, Relaxed),
                load(X, Relaxed),
            ],
            &[store(X, 1, Relaxed), store(Y, 1, Relaxed)],
        ],
    )
}

/// A store gets in between the two halves of a swap.
pub(crate) fn swap_and_store() -> Program {
    program(1, [&[swap(X, 2)], &[store(X, 1, Relaxed)]])
}

/// A thread's first store outlives its second.
pub(crate) fn lost_order() -> Program {
    program(
        1,
        [
            &[store(X, 1, Relaxed), load(X, Relaxed)],
            &[store(X, 2, Relaxed), store(X, 3, Relaxed)],
        ],
    )
}

/// Each thread hands on what it read.
pub(crate) fn load_buffering() -> Program {
    program(
        2,
        [
            &[load(X, Relaxed), store(Y, 1, Relaxed)],
            &[load(Y, Relaxed), store(X, 1, Relaxed)],
        ],
    )
}

/// Seven stores, and a reader that has seen none of them.
pub(crate) fn seven_stores() -> Program {
    program(
        2,
        [
            &[load(Y, Relaxed), load(X, Relaxed)],
            &[
                store(X, 1, Relaxed),
                store(X, 2, Relaxed),
                store(X, 3, Relaxed),
                store(X, 4, Relaxed),
                store(X, 5, Relaxed),
                store(X, 6, Relaxed),
                store(X, 7, Relaxed),
                store(Y, 1, Relaxed),
            ],
        ],
    )
}

/// The flag is seen before the data, by a swap of the data.
pub(crate) fn swap_after_a_relaxed_flag() -> Program {
    program(
        2,
        [
            &[load(Y, Relaxed), swap(X, 2)],
            &[store(X, 1, Relaxed), store(Y, 1, Relaxed)],
        ],
    )
}

/// The same, by a compare-exchange that may fail because of an old value.
pub(crate) fn failed_exchange() -> Program {
    program(
        2,
        [
            &[load(Y, Relaxed), exchange(X, 1, 2)],
            &[store(X, 1, Relaxed), store(Y, 1, Relaxed)],
        ],
    )
}

/// Store buffering, where what looks is a swap.
pub(crate) fn swaps_that_look() -> Program {
    program(
        2,
        [
            &[store(X, 1, Relaxed), swap(Y, 2)],
            &[store(Y, 1, Relaxed), swap(X, 2)],
        ],
    )
}

/// The first thread's fence comes after its last store: so it may be the later one of the two.
pub(crate) fn fence_behind_a_flag() -> Program {
    program(
        2,
        [
            &[load(Y, Relaxed), Op::Fence(SeqCst), load(X, Relaxed)],
            &[
                store(X, 1, Relaxed),
                store(Y, 1, Relaxed),
                Op::Fence(SeqCst),
            ],
        ],
    )
}

/// The fences know of each other through a third thread, and only through relaxed accesses.
pub(crate) fn fences_round_a_corner() -> Program {
    program(
        3,
        [
            &[load(2, Relaxed), Op::Fence(SeqCst), load(X, Relaxed)],
            &[
                store(X, 1, Relaxed),
                Op::Fence(SeqCst),
                store(Y, 1, Relaxed),
            ],
            &[load(Y, Relaxed), store(2, 1, Relaxed)],
        ],
    )
}
