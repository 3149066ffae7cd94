//! Where loom is wrong, and what we say there: the frozen table of divergences.
//!
//! Each row is a program as small as it gets, run as a check under the loom engine, and, from the same text,
//! written directly against the `loom` crate. What loom answers is pinned too: when a new version of loom
//! mends a row, the test says so, and the row can go. A row needs evidence: an issue of tokio-rs/loom, or
//! the place in the source of loom 0.7.3.
//!
//! The table is followed by programs at random, against RC11 by brute force (`enumerate.rs`): under the
//! loom engine `Verified` must be true of them, and `Failed` too.

#[path = "divergences/code.rs"]
mod code;
#[path = "divergences/enumerate.rs"]
mod enumerate;
#[path = "divergences/execute.rs"]
mod execute;
#[path = "divergences/operations.rs"]
mod operations;
#[path = "divergences/random.rs"]
mod random;

mod processes;

use std::collections::BTreeSet;

use racecourse::check::{FailureKind, Report, Verdict};

use enumerate::Outcome;
use execute::Source;

#[cfg(unix)]
racecourse::enter_tests!();

/// Outcomes: the values read, thread by thread, main's first, then the last value of each atomic; or what the
/// code returns.
type Outcomes = &'static [&'static [u64]];

/// The theory's answer.
#[derive(Clone, Copy)]
enum Theory {
    /// What RC11 allows, but for what SeqCst accesses forbid.
    Rc11 {
        without: Outcomes,
    },
    Is(Outcomes),
}

