//! Turns what an engine recorded into what a person reads.

use super::execution::{Execution, State};
use super::failure::{Failure, FailureKind, Location};
use super::kernel::{Int, ThreadId};
use super::linearize::linearize;
use super::record::{Object, PanicPlaceOr, RawFailure, RawStep};
use super::timeline::{Operation, Step, Timeline};

/// The failure of an execution, if it has one.
pub(crate) fn failure(execution: &Execution) -> Option<Failure> {
    let state = execution.state();
    let raw = state.failure.clone()?;
    let mut steps: Vec<RawStep> = state.steps[..raw.steps.min(state.steps.len())].to_vec();
    if raw.kind == FailureKind::Deadlock {
        steps.extend(waits_not_shown(&state));
    }
    // The explorer puts them in order itself.
    if !execution.kernel().reorders()
        && steps.iter().any(|step| step.stale)
        && let Some(interleaved) = linearize(&state, &steps)
    {
        steps = interleaved;
    }
    let location = raw.place.as_ref().map(location);
    let stale = steps.iter().any(|step| step.stale);
    let timeline = timeline(&state, &raw, &steps, location.as_ref());
    Some(Failure {
        kind: raw.kind,
        message: raw.message.clone(),
        location,
        preemptions: timeline.preemptions(),
        sequentially_consistent: !stale,
        timeline,
        replay: None,
    })
}

/// Leaves out that a thread had to wait, where it then went on: in another order it need not have. Who waits
/// for ever, comes to it last.
fn settle_waits(steps: &mut Vec<RawStep>, failing: ThreadId) {
    // A wait on a condvar is more than waiting: it lets go of the mutex.
    let waits = |step: &RawStep| step.blocked && step.operation != Operation::Wait;
    let mut later = std::collections::HashSet::new();
    let (mut kept, mut for_ever) = (Vec::new(), Vec::new());
    for step in steps.drain(..).rev() {
        let goes_on = !later.insert(step.thread);
        if !waits(&step) {
            kept.push(step);
        } else if !goes_on {
            for_ever.push(step);
        }
    }
    kept.reverse();
    for_ever.sort_by_key(|step| (step.thread == failing, step.thread));
    kept.extend(for_ever);
    *steps = kept;
}

/// A complete execution as a timeline, for its result.
pub(crate) fn witness(execution: &Execution) -> Timeline {
    let state = execution.state();
    let mut steps = state.steps.clone();
    if execution.kernel().reorders() {
        settle_waits(&mut steps, 0);
    }
    let steps = linearize(&state, &steps).unwrap_or(steps);
    Timeline {
        threads: (0..state.threads.len())
            .map(|id| thread_name(&state, id))
            .collect(),
        steps: steps.iter().map(|step| row(&state, step)).collect(),
        sentence: String::new(),
        ..Timeline::default()
    }
}

/// A counted reference that was never dropped, at the end of an execution.
pub(crate) fn leak(execution: &Execution) -> Option<RawFailure> {
    let state = execution.state();
    let mut alive = state
        .objects
        .iter()
        .filter(|object| object.label == ARC && object.latest > 0);
    let Some(object) = alive.next() else {
        return execution.leaked_memory();
    };
    let more = match alive.count() {
        0 => String::new(),
        n => format!(", and {n} more like it"),
    };
    let place = PanicPlaceOr::Static(object.created);
    let at = location(&place);
    Some(RawFailure {
        kind: FailureKind::Leak,
        message: format!(
            "leak: {}, made at {}:{}, still has {} reference{} when every thread has ended{more}",
            object_name(object),
            short(&at.file),
            at.line,
            object.latest,
            if object.latest == 1 { "" } else { "s" },
        ),
        place: Some(place),
        thread: 0,
        steps: state.steps.len(),
        details: Vec::new(),
        with: None,
        explanation: Vec::new(),
    })
}

/// The label of the counters of [`Arc`](crate::sync::Arc).
pub(crate) const ARC: &str = "arc";

fn waits_not_shown(state: &State) -> Vec<RawStep> {
    let threads = state.threads.iter().enumerate();
    threads
        .filter(|(_, thread)| !thread.finished)
        .filter_map(|(id, thread)| {
            let pending = thread.pending.filter(|pending| !pending.shown)?;
            Some(RawStep::blocked(id, &pending))
        })
        .collect()
}

