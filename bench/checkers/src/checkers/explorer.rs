//! racecourse's explorer, asked for what the peers explore: no spurious wakeups, no weak failures.

use std::sync::Arc;
use std::time::Duration;

use racecourse::check::{Checker, Engine, Incomplete, Verdict};

use super::{Answer, Program, Tally};

mod vocabulary {
    pub use racecourse::sync::{Condvar, Mutex, atomic};
    pub use racecourse::thread;
}

#[path = "programs.rs"]
pub mod programs;

pub fn check(program: usize, limit: Duration, tally: &Arc<Tally>) -> Result<Answer, String> {
    let run = programs::ALL[program].run;
    let tally = Arc::clone(tally);
    let report = Checker::new()
        .engine(Engine::Explorer)
        .spurious_wakeups(0)
        .weak_failures(0)
        .max_duration(limit)
        .run(move || tally.add(run()));
    let finished = match report.verdict() {
        Verdict::Verified => true,
        Verdict::Incomplete(Incomplete::MaxDuration(_)) => false,
        _ => return Err(report.to_string()),
    };
    Ok(Answer {
        executions: report.executions(),
        blocked: report.blocked(),
        finished,
    })
}
