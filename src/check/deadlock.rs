//! What is said of threads that wait for ever: for what, held by whom, and in which circle.

use super::execution::{Execution, State};
use super::explain::{object_name, place_of, short, thread_name};
use super::failure::FailureKind;
use super::kernel::ThreadId;
use super::record::{PanicPlaceOr, Pending, RawFailure};
use super::timeline::Operation;

/// A deadlock: every thread that is left waits.
pub(crate) fn deadlock(execution: &Execution) -> RawFailure {
    let state = execution.state();
    let stuck: Vec<(ThreadId, Pending)> = state
        .threads
        .iter()
        .enumerate()
        .filter(|(_, thread)| !thread.finished)
        .filter_map(|(id, thread)| Some((id, thread.pending?)))
        .collect();
    let details: Vec<String> = stuck
        .iter()
        .map(|(id, pending)| waits(&state, *id, pending))
        .collect();
    let forgotten = stuck.iter().filter_map(|(_, pending)| {
        let condvar = pending
            .object
            .filter(|_| pending.operation == Operation::Wait)?;
        missed_notification(&state, condvar)
    });
    let mut details: Vec<String> = details.into_iter().chain(forgotten).collect();
    details.dedup();
    // If main was already unwinding, its panic is what the reader must see, not that it got stuck then.
    let main = &state.threads[0];
    if main.panicking
        && let Some((message, place)) = main.panic.clone()
    {
        details.push("while it unwound, main waited for ever".to_owned());
        return RawFailure {
            kind: FailureKind::Panic,
            message,
            place: place.map(PanicPlaceOr::Panic),
            thread: 0,
            steps: main.panic_step,
            details,
            with: None,
            explanation: Vec::new(),
        };
    }
    // Who only waits for a thread to end is not the cause.
    let first = stuck
        .iter()
        .find(|(_, pending)| pending.operation != Operation::Join)
        .or_else(|| stuck.first());
    RawFailure {
        kind: FailureKind::Deadlock,
        message: match stuck.len() {
            0 => "every thread waits, and none can go on".to_owned(),
            1 => format!("{} waits for ever", thread_name(&state, stuck[0].0)),
            n => format!(
                "{n} threads wait for ever, each for something that only the others could give"
            ),
        },
        place: first.map(|(_, pending)| PanicPlaceOr::Static(pending.place)),
        thread: first.map_or(0, |(id, _)| *id),
        steps: state.steps.len(),
        details,
        with: None,
        explanation: circle(&state, &stuck).into_iter().collect(),
    }
}

/// A livelock: threads that spin, with nobody left to change what they read.
pub(crate) fn livelock(execution: &Execution) -> RawFailure {
    let mut failure = deadlock(execution);
    if failure.kind != FailureKind::Deadlock {
        return failure;
    }
    failure.kind = FailureKind::Livelock;
    let state = execution.state();
    let spins = |operation| matches!(operation, Operation::SpinHint | Operation::Yield);
    let stuck: Vec<(ThreadId, Operation)> = (0_usize..)
        .zip(&state.threads)
        .filter(|(_, thread)| !thread.finished)
        .filter_map(|(id, thread)| Some((id, thread.pending?.operation)))
        .collect();
    let who: Vec<String> = stuck
        .iter()
        .filter(|(_, operation)| spins(*operation))
        .map(|(id, _)| thread_name(&state, *id))
        .collect();
    let says = match who.as_slice() {
        [] => return failure,
        [one] => format!("{one} spins for ever"),
        many => format!("{} spin for ever", many.join(" and ")),
    };
    failure.message = format!("livelock: {says}, and nobody is left to change what is read there");
    // Who spins is the cause, rather than who waits for it to end.
    if let Some((id, _)) = stuck.iter().find(|(_, operation)| spins(*operation)) {
        failure.thread = *id;
        let pending = state.threads[*id].pending;
        failure.place = pending.map(|pending| PanicPlaceOr::Static(pending.place));
    }
    failure
}

