//! A course on races: labs on locks and threads, the checker that finds the bug in each and in your own code, and the
//! queue, the locks and the pool that the labs end with.
//!
//! | Where | What | Feature |
//! |---|---|---|
//! | [`sync`], [`thread`], [`cell`], [`hint`], [`thread_local!`] | std's, under the same names: native outside of a check, an engine's inside | |
//! | [`alloc`] | memory that a check watches: used after it was freed, freed twice, leaked | |
//! | [`parking_lot`] | the same with that crate's face: no poison, guards that are waited with | |
//! | [`println!`] and its relatives | inside of a check, kept for the counterexample | |
//! | [`queue`] | [`BoundedQueue`](queue::BoundedQueue), with all that users of Python's `queue.Queue` expect; [`RingBuffer`](queue::RingBuffer), without a lock; [`spsc`](queue::spsc), for one producer and one consumer | (`async`) |
//! | [`lock`], [`Semaphore`], [`Latch`] | locks for short sections, fair or not, and for what is read all the time; permits, served in order; a count that opens once | |
//! | [`lockfree`] | without locks: a work-stealing deque, a stack, an unbounded queue | |
//! | [`pool`] | [`ThreadPool`](pool::ThreadPool), [`Task`](pool::Task), one [`Executor`](pool::Executor) trait for all pools | |
//! | `pool::process`, [`remote!`], [`enter_tests!`] | `ProcessPool`: the same with workers that are processes, which a task may take down | `process` |
//! | [`evidence`] | why the primitives and the pools may be believed: bugs put in, orderings earned, a soak | |
//! | `check` | `check()` for tests; `Checker`, `Report`, `Outcomes`, `Failure`, `Timeline`; and what a verdict is worth | `check` (`loom`) |
//! | `guide` | how to check your own code, from the first `use` line to continuous integration | `check` |
//! | `labs` | the course, one module a lab | `labs` |
//! | `workload` | factors and factorials, pure and on any executor | `workload` |
//!
//! No feature is on by default, and none changes what another sees. `full` is all of them.
//! The README has the doors for learners, teachers, engineers and embedders, and says what is not covered;
//! `check::semantics` says it to the letter, and why the verdicts may be believed.

pub mod alloc;
mod asymmetric;
mod backoff;
pub mod cell;
mod event;
pub mod evidence;
pub mod hint;
pub mod parking_lot;
mod print;
pub mod sync;
pub mod thread;

mod latch;
pub mod lock;
pub mod lockfree;
pub mod pool;
pub mod queue;
mod semaphore;
mod sys;
pub use latch::Latch;
#[doc(hidden)]
pub use print::__print;
pub use semaphore::Semaphore;

#[cfg(feature = "check")]
pub mod check;
#[cfg(feature = "check")]
#[expect(
    clippy::test_attr_in_doctest,
    reason = "it shows a whole crate, which `.ci/guide` tests"
)]
#[doc = include_str!("guide.md")]
pub mod guide {}
#[cfg(feature = "labs")]
pub mod labs;
#[cfg(feature = "workload")]
pub mod workload;

#[cfg(feature = "check")]
pub use check::check;

// The README's examples are tests.
#[cfg(all(doctest, feature = "check"))]
#[doc = include_str!("../README.md")]
struct Readme;
