//! The form of a lab.

use std::io;

use serde::Serialize;

use super::MARKER;
use super::driven::{self, Driven};
use super::expect::{Declared, Expect};
use super::measurement::Measurement;
use super::orderings::Orderings;
use super::references::Reference;
use super::scenario::{Observation, Scenario};
use crate::check::Engine;

/// The rooms of the course, as [`Lab::room`] names them.
pub mod room {
    /// Steps that had to be one.
    pub const ATOMICITY: &str = "Atomicity";
    /// What one thread sees of what another did, and when.
    pub const ORDER: &str = "Order and memory model";
    /// Threads that wait for what never comes.
    pub const BLOCKING: &str = "Blocking";
    /// Ending, failing and going on.
    pub const LIVENESS: &str = "Failure and liveness";
    /// Memory that is shared wrongly, or freed too early.
    pub const SOUNDNESS: &str = "Reclamation and soundness";
    /// Programs beside each other, and the pipes between them.
    pub const PROCESSES: &str = "Processes";
    /// The puzzles by which people have learned this since 1965.
    pub const CLASSICS: &str = "Classics";
    /// No verdict but a chart.
    pub const MEASURED: &str = "Measured";
}

/// One lab: one class of bug, with its fixes.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Lab {
    /// Its number in the catalogue.
    pub number: u32,
    /// Its name on the command line: `lost-update`.
    pub slug: &'static str,
    /// Its title in a table of contents.
    pub title: &'static str,
    /// Its chapter, one of [`room`].
    pub room: &'static str,
    /// How long a learner needs, in minutes.
    pub minutes: u32,
    /// How the class is known elsewhere, and where it happened.
    pub references: &'static [Reference],
    /// The lesson, in Markdown.
    #[serde(skip)]
    pub lesson: &'static str,
    /// Every result that the scenario could have, graded; empty if the lab is not about results.
    pub outcomes: &'static [Outcome],
    /// The bug first, then the fixes.
    pub variants: &'static [Variant],
    /// Which orderings its table is about; `None` if the lab is not about orderings.
    pub orderings: Option<Orderings>,
    /// What a sensible person might take for a fix, and is none.
    pub wrong: WrongFixes,
    /// The lab's source file, as `core::panic::Location` names it.
    pub file: &'static str,
    /// The text of that file.
    #[serde(skip)]
    pub source: &'static str,
}

/// The wrong fixes of a lab, which stand in a file of their own.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct WrongFixes {
    /// Each fails, and has a [`why`](Variant::why).
    pub variants: &'static [Variant],
    /// Their source file, as `core::panic::Location` names it.
    pub file: &'static str,
    /// The text of that file.
    #[serde(skip)]
    pub source: &'static str,
}

/// One form of a lab: a bug, a fix, or a wrong fix.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Variant {
    /// `buggy`, `fixed` or `wrong`, with what tells it from the others: `fixed-mutex`, `wrong-sleep`.
    pub name: &'static str,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// What it must do, engine by engine.
    pub declared: Declared,
    /// Of a wrong fix: why it does not help, in a sentence or two.
    pub why: Option<&'static str>,
    /// What is run.
    #[serde(skip)]
    pub scenario: Scenario,
    /// The same without the assertion, where the lab has a table of results.
    #[serde(skip)]
    pub observation: Option<Observation>,
    /// For a measured lab: takes the measurement that its chart shows. Fails if the operating system refuses a thread.
    #[serde(skip)]
    pub measure: Option<fn() -> io::Result<Measurement>>,
    /// For a variant that no engine can run: drives the operating system to the place where the bug fails, and tells what
    /// was seen. Fails if the system refuses a process or a thread, or if what must come does not.
    #[serde(skip)]
    pub drive: Option<fn() -> io::Result<Driven>>,
}

/// A row of a lab's table of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The result, as [`Observation::run`] names it.
    pub result: &'static str,
    /// Whether it may be.
    pub grade: Grade,
    /// What it means.
    pub meaning: &'static str,
}

/// Whether a result may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// As intended.
    Allowed,
    /// Allowed, and worth a second look.
    Interesting,
    /// Breaks the invariant.
    Forbidden,
}

impl Outcome {
    pub(super) const fn allowed(result: &'static str, meaning: &'static str) -> Self {
        Self {
            result,
            grade: Grade::Allowed,
            meaning,
        }
    }

    pub(super) const fn interesting(result: &'static str, meaning: &'static str) -> Self {
        Self {
            result,
            grade: Grade::Interesting,
            meaning,
        }
    }

    pub(super) const fn forbidden(result: &'static str, meaning: &'static str) -> Self {
        Self {
            result,
            grade: Grade::Forbidden,
            meaning,
        }
    }
}

impl Variant {
    pub(super) const fn new(
        name: &'static str,
        summary: &'static str,
        declared: Declared,
        scenario: Scenario,
    ) -> Self {
        Self {
            name,
            summary,
            declared,
            why: None,
            scenario,
            observation: None,
            measure: None,
            drive: None,
        }
    }

