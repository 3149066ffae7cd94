//! Every safe buggy variant is found and shrunk by proptest, as the lab's own atomic steps under a generated schedule; the
//! fixed ones hold under every schedule there is. Where a lab has a table of results, all schedules together reach
//! exactly what the lab declares: that ties the steps here to the lab, whose table loom checks.
//!
//! relaxed-publish and data-race-cell are not here: their buggy forms are undefined behaviour, so no run of them is a
//! test of anything, and a race is a matter of happens-before, which steps do not have.

use std::collections::BTreeSet;

use racecourse::labs;

use super::machine::{Action, Bell, Ended, Execution, Lock, Program, Step};

/// The results that the lab declares as reachable for this variant.
fn declared(slug: &str, variant: &str) -> BTreeSet<String> {
    let lab = labs::find(slug).expect("a lab");
    let observation = lab.variant(variant).and_then(|v| v.observation);
    let reachable = observation.expect("a table").reachable;
    reachable.iter().map(ToString::to_string).collect()
}

fn done<S>(execution: &Execution<S>) -> bool {
    execution.ended == Ended::AllDone
}

mod lost_update {
    use super::*;

    #[derive(Clone, Default)]
    struct Page {
        visits: u32,
        seen: [u32; 2],
        lock: Lock,
    }

    fn load(page: &mut Page, me: usize) -> Step {
        page.seen[me] = page.visits;
        Step::Next
    }

    fn store(page: &mut Page, me: usize) -> Step {
        page.visits = page.seen[me] + 1;
        Step::Next
    }

    fn fetch_add(page: &mut Page, _: usize) -> Step {
        page.visits += 1;
        Step::Next
    }

    fn lock(page: &mut Page, me: usize) -> Step {
        page.lock.take(me)
    }

    fn unlock(page: &mut Page, me: usize) -> Step {
        page.lock.free(me);
        Step::Next
    }

    fn program(visit: &[Action<Page>]) -> Program<Page> {
        Program {
            start: Page::default(),
            threads: vec![visit.to_vec(), visit.to_vec()],
        }
    }

    #[test]
    fn the_bug_is_found_and_shrunk_to_one_pick() {
        let bug = program(&[load, store]);
        let schedule = bug.find(|end| end.state.visits == 2).expect("found");
        assert_eq!(
            schedule,
            [1],
            "start with the second thread; the first overtakes it"
        );
        assert_eq!(bug.run(&schedule).state.visits, 1);
    }

    #[test]
    fn all_schedules_reach_what_the_lab_declares() {
        for (variant, visit) in [
            ("buggy", &[load, store] as &[Action<Page>]),
            ("fixed", &[fetch_add]),
            ("fixed-mutex", &[lock, load, store, unlock]),
        ] {
            let reached = program(visit).all(|end| end.state.visits.to_string());
            assert_eq!(reached, declared("lost-update", variant), "{variant}");
        }
    }
}

mod check_then_act {
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
}

mod store_buffering {
    use super::*;

    /// Threads 0 and 1 are left and right; 2 and 3 are their store buffers.
    #[derive(Clone, Default)]
    struct Door {
        flag: [bool; 2],
        buffered: [bool; 2],
        enters: [bool; 2],
    }

    fn store(door: &mut Door, me: usize) -> Step {
        door.flag[me] = true;
        Step::Next
    }

    fn store_to_buffer(door: &mut Door, me: usize) -> Step {
        door.buffered[me] = true;
        Step::Next
    }

    fn drain(door: &mut Door, buffer: usize) -> Step {
        let me = buffer - 2;
        if !door.buffered[me] {
            return Step::Blocked;
        }
        door.buffered[me] = false;
        door.flag[me] = true;
        Step::End
    }

    fn fence(door: &mut Door, me: usize) -> Step {
        if door.buffered[me] {
            Step::Blocked
        } else {
            Step::Next
        }
    }

    fn load(door: &mut Door, me: usize) -> Step {
        door.enters[me] = !door.flag[1 - me];
        Step::Next
    }

    fn sequential() -> Program<Door> {
        Program {
            start: Door::default(),
            threads: vec![vec![store, load]; 2],
        }
    }

    fn buffered(enter: &[Action<Door>]) -> Program<Door> {
        let mut threads = vec![enter.to_vec(), enter.to_vec()];
        threads.extend([vec![drain as Action<Door>], vec![drain]]);
        Program {
            start: Door::default(),
            threads,
        }
    }

    fn inside(end: &Execution<Door>) -> String {
        let inside = match end.state.enters {
            [true, true] => "both",
            [true, false] => "left",
            [false, true] => "right",
            [false, false] => "neither",
        };
        inside.into()
    }

    #[test]
    fn no_interleaving_shows_the_bug() {
        assert_eq!(sequential().find(|end| inside(end) != "both"), None);
        assert!(!sequential().all(inside).contains("both"));
    }

    #[test]
    fn with_store_buffers_proptest_finds_and_shrinks_it() {
        let bug = buffered(&[store_to_buffer, load]);
        let schedule = bug.find(|end| inside(end) != "both").expect("found");
        assert!(
            schedule.is_empty(),
            "nothing but delay is needed: {schedule:?}"
        );
        assert_eq!(bug.all(inside), declared("store-buffering", "buggy"));
    }

    #[test]
    fn a_fence_that_waits_for_the_buffer_excludes_it() {
        let fixed = buffered(&[store_to_buffer, fence, load]);
        assert_eq!(fixed.find(|end| inside(end) != "both"), None);
        assert_eq!(fixed.all(inside), declared("store-buffering", "fixed"));
    }
}

