//! Small programs that are easily judged wrong, each by its own fault.

use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};

use racecourse::check::{Checker, Engine, Verdict};
use racecourse::sync::atomic::AtomicU64;
use racecourse::thread;

use crate::blocking::{Blocking, Stmt};
use crate::program::{Op, Program};
use crate::random::{judge_blocking, judge_lock_free};

fn blocking(threads: Vec<Vec<Stmt>>) -> Blocking {
    Blocking {
        threads,
        barrier: 2,
        capacities: [None, Some(0)],
        spurious: 0,
    }
}

#[track_caller]
fn agrees(threads: Vec<Vec<Stmt>>, deadlock: bool) {
    let program = blocking(threads);
    assert_eq!(judge_blocking(&program), Ok(deadlock), "{program}");
}

fn load(x: usize) -> Op {
    Op::Load { x, order: Relaxed }
}

fn store(x: usize, value: u64) -> Op {
    Op::Store {
        x,
        value,
        order: Relaxed,
    }
}

/// SeqCst accesses that a lock orders: no third thread may see them the other way round.
#[test]
fn a_lock_orders_seqcst_accesses() {
    agrees(
        vec![
            vec![],
            vec![Stmt::Lock(0, vec![Stmt::Store(0, 1), Stmt::Append(0, 1)])],
            vec![Stmt::Lock(0, vec![Stmt::Get(0), Stmt::Load(1)])],
            vec![Stmt::Store(1, 1), Stmt::Load(0)],
        ],
        false,
    );
}

/// The same by a join: main reads `y` after the writer of `x` has ended.
#[test]
fn a_join_orders_seqcst_accesses() {
    agrees(
        vec![
            vec![Stmt::Join(1), Stmt::Load(1)],
            vec![Stmt::Store(0, 1)],
            vec![Stmt::Store(1, 1), Stmt::Load(0)],
        ],
        false,
    );
}

/// The same by a spawn: what main wrote before it is ordered before what the child reads.
#[test]
fn a_spawn_orders_seqcst_accesses() {
    let outcomes = Checker::new().engine(Engine::Explorer).outcomes(|| {
        let atomics = Arc::new([AtomicU64::new(0), AtomicU64::new(0)]);
        let (first, second) = (Arc::clone(&atomics), Arc::clone(&atomics));
        let other = thread::spawn(move || {
            first[1].store(1, SeqCst);
            first[0].load(SeqCst)
        });
        atomics[0].store(1, SeqCst);
        let child = thread::spawn(move || second[1].load(SeqCst));
        (child.join().unwrap(), other.join().unwrap())
    });
    assert_eq!(*outcomes.report().verdict(), Verdict::Verified);
    let reached: Vec<_> = outcomes.values().copied().collect();
    assert_eq!(reached, [(0, 1), (1, 0), (1, 1)]);
}

/// A choice of whom to wake begins anew when what it chooses from has changed.
#[test]
fn a_notification_finds_whoever_waits() {
    let waiter = || {
        vec![Stmt::Lock(
            0,
            vec![
                Stmt::WaitUntil(0, 1),
                Stmt::Append(0, 1),
                Stmt::NotifyOne(0),
            ],
        )]
    };
    let notifier = vec![Stmt::Lock(0, vec![Stmt::Append(0, 1), Stmt::NotifyOne(0)])];
    agrees(vec![notifier.clone(), waiter(), waiter()], false);
    agrees(vec![vec![], waiter(), waiter(), notifier], false);
}

/// One notification, two waiters: one of them is left.
#[test]
fn one_notification_is_not_enough_for_two() {
    let waiter = || vec![Stmt::Lock(0, vec![Stmt::WaitUntil(0, 1)])];
    let notifier = vec![Stmt::Lock(0, vec![Stmt::Append(0, 1), Stmt::NotifyOne(0)])];
    agrees(vec![notifier, waiter(), waiter()], true);
}

/// A stale read before a loop says nothing about the loop.
#[test]
fn a_loop_after_a_stale_read() {
    let program = Program {
        locations: 2,
        threads: vec![
            vec![
                load(0),
                Op::Await {
                    x: 1,
                    value: 1,
                    order: Relaxed,
                },
                load(0),
            ],
            vec![store(0, 1), store(1, 1)],
            vec![store(0, 2)],
        ],
    };
    assert_eq!(judge_lock_free(&program), Ok(false), "{program}");
}

/// Of two loops in a row for one variable, what the first found is no part of the second's round: fed with it again,
/// the second would end, as if it were one that gives up by itself, and would go round twice in one execution.
#[test]
fn a_loop_after_a_loop() {
    let wait = Op::Await {
        x: 0,
        value: 2,
        order: Relaxed,
    };
    let swap = Op::Swap {
        x: 0,
        value: 2,
        order: Relaxed,
    };
    let program = Program {
        locations: 1,
        threads: vec![
            vec![swap],
            vec![store(0, 1), store(0, 2)],
            vec![load(0), wait, wait],
        ],
    };
    assert_eq!(judge_lock_free(&program), Ok(false), "{program}");
}

/// A read that is put back must not come between the two halves of a read-modify-write.
#[test]
fn nothing_within_a_read_modify_write() {
    let add = |x| Op::Add {
        x,
        value: 1,
        order: Relaxed,
    };
    let program = Program {
        locations: 2,
        threads: vec![
            vec![add(0), add(1)],
            vec![add(1), load(0), add(0)],
            vec![add(0), load(1)],
        ],
    };
    assert_eq!(judge_lock_free(&program), Ok(false), "{program}");
}

/// A release sequence is the read-modify-writes behind a write, and not its thread's later stores.
#[test]
fn release_sequences_are_those_of_cpp20() {
    let release = Op::Store {
        x: 1,
        value: 1,
        order: Release,
    };
    let acquire = Op::Load {
        x: 1,
        order: Acquire,
    };
    let program = Program {
        locations: 2,
        threads: vec![
            vec![store(0, 1), release, store(1, 2)],
            vec![acquire, load(0)],
        ],
    };
    assert_eq!(judge_lock_free(&program), Ok(false), "{program}");
    let relay = Op::Add {
        x: 1,
        value: 1,
        order: Relaxed,
    };
    let program = Program {
        locations: 2,
        threads: vec![
            vec![store(0, 1), release],
            vec![relay],
            vec![acquire, load(0)],
        ],
    };
    assert_eq!(judge_lock_free(&program), Ok(false), "{program}");
}

/// A release fence publishes by the stores after it, relaxed ones too, and by no store before it.
#[test]
fn a_release_fence_publishes_by_later_stores() {
    let acquire = Op::Load {
        x: 1,
        order: Acquire,
    };
    for writer in [
        vec![store(0, 1), Op::Fence(Release), store(1, 1)],
        vec![store(0, 1), store(1, 1), Op::Fence(Release)],
    ] {
        let program = Program {
            locations: 2,
            threads: vec![writer, vec![acquire, load(0)]],
        };
        assert_eq!(judge_lock_free(&program), Ok(false), "{program}");
    }
}

/// Two who wait for each other's flag never get on: a hang, though no lock is involved.
#[test]
fn loops_that_wait_for_each_other_hang() {
    let wait = |x| Op::Await {
        x,
        value: 1,
        order: Acquire,
    };
    let program = Program {
        locations: 2,
        threads: vec![vec![wait(0), store(1, 1)], vec![wait(1), store(0, 1)]],
    };
    assert_eq!(judge_lock_free(&program), Ok(true), "{program}");
}
