//! Who is asked of what, and what a lab's cell is then.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::thread;

use racecourse::labs::{self, Expect, Lab, Variant};

use crate::detectors::Detector;
use crate::form::{self, Cell, Class, Facts, Matrix, Row, Run, Said, State};
use crate::inside;
use crate::lint::Lints;
use crate::outside::{Harness, UNASKED};
use crate::stop::Stop;
use crate::versions;

/// What answers.
struct Tools {
    harness: Harness,
    lints: Option<Lints>,
}

/// A lab under a detector: what is to be asked, and what was answered.
struct Answered {
    lab: &'static Lab,
    detector: Detector,
    runs: Vec<Run>,
    facts: Facts,
}

pub fn measure(
    labs: &[&'static Lab],
    detectors: &[Detector],
    old: Option<Matrix>,
    jobs: Option<std::num::NonZeroUsize>,
) -> Result<Matrix, Stop> {
    let harness = Harness::build(detectors)?;
    let lints = detectors.contains(&Detector::Clippy).then(Lints::run);
    let tools = Tools {
        harness,
        lints: lints.transpose()?,
    };
    let mut rows: Vec<Row> = labs::all()
        .iter()
        .map(|lab| row(lab, old.as_ref()))
        .collect();
    let wanted = labs.iter().filter(|lab| class(lab) != Class::Measured);
    let pairs: VecDeque<_> = wanted
        .flat_map(|lab| detectors.iter().map(|detector| (*lab, *detector)))
        .filter(|(_, detector)| lacking(&tools, *detector).is_none())
        .collect();
    // Nobody else is at work while real threads are to meet by chance.
    let (alone, beside): (VecDeque<_>, VecDeque<_>) = pairs
        .into_iter()
        .partition(|(_, detector)| *detector == Detector::Stress);
    let jobs = jobs.map_or_else(
        || thread::available_parallelism().map_or(1, usize::from),
        usize::from,
    );
    let mut answers = ask_all(alone, 1, &tools)?;
    answers.extend(ask_all(beside, jobs, &tools)?);
    if detectors.contains(&Detector::Stress) {
        for lab in labs {
            let wrong = wrong(&tools, lab)?;
            if let Some(row) = rows.iter_mut().find(|row| row.lab == lab.slug) {
                row.wrong = wrong;
            }
        }
    }
    for answered in answers {
        enter(&mut rows, answered);
    }
    for row in &mut rows {
        if row.class != Class::Measured {
            complete(row);
        }
    }
    Ok(Matrix {
        made: jiff::Zoned::now().date().to_string(),
        machine: versions::machine(),
        detectors: described(detectors, &tools, old.as_ref()),
        labs: rows,
    })
}

fn class(lab: &Lab) -> Class {
    let bug = &lab.variants[0];
    match bug.declared.truth {
        _ if bug.drive.is_some() => Class::Driven,
        Expect::Measured => Class::Measured,
        _ => Class::Threads,
    }
}

/// As it was, as far as it was.
fn row(lab: &Lab, old: Option<&Matrix>) -> Row {
    let old = old.and_then(|old| old.labs.iter().find(|row| row.lab == lab.slug));
    let old = old.filter(|row| row.class == class(lab));
    Row {
        number: lab.number,
        lab: lab.slug.to_owned(),
        class: class(lab),
        facts: old.map(|row| row.facts.clone()).unwrap_or_default(),
        cells: old.map(|row| row.cells.clone()).unwrap_or_default(),
        wrong: old.map(|row| row.wrong.clone()).unwrap_or_default(),
    }
}

fn lacking(tools: &Tools, detector: Detector) -> Option<String> {
    match detector {
        Detector::Clippy => tools.lints.as_ref().and_then(|lints| lints.lacking.clone()),
        other => tools.harness.lacks(other),
    }
}

fn ask_all(
    pairs: VecDeque<(&'static Lab, Detector)>,
    jobs: usize,
    tools: &Tools,
) -> Result<Vec<Answered>, Stop> {
    let all = pairs.len();
    let (pairs, answers) = (Mutex::new(pairs), Mutex::new(Vec::new()));
    let work = || -> Result<(), Stop> {
        loop {
            let next = pairs
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .pop_front();
            let Some((lab, detector)) = next else {
                return Ok(());
            };
            let answered = ask(lab, detector, tools);
            if answered.is_err() {
                pairs.lock().unwrap_or_else(PoisonError::into_inner).clear();
            }
            let answered = answered?;
            let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
            answers.push(answered);
            let Answered { runs, .. } = &answers[answers.len() - 1];
            let state = state(runs);
            eprintln!(
                "{}/{all}  {} under {}: {state:?}",
                answers.len(),
                lab.slug,
                detector.name()
            );
        }
    };
    thread::scope(|s| {
        let workers: Vec<_> = (0..jobs).map(|_| s.spawn(work)).collect();
        let ends = workers.into_iter().map(|worker| worker.join());
        ends.map(|end| end.expect("a worker of ours does not panic"))
            .collect::<Result<Vec<()>, Stop>>()
    })?;
    Ok(answers.into_inner().unwrap_or_else(PoisonError::into_inner))
}

fn ask(lab: &'static Lab, detector: Detector, tools: &Tools) -> Result<Answered, Stop> {
    let mut answered = Answered {
        lab,
        detector,
        runs: Vec::new(),
        facts: Facts::default(),
    };
    for variant in lab.variants {
        if variant.drive.is_some() {
            // Between processes: nobody is asked.
            continue;
        }
        let run = match detector {
            Detector::Stress => tools.harness.stress(lab, variant)?,
            Detector::LockOrder => tools.harness.lock_order(lab, variant)?,
            Detector::Tsan => tools.harness.tsan(lab, variant)?,
            Detector::Helgrind | Detector::Drd => tools.harness.valgrind(detector, lab, variant)?,
            Detector::Miri => tools.harness.miri(lab, variant)?,
            Detector::Clippy => match &tools.lints {
                Some(lints) => lints.of(lab, variant),
                None => continue,
            },
            Detector::Proptest | Detector::Sampler | Detector::Loom | Detector::Explorer => {
                engine(detector, lab, variant, &mut answered.facts)?
            }
        };
        answered.runs.push(run);
    }
    Ok(answered)
}

fn engine(
    detector: Detector,
    lab: &Lab,
    variant: &Variant,
    facts: &mut Facts,
) -> Result<Run, Stop> {
    let answer = inside::ask(detector, lab, variant)?;
    if variant.name == lab.variants[0].name {
        *facts = answer.facts;
    }
    Ok(answer.run)
}

/// The wrong fixes, natively.
fn wrong(tools: &Tools, lab: &'static Lab) -> Result<Vec<Run>, Stop> {
    let variants = lab.wrong.variants.iter();
    let variants = variants.filter(|variant| variant.drive.is_none());
    variants
        .map(|variant| {
            let run = tools.harness.stress(lab, variant)?;
            eprintln!("{} {}: {}", lab.slug, variant.name, run.what);
            Ok(run)
        })
        .collect()
}

fn state(runs: &[Run]) -> State {
    let fix = |run: &&Run| !run.variant.starts_with("buggy");
    if runs.iter().filter(fix).any(|run| run.said == Said::Alarm) {
        return State::FalseAlarm;
    }
    match runs.first().map(|run| run.said) {
        Some(Said::Alarm) => State::Caught,
        Some(Said::Silence) => State::Missed,
        Some(Said::Cannot) | None => State::CannotJudge,
    }
}

fn enter(rows: &mut [Row], answered: Answered) {
    let Some(row) = rows.iter_mut().find(|row| row.lab == answered.lab.slug) else {
        return;
    };
    if answered.detector == Detector::Explorer {
        let undefined = answered.lab.variants[0].scenario.undefined();
        row.facts = Facts {
            undefined: undefined.map(str::to_owned),
            ..answered.facts
        };
        if let (None, Expect::Fails(kind)) =
            (row.facts.failure, answered.lab.variants[0].declared.truth)
        {
            row.facts.failure = Some(kind);
        }
    }
    let name = answered.detector.name();
    row.cells.retain(|cell| cell.detector != name);
    row.cells.push(Cell {
        detector: name.to_owned(),
        state: state(&answered.runs),
        line: None,
        runs: answered.runs,
    });
}

/// A cell for each detector, in their order.
fn complete(row: &mut Row) {
    for detector in Detector::ALL {
        if !row
            .cells
            .iter()
            .any(|cell| cell.detector == detector.name())
        {
            row.cells.push(Cell {
                detector: detector.name().to_owned(),
                state: State::NotMeasured,
                line: None,
                runs: Vec::new(),
            });
        }
    }
    row.cells
        .sort_by_key(|cell| Detector::named(&cell.detector));
}

/// The detectors; those that were not asked, as the old file has them.
fn described(asked: &[Detector], tools: &Tools, old: Option<&Matrix>) -> Vec<form::Detector> {
    let all = Detector::ALL.into_iter();
    all.map(|detector| {
        let old = old.and_then(|old| old.detectors.iter().find(|one| one.name == detector.name()));
        match old {
            Some(old) if !asked.contains(&detector) => old.clone(),
            _ => form::Detector {
                name: detector.name().to_owned(),
                version: versions::of(detector),
                how: detector.how().to_owned(),
                unmeasured: if asked.contains(&detector) {
                    lacking(tools, detector)
                } else {
                    Some(UNASKED.to_owned())
                },
            },
        }
    })
    .collect()
}
