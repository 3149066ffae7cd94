//! Who asked for which lock while holding which: the requests of a run, and the circles among them.
//!
//! A circle is a list of requests by different threads, each for a lock that the next one holds, such that all of
//! them could be held at once: no two of the threads hold a lock in ways that exclude each other. Such a common lock
//! is a *gate*, and it keeps the threads apart.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};

use smallvec::SmallVec;

use crate::check::execution::Place;
use crate::check::kernel::ReadPolicy;

/// How a lock is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Mode {
    /// A mutex.
    Lock,
    /// A read-write lock, to write.
    Write,
    /// A read-write lock, to read, perhaps behind a writer that waits.
    Read,
    /// A read-write lock, to read, passing writers that wait.
    ReadPassing,
}

impl From<ReadPolicy> for Mode {
    fn from(policy: ReadPolicy) -> Self {
        match policy {
            ReadPolicy::Pass => Self::ReadPassing,
            ReadPolicy::Either | ReadPolicy::Wait => Self::Read,
        }
    }
}

impl Mode {
    fn is_shared(self) -> bool {
        matches!(self, Self::Read | Self::ReadPassing)
    }
}

/// A lock that a thread has, or asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    pub(crate) lock: u64,
    pub(crate) mode: Mode,
    /// Where it was taken, or asked for.
    pub(crate) place: Place,
}

impl Held {
    /// A place by its address: to compare its text costs more than all the rest, at each lock of each execution. That one
    /// place can have two addresses makes two requests of one, and no more.
    fn key(&self) -> (u64, Mode, *const core::panic::Location<'static>) {
        (self.lock, self.mode, self.place)
    }
}

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Held {}

impl Hash for Held {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

/// A thread asked for a lock, ready to wait for it, while it held others.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Request {
    pub(crate) thread: u64,
    pub(crate) held: SmallVec<[Held; 2]>,
    pub(crate) wanted: Held,
}

impl Request {
    /// Whether the other cannot be at its request while this one is at this.
    fn excludes(&self, other: &Self) -> bool {
        self.held.iter().any(|mine| {
            other.held.iter().any(|theirs| {
                mine.lock == theirs.lock && !(mine.mode.is_shared() && theirs.mode.is_shared())
            })
        })
    }

    fn mentions(&self, lock: u64) -> bool {
        self.wanted.lock == lock || self.held.iter().any(|held| held.lock == lock)
    }

    /// How this request waits for what `other` holds, if it does.
    fn waits_for(&self, other: &Self) -> Option<Wait> {
        let held = other
            .held
            .iter()
            .filter(|held| held.lock == self.wanted.lock);
        held.filter_map(|held| match self.wanted.mode {
            mode if !(mode.is_shared() && held.mode.is_shared()) => Some(Wait::Plain),
            Mode::Read => Some(Wait::BehindWriter),
            _ => None,
        })
        .min()
    }

