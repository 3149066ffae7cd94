//! Counts and verdicts that other checkers publish for their own tests, as tables that the explorer must meet.
//!
//! A complete execution of the explorer is one execution graph of RC11, and so is one of GenMC: the numbers
//! must be equal, not only close. One row a test of theirs; a row that has no scenario says why. The programs
//! are written anew from their idea; where GenMC starts from static zeros, main makes the atomics.
//!
//! Sources, as of 2026: `tests/correct` and `tests/wrong/racy` of MPI-SWS/genmc (commit b03f01e), `tests/genmc` of
//! rust-lang/miri, `tests` and the issues of tokio-rs/loom 0.7.
//!
//! `RACECOURSE_SOAK=1` runs the large rows too.

mod assumptions;
mod awaits;
mod groups;
mod infrastructure;
mod litmus;
mod litmus_dependent;
mod litmus_text;
mod locks;
mod loom_cells;
mod loom_issues;
mod loom_more;
mod loom_orders;
mod miri;
mod miri_litmus;
mod miri_structures;
mod queues;
mod spin_locks;
mod stacks;
mod synthetic;
mod synthetic_large;
mod table;

use table::{Row, run};

/// GenMC, `tests/correct/litmus`.
#[test]
fn genmc_litmus() {
    run(litmus::rows().into_iter().chain(litmus_dependent::rows()));
}

/// GenMC, `tests/wrong/racy`.
#[test]
fn genmc_racy() {
    run(litmus::racy());
}

/// GenMC, `tests/correct/synthetic`.
#[test]
fn genmc_synthetic() {
    run(synthetic::rows().into_iter().chain(synthetic_large::rows()));
}

/// GenMC, `tests/correct/saver`, `liveness`, `ipr` and `sr`: what waits.
#[test]
fn genmc_waiting() {
    run(awaits::rows().into_iter().chain(assumptions::rows()));
}

/// GenMC, `tests/correct/data-structures` and `relinche`.
#[test]
fn genmc_structures() {
    let rows: Vec<Row> = [spin_locks::rows(), stacks::rows(), queues::rows()].concat();
    run(rows);
}

/// GenMC, `tests/correct/lapor`: what locks.
#[test]
fn genmc_locks() {
    run(locks::rows());
}

/// GenMC, `tests/correct/infr`.
#[test]
fn genmc_infrastructure() {
    run(infrastructure::rows());
}

/// Miri, `tests/genmc`.
#[test]
fn miri_genmc() {
    let rows: Vec<Row> = [miri::rows(), miri_litmus::rows(), miri_structures::rows()].concat();
    run(rows);
}

/// loom, `tests`.
#[test]
fn loom_tests() {
    let rows: Vec<Row> = [loom_orders::rows(), loom_cells::rows(), loom_more::rows()].concat();
    run(rows);
}

/// loom, open issues.
#[test]
fn loom_open_issues() {
    run(loom_issues::rows());
}
