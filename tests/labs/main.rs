//! The labs: the catalogue, native runs, proptest, and the sampler. `loom-tests/labs.rs` is loom's turn.
//!
//! | Module | What it holds to what |
//! |---|---|
//! | `catalogue` | the form of every lab: markers, tables, names, lessons |
//! | `native` | what runs natively, what is refused, what must not hang |
//! | `sequential` | every fixed variant against a sequential model, under generated operations |
//! | `steered` | every bug found and shrunk by proptest, as a generated list of choices |
//! | `sampled` | every variant under the sampler: found as declared, never verified |
//! | `driven` | every variant that no engine can run, on the real system |
//! | `measured` | the measured lab's numbers and chart |

#![allow(
    unreachable_pub,
    reason = "nothing outside of a test: `pub` means, for its other modules"
)]

mod catalogue;
mod driven;
mod measured;
mod native;
mod sampled;
mod sequential;
mod steered;

// The lab threads-vs-processes has a pool of processes.
#[cfg(unix)]
racecourse::enter_tests!();