mod abba {
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
}

mod lost_wakeup {
    use super::*;

    #[derive(Clone, Default)]
    struct Signal {
        done: bool,
        door: Lock,
        bell: Bell,
    }

    fn lock(signal: &mut Signal, me: usize) -> Step {
        signal.door.take(me)
    }

    fn unlock(signal: &mut Signal, me: usize) -> Step {
        signal.door.free(me);
        Step::Next
    }

    fn look(signal: &mut Signal, _: usize) -> Step {
        if signal.done { Step::End } else { Step::Next }
    }

    fn sleep(signal: &mut Signal, me: usize) -> Step {
        signal.bell.sleep(&mut signal.door, me);
        Step::Next
    }

    fn wake(signal: &mut Signal, me: usize) -> Step {
        match signal.bell.wake(&mut signal.door, me) {
            Step::Next => Step::Goto(1),
            blocked => blocked,
        }
    }

    fn set(signal: &mut Signal, _: usize) -> Step {
        signal.done = true;
        Step::Next
    }

    fn ring(signal: &mut Signal, _: usize) -> Step {
        signal.bell.ring();
        Step::Next
    }

    /// `look` ends the waiter with the lock in its hand, so a notifier that needs it would be stuck: free it first.
    fn look_and_unlock(signal: &mut Signal, me: usize) -> Step {
        let then = look(signal, me);
        if let Step::End = then {
            signal.door.free(me);
        }
        then
    }

    fn program(announce: &[Action<Signal>]) -> Program<Signal> {
        Program {
            start: Signal::default(),
            threads: vec![vec![lock, look_and_unlock, sleep, wake], announce.to_vec()],
        }
    }

    #[test]
    fn the_bug_is_found_and_shrunk_to_the_gap() {
        let bug = program(&[set, ring]);
        let schedule = bug.find(done).expect("found");
        // Two steps of the waiter (lock, look), then both of the notifier.
        assert_eq!(schedule, [0, 0, 1, 1]);
        assert_eq!(bug.run(&schedule).ended, Ended::Stuck);
    }

    #[test]
    fn the_fixes_never_get_stuck() {
        for fix in [[set, lock, ring, unlock], [lock, set, unlock, ring]] {
            let ends = program(&fix).all(|end| end.ended);
            assert_eq!(ends, BTreeSet::from([Ended::AllDone]));
        }
    }
}

mod if_not_while {
    use super::*;

    /// Threads 0 and 1 buy, thread 2 bakes.
    #[derive(Clone, Default)]
    struct Bakery {
        loaves: u32,
        shelf: Lock,
        bell: Bell,
        nothing: u32,
    }

    fn lock(bakery: &mut Bakery, me: usize) -> Step {
        bakery.shelf.take(me)
    }

    fn unlock(bakery: &mut Bakery, me: usize) -> Step {
        bakery.shelf.free(me);
        Step::Next
    }

    fn sleep_if_empty(bakery: &mut Bakery, me: usize) -> Step {
        if bakery.loaves > 0 {
            return Step::Goto(3);
        }
        bakery.bell.sleep(&mut bakery.shelf, me);
        Step::Next
    }

    fn wake(bakery: &mut Bakery, me: usize) -> Step {
        bakery.bell.wake(&mut bakery.shelf, me)
    }

    fn wake_and_ask_again(bakery: &mut Bakery, me: usize) -> Step {
        match wake(bakery, me) {
            Step::Next => Step::Goto(1),
            blocked => blocked,
        }
    }

    fn buy(bakery: &mut Bakery, _: usize) -> Step {
        if bakery.loaves == 0 {
            bakery.nothing += 1;
        } else {
            bakery.loaves -= 1;
        }
        Step::Next
    }

    fn put(bakery: &mut Bakery, _: usize) -> Step {
        bakery.loaves += 1;
        Step::Next
    }

    fn ring(bakery: &mut Bakery, _: usize) -> Step {
        bakery.bell.ring();
        Step::Next
    }

    fn program(wake: Action<Bakery>) -> Program<Bakery> {
        let buy: Vec<Action<Bakery>> = vec![lock, sleep_if_empty, wake, buy, unlock];
        let bake: [Action<Bakery>; 4] = [lock, put, unlock, ring];
        Program {
            start: Bakery::default(),
            threads: vec![buy.clone(), buy, bake.repeat(2)],
        }
    }

    #[test]
    fn the_bug_is_found_and_shrunk_to_a_stolen_wakeup() {
        let bug = program(wake);
        let schedule = bug.find(|end| end.state.nothing == 0).expect("found");
        let end = bug.run(&schedule);
        assert_eq!(
            (end.state.nothing, end.state.loaves),
            (1, 1),
            "one loaf stays on the shelf"
        );
        // Shrunk: no shorter one, and none with a smaller pick, fails.
        for i in 0..schedule.len() {
            let mut smaller = schedule.clone();
            smaller.remove(i);
            assert_eq!(
                bug.run(&smaller).state.nothing,
                0,
                "{smaller:?} is shorter than {schedule:?}"
            );
        }
    }

    #[test]
    fn the_fix_sends_nobody_home_without_bread() {
        let ends = program(wake_and_ask_again).all(|end| (end.ended, end.state.nothing));
        assert_eq!(ends, BTreeSet::from([(Ended::AllDone, 0)]));
    }
}

mod stop_flag {
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
}