    /// The lock that it holds and `other` wants.
    pub(crate) fn lends(&self, other: &Self) -> Option<Held> {
        let mut held = self
            .held
            .iter()
            .filter(|held| held.lock == other.wanted.lock);
        held.next_back().copied()
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Wait {
    Plain,
    /// Both read: only if a writer has begun to wait in between.
    BehindWriter,
}

/// A circle: each request waits for what the next holds, the last for what the first holds.
#[derive(Clone, Debug)]
pub(crate) struct Circle {
    pub(crate) requests: Vec<Request>,
    /// The writer that waits between a request and the holder, by the request's number.
    pub(crate) writers: Vec<(usize, Request)>,
}

/// The longest circles that are looked for, and so the most threads from which the same request is kept.
const LONGEST: usize = 8;
/// Requests that are kept.
const MOST_REQUESTS: usize = 50_000;
/// Steps of the search for circles through one new request.
const MOST_STEPS: usize = 20_000;
/// Circles that are kept because nobody writes yet.
const MOST_WAITING: usize = 1_000;

#[derive(Debug, Default)]
pub(crate) struct Graph {
    requests: Vec<Option<Request>>,
    free: Vec<usize>,
    /// The threads that made a request which is otherwise the same.
    known: HashMap<Request, SmallVec<[u64; 2]>>,
    by_held: HashMap<u64, Vec<usize>>,
    by_wanted: HashMap<u64, Vec<usize>>,
    /// Circles of readers, until a writer comes that can wait between.
    waiting: Vec<Vec<Request>>,
    /// Something was left out because of a bound.
    pub(crate) truncated: bool,
}

impl Graph {
    /// Notes a request; the circles that it closes.
    pub(crate) fn add(&mut self, request: &Request) -> Vec<Circle> {
        let writes = request.wanted.mode == Mode::Write;
        if request.held.is_empty() && !writes {
            return Vec::new();
        }
        let anybody = Request {
            thread: 0,
            ..request.clone()
        };
        let threads = self.known.entry(anybody).or_default();
        // Of a request that many threads make, as many are kept as a circle can have: the others add none.
        if threads.contains(&request.thread) || threads.len() >= LONGEST {
            return Vec::new();
        }
        if self.requests.len() - self.free.len() >= MOST_REQUESTS {
            self.truncated = true;
            return Vec::new();
        }
        threads.push(request.thread);
        self.keep(request.clone());

        let mut closed = Vec::new();
        if request.waits_for(request).is_some() {
            // A thread that asks for what it has itself.
            closed.push(vec![request.clone()]);
        }
        let mut steps = MOST_STEPS;
        self.search(&mut vec![request], &mut closed, &mut steps);
        self.truncated |= steps == 0;
        let mut circles = Vec::new();
        for requests in closed {
            match self.with_writers(&requests) {
                Some(circle) => circles.push(circle),
                None if self.waiting.len() < MOST_WAITING => self.waiting.push(requests),
                None => self.truncated = true,
            }
        }
        if writes {
            for requests in core::mem::take(&mut self.waiting) {
                match self.with_writers(&requests) {
                    Some(circle) => circles.push(circle),
                    None => self.waiting.push(requests),
                }
            }
        }
        circles
    }

    fn keep(&mut self, request: Request) {
        let at = self.free.pop().unwrap_or(self.requests.len());
        if at == self.requests.len() {
            self.requests.push(None);
        }
        for held in &request.held {
            let list = self.by_held.entry(held.lock).or_default();
            // Read twice, it is held twice.
            if list.last() != Some(&at) {
                list.push(at);
            }
        }
        let wanted = request.wanted.lock;
        self.by_wanted.entry(wanted).or_default().push(at);
        self.requests[at] = Some(request);
    }

    /// The lock is gone: nothing that is to come can close a circle over it.
    pub(crate) fn forget(&mut self, lock: u64) {
        let mut gone = self.by_held.remove(&lock).unwrap_or_default();
        gone.extend(self.by_wanted.remove(&lock).unwrap_or_default());
        if gone.is_empty() {
            return;
        }
        for at in gone {
            let Some(mut request) = self.requests[at].take() else {
                continue;
            };
            self.free.push(at);
            for held in &request.held {
                drop_from(&mut self.by_held, held.lock, at);
            }
            drop_from(&mut self.by_wanted, request.wanted.lock, at);
            request.thread = 0;
            self.known.remove(&request);
        }
        self.waiting
            .retain(|requests| !requests.iter().any(|request| request.mentions(lock)));
    }

    /// Extends `path`, whose last request waits for what is to come, back to its first.
    fn search<'a>(
        &'a self,
        path: &mut Vec<&'a Request>,
        closed: &mut Vec<Vec<Request>>,
        steps: &mut usize,
    ) {
        let last = path[path.len() - 1];
        let Some(holders) = self.by_held.get(&last.wanted.lock) else {
            return;
        };
        for next in holders.iter().filter_map(|at| self.requests[*at].as_ref()) {
            if *steps == 0 {
                return;
            }
            *steps -= 1;
            let apart = |one: &&Request| one.thread == next.thread || one.excludes(next);
            if last.waits_for(next).is_none() || path.iter().any(apart) {
                continue;
            }
            path.push(next);
            if next.waits_for(path[0]).is_some() {
                closed.push(path.iter().copied().cloned().collect());
            } else if path.len() < LONGEST {
                self.search(path, closed, steps);
            }
            path.pop();
        }
    }

    /// The circle, if each reader that would wait behind a writer has one.
    fn with_writers(&self, requests: &[Request]) -> Option<Circle> {
        let mut circle = Circle {
            requests: requests.to_vec(),
            writers: Vec::new(),
        };
        let behind = (0..requests.len()).filter(|i| {
            let next = &requests[(i + 1) % requests.len()];
            requests[*i].waits_for(next) == Some(Wait::BehindWriter)
        });
        let behind: Vec<usize> = behind.collect();
        self.add_writers(&mut circle, &behind).then_some(circle)
    }

    fn add_writers(&self, circle: &mut Circle, behind: &[usize]) -> bool {
        let Some((first, rest)) = behind.split_first() else {
            return true;
        };
        let lock = circle.requests[*first].wanted.lock;
        let wanting = self.by_wanted.get(&lock).into_iter().flatten();
        let wanting = wanting.filter_map(|at| self.requests[*at].as_ref());
        for writer in wanting.filter(|request| request.wanted.mode == Mode::Write) {
            let others = circle.writers.iter().map(|(_, other)| other);
            let apart = |other: &Request| other.thread == writer.thread || other.excludes(writer);
            if circle.requests.iter().chain(others).any(apart) {
                continue;
            }
            circle.writers.push((*first, writer.clone()));
            if self.add_writers(circle, rest) {
                return true;
            }
            circle.writers.pop();
        }
        false
    }
}

fn drop_from(lists: &mut HashMap<u64, Vec<usize>>, lock: u64, at: usize) {
    if let Some(list) = lists.get_mut(&lock) {
        list.retain(|other| *other != at);
        if list.is_empty() {
            lists.remove(&lock);
        }
    }
}
