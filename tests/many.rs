//! A thousand failing checks in one process, under each engine, leave neither threads nor much memory.

use racecourse::check::{Checker, Engine, FailureKind};
use racecourse::sync::{Condvar, Mutex};
use racecourse::thread;
use std::sync::Arc;

/// Threads of this process, and its resident memory in KiB; none where the system does not say.
fn usage() -> Option<(u64, u64)> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let field = |name: &str| -> Option<u64> {
        let line = status.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse().ok()
    };
    Some((field("Threads:")?, field("VmRSS:")?))
}

/// Deadlocks, with a thread that is stuck besides main.
fn deadlock() {
    let a = Arc::new(Mutex::new(0));
    let b = Arc::new((Mutex::new(0), Condvar::new()));
    let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
    let stuck = thread::spawn(move || {
        let _a = a2.lock().unwrap();
        drop(b2.1.wait(b2.0.lock().unwrap()));
    });
    thread::yield_now();
    drop(a.lock());
    stuck.join().unwrap();
}

/// How many checks; a hundred times as many with `RACECOURSE_SOAK`.
fn checks() -> u64 {
    let soak = std::env::var_os("RACECOURSE_SOAK").is_some();
    if soak { 100_000 } else { 1_000 }
}

fn many(engine: Engine, checks: u64, kib_for_each: u64) {
    let check = || {
        let report = Checker::new().engine(engine).run(deadlock);
        let failure = report.failure().unwrap_or_else(|| panic!("{report}"));
        assert_eq!(failure.kind(), FailureKind::Deadlock, "{report}");
    };
    check();
    let before = usage();
    for _ in 0..checks {
        check();
    }
    if let (Some((threads, memory)), Some((threads_after, memory_after))) = (before, usage()) {
        println!(
            "{engine:?}: threads {threads} -> {threads_after}, memory {memory} -> {memory_after} KiB"
        );
        assert_eq!(threads, threads_after);
        let grown = memory_after.saturating_sub(memory);
        assert!(
            grown < 1_000 * kib_for_each,
            "{grown} KiB more after {checks} checks"
        );
    }
}

// One test, because the numbers are the process's.
#[test]
fn a_thousand_failing_checks() {
    many(
        Engine::Sampler {
            seed: 1,
            executions: 100,
        },
        1_000,
        4,
    );
    // However many, it grows no further.
    many(Engine::Explorer, checks(), 4);
    // loom abandons the coroutines that are stuck, and with them their stacks.
    many(Engine::Loom, 1_000, 100);
}
