//! What workers do: the next job, or wait for it.

use super::{Backoff, Entry, MutexGuard, Ordering, Phase, Shared, State, worker};

impl Shared {
    /// What a worker does all its life.
    pub(in crate::pool) fn work(&self, worker: usize) {
        let mut state = self.state.lock();
        let mut may_search = true;
        loop {
            if self.has_place(&state)
                && let Some(entry) = self.next(&mut state, worker)
            {
                state.busy += 1;
                let has_batch = self.fill_batch(&mut state, worker);
                drop(state);
                worker::execute(entry);
                if has_batch {
                    self.run_batch(worker);
                }
                state = self.lock_after_progress();
                state.busy -= 1;
                state.batching -= usize::from(has_batch);
                may_search = true;
                continue;
            }
            match state.phase {
                Phase::Open => {}
                // A job that still runs may submit more; and one that finds no place is still to be run.
                Phase::Draining if state.busy > 0 => {}
                Phase::Draining | Phase::Stopped => break,
            }
            if may_search && state.searching < self.tuning.searchers {
                may_search = false;
                state = self.search(state);
                continue;
            }
            state.idle += 1;
            self.work.wait(&mut state);
            state.idle -= 1;
            state.woken = state.woken.saturating_sub(1);
            may_search = true;
        }
        drop(state);
        self.work.notify_all();
    }

    /// What `worker` does next: the oldest in the queue, as a rule.
    fn next(&self, state: &mut State, worker: usize) -> Option<Entry> {
        let Some(oldest) = state.queue.oldest() else {
            return (state.batching > 0)
                .then(|| self.batches.steal(worker))
                .flatten()
                .map(Entry::from);
        };
        if state.batching > 0 {
            state.watched = (state.watched + 1) % self.workers();
            if state.watched != worker
                && let Some(job) = self.batches.take_over(state.watched, oldest)
            {
                return Some(job.into());
            }
        }
        state.queue.pop_oldest()
    }

    /// Takes some jobs in advance, and says whether it did.
    fn fill_batch(&self, state: &mut State, worker: usize) -> bool {
        let size = self.batches.size(state.queue.len());
        if size == 0 || self.tuning.places.is_some() {
            return false;
        }
        let queue = &mut state.queue;
        let jobs = std::iter::from_fn(|| queue.next_plain()).take(size);
        self.batches.fill(worker, jobs);
        state.batching += 1;
        true
    }

    /// Runs what `fill_batch` took and nobody else has taken since.
    fn run_batch(&self, worker: usize) {
        while let Some(job) = self.batches.pop(worker) {
            // Whoever waits for the job before this one has either passed the batch (`help`) and is seen here, or
            // will pass it, and then sees that the job has ended.
            if self.has_helpers() {
                drop(self.lock_after_progress());
            }
            worker::execute(job.into());
        }
    }

    /// Waits a little for somebody to queue something.
    fn search<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        state.searching += 1;
        if state.searching == 1 {
            // ORDERING: Relaxed; see `enqueue`, which raises it under the lock.
            self.call.store(false, Ordering::Relaxed);
        }
        drop(state);
        let mut backoff = Backoff::yielding();
        while !self.call.load(Ordering::Relaxed) && backoff.snooze() {}
        let mut state = self.state.lock();
        state.searching -= 1;
        state
    }

    pub(super) fn has_place(&self, state: &State) -> bool {
        self.tuning.places.is_none_or(|places| state.busy < places)
    }
}
