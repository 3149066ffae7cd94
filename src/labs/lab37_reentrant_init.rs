//! Lab 37, **reentrant-init**: to read the settings one needs the settings.
//!
//! A program reads its settings when they are needed first, once, behind a `OnceLock`. Reading them writes a line into the
//! log. How much the log takes is a setting. So the initialiser asks for what it is about to make. `OnceLock` sees that
//! somebody makes it already, and waits for it to be done.
//!
//! | Two threads ask for the settings | | How |
//! |---|---|---|
//! | both get them, and the log has one line | allowed | the initialiser did not ask for its own result |
//! | both wait for ever | forbidden | one waits for itself, and the other for that one |

mod wrong;

use super::form::{Lab, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::atomic::AtomicBool;
use crate::sync::{Mutex, OnceLock};
use crate::thread;

/// What the settings say: the log takes lines up to this level.
pub const LEVEL: u32 = 2;

/// A program with settings and a log.
#[derive(Debug)]
pub struct Program {
    level: OnceLock<u32>,
    log: Mutex<Vec<&'static str>>,
    /// A wrong fix asks it.
    reading: AtomicBool,
}

/// The bug: the log asks for the level while the level is made.
pub fn buggy(program: &Program) -> u32 {
    let read = || {
        program.log_line(buggy(program));
        read_file()
    };
    *program.level.get_or_init(read) // <- fails here
}

/// The fix: whoever has made it writes the line, when it is made.
pub fn fixed(program: &Program) -> u32 {
    let mut made = false;
    let level = *program.level.get_or_init(|| {
        made = true;
        read_file()
    });
    if made {
        program.log_line(level);
    }
    level
}

/// The fix inside: the initialiser has the level in hand, and need not ask for it.
pub fn fixed_in_hand(program: &Program) -> u32 {
    *program.level.get_or_init(|| {
        let level = read_file();
        program.log_line(level);
        level
    })
}

/// Stands for a file.
fn read_file() -> u32 {
    LEVEL
}

impl Program {
    /// A program that has not read its settings.
    pub fn new() -> Self {
        Self {
            level: OnceLock::new(),
            log: Mutex::new(Vec::new()),
            reading: AtomicBool::new(false),
        }
    }

    /// How many lines the log has.
    pub fn lines(&self) -> usize {
        self.log.lock().unwrap().len()
    }

    /// Writes that the settings were read, if a log of this level takes such lines.
    fn log_line(&self, level: u32) {
        if level > 0 {
            self.log.lock().unwrap().push("settings read");
        }
    }
}

impl Default for Program {
    fn default() -> Self {
        Self::new()
    }
}

/// Two threads ask. The invariant: both get the level that the file says, and the file was read once.
fn scenario(level: fn(&Program) -> u32) {
    let program = Program::new();
    name(&program.level, "level");
    name(&program.log, "log");
    name(&program.reading, "reading");
    let levels = thread::scope(|s| {
        let other = s.spawn(|| level(&program));
        [level(&program), other.join().unwrap()]
    });
    assert_eq!((levels, program.lines()), ([LEVEL; 2], 1)); // <- fails here: wrong-flag, wrong-set
}

pub(super) static LAB: Lab = Lab {
    number: 37,
    slug: "reentrant-init",
    title: "To read the settings one needs the settings",
    room: room::BLOCKING,
    minutes: 15,
    references: &[
        cited::CWE_833,
        cited::of(
            cited::ReferenceKind::Cert,
            "CERT DCL00-J",
            "https://wiki.sei.cmu.edu/confluence/display/java/DCL00-J.+Prevent+class+initialization+cycles",
        ),
        cited::QIN_DOUBLE_LOCK,
        cited::of(
            cited::ReferenceKind::Issue,
            "rust-lang-nursery/lazy-static.rs #95",
            "https://github.com/rust-lang-nursery/lazy-static.rs/issues/95",
        ),
    ],
    lesson: include_str!("lessons/37.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "the initialiser asks for its own result",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| scenario(buggy)),
        ),
        Variant::new(
            "fixed",
            "writes to the log when the settings are there",
            Declared::verified(),
            Scenario::new(|| scenario(fixed)),
        ),
        Variant::new(
            "fixed-in-hand",
            "uses what the initialiser has in hand",
            Declared::verified(),
            Scenario::new(|| scenario(fixed_in_hand)),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab37_reentrant_init.rs"),
};
