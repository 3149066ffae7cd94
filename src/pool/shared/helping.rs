//! What those do who wait for a task: run something meanwhile, or sleep.

use super::{Backoff, Entry, MutexGuard, Ordering, Phase, Queued, Shared, State, TaskId, worker};

impl Shared {
    /// Runs jobs that `choose` takes from the queue until `ended`. With `sleep`, sleeps when there is none:
    /// right only if every end that is waited for is that of a task of this pool, since others wake nobody
    /// here. Without, returns.
    pub(in crate::pool) fn help(
        &self,
        choose: &mut dyn FnMut(&mut Queued<'_>) -> Option<Entry>,
        ended: &dyn Fn() -> bool,
        sleep: bool,
    ) {
        if ended() {
            return;
        }
        let mut state = self.state.lock();
        let mut backoff = Backoff::yielding();
        while !ended() {
            if let Some(entry) = choose(&mut Queued(self, &mut state)) {
                drop(state);
                state = self.run(entry);
                backoff = Backoff::yielding();
            } else if !sleep {
                break;
            } else if backoff.snooze() {
                drop(state);
                while !ended() && backoff.snooze() {}
                state = self.state.lock();
            } else {
                self.sleep_helping(&mut state, ended);
            }
        }
    }

    fn sleep_helping(&self, state: &mut MutexGuard<'_, State>, ended: &dyn Fn() -> bool) {
        // ORDERING: Relaxed; see `has_helpers`.
        let helpers = self.helpers.load(Ordering::Relaxed);
        self.helpers.store(helpers + 1, Ordering::Relaxed);
        if state.batching > 0 {
            self.batches.pass();
        }
        if !ended() {
            self.progress.wait(state);
        }
        let helpers = self.helpers.load(Ordering::Relaxed);
        self.helpers.store(helpers - 1, Ordering::Relaxed);
    }

    /// Runs one job on the calling worker if it is still queued.
    pub(in crate::pool) fn run_if_queued(&self, id: TaskId) {
        let mut state = self.state.lock();
        if let Some(entry) = self.remove(&mut state, id) {
            drop(state);
            drop(self.run(entry));
        }
    }

    /// Runs a job taken from the queue and wakes the helpers, one of which may wait for it.
    fn run(&self, entry: Entry) -> MutexGuard<'_, State> {
        worker::execute(entry);
        self.lock_after_progress()
    }

    /// Runs a job that is still queued on the calling thread, which waits for it, if a worker would otherwise have run it
    /// now: that saves waking one, and being woken. Not for the pool's own workers.
    pub(in crate::pool) fn stand_in(&self, id: TaskId) {
        if self.tuning.places.is_none() {
            return;
        }
        let mut state = self.state.lock();
        if !self.has_place(&state) {
            return;
        }
        let Some(entry) = state.queue.remove(id) else {
            return;
        };
        state.busy += 1;
        drop(state);
        entry.work.run();
        let mut state = self.state.lock();
        state.busy -= 1;
        // A worker that found no place sleeps, or the end of the pool waits for the last job.
        let is_needed = state.idle > 0 && (!state.queue.is_empty() || state.phase != Phase::Open);
        drop(state);
        if is_needed {
            self.work.notify_all();
        }
    }
}
