//! The steps of lab `guard-across-await`. A thread that polls tasks is one list of steps, whichever task they are of.

use super::*;

/// Thread 0 polls the two deposits in turn, thread 1 brings the rate.
#[derive(Clone, Default)]
struct Bank {
    deposited: [bool; 2],
    balance: Lock,
    rate: bool,
    unparked: bool,
}

fn lock(bank: &mut Bank, me: usize) -> Step {
    bank.balance.take(me)
}

/// With the balance locked: deposits, and unlocks; or the task is away, and keeps the lock.
fn deposit_or_be_away<const TASK: usize>(bank: &mut Bank, me: usize) -> Step {
    if bank.rate {
        bank.deposited[TASK] = true;
        bank.balance.free(me);
    }
    Step::Next
}

/// Without a lock: goes on with the deposit, or is away with empty hands.
fn await_the_rate<const TASK: usize>(bank: &mut Bank, me: usize) -> Step {
    if bank.rate && !bank.deposited[TASK] {
        let then = lock(bank, me);
        deposit_or_be_away::<TASK>(bank, me);
        return then;
    }
    Step::Next
}

fn end_or_park(bank: &mut Bank, _: usize) -> Step {
    if bank.deposited == [true; 2] {
        return Step::End;
    }
    if !bank.unparked {
        return Step::Blocked;
    }
    bank.unparked = false;
    Step::Goto(0)
}

fn bring_the_rate(bank: &mut Bank, _: usize) -> Step {
    bank.rate = true;
    Step::Next
}

fn unpark(bank: &mut Bank, _: usize) -> Step {
    bank.unparked = true;
    Step::Next
}

fn program(poll: &[Action<Bank>]) -> Program<Bank> {
    Program {
        start: Bank::default(),
        threads: vec![poll.to_vec(), vec![bring_the_rate, unpark]],
    }
}

#[test]
fn the_bug_is_found_and_shrunk_to_nothing() {
    let bug = program(&[
        lock,
        deposit_or_be_away::<0>,
        lock,
        deposit_or_be_away::<1>,
        end_or_park,
    ]);
    let schedule = bug.find(done).expect("found");
    assert!(
        schedule.is_empty(),
        "all it takes is that the rate comes late: {schedule:?}"
    );
    let end = bug.run(&schedule);
    assert_eq!((end.ended, end.state.deposited), (Ended::Stuck, [false; 2]));
    let ends = bug.all(|end| end.ended);
    assert_eq!(ends.len(), 2, "it ends if the rate comes first: {ends:?}");
}

#[test]
fn the_fix_deposits_both() {
    let fixed = program(&[await_the_rate::<0>, await_the_rate::<1>, end_or_park]);
    let ends = fixed.all(|end| (end.ended, end.state.deposited));
    assert_eq!(ends, BTreeSet::from([(Ended::AllDone, [true; 2])]));
}
