//! A worker that fails costs its own task only.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use racecourse::pool::process::{Lost, LostCause};
use racecourse::pool::{Executor as _, ProcessPool, TaskError};

use crate::jobs::{
    Echo, Fill, Harm, Hold, PanicsOnTheWay, PanicsWhenWritten, Pid, Square, Unserialisable,
};
use crate::system::{Gate, descriptors, eventually, kill, runs, stop, zombies};

fn lost<T: std::fmt::Debug>(outcome: Result<T, TaskError>) -> Lost {
    match outcome {
        Err(TaskError::Lost(lost)) => lost,
        other => panic!("not lost: {other:?}"),
    }
}

fn works(pool: &ProcessPool) {
    assert_eq!(pool.map(Square, 1..=20)[19], 400);
}

/// Every way of failing: what is said, and that neither the tasks before nor those behind are harmed.
#[test]
fn each_fault_is_named_and_costs_its_own_task() {
    let pool = ProcessPool::builder()
        .processes(2)
        .deadline(Duration::from_secs(2))
        .build()
        .unwrap();
    for (harm, said) in [
        (Harm::Abort, "SIGABRT"),
        (Harm::Exit(0), "exit status: 0"),
        (Harm::Exit(3), "exit status: 3"),
        (Harm::KillItself, "SIGKILL"),
        (Harm::SendGarbage, "bytes that are no message"),
        // Read together with the true answer or before it.
        (Harm::SendAnAnswer, "was killed because it sent"),
        (Harm::StopItself, "took longer than 2s"),
        (Harm::ForkAndExit, "exit status: 9"),
    ] {
        let before: Vec<_> = (0..10).map(|_| pool.submit(Harm::Nothing)).collect();
        let workers = pool.pids();
        let harmful = pool.submit(harm);
        let behind: Vec<_> = (0..10).map(|_| pool.submit(Harm::Nothing)).collect();
        let lost = lost(harmful.join());
        assert!(lost.to_string().contains(said), "{harm:?}: {lost}");
        assert!(lost.to_string().contains("replaced"), "{harm:?}: {lost}");
        assert!(workers.contains(&lost.pid().unwrap()), "{harm:?}");
        for task in before.into_iter().chain(behind) {
            task.join().unwrap();
        }
        eventually("the worker is replaced", || pool.pids().len() == 2);
        assert!(!pool.pids().contains(&lost.pid().unwrap()), "{harm:?}");
    }
}

#[test]
fn what_is_no_fault_costs_nothing() {
    let pool = ProcessPool::new(1);
    let worker = pool.pids();
    for harm in [Harm::Print, Harm::ReadStandardInput] {
        assert_eq!(pool.submit(harm).join().unwrap(), worker[0], "{harm:?}");
    }
    for (harm, text) in [
        (Harm::Panic, "this task panics"),
        (Harm::PanicWithoutText, "a payload that is not text"),
    ] {
        match pool.submit(harm).join() {
            Err(TaskError::Panicked(panic)) => assert!(panic.message().contains(text)),
            other => panic!("{harm:?}: {other:?}"),
        }
    }
    assert_eq!(pool.pids(), worker);
}

#[test]
fn a_deadline_ends_what_hangs_and_nothing_else() {
    let pool = ProcessPool::builder()
        .processes(1)
        .deadline(Duration::from_millis(300))
        .build()
        .unwrap();
    let gate = Gate::new();
    let lost = lost(pool.submit(Hold(gate.path())).join());
    assert!(
        matches!(lost.cause(), LostCause::Deadline(limit) if *limit == Duration::from_millis(300))
    );
    assert!(!runs(lost.pid().unwrap()));
    works(&pool);
}

/// The request does not even arrive: it is larger than the socket's buffer, and nobody reads.
#[test]
fn a_deadline_also_ends_a_request_that_is_not_read() {
    let pool = ProcessPool::builder()
        .processes(1)
        .deadline(Duration::from_millis(500))
        .build()
        .unwrap();
    stop(pool.pids()[0]);
    match pool.try_map(Echo, ["x".repeat(100_000)]) {
        Err(TaskError::Lost(lost)) => assert!(matches!(lost.cause(), LostCause::Deadline(_))),
        other => panic!("{other:?}"),
    }
    works(&pool);
}

