//! Which yields are rounds of a loop that waits.
//!
//! A `yield_now` or `spin_loop` means nothing to the program, but to loom it does: it runs another thread
//! next, tries nothing else at that point, and lets the thread read nothing again that is out of date. That
//! is right for the rounds of a loop that waits, since a round that found nothing new might as well not
//! have been, and necessary, for otherwise the loop has no end. Anywhere else executions would be lost. So
//! loom is told of a yield only when the thread has just repeated itself.

use super::witness::Steps;
use crate::check::execution::Place;
use crate::check::kernel::ObjectId;

/// What a thread is remembered by; the oldest steps are forgotten.
const MOST: usize = 512;

/// Yields that a round may contain.
const MOST_YIELDS: usize = 4;

/// Yields with nothing between them, before they are taken as waiting all the same.
const MOST_IDLE: usize = 16;

/// Rounds that go the same way and change something, before they are taken as waiting all the same.
const PATIENCE: u32 = 3;

/// A step of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Did {
    /// `None` for a yield: it matters not which one it is.
    pub(super) place: Option<Place>,
    pub(super) object: Option<ObjectId>,
    /// What it found: a value, or how often others changed the object.
    pub(super) found: u64,
    /// Whether it changed something.
    pub(super) changed: bool,
}

impl Did {
    const YIELD: Self = Self {
        place: None,
        object: None,
        found: 0,
        changed: false,
    };

    fn like(&self, other: &Self) -> bool {
        self.place == other.place && self.object == other.object
    }
}

/// What to do about a yield.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Yield {
    Ignore,
    Wait,
    /// The loop changes something in each round.
    WaitInDoubt,
}

/// The latest steps of one thread.
#[derive(Debug, Default)]
pub(super) struct Rounds {
    steps: Vec<Did>,
    similar: u32,
    /// The round that is expected again, and how much of it came: the loop must not end as long as it finds
    /// nothing new.
    expected: Option<(Vec<Did>, usize)>,
}

impl Rounds {
    /// Notes a step. False if the thread left a loop that waits without having found anything new: so it
    /// counts its rounds, and they do matter.
    pub(super) fn step(&mut self, did: Did) -> bool {
        let mut counted = false;
        if let Some((round, next)) = &mut self.expected {
            match round.get(*next) {
                Some(before) if before == &did => *next += 1,
                Some(before) if before.like(&did) => self.expected = None,
                _ => {
                    counted = true;
                    self.expected = None;
                }
            }
        }
        if self.steps.len() == MOST {
            self.steps.drain(..MOST / 2);
        }
        self.steps.push(did);
        !counted
    }

    pub(super) fn yields(&mut self) -> Yield {
        let answer = self.judge();
        // A round that ends as expected is not one that left the loop.
        let expected = match &answer {
            Yield::Wait => self.round().map(|(_, round)| round.to_vec()),
            _ => None,
        };
        let counted = !self.step(Did::YIELD);
        if let Some(mut round) = expected {
            round.push(Did::YIELD);
            self.expected = Some((round, 0));
        }
        if counted { Yield::WaitInDoubt } else { answer }
    }

    /// What the thread has just done twice, and whether it found the same both times.
    fn round(&self) -> Option<(bool, &[Did])> {
        let yields = (0..self.steps.len())
            .rev()
            .filter(|&at| self.steps[at] == Did::YIELD);
        yields.take(MOST_YIELDS).find_map(|at| {
            let round = &self.steps[at + 1..];
            let earlier = &self.steps[at.checked_sub(round.len())?..at];
            let idle = round.iter().all(|step| *step == Did::YIELD);
            let like = earlier.iter().zip(round).all(|(a, b)| a.like(b));
            (!idle && like).then_some((earlier == round, round))
        })
    }

    fn judge(&mut self) -> Yield {
        let Some((same, round)) = self.round() else {
            self.similar = 0;
            let idle = self.steps.iter().rev().take(MOST_IDLE);
            return if idle.len() == MOST_IDLE && idle.clone().all(|step| *step == Did::YIELD) {
                Yield::WaitInDoubt
            } else {
                Yield::Ignore
            };
        };
        let changed = round.iter().any(|step| step.changed);
        if same && !changed {
            return Yield::Wait;
        }
        self.similar += 1;
        match (self.similar >= PATIENCE, changed) {
            (false, _) => Yield::Ignore,
            (true, false) => Yield::Wait,
            (true, true) => Yield::WaitInDoubt,
        }
    }

    /// Whether the thread, which has ended, left a loop that waits as `step` says.
    pub(super) fn counted(&self) -> bool {
        self.expected.is_some()
    }
}

/// How often others changed an object.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Changes(Steps);

impl Changes {
    pub(super) fn by(&mut self, thread: usize) {
        self.0.0[thread] += 1;
    }

    pub(super) fn of_others(&self, thread: usize) -> u64 {
        let all = self.0.0.iter().enumerate();
        all.filter(|(other, _)| *other != thread)
            .map(|(_, count)| u64::from(*count))
            .sum()
    }
}
