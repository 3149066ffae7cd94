//! The sampler: random schedules, sequentially consistent, from a seed.
//!
//! Every model thread is a coroutine, and every operation a point at which another may go on, chosen at
//! random. Loads return the latest write; what happens before what is tracked with vector clocks under
//! the C11 rules, so that a race on a cell is found in any schedule in which the two accesses are not
//! ordered. A sampler finds bugs; it never excludes one.

mod kernel;
mod state;
mod threads;

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use super::checker::Limits;
use super::execution::Execution;
use super::explain;
use super::failure::Failure;
use super::replay::{Recipe, ReplayToken, Sample};
use super::report::{Exploration, Incomplete};
use super::watch::Watch;
use super::worker::Worker;
use threads::SamplerKernel;

/// Executions tried after the first failing one, in search of one with fewer preemptions.
const REFINE: u64 = 500;

/// Runs `executions` random schedules, or stops soon after one fails.
pub(crate) fn explore(
    scenario: &(dyn Fn() + Send + Sync),
    seed: u64,
    executions: u64,
    limits: &Limits,
    worker: &Arc<Worker>,
    watch: &Watch,
) -> Exploration {
    let start = Instant::now();
    let most = executions.min(limits.max_executions.unwrap_or(u64::MAX));
    let mut best: Option<(u64, Box<Failure>)> = None;
    let mut concurrent = false;
    let mut cut = None;
    let mut done = 0;
    for index in 0..most {
        if limits
            .max_duration
            .is_some_and(|most| start.elapsed() >= most)
        {
            cut = limits.max_duration.map(Incomplete::MaxDuration);
            break;
        }
        if best.as_ref().is_some_and(|(at, _)| index > at + REFINE) {
            break;
        }
        worker.next_execution();
        if index.is_multiple_of(64) {
            let part = (most > 0).then(|| index as f64 / most as f64);
            watch.progress(start, index, 0, part);
        }
        let one = execute(scenario, mix(seed, index), limits, worker, watch);
        done = index + 1;
        concurrent |= one.threads > 1;
        if let Some(mut failure) = one.failure {
            let sample = Sample {
                seed: mix(seed, index),
                spurious_wakeups: limits.spurious_wakeups,
                weak_failures: limits.weak_failures,
            };
            failure.replay = Some(ReplayToken {
                recipe: Recipe::Sampler(sample),
            });
            let cost = |failure: &Failure| (failure.preemptions, failure.timeline.steps.len());
            let better = best
                .as_ref()
                .is_none_or(|(_, old)| cost(&failure) < cost(old));
            let at = best.as_ref().map_or(index, |(at, _)| *at);
            if better {
                best = Some((at, failure));
            }
        } else if let Some(steps) = one.endless {
            cut.get_or_insert(Incomplete::Endless { operations: steps });
        }
    }
    let incomplete = match cut {
        Some(cut) => cut,
        None if done < executions => Incomplete::MaxExecutions(most),
        None => Incomplete::Sampled {
            executions: done,
            seed,
        },
    };
    Exploration {
        failure: best.map(|(_, failure)| failure),
        incomplete: Some(incomplete),
        executions: done,
        concurrent,
        ..Exploration::default()
    }
}

/// Runs one schedule again.
pub(crate) fn replay(
    scenario: &(dyn Fn() + Send + Sync),
    sample: Sample,
    limits: &Limits,
    worker: &Arc<Worker>,
    watch: &Watch,
) -> Exploration {
    let limits = Limits {
        spurious_wakeups: sample.spurious_wakeups,
        weak_failures: sample.weak_failures,
        ..limits.clone()
    };
    worker.next_execution();
    let One {
        mut failure,
        endless,
        threads,
    } = execute(scenario, sample.seed, &limits, worker, watch);
    if let Some(failure) = &mut failure {
        failure.replay = Some(ReplayToken {
            recipe: Recipe::Sampler(sample),
        });
    }
    Exploration {
        incomplete: Some(match endless {
            Some(operations) if failure.is_none() => Incomplete::Endless { operations },
            _ => Incomplete::Replayed,
        }),
        failure,
        executions: 1,
        concurrent: threads > 1,
        ..Exploration::default()
    }
}

/// One well-mixed number from the two (the finaliser of `SplitMix64`, Steele, Lea & Flood 2014).
fn mix(seed: u64, index: u64) -> u64 {
    let mut z = seed.wrapping_add(index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

struct One {
    failure: Option<Box<Failure>>,
    /// The execution was given up after so many operations.
    endless: Option<u64>,
    threads: usize,
}

fn execute(
    scenario: &(dyn Fn() + Send + Sync),
    seed: u64,
    limits: &Limits,
    worker: &Arc<Worker>,
    watch: &Watch,
) -> One {
    let kernel = Rc::new(SamplerKernel::new(seed, limits.max_operations));
    let as_kernel: Rc<dyn super::kernel::Kernel> = Rc::<SamplerKernel>::clone(&kernel);
    let mut x = Execution::new(
        as_kernel,
        Arc::clone(worker),
        limits.spurious_wakeups,
        limits.weak_failures,
    );
    x.use_sites(&watch.sites);
    x.enter(|| {
        // SAFETY: the coroutines are driven to their ends below, while `scenario` and `x` are borrowed.
        unsafe { kernel.start_main(&x, scenario) };
        kernel.run(&x);
        if !x.torn_down() {
            // SAFETY: as above.
            unsafe { kernel.start_end(&x) };
            kernel.run(&x);
        }
        if !x.torn_down()
            && let Some(leak) = explain::leak(&x)
        {
            x.fail_with(leak);
        }
    });
    if !x.torn_down() {
        watch.complete(&x);
    }
    let threads = x.state().threads.len();
    One {
        failure: worker.take_failure(),
        endless: kernel.endless(),
        threads,
    }
}
