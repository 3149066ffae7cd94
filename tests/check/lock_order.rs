//! The order of locks: which circles are reported, which are not, and what the report says.

use std::sync::Arc;

use racecourse::check::lock_order::{Cycle, LockOrder, watch};
use racecourse::check::{Checker, Engine, Verdict, name};
use racecourse::sync::{Condvar, Mutex, RwLock};
use racecourse::{parking_lot, thread};

/// Runs the bodies one after the other, each on a thread of its own, so that no deadlock can happen.
fn one_after_the_other(bodies: &[&(dyn Fn() + Sync)]) -> LockOrder {
    watch(|| {
        for body in bodies {
            thread::scope(|s| {
                s.spawn(body).join().unwrap();
            });
        }
    })
}

fn only(order: &LockOrder) -> &Cycle {
    assert_eq!(order.cycles().len(), 1, "{order}");
    assert!(order.is_complete());
    &order.cycles()[0]
}

/// What a person reads, without the directories and the lines.
fn read(order: &LockOrder) -> String {
    let mut text = String::new();
    for word in order.to_string().split_inclusive([' ', '\n']) {
        match word.split_once(".rs:") {
            Some((_, rest)) => text += rest.trim_start_matches(|c: char| c.is_ascii_digit()),
            None => text += word,
        }
    }
    text
}

#[test]
fn two_orders_are_reported_though_nothing_happened() {
    let (a, b) = (Mutex::new(1), Mutex::new(2));
    let order = watch(|| {
        name(&a, "a");
        name(&b, "b");
        thread::scope(|s| {
            let ab = || *a.lock().unwrap() + *b.lock().unwrap();
            s.spawn(ab).join().unwrap();
        });
        let _b = b.lock().unwrap();
        let _a = a.lock().unwrap();
    });
    let links = only(&order).links();
    let main = thread::current().name().unwrap().to_owned();
    let read: Vec<_> = links
        .iter()
        .map(|link| (&*link.thread, &*link.holds.lock, &*link.wants.lock))
        .collect();
    let mut expected = [("thread 1", "a", "b"), (&*main, "b", "a")];
    if read[0].0 == main {
        expected.swap(0, 1);
    }
    assert_eq!(read, expected);
    for link in links {
        assert!(link.holds.at.file.ends_with("lock_order.rs"));
        assert!(link.holds.made.line < link.holds.at.line);
        assert!(link.wants.at.line >= link.holds.at.line);
        assert!(link.also_holds.is_empty() && link.behind.is_none());
    }
}

#[test]
fn the_report_names_threads_lines_and_the_remedy() {
    let (a, b) = (parking_lot::Mutex::new(1), parking_lot::Mutex::new(2));
    let order = one_after_the_other(&[&|| assert_eq!(*a.lock() + *b.lock(), 3), &|| {
        assert_eq!(*b.lock() + *a.lock(), 3)
    }]);
    assert_eq!(
        read(&order),
        "potential deadlock: 2 threads, each of which can hold what another waits for\n  \
         thread 1  holds mutex 1, taken at , and asks for mutex 2 at \n  \
         thread 2  holds mutex 2, taken at , and asks for mutex 1 at \n  \
         made: mutex 1 at , mutex 2 at \n\
         next: take these locks in one order everywhere, or let go of one before asking for the next, or hold one more lock \
         around both"
    );
}

#[test]
fn one_order_is_clean() {
    let (a, b, c) = (Mutex::new(1), Mutex::new(2), RwLock::new(3));
    let body = || {
        let _a = a.lock().unwrap();
        let _b = b.lock().unwrap();
        let _c = c.write().unwrap();
    };
    let order = one_after_the_other(&[&body, &body, &|| {
        let _a = a.lock().unwrap();
        let _c = c.read().unwrap();
    }]);
    assert!(order.is_clean() && order.is_complete());
    assert!(order.to_string().starts_with("no two threads"), "{order}");
}