    /// One that is driven, and that no engine runs.
    pub(super) const fn driven(
        name: &'static str,
        summary: &'static str,
        declared: Declared,
        drive: fn() -> io::Result<Driven>,
    ) -> Self {
        let scenario = Scenario::new(|| {
            panic!("no engine can run this variant: call its `drive`, which drives real processes")
        });
        Self {
            drive: Some(drive),
            ..Self::new(name, summary, declared, scenario)
        }
    }

    /// It is a wrong fix, and this is why.
    pub(super) const fn because(self, why: &'static str) -> Self {
        Self {
            why: Some(why),
            ..self
        }
    }

    pub(super) const fn observed(
        self,
        run: fn() -> String,
        reachable: &'static [&'static str],
    ) -> Self {
        Self {
            observation: Some(Observation { run, reachable }),
            ..self
        }
    }

    pub(super) const fn measured(self, measure: fn() -> io::Result<Measurement>) -> Self {
        Self {
            measure: Some(measure),
            ..self
        }
    }

    /// What `engine` must say of it.
    pub fn expect(&self, engine: Engine) -> Expect {
        self.declared.under(engine)
    }

    /// What driving it must come to; `None` if engines judge it.
    pub fn expect_driven(&self) -> Option<Expect> {
        self.drive.map(|_| {
            if cfg!(target_os = "linux") {
                self.declared.truth
            } else {
                Expect::Unjudged(driven::NOT_LINUX)
            }
        })
    }

    /// Whether it is a form of the bug, rather than a fix or a wrong fix.
    pub fn is_buggy(&self) -> bool {
        self.name.starts_with("buggy")
    }

    /// Whether it is a wrong fix.
    pub fn is_wrong(&self) -> bool {
        self.why.is_some()
    }
}

impl WrongFixes {
    /// The file `wrong/labNN_its_name.rs`: its `file!()`, and its text.
    pub(super) const fn new(
        file: &'static str,
        source: &'static str,
        variants: &'static [Variant],
    ) -> Self {
        Self {
            variants,
            file,
            source,
        }
    }
}

impl Lab {
    /// The bugs and fixes, and after them the wrong fixes.
    pub fn all_variants(&self) -> impl Iterator<Item = &'static Variant> + use<> {
        self.variants.iter().chain(self.wrong.variants)
    }

    /// The variant with this name, a wrong fix too; `None` if there is none.
    pub fn variant(&self, name: &str) -> Option<&'static Variant> {
        self.all_variants().find(|variant| variant.name == name)
    }

    /// The name and the text of the file in which `variant` stands.
    pub fn file_of(&self, variant: &Variant) -> (&'static str, &'static str) {
        if variant.is_wrong() {
            (self.wrong.file, self.wrong.source)
        } else {
            (self.file, self.source)
        }
    }

    /// The file, and the line in it, counted from 1, at which `variant` fails: the one that carries [`MARKER`]. A line
    /// that is marked for `variant` by name goes before one that is marked for all; `None` if there is neither.
    pub fn failing_place(&self, variant: &Variant) -> Option<(&'static str, u32)> {
        let named = |(file, source): (&'static str, &'static str)| {
            let marks = marks(source);
            let line = marks.into_iter().find_map(|(line, names)| {
                let names = names.strip_prefix(':')?;
                names
                    .split(',')
                    .any(|name| name.trim() == variant.name)
                    .then_some(line)
            })?;
            Some((file, line))
        };
        let shared = || {
            let mut marks = marks(self.source).into_iter();
            let (line, _) = marks.find(|(_, names)| !names.starts_with(':'))?;
            Some((self.file, line))
        };
        named(self.file_of(variant))
            .or_else(|| named((self.file, self.source)))
            .or_else(shared)
    }

    /// The text of `variant`'s own code: the function or module of its name (`fixed-mutex` is `fixed_mutex`),
    /// with its comments. `None` if the source has no such item.
    pub fn code(&self, variant: &Variant) -> Option<&'static str> {
        let name = variant.name.replace('-', "_");
        let (_, source) = self.file_of(variant);
        let mut start = 0; // of the item, its comments and attributes included
        let mut offset = 0;
        let mut found = false;
        for line in source.split_inclusive('\n') {
            let text = line.trim_end();
            offset += line.len();
            if found {
                if text == "}" {
                    return Some(&source[start..offset]);
                }
            } else if declares(text, &name) {
                found = true;
            } else if !(text.starts_with("//") || text.starts_with("#[")) {
                start = offset;
            }
        }
        None
    }
}

/// The marked lines, counted from 1, with what follows the mark.
fn marks(source: &'static str) -> Vec<(u32, &'static str)> {
    let lines = (1..).zip(source.lines());
    lines
        .filter_map(|(line, text)| Some((line, text.split_once(MARKER)?.1.trim())))
        .collect()
}

/// Whether an unindented line begins the function or module `name`.
fn declares(line: &str, name: &str) -> bool {
    let item = line.strip_prefix("pub ").unwrap_or(line);
    let item = item.strip_prefix("async ").unwrap_or(item);
    let item = item.strip_prefix("unsafe ").unwrap_or(item);
    let rest = item
        .strip_prefix("fn ")
        .or_else(|| item.strip_prefix("mod "));
    rest.and_then(|rest| rest.strip_prefix(name))
        .is_some_and(|rest| rest.starts_with(['(', '<', ' ']))
}
