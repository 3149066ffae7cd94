//! The sampler's loop: walk after walk, from a seed, and what they covered.

use core::hash::{BuildHasherDefault, Hasher};
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use super::dice::Dice;
use crate::check::checker::Limits;
use crate::check::explorer::counterexample::Stage;
use crate::check::explorer::counterexample::Study;
use crate::check::explorer::execute::{End, execution, run};
use crate::check::explorer::graph::Graph;
use crate::check::explorer::mix::Mix;
use crate::check::explorer::scheduler::ExplorerKernel;
use crate::check::explorer::{MOST_FAILURES, REFINE};
use crate::check::report::{Exploration, Incomplete, Sampled};
use crate::check::watch::Watch;
use crate::check::worker::Worker;

/// Graphs that are remembered, to tell which are new.
const MOST_REMEMBERED: usize = 1 << 20;

/// Walks that end in a wait for what others draw, for each that does not.
const MOST_BLOCKED: u64 = 8;

/// Executions that do not end, after which no more are drawn: each is long.
const MOST_ENDLESS: u32 = 3;

/// Draws so many executions, or stops soon after one fails.
pub(crate) fn sample(
    scenario: &(dyn Fn() + Send + Sync),
    seed: u64,
    executions: u64,
    limits: &Limits,
    worker: &Arc<Worker>,
    watch: &Watch,
) -> Exploration {
    let start = Instant::now();
    let most = executions.min(limits.max_executions.unwrap_or(u64::MAX));
    let kernel = Rc::new(ExplorerKernel::new(limits));
    kernel.state.borrow_mut().search.dice =
        Some(Box::new(Dice::new(limits.depth, limits.choices.clone())));
    let mut seen: HashSet<u64, BuildHasherDefault<Mix>> = HashSet::default();
    let mut stage = Stage::new(scenario, limits, worker, watch);
    let (mut study, mut failing) = (Study::new(), 0);
    let mut first_failure = None;
    let mut out = Exploration::default();
    let mut sampled = Sampled {
        depth: limits.depth.max(1),
        ..Sampled::default()
    };
    let mut cut = None;
    let mut x = execution(&kernel, worker, watch);
    let (mut walk, mut endless) = (0, 0);
    let most_blocked = match limits.choices {
        // They would be the same again.
        Some(_) => 0,
        None => MOST_BLOCKED * most,
    };
    while out.executions < most && out.blocked <= most_blocked {
        if walk % 16 == 0 {
            if limits
                .max_duration
                .is_some_and(|most| start.elapsed() >= most)
            {
                cut = limits.max_duration.map(Incomplete::MaxDuration);
                break;
            }
            let part = out.executions as f64 / most as f64;
            watch.progress(start, out.executions, out.blocked, Some(part));
        }
        let enough = |at| limits.first_failure || walk > at + REFINE || failing >= MOST_FAILURES;
        if first_failure.is_some_and(enough) {
            break;
        }
        let plain = walk % 2 == 0;
        {
            let state = &mut *kernel.state.borrow_mut();
            state.search.walk(mix(seed, walk), plain);
            state.spins.clear();
        }
        walk += 1;
        let end = loop {
            worker.next_execution();
            let end = run(scenario, watch, &kernel, &mut out, &mut x);
            match end {
                End::Again => {}
                End::Blocked if !kernel.dropped.get() && kernel.state.borrow_mut().time_out() => {}
                _ => break end,
            }
        };
        match end {
            End::Complete | End::Failed => {
                out.executions += 1;
                let state = kernel.state.borrow();
                let dice = state.search.dice.as_ref();
                let foreseen = dice.is_some_and(|dice| dice.was_foreseen());
                sampled.plain += u64::from(plain && foreseen);
                sampled.threads = sampled.threads.max(state.members.len() as u64);
                if seen.len() < MOST_REMEMBERED {
                    seen.insert(fingerprint(&state.search.graph));
                }
            }
            // What was drawn of it so far is in other walks too.
            End::Blocked | End::OutOfTimeouts | End::Again => out.blocked += 1,
            End::Endless => {
                out.executions += 1;
                endless += 1;
                cut.get_or_insert(Incomplete::Endless {
                    operations: limits.max_operations,
                });
                if endless == MOST_ENDLESS {
                    break;
                }
            }
            End::Broken(why) => {
                cut = Some(Incomplete::Engine(why));
                break;
            }
        }
        if let Some(failure) = worker.take_failure() {
            failing += 1;
            first_failure.get_or_insert(walk);
            study.consider(&mut stage, &kernel.state.borrow(), kernel.spurious, failure);
        }
    }
    sampled.distinct = seen.len() as u64;
    sampled.steps = {
        let state = kernel.state.borrow();
        state.search.dice.as_ref().map_or(0, |dice| dice.longest())
    };
    out.failure = study.conclude(&mut stage);
    out.incomplete = Some(match cut {
        Some(cut) => cut,
        None if limits.choices.is_some() => Incomplete::Steered,
        None if most < executions => Incomplete::MaxExecutions(most),
        None => Incomplete::Sampled {
            executions: out.executions,
            seed,
        },
    });
    out.sampled = Some(sampled);
    out
}

/// One well-mixed number from the two (the finaliser of `SplitMix64`, Steele, Lea & Flood 2014).
fn mix(seed: u64, walk: u64) -> u64 {
    let mut z = seed.wrapping_add(walk.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Tells the graph from others: what each thread has done and read, and the modification orders.
fn fingerprint(graph: &Graph) -> u64 {
    let mut hash = Mix::default();
    for events in &graph.threads {
        hash.write_u64(events.last().map_or(0, |event| event.hash));
    }
    for (loc, variable) in graph.variables.iter().enumerate() {
        if variable.co.len() > 1 {
            hash.write_usize(loc);
            for write in &variable.co {
                hash.write_u32(write.thread);
                hash.write_u32(write.index);
            }
        }
    }
    hash.finish()
}
