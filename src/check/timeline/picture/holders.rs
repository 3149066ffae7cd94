//! Who is in the way of a thread that waits for ever: the circle of a deadlock.

use std::collections::HashMap;

use super::super::{Operation, Timeline};

/// For each step that asks for a lock and is the last of its thread, the steps that took it and still hold it.
pub(in crate::check::timeline) fn holders(timeline: &Timeline) -> Vec<(usize, usize)> {
    use Operation::*;
    let steps = &timeline.steps;
    let mut last = HashMap::new();
    for (i, step) in steps.iter().enumerate() {
        last.insert(step.thread, i);
    }
    let mut taken: Vec<(&str, usize, usize)> = Vec::new();
    // A lock that is taken as soon as it is free has no step of its own.
    let mut asked: HashMap<usize, (&str, usize)> = HashMap::new();
    let mut waits: Vec<(usize, &str)> = Vec::new();
    for (i, step) in steps.iter().enumerate() {
        let Some(object) = step.object.as_deref() else {
            continue;
        };
        let before = asked.remove(&step.thread);
        match step.operation {
            Lock | ReadLock | WriteLock if step.blocked => {
                asked.insert(step.thread, (object, i));
                if last[&step.thread] == i {
                    waits.push((i, object));
                }
                continue;
            }
            Lock | TryLock | ReadLock | TryReadLock | WriteLock | TryWriteLock => {
                taken.push((object, step.thread, i));
            }
            _ => taken.extend(before.map(|(object, at)| (object, step.thread, at))),
        }
        let freed = match step.operation {
            Unlock | ReadUnlock | WriteUnlock => object,
            // The mutex that a wait gives back is named in its detail, if anywhere.
            Wait => step.detail.as_str(),
            _ => continue,
        };
        if let Some(at) = taken
            .iter()
            .rposition(|(name, thread, _)| *thread == step.thread && freed.contains(name))
        {
            taken.remove(at);
        }
    }
    let others = |(i, object): (usize, &str)| {
        let holds = move |&(name, thread, _): &(&str, usize, usize)| {
            name == object && thread != steps[i].thread
        };
        let steps: Vec<_> = taken.iter().filter(|taken| holds(taken)).collect();
        steps
            .into_iter()
            .map(|&(_, _, at)| (i, at))
            .collect::<Vec<_>>()
    };
    waits.into_iter().flat_map(others).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::samples::{Script, abba, lost_update};
    use super::*;

    #[test]
    fn a_circle_goes_from_each_that_waits_to_what_the_other_took() {
        assert_eq!(holders(&abba()), [(7, 4), (8, 6)]);
        assert!(holders(&lost_update()).is_empty());
    }

    #[test]
    fn what_was_given_back_is_in_nobodys_way() {
        use Operation::*;
        let timeline = Script::new(&["main", "a"])
            .step(0, Lock, "m", "", 1)
            .step(0, Unlock, "m", "", 2)
            .step(1, Lock, "m", "", 3)
            .step(0, Lock, "m", "", 4)
            .blocked()
            .says("", &[]);
        assert_eq!(holders(&timeline), [(3, 2)]);
    }
}
