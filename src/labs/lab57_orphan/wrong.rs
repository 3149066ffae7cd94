//! Wrong fixes of lab 57, orphan.

use super::*;
use crate::labs::form::WrongFixes;

/// Makes sure that it is no orphan before it begins.
#[cfg(target_os = "linux")]
fn wrong_asks_once(desk: &mut Desk) {
    // SAFETY: it only answers.
    let orphan = unsafe { libc::getppid() } == 1;
    if !orphan {
        while answer(desk).is_some() {} // <- fails here: wrong-asks-once
    }
}

/// Ends when it is told to: whoever is done sends a `q`, the parent's destructor does, and its handler at exit.
#[cfg(target_os = "linux")]
fn wrong_told(desk: &mut Desk) {
    while answer(desk).is_some_and(|asked| asked != b'q') {} // <- fails here: wrong-told
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::driven(
            "wrong-asks-once",
            "looks at its start whether it has a parent",
            Declared::driven_to_fail(FailureKind::Leak),
            driving!("wrong-asks-once", wrong_asks_once),
        )
        .because(
            "Its parent lives when it looks, and is killed later. And process 1 is not the only one that adopts: on many \
             systems a program nearer by does.",
        ),
        Variant::driven(
            "wrong-told",
            "ends when it is told to",
            Declared::driven_to_fail(FailureKind::Leak),
            driving!("wrong-told", wrong_told),
        )
        .because(
            "Who is killed tells nobody. All that a program does at its end, destructors and handlers too, it does only if it \
             is let.",
        ),
    ],
);
