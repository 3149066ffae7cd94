//! The detectors that are libraries: the engines, and proptest. Each variant in a process of its own, which is this program
//! again, for a scenario may hang, abort, or overflow its stack.

use std::cell::Cell;
use std::process::Command;
use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::{Just, prop_oneof};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use racecourse::check::{Checker, Engine, Failure, FailureKind, Incomplete, Report, Verdict};
use racecourse::labs::{Lab, Variant};
use serde::{Deserialize, Serialize};

use crate::detectors::Detector;
use crate::form::{Facts, Run, Said};
use crate::process;
use crate::stop::Stop;

/// A search that is not at its end by then is cut.
const MOST: Duration = Duration::from_secs(90);
/// What the process may take besides.
const GRACE: Duration = Duration::from_secs(20);
/// Lists of choices that proptest tries to break a bug, and a fix.
pub const CASES: (u32, u32) = (20_000, 1_000);

/// What the process says.
#[derive(Debug, Serialize, Deserialize)]
pub struct Answer {
    pub run: Run,
    pub facts: Facts,
}

/// Asks `detector` of `variant`, in another process.
pub fn ask(detector: Detector, lab: &Lab, variant: &Variant) -> Result<Answer, Stop> {
    let myself =
        std::env::current_exe().map_err(|error| Stop::failed("cannot find myself", error))?;
    let mut command = Command::new(myself);
    command.args(["--child", detector.name(), lab.slug, variant.name]);
    let ended = process::run(&mut command, MOST + GRACE)?;
    let mut lines = ended.output.lines().rev();
    let said = lines.find_map(|line| serde_json::from_str(line.strip_prefix("answer ")?).ok());
    Ok(said.unwrap_or_else(|| Answer {
        run: Run {
            variant: variant.name.to_owned(),
            said: Said::Cannot,
            what: ended.why(),
            seconds: ended.seconds,
        },
        facts: Facts::default(),
    }))
}

/// Answers, in this process.
pub fn answer(detector: Detector, variant: &Variant) -> Answer {
    let start = Instant::now();
    let (said, what, facts) = match detector {
        Detector::Explorer => engine(Engine::Explorer, variant),
        Detector::Loom => engine(Engine::Loom, variant),
        Detector::Sampler => engine(Engine::SAMPLER, variant),
        _ => {
            let found = proptest(variant);
            return Answer {
                run: Run {
                    variant: variant.name.to_owned(),
                    said: found.0,
                    what: found.1,
                    seconds: found.2,
                },
                facts: Facts::default(),
            };
        }
    };
    Answer {
        run: Run {
            variant: variant.name.to_owned(),
            said,
            what,
            seconds: start.elapsed().as_secs_f64(),
        },
        facts,
    }
}

fn engine(engine: Engine, variant: &Variant) -> (Said, String, Facts) {
    let checker = Checker::new()
        .engine(engine)
        .max_duration(MOST)
        .first_failure();
    let report = variant.scenario.check(&checker);
    let (said, what) = verdict(&report);
    let facts = report.failure().map(facts).unwrap_or_default();
    (said, what, facts)
}

fn verdict(report: &Report) -> (Said, String) {
    let executions = match report.executions() {
        1 => "1 execution".to_owned(),
        many => format!("{many} executions"),
    };
    match (report.verdict(), report.failure()) {
        (Verdict::Failed, Some(failure)) if is_bug(failure.kind()) => (
            Said::Alarm,
            format!("{}, after {executions}", failure.kind()),
        ),
        (Verdict::Failed, Some(failure)) => (Said::Cannot, failure.message().to_owned()),
        (Verdict::Verified, _) => (Said::Silence, format!("verified, {executions}")),
        (Verdict::Incomplete(Incomplete::Sampled { .. }), _) => {
            (Said::Silence, format!("nothing failed in {executions}"))
        }
        (Verdict::Incomplete(why), _) => (Said::Cannot, why.to_string()),
        _ => (Said::Cannot, "no verdict".to_owned()),
    }
}

/// The others say that the scenario cannot be checked so.
fn is_bug(kind: FailureKind) -> bool {
    !matches!(kind, FailureKind::Misuse | FailureKind::Nondeterminism)
}

fn facts(failure: &Failure) -> Facts {
    let details = &failure.timeline().details;
    Facts {
        failure: Some(failure.kind()),
        preemptions: Some(failure.preemptions()),
        sequentially_consistent: Some(failure.sequentially_consistent()),
        undefined: None,
        waits_for_lock: details.iter().any(|line| line.contains(", held by ")),
    }
}

/// A list of choices steers an execution of the lab's own code; proptest makes lists, and shrinks one that fails.
fn proptest(variant: &Variant) -> (Said, String, f64) {
    let start = Instant::now();
    let cases = if variant.is_buggy() { CASES.0 } else { CASES.1 };
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 10_000,
        ..Config::default()
    };
    let (tried, first) = (Cell::new(0_u32), Cell::new(None));
    // Of four choices three are the ordinary.
    let choices = vec(prop_oneof![3 => Just(0), 1 => 1..4_u16], 0..80);
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let found = TestRunner::new_with_rng(config, random).run(&choices, |choices| {
        if start.elapsed() > MOST {
            return Ok(());
        }
        let report = variant.scenario.steer(&Checker::new(), &choices);
        let failure = report.failure().map(|failure| failure.kind());
        if first.get().is_none() {
            tried.set(tried.get() + 1);
        }
        match failure.filter(|kind| is_bug(*kind)) {
            None => Ok(()),
            Some(kind) => {
                if first.get().is_none() {
                    first.set(Some(start.elapsed()));
                }
                Err(TestCaseError::fail(kind.to_string()))
            }
        }
    });
    let tried = tried.get();
    let seconds = first.get().unwrap_or_else(|| start.elapsed()).as_secs_f64();
    match found {
        Ok(()) => (
            Said::Silence,
            format!("nothing failed in {tried} lists of choices"),
            seconds,
        ),
        Err(TestError::Fail(why, choices)) => {
            let few = choices.iter().filter(|choice| **choice != 0).count();
            let what = format!(
                "{why}, at list {tried}, shrunk to {few} choices that are not the ordinary"
            );
            (Said::Alarm, what, seconds)
        }
        Err(error) => (Said::Cannot, error.to_string(), seconds),
    }
}
