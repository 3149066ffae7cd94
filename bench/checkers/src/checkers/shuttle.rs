//! shuttle with its depth-first scheduler, the exhaustive one. It takes every ordering for SeqCst.

use std::sync::Arc;
use std::time::{Duration, Instant};

use shuttle::scheduler::DfsScheduler;
use shuttle::{Config, FailurePersistence, MaxSteps, Runner};

use super::{Answer, Program, Tally};

mod vocabulary {
    pub use shuttle::sync::{Condvar, Mutex, atomic};
    pub use shuttle::thread;
}

#[path = "programs.rs"]
pub mod programs;

pub fn check(program: usize, limit: Duration, tally: &Arc<Tally>) -> Result<Answer, String> {
    let run = programs::ALL[program].run;
    let tally = Arc::clone(tally);
    let mut config = Config::new();
    config.max_time = Some(limit);
    config.max_steps = MaxSteps::FailAfter(1_000_000);
    config.failure_persistence = FailurePersistence::None;
    config.silence_warnings = true;
    let start = Instant::now();
    let executions =
        Runner::new(DfsScheduler::new(None, false), config).run(move || tally.add(run()));
    Ok(Answer {
        executions: executions as u64,
        blocked: 0,
        // It does not say why it stopped.
        finished: start.elapsed() < limit,
    })
}