#[test]
fn a_gate_keeps_threads_apart() {
    let (gate, a, b) = (Mutex::new(()), Mutex::new(1), Mutex::new(2));
    let ab = || {
        let _alone = gate.lock().unwrap();
        assert_eq!(*a.lock().unwrap() + *b.lock().unwrap(), 3);
    };
    let ba = || {
        let _alone = gate.lock().unwrap();
        assert_eq!(*b.lock().unwrap() + *a.lock().unwrap(), 3);
    };
    assert!(one_after_the_other(&[&ab, &ba]).is_clean());
    // A third that does without the gate is alone with it.
    let outside = || assert_eq!(*b.lock().unwrap() + *a.lock().unwrap(), 3);
    only(&one_after_the_other(&[&ab, &ba, &outside]));
}

#[test]
fn a_gate_that_both_read_keeps_nobody_apart() {
    let (gate, a, b) = (RwLock::new(()), Mutex::new(1), Mutex::new(2));
    let (reading, writing) = (|| gate.read().unwrap(), || gate.write().unwrap());
    let ab = || assert_eq!(*a.lock().unwrap() + *b.lock().unwrap(), 3);
    let ba = || assert_eq!(*b.lock().unwrap() + *a.lock().unwrap(), 3);
    let order = one_after_the_other(&[
        &|| {
            let _with_others = reading();
            ab();
        },
        &|| {
            let _with_others = reading();
            ba();
        },
    ]);
    assert_eq!(only(&order).links()[0].also_holds.len(), 1);
    let order = one_after_the_other(&[
        &|| {
            let _with_others = reading();
            ab();
        },
        &|| {
            let _alone = writing();
            ba();
        },
    ]);
    assert!(order.is_clean(), "{order}");
}

#[test]
fn one_thread_cannot_block_itself_by_two_orders() {
    let (a, b) = (Mutex::new(1), Mutex::new(2));
    let order = one_after_the_other(&[&|| {
        assert_eq!(*a.lock().unwrap() + *b.lock().unwrap(), 3);
        assert_eq!(*b.lock().unwrap() + *a.lock().unwrap(), 3);
    }]);
    assert!(order.is_clean(), "{order}");
}

#[test]
fn try_lock_waits_for_nothing_and_holds_what_it_gets() {
    let (a, b) = (Mutex::new(1), Mutex::new(2));
    let ab = || assert_eq!(*a.lock().unwrap() + *b.lock().unwrap(), 3);
    let tries_last = || assert_eq!(*b.lock().unwrap() + *a.try_lock().unwrap(), 3);
    let tries_first = || assert_eq!(*b.try_lock().unwrap() + *a.lock().unwrap(), 3);
    assert!(one_after_the_other(&[&ab, &tries_last]).is_clean());
    only(&one_after_the_other(&[&ab, &tries_first]));
}

#[test]
fn a_time_out_waits_for_nothing_for_ever() {
    let (a, b) = (parking_lot::Mutex::new(1), parking_lot::Mutex::new(2));
    let ab = || assert_eq!(*a.lock() + *b.lock(), 3);
    let patience = std::time::Duration::from_secs(10);
    let tries = || assert_eq!(*b.lock() + *a.try_lock_for(patience).unwrap(), 3);
    assert!(one_after_the_other(&[&ab, &tries]).is_clean());
}

#[test]
fn instances_are_told_apart() {
    let locks: Vec<_> = (0..3).map(Mutex::new).collect();
    let both = |i: usize, j: usize| {
        let _first = locks[i].lock().unwrap();
        let _second = locks[j].lock().unwrap();
    };
    assert!(one_after_the_other(&[&|| both(0, 1), &|| both(1, 2), &|| both(0, 2)]).is_clean());
    only(&one_after_the_other(&[&|| both(0, 1), &|| both(1, 0)]));
    // Three philosophers.
    let round = one_after_the_other(&[&|| both(0, 1), &|| both(1, 2), &|| both(2, 0)]);
    assert_eq!(only(&round).links().len(), 3);
}

