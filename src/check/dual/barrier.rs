//! A barrier, on the vocabulary's own mutex and condvar.

use core::panic::Location;

use super::parking::Mutex;
use super::raw::Condvar;

#[derive(Debug)]
pub(crate) struct Barrier {
    state: Mutex<State>,
    open: Condvar,
    threads: usize,
}

#[derive(Debug)]
struct State {
    /// Threads that wait.
    count: usize,
    /// How often the barrier has opened: whoever waits knows by it that its turn has come.
    generation: usize,
}

impl State {
    const NEW: Self = Self {
        count: 0,
        generation: 0,
    };
}

impl Barrier {
    pub(crate) const fn const_new(threads: usize) -> Self {
        Self {
            state: Mutex::const_labelled("barrier", State::NEW),
            open: Condvar::const_new(),
            threads,
        }
    }

    #[track_caller]
    pub(crate) fn new(threads: usize) -> Self {
        Self {
            state: Mutex::labelled("barrier", State::NEW),
            open: Condvar::new("barrier's opening"),
            threads,
        }
    }

    /// True for one of the threads that meet.
    #[track_caller]
    pub(crate) fn wait(&self) -> bool {
        let place = Location::caller();
        let mut state = self.state.lock_at(place);
        let generation = state.generation;
        state.count += 1;
        if state.count < self.threads {
            while state.generation == generation {
                state.wait_at(&self.open, None, place);
            }
            false
        } else {
            state.count = 0;
            state.generation = state.generation.wrapping_add(1);
            self.open.notify_all_at(place);
            true
        }
    }
}
