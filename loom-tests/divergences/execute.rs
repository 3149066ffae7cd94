//! Runs a program under our loom engine, and written against loom itself.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, Once, PoisonError, mpsc};

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

type Run = Arc<dyn Fn() -> Outcome + Send + Sync>;

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

    fn theirs(self) -> Option<Run> {
        match self {
            Source::Operations(program) => {
                let program = program();
                Some(Arc::new(move || theirs::execute(&program)))
            }
            Source::Code { theirs, .. } => theirs.map(|run| Arc::new(run) as Run),
        }
    }
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

const DIRECTLY: &str = "loom directly";

type Ended = Result<(), String>;

/// Where a panic of the thread that runs loom is sent.
static PANICS: Mutex<Option<mpsc::Sender<Ended>>> = Mutex::new(None);

/// What loom itself reaches, and with what it panics.
///
/// loom aborts the process if a deadlock unwinds through it; so a thread that panics is stopped for good
/// in the panic hook, before anything unwinds.
pub(crate) fn directly(source: Source) -> Option<(BTreeSet<Outcome>, Ended)> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let run = source.theirs()?;
    install();
    let outcomes = Arc::new(Mutex::new(BTreeSet::new()));
    let into = Arc::clone(&outcomes);
    let (end, ended) = mpsc::channel();
    *PANICS.lock().unwrap_or_else(PoisonError::into_inner) = Some(end.clone());
    std::thread::Builder::new()
        .name(DIRECTLY.to_owned())
        .spawn(move || {
            let result = std::panic::catch_unwind(AssertUnwindSafe(|| {
                let mut builder = loom::model::Builder::new();
                builder.preemption_bound = None;
                builder.max_branches = 10_000;
                builder.check(move || {
                    let outcome = run();
                    into.lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .insert(outcome);
                });
            }));
            let _ = end.send(result.map_err(|_| "a panic that no hook saw".to_owned()));
        })
        .expect("a thread");
    let ended = ended.recv().expect("the thread or its panic");
    let outcomes = outcomes
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    Some((outcomes, ended))
}

/// A thread that stays in the panic hook holds the hook's lock for reading; so every hook is put in first.
pub(crate) fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let _ = Checker::new().run(|| {});
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if std::thread::current().name() != Some(DIRECTLY) {
                previous(info);
                return;
            }
            // The coroutines are unwound by a payload of their own when they are done with.
            let Some(message) = info.payload_as_str().map(str::to_owned) else {
                return;
            };
            let end = PANICS.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(end) = end {
                let _ = end.send(Err(message));
            }
            loop {
                std::thread::park();
            }
        }));
    });
}
