//! The form of `matrix.json`, which `bench/detectors` writes and this program shows: one text for both.

use racecourse::check::FailureKind;
use serde::{Deserialize, Serialize};

/// Everything that was measured, by what, on what.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Matrix {
    /// The day on which it was written, as `2026-01-31`.
    pub made: String,
    pub machine: String,
    pub detectors: Vec<Detector>,
    pub labs: Vec<Row>,
}

/// A tool that may find a bug.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Detector {
    pub name: String,
    pub version: String,
    /// What it is given to do.
    pub how: String,
    /// Why nothing was measured, if so.
    pub unmeasured: Option<String>,
}

/// A lab.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    pub number: u32,
    pub lab: String,
    pub class: Class,
    /// Of its first bug.
    pub facts: Facts,
    /// One a detector, in their order; none for a measured lab.
    pub cells: Vec<Cell>,
    /// Its wrong fixes, run natively.
    pub wrong: Vec<Run>,
}

/// Who can run it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Threads in one process.
    Threads,
    /// The system is driven.
    Driven,
    /// There is no bug, but a chart.
    Measured,
}

/// What the explorer knows of a bug; the explanations go by it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Facts {
    pub failure: Option<FailureKind>,
    pub preemptions: Option<usize>,
    pub sequentially_consistent: Option<bool>,
    /// Why it must not run natively.
    pub undefined: Option<String>,
    /// Whether somebody waits for a lock that another holds.
    pub waits_for_lock: bool,
}

/// A lab under a detector.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cell {
    pub detector: String,
    pub state: State,
    /// Why it is not caught, in a line.
    pub line: Option<String>,
    /// Its bugs and its fixes.
    pub runs: Vec<Run>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It told of the first bug, and of no fix.
    Caught,
    /// It said nothing of the bug.
    Missed,
    /// It told of a fix, which is right; so what it tells of the bug is worth nothing.
    FalseAlarm,
    /// It cannot be asked, or says itself that it cannot tell.
    CannotJudge,
    NotMeasured,
}

/// A variant under a detector.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Run {
    pub variant: String,
    pub said: Said,
    /// What it said, or how much was tried in vain.
    pub what: String,
    /// Until it told, or gave up.
    pub seconds: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    Alarm,
    Silence,
    Cannot,
}
