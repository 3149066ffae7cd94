//! What a checker finds.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// What a checker said of a program that it did not object to.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    pub executions: u64,
    /// Executions that ended with a thread waiting for what other executions have.
    pub blocked: u64,
    /// Whether that was all, or the time limit came first.
    pub finished: bool,
}

/// What the executions gave, counted from inside of the program.
#[derive(Debug, Default)]
pub struct Tally(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    executions: u64,
    results: HashSet<u64>,
    /// The last result: most executions have that of the one before, and what is counted shall cost next to nothing.
    last: Option<u64>,
}

impl Tally {
    /// An execution has ended with this result.
    pub fn add(&self, result: u64) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.executions += 1;
        if counts.last.replace(result) != Some(result) {
            counts.results.insert(result);
        }
    }

    /// How many executions ended, and how many different results they had.
    pub fn counts(&self) -> (u64, u64) {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (counts.executions, counts.results.len() as u64)
    }
}
