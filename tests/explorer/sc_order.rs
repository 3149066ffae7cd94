//! Where the order of SeqCst comes from: each program is forbidden an outcome by one sort of edge alone.

use std::sync::Arc;
use std::sync::atomic::Ordering::{self, Acquire, Relaxed, Release, SeqCst};

use racecourse::check::{Checker, Engine, Verdict};
use racecourse::sync::atomic::AtomicU64;
use racecourse::thread;

use crate::program::{Op, Program};
use crate::random::judge_lock_free;

const X: usize = 0;
const Y: usize = 1;
const F: usize = 2;

fn load(x: usize, order: Ordering) -> Op {
    Op::Load { x, order }
}

fn store(x: usize, order: Ordering) -> Op {
    Op::Store { x, value: 1, order }
}

#[track_caller]
fn agrees(threads: Vec<Vec<Op>>) {
    let program = Program {
        locations: 3,
        threads,
    };
    assert_eq!(judge_lock_free(&program), Ok(false), "{program}");
}

/// A store before a release, and a fence that acquires from it.
#[test]
fn a_fence_that_acquires_from_what_comes_later() {
    agrees(vec![
        vec![store(X, SeqCst), store(F, Release)],
        vec![load(F, Relaxed), Op::Fence(SeqCst), load(Y, Relaxed)],
        vec![store(Y, SeqCst), load(X, SeqCst)],
    ]);
}

/// A store, and a load that reads it: of one location, so that only happens-before orders them.
#[test]
fn a_load_after_the_store_that_it_reads() {
    agrees(vec![
        vec![store(X, SeqCst)],
        vec![load(X, SeqCst), load(Y, SeqCst)],
        vec![store(Y, SeqCst), Op::Fence(SeqCst), load(X, SeqCst)],
    ]);
    // The same with a fence that has nothing to do with it.
    agrees(vec![
        vec![Op::Fence(SeqCst), store(X, SeqCst)],
        vec![load(X, SeqCst), load(Y, SeqCst)],
        vec![store(Y, SeqCst), load(X, SeqCst)],
    ]);
}

/// A fence, and a read in another thread that happens after it.
#[test]
fn a_read_that_happens_after_a_fence() {
    agrees(vec![
        vec![store(X, Relaxed), Op::Fence(SeqCst), store(F, Release)],
        vec![load(F, Acquire), load(Y, Relaxed)],
        vec![store(Y, SeqCst), load(X, SeqCst)],
    ]);
}

/// Between two fences, a store that happens after the one, and is read before the other.
#[test]
fn a_store_between_fences_is_read() {
    agrees(vec![
        vec![store(X, Relaxed), Op::Fence(SeqCst), store(F, Release)],
        vec![load(F, Acquire), store(Y, Relaxed)],
        vec![load(Y, Relaxed), Op::Fence(SeqCst), load(X, Relaxed)],
    ]);
}

/// A fence, and one that acquires from it: they need no edge of their own.
#[test]
fn fences_in_a_row() {
    for last in [Relaxed, SeqCst] {
        agrees(vec![
            vec![store(X, Relaxed), Op::Fence(SeqCst), store(F, Relaxed)],
            vec![load(F, Relaxed), Op::Fence(SeqCst), load(Y, last)],
            vec![store(Y, Relaxed), Op::Fence(SeqCst), load(X, last)],
        ]);
    }
}

/// A read-modify-write in the place of a read.
#[test]
fn updates_in_order() {
    let add = |x| Op::Add {
        x,
        value: 1,
        order: SeqCst,
    };
    agrees(vec![
        vec![store(X, SeqCst), add(Y)],
        vec![store(Y, SeqCst), add(X)],
    ]);
    agrees(vec![
        vec![store(X, SeqCst), Op::Fence(SeqCst), add(Y), load(F, SeqCst)],
        vec![store(Y, SeqCst), add(X)],
        vec![store(F, SeqCst), add(X)],
    ]);
}

/// That a weak exchange fails for no reason does not let it read what it must not read.
#[test]
fn a_weak_failure_has_its_place() {
    let checker = Checker::new().engine(Engine::Explorer).weak_failures(1);
    let outcomes = checker.outcomes(|| {
        let atomics = Arc::new([AtomicU64::new(0), AtomicU64::new(0)]);
        let other = Arc::clone(&atomics);
        let thread = thread::spawn(move || {
            other[0].store(1, SeqCst);
            other[1].compare_exchange_weak(0, 5, SeqCst, SeqCst)
        });
        atomics[1].store(1, SeqCst);
        let read = atomics[0].load(SeqCst);
        (read, thread.join().unwrap())
    });
    assert_eq!(*outcomes.report().verdict(), Verdict::Verified);
    let reached: Vec<_> = outcomes.values().copied().collect();
    assert_eq!(reached, [(0, Err(1)), (1, Ok(0)), (1, Err(0)), (1, Err(1))]);
}
