//! The pool of processes: what it promises, and that a worker that fails costs its own task only.
//!
//! | File | What |
//! |---|---|
//! | `tasks` | results, order, panics, shutdown: as from threads |
//! | `faults` | workers that crash, are killed, exit, print, send garbage, hang; nothing leaks |
//! | `orphans` | a pool's process that is killed outright leaves nobody behind |
//! | `setup` | programs that are no workers |

#![cfg(unix)]

mod faults;
mod jobs;
mod orphans;
mod setup;
mod system;
mod tasks;

racecourse::enter_tests!();
