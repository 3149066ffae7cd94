//! Lab 66, **readers-writers**: the second reader takes the first one's coming for its being there.
//!
//! Many may read a book at once, but who writes in it must be alone. So there is one key to the room. A writer takes it. Of
//! readers, the first who comes takes it for all, the others walk in behind it, and the last to leave hands it back. Who is
//! the first, a counter tells. But to be counted is not to have the key yet: while the first one waits for it, outside, the
//! second finds that it is not the first, and walks in, to the writer.
//!
//! | The reader | | How |
//! |---|---|---|
//! | sees two pages that agree | allowed | no writer was in the room |
//! | sees a page of the old text and one of the new | forbidden | it was let in on the strength of somebody who still waited |
//!
//! Cut to two readers who look once, and one writer who writes once.

mod wrong;

use super::form::{Lab, Variant, room};
use super::semaphore::Semaphore;
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::atomic::{AtomicU32, AtomicUsize, Ordering::*};
use crate::sync::{Mutex, RwLock};
use crate::thread;

/// The room with the book.
#[derive(Debug)]
pub struct Library {
    /// Two pages that say the same, whenever nobody writes.
    pages: [AtomicU32; 2],
    /// The key to the room.
    key: Semaphore,
    /// How many readers there are, of those who count without a lock.
    heads: AtomicUsize,
    /// The same of those who count under one.
    readers: Mutex<usize>,
    book: RwLock<()>,
}

/// How to read, and how to write.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Looks at both pages.
    pub read: fn(&Library) -> [u32; 2],
    /// Writes this on both pages.
    pub write: fn(&Library, u32),
}

/// The bug: the counter is exact, and says too early that somebody is there.
pub fn buggy(library: &Library) -> [u32; 2] {
    if library.heads.fetch_add(1, AcqRel) == 0 {
        library.key.wait();
    }
    let pages = library.look();
    if library.heads.fetch_sub(1, AcqRel) == 1 {
        library.key.signal();
    }
    pages
}

/// The fix: the first reader keeps the lock of the counter while it waits for the key, and so keeps the others behind it.
pub fn fixed(library: &Library) -> [u32; 2] {
    library.come();
    let pages = library.look();
    library.go();
    pages
}

/// What std has for it.
pub fn fixed_rwlock(library: &Library) -> [u32; 2] {
    let _book = library.book.read().unwrap();
    library.look()
}

/// Writes with the key in hand. Right, and the same for the bug and the first fix.
pub fn write(library: &Library, text: u32) {
    library.key.wait();
    library.set(text);
    library.key.signal();
}

/// The writer's part of `fixed_rwlock`.
pub fn write_rwlock(library: &Library, text: u32) {
    let _book = library.book.write().unwrap();
    library.set(text);
}

impl Default for Library {
    fn default() -> Self {
        Self {
            pages: [AtomicU32::new(0), AtomicU32::new(0)],
            key: Semaphore::new(1),
            heads: AtomicUsize::new(0),
            readers: Mutex::new(0),
            book: RwLock::new(()),
        }
    }
}

impl Library {
    /// The pages; whether they agree is up to whoever has let us in.
    pub fn look(&self) -> [u32; 2] {
        [self.pages[0].load(Relaxed), self.pages[1].load(Relaxed)]
    }

    fn set(&self, text: u32) {
        self.pages[0].store(text, Relaxed);
        self.pages[1].store(text, Relaxed);
    }

    fn come(&self) {
        let mut readers = self.readers.lock().unwrap();
        if *readers == 0 {
            self.key.wait();
        }
        *readers += 1;
    }

    fn go(&self) {
        let mut readers = self.readers.lock().unwrap();
        *readers -= 1;
        if *readers == 0 {
            self.key.signal();
        }
    }
}

/// Two read, one writes. The invariant: who reads sees one text.
fn scenario(rules: Rules) {
    let library = Library::default();
    name(&library.pages[0], "left page");
    name(&library.pages[1], "right page");
    name(&library.heads, "heads");
    name(&library.readers, "readers");
    library.key.name("key");
    name(&library.book, "book");
    thread::scope(|s| {
        let first = s.spawn(|| (rules.read)(&library));
        let second = s.spawn(|| (rules.read)(&library));
        (rules.write)(&library, 1);
        for [left, right] in [first.join().unwrap(), second.join().unwrap()] {
            assert_eq!(left, right, "half of an old text, half of a new one"); // <- fails here
        }
    });
}

macro_rules! rules {
    ($read:expr, $write:expr) => {
        Scenario::new(|| {
            scenario(Rules {
                read: $read,
                write: $write,
            })
        })
    };
}
use rules;

pub(super) static LAB: Lab = Lab {
    number: 66,
    slug: "readers-writers",
    title: "The second reader walks in behind a first who is not in",
    room: room::CLASSICS,
    minutes: 20,
    references: &[cited::DOWNEY_4_2, cited::COURTOIS_1971, cited::LU_ATOMICITY],
    lesson: include_str!("lessons/66.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "the readers count without a lock",
            Declared::fails(FailureKind::Panic),
            rules!(buggy, write),
        ),
        Variant::new(
            "fixed",
            "counts, and waits for the key, under one lock",
            Declared::verified(),
            rules!(fixed, write),
        ),
        Variant::new(
            "fixed-rwlock",
            "std's RwLock",
            Declared::verified(),
            rules!(fixed_rwlock, write_rwlock),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab66_readers_writers.rs"),
};
