//! Generated programs, each run many times; a failing one is made smaller.

use std::cell::RefCell;
use std::fmt::{self, Display};
use std::time::Duration;

use proptest::strategy::{BoxedStrategy, Strategy};
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};

use crate::run::{Program, Subject, Wrong, run};
use crate::timeline::explanation;

/// Set to so many programs of each kind.
const PROGRAMS: &str = "RACECOURSE_HISTORIES";
/// Programs of each kind, if the variable is not set.
const USUAL: u32 = 40;
/// How often each is run.
const RUNS: u64 = 25;
/// How often each is run that is smaller than one that fails: it may not fail each time.
const RUNS_OF_SMALLER: u64 = 150;
/// How long nobody may get on before that is a hang; and the same for what is smaller than one that hangs.
const PATIENCE: Duration = Duration::from_secs(20);
const PATIENCE_OF_SMALLER: Duration = Duration::from_millis(500);
/// In milliseconds.
const SMALLER_FOR_AT_MOST: u32 = 20_000;

/// A program that failed.
pub(crate) struct Failure {
    program: String,
    story: String,
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", self.program, self.story)
    }
}

/// So many threads at most, with so many steps each.
pub(crate) fn program<A: Clone + fmt::Debug + 'static>(
    act: impl Strategy<Value = A> + Clone + 'static,
    threads: usize,
    steps: usize,
) -> BoxedStrategy<Vec<Vec<A>>> {
    let thread = proptest::collection::vec(act, 1..=steps);
    proptest::collection::vec(thread, 1..=threads).boxed()
}

/// The smallest program found that fails, with a history; if one fails.
pub(crate) fn failing<S: Subject>(
    programs: impl Strategy<Value = (S::Config, Program<S>)>,
) -> Option<Failure> {
    let cases = std::env::var(PROGRAMS).ok().map(|text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{PROGRAMS}={text}: give a number"))
    });
    let mut runner = TestRunner::new(Config {
        cases: (cases.unwrap_or(USUAL) / S::COST).max(1),
        failure_persistence: None,
        max_shrink_iters: 2_000,
        max_shrink_time: SMALLER_FOR_AT_MOST,
        ..Config::default()
    });
    // Of the last that failed, which is the smallest when the search is over.
    let story = RefCell::new(None);
    let ended = runner.run(&programs, |(config, program)| {
        let (runs, patience) = match *story.borrow() {
            None => (RUNS, PATIENCE),
            Some(_) => (RUNS_OF_SMALLER, PATIENCE_OF_SMALLER),
        };
        for seed in 0..runs / u64::from(S::COST) {
            if let Err((history, wrong)) = run::<S>(&config, &program, seed, patience) {
                let told = match wrong {
                    Wrong::Unexplained(unexplained) => explanation(&history, &unexplained),
                    Wrong::Hangs => format!("{history}who waits should have been woken\n"),
                    Wrong::Panics(text) => format!("{history}a call panicked: {text}\n"),
                };
                story.replace(Some(told));
                return Err(TestCaseError::fail("no order explains it"));
            }
        }
        Ok(())
    });
    match ended {
        Ok(()) => None,
        Err(TestError::Fail(_, (config, program))) => Some(Failure {
            program: format!("with {config:?}, {program:?}"),
            story: story.into_inner().expect("it failed"),
        }),
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    }
}

/// Fails with the smallest program that does.
#[track_caller]
pub(crate) fn holds<S: Subject>(programs: impl Strategy<Value = (S::Config, Program<S>)>) {
    if let Some(failure) = failing::<S>(programs) {
        panic!("{failure}");
    }
}
