//! Labs that no engine can run: the operating system itself is driven to the place where the bug fails, and what is seen
//! there is written down.
//!
//! A drive never sleeps and hopes. It brings the processes to where they can only wait for each other, or have ended,
//! and reads from the system that they are there; so it finds the bug each time, on a loaded machine too. What it has
//! started has ended when it returns, and ends by itself if whoever drives is killed.

#[cfg(target_os = "linux")]
use std::sync::{Mutex, MutexGuard, PoisonError};
#[cfg(target_os = "linux")]
use std::time::Instant;
#[cfg(target_os = "linux")]
use std::{io, mem};

use serde::{Deserialize, Serialize};

#[cfg(target_os = "linux")]
use super::form::Lab;
use crate::check::FailureKind;
#[cfg(target_os = "linux")]
use crate::check::Location;
#[cfg(target_os = "linux")]
use crate::check::timeline::Operation;
use crate::check::timeline::{Step, TextOptions, Timeline};

/// Why a driven variant is judged on Linux only.
pub(super) const NOT_LINUX: &str =
    "what a process waits for is read from Linux's /proc, and this system is another";

/// What a drive came to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Driven {
    /// How it ended.
    pub verdict: DrivenVerdict,
    /// What was seen, one column a process, one row an observation. The failing row is the last.
    pub timeline: Timeline,
    /// How long it took.
    pub seconds: f64,
}

/// How a drive ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum DrivenVerdict {
    /// It failed, and was seen to.
    Failed {
        /// How.
        failure: FailureKind,
    },
    /// Driven to the same place, it went on to its end.
    Passed,
    /// It cannot be driven on this system.
    Unjudged {
        /// Why.
        reason: String,
    },
}

impl Driven {
    /// Nothing was driven.
    #[cfg_attr(
        target_os = "linux",
        expect(dead_code, reason = "for the other systems")
    )]
    pub(super) fn unjudged() -> Self {
        Self {
            verdict: DrivenVerdict::Unjudged {
                reason: NOT_LINUX.to_owned(),
            },
            timeline: Timeline::default(),
            seconds: 0.0,
        }
    }

    /// The kind of failure, if it failed.
    pub fn failure(&self) -> Option<FailureKind> {
        match self.verdict {
            DrivenVerdict::Failed { failure } => Some(failure),
            _ => None,
        }
    }

    /// The step that fails, if one does.
    pub fn failing_step(&self) -> Option<&Step> {
        self.timeline.steps.iter().rfind(|step| step.failing)
    }

    /// The verdict and what was seen, as text.
    ///
    /// ```
    /// # #[cfg(target_os = "linux")] {
    /// use racecourse::check::timeline::TextOptions;
    /// let lab = racecourse::labs::find("pipe-deadlock").expect("lab 54");
    /// let drive = lab.variants[0].drive.expect("it is driven");
    /// let driven = drive().expect("it could be driven to its end");
    /// assert!(driven.render(&TextOptions::new()).starts_with("failed: deadlock"));
    /// # }
    /// ```
    pub fn render(&self, options: &TextOptions) -> String {
        let seconds = format!("{:.0} ms", self.seconds * 1000.0);
        let mut out = match &self.verdict {
            DrivenVerdict::Failed { failure } => {
                format!("failed: {failure}, driven on this system ({seconds})\n")
            }
            DrivenVerdict::Passed => {
                format!("passed: driven to the same place, and nothing fails there ({seconds})\n")
            }
            DrivenVerdict::Unjudged { reason } => format!("not judged: {reason}\n"),
        };
        if let Some(step) = self.failing_step() {
            let of = |at: &crate::check::Location| format!("  at {}:{}, ", at.file, at.line);
            let place = step.location.as_ref().map_or_else(String::new, of);
            out.push_str(&format!(
                "{place}in {}\n",
                self.timeline.threads[step.thread]
            ));
        }
        out.push('\n');
        out.push_str(&self.timeline.render(options));
        out
    }
}

/// What drives a variant: `drive`, of the file that asks, with the variant's name and its code. These are there on Linux only.
macro_rules! driving {
    ($variant:literal, $code:ident) => {
        || {
            #[cfg(target_os = "linux")]
            return drive($variant, $code);
            #[cfg(not(target_os = "linux"))]
            Ok($crate::labs::driven::Driven::unjudged())
        }
    };
}
pub(super) use driving;

