//! What a lab runs: under a checker, or natively where that is defined.

use std::any::Any;
use std::collections::BTreeSet;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
// The harness is not under check: it runs scenarios, and collects what they report.
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use crate::check::{Checker, NotVerified, Orderings, ReplayToken, Report, Weakest};

/// How long [`Scenario::run_native`] waits.
const PATIENCE: Duration = Duration::from_secs(5);

/// A closed program: it makes its own shared state, starts its own threads and asserts the invariant.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    run: fn(),
    undefined: Option<&'static str>,
}

impl Scenario {
    /// A scenario that is defined behaviour everywhere, right or wrong.
    pub(super) const fn new(run: fn()) -> Self {
        Self {
            run,
            undefined: None,
        }
    }

    /// A scenario that would be undefined behaviour outside a check, and why.
    pub(super) const fn undefined_natively(run: fn(), why: &'static str) -> Self {
        Self {
            run,
            undefined: Some(why),
        }
    }

    /// Runs it under `checker`.
    pub fn check(&self, checker: &Checker) -> Report {
        checker.run(self.run)
    }

    /// Searches for the weakest orderings under which it verifies.
    ///
    /// # Errors
    /// As [`Weakest::run`].
    pub fn weakest(&self, search: &Weakest) -> Result<Orderings, NotVerified> {
        search.run(self.run)
    }

    /// Runs the one execution of a failure that was found earlier.
    pub fn replay(&self, checker: &Checker, token: &ReplayToken) -> Report {
        checker.replay(token, self.run)
    }

    /// Runs the one execution that `choices` say.
    pub fn steer(&self, checker: &Checker, choices: &[u16]) -> Report {
        checker.steer(choices, self.run)
    }

    /// Why it must not run natively; `None` if it may.
    pub fn undefined(&self) -> Option<&'static str> {
        self.undefined
    }

    /// Runs it once on real threads, and waits five seconds for its end.
    ///
    /// A bug may or may not show: that is why there are engines. A panic prints its message on standard error, as
    /// any panic does.
    ///
    /// # Errors
    /// [`NativeError`]: it would be undefined behaviour, it failed, or it is stuck. What is stuck keeps its threads
    /// until the process ends.
    pub fn run_native(&self) -> Result<(), NativeError> {
        self.run_native_within(PATIENCE)
    }

    /// As [`run_native`](Self::run_native), and waits at most `patience`.
    ///
    /// # Errors
    /// As [`run_native`](Self::run_native).
    pub fn run_native_within(&self, patience: Duration) -> Result<(), NativeError> {
        if let Some(why) = self.undefined {
            return Err(NativeError::Undefined(why));
        }
        let run = self.run;
        let (ended, end) = mpsc::channel();
        thread::Builder::new()
            .name("lab".into())
            .spawn(move || {
                let result = catch_unwind(AssertUnwindSafe(run));
                // Nobody listens any more once the patience is over.
                let _ = ended.send(result.map_err(|payload| text_of(payload.as_ref())));
            })
            .map_err(|error| NativeError::NoThread(error.to_string()))?;
        match end.recv_timeout(patience) {
            Ok(result) => result.map_err(NativeError::Failed),
            Err(_) => Err(NativeError::Stuck(patience)),
        }
    }
}

impl Scenario {
    /// Runs it once on real threads, this one being its main thread, also where that is undefined behaviour: for the
    /// detectors that are to see just that, such as ThreadSanitizer, Valgrind and Miri. A panic comes through, and what is
    /// stuck does not return.
    ///
    /// # Safety
    /// Either [`undefined`](Self::undefined) is `None`, or this process has nothing to lose: a detector watches it, and
    /// nobody relies on what it computes.
    pub unsafe fn run_for_detector(&self) {
        (self.run)();
    }
}

fn text_of(payload: &(dyn Any + Send)) -> String {
    payload
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic whose payload is not text".into())
}

/// Why a native run did not end well.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NativeError {
    /// It was not run: on real threads it would be undefined behaviour, for this reason.
    Undefined(&'static str),
    /// It panicked with this message.
    Failed(String),
    /// It had not ended after this long.
    Stuck(Duration),
    /// The operating system refused a thread, with this message.
    NoThread(String),
}

impl fmt::Display for NativeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undefined(why) => write!(
                f,
                "not run natively, because it would be undefined behaviour ({why}); run it under an engine"
            ),
            Self::Failed(message) => write!(f, "it failed: {message}"),
            Self::Stuck(patience) => write!(
                f,
                "it has not ended after {patience:?}: probably a deadlock; an engine shows who waits for whom"
            ),
            Self::NoThread(message) => write!(
                f,
                "no thread could be started ({message}); raise the limit on threads (ulimit -u) and try again"
            ),
        }
    }
}

impl std::error::Error for NativeError {}

/// A scenario without its assertion: it returns its result, so that all reachable results can be listed.
#[derive(Clone, Copy, Debug)]
pub struct Observation {
    /// Runs it once and names the result.
    pub run: fn() -> String,
    /// The results that are reachable, in the order of the lab's table.
    pub reachable: &'static [&'static str],
}

impl Observation {
    /// Every result seen in the executions that `checker` explored. It is the whole set only if the report says
    /// [`Verified`](crate::check::Verdict::Verified).
    pub fn results(&self, checker: &Checker) -> (Report, BTreeSet<String>) {
        let results = Arc::new(Mutex::new(BTreeSet::new()));
        let run = self.run;
        let seen = Arc::clone(&results);
        let report = checker.run(move || {
            let result = run();
            seen.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(result);
        });
        let seen = results
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        (report, seen)
    }
}
