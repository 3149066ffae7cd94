//! Identities that are the same in every execution: threads by who started them, locations by who made them.
//!
//! A location and a thread are known by the thread that made them and by how many that thread had made before;
//! statics by their addresses.

use super::event::Loc;
use super::mix::FastMap;

#[derive(Debug, Default)]
pub(super) struct Names {
    threads: u32,
    locations: Loc,
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

impl Names {
    /// Main is 0.
    pub(super) fn child(&mut self, parent: u32, nth: u32) -> u32 {
        let threads = &mut self.threads;
        *self.children.entry((parent, nth)).or_insert_with(|| {
            *threads += 1;
            *threads
        })
    }

    pub(super) fn location(&mut self, key: Key) -> Loc {
        let locations = &mut self.locations;
        *self.made.entry(key).or_insert_with(|| {
            *locations += 1;
            *locations - 1
        })
    }
}
