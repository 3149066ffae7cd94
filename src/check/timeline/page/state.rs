//! What is known after each step: who holds which lock, the latest value of each object, who waits.

use std::collections::{HashMap, HashSet};

use super::super::history::{History, Locks, Mode, value_written};
use super::super::phrase::Context;
use super::super::{Operation, Step, Timeline};

/// More objects than this are not shown: those that were touched last.
const SHOWN: usize = 16;

/// Each a name and what is to be said of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    pub(super) locks: Vec<(String, String)>,
    pub(super) values: Vec<(String, String)>,
    pub(super) waiting: Vec<(String, String)>,
}

/// The state after each of the `wanted` steps.
pub(super) fn states(
    timeline: &Timeline,
    context: &Context<'_>,
    wanted: &HashSet<usize>,
) -> HashMap<usize, State> {
    let history = History::of(timeline);
    let mut locks = Locks::default();
    // By when they were touched, the last at the end.
    let mut values: Vec<(&str, String)> = Vec::new();
    let mut asked: HashMap<usize, String> = HashMap::new();
    let mut out = HashMap::new();
    for (i, step) in timeline.steps.iter().enumerate() {
        locks.acquire_awaited(step);
        locks.record(step);
        if let (Some(object), Some(value)) = (step.object.as_deref(), value_left(step)) {
            values.retain(|(name, _)| *name != object);
            values.push((object, value));
        }
        if let Some(awaited) = &history.awaited[i] {
            asked.insert(step.thread, context.waits(awaited, step));
        }
        if !wanted.contains(&i) {
            continue;
        }
        let mut state = State {
            locks: held(&locks, context),
            ..State::default()
        };
        let first = values.len().saturating_sub(SHOWN);
        state.values = values[first..]
            .iter()
            .map(|(name, value)| (context.name(name), context.value(value)))
            .collect();
        state.values.sort();
        for &thread in &history.waiting[i] {
            let what = asked.get(&thread).cloned().unwrap_or_default();
            state.waiting.push((context.thread(thread), what));
        }
        out.insert(i, state);
    }
    out
}

/// Each lock once, with all who hold it.
fn held(locks: &Locks, context: &Context<'_>) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    for (name, thread, mode) in &locks.held {
        let name = context.name(name);
        let holder = context.thread(*thread);
        match out.iter_mut().find(|(other, _)| *other == name) {
            Some((_, holders)) => {
                holders.push_str(", ");
                holders.push_str(&holder);
            }
            None => {
                let how = match mode {
                    Mode::Shared => "read by",
                    Mode::Exclusive => "held by",
                };
                out.push((name, format!("{how} {holder}")));
            }
        }
    }
    out.truncate(SHOWN);
    out
}

/// The value that the object of a step has after it: what it wrote, or what it read if that was the latest.
fn value_left(step: &Step) -> Option<String> {
    use Operation::*;
    let read = || {
        let reads = matches!(
            step.operation,
            Load | Read | CompareExchangeFailed | CompareExchangeSpurious
        );
        let value = step.detail.trim_start_matches('=').trim();
        (reads && !step.stale && !value.is_empty()).then(|| value.to_owned())
    };
    value_written(step).or_else(read)
}

#[cfg(test)]
mod tests {
    use super::super::super::measure::UNICODE;
    use super::super::super::samples::{Script, abba, stale};
    use super::*;

    fn of(timeline: &Timeline) -> Vec<State> {
        let context = Context {
            glyphs: UNICODE,
            threads: &timeline.threads,
        };
        let all = 0..timeline.steps.len();
        let mut states = states(timeline, &context, &all.clone().collect());
        all.map(|i| states.remove(&i).expect("each was asked for"))
            .collect()
    }

    fn pair(name: &str, what: &str) -> (String, String) {
        (name.to_owned(), what.to_owned())
    }

    #[test]
    fn locks_have_holders_and_threads_wait() {
        let last = of(&abba()).pop().expect("steps");
        assert_eq!(
            last.locks,
            [
                pair("alice", "held by alice to bob"),
                pair("bob", "held by bob to alice")
            ]
        );
        assert_eq!(
            last.waiting,
            [
                pair("bob to alice", "waits for alice to bob"),
                pair("alice to bob", "waits for bob to alice")
            ]
        );
    }

    #[test]
    fn a_stale_load_does_not_change_the_latest_value() {
        let last = of(&stale()).pop().expect("steps");
        assert_eq!(last.values, [pair("data", "42"), pair("ready", "true")]);
    }

    #[test]
    fn readers_share_and_a_wait_gives_the_mutex_back() {
        use Operation::*;
        let states = of(&Script::new(&["main", "a"])
            .step(0, ReadLock, "table", "", 1)
            .step(1, ReadLock, "table", "", 2)
            .step(0, Lock, "m", "", 3)
            .step(0, Wait, "ready", "", 4)
            .blocked()
            .step(1, CompareExchangeFailed, "x", "= 7", 5)
            .says("", &[]));
        assert_eq!(states[1].locks, [pair("table", "read by main, a")]);
        assert_eq!(states[2].locks.len(), 2);
        assert_eq!(states[3].locks.len(), 1);
        assert_eq!(states[4].values, [pair("x", "7")]);
    }
}
