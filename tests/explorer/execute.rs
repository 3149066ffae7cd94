//! Runs lock-free code on the vocabulary.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use racecourse::hint::spin_loop;
use racecourse::sync::atomic::{AtomicU64, fence};
use racecourse::thread;

use crate::program::{Code, Machine, Op, Outcome, Pending};

struct Atomics<'a> {
    locations: &'a [AtomicU64],
    read: Vec<u64>,
}

impl Machine for Atomics<'_> {
    fn perform(&mut self, op: Op) -> Result<u64, Pending> {
        let at = |x: usize| &self.locations[x];
        let value = match op {
            Op::Load { x, order } => at(x).load(order),
            Op::Store { x, value, order } => {
                at(x).store(value, order);
                0
            }
            Op::Add { x, value, order } => at(x).fetch_add(value, order),
            Op::Swap { x, value, order } => at(x).swap(value, order),
            Op::Exchange {
                x,
                expected,
                new,
                success,
                failure,
            } => {
                let (Ok(found) | Err(found)) =
                    at(x).compare_exchange(expected, new, success, failure);
                found
            }
            Op::Await { x, value, order } => {
                while at(x).load(order) != value {
                    spin_loop();
                }
                value
            }
            Op::AwaitExchange {
                x,
                expected,
                new,
                success,
                failure,
            } => {
                while at(x)
                    .compare_exchange(expected, new, success, failure)
                    .is_err()
                {
                    spin_loop();
                }
                expected
            }
            Op::Fence(order) => {
                fence(order);
                0
            }
        };
        if op.reads() {
            self.read.push(value);
        }
        Ok(value)
    }
}

/// Main only spawns and joins.
pub(crate) fn execute<C: Code + Send + Sync + 'static>(code: &Arc<C>) -> Outcome {
    let locations: Arc<[AtomicU64]> = (0..code.locations())
        .map(|x| AtomicU64::new(code.initial(x)))
        .collect();
    let threads: Vec<_> = (0..code.threads())
        .map(|number| {
            let (code, locations) = (Arc::clone(code), Arc::clone(&locations));
            thread::spawn(move || {
                let mut atomics = Atomics {
                    locations: &locations,
                    read: Vec::new(),
                };
                let done = code.run(number, &mut atomics);
                assert!(done.is_ok(), "atomics always answer");
                atomics.read
            })
        })
        .collect();
    let mut outcome = Vec::new();
    for thread in threads {
        outcome.extend(thread.join().expect("no panic"));
    }
    outcome.extend(locations.iter().map(|location| location.load(Relaxed)));
    outcome
}