#[test]
fn one_bug_is_reported_once() {
    let order = watch(|| {
        for _ in 0..20 {
            let (a, b) = (Mutex::new(1), Mutex::new(2));
            let ab = || *a.lock().unwrap() + *b.lock().unwrap();
            let ba = || *b.lock().unwrap() + *a.lock().unwrap();
            thread::scope(|s| s.spawn(ab).join().unwrap());
            thread::scope(|s| s.spawn(ba).join().unwrap());
        }
    });
    only(&order);
}

#[test]
fn a_lock_that_moves_is_the_same_and_a_new_one_in_its_place_is_not() {
    let (a, mut b) = (Mutex::new(1), Mutex::new(2));
    let order = watch(|| {
        thread::scope(|s| {
            s.spawn(|| *a.lock().unwrap() + *b.lock().unwrap());
        });
        let moved = std::mem::replace(&mut b, Mutex::new(2));
        thread::scope(|s| {
            s.spawn(|| *b.lock().unwrap() + *a.lock().unwrap());
        });
        b = moved;
    });
    assert!(order.is_clean(), "{order}");
    let order = watch(|| {
        thread::scope(|s| {
            s.spawn(|| *a.lock().unwrap() + *b.lock().unwrap());
        });
        let moved = Box::new(std::mem::replace(&mut b, Mutex::new(2)));
        thread::scope(|s| {
            s.spawn(|| *moved.lock().unwrap() + *a.lock().unwrap());
        });
    });
    only(&order);
}

#[test]
fn readers_block_each_other_only_behind_a_writer() {
    let (table, a) = (parking_lot::RwLock::new(1), parking_lot::Mutex::new(2));
    let table_first = || {
        let _table = table.read();
        let _a = a.lock();
    };
    let a_first = || {
        let _a = a.lock();
        let _table = table.read();
    };
    let recursively = || {
        let _a = a.lock();
        let _table = table.read_recursive();
    };
    let writes = || *table.write() += 1;
    let writes_behind_the_gate = || {
        let _a = a.lock();
        *table.write() += 1;
    };
    assert!(one_after_the_other(&[&table_first, &a_first]).is_clean());
    for order in [
        one_after_the_other(&[&table_first, &a_first, &writes]),
        one_after_the_other(&[&writes, &table_first, &a_first]),
    ] {
        let links = only(&order).links();
        let behind: Vec<_> = links.iter().map(|link| link.behind.is_some()).collect();
        assert_eq!(
            behind.iter().filter(|behind| **behind).count(),
            1,
            "{order}"
        );
        assert!(
            order.to_string().contains("which waits to write it"),
            "{order}"
        );
    }
    assert!(one_after_the_other(&[&table_first, &recursively, &writes]).is_clean());
    // The writer cannot come between while a reader has the gate; but then it is itself in the circle.
    let order = one_after_the_other(&[&table_first, &writes_behind_the_gate]);
    assert!(
        only(&order)
            .links()
            .iter()
            .all(|link| link.behind.is_none())
    );
}

#[test]
fn reading_twice_is_reported_if_somebody_writes() {
    let table = RwLock::new(1);
    let twice = || {
        let _first = table.read().unwrap();
        let _second = table.read().unwrap();
    };
    assert!(one_after_the_other(&[&twice, &twice]).is_clean());
    let order = one_after_the_other(&[&twice, &|| *table.write().unwrap() += 1]);
    assert_eq!(only(&order).links().len(), 1);
    assert!(order.to_string().contains("reads twice"), "{order}");
}

#[test]
fn a_wait_asks_for_its_mutex_again() {
    let (door, other, bell) = (Mutex::new(()), Mutex::new(()), Condvar::new());
    let patience = std::time::Duration::from_millis(1);
    let takes_both = || {
        let _door = door.lock().unwrap();
        let _other = other.lock().unwrap();
    };
    let waits_alone = || {
        let door = door.lock().unwrap();
        drop(other.lock().unwrap());
        let _door = bell.wait_timeout(door, patience).unwrap();
    };
    assert!(one_after_the_other(&[&takes_both, &waits_alone]).is_clean());
    let waits_with_the_other = || {
        let door = door.lock().unwrap();
        let _other = other.lock().unwrap();
        let _door = bell.wait_timeout(door, patience).unwrap();
    };
    let order = one_after_the_other(&[&takes_both, &waits_with_the_other]);
    let waiting = &only(&order).links()[1];
    assert_eq!(waiting.wants.at.line, waiting.holds.at.line + 1, "{order}");
}

