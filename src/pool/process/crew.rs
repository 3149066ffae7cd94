//! The workers of one pool: who is idle, who is busy, and who takes the place of one that is gone.
//
// Three kinds of threads meet here: those of the pool, each of which takes a worker, asks it and gives it back or replaces
// it; the nurse, who finds workers that died; and whoever ends the pool. A worker is always in the hands of exactly one
// of them, or idle. `tests` has the explorer go through their meetings, with workers that are not processes.

use std::collections::{BTreeMap, BTreeSet};

use super::errors::StartError;
use crate::parking_lot::Mutex;

/// Who starts workers.
pub(super) trait Employer {
    type Worker: Member;

    fn start(&self) -> Result<Self::Worker, StartError>;

    /// Somebody has come, or gone.
    fn has_changed(&self);
}

/// A worker, as its crew sees it.
pub(super) trait Member {
    /// What others may know of it while somebody has it.
    type Shadow: Clone;

    fn pid(&self) -> u32;
    fn shadow(&self) -> Self::Shadow;
    /// Whether it can be given a task.
    fn is_well(&self) -> bool;
    /// Whether it is to be replaced although it is well.
    fn is_worn_out(&self) -> bool;
    /// Asks it to end, without waiting. [`ended`](Self::ended) follows.
    fn stop(&mut self);
    /// Waits for its end.
    fn ended(self);
    /// Kills it, and waits for its end.
    fn end_now(self);
}

pub(super) struct Crew<E: Employer> {
    pub(super) employer: E,
    /// How many workers there are to be.
    size: usize,
    /// Never held while a process is started or waited for.
    roll: Mutex<Roll<E::Worker>>,
}

struct Roll<W: Member> {
    /// At most one worker a thread of the pool, so whoever needs one finds one, unless it could not be started.
    idle: Vec<W>,
    /// All that live, busy or idle, by their process ids.
    living: BTreeMap<u32, W::Shadow>,
    /// Those of them that have died in somebody's hands: whoever has them sees to it, not the nurse.
    dying: BTreeSet<u32>,
    /// No worker is needed any more.
    closed: bool,
}

impl<W: Member> Roll<W> {
    fn forget(&mut self, pid: u32) {
        self.living.remove(&pid);
        self.dying.remove(&pid);
    }
}

impl<E: Employer> Crew<E> {
    /// A crew of nobody yet.
    pub(super) fn new(size: usize, employer: E) -> Self {
        Self {
            employer,
            size,
            roll: Mutex::new(Roll {
                idle: Vec::new(),
                living: BTreeMap::new(),
                dying: BTreeSet::new(),
                closed: false,
            }),
        }
    }

    pub(super) fn size(&self) -> usize {
        self.size
    }

    pub(super) fn hire(&self) -> Result<E::Worker, StartError> {
        let worker = self.employer.start()?;
        self.roll
            .lock()
            .living
            .insert(worker.pid(), worker.shadow());
        self.employer.has_changed();
        Ok(worker)
    }

    /// A worker that can be asked.
    pub(super) fn take(&self) -> Result<E::Worker, StartError> {
        loop {
            // A statement of its own: the lock must be free again when a worker is started.
            let idle = self.roll.lock().idle.pop();
            match idle {
                None => return self.hire(),
                Some(worker) if worker.is_well() => return Ok(worker),
                // It died, or was killed, while it had nothing to do: that costs nobody a task.
                Some(worker) => self.replace(worker),
            }
        }
    }

    /// For a worker that has answered.
    pub(super) fn give_back(&self, worker: E::Worker) {
        if worker.is_worn_out() {
            self.roll.lock().forget(worker.pid());
            self.see_off(worker);
            self.refill();
        } else {
            self.admit(worker);
        }
    }

    /// Makes a worker idle; or ends it, if it has died since its answer, is one too many, or is not needed any more.
    pub(super) fn admit(&self, worker: E::Worker) {
        let pid = worker.pid();
        let mut roll = self.roll.lock();
        if roll.dying.contains(&pid) {
            drop(roll);
            self.replace(worker);
        } else if roll.closed || roll.living.len() > self.size {
            // One too many: a task that found no idle worker started one, while the nurse did so.
            roll.forget(pid);
            drop(roll);
            self.see_off(worker);
        } else {
            roll.idle.push(worker);
        }
    }

    /// For a worker that has failed.
    pub(super) fn replace(&self, worker: E::Worker) {
        self.roll.lock().forget(worker.pid());
        self.employer.has_changed();
        worker.end_now();
        self.refill();
    }

    fn see_off(&self, mut worker: E::Worker) {
        self.employer.has_changed();
        worker.stop();
        worker.ended();
    }

    /// Starts a worker in place of one that is gone, so that the next task need not wait for it.
    fn refill(&self) {
        if self.roll.lock().closed {
            return;
        }
        // A failure is told to the next task, which tries again.
        if let Ok(worker) = self.hire() {
            self.admit(worker);
        }
    }

    /// The workers whose end is news; `None` once there will be no others.
    pub(super) fn watched(&self) -> Option<Vec<<E::Worker as Member>::Shadow>> {
        let roll = self.roll.lock();
        if roll.closed {
            return None;
        }
        let news = roll
            .living
            .iter()
            .filter(|(pid, _)| !roll.dying.contains(pid));
        Some(news.map(|(_, shadow)| shadow.clone()).collect())
    }

    /// The nurse says that this worker has ended: if it was idle, another takes its place.
    pub(super) fn found_dead(&self, pid: u32) {
        let mut roll = self.roll.lock();
        if let Some(at) = roll.idle.iter().position(|worker| worker.pid() == pid) {
            let worker = roll.idle.remove(at);
            drop(roll);
            self.replace(worker);
        } else if roll.living.contains_key(&pid) {
            roll.dying.insert(pid);
        }
    }

    /// Ends the idle workers, and lets the busy ones end after their task.
    pub(super) fn dismiss(&self) {
        let mut roll = self.roll.lock();
        roll.closed = true;
        let mut leaving = std::mem::take(&mut roll.idle);
        for worker in &leaving {
            roll.forget(worker.pid());
        }
        drop(roll);
        self.employer.has_changed();
        // All at once, and then wait for each.
        for worker in &mut leaving {
            worker.stop();
        }
        for worker in leaving {
            worker.ended();
        }
    }

    /// As `dismiss`, and gives those that were still living, for instance to be killed.
    pub(super) fn close(&self) -> Vec<<E::Worker as Member>::Shadow> {
        let mut roll = self.roll.lock();
        // From here on none is replaced.
        roll.closed = true;
        roll.living.values().cloned().collect()
    }

    pub(super) fn pids(&self) -> Vec<u32> {
        self.roll.lock().living.keys().copied().collect()
    }
}

#[cfg(all(test, feature = "check"))]
mod tests;
