use std::time::Duration;

use super::report::Report;

/// Which engine explores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Engine {
    /// loom: permutation under the C11 memory model.
    Loom,
    /// Random schedules, sequentially consistent, from a seed.
    Sampler { seed: u64, executions: u64 },
}

/// Configures and runs a check.
#[derive(Clone, Debug)]
pub struct Checker {
    pub(crate) engine: Engine,
    pub(crate) max_executions: Option<u64>,
    pub(crate) max_duration: Option<Duration>,
    pub(crate) spurious_wakeups: u32,
    pub(crate) weak_failures: u32,
}

impl Default for Checker {
    fn default() -> Self {
        Self::new()
    }
}

impl Checker {
    pub fn new() -> Self {
        Self {
            engine: Engine::Loom,
            max_executions: None,
            max_duration: None,
            spurious_wakeups: 1,
            weak_failures: 1,
        }
    }
    pub fn engine(mut self, engine: Engine) -> Self {
        self.engine = engine;
        self
    }
    pub fn max_executions(mut self, n: u64) -> Self {
        self.max_executions = Some(n);
        self
    }
    pub fn max_duration(mut self, d: Duration) -> Self {
        self.max_duration = Some(d);
        self
    }
    pub fn spurious_wakeups(mut self, n: u32) -> Self {
        self.spurious_wakeups = n;
        self
    }
    pub fn weak_failures(mut self, n: u32) -> Self {
        self.weak_failures = n;
        self
    }
    pub fn run(&self, _scenario: impl Fn() + Send + Sync + 'static) -> Report {
        unimplemented!()
    }
}
