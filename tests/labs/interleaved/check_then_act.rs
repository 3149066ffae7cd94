//! The steps of lab `check-then-act`.

use super::*;

#[derive(Clone, Default)]
struct Account {
    balance: i64,
    lock: Lock,
    enough: [bool; 2],
    seen: [i64; 2],
}

fn lock(account: &mut Account, me: usize) -> Step {
    account.lock.take(me)
}

fn unlock(account: &mut Account, me: usize) -> Step {
    account.lock.free(me);
    Step::Next
}

fn check(account: &mut Account, me: usize) -> Step {
    account.enough[me] = account.balance >= 80;
    Step::Next
}

fn stop_if_refused(account: &mut Account, me: usize) -> Step {
    if account.enough[me] {
        Step::Next
    } else {
        Step::End
    }
}

fn act(account: &mut Account, me: usize) -> Step {
    if account.enough[me] {
        account.balance -= 80;
    }
    Step::Next
}

fn load(account: &mut Account, me: usize) -> Step {
    account.seen[me] = account.balance;
    Step::Next
}

fn compare_exchange(account: &mut Account, me: usize) -> Step {
    if account.seen[me] < 80 {
        return Step::End;
    }
    if account.balance != account.seen[me] {
        account.seen[me] = account.balance;
        return Step::Goto(1);
    }
    account.balance -= 80;
    Step::End
}

fn program(withdraw: &[Action<Account>]) -> Program<Account> {
    Program {
        start: Account {
            balance: 100,
            ..Account::default()
        },
        threads: vec![withdraw.to_vec(), withdraw.to_vec()],
    }
}

const BUGGY: &[Action<Account>] = &[lock, check, unlock, stop_if_refused, lock, act, unlock];

#[test]
fn the_bug_is_found_and_shrunk_to_one_switch() {
    let bug = program(BUGGY);
    let schedule = bug.find(|end| end.state.balance >= 0).expect("found");
    // The first locks, checks and unlocks; then the second comes in, and checks the same balance.
    assert_eq!(schedule, [0, 0, 0, 1]);
    assert_eq!(bug.run(&schedule).state.balance, -60);
}

#[test]
fn all_schedules_reach_what_the_lab_declares() {
    for (variant, withdraw) in [
        ("buggy", BUGGY),
        ("fixed", &[lock, check, act, unlock]),
        ("fixed-cas", &[load, compare_exchange]),
    ] {
        let reached = program(withdraw).all(|end| end.state.balance.to_string());
        assert_eq!(reached, declared("check-then-act", variant), "{variant}");
    }
}
