//! The steps of lab `silent-death`.

use super::*;

/// What a thread leaves for main.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Left {
    #[default]
    Nothing,
    Temperature,
    Error,
}
use Left::*;

/// Threads 0 and 1 ask for a city each; main looks at what they left when both have ended.
#[derive(Clone, Default)]
struct Service {
    busy: bool,
    left: [Left; 2],
}

fn ask_or_die(service: &mut Service, _: usize) -> Step {
    if service.busy {
        return Step::End;
    }
    service.busy = true;
    Step::Next
}

fn ask_or_leave_an_error(service: &mut Service, me: usize) -> Step {
    if service.busy {
        service.left[me] = Error;
    }
    ask_or_die(service, me)
}

fn hear(service: &mut Service, me: usize) -> Step {
    service.busy = false;
    service.left[me] = Temperature;
    Step::Next
}

fn program(ask: Action<Service>) -> Program<Service> {
    Program {
        start: Service::default(),
        threads: vec![vec![ask, hear]; 2],
    }
}

fn left(end: &Execution<Service>) -> [Left; 2] {
    end.state.left
}

#[test]
fn the_bug_is_found_and_shrunk_to_one_pick() {
    let bug = program(ask_or_die);
    let schedule = bug
        .find(|end| !left(end).contains(&Nothing))
        .expect("found");
    // The second thread is being served when the first comes.
    assert_eq!(schedule, [1]);
    assert_eq!(left(&bug.run(&schedule)), [Nothing, Temperature]);
}

#[test]
fn with_the_fix_every_thread_leaves_its_temperature_or_its_error() {
    assert_eq!(
        program(ask_or_leave_an_error).all(left),
        BTreeSet::from([
            [Temperature, Temperature],
            [Temperature, Error],
            [Error, Temperature]
        ])
    );
}
