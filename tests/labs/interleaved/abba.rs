//! The steps of lab `abba`.

use super::*;

#[derive(Clone, Default)]
struct Locks {
    account: [Lock; 2],
    house: Lock,
}

// Thread 0 transfers from account 0 to 1, thread 1 from 1 to 0: thread `t` debits account `t`.
fn lock_debited(locks: &mut Locks, me: usize) -> Step {
    locks.account[me].take(me)
}

fn lock_credited(locks: &mut Locks, me: usize) -> Step {
    locks.account[1 - me].take(me)
}

fn lock_lower(locks: &mut Locks, me: usize) -> Step {
    locks.account[0].take(me)
}

fn lock_higher(locks: &mut Locks, me: usize) -> Step {
    locks.account[1].take(me)
}

fn lock_house(locks: &mut Locks, me: usize) -> Step {
    locks.house.take(me)
}

fn unlock_accounts(locks: &mut Locks, me: usize) -> Step {
    locks.account[0].free(me);
    locks.account[1].free(me);
    Step::Next
}

fn unlock_house(locks: &mut Locks, me: usize) -> Step {
    locks.house.free(me);
    Step::Next
}

fn program(transfer: &[Action<Locks>]) -> Program<Locks> {
    Program {
        start: Locks::default(),
        threads: vec![transfer.to_vec(), transfer.to_vec()],
    }
}

#[test]
fn the_bug_is_found_and_shrunk_to_one_pick() {
    let bug = program(&[lock_debited, lock_credited, unlock_accounts]);
    let schedule = bug.find(done).expect("found");
    assert_eq!(
        schedule,
        [1],
        "the second thread takes its first lock, then the first takes its own"
    );
    assert_eq!(bug.run(&schedule).ended, Ended::Stuck);
}

#[test]
fn the_fixes_never_get_stuck() {
    let one_order = program(&[lock_lower, lock_higher, unlock_accounts]);
    let one_lock = program(&[
        lock_house,
        lock_debited,
        lock_credited,
        unlock_accounts,
        unlock_house,
    ]);
    for fix in [one_order, one_lock] {
        assert_eq!(fix.all(|end| end.ended), BTreeSet::from([Ended::AllDone]));
    }
}