/// The circle of those who wait for each other, in a sentence.
fn circle(state: &State, stuck: &[(ThreadId, Pending)]) -> Option<String> {
    // For whom each waits, and in which words.
    let next = |thread: ThreadId| {
        let (_, pending) = stuck.iter().find(|(id, _)| *id == thread)?;
        let is_stuck = |other: &ThreadId| stuck.iter().any(|(id, _)| id == other);
        if pending.operation == Operation::Join {
            let target = pending.target.filter(is_stuck)?;
            let name = thread_name(state, target);
            return Some((target, format!("waits for {name} to end")));
        }
        let object = &state.objects[pending.object? as usize];
        let holder = *object.holders.iter().find(|id| is_stuck(id))?;
        let (name, by) = (object_name(object), thread_name(state, holder));
        Some((holder, format!("waits for {name}, held by {by}")))
    };
    for (start, _) in stuck {
        let mut words = Vec::new();
        let mut at = *start;
        while let Some((target, what)) = next(at) {
            words.push(what);
            at = target;
            if at == *start || words.len() > stuck.len() {
                break;
            }
        }
        if at == *start && words.len() > 1 {
            let who = thread_name(state, at);
            return Some(format!("The circle: {who} {}.", words.join(", which ")));
        }
    }
    None
}

fn waits(state: &State, thread: ThreadId, pending: &Pending) -> String {
    let who = thread_name(state, thread);
    let at = format!("{}:{}", short(pending.place.file()), pending.place.line());
    let object = pending.object.map(|id| &state.objects[id as usize]);
    match (pending.operation, object) {
        (Operation::Join, _) => {
            let target = pending
                .target
                .map_or_else(String::new, |id| thread_name(state, id));
            format!("{who} waits for {target} to end, at {at}")
        }
        (Operation::SpinHint | Operation::Yield, None) => {
            let last = last_read(state, thread);
            let last = last.map_or_else(String::new, |last| format!(": {last}"));
            format!("{who} spins at {at}{last}")
        }
        (Operation::Park, _) => format!("{who} is parked at {at}, and nobody is left to unpark it"),
        (Operation::Wait, Some(object)) => {
            format!(
                "{who} waits on {} at {at}, and nobody is left to notify it",
                object_name(object)
            )
        }
        (_, Some(object)) => {
            let held = match object.holders.as_slice() {
                [] => String::new(),
                [holder] if *holder == thread => ", which it holds itself".to_owned(),
                holders => {
                    let names: Vec<_> = holders.iter().map(|id| thread_name(state, *id)).collect();
                    format!(", held by {}", names.join(" and "))
                }
            };
            format!("{who} waits for {}{held}, at {at}", object_name(object))
        }
        (operation, None) => format!("{who} waits in {operation} at {at}"),
    }
}

/// What a thread that spins has read last: it decides whether it goes on.
fn last_read(state: &State, thread: ThreadId) -> Option<String> {
    let mut steps = state.steps.iter().rev();
    let step = steps.find(|step| {
        step.thread == thread && step.read.is_some() && step.object.is_some() && !step.blocked
    })?;
    let object = &state.objects[step.object? as usize];
    let place = place_of(state, step)?;
    Some(format!(
        "the last that it read is {} = {}, at {}:{}",
        object_name(object),
        object.int.show(step.read?),
        short(&place.file),
        place.line
    ))
}

/// The notification that came when nobody waited, if a thread now waits on that condvar for ever.
fn missed_notification(state: &State, condvar: u32) -> Option<String> {
    let step = state.steps.iter().rev().find(|step| {
        step.object == Some(condvar)
            && matches!(step.operation, Operation::NotifyOne | Operation::NotifyAll)
            && step.read == Some(0)
    })?;
    let name = object_name(&state.objects[condvar as usize]);
    let place = place_of(state, step)?;
    Some(format!(
        "{name} was notified at {}:{} by {} when nobody waited on it",
        short(&place.file),
        place.line,
        thread_name(state, step.thread)
    ))
}