/// What a check answers.
#[derive(Clone, Copy, Debug)]
enum Says {
    Verified,
    /// With this in its reason.
    Incomplete(&'static str),
}

struct Row {
    name: &'static str,
    evidence: &'static str,
    program: Source,
    theory: Theory,
    /// loom's own answer, as it differs: what it does not reach, what it reaches that cannot be, and its panic.
    loom_misses: Outcomes,
    loom_adds: Outcomes,
    loom_panics: Option<&'static str>,
    /// What our engine does not reach, too.
    we_miss: Outcomes,
    /// What it runs but does not believe.
    we_add: Outcomes,
    /// What we say of the program; and of the assertion that nothing happens but what the theory allows.
    say: Says,
    say_of_theory: Says,
    /// How the semantics of a verdict name what was left out.
    stated: Option<&'static str>,
}

const PLAIN: Row = Row {
    name: "",
    evidence: "",
    program: code::weak_exchange::SOURCE,
    theory: Theory::Rc11 { without: &[] },
    loom_misses: &[],
    loom_adds: &[],
    loom_panics: None,
    we_miss: &[],
    we_add: &[],
    say: Says::Verified,
    say_of_theory: Says::Verified,
    stated: None,
};

const SEQ_CST: Says = Says::Incomplete("SeqCst accesses");
const TRY_LOCK: Says = Says::Incomplete("try_lock");
const LATE_RMW: Says = Says::Incomplete("read-modify-write or compare-exchange");
const FENCE: Says = Says::Incomplete("a fence where threads know of each other");

const TABLE: &[Row] = &[
    Row {
        name: "SeqCst stores and loads are taken as Release and Acquire: store buffering",
        evidence: "loom #180; `seq_cst` in rt/thread.rs does nothing",
        program: Source::Operations(operations::store_buffering),
        theory: Theory::Rc11 {
            without: &[&[0, 0, 1, 1]],
        },
        loom_adds: &[&[0, 0, 1, 1]],
        we_add: &[&[0, 0, 1, 1]],
        say: SEQ_CST,
        say_of_theory: SEQ_CST,
        ..PLAIN
    },
    Row {
        name: "the same: independent reads of independent writes",
        evidence: "loom #180",
        program: Source::Operations(operations::independent_reads),
        theory: Theory::Rc11 {
            without: &[&[1, 0, 1, 0, 1, 1]],
        },
        loom_adds: &[&[1, 0, 1, 0, 1, 1]],
        we_add: &[&[1, 0, 1, 0, 1, 1]],
        say: SEQ_CST,
        say_of_theory: SEQ_CST,
        ..PLAIN
    },
    Row {
        name: "`load; store` against main's `load`: the store is never tried first",
        evidence: "loom #392; `last_dependent_access` in rt/atomic.rs knows one access only",
        program: Source::Operations(operations::load_then_store),
        loom_misses: &[&[1, 0, 1]],
        ..PLAIN
    },
    Row {
        name: "a redundant load loses an outcome",
        evidence: "loom #166, of the same cause",
        program: Source::Operations(operations::redundant_load),
        loom_misses: &[&[1, 1, 2, 2, 2]],
        say: SEQ_CST,
        say_of_theory: SEQ_CST,
        ..PLAIN
    },
    Row {
        name: "a store gets in between the halves of a read-modify-write",
        evidence: "loom #254, #389; `store` in rt/atomic.rs joins only what its thread has seen",
        program: Source::Operations(operations::swap_and_store),
        loom_adds: &[&[0, 2]],
        we_add: &[&[0, 2]],
        ..PLAIN
    },
    Row {
        name: "a thread's first store outlives its second",
        evidence: "loom #282; `apply_load_coherence` in rt/atomic.rs moves a store behind another, and not those behind it",
        program: Source::Operations(operations::lost_order),
        loom_adds: &[&[2, 2]],
        we_add: &[&[2, 2]],
        ..PLAIN
    },
    Row {
        name: "load buffering: C11 lets each thread read what the other writes later, RC11 and loom do not",
        evidence: "`load` in rt/atomic.rs reads from stores that were run",
        program: Source::Operations(operations::load_buffering),
        theory: Theory::Is(&[&[0, 0, 1, 1], &[0, 1, 1, 1], &[1, 0, 1, 1], &[1, 1, 1, 1]]),
        loom_misses: &[&[1, 1, 1, 1]],
        we_miss: &[&[1, 1, 1, 1]],
        stated: Some("load buffering"),
        ..PLAIN
    },
    Row {
        name: "of more than seven stores the oldest are forgotten",
        evidence: "`MAX_ATOMIC_HISTORY` in rt/mod.rs; the initial value is one of the seven",
        program: Source::Operations(operations::seven_stores),
        loom_misses: &[&[1, 0, 7, 1]],
        we_miss: &[&[1, 0, 7, 1]],
        say: Says::Incomplete("more than seven stores"),
        say_of_theory: Says::Incomplete("more than seven stores"),
        ..PLAIN
    },
    Row {
        name: "a read-modify-write never reads behind a store that a relaxed flag announced",
        evidence: "`match_rmw_to_stores` in rt/atomic.rs takes the newest store that was run",
        program: Source::Operations(operations::swap_after_a_relaxed_flag),
        loom_misses: &[&[1, 0, 1, 1]],
        loom_adds: &[&[0, 0, 2, 1]],
        we_miss: &[&[1, 0, 1, 1]],
        we_add: &[&[0, 0, 2, 1]],
        say: LATE_RMW,
        say_of_theory: LATE_RMW,
        ..PLAIN
    },
    Row {
        name: "a compare-exchange never fails because of an old value",
        evidence: "the same place: `rmw` in rt/atomic.rs serves both ends of a compare-exchange",
        program: Source::Operations(operations::failed_exchange),
        loom_misses: &[&[1, 0, 1, 1]],
        we_miss: &[&[1, 0, 1, 1]],
        say: LATE_RMW,
        say_of_theory: LATE_RMW,
        ..PLAIN
    },
    Row {
        name: "two swaps never both read behind the other thread's store",
        evidence: "the same place: no order of running the four shows it",
        program: Source::Operations(operations::swaps_that_look),
        loom_misses: &[&[0, 0, 1, 1]],
        loom_adds: &[&[0, 1, 2, 2], &[1, 0, 2, 2]],
        we_miss: &[&[0, 0, 1, 1]],
        we_add: &[&[0, 1, 2, 2], &[1, 0, 2, 2]],
        say: LATE_RMW,
        say_of_theory: LATE_RMW,
        ..PLAIN
    },
    Row {
        name: "a SeqCst fence is always run together with the step before it",
        evidence: "`fence` in rt/atomic.rs does not branch",
        program: Source::Operations(operations::fence_behind_a_flag),
        loom_misses: &[&[1, 0, 1, 1]],
        ..PLAIN
    },
    Row {
        name: "SeqCst fences happen before each other in the order in which they run",
        evidence: "`seq_cst_fence` in rt/thread.rs",
        program: Source::Operations(operations::fences_round_a_corner),
        loom_misses: &[&[1, 0, 1, 1, 1, 1]],
        we_miss: &[&[1, 0, 1, 1, 1, 1]],
        say: FENCE,
        say_of_theory: FENCE,
        ..PLAIN
    },
    Row {
        name: "an acquire fence synchronises with what another thread read: the data race is not seen",
        evidence: "`fence_acq` in rt/atomic.rs: `is_seen_by_current` is true of every read that happens before",
        program: code::fence_of_another_reader::SOURCE,
        // Undefined behaviour where 1 is read.
        theory: Theory::Is(&[&[0], &[1]]),
        say: FENCE,
        say_of_theory: FENCE,
        ..PLAIN
    },
    Row {
        name: "nothing is read again after a yield that was read before it and is out of date",
        evidence: "`is_seen_before_yield` in rt/atomic.rs",
        program: Source::Operations(operations::look_again),
        loom_misses: &[&[0, 1, 0, 1, 1], &[1, 0, 1, 1, 1]],
        ..PLAIN
    },
    Row {
        name: "after a yield another thread takes a step",
        evidence: "`Thread::Yield` in rt/path.rs is never explored",
        program: code::yield_between_sections::SOURCE,
        theory: Theory::Is(&[
            &[0, 0],
            &[0, 1],
            &[0, 2],
            &[0, 3],
            &[1, 1],
            &[1, 2],
            &[1, 3],
            &[2, 2],
            &[2, 3],
            &[3, 3],
        ]),
        loom_misses: &[&[0, 2], &[0, 3], &[1, 3], &[3, 3]],
        ..PLAIN
    },
    Row {
        name: "a loop that yields cannot have run out of tries before another thread took a step",
        evidence: "`Thread::Yield` in rt/path.rs; needed, or no loop that waits would end",
        program: code::three_tries::SOURCE,
        theory: Theory::Is(&[&[0], &[1]]),
        loom_misses: &[&[1]],
        we_miss: &[&[1]],
        stated: Some("gives up after some rounds"),
        ..PLAIN
    },
    Row {
        name: "try_lock against lock never fails",
        evidence: "loom #376; `post_acquire` in rt/mutex.rs blocks whoever is about to try, and an unlock does not branch",
        program: code::try_lock_against_lock::SOURCE,
        theory: Theory::Is(&[&[0], &[1]]),
        loom_misses: &[&[0]],
        we_miss: &[&[0]],
        say: TRY_LOCK,
        say_of_theory: TRY_LOCK,
        ..PLAIN
    },
    Row {
        name: "try_lock against try_lock is a deadlock",
        evidence: "loom #376; the same place",
        program: code::try_lock_against_try_lock::SOURCE,
        theory: Theory::Is(&[&[0, 1], &[1, 0], &[1, 1]]),
        loom_misses: &[&[0, 1]],
        loom_panics: Some("deadlock; threads = "),
        we_miss: &[&[0, 1]],
        say: Says::Incomplete("it may be a false alarm"),
        say_of_theory: Says::Incomplete("it may be a false alarm"),
        ..PLAIN
    },
    Row {
        name: "a condvar takes the token of unpark: a false deadlock",
        evidence: "loom #422; `wait` in rt/condvar.rs calls `park`",
        program: code::condvar_with_park::SOURCE,
        theory: Theory::Is(&[&[]]),
        loom_panics: Some("deadlock; threads = "),
        ..PLAIN
    },
    Row {
        name: "a thread that joins must not be unparked",
        evidence: "loom #249; `set_unparked` in rt/thread.rs wakes it from anything",
        program: code::unpark_of_a_joining_thread::SOURCE,
        theory: Theory::Is(&[&[]]),
        loom_panics: Some("assertion failed: state.notified"),
        ..PLAIN
    },
    Row {
        name: "no wait ends without a notification",
        evidence: "loom #1",
        program: code::wait_without_a_loop::SOURCE,
        theory: Theory::Is(&[&[0], &[1]]),
        loom_misses: &[&[0]],
        we_miss: &[&[0]],
        stated: Some("spurious wakeups"),
        ..PLAIN
    },
    Row {
        name: "a weak compare-exchange never fails without a reason",
        evidence: "`compare_exchange_weak` in sync/atomic/atomic.rs calls the strong one",
        program: code::weak_exchange::SOURCE,
        theory: Theory::Is(&[&[0], &[1]]),
        loom_misses: &[&[0]],
        we_miss: &[&[0]],
        stated: Some("compare_exchange_weak"),
        ..PLAIN
    },
    Row {
        name: "a read-write lock held twice for reading by one thread",
        evidence: "loom #423; rt/rwlock.rs keeps a set of threads",
        program: code::read_twice::SOURCE,
        theory: Theory::Is(&[&[7, 7]]),
        // The guards go when the outcome is known, before it is handed on.
        loom_misses: &[&[7, 7]],
        loom_panics: Some("invalid internal loom state"),
        ..PLAIN
    },
    Row {
        name: "a wait with a timeout never times out",
        evidence: "`wait_timeout` in sync/condvar.rs: TODO",
        program: code::timeout::SOURCE,
        // It may also wake spuriously, before the timeout.
        theory: Theory::Is(&[&[0], &[1]]),
        loom_misses: &[&[0], &[1]],
        we_miss: &[&[0]],
        loom_panics: Some("deadlock; threads = "),
        say: Says::Incomplete("timeouts"),
        say_of_theory: Says::Incomplete("timeouts"),
        ..PLAIN
    },
    Row {
        name: "six threads",
        evidence: "`MAX_THREADS` in rt/mod.rs",
        program: code::six_threads::SOURCE,
        theory: Theory::Is(&[&[5]]),
        loom_misses: &[&[5]],
        loom_panics: Some("assertion failed: self.threads.len() < self.max()"),
        we_miss: &[&[5]],
        say: Says::Incomplete("more threads than this engine can run"),
        say_of_theory: Says::Incomplete("more threads than this engine can run"),
        ..PLAIN
    },
    Row {
        name: "a static outlives its execution",
        evidence: "loom #170; loom wants its own `lazy_static!`",
        program: code::statics::SOURCE,
        theory: Theory::Is(&[&[2]]),
        loom_panics: Some("failed to get object for ref"),
        ..PLAIN
    },
    Row {
        name: "whether a thread has ended",
        evidence: "`JoinHandle` in thread.rs has no `is_finished`",
        program: code::is_finished::SOURCE,
        theory: Theory::Is(&[&[0], &[1]]),
        say: Says::Incomplete("is_finished"),
        say_of_theory: Says::Incomplete("is_finished"),
        ..PLAIN
    },
];

fn set(outcomes: Outcomes) -> BTreeSet<Outcome> {
    outcomes.iter().map(|outcome| outcome.to_vec()).collect()
}

impl Row {
    fn theory(&self) -> BTreeSet<Outcome> {
        match self.theory {
            Theory::Is(outcomes) => set(outcomes),
            Theory::Rc11 { without } => {
                let Source::Operations(program) = self.program else {
                    panic!("{}: RC11 judges operations", self.name);
                };
                let mut allowed = program().outcomes();
                for outcome in set(without) {
                    assert!(allowed.remove(&outcome), "{}: {outcome:?}", self.name);
                }
                allowed
            }
        }
    }
}

impl Says {
    fn is(self, report: &Report) -> bool {
        match (self, report.verdict()) {
            (Says::Verified, Verdict::Verified) => true,
            (Says::Incomplete(part), Verdict::Incomplete(why)) => why.to_string().contains(part),
            _ => false,
        }
    }
}

/// Every difference from the table is told at once.
fn hold(problems: &[String]) {
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

#[test]
fn what_we_say() {
    let mut problems = Vec::new();
    for row in TABLE {
        let theory = row.theory();
        let (reached, report) = execute::check(row.program, None);
        let missed: BTreeSet<_> = theory.difference(&reached).cloned().collect();
        let added: BTreeSet<_> = reached.difference(&theory).cloned().collect();
        if (&missed, &added) != (&set(row.we_miss), &set(row.we_add)) {
            problems.push(format!(
                "{}: we miss {missed:?} and add {added:?}",
                row.name
            ));
        }
        if !row.say.is(&report) {
            problems.push(format!("{}: we say {report}", row.name));
        }
        let (_, report) = execute::check(row.program, Some(theory));
        if !row.say_of_theory.is(&report) {
            problems.push(format!("{}: we say of the theory {report}", row.name));
        }
        // The contract: what a verdict leaves out, its semantics state.
        if *report.verdict() == Verdict::Verified && !missed.is_empty() {
            let left_out = &report.semantics().leaves_out;
            let stated = row
                .stated
                .is_some_and(|part| left_out.iter().any(|text| text.contains(part)));
            if !stated {
                problems.push(format!("{}: {missed:?} is not in {left_out:?}", row.name));
            }
        }
    }
    hold(&problems);
}

/// The explorer reaches what the theory allows, and nothing else; but for load buffering, which RC11 excludes.
#[test]
fn what_the_explorer_says() {
    let mut problems = Vec::new();
    for row in TABLE {
        let (reached, report) = execute::explored(row.program);
        if row.name.contains("data race") {
            let kind = report.failure().map(racecourse::check::Failure::kind);
            if kind != Some(FailureKind::DataRace) {
                problems.push(format!("{}: {report}", row.name));
            }
            continue;
        }
        let mut theory = row.theory();
        if row.name.starts_with("load buffering") {
            theory.remove([1, 1, 1, 1].as_slice());
        }
        if reached != theory || *report.verdict() != Verdict::Verified {
            problems.push(format!(
                "{}: reaches {reached:?}, not {theory:?}: {report}",
                row.name
            ));
        }
    }
    hold(&problems);
}

#[test]
fn what_loom_says() {
    if let Some(row) = execute::wanted_row() {
        execute::answer(TABLE[row].program.theirs().expect("a form for loom"));
    }
    let mut problems = Vec::new();
    for (number, row) in TABLE.iter().enumerate() {
        if row.program.theirs().is_none() {
            continue;
        }
        let (reached, ended) = execute::in_a_process("what_loom_says", number);
        let theory = row.theory();
        let missed: BTreeSet<_> = theory.difference(&reached).cloned().collect();
        let added: BTreeSet<_> = reached.difference(&theory).cloned().collect();
        if (&missed, &added) != (&set(row.loom_misses), &set(row.loom_adds)) {
            problems.push(format!(
                "{}: loom misses {missed:?} and adds {added:?}",
                row.name
            ));
        }
        let as_pinned = match (&ended, row.loom_panics) {
            (Ok(()), None) => true,
            (Err(message), Some(begin)) => message.starts_with(begin),
            _ => false,
        };
        if !as_pinned {
            problems.push(format!("{}: loom ends with {ended:?}", row.name));
        }
    }
    hold(&problems);
}

#[test]
fn every_row_is_a_divergence_with_evidence() {
    let mut problems = Vec::new();
    for row in TABLE {
        let loom_differs = !row.loom_misses.is_empty()
            || !row.loom_adds.is_empty()
            || row.loom_panics.is_some()
            || matches!(row.program, Source::Code { theirs: None, .. });
        // A race shows in no outcome.
        let race = row.name.contains("data race");
        if !(loom_differs || race) || row.evidence.is_empty() {
            problems.push(row.name.to_owned());
        }
    }
    hold(&problems);
}
