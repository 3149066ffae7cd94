//! Wrong fixes of lab 37, reentrant-init.

use super::*;
use crate::labs::form::WrongFixes;
use crate::sync::atomic::Ordering::{Acquire, Release};

/// While the settings are read, everything goes into the log.
const EVERYTHING: u32 = 9;

/// A flag says that the settings are being read; who sees it takes a default.
fn wrong_flag(program: &Program) -> u32 {
    if program.reading.load(Acquire) {
        return EVERYTHING;
    }
    *program.level.get_or_init(|| {
        program.reading.store(true, Release);
        program.log_line(wrong_flag(program));
        program.reading.store(false, Release);
        read_file()
    })
}

/// Looks whether they are there, and sets them if not.
fn wrong_set(program: &Program) -> u32 {
    if let Some(&level) = program.level.get() {
        return level;
    }
    program.log_line(EVERYTHING);
    let level = read_file();
    // An error says that somebody else was quicker, with the same level.
    let _ = program.level.set(level);
    level
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-flag",
            "a flag against the second entry",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(wrong_flag)),
        )
        .because(
            "The flag says that *somebody* reads the settings, not that *I* do. Another thread, which would have had to wait, takes \
             the default and goes on with that.",
        ),
        Variant::new(
            "wrong-set",
            "get and set in place of get_or_init",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(wrong_set)),
        )
        .because(
            "Nobody waits, for nobody makes sure that there is one who makes it: between `get` and `set` two threads read the file, \
             and each writes its line.",
        ),
    ],
);
