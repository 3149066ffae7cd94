//! The judges judged: by what is known, and by each other.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::atomic::{Ordering, Ordering::SeqCst};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::blocking::{Blocking, EACH, Stmt};
use crate::blocking_families;
use crate::interleave;
use crate::program::{self, Op, Program};
use crate::rc11;

pub(crate) fn draw<P: Debug>(strategy: &BoxedStrategy<P>, count: usize) -> impl Iterator<Item = P> {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut draw = move || strategy.new_tree(&mut runner).expect("a program").current();
    (0..count).map(move |_| draw())
}

/// A family earns its name: it is neither nearly always stuck, nor nearly always left without a choice.
#[test]
fn lock_free_programs_are_varied() {
    const PROGRAMS: u64 = 300;
    for family in program::Family::ALL {
        let [mut graphs, mut most, mut single, mut hang] = [0; 4];
        for program in draw(&family.programs(), PROGRAMS as usize) {
            let answer = rc11::answer(&program);
            graphs += answer.graphs;
            most = most.max(answer.graphs);
            single += u64::from(answer.graphs <= 1);
            hang += u64::from(answer.hangs);
        }
        println!(
            "{family:?}: {PROGRAMS} programs, {graphs} graphs (at most {most}), {single} with one or none, {hang} can hang"
        );
        assert!(hang < PROGRAMS / 2 && single < PROGRAMS / 3);
    }
}

#[test]
fn blocking_programs_are_varied() {
    const PROGRAMS: usize = 150;
    for family in blocking_families::Family::ALL {
        let [mut states, mut most, mut single, mut deadlock] = [0; 4];
        for program in draw(&family.programs(), PROGRAMS) {
            let answer = interleave::answer(&program);
            states += answer.states;
            most = most.max(answer.states);
            single += usize::from(answer.outcomes.len() <= 1);
            deadlock += usize::from(answer.deadlock);
        }
        println!(
            "{family:?}: {PROGRAMS} programs, {states} states (at most {most}), {single} with one outcome or none, \
             {deadlock} can deadlock"
        );
        assert!(deadlock < PROGRAMS * 3 / 5 && single < PROGRAMS * 3 / 4);
    }
}

/// A program of SeqCst accesses, for either judge.
fn sequential(program: &Program) -> (Program, Blocking) {
    let strong = |op: &Op| match *op {
        Op::Load { x, .. } => Op::Load { x, order: SeqCst },
        Op::Store { x, value, .. } => Op::Store {
            x,
            value,
            order: SeqCst,
        },
        Op::Add { x, value, .. } | Op::Swap { x, value, .. } => Op::Add {
            x,
            value,
            order: SeqCst,
        },
        other => panic!("{other:?} in straight code"),
    };
    let threads: Vec<Vec<Op>> = program
        .threads
        .iter()
        .map(|ops| ops.iter().map(strong).collect())
        .collect();
    let stmt = |op: &Op| match *op {
        Op::Load { x, .. } => Stmt::Load(x),
        Op::Store { x, value, .. } => Stmt::Store(x, value),
        Op::Add { x, value, .. } => Stmt::Add(x, value),
        other => panic!("{other:?} in straight code"),
    };
    let stmts = threads.iter().map(|ops| ops.iter().map(stmt).collect());
    let blocking = Blocking {
        threads: std::iter::once(Vec::new()).chain(stmts).collect(),
        barrier: 2,
        capacities: [None; EACH],
        spurious: 0,
    };
    let locations = program.locations;
    (Program { locations, threads }, blocking)
}

/// With SeqCst accesses only, the axioms are the interleavings.
#[test]
fn the_judges_agree_on_sequential_consistency() {
    let mut compared = 0;
    for program in draw(&program::Family::Straight.programs(), 400) {
        if program.locations > EACH {
            continue;
        }
        let (program, blocking) = sequential(&program);
        let axioms = rc11::answer(&program);
        let interleavings = interleave::answer(&blocking);
        let without_locks: BTreeSet<_> = interleavings
            .outcomes
            .into_iter()
            .map(|mut outcome| {
                // Mutexes and read-write locks stand before the atomics; one atomic may be there for nothing.
                let atomics = outcome.split_off(outcome.len() - EACH);
                outcome.truncate(outcome.len() - 2 * EACH);
                outcome.extend(&atomics[..program.locations]);
                outcome
            })
            .collect();
        assert_eq!(axioms.outcomes, without_locks, "{program}");
        compared += 1;
    }
    assert!(compared > 300);
}

/// Counts that combinatorics gives.
#[test]
fn graphs_are_counted_as_combinatorics_counts_them() {
    let adds = |threads: usize, each: usize| {
        let add = Op::Add {
            x: 0,
            value: 1,
            order: Ordering::Relaxed,
        };
        rc11::answer(&Program {
            locations: 1,
            threads: vec![vec![add; each]; threads],
        })
    };
    // (nk)! / (k!)^n orders.
    for (threads, each, orders) in [(3, 1, 6), (3, 2, 90), (4, 1, 24), (3, 3, 1_680)] {
        let answer = adds(threads, each);
        assert_eq!((answer.graphs, answer.hangs), (orders, false));
    }
}
