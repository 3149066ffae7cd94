//! loom's tests, ported by their imports: one source, under loom itself and under the explorer.

#![allow(
    clippy::duplicate_mod,
    reason = "the same source under two sets of imports is what this is about"
)]

use std::panic::catch_unwind;
use std::process::Command;

/// What a loom test imports.
#[path = "."]
mod under_loom {
    mod imports {
        pub(super) use loom::{cell, model, sync, thread, thread_local};
    }
    #[path = "loom_programs.rs"]
    pub(super) mod programs;
}

/// The same, of racecourse.
#[path = "."]
mod ported {
    mod imports {
        pub(super) use racecourse::{cell, check as model, sync, thread, thread_local};
    }
    #[path = "loom_programs.rs"]
    pub(super) mod programs;
}

const PROGRAM: &str = "RACECOURSE_TEST_PROGRAM";

#[test]
fn the_explorer_judges_them() {
    for (name, program, fails) in ported::programs::ALL {
        let result = catch_unwind(program);
        match (result, fails) {
            (Ok(()), None) => {}
            (Ok(()), Some(kind)) => panic!("{name}: no {kind} was found"),
            (Err(payload), fails) => {
                let message = payload.downcast_ref::<String>().expect("a report");
                let found =
                    fails.is_some_and(|kind| message.starts_with(&format!("failed: {kind}")));
                assert!(found, "{name}: {message}");
            }
        }
    }
}

/// A failure under loom may end the process, so each program has one of its own.
#[test]
fn loom_agrees() {
    let children = under_loom::programs::ALL.map(|(name, _, fails)| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "loom_form::one_program_under_loom"])
            .env(PROGRAM, name)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped());
        // What a person has set for loom is not for these.
        command.env_remove("LOOM_MAX_PREEMPTIONS");
        (name, fails, command.spawn().unwrap())
    });
    for (name, fails, child) in children {
        let output = child.wait_with_output().unwrap();
        assert_eq!(
            output.status.success(),
            fails.is_none(),
            "{name}: {output:?}"
        );
    }
}

#[test]
fn one_program_under_loom() {
    if let Ok(wanted) = std::env::var(PROGRAM) {
        let all = under_loom::programs::ALL;
        let (_, program, _) = all.iter().find(|(name, ..)| *name == wanted).unwrap();
        program();
    }
}
