//! A port, from plain code to a bug that no plain test found, and its fix.
//!
//! `original.rs` is a small crate as one finds them: a pool of connections on std, with time-outs. `ported.rs` is the same
//! file with one `use` line changed. `fixed.rs` is that without the bug.
//!
//! ```sh
//! cargo run --example connection_pool     # the check finds the bug, and verifies the fix
//! cargo test --example connection_pool    # what the crate's own tests say of all three, and the checks
//! ```

#[expect(unreachable_pub, reason = "elsewhere it is a crate")]
mod fixed;
#[expect(unreachable_pub, reason = "elsewhere it is a crate")]
mod original;
#[expect(unreachable_pub, reason = "elsewhere it is a crate")]
mod ported;

use std::sync::Arc;
use std::time::Duration;

use racecourse::check::{Checker, Failure, ReplayToken, Report, name};
use racecourse::thread;

/// What goes through the pool here.
struct Connection;

/// Long enough natively; under a check a wait may end at any time.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the pool promises, in the smallest form: one connection, and two who want it. Whoever gets it and whoever
/// gives up, in the end it is back.
macro_rules! nothing_is_lost {
    ($pool:ident) => {{
        let pool = Arc::new($pool::Pool::new(1, || Connection));
        name(&*pool, "pool");
        let first = pool.get(PATIENCE).expect("the first is made");
        let waiter = {
            let pool = Arc::clone(&pool);
            thread::spawn(move || drop(pool.get(PATIENCE)))
        };
        drop(first);
        waiter.join().unwrap();
        assert_eq!(pool.idle(), 1, "a connection is lost");
    }};
}

fn check_ported() -> Report {
    Checker::new().run(|| nothing_is_lost!(ported))
}

fn check_fixed() -> Report {
    Checker::new().run(|| nothing_is_lost!(fixed))
}

/// The execution that fails, on the fix.
fn replay_fixed(token: &ReplayToken) -> Report {
    Checker::new().replay(token, || nothing_is_lost!(fixed))
}

fn main() {
    println!("the original, a thousand times on real threads");
    for _ in 0..1_000 {
        nothing_is_lost!(original);
    }
    println!("nothing was lost\n");
    let report = check_ported();
    println!("the port, in every execution\n{report}");
    println!("the fix, in every execution\n{}", check_fixed());
    if let Some(token) = report.failure().and_then(Failure::replay) {
        println!(
            "the execution that failed, on the fix\n{}",
            replay_fixed(token)
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use racecourse::check::{FailureKind, Verdict};

    /// The crate's own tests: good ones, and they pass.
    macro_rules! plain_tests {
        ($($pool:ident)*) => {$(
            mod $pool {
                use super::super::$pool::Pool;
                use std::thread;
                use std::time::Duration;

                const PATIENCE: Duration = Duration::from_secs(60);

                #[test]
                fn a_connection_is_used_again() {
                    let pool = Pool::new(2, || 0);
                    *pool.get(PATIENCE).unwrap() = 7;
                    assert_eq!(*pool.get(PATIENCE).unwrap(), 7);
                    assert_eq!(pool.idle(), 1);
                }

                #[test]
                fn who_waits_too_long_gets_nothing() {
                    let pool = Pool::new(1, || 0);
                    let held = pool.get(PATIENCE);
                    assert!(pool.get(Duration::from_millis(5)).is_none());
                    drop(held);
                    assert_eq!(pool.idle(), 1);
                }

                #[test]
                fn who_waits_gets_what_comes_back() {
                    let pool = Pool::new(1, || 0);
                    thread::scope(|s| {
                        let held = pool.get(PATIENCE).unwrap();
                        let waiter = s.spawn(|| pool.get(PATIENCE).is_some());
                        thread::sleep(Duration::from_millis(5));
                        drop(held);
                        assert!(waiter.join().unwrap());
                    });
                }

                #[test]
                fn many_threads_share_two() {
                    let pool = Pool::new(2, || 0);
                    thread::scope(|s| {
                        for _ in 0..4 {
                            s.spawn(|| {
                                for _ in 0..500 {
                                    *pool.get(PATIENCE).unwrap() += 1;
                                }
                            });
                        }
                    });
                    let (a, b) = (pool.get(PATIENCE).unwrap(), pool.get(PATIENCE).unwrap());
                    assert_eq!(*a + *b, 2_000);
                }
            }
        )*};
    }

    plain_tests! { original ported fixed }

    #[test]
    fn the_port_changes_a_use_line_and_nothing_else() {
        let parts = |source: &'static str| {
            let lines = source.lines().skip(1);
            lines.partition::<Vec<_>, _>(|line| line.starts_with("use "))
        };
        let (before, code) = parts(include_str!("original.rs"));
        let (after, same) = parts(include_str!("ported.rs"));
        assert_eq!(code, same);
        let gone: Vec<_> = before.iter().filter(|line| !after.contains(line)).collect();
        let new: Vec<_> = after.iter().filter(|line| !before.contains(line)).collect();
        assert_eq!(gone, [&"use std::sync::{Condvar, Mutex};"]);
        assert_eq!(new, [&"use racecourse::sync::{Condvar, Mutex};"]);
    }

    #[test]
    fn the_check_finds_what_the_tests_did_not() {
        let report = check_ported();
        let failure = report.failure().expect("the bug");
        assert_eq!(failure.kind(), FailureKind::Panic, "{report}");
        assert!(
            failure.message().contains("a connection is lost"),
            "{report}"
        );
        assert!(report.elapsed() < Duration::from_secs(2), "{report}");
        is_in_the_guide(&report);
    }

    #[test]
    fn the_token_does_not_fit_the_fix() {
        let report = check_ported();
        let failure = report.failure().expect("the bug");
        is_in_the_guide(&replay_fixed(failure.replay().expect("a token")));
    }

    #[test]
    fn the_fix_is_verified() {
        let report = check_fixed();
        assert_eq!(*report.verdict(), Verdict::Verified, "{report}");
        assert!(report.lock_order().is_clean(), "{report}");
        is_in_the_guide(&report);
    }

    /// The guide shows what is printed, times apart.
    #[track_caller]
    fn is_in_the_guide(report: &Report) {
        // A long time may have been wrapped.
        let timeless = |text: &str| {
            let mut parts = text.split("(explorer,");
            let mut out = parts.next().unwrap().trim_end().to_owned();
            for part in parts {
                out.push_str(part.split_once(')').unwrap().1.trim_end());
            }
            out
        };
        let guide = timeless(include_str!("../../src/guide.md"));
        let wanted = timeless(&report.to_string());
        assert!(guide.contains(&wanted), "the guide does not show\n{report}");
    }

    #[test]
    fn the_guide_shows_this_scenario() {
        let guide = include_str!("../../src/guide.md");
        let macro_body = include_str!("main.rs").split_once("=> {{\n").unwrap().1;
        let scenario = macro_body.split_once("    }};").unwrap().0;
        for line in scenario.lines() {
            let line = line.trim_start().replace("$pool::", "");
            assert!(guide.contains(&line), "the guide does not show {line}");
        }
    }
}
