//! The thread pool.
//
// | file        | what it holds against the pool                                                    |
// |-------------|-----------------------------------------------------------------------------------|
// | basics      | submit, map and its relatives, as_completed, the executor trait                   |
// | task        | join in all its forms, cancel, detach, the future                                 |
// | failures    | bad input, panics (of jobs, payloads, destructors, wakers), the texts of errors   |
// | helping     | waits inside the pool: nested, scoped, mixed, across pools                        |
// | ending      | drain, immediate, drop, from outside and from inside                              |
// | scoped      | scope and join(a, b): borrows, panics, results                                    |
// | model       | proptest: against iterators, trees, forests of joins, a queue's sequential model  |
// | scenarios   | the protocol's races, tiny enough for a model checker; here 1,000 times natively  |

#![allow(
    unreachable_pub,
    reason = "nothing outside of a test: `pub` means, for its other modules"
)]

mod basics;
mod ending;
mod failures;
mod helping;
mod model;
mod scenarios;
mod scoped;
mod task;

use std::panic;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use racecourse::pool::{Task, ThreadPool};

/// Fails, rather than hangs, when `test` does not end.
fn must_end<T: Send + 'static>(test: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, wait) = channel();
    let runner = thread::spawn(move || {
        let value = test();
        // The waiter is gone only when it has failed the test already.
        let _ = done.send(());
        value
    });
    if let Err(std::sync::mpsc::RecvTimeoutError::Timeout) =
        wait.recv_timeout(Duration::from_secs(20))
    {
        panic!("the test hangs");
    }
    match runner.join() {
        Ok(value) => value,
        Err(payload) => panic::resume_unwind(payload),
    }
}

/// A panic that the panic hook does not report.
fn silent_panic(text: &'static str) -> ! {
    panic::resume_unwind(Box::new(text))
}

/// Occupies one worker until the sender is used or dropped; returns when the worker is occupied.
fn occupy(pool: &ThreadPool) -> (Sender<()>, Task<()>) {
    let (open, gate): (Sender<()>, Receiver<()>) = channel();
    let (started, wait) = channel();
    let task = pool.submit(move || {
        started.send(()).unwrap();
        let _ = gate.recv();
    });
    wait.recv().unwrap();
    (open, task)
}

#[test]
fn scenarios_hold_natively() {
    for &(name, scenario) in scenarios::ALL {
        must_end(move || {
            for _ in 0..1000 {
                if let Err(payload) = panic::catch_unwind(scenario) {
                    eprintln!("scenario {name} failed");
                    panic::resume_unwind(payload);
                }
            }
        });
    }
}

#[test]
fn scenario_names_are_distinct() {
    let mut names: Vec<_> = scenarios::ALL.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), scenarios::ALL.len());
}
