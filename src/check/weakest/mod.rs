//! The weakest orderings: how many of those in the code are stronger than they need be.
//!
//! [`Weakest`] runs a scenario again and again, each time as if its operations had other orderings, and finds every
//! assignment of orderings that [verifies](super::Verdict::Verified) and that nothing weaker than it does. There may
//! be several: what a fence orders, stronger accesses order too.
//!
//! "Verifies" is meant of the scenario: what it does not exercise, or does not assert, it cannot ask for.

mod lattice;
mod orderings;
mod search;
mod text;

use core::sync::atomic::Ordering;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use orderings::{Assignment, NotVerified, Orderings};

use super::checker::Checker;
use super::report::{Report, Verdict};
use super::sites::Site;
use lattice::{Lattice, Parts};
use orderings::Named;
use search::{Answer, Judge, Search};

/// How far a search for the weakest orderings is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sought {
    /// Checks so far.
    pub checks: u64,
    /// Their executions.
    pub executions: u64,
    /// The largest assignments that fail, as far as they are known. From these the minimal ones follow.
    pub failing: usize,
    /// Since the search began.
    pub elapsed: Duration,
}

type OnProgress = Arc<dyn Fn(&Sought) + Send + Sync>;
type Only = Arc<dyn Fn(&Site) -> bool + Send + Sync>;

/// Finds the weakest orderings under which a scenario still verifies.
///
/// The orderings of an operation are those of [`Site::possible`]; `Relaxed` is below `Acquire` and `Release`, these
/// below `AcqRel`, that below `SeqCst`. A compare-exchange has two sites. Assignments compare site by site.
///
/// ```
/// use racecourse::check::{Checker, Weakest};
/// use racecourse::sync::atomic::{AtomicU32, Ordering::{Acquire, Relaxed, Release, SeqCst}};
/// use racecourse::thread;
///
/// let found = Weakest::new(Checker::new()).run(|| {
///     let (data, ready) = (AtomicU32::new(0), AtomicU32::new(0));
///     thread::scope(|scope| {
///         scope.spawn(|| {
///             data.store(1, SeqCst);
///             ready.store(1, SeqCst);
///         });
///         if ready.load(SeqCst) == 1 {
///             assert_eq!(data.load(SeqCst), 1);
///         }
///     });
/// })?;
/// assert!(found.is_complete());
/// assert_eq!(found.minimal().len(), 1, "{found}");
/// assert!(found.minimal()[0].orderings().eq([Relaxed, Release, Acquire, Relaxed]));
/// # Ok::<(), racecourse::check::NotVerified>(())
/// ```
///
/// # How
/// A stronger ordering forbids executions and allows no other (Lahav, Vafeiadis, Kang, Hur, Dreyer: Repairing
/// Sequential Consistency in C/C++11, PLDI 2017), so whatever is above an assignment that verifies verifies, and
/// whatever is below one that fails fails. The search is *dualize and advance* (Gunopulos, Khardon, Mannila, Saluja,
/// Toivonen, Sharma: Discovering All Most Specific Sentences, TODS 2003): for each minimal assignment one check, for
/// each largest one that fails a number of them that grows with the logarithm of that of the sites.
///
/// # What to make of it
/// Weaker orderings reach code that the stronger ones did not; its sites are then varied too. A place that is given
/// its ordering as an argument is one site. Orderings inside a destructor or a dependency are sites like others;
/// [`only`](Self::only) leaves out those that are not yours to change.
#[derive(Clone)]
#[must_use = "nothing is searched until `run`"]
pub struct Weakest {
    checker: Checker,
    max_checks: Option<u64>,
    max_duration: Option<Duration>,
    stronger: bool,
    only: Option<Only>,
    on_progress: Option<OnProgress>,
}

impl fmt::Debug for Weakest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Weakest")
            .field("checker", &self.checker)
            .field("max_checks", &self.max_checks)
            .field("max_duration", &self.max_duration)
            .field("stronger", &self.stronger)
            .finish_non_exhaustive()
    }
}

impl Weakest {
    /// Each check is as `checker` says, its bounds included: a check that is cut leaves its assignment
    /// [open](Orderings::open).
    pub fn new(checker: Checker) -> Self {
        Self {
            checker,
            max_checks: None,
            max_duration: None,
            stronger: false,
            only: None,
            on_progress: None,
        }
    }

    /// Ends the search after so many checks; what is then known is in the answer.
    pub fn max_checks(mut self, checks: u64) -> Self {
        self.max_checks = Some(checks);
        self
    }

    /// Ends the search after this time; what is then known is in the answer.
    pub fn max_duration(mut self, duration: Duration) -> Self {
        self.max_duration = Some(duration);
        self
    }

    /// Whether orderings may also be stronger than in the code, up to `SeqCst` everywhere. Then a scenario that
    /// fails as it is may be asked what would repair it.
    pub fn stronger(mut self, stronger: bool) -> Self {
        self.stronger = stronger;
        self
    }

    /// Varies only these sites; the others stay as they are in the code.
    pub fn only(mut self, sites: impl Fn(&Site) -> bool + Send + Sync + 'static) -> Self {
        self.only = Some(Arc::new(sites));
        self
    }

    /// Tells `f` before each check how far the search is.
    pub fn on_progress(mut self, f: impl Fn(&Sought) + Send + Sync + 'static) -> Self {
        self.on_progress = Some(Arc::new(f));
        self
    }

