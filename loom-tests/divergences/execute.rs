//! Runs a program under our loom engine, and written against loom itself.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use racecourse::check::{Checker, Engine, Report};

use crate::enumerate::{Outcome, Program};

/// The two ways to run a list of operations, from one text.
macro_rules! executor {
    ($name:ident, $library:ident) => {
        pub(crate) mod $name {
            use std::sync::Arc;
            use std::sync::atomic::Ordering::Relaxed;

            use $library::sync::atomic::{AtomicU64, fence};
            use $library::thread;

            use crate::enumerate::{Op, Outcome, Program};

            fn perform(ops: &[Op], atomics: &[AtomicU64]) -> Vec<u64> {
                let mut read = Vec::new();
                for op in ops {
                    match *op {
                        Op::Load { x, order } => read.push(atomics[x].load(order)),
                        Op::Store { x, value, order } => atomics[x].store(value, order),
                        Op::Add { x, value, order } => {
                            read.push(atomics[x].fetch_add(value, order));
                        }
                        Op::Swap { x, value, order } => read.push(atomics[x].swap(value, order)),
                        Op::Exchange {
                            x,
                            expected,
                            new,
                            success,
                            failure,
                        } => {
                            let result =
                                atomics[x].compare_exchange(expected, new, success, failure);
                            let (Ok(found) | Err(found)) = result;
                            read.push(found);
                        }
                        Op::Fence(order) => fence(order),
                        Op::Yield => thread::yield_now(),
                    }
                }
                read
            }

            /// Main runs the first thread's operations itself.
            pub(crate) fn execute(program: &Program) -> Outcome {
                let atomics: Arc<[AtomicU64]> =
                    (0..program.atomics).map(|_| AtomicU64::new(0)).collect();
                let (first, rest) = program.threads.split_first().expect("a thread");
                let others: Vec<_> = rest
                    .iter()
                    .map(|ops| {
                        let (ops, atomics) = (ops.clone(), Arc::clone(&atomics));
                        thread::spawn(move || perform(&ops, &atomics))
                    })
                    .collect();
                let mut outcome = perform(first, &atomics);
                for other in others {
                    outcome.extend(other.join().expect("no panic"));
                }
                outcome.extend(atomics.iter().map(|atomic| atomic.load(Relaxed)));
                outcome
            }
        }
    };
}

executor!(ours, racecourse);
executor!(theirs, loom);

/// A program in both forms.
#[derive(Clone, Copy)]
pub(crate) enum Source {
    Operations(fn() -> Program),
    Code {
        ours: fn() -> Outcome,
        /// Absent where loom has nothing of the kind.
        theirs: Option<fn() -> Outcome>,
    },
}

pub(crate) type Run = Arc<dyn Fn() -> Outcome + Send + Sync>;

impl Source {
    fn ours(self) -> Run {
        match self {
            Source::Operations(program) => {
                let program = program();
                Arc::new(move || ours::execute(&program))
            }
            Source::Code { ours, .. } => Arc::new(ours),
        }
    }

    pub(crate) fn theirs(self) -> Option<Run> {
        match self {
            Source::Operations(program) => {
                let program = program();
                Some(Arc::new(move || theirs::execute(&program)))
            }
            Source::Code { theirs, .. } => theirs.map(|run| Arc::new(run) as Run),
        }
    }
}

/// What the explorer reaches, and what it says.
pub(crate) fn explored(source: Source) -> (BTreeSet<Outcome>, Report) {
    let run = source.ours();
    let outcomes = Checker::new()
        .engine(Engine::Explorer)
        .outcomes(move || run());
    let report = outcomes.report().clone();
    (outcomes.into_values().into_iter().collect(), report)
}

/// What the engine reaches, and what it says. With `allowed`, of the assertion that nothing else is reached.
pub(crate) fn check(
    source: Source,
    allowed: Option<BTreeSet<Outcome>>,
) -> (BTreeSet<Outcome>, Report) {
    let run = source.ours();
    check_run(&Checker::new(), run, allowed)
}

/// [`check`] of a list of operations, by a checker with bounds.
pub(crate) fn check_program(
    checker: &Checker,
    program: &Program,
    allowed: Option<BTreeSet<Outcome>>,
) -> (BTreeSet<Outcome>, Report) {
    let program = program.clone();
    check_run(checker, Arc::new(move || ours::execute(&program)), allowed)
}

fn check_run(
    checker: &Checker,
    run: Run,
    allowed: Option<BTreeSet<Outcome>>,
) -> (BTreeSet<Outcome>, Report) {
    let outcomes = Arc::new(Mutex::new(BTreeSet::new()));
    let into = Arc::clone(&outcomes);
    let report = checker.clone().engine(Engine::Loom).run(move || {
        let outcome = run();
        if let Some(allowed) = &allowed {
            assert!(allowed.contains(&outcome), "reached {outcome:?}");
        }
        into.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(outcome);
    });
    let outcomes = outcomes
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    (outcomes, report)
}

/// What loom itself reaches, and with what it panics.
pub(crate) type Answer = (BTreeSet<Outcome>, Result<(), String>);

/// Where the one row that this process is to run stands in the table.
const ROW: &str = "DIVERGENCE_ROW";
/// Before the answer in the output, which is not ours alone.
const ANSWER: &str = "loom's answer: ";

/// What loom itself says of the row with this number, asked in a process of its own, by running `test` there.
///
/// loom aborts the process if a deadlock unwinds through it, and a thread that stops in the panic hook
/// instead holds the hook's lock, which the test harness wants at its end.
pub(crate) fn in_a_process(test: &str, row: usize) -> Answer {
    let output = Command::new(std::env::current_exe().expect("this test's program"))
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(ROW, row.to_string())
        .output()
        .expect("this test's program starts");
    let text = String::from_utf8_lossy(&output.stdout);
    let answer = text.lines().find_map(|line| line.split_once(ANSWER));
    let (_, answer) = answer.unwrap_or_else(|| panic!("row {row}: no answer in {output:?}"));
    serde_json::from_str(answer).expect("an answer")
}

/// The row that this process is to run, if it was started by [`in_a_process`].
pub(crate) fn wanted_row() -> Option<usize> {
    let row = std::env::var(ROW).ok()?;
    Some(row.parse().expect("the number of a row"))
}

/// Runs the program under loom, prints the answer, and ends the process: at the latest in the panic hook,
/// before anything unwinds.
pub(crate) fn answer(run: Run) -> ! {
    static REACHED: Mutex<BTreeSet<Outcome>> = Mutex::new(BTreeSet::new());
    fn end(ended: Result<(), String>) -> ! {
        let reached = REACHED.lock().unwrap_or_else(PoisonError::into_inner);
        let answer: Answer = (reached.clone(), ended);
        let answer = serde_json::to_string(&answer).expect("JSON");
        println!("\n{ANSWER}{answer}");
        std::process::exit(0);
    }
    std::panic::set_hook(Box::new(|info| {
        // The coroutines are unwound by a payload of their own when they are done with.
        if let Some(message) = info.payload_as_str() {
            end(Err(message.to_owned()));
        }
    }));
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = None;
    builder.max_branches = 10_000;
    builder.check(move || {
        let outcome = run();
        let mut reached = REACHED.lock().unwrap_or_else(PoisonError::into_inner);
        reached.insert(outcome);
    });
    end(Ok(()))
}
