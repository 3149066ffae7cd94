//! The steps of lab `stop-flag`.

use super::*;

/// Thread 0 serves, thread 1 stops.
#[derive(Clone, Default)]
struct Server {
    waiting: u32,
    answers: u32,
    stopping: bool,
    at_stop: u32,
    desk: Lock,
    bell: Bell,
}

fn lock(server: &mut Server, me: usize) -> Step {
    server.desk.take(me)
}

fn unlock(server: &mut Server, me: usize) -> Step {
    server.desk.free(me);
    Step::Next
}

fn end_if_stopping(server: &mut Server, me: usize) -> Step {
    if !server.stopping {
        return Step::Next;
    }
    server.desk.free(me);
    Step::End
}

fn answer_under_lock_or_sleep(server: &mut Server, me: usize) -> Step {
    if server.waiting > 0 {
        server.waiting -= 1;
        server.answers += 1;
        return Step::Goto(1);
    }
    server.bell.sleep(&mut server.desk, me);
    Step::Next
}

fn wake_and_look_again(server: &mut Server, me: usize) -> Step {
    match server.bell.wake(&mut server.desk, me) {
        Step::Next => Step::Goto(1),
        blocked => blocked,
    }
}

fn begin_or_sleep(server: &mut Server, me: usize) -> Step {
    if server.waiting > 0 {
        server.waiting -= 1;
        return Step::Goto(4);
    }
    server.bell.sleep(&mut server.desk, me);
    Step::Next
}

fn answer(server: &mut Server, _: usize) -> Step {
    server.answers += 1;
    Step::Next
}

fn answer_unless_stopping(server: &mut Server, _: usize) -> Step {
    if !server.stopping {
        server.answers += 1;
    }
    Step::Next
}

fn again(_: &mut Server, _: usize) -> Step {
    Step::Goto(0)
}

fn set(server: &mut Server, _: usize) -> Step {
    server.stopping = true;
    Step::Next
}

fn ring(server: &mut Server, _: usize) -> Step {
    server.bell.ring();
    Step::Next
}

fn note_answers(server: &mut Server, _: usize) -> Step {
    server.at_stop = server.answers;
    Step::Next
}

fn program(serve: &[Action<Server>], stop: &[Action<Server>]) -> Program<Server> {
    let note: [Action<Server>; 3] = [lock, note_answers, unlock];
    Program {
        start: Server {
            waiting: 1,
            ..Server::default()
        },
        threads: vec![serve.to_vec(), [stop, &note].concat()],
    }
}

fn working(answer: Action<Server>) -> Vec<Action<Server>> {
    vec![
        lock,
        end_if_stopping,
        begin_or_sleep,
        wake_and_look_again,
        unlock, // the work itself
        lock,
        answer,
        unlock,
        again,
    ]
}

const LOCKED_STOP: [Action<Server>; 4] = [lock, set, unlock, ring];

fn late(end: &Execution<Server>) -> u32 {
    end.state.answers - end.state.at_stop
}

#[test]
fn the_missed_stop_is_found_and_shrunk() {
    let serve: [Action<Server>; 4] = [
        lock,
        end_if_stopping,
        answer_under_lock_or_sleep,
        wake_and_look_again,
    ];
    let bug = program(&serve, &[set, ring]);
    let schedule = bug.find(done).expect("found");
    // lock, look, answer, look; then flag and bell; then the server sleeps.
    assert_eq!(schedule, [0, 0, 0, 0, 1, 1]);
    assert_eq!(bug.run(&schedule).ended, Ended::Stuck);
    assert!(
        bug.all(late).iter().all(|&late| late == 0),
        "it is only the stop that is missed"
    );
}

#[test]
fn the_late_answer_is_found_and_shrunk() {
    let bug = program(&working(answer), &LOCKED_STOP);
    let schedule = bug.find(|end| late(end) == 0).expect("found");
    let first_switch = schedule.iter().position(|&pick| pick != 0);
    // The server locks, looks, takes the request and unlocks: then the stop.
    assert_eq!(first_switch, Some(4), "{schedule:?}");
    assert_eq!(late(&bug.run(&schedule)), 1);
    assert!(
        bug.all(|end| end.ended)
            .iter()
            .all(|end| *end == Ended::AllDone)
    );
}

#[test]
fn the_fix_ends_and_answers_nothing_late() {
    let fixed = program(&working(answer_unless_stopping), &LOCKED_STOP);
    let ends = fixed.all(|end| (end.ended, late(end)));
    assert_eq!(ends, BTreeSet::from([(Ended::AllDone, 0)]));
}
