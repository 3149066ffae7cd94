//! The steps of lab `stale-write-back`.

use super::*;

#[derive(Clone, Copy, Default)]
struct Record {
    moved: bool,
    orders: u32,
    version: u32,
}

/// Thread 0 moves the customer, thread 1 orders.
#[derive(Clone, Default)]
struct Row {
    record: Record,
    lock: Lock,
    copy: [Record; 2],
}

fn lock(row: &mut Row, me: usize) -> Step {
    row.lock.take(me)
}

fn unlock(row: &mut Row, me: usize) -> Step {
    row.lock.free(me);
    Step::Next
}

fn copy(row: &mut Row, me: usize) -> Step {
    row.copy[me] = row.record;
    Step::Next
}

fn change(record: &mut Record, me: usize) {
    match me {
        0 => record.moved = true,
        _ => record.orders += 1,
    }
}

fn work(row: &mut Row, me: usize) -> Step {
    change(&mut row.copy[me], me);
    Step::Next
}

fn work_in_place(row: &mut Row, me: usize) -> Step {
    change(&mut row.record, me);
    Step::Next
}

fn write_back(row: &mut Row, me: usize) -> Step {
    row.record = row.copy[me];
    Step::Next
}

fn write_back_or_again(row: &mut Row, me: usize) -> Step {
    if row.record.version != row.copy[me].version {
        row.lock.free(me);
        return Step::Goto(0);
    }
    row.copy[me].version += 1;
    write_back(row, me)
}

fn program(process: &[Action<Row>]) -> Program<Row> {
    Program {
        start: Row::default(),
        threads: vec![process.to_vec(), process.to_vec()],
    }
}

fn kept(end: &Execution<Row>) -> bool {
    end.state.record.moved && end.state.record.orders == 1
}

fn result(end: &Execution<Row>) -> String {
    let Record { moved, orders, .. } = end.state.record;
    let city = if moved { "Zurich" } else { "Boulder" };
    format!("{city}, {orders}")
}

const BUGGY: &[Action<Row>] = &[lock, copy, unlock, work, lock, write_back, unlock];

#[test]
fn the_bug_is_found_and_shrunk_to_one_switch() {
    let bug = program(BUGGY);
    let schedule = bug.find(kept).expect("found");
    // The first locks, copies and unlocks; then the second comes in, and copies the same record.
    assert_eq!(schedule, [0, 0, 0, 1]);
    assert_eq!(result(&bug.run(&schedule)), "Boulder, 1");
}

#[test]
fn all_schedules_reach_what_the_lab_declares() {
    let fixed: &[Action<Row>] = &[lock, copy, unlock, work, lock, write_back_or_again, unlock];
    for (variant, process) in [
        ("buggy", BUGGY),
        ("fixed", fixed),
        ("fixed-hold", &[lock, work_in_place, unlock]),
    ] {
        let reached = program(process).all(result);
        assert_eq!(reached, declared("stale-write-back", variant), "{variant}");
    }
}
