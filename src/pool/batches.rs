//! What each worker has taken from the queue in advance, when that is long.
//
// A lock that several threads want costs a hundred times the work of the queue. So where many jobs wait, a worker takes
// several at a time, and then only its own lock for each. They are still queued for everybody else: they can be cancelled
// and dropped by a shutdown; a worker that finds nothing else takes them; and one that finds jobs far younger in the
// queue takes these first, since their owner must be held up.
//
// Only whole tasks from outside of the pool are taken so: what a waiting worker helps with stays in the queue.
//
// Lock order: the pool's `state` before a batch. Batches are filled under both, so whoever holds `state` and finds a job
// neither in the queue nor in a batch knows that it has been taken out.

use std::collections::VecDeque;

use crossbeam_utils::CachePadded;

use super::task::TaskId;
use super::ticket::Ticket;
use crate::parking_lot::Mutex;

/// So many jobs a worker takes in advance, at most: enough that the lock costs less than a job does.
const MOST: usize = 32;
/// Younger by so many jobs for each worker: then a batch is looked after by others than its owner.
const FAR: u64 = 64;

pub(super) type Job = (TaskId, Ticket);

pub(super) struct Batches {
    /// A worker takes one job in advance for so many that are queued.
    share: usize,
    of_worker: Box<[CachePadded<Mutex<VecDeque<Job>>>]>,
}

impl Batches {
    pub(super) fn new(workers: usize, share: usize) -> Self {
        Self {
            share,
            of_worker: (0..workers).map(|_| CachePadded::default()).collect(),
        }
    }

    pub(super) fn workers(&self) -> usize {
        self.of_worker.len()
    }

    /// How many of `queued` jobs a worker takes, beside the one that it starts with.
    pub(super) fn size(&self, queued: usize) -> usize {
        (queued / self.share).min(MOST)
    }

    /// The next job of a worker.
    pub(super) fn pop(&self, worker: usize) -> Option<Job> {
        self.of_worker[worker].lock().pop_front()
    }

    pub(super) fn fill(&self, worker: usize, jobs: impl Iterator<Item = Job>) {
        self.of_worker[worker].lock().extend(jobs);
    }

    /// The first job of somebody else, for a worker that has nothing to do.
    pub(super) fn steal(&self, thief: usize) -> Option<Job> {
        let workers = self.of_worker.len();
        (1..workers).find_map(|distance| self.pop((thief + distance) % workers))
    }

    /// The first job of `owner` if it is far older than `id`.
    pub(super) fn take_over(&self, owner: usize, id: TaskId) -> Option<Job> {
        let mut batch = self.of_worker[owner].lock();
        let oldest = batch.front()?.0;
        let far = FAR * self.of_worker.len() as u64;
        (oldest.0.saturating_add(far) < id.0)
            .then(|| batch.pop_front())
            .flatten()
    }

    pub(super) fn remove(&self, id: TaskId) -> Option<Job> {
        self.of_worker.iter().find_map(|batch| {
            let mut batch = batch.lock();
            let index = batch.binary_search_by_key(&id, |job| job.0).ok()?;
            batch.remove(index)
        })
    }

    pub(super) fn take_all(&self) -> Vec<Job> {
        self.of_worker
            .iter()
            .flat_map(|batch| std::mem::take(&mut *batch.lock()))
            .collect()
    }

    /// Returns when every worker that was about to take its next job has done so.
    pub(super) fn pass(&self) {
        for batch in &self.of_worker {
            drop(batch.lock());
        }
    }
}
