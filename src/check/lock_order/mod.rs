//! The order in which locks are taken: deadlocks that did not happen, found in a run that went well.
//!
//! A deadlock needs bad luck: two threads must each have their first lock before either asks for its second. That they
//! take the locks in opposite orders shows in *every* run, lucky or not. So whoever notes which lock was asked for
//! while which others were held finds the deadlock in a plain test, or in the program at work:
//!
//! ```
//! use racecourse::check::{lock_order, name};
//! use racecourse::sync::Mutex;
//! use racecourse::thread;
//!
//! let found = lock_order::watch(|| {
//!     let (a, b) = (Mutex::new(1), Mutex::new(2));
//!     name(&a, "a");
//!     name(&b, "b");
//!     let ab = || *a.lock().unwrap() + *b.lock().unwrap();
//!     let ba = || *b.lock().unwrap() + *a.lock().unwrap();
//!     // One after the other, so that nothing can happen.
//!     thread::scope(|s| s.spawn(ab).join().unwrap());
//!     thread::scope(|s| s.spawn(ba).join().unwrap());
//! });
//! assert_eq!(found.cycles().len(), 1);
//! let text = found.to_string();
//! assert!(text.contains("thread 1  holds a"), "{text}");
//! assert!(text.contains("thread 2  holds b"), "{text}");
//! ```
//!
//! # Three ways to use it
//! - [`watch`] in a test: the locks that its closure takes, and the threads that it starts by [`thread`](crate::thread).
//! - `RACECOURSE_LOCK_ORDER=1` in the environment of a program, or of `cargo test`: every lock of the process. Each
//!   potential deadlock is printed once, to standard error, when it is found, past the capture of `cargo test`, and before
//!   the thread begins to wait: so it tells of a deadlock that does happen, too.
//! - [`Report::lock_order`](super::Report::lock_order): the executions of a check. There it matters where the verdict is
//!   *verified*: something in the scenario keeps the threads apart (a join, a flag), and another user of the same code may
//!   not.
//!
//! It needs the feature `check`. While nobody watches, a lock costs two relaxed loads more, and an unlock a test (together about a
//! twentieth of an uncontended lock and unlock).
//!
//! # What is reported
//! A [`Cycle`]: threads, all different, each of which held one lock and asked for the lock that the next one held.
//!
//! - **A common lock** that two of them hold, a *gate*, keeps them apart: not reported. (A read-write lock that both read
//!   is no gate.)
//! - **One thread alone** that takes locks in both orders cannot block itself: not reported. What is reported is a thread
//!   that asks for what it holds itself: that one waits for ever.
//! - **`try_lock`**, and the waits that end by a timeout, cannot block for ever: they ask for nothing. What they get is held
//!   like anything else.
//! - **Two readers** of a read-write lock do not wait for each other, unless a writer waits between them: then the second
//!   reader waits behind the writer, the writer for the first reader. Such a cycle is reported if a third thread did ask
//!   to write, and holds no gate; the cycle names it. The same goes for one thread that reads twice. `parking_lot`'s
//!   `read_recursive` passes writers, so it is left out. (Whether std's lock lets a reader pass is not promised.)
//! - **A condvar** asks for its mutex again when a wait ends: a lock that is held meanwhile comes before it.
//!
//! Locks are told apart as **instances**, not by the place where they were made. Two accounts locked in the order of their
//! numbers are no cycle, though both locks come from one line. The price: an order that is broken on *other* instances is
//! only seen in a run that takes both orders on the same two. (Linux' lockdep goes by classes, and has annotations for
//! where that is too coarse.) A cycle at the same lines is reported once, however many instances have it.
//!
//! # What it is worth
//! Where threads synchronise by nested locks alone, run at the same time, and take the same locks in every run, it is
//! exact: something is reported if and only if some schedule deadlocks. (Not every single cycle need be reachable then; one
//! is.) The project's tests hold it against the explorer on random programs.
//!
//! It is a *false alarm* where something else keeps the threads apart: one is joined before the other starts, or a flag or
//! a channel orders them. Such threads are reported all the same, for a test often does one after the other what a program
//! does at once. It is *no proof* of the contrary: what the run did not do is not seen, nor are deadlocks over condvars,
//! channels or joins, nor locks of another library. [`check`](super::check()) is for these.
//!
//! # Sources
//! The idea, with gates and one thread's own cycles left out, is the `GoodLock` algorithm of K. Havelund, *Using Runtime
//! Analysis to Guide Model Checking of Java Programs* (SPIN 2000), for two threads; S. Bensalem and K. Havelund, *Dynamic
//! Deadlock Analysis of Multi-threaded Programs* (Haifa Verification Conference 2005), have it for any number. To keep for
//! each request all locks that were held is the lock dependency relation of P. Joshi, C.-S. Park, K. Sen and M. Naik, *A
//! Randomized Dynamic Program Analysis Technique for Detecting Real Deadlocks* (PLDI 2009). Linux' *lockdep* (I. Molnar and
//! A. van de Ven, 2006) made it a habit to have it on in every test.

