//! The checkers, each with the programs compiled for it.

pub mod explorer;
mod found;
pub mod loom;
mod program;
pub mod shuttle;

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use explorer::programs::ALL;
pub use found::{Answer, Tally};
pub use program::Program;

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Checker {
    /// racecourse's own: RC11, each execution once
    Explorer,
    /// permutes schedules and stale loads; SeqCst accesses as if AcqRel
    Loom,
    /// depth-first over all schedules; sequentially consistent only
    Shuttle,
}

impl Checker {
    pub const ALL: [Self; 3] = [Self::Explorer, Self::Loom, Self::Shuttle];

    pub fn name(self) -> &'static str {
        match self {
            Self::Explorer => "explorer",
            Self::Loom => "loom",
            Self::Shuttle => "shuttle",
        }
    }

    /// Checks the program of this number.
    pub fn check(
        self,
        program: usize,
        limit: Duration,
        tally: &Arc<Tally>,
    ) -> Result<Answer, String> {
        match self {
            Self::Explorer => explorer::check(program, limit, tally),
            Self::Loom => loom::check(program, limit, tally),
            Self::Shuttle => shuttle::check(program, limit, tally),
        }
    }
}
