//! The sampler against the judges: what it draws is possible, and it draws whatever is possible.

use std::collections::BTreeSet;
use std::sync::Arc;

use racecourse::check::{Checker, Engine, FailureKind, Report, Sampled};

use crate::blocking_families;
use crate::execute::execute;
use crate::interleave;
use crate::judges::draw;
use crate::litmus::FAMILIES;
use crate::perform::{Code, perform_all};
use crate::program::{self, Program};
use crate::random::count;
use crate::rc11;

/// What is drawn in so many executions.
fn sample<T: Ord + Send + 'static>(
    checker: Checker,
    executions: u64,
    scenario: impl Fn() -> T + Send + Sync + 'static,
) -> (BTreeSet<T>, Report) {
    let engine = Engine::Sampler {
        seed: 1,
        executions,
    };
    let outcomes = checker.engine(engine).outcomes(scenario);
    let report = outcomes.report().clone();
    (outcomes.into_values().into_iter().collect(), report)
}

fn of(program: &Program, executions: u64) -> (BTreeSet<Vec<u64>>, Report) {
    let code = Arc::new(program.clone());
    sample(Checker::new(), executions, move || execute(&code))
}

fn covered(report: &Report) -> Sampled {
    *report.sampled().expect("the sampler says what it covered")
}

/// Outcomes of a program that sixty executions should nearly all meet.
const FEW: usize = 6;

/// The judge, the program on the vocabulary, and the order of what is recorded: they agree.
#[test]
fn nothing_is_sampled_that_the_judges_exclude() {
    let (mut met, mut all) = (0, 0);
    for family in program::Family::ALL {
        for program in draw(&family.programs(), count(60) as usize) {
            let allowed = rc11::answer(&program);
            let (reached, report) = of(&program, 60);
            let failed = report.failure().map(|failure| failure.kind());
            assert!(failed.is_none() || allowed.hangs, "{program}\n{report}");
            let extra: Vec<_> = reached.difference(&allowed.outcomes).collect();
            assert!(extra.is_empty(), "{extra:?} of\n{program}");
            if failed.is_none() {
                // Rounds in which a loop waited in vain are told apart.
                let waits = program.threads.iter().flatten();
                let waits = waits.copied().any(|op| op.awaited().is_some());
                assert!(
                    waits || covered(&report).distinct <= allowed.graphs,
                    "{program}\n{report}"
                );
            }
            if failed.is_none() && allowed.outcomes.len() <= FEW {
                met += reached.len();
                all += allowed.outcomes.len();
            }
        }
    }
    println!("lock-free: {met} of {all} outcomes");
    assert!(10 * met > 9 * all, "{met} of {all}");
    let (mut met, mut all) = (0, 0);
    for family in blocking_families::Family::ALL {
        for program in draw(&family.programs(), count(40) as usize) {
            let allowed = interleave::answer(&program);
            let code = Code::of(&program);
            let checker = Checker::new().spurious_wakeups(program.spurious);
            let (reached, report) = sample(checker, 60, move || perform_all(&code));
            let failed = report.failure().map(|failure| failure.kind());
            let expected = failed == Some(FailureKind::Deadlock) && allowed.deadlock;
            assert!(failed.is_none() || expected, "{program}\n{report}");
            let extra: Vec<_> = reached.difference(&allowed.outcomes).collect();
            assert!(extra.is_empty(), "{extra:?} of\n{program}");
            if failed.is_none() && allowed.outcomes.len() <= FEW {
                met += reached.len();
                all += allowed.outcomes.len();
            }
        }
    }
    println!("blocking: {met} of {all} outcomes");
    assert!(10 * met > 8 * all, "{met} of {all}");
}

/// Every outcome of the litmus programs that is allowed is drawn, the weak ones among them, and no other.
#[test]
fn whatever_is_possible_is_drawn() {
    for family in FAMILIES {
        let programs = family.programs();
        let each = programs.len().div_ceil(5);
        for program in programs.iter().step_by(each) {
            let allowed = rc11::answer(program);
            let (reached, report) = of(program, 1_000);
            assert_eq!(reached, allowed.outcomes, "{}: {program}", family.name);
            let covered = covered(&report);
            println!(
                "{}: {} of {} graphs",
                family.name, covered.distinct, allowed.graphs
            );
            assert!(covered.distinct <= allowed.graphs);
        }
    }
}

#[test]
fn one_seed_draws_the_same() {
    let mixed = program::Family::Mixed.programs();
    for program in draw(&mixed, 40).filter(|program| !rc11::answer(program).hangs) {
        let drawn = || {
            let (reached, report) = of(&program, 30);
            let numbers = (report.executions(), report.blocked());
            (reached, numbers, covered(&report))
        };
        assert_eq!(drawn(), drawn());
    }
}
