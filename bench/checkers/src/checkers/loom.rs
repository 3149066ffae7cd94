//! loom by its own interface. Its environment variables are not heard.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Answer, Program, Tally};

mod vocabulary {
    pub use loom::sync::{Condvar, Mutex, atomic};
    pub use loom::thread;
}

#[path = "programs.rs"]
pub mod programs;

pub fn check(program: usize, limit: Duration, tally: &Arc<Tally>) -> Result<Answer, String> {
    let run = programs::ALL[program].run;
    let counting = Arc::clone(tally);
    let mut model = loom::model::Builder::new();
    model.max_threads = loom::MAX_THREADS;
    model.max_branches = 1_000;
    model.max_permutations = None;
    model.max_duration = Some(limit);
    model.preemption_bound = None;
    model.checkpoint_file = None;
    // How often it looks at the time.
    model.checkpoint_interval = 50;
    model.expect_explicit_explore = false;
    model.location = false;
    model.log = false;
    let start = Instant::now();
    model.check(move || counting.add(run()));
    Ok(Answer {
        executions: tally.counts().0,
        blocked: 0,
        // It does not say why it stopped.
        finished: start.elapsed() < limit,
    })
}