#[test]
fn what_cannot_be_translated_is_said_and_keeps_the_worker() {
    let pool = ProcessPool::new(1);
    let worker = pool.pids();
    match pool.submit(Unserialisable).join() {
        Err(TaskError::Untranslatable(text)) => {
            assert!(
                text.contains("Unserialisable could not be serialised"),
                "{text}"
            );
        }
        other => panic!("{other:?}"),
    }
    works(&pool);
    assert_eq!(pool.pids(), worker);
}

/// Code of the caller that panics on our side: the caller gets the panic, and the pool a new worker.
#[test]
fn a_panic_while_bytes_are_made_or_read_is_the_tasks_own() {
    let pool = ProcessPool::new(1);
    for (there, text) in [(true, "cannot be written"), (false, "cannot be read")] {
        let there = PanicsWhenWritten(there);
        match pool.submit(PanicsOnTheWay { there }).join() {
            Err(TaskError::Panicked(panic)) => assert_eq!(panic.message(), text),
            other => panic!("{other:?}"),
        }
        works(&pool);
    }
    eventually("one worker", || pool.pids().len() == 1);
}

/// The two tests below count what this whole process has.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn workers_that_die_idle_are_replaced_and_cost_no_task() {
    let pool = ProcessPool::new(2);
    for _ in 0..20 {
        let pids = pool.pids();
        kill(pids[0]);
        // At once, mostly before anybody has noticed; the task may still be given to the one that is being killed.
        match pool.submit(Pid).join() {
            Ok(pid) => assert_ne!(pid, pids[0]),
            Err(error) => assert_eq!(lost::<u32>(Err(error)).pid(), Some(pids[0])),
        }
        // And without any task.
        eventually("the dead is replaced", || {
            let now = pool.pids();
            now.len() == 2 && !now.contains(&pids[0])
        });
        assert!(!zombies().contains(&pids[0]));
    }
    works(&pool);
}

/// In a process of its own: others' descriptors and children are not ours to count.
#[test]
fn nothing_leaks() {
    let _alone = alone();
    let name = "faults::ten_thousand_tasks_and_a_hundred_killed_workers";
    crate::orphans::run_alone(name);
}

#[test]
fn ten_thousand_tasks_and_a_hundred_killed_workers() {
    if !crate::orphans::is_alone() {
        return;
    }
    let pool = ProcessPool::new(2);
    works(&pool);
    let before = descriptors();
    let mut seen = BTreeSet::new();
    let mut done = 0;
    for round in 0..100 {
        let tasks: Vec<_> = (0..100).map(|_| pool.submit(Pid)).collect();
        let victim = pool.pids()[round % 2];
        seen.insert(victim);
        kill(victim);
        let mut lost_tasks = 0;
        for task in tasks {
            match task.join() {
                Ok(_) => done += 1,
                Err(error) => {
                    assert_eq!(lost::<u32>(Err(error)).pid(), Some(victim));
                    lost_tasks += 1;
                }
            }
        }
        assert!(lost_tasks <= 1, "{lost_tasks} tasks for one worker");
        eventually("two workers", || {
            let pids = pool.pids();
            pids.len() == 2 && !pids.contains(&victim)
        });
    }
    assert_eq!(seen.len(), 100);
    assert!(done >= 9_900);
    // Shared bytes come and go with their messages.
    for _ in 0..100 {
        let bytes = pool.map(Fill, [(7, 1000)]).pop().unwrap();
        assert_eq!(bytes.len(), 1000);
    }
    // One more may have been started than was needed, and is on its way out.
    eventually("no descriptor too many", || descriptors() == before);
    eventually("no zombie", || zombies().is_empty());
    drop(pool);
    assert!(descriptors() < before);
    assert_eq!(zombies(), []);
}
