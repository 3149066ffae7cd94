//! The primitives, natively.
//!
//! | Module | What it asserts |
//! |---|---|
//! | `queue` | each promise of `BoundedQueue`, one by one |
//! | `asynchronous` | the same for its futures: cancellation, foreign wakers, threads and tasks mixed |
//! | `ring` | the same for `RingBuffer` and `spsc`, with their models |
//! | `lock`, `mcs`, `read_mostly` | each promise of the locks |
//! | `lockfree` | the deque, the stack and the queue without locks, and these against sequential models |
//! | `semaphore`, `latch` | each promise of these |
//! | `model`, `model_locks` | generated operation sequences against sequential models |
//! | `traits` | what may travel between threads, and be shared |
//! | `scenarios` | small concurrent programs for the model checkers; here each runs natively, many times |

#![allow(
    unreachable_pub,
    reason = "nothing outside of a test: `pub` means, for its other modules"
)]

#[macro_use]
mod support;

mod asynchronous;
mod latch;
mod lock;
mod lockfree;
mod mcs;
mod model;
mod model_locks;
mod queue;
mod read_mostly;
mod ring;
mod scenarios;
mod semaphore;
mod traits;

#[test]
fn every_scenario_holds_natively() {
    support::within_seconds(60, || {
        for (name, scenario) in scenarios::all() {
            for round in 0..1000 {
                if std::panic::catch_unwind(scenario).is_err() {
                    panic!("scenario {name} failed in round {round}");
                }
            }
        }
    });
}

#[test]
fn scenario_names_are_unique() {
    let all = scenarios::all();
    let mut names: Vec<_> = all.iter().map(|(name, _)| name).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all.len());
}
