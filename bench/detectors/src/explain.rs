//! Why a detector does not tell of a bug, or tells of a fix: a line for each, by a rule where one explains it.

use racecourse::check::FailureKind;

use crate::detectors::Detector;
use crate::form::{Cell, Class, Facts, Row, Said, State};
use crate::lint::UNPORTED;
use crate::outside::NOT_RUN;

/// What no rule explains rightly: lab, detector, line.
const EXCEPTIONS: &[(&str, Detector, &str)] = &[
    ("load-buffering", Detector::Explorer, LOAD_BUFFERING),
    ("load-buffering", Detector::Sampler, LOAD_BUFFERING),
    ("load-buffering", Detector::Proptest, LOAD_BUFFERING),
    ("load-buffering", Detector::Loom, LOAD_BUFFERING),
    ("load-buffering", Detector::Miri, LOAD_BUFFERING),
];
const LOAD_BUFFERING: &str = "neither the engines here nor Miri explore reads that take their value from a write that comes after them";

/// The line; `None` if there is nothing to explain, or nothing that explains it.
pub fn line(row: &Row, cell: &Cell, detector: Detector) -> Option<String> {
    let exception = EXCEPTIONS
        .iter()
        .find(|(lab, other, _)| *lab == row.lab && *other == detector);
    if let (Some((_, _, line)), true) = (exception, cell.state != State::Caught) {
        return Some((*line).to_owned());
    }
    match cell.state {
        State::Caught => None,
        State::Missed => missed(&row.facts, detector),
        State::FalseAlarm => alarm(detector),
        State::CannotJudge => Some(cannot(row, cell)),
        State::NotMeasured => Some("not measured".to_owned()),
    }
}

fn missed(facts: &Facts, detector: Detector) -> Option<String> {
    use FailureKind::*;
    // What no engine finds takes more than an order of the steps.
    let kind = facts.failure.unwrap_or(Panic);
    let stale = facts.failure.is_none() || facts.sequentially_consistent == Some(false);
    let line = match detector {
        Detector::Stress if stale => {
            "no order of the steps explains it: it takes a read of something old, which this processor or this compiler does not do, or seldom".to_owned()
        }
        Detector::Stress => match facts.preemptions {
            Some(0) | None => "it takes threads that begin, wait or wake in an order that an idle machine does not choose".to_owned(),
            Some(1) => "it takes a switch of threads between two neighbouring steps, and a run is there for some millionths of a second".to_owned(),
            Some(many) => format!("it takes {many} switches of threads, each between two neighbouring steps"),
        },
        Detector::Proptest => "none of its lists had the choices that it takes, which must come together".to_owned(),
        Detector::Sampler => "rare among the random executions: more of them, or another depth, find it".to_owned(),
        Detector::Loom => "loom leaves out what it takes: its condvars and parks never wake for no reason, its weak exchanges never fail so, its readers pass a writer that waits".to_owned(),
        Detector::Explorer => "outside of what the explorer explores: load buffering, real time, or an object that is not of the vocabulary".to_owned(),
        Detector::Tsan => match kind {
            DataRace => "the two accesses did not come in the same run, or had an order in it by chance".to_owned(),
            Deadlock if facts.waits_for_lock => "a deadlock is no race, and of the orders of locks it knows pthread's, where Rust's locks are futexes".to_owned(),
            Deadlock => "a deadlock is no race: nobody touches anything".to_owned(),
            Livelock => "threads that go on in vain touch nothing wrongly".to_owned(),
            Leak => "what is never freed is never touched wrongly".to_owned(),
            UseAfterFree => "its runs did not touch what was freed".to_owned(),
            _ if stale => "every access is atomic: too weak an ordering is no data race, and it runs what the processor does".to_owned(),
            _ => "every access is atomic or under a lock: a logical race, no data race".to_owned(),
        },
        Detector::LockOrder => match kind {
            Deadlock if facts.waits_for_lock => "no circle of locks alone: one of those who wait waits for something else, or both orders did not come in one run".to_owned(),
            Deadlock => "nobody waits for a lock, but for a signal, a message or a thread".to_owned(),
            kind => format!("no deadlock but a {kind}: no order of locks is wrong"),
        },
        Detector::Clippy => match kind {
            Deadlock => "no lint follows a lock or a signal from one thread to another".to_owned(),
            _ if stale => "no lint weighs an ordering".to_owned(),
            DataRace => "no lint doubts an `unsafe` that has its reason beside it".to_owned(),
            _ => "no lint knows what two threads do at once".to_owned(),
        },
        Detector::Helgrind | Detector::Drd => match kind {
            Deadlock if facts.waits_for_lock => "it knows pthread's locks, and Rust's are futexes".to_owned(),
            Deadlock => "a deadlock that does not happen in its run, and is not one of pthread's locks".to_owned(),
            DataRace => "its one run goes thread by thread, and did not meet it in a line of the lab".to_owned(),
            _ => "no access in a line of the lab was unordered in its run: a logical race, no data race".to_owned(),
        },
        Detector::Miri => "none of its 16 seeds switched threads, or read something old, just there".to_owned(),
    };
    Some(line)
}

fn alarm(detector: Detector) -> Option<String> {
    let why = match detector {
        Detector::Helgrind | Detector::Drd => {
            "Rust's locks and atomics are instructions and futexes, which it does not take for synchronisation"
        }
        Detector::Clippy => {
            "it goes by types and scopes, and does not know which threads meet there"
        }
        Detector::LockOrder => {
            "something else than a lock keeps the threads apart, which it does not see"
        }
        Detector::Tsan => "it does not understand fences, by which this is ordered",
        // These are engines, and real threads: a fix that fails there is none, or the engine is wrong, and a rule that
        // explained this would hide it.
        Detector::Stress
        | Detector::Proptest
        | Detector::Sampler
        | Detector::Loom
        | Detector::Explorer
        | Detector::Miri => return None,
    };
    Some(why.to_owned())
}

fn cannot(row: &Row, cell: &Cell) -> String {
    if row.class == Class::Driven {
        return "between processes: no detector here sees more than one".to_owned();
    }
    if row.facts.undefined.is_some() && cell.runs.iter().any(|run| run.what.starts_with(NOT_RUN)) {
        return "it would be undefined behaviour, so it is not run natively".to_owned();
    }
    if cell.runs.iter().any(|run| run.what.starts_with(UNPORTED)) {
        return "the lab's file does not compile on std alone".to_owned();
    }
    let bug = cell.runs.iter().find(|run| run.said == Said::Cannot);
    bug.map_or_else(
        || "nothing of it can be run".to_owned(),
        |run| run.what.clone(),
    )
}