fn timeline(
    state: &State,
    raw: &RawFailure,
    steps: &[RawStep],
    location: Option<&Location>,
) -> Timeline {
    let mut rows: Vec<Step> = steps.iter().map(|step| row(state, step)).collect();
    let failing = rows
        .iter()
        .rposition(|row| row.thread == raw.thread && row.location.as_ref() == location);
    // What fails need not have come to be a step.
    let failing = failing.or_else(|| {
        let pending = state.threads.get(raw.thread)?.pending?;
        let is = location == Some(&self::location(&PanicPlaceOr::Static(pending.place)));
        is.then(|| {
            let step = RawStep {
                object: pending.object,
                target: pending.target,
                ..RawStep::new(raw.thread, pending.operation, pending.place)
            };
            rows.push(row(state, &step));
            rows.len() - 1
        })
    });
    let own = rows.iter().rposition(|row| row.thread == raw.thread);
    if let Some(failing) = failing.or(own).or(rows.len().checked_sub(1)) {
        rows[failing].failing = true;
    }
    let mut details = raw.details.clone();
    if raw.kind == FailureKind::Panic {
        details.extend(
            state
                .threads
                .iter()
                .enumerate()
                .skip(1)
                .filter_map(|(id, thread)| {
                    let (message, place) = thread.panic.as_ref()?;
                    let at = place.as_ref().map_or_else(String::new, |p| {
                        format!(" at {}:{}", short(&p.file), p.line)
                    });
                    Some(format!(
                        "{} panicked{at}: {message}",
                        thread_name(state, id)
                    ))
                }),
        );
    }
    Timeline {
        threads: (0..state.threads.len())
            .map(|id| thread_name(state, id))
            .collect(),
        steps: rows,
        sentence: sentence(state, raw, location),
        details,
        explanation: raw.explanation.clone(),
        ..Timeline::default()
    }
}

fn sentence(state: &State, raw: &RawFailure, location: Option<&Location>) -> String {
    let who = thread_name(state, raw.thread);
    let at = location.map_or_else(String::new, |l| {
        format!(" at {}:{}", short(&l.file), l.line)
    });
    match raw.kind {
        FailureKind::Panic => format!("{who} panicked{at}: {}", raw.message),
        FailureKind::Deadlock => format!("deadlock: {}", raw.message),
        _ => raw.message.clone(),
    }
}

fn row(state: &State, step: &RawStep) -> Step {
    let object = step.object.map(|id| &state.objects[id as usize]);
    let int = object.map_or(Int::U64, |object| object.int);
    let scaffolding = matches!(
        step.operation,
        Operation::Spawn | Operation::Start | Operation::Join | Operation::Finish
    ) && !step.blocked;
    let said = step.said.map(|said| &state.said[said as usize]);
    let detail = match (said, step.read, step.written) {
        (Some(said), ..) => said.text.clone(),
        (None, Some(0), None) if is_notify(step.operation) => "wakes nobody".to_owned(),
        (None, Some(n), None) if is_notify(step.operation) => format!("wakes {n}"),
        (None, Some(read), Some(written)) => format!("{} -> {}", int.show(read), int.show(written)),
        (None, Some(read), None) => format!("= {}", int.show(read)),
        (None, None, Some(written)) => int.show(written),
        (None, None, None) => match (step.target, object) {
            (Some(target), _) => thread_name(state, target),
            (None, Some(object)) if step.blocked && !object.holders.is_empty() => {
                held_then(state, step, object)
            }
            _ => String::new(),
        },
    };
    Step {
        thread: step.thread,
        operation: step.operation,
        object: object.map(object_name),
        detail,
        ordering: step.order.map(|order| format!("{order:?}")),
        location: place_of(state, step),
        blocked: step.blocked,
        scaffolding,
        stale: step.stale,
        failing: false,
    }
}

/// Who holds the lock for which a step waits.
fn held_then(state: &State, step: &RawStep, object: &Object) -> String {
    let names: Vec<_> = object
        .holders
        .iter()
        .map(|id| thread_name(state, *id))
        .collect();
    if object.holders.as_slice() == [step.thread] || step.operation == Operation::Wait {
        String::new()
    } else {
        format!("held by {}", names.join(", "))
    }
}

fn is_notify(operation: Operation) -> bool {
    matches!(operation, Operation::NotifyOne | Operation::NotifyAll)
}

/// The name given to the object, else its kind and number.
pub(crate) fn object_name(object: &Object) -> String {
    match &object.name {
        Some(name) => name.clone(),
        None => format!("{} {}", object.label, object.number),
    }
}

/// `main`, the thread's own name, or its number.
pub(crate) fn thread_name(state: &State, thread: ThreadId) -> String {
    match (&state.threads[thread].name, thread) {
        (Some(name), _) => name.clone(),
        (None, 0) => "main".to_owned(),
        (None, n) => format!("thread {n}"),
    }
}

/// Where a step was.
pub(crate) fn place_of(state: &State, step: &RawStep) -> Option<Location> {
    let said = || state.said.get(step.said? as usize)?.place.clone();
    let place = step.place.map(PanicPlaceOr::Static);
    let place = place.or_else(|| said().map(PanicPlaceOr::Panic))?;
    Some(location(&place))
}

pub(crate) fn location(place: &PanicPlaceOr) -> Location {
    match place {
        PanicPlaceOr::Static(place) => Location {
            file: place.file().to_owned(),
            line: place.line(),
            column: place.column(),
        },
        PanicPlaceOr::Panic(place) => Location {
            file: place.file.clone(),
            line: place.line,
            column: place.column,
        },
    }
}

/// The file's name without its folders.
pub(crate) fn short(file: &str) -> &str {
    file.rsplit(['/', '\\']).next().unwrap_or(file)
}
