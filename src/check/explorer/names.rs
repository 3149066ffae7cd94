//! Identities that are the same in every execution: threads by who started them, locations by who made them.
//!
//! A location and a thread are known by the thread that made them and by how many that thread had made before;
//! statics by their addresses.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::event::Loc;
use super::mix::FastMap;

#[derive(Debug, Default)]
pub(super) struct Names {
    known: Known,
    /// What all workers at one search know.
    shared: Option<Arc<Mutex<Known>>>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    children: FastMap<(u32, u32), u32>,
    made: FastMap<Key, Loc>,
}

/// What a location is to the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// The `nth` object of a thread.
    Object {
        thread: u32,
        nth: u32,
    },
    Static(usize),
    /// An atomic after its value was set by whoever had it alone.
    After(Loc),
    /// The token with which a thread is unparked.
    Token(u32),
    /// Whether a thread has ended.
    End(u32),
}

impl Known {
    fn child(&mut self, key: (u32, u32)) -> u32 {
        let next = self.children.len() as u32 + 1;
        *self.children.entry(key).or_insert(next)
    }

    fn location(&mut self, key: Key) -> Loc {
        let next = self.made.len() as Loc;
        *self.made.entry(key).or_insert(next)
    }
}

impl Names {
    /// The names that another worker at the search gives.
    pub(super) fn of(shared: Arc<Mutex<Known>>) -> Self {
        let known = lock(&shared).clone();
        Self {
            known,
            shared: Some(shared),
        }
    }

    /// From here on other workers give names too.
    pub(super) fn share(&mut self) -> Arc<Mutex<Known>> {
        let shared = Arc::new(Mutex::new(self.known.clone()));
        self.shared = Some(Arc::clone(&shared));
        shared
    }

    /// A child by its number, and whether it was not known before. Main is 0.
    pub(super) fn child(&mut self, parent: u32, nth: u32) -> (u32, bool) {
        let key = (parent, nth);
        if let Some(child) = self.known.children.get(&key) {
            return (*child, false);
        }
        let child = match &self.shared {
            None => self.known.child(key),
            Some(shared) => lock(shared).child(key),
        };
        self.known.children.insert(key, child);
        (child, true)
    }

    pub(super) fn location(&mut self, key: Key) -> Loc {
        if let Some(location) = self.known.made.get(&key) {
            return *location;
        }
        let location = match &self.shared {
            None => self.known.location(key),
            Some(shared) => lock(shared).location(key),
        };
        self.known.made.insert(key, location);
        location
    }
}

fn lock(known: &Mutex<Known>) -> MutexGuard<'_, Known> {
    known.lock().unwrap_or_else(PoisonError::into_inner)
}