/// Writes down what is seen. There is one at a time in a process, so that no drive disturbs another: whatever a drive
/// needs is made after it, and thus gone before it.
#[cfg(target_os = "linux")]
#[derive(Debug)]
pub(super) struct Transcript {
    lab: &'static Lab,
    variant: &'static str,
    timeline: Timeline,
    start: Instant,
    _alone: MutexGuard<'static, ()>,
}

#[cfg(target_os = "linux")]
impl Transcript {
    /// Of a drive of this variant; the processes by name.
    pub(super) fn of(lab: &'static Lab, variant: &'static str, processes: &[&str]) -> Self {
        static ALONE: Mutex<()> = Mutex::new(());
        Self {
            lab,
            variant,
            timeline: Timeline {
                threads: processes.iter().map(|&name| name.to_owned()).collect(),
                ..Timeline::default()
            },
            // A drive that panicked has left nothing behind that the next would meet.
            _alone: ALONE.lock().unwrap_or_else(PoisonError::into_inner),
            start: Instant::now(),
        }
    }

    /// What was seen of a process.
    pub(super) fn saw(&mut self, process: usize, what: impl Into<String>) -> &mut Self {
        self.timeline.steps.push(Step {
            thread: process,
            operation: Operation::Observe,
            object: None,
            detail: what.into(),
            ordering: None,
            location: None,
            blocked: false,
            scaffolding: false,
            stale: false,
            failing: false,
        });
        self
    }

    /// The same of one that can go on only when it gets what it waits for.
    pub(super) fn waits(&mut self, process: usize, what: &str, awaited: &str) -> &mut Self {
        self.saw(process, what);
        let step = self.timeline.steps.last_mut().expect("it was just pushed");
        step.blocked = true;
        step.object = Some(awaited.to_owned());
        self
    }

    /// The call in which the process was seen last: the line that has it, in the variant's own code or else in the lab's file.
    pub(super) fn at(&mut self, call: &str) {
        let own = || {
            let variant = self.lab.variant(self.variant)?;
            let (file, source) = self.lab.file_of(variant);
            let code = self.lab.code(variant)?;
            Some((file, source, source.find(code)? + code.find(call)?))
        };
        let shared = || {
            let (file, source) = (self.lab.file, self.lab.source);
            Some((file, source, source.find(call)?))
        };
        let place = own().or_else(shared);
        if let (Some((file, source, at)), Some(step)) = (place, self.timeline.steps.last_mut()) {
            let line = source[..at].lines().count();
            step.location = Some(Location {
                file: file.to_owned(),
                line: line as u32,
                column: 1,
            });
        }
    }

    /// What was seen last is the failure.
    pub(super) fn fails(&mut self, kind: FailureKind, sentence: &str, details: &[&str]) -> Driven {
        if let Some(step) = self.timeline.steps.last_mut() {
            step.failing = true;
        }
        self.timeline.sentence = format!("{kind}: {sentence}");
        self.timeline.details = details.iter().map(|&line| line.to_owned()).collect();
        self.ends(DrivenVerdict::Failed { failure: kind })
    }

    /// All has ended as it should.
    pub(super) fn passes(&mut self) -> Driven {
        self.ends(DrivenVerdict::Passed)
    }

    fn ends(&mut self, verdict: DrivenVerdict) -> Driven {
        Driven {
            verdict,
            seconds: self.start.elapsed().as_secs_f64(),
            timeline: mem::take(&mut self.timeline),
        }
    }
}

/// A thread of this process that plays a part, and that can be watched while it does.
#[cfg(target_os = "linux")]
#[derive(Debug)]
pub(super) struct Part<T> {
    /// As [`thread_asleep`](super::process::thread_asleep) knows it.
    pub(super) id: libc::pid_t,
    handle: std::thread::JoinHandle<T>,
}

/// Starts a thread that plays a part.
#[cfg(target_os = "linux")]
pub(super) fn in_thread<T: Send + 'static>(
    play: impl FnOnce() -> T + Send + 'static,
) -> io::Result<Part<T>> {
    let (tell, told) = std::sync::mpsc::channel();
    let handle = std::thread::Builder::new().spawn(move || {
        // It is waited for.
        let _ = tell.send(super::process::this_thread());
        play()
    })?;
    let id = told.recv().map_err(io::Error::other)?;
    Ok(Part { id, handle })
}

#[cfg(target_os = "linux")]
impl<T> Part<T> {
    pub(super) fn is_finished(&self) -> bool {
        self.handle.is_finished()
    }

    /// Waits for its end; a panic of it is an error here.
    pub(super) fn join(self) -> io::Result<T> {
        let panicked = |_| io::Error::other("a thread of the drive panicked");
        self.handle.join().map_err(panicked)
    }
}
