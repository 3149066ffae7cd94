//! Random programs: the explorer against the judges.
//!
//! `RACECOURSE_PROGRAMS` in the environment asks for more programs of each family, `RACECOURSE_SEED` (a number) for others,
//! `RACECOURSE_FAMILIES` for those of some families (their names, with commas between them). A program that has come before is not judged again. A mismatch is shrunk, and printed as source text for a regression
//! test.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::fmt::{Debug, Display};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Instant;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use racecourse::check::{Checker, Engine, FailureKind, Outcomes, Verdict};

use crate::blocking::Blocking;
use crate::blocking_families;
use crate::execute::execute;
use crate::interleave;
use crate::perform::{Code, perform_all};
use crate::program::{self, Program};
use crate::rc11;

/// How many programs of each family `cargo test` tries.
const LOCK_FREE: u32 = 200;
const BLOCKING: u32 = 60;

pub(crate) fn count(usual: u32) -> u32 {
    std::env::var("RACECOURSE_PROGRAMS").map_or(usual, |count| {
        count.parse().expect("RACECOURSE_PROGRAMS: a number")
    })
}

/// Whether `RACECOURSE_FAMILIES` asks for this one: names with commas between them; without it, all.
fn is_asked_for(family: &dyn Debug) -> bool {
    let name = format!("{family:?}");
    std::env::var("RACECOURSE_FAMILIES").map_or(true, |names| names.split(',').any(|n| n == name))
}

/// Numbers to draw programs from: the same each time, unless other ones are asked for.
fn numbers() -> TestRng {
    let Ok(seed) = std::env::var("RACECOURSE_SEED") else {
        return TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    };
    let seed: u64 = seed.parse().expect("RACECOURSE_SEED: a number");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
}

/// The programs that were judged, by their texts.
type Judged = RefCell<HashSet<u64>>;

/// Judges so many programs, those that were not judged before. The generator starts from the same seed each time: a longer run
/// begins with a shorter one.
fn try_programs<P: Debug + Display>(
    family: &dyn Debug,
    programs: u32,
    strategy: &BoxedStrategy<P>,
    judged: &Judged,
    judge: impl Fn(&P) -> Result<bool, String>,
) {
    let config = Config {
        cases: programs,
        failure_persistence: None,
        ..Config::default()
    };
    let start = Instant::now();
    let before = judged.borrow().len();
    let stuck = Cell::new(0);
    let mut runner = TestRunner::new_with_rng(config, numbers());
    let result = runner.run(strategy, |program| {
        let mut text = DefaultHasher::new();
        format!("{program:?}").hash(&mut text);
        let text = text.finish();
        if judged.borrow().contains(&text) {
            return Ok(());
        }
        let gets_stuck = judge(&program).map_err(TestCaseError::fail)?;
        stuck.set(stuck.get() + u32::from(gets_stuck));
        judged.borrow_mut().insert(text);
        Ok(())
    });
    match result {
        Ok(()) => println!(
            "{family:?}: {} different ones of {programs} programs, {} of them can get stuck, {:.1} s",
            judged.borrow().len() - before,
            stuck.get(),
            start.elapsed().as_secs_f64()
        ),
        Err(TestError::Abort(reason)) => panic!("proptest gave up: {reason}"),
        Err(TestError::Fail(reason, program)) => panic!("{family:?}: {reason}\n{program}"),
    }
}

fn explorer() -> Checker {
    Checker::new().engine(Engine::Explorer)
}

/// What was reached, in order.
fn values<T: Ord + Clone>(outcomes: &Outcomes<T>) -> Vec<T> {
    outcomes.values().cloned().collect()
}

/// Where two ascending lists differ, in words.
fn difference<T: Ord + Debug>(reached: &[T], allowed: &[T]) -> Option<String> {
    let missing: Vec<_> = allowed
        .iter()
        .filter(|o| reached.binary_search(o).is_err())
        .collect();
    let extra: Vec<_> = reached
        .iter()
        .filter(|o| allowed.binary_search(o).is_err())
        .collect();
    (!missing.is_empty() || !extra.is_empty())
        .then(|| format!("not reached: {missing:?}; reached, and impossible: {extra:?}"))
}

/// Whether it can hang; and an error if the explorer and the axioms disagree.
pub(crate) fn judge_lock_free(program: &Program) -> Result<bool, String> {
    let allowed = rc11::answer(program);
    let code = Arc::new(program.clone());
    let outcomes = explorer().outcomes(move || execute(&code));
    let report = outcomes.report();
    if allowed.hangs {
        // Nobody will ever write what a loop waits for.
        let kind = report.failure().map(|failure| failure.kind());
        return match kind {
            Some(FailureKind::Deadlock | FailureKind::Livelock) => Ok(true),
            _ => Err(format!(
                "it can wait for ever, and the explorer says: {report}"
            )),
        };
    }
    if *report.verdict() != Verdict::Verified {
        return Err(format!("not verified: {report}"));
    }
    let allowed_values: Vec<_> = allowed.outcomes.into_iter().collect();
    if let Some(difference) = difference(&values(&outcomes), &allowed_values) {
        return Err(difference);
    }
    if report.executions() != allowed.graphs {
        return Err(format!(
            "{} executions, {} graphs",
            report.executions(),
            allowed.graphs
        ));
    }
    Ok(false)
}

/// Whether it can deadlock; and an error if the explorer and the interpreter disagree.
pub(crate) fn judge_blocking(program: &Blocking) -> Result<bool, String> {
    let allowed = interleave::answer(program);
    let code = Code::of(program);
    let outcomes = explorer()
        .spurious_wakeups(program.spurious)
        .outcomes(move || perform_all(&code));
    let report = outcomes.report();
    if allowed.deadlock {
        let kind = report.failure().map(|failure| failure.kind());
        return match kind {
            Some(FailureKind::Deadlock) => Ok(true),
            _ => Err(format!("it can deadlock, and the explorer says: {report}")),
        };
    }
    if *report.verdict() != Verdict::Verified {
        return Err(format!("not verified: {report}"));
    }
    let allowed: Vec<_> = allowed.outcomes.into_iter().collect();
    difference(&values(&outcomes), &allowed).map_or(Ok(false), Err)
}

/// One execution for each graph that RC11 allows, and no others.
#[test]
fn lock_free_programs() {
    let judged = Judged::default();
    for family in program::Family::ALL.into_iter().filter(|f| is_asked_for(f)) {
        let (programs, strategy) = (count(LOCK_FREE), family.programs());
        try_programs(&family, programs, &strategy, &judged, judge_lock_free);
    }
}

/// Every result of an interleaving, and no others; or a deadlock, if there is one.
#[test]
fn blocking_programs() {
    let judged = Judged::default();
    for family in blocking_families::Family::ALL
        .into_iter()
        .filter(|f| is_asked_for(f))
    {
        let (programs, strategy) = (count(BLOCKING), family.programs());
        try_programs(&family, programs, &strategy, &judged, judge_blocking);
    }
}
