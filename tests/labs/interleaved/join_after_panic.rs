//! The steps of lab `join-after-panic`.

use super::*;

/// Thread 0 is main, thread 1 the worker.
#[derive(Clone, Default)]
struct Task {
    visitors: u32,
    value: Option<Result<u32, ()>>,
    result: Option<Result<u32, ()>>,
    lock: Lock,
    done: Bell,
}

fn lock(task: &mut Task, me: usize) -> Step {
    task.lock.take(me)
}

fn unlock(task: &mut Task, me: usize) -> Step {
    task.lock.free(me);
    Step::Next
}

fn count(task: &mut Task, _: usize) -> Step {
    task.visitors += 1;
    Step::Next
}

fn end_or_sleep(task: &mut Task, me: usize) -> Step {
    if task.result.is_some() {
        task.lock.free(me);
        return Step::End;
    }
    task.done.sleep(&mut task.lock, me);
    Step::Next
}

fn wake_and_look_again(task: &mut Task, me: usize) -> Step {
    match task.done.wake(&mut task.lock, me) {
        Step::Next => Step::Goto(2),
        blocked => blocked,
    }
}

fn divide(task: &mut Task, _: usize) -> Step {
    task.value = Some(100_u32.checked_div(task.visitors).ok_or(()));
    Step::Next
}

fn divide_or_die(task: &mut Task, me: usize) -> Step {
    divide(task, me);
    if task.visitors == 0 {
        Step::End
    } else {
        Step::Next
    }
}

fn set(task: &mut Task, _: usize) -> Step {
    task.result = task.value;
    Step::Next
}

fn ring(task: &mut Task, _: usize) -> Step {
    task.done.ring();
    Step::Next
}

fn program(divide: Action<Task>) -> Program<Task> {
    Program {
        start: Task::default(),
        threads: vec![
            vec![count, lock, end_or_sleep, wake_and_look_again],
            vec![divide, lock, set, unlock, ring],
        ],
    }
}

#[test]
fn the_bug_is_found_and_shrunk_to_one_pick() {
    let bug = program(divide_or_die);
    let schedule = bug.find(done).expect("found");
    assert_eq!(schedule, [1], "the worker comes first, and divides by zero");
    let end = bug.run(&schedule);
    assert_eq!((end.ended, end.state.result), (Ended::Stuck, None));
}

#[test]
fn the_fix_gives_main_the_value_or_the_panic() {
    assert_eq!(
        program(divide).all(|end| (end.ended, end.state.result)),
        BTreeSet::from([
            (Ended::AllDone, Some(Ok(100))),
            (Ended::AllDone, Some(Err(())))
        ])
    );
}