#[test]
fn a_guard_that_is_let_go_of_is_held_no_longer() {
    let (a, b) = (parking_lot::Mutex::new(1), parking_lot::RwLock::new(2));
    let order = one_after_the_other(&[
        &|| {
            let a = a.lock();
            parking_lot::MutexGuard::unlock_fair(a);
            let b = b.write();
            parking_lot::RwLockWriteGuard::unlock_fair(b);
        },
        &|| {
            let mut b = b.write();
            parking_lot::RwLockWriteGuard::unlocked(&mut b, || drop(a.lock()));
            drop(b);
            drop(a.lock());
        },
        &|| {
            let _a = a.lock();
            let _b = b.write();
        },
    ]);
    assert!(order.is_clean(), "{order}");
}

#[test]
fn watches_are_apart_and_end() {
    let (a, b) = (Mutex::new(1), Mutex::new(2));
    let ab = || *a.lock().unwrap() + *b.lock().unwrap();
    let ba = || *b.lock().unwrap() + *a.lock().unwrap();
    let mut inner = LockOrder::default();
    let outer = watch(|| {
        assert_eq!(ab(), 3);
        inner = watch(|| {
            thread::scope(|s| s.spawn(ba).join().unwrap());
        });
    });
    assert!(inner.is_clean(), "{inner}");
    only(&outer);
    assert!(watch(|| assert_eq!(ab(), 3)).is_clean());
    thread::scope(|s| s.spawn(ba).join().unwrap());
    assert!(watch(|| assert_eq!(ab(), 3)).is_clean());
    let unseen = std::panic::catch_unwind(|| watch(|| std::panic::resume_unwind(Box::new(7))));
    assert!(unseen.is_err());
    assert!(watch(|| assert_eq!(ab(), 3)).is_clean());
}

/// The philosophers, and one seat too few: nobody starves, and the order is as bad as ever.
fn philosophers(seats: bool) {
    let forks: Arc<Vec<_>> = Arc::new((0..2).map(Mutex::new).collect());
    name(&forks[0], "fork 0");
    name(&forks[1], "fork 1");
    let dine = |forks: &[Mutex<usize>], i: usize| {
        let _left = forks[i].lock().unwrap();
        let _right = forks[1 - i].lock().unwrap();
    };
    let first = thread::spawn({
        let forks = Arc::clone(&forks);
        move || dine(&forks, 0)
    });
    if seats {
        first.join().unwrap();
        dine(&forks, 1);
    } else {
        dine(&forks, 1);
        first.join().unwrap();
    }
}

#[test]
fn a_verified_run_says_what_only_the_scenario_keeps_apart() {
    for engine in [Engine::Explorer, Engine::Loom] {
        let report = Checker::new().engine(engine).run(|| philosophers(true));
        assert_eq!(*report.verdict(), Verdict::Verified, "{report}");
        let links = only(report.lock_order()).links();
        assert_eq!(links[0].thread, "main");
        assert_eq!(
            (&*links[0].holds.lock, &*links[0].wants.lock),
            ("fork 1", "fork 0")
        );
        assert_eq!(links[1].thread, "thread 1");
        let text = report.to_string();
        assert!(text.contains("keeps those"), "{text}");
        assert!(text.contains("main      holds fork 1, taken at"), "{text}");
        let json = serde_json::to_string(&report).unwrap();
        let back: racecourse::check::Report = serde_json::from_str(&json).unwrap();
        assert_eq!(back.lock_order(), report.lock_order());
    }
    let report = Checker::new().run(|| philosophers(false));
    assert_eq!(*report.verdict(), Verdict::Failed, "{report}");
}

