//! Linearizability: whatever threads did to a queue, a lock, a pool at the same time, there is an order of their calls,
//! one after the other, that keeps real time and gives the same results.
//!
//! | File | What |
//! |---|---|
//! | `checker` | whether a history has such an order |
//! | `timeline` | a history as a person reads it |
//! | `run` | a program on real threads, and its history |
//! | `programs` | generated programs; a failing one is made smaller |
//! | `subjects` | what is tested, and what it should be: a file a family |
//! | `broken` | that it finds what is broken, and says so |
//! | `slow` | that it does not take for a hang what is slow |
//!
//! What comes next is added by its `Subject`, in a file of `subjects`.

mod broken;
mod checker;
mod programs;
mod run;
mod slow;
mod subjects;
mod timeline;

#[cfg(unix)]
racecourse::enter_tests!();
