//! The weakest orderings of random programs, against trying all assignments.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use racecourse::check::{Assignment, Checker, Site, Verdict, Weakest};
use racecourse::sync::atomic::{AtomicU32, Ordering, Ordering::*, fence};
use racecourse::thread;

#[derive(Clone, Copy, Debug)]
enum Op {
    Load(usize),
    Store(usize),
    Add(usize),
    Fence,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        3 => (0..2_usize).prop_map(Op::Load),
        3 => (0..2_usize).prop_map(Op::Store),
        1 => (0..2_usize).prop_map(Op::Add),
        1 => Just(Op::Fence),
    ]
}

/// Each position of the program has a line of its own, for a site is a place of the source.
fn perform(op: Op, at: usize, x: &[AtomicU32; 2]) -> u32 {
    macro_rules! here {
        () => {
            match op {
                Op::Load(i) => x[i].load(SeqCst),
                Op::Store(i) => {
                    x[i].store(1, SeqCst);
                    0
                }
                Op::Add(i) => x[i].fetch_add(2, SeqCst),
                Op::Fence => {
                    fence(SeqCst);
                    0
                }
            }
        };
    }
    match at {
        0 => here!(),
        1 => here!(),
        2 => here!(),
        3 => here!(),
        4 => here!(),
        _ => here!(),
    }
}

fn run(program: &[Vec<Op>; 2]) -> Vec<u32> {
    let x = [AtomicU32::new(0), AtomicU32::new(0)];
    let thread = |which: usize| -> Vec<u32> {
        let ops = program[which].iter().enumerate();
        ops.map(|(i, op)| perform(*op, 3 * which + i, &x)).collect()
    };
    thread::scope(|scope| {
        let other = scope.spawn(|| thread(1));
        let mut read = thread(0);
        read.extend(other.join().unwrap());
        read
    })
}

/// All assignments that verify and below which none does, by trying each.
fn by_force(
    sites: &[Site],
    scenario: impl Fn() + Send + Sync + Clone + 'static,
) -> BTreeSet<Vec<String>> {
    let mut all: Vec<Vec<Ordering>> = vec![Vec::new()];
    for site in sites {
        let longer = |one: &Vec<Ordering>| -> Vec<Vec<Ordering>> {
            let each = site.possible().iter();
            each.map(|o| one.iter().copied().chain([*o]).collect())
                .collect()
        };
        all = all.iter().flat_map(longer).collect();
    }
    all.retain(|one| {
        let checker = sites
            .iter()
            .zip(one)
            .fold(Checker::new(), |c, (s, o)| c.with_ordering(s, *o));
        *checker.run(scenario.clone()).verdict() == Verdict::Verified
    });
    let weaker = |a: Ordering, b: Ordering| {
        a == b || a == Relaxed || b == SeqCst || b == AcqRel && a != SeqCst
    };
    let below =
        |a: &[Ordering], b: &[Ordering]| a != b && a.iter().zip(b).all(|(a, b)| weaker(*a, *b));
    let minimal = all
        .iter()
        .filter(|one| !all.iter().any(|other| below(other, one)));
    minimal
        .map(|one| one.iter().map(|o| format!("{o:?}")).collect())
        .collect()
}

fn names(assignment: &Assignment) -> Vec<String> {
    assignment.orderings().map(|o| format!("{o:?}")).collect()
}

/// Programs; with `RACECOURSE_PROGRAMS` in the environment so many.
fn programs() -> u32 {
    std::env::var("RACECOURSE_PROGRAMS").map_or(12, |count| {
        count.parse().expect("RACECOURSE_PROGRAMS: a number")
    })
}

/// What SeqCst accesses exclude, as little as excludes it.
#[test]
fn as_trying_all_does() {
    let config = Config {
        cases: programs(),
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let thread = |least| prop::collection::vec(op(), least..=2);
    let strategy = [thread(1), thread(2)];
    let result = runner.run(&strategy, |program| {
        let for_outcomes = program.clone();
        let outcomes = Checker::new().outcomes(move || run(&for_outcomes));
        let allowed: BTreeSet<_> = outcomes.into_values().into_iter().collect();
        let scenario = move || assert!(allowed.contains(&run(&program)));
        let found = Weakest::new(Checker::new()).run(scenario.clone());
        let found = found.expect("verified as it is");
        prop_assert!(found.is_complete());
        let minimal: BTreeSet<_> = found.minimal().iter().map(names).collect();
        prop_assert_eq!(minimal, by_force(found.sites(), scenario), "{}", found);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}