    /// Searches. The scenario is as for [`Checker::run`].
    ///
    /// # Errors
    /// [`NotVerified`]: the scenario fails as it is, or its check is not complete.
    pub fn run(
        &self,
        scenario: impl Fn() + Send + Sync + 'static,
    ) -> Result<Orderings, NotVerified> {
        let mut checks = Checks {
            of: self,
            scenario: Arc::new(scenario),
            start: Instant::now(),
            checks: 0,
            executions: 0,
            spent: None,
        };
        let mut search = Search::default();
        // Its counterexample, if there is one, is shown: the search for it goes on as usual.
        let report = checks.check(self.checker.clone());
        if !self.stronger && *report.verdict() != Verdict::Verified {
            return Err(NotVerified {
                report: Box::new(report),
                strongest: false,
            });
        }
        search.note(&checks, Parts::new(), answer(&report), report.sites());
        if self.stronger && *report.verdict() != Verdict::Verified {
            checks.verify_strongest(&mut search)?;
        }
        let spent = search.run(&mut checks).is_err();
        Ok(checks.summary(&search, spent))
    }
}

fn answer(report: &Report) -> Answer {
    match report.verdict() {
        Verdict::Verified => Answer::Verifies,
        Verdict::Failed => Answer::Fails,
        Verdict::Incomplete(_) => Answer::Unknown,
    }
}

/// The checks of a search.
struct Checks<'a, F> {
    of: &'a Weakest,
    scenario: Arc<F>,
    start: Instant,
    checks: u64,
    executions: u64,
    /// Which budget is used up.
    spent: Option<String>,
}

impl<F: Fn() + Send + Sync + 'static> Checks<'_, F> {
    fn check(&mut self, checker: Checker) -> Report {
        let scenario = Arc::clone(&self.scenario);
        let left = self
            .of
            .max_duration
            .map(|most| most.saturating_sub(self.start.elapsed()));
        let report = checker.within(left).run(move || scenario());
        self.checks += 1;
        self.executions += report.executions() + report.blocked();
        report
    }

    /// Whether the scenario verifies if all is as strong as can be.
    fn verify_strongest(&mut self, search: &mut Search) -> Result<(), NotVerified> {
        loop {
            let top = search.lattice.top();
            let report = self.check(self.with(&search.lattice, &top));
            if *report.verdict() != Verdict::Verified {
                return Err(NotVerified {
                    report: Box::new(report),
                    strongest: true,
                });
            }
            let sites = search.lattice.sites().len();
            search.note(self, top, Answer::Verifies, report.sites());
            if search.lattice.sites().len() == sites {
                return Ok(());
            }
        }
    }

    /// The checker, as if the orderings were these.
    fn with(&self, lattice: &Lattice, parts: &Parts) -> Checker {
        let sites = lattice.sites().iter().enumerate();
        sites.fold(
            self.of.checker.clone().first_failure(),
            |checker, (place, site)| match lattice.ordering(place, parts) {
                same if same == site.ordering() => checker,
                other => checker.with_ordering(site, other),
            },
        )
    }

    fn summary(&self, search: &Search, spent: bool) -> Orderings {
        let lattice = &search.lattice;
        let mut order: Vec<usize> = (0..lattice.sites().len()).collect();
        order.sort_by_key(|place| {
            let site = &lattice.sites()[*place];
            let at = site.location();
            (&at.file, at.line, at.column, site.operation as usize)
        });
        let assignment = |parts: &Parts| Assignment {
            orderings: order
                .iter()
                .map(|place| Named(lattice.ordering(*place, parts)))
                .collect(),
        };
        let list = |mut all: Vec<Parts>| -> Vec<Assignment> {
            all.sort_by_key(Parts::len);
            all.iter().map(assignment).collect()
        };
        let sites: Vec<Site> = order
            .iter()
            .map(|place| lattice.sites()[*place].clone())
            .collect();
        let complete = !spent && search.is_complete();
        let unless_complete = |all: Vec<Parts>| if complete { Vec::new() } else { list(all) };
        Orderings {
            in_code: Assignment {
                orderings: sites.iter().map(|site| Named(site.ordering())).collect(),
            },
            sites,
            minimal: list(search.minimal()),
            sufficient: unless_complete(search.sufficient()),
            needed: assignment(&search.needed()),
            open: unless_complete(search.open()),
            complete,
            spent: self.spent.clone(),
            checks: self.checks,
            executions: self.executions,
            elapsed: self.start.elapsed(),
        }
    }
}

impl<F: Fn() + Send + Sync + 'static> Judge for Checks<'_, F> {
    fn ask(
        &mut self,
        lattice: &Lattice,
        parts: &Parts,
        failing: usize,
    ) -> Option<(Answer, Vec<Site>)> {
        let elapsed = self.start.elapsed();
        if let Some(most) = self.of.max_checks.filter(|most| self.checks >= *most) {
            self.spent = Some(format!("the search reached `max_checks`, {most}"));
            return None;
        }
        if let Some(most) = self.of.max_duration.filter(|most| elapsed >= *most) {
            self.spent = Some(format!("the search reached `max_duration`, {most:?}"));
            return None;
        }
        if let Some(on_progress) = &self.of.on_progress {
            on_progress(&Sought {
                checks: self.checks,
                executions: self.executions,
                failing,
                elapsed,
            });
        }
        let report = self.check(self.with(lattice, parts));
        Some((answer(&report), report.sites().to_vec()))
    }

    fn strongest(&self, site: &Site) -> Option<Ordering> {
        let varied = self.of.only.as_ref().is_none_or(|only| only(site));
        let strongest = if self.of.stronger {
            Ordering::SeqCst
        } else {
            site.ordering()
        };
        varied.then_some(strongest)
    }
}