mod graph;
mod model;
mod native;
#[cfg(test)]
mod tests;
mod text;
mod watched;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::failure::Location;
pub(crate) use graph::{Held, Mode, Request};
pub(crate) use model::Orders;
pub use native::watch;
pub(crate) use native::{Identity, Token, has, inherited, name, wants};

/// The potential deadlocks of a run. `Display` says each with its threads, its locks and their lines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockOrder {
    cycles: Vec<Cycle>,
    truncated: bool,
}

impl LockOrder {
    /// The cycles, in the order in which they were found.
    #[must_use]
    pub fn cycles(&self) -> &[Cycle] {
        &self.cycles
    }

    /// Whether no cycle was found.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.cycles.is_empty()
    }

    /// Whether all that was seen was judged, for cycles of up to eight threads. It is not if there was too much of it, such as more
    /// than 50,000 different requests for locks that are still there.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        !self.truncated
    }

    /// Adds what another run has shown.
    pub(crate) fn absorb(&mut self, other: Self) {
        for cycle in other.cycles {
            self.add(cycle);
        }
        self.truncated |= other.truncated;
    }

    /// Adds a cycle, unless one at the same lines is there. True: it is new.
    fn add(&mut self, cycle: Cycle) -> bool {
        let places = cycle.places();
        let new = !self.cycles.iter().any(|old| old.places() == places);
        if new {
            self.cycles.push(cycle);
        }
        new
    }
}

/// Threads, each of which can hold a lock that the one before it waits for, the first one's that the last waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cycle {
    links: Vec<Link>,
}

impl Cycle {
    /// The threads: each wants a lock that the next one holds, and the last what the first one holds. One alone wants what
    /// it holds itself.
    #[must_use]
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// What makes two cycles the same bug: the lines, whichever thread is named first.
    fn places(&self) -> Vec<(&Location, &Location)> {
        let places = self.links.iter();
        let mut places: Vec<_> = places
            .map(|link| (&link.holds.at, &link.wants.at))
            .collect();
        places.sort_by_key(|(a, b)| (&a.file, a.line, a.column, &b.file, b.line, b.column));
        places
    }
}

/// One thread of a [`Cycle`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Link {
    /// The thread by its name, or by a number.
    pub thread: String,
    /// The lock that the thread before it in the cycle wants.
    pub holds: Taken,
    /// What else it held when it asked.
    pub also_holds: Vec<Taken>,
    /// The lock that it asked for.
    pub wants: Taken,
    /// Where it and the holder both read: the thread that waits to write between them.
    pub behind: Option<Writer>,
}

/// A lock that was taken, or asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Taken {
    /// The lock by the name that [`name`](super::name()) gave it, or by a number that counts within the cycle.
    pub lock: String,
    /// Whether it was taken to read, with others.
    pub shared: bool,
    /// Where it was taken, or asked for.
    pub at: Location,
    /// Where the lock was made.
    pub made: Location,
}

/// A thread that waits to write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Writer {
    /// The thread by its name, or by a number.
    pub thread: String,
    /// Where it asked.
    pub at: Location,
}

/// What a lock is called, before it has got a number within a cycle.
#[derive(Clone, Debug)]
pub(crate) struct Label {
    pub(crate) name: Option<String>,
    pub(crate) kind: &'static str,
    pub(crate) made: super::execution::Place,
}

/// Puts a circle into words.
fn describe(
    circle: &graph::Circle,
    thread: &dyn Fn(u64) -> String,
    label: &dyn Fn(&Held) -> Label,
) -> Cycle {
    // The thread that was there first comes first.
    let count = circle.requests.len();
    let first = (0..count)
        .min_by_key(|i| circle.requests[*i].thread)
        .unwrap_or(0);
    let mut numbers: HashMap<u64, usize> = HashMap::new();
    let mut taken = |held: &Held| {
        let label = label(held);
        let lock = label.name.unwrap_or_else(|| {
            let next = numbers.len() + 1;
            format!(
                "{} {}",
                label.kind,
                numbers.entry(held.lock).or_insert(next)
            )
        });
        Taken {
            lock,
            shared: matches!(held.mode, Mode::Read | Mode::ReadPassing),
            at: location(held.place),
            made: location(label.made),
        }
    };
    let links = (0..count).map(|step| {
        let i = (first + step) % count;
        let request = &circle.requests[i];
        let before = &circle.requests[(i + count - 1) % count];
        // What is wanted of a request is among what it holds.
        let lent = request.lends(before).unwrap_or(request.wanted);
        let writer = circle.writers.iter().find(|(at, _)| *at == i);
        let also = request.held.iter().filter(|held| **held != lent);
        Link {
            thread: thread(request.thread),
            holds: taken(&lent),
            also_holds: also.map(&mut taken).collect(),
            wants: taken(&request.wanted),
            behind: writer.map(|(_, writer)| Writer {
                thread: thread(writer.thread),
                at: location(writer.wanted.place),
            }),
        }
    });
    Cycle {
        links: links.collect(),
    }
}

fn location(place: super::execution::Place) -> Location {
    Location {
        file: place.file().to_owned(),
        line: place.line(),
        column: place.column(),
    }
}