/// Three philosophers, each of whom takes the left fork first, and two seats.
fn two_seats() {
    let table = Arc::new((
        (0..3).map(Mutex::new).collect::<Vec<_>>(),
        racecourse::Semaphore::new(2),
    ));
    let dine = |(forks, seats): &(Vec<Mutex<usize>>, racecourse::Semaphore), i: usize| {
        let _seat = seats.acquire();
        let _left = forks[i].lock().unwrap();
        let _right = forks[(i + 1) % 3].lock().unwrap();
    };
    let others = [1, 2].map(|i| {
        let table = Arc::clone(&table);
        thread::spawn(move || dine(&table, i))
    });
    dine(&table, 0);
    for other in others {
        other.join().unwrap();
    }
}

#[test]
fn a_seat_too_few_keeps_philosophers_alive_in_a_circle() {
    let report = Checker::new().run(two_seats);
    assert_eq!(*report.verdict(), Verdict::Verified, "{report}");
    assert_eq!(only(report.lock_order()).links().len(), 3);
}

/// Another run of this program: one of its tests, with the variable set or not. What it prints to standard error.
fn run_again(test: &str, variable: Option<&str>) -> String {
    let mut program = std::process::Command::new(std::env::current_exe().unwrap());
    program
        .args(["--exact", test])
        .env_remove("RACECOURSE_LOCK_ORDER");
    if let Some(value) = variable {
        program.env("RACECOURSE_LOCK_ORDER", value);
    }
    let output = program.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn the_environment_asks_for_a_watch_over_a_plain_run() {
    const TEST: &str = "lock_order::one_bug_is_reported_once";
    let printed = run_again(TEST, Some("1"));
    assert_eq!(
        printed.matches("potential deadlock").count(),
        1,
        "{printed}"
    );
    assert!(printed.contains("holds mutex 1, taken at"), "{printed}");
    for value in [None, Some("0"), Some("")] {
        assert_eq!(run_again(TEST, value), "");
    }
    assert_eq!(run_again("lock_order::one_order_is_clean", Some("1")), "");
}

const HANG: &str = "RACECOURSE_TEST_HANG";

/// Only where the test below runs it.
#[test]
fn hangs_if_asked() {
    if std::env::var_os(HANG).is_some() {
        std::thread::spawn(|| {
            std::thread::sleep(std::time::Duration::from_secs(20));
            std::process::exit(1);
        });
        let door = parking_lot::Mutex::new(());
        let _twice = (door.lock(), door.lock());
    }
}

#[test]
fn a_deadlock_that_does_happen_is_told_before() {
    use std::io::{BufRead, BufReader};
    let mut program = std::process::Command::new(std::env::current_exe().unwrap());
    program
        .args(["--exact", "lock_order::hangs_if_asked"])
        .env("RACECOURSE_LOCK_ORDER", "1")
        .env(HANG, "1")
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped());
    let mut child = program.spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let told = lines
        .any(|line| line.unwrap() == "deadlock: a thread asks for a lock that it holds itself");
    assert!(told && child.try_wait().unwrap().is_none(), "{child:?}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn the_labs_order_is_found_natively_and_its_fixes_are_clean() {
    use racecourse::labs::lab22_abba::{Bank, buggy, fixed, fixed_one_lock};
    let bank = Bank {
        accounts: vec![Mutex::new(100), Mutex::new(100)],
        house: Mutex::new(()),
    };
    let transfers = |transfer: fn(&Bank, usize, usize, i64)| {
        one_after_the_other(&[&|| transfer(&bank, 0, 1, 10), &|| transfer(&bank, 1, 0, 5)])
    };
    let order = transfers(buggy);
    let links = only(&order).links();
    assert!(
        links
            .iter()
            .all(|link| link.wants.at.line == link.holds.at.line + 1)
    );
    assert!(transfers(fixed).is_clean());
    assert!(transfers(fixed_one_lock).is_clean());
}
