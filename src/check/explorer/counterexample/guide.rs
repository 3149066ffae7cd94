//! A run that follows a [`Script`] instead of searching.

use std::rc::Rc;

use super::script::{Cue, Script, code, digest};
use crate::check::explorer::answer::{Answer, Halt};
use crate::check::explorer::event::{Choice, EventId, Kind, Update};
use crate::check::explorer::graph::Label;
use crate::check::explorer::revisit::Search;
use crate::check::explorer::run::State;

/// How far a run has followed its script.
#[derive(Debug)]
pub(in crate::check::explorer) struct Guide {
    script: Rc<Script>,
    /// The next cue.
    at: usize,
    /// The run of one thread's cues that it belongs to, and the digest of those that are done.
    run: usize,
    digest: u8,
    /// The threads of the graph by the order of their spawns.
    threads: Vec<u32>,
    /// What has happened, in order.
    pub(in crate::check::explorer) trace: Vec<Traced>,
    pub(in crate::check::explorer) misfit: Option<Misfit>,
}

/// An event, and how many steps had been recorded before what it is a part of.
#[derive(Clone, Copy, Debug)]
pub(in crate::check::explorer) struct Traced {
    pub(in crate::check::explorer) event: EventId,
    pub(in crate::check::explorer) steps: usize,
}

/// Why the program cannot follow the script.
#[derive(Clone, Debug)]
pub(in crate::check::explorer) struct Misfit {
    /// The thread whose turn it was.
    pub(in crate::check::explorer) thread: Option<u32>,
    pub(in crate::check::explorer) why: &'static str,
    /// The program has the same operations as when the script was made, but the memory model does not allow
    /// this execution.
    pub(in crate::check::explorer) impossible: bool,
}

impl Misfit {
    /// In words, where it is known what was to come.
    pub(in crate::check::explorer) fn says(&self, at: &str) -> String {
        let what = if self.impossible {
            "the replayed execution is not possible any more"
        } else {
            "the token does not fit the scenario, which has changed since it was made"
        };
        let at = if at.is_empty() {
            String::new()
        } else {
            format!(" at {at}")
        };
        format!("{what}:{at} {}", self.why)
    }

    pub(in crate::check::explorer) fn changed(thread: Option<u32>, why: &'static str) -> Self {
        Self {
            thread,
            why,
            impossible: false,
        }
    }

    fn impossible(thread: u32, why: &'static str) -> Self {
        Self {
            thread: Some(thread),
            ..Self::impossible_at_all(why)
        }
    }

    pub(in crate::check::explorer) fn impossible_at_all(why: &'static str) -> Self {
        Self {
            thread: None,
            why,
            impossible: true,
        }
    }
}

impl Guide {
    /// Whether all cues have been taken.
    pub(in crate::check::explorer) fn is_over(&self) -> bool {
        self.at == self.script.cues.len()
    }

    pub(in crate::check::explorer) fn new(script: &Rc<Script>) -> Self {
        Self {
            script: Rc::clone(script),
            at: 0,
            run: 0,
            digest: 0,
            threads: vec![0],
            trace: Vec::new(),
            misfit: None,
        }
    }

    /// Takes the next cue, for what the thread whose turn it is asks for. None: there are no more.
    fn take(&mut self, thread: u32, label: &Label) -> Result<Option<Cue>, Misfit> {
        let Some(cue) = self.script.cues.get(self.at).copied() else {
            return Ok(None);
        };
        if self.threads.get(cue.thread as usize) != Some(&thread) {
            return Err(Misfit::changed(
                Some(thread),
                "it was another thread's turn",
            ));
        }
        self.digest = digest(self.digest, code(label.kind, label.update));
        self.at += 1;
        if let Kind::Spawn(child) = label.kind {
            self.threads.push(child);
        }
        let next = self.script.cues.get(self.at);
        if next.is_none_or(|next| next.thread != cue.thread) {
            if self.script.digests.get(self.run) != Some(&self.digest) {
                return Err(Misfit::changed(
                    Some(thread),
                    "the thread's operations up to here are not what they were",
                ));
            }
            self.run += 1;
            self.digest = 0;
        }
        Ok(Some(cue))
    }
}

impl State {
    /// The thread that goes on next, where a script says which.
    pub(in crate::check::explorer) fn guided_next(&mut self) -> Option<u32> {
        let guide = self.guide.as_ref()?;
        if guide.misfit.is_some() {
            return None;
        }
        let Some(cue) = guide.script.cues.get(guide.at).copied() else {
            return self.first_enabled();
        };
        let thread = guide.threads.get(cue.thread as usize).copied();
        let wrong = match thread {
            None => Some("the thread whose turn it was is not started any more"),
            Some(thread) => match self.members.get(thread as usize) {
                Some(member) if member.lives && member.request.is_some() => {
                    let label = member.request.expect("asked above");
                    (!self.is_enabled(thread, &label))
                        .then_some("it now has to wait, and went on before")
                }
                _ => Some("the thread whose turn it was has no further step"),
            },
        };
        match wrong {
            None => thread,
            Some(why) => {
                self.misfit(Misfit::changed(thread, why));
                None
            }
        }
    }

    /// `perform`, noting what happened when so many steps had been recorded.
    pub(in crate::check::explorer) fn perform_traced(
        &mut self,
        thread: u32,
        label: &Label,
        steps: usize,
    ) -> Option<Answer> {
        let index = self.members[thread as usize].done;
        let answer = self.perform(thread, label);
        if self.members[thread as usize].done > index
            && let Some(guide) = &mut self.guide
        {
            guide.trace.push(Traced {
                event: EventId { thread, index },
                steps,
            });
        }
        answer
    }

    fn misfit(&mut self, misfit: Misfit) {
        if let Some(guide) = &mut self.guide {
            guide.misfit.get_or_insert(misfit);
        }
    }

    /// Adds to the graph what the script says. False: it says nothing any more.
    pub(in crate::check::explorer) fn extend_guided(
        &mut self,
        event: EventId,
        label: Label,
    ) -> Result<bool, Halt> {
        let thread = event.thread;
        if label.kind == Kind::Pass {
            // Only where the hint was found to mean nothing it is an event, and has a cue.
            self.hint(thread)?;
        }
        let guide = self.guide.as_mut().expect("the run is guided");
        let done = match guide.take(thread, &label) {
            Ok(None) => return Ok(label.kind == Kind::Pass),
            Ok(Some(cue)) => match label.kind {
                Kind::Load | Kind::UpdateRead => self.search.guided_read(thread, label, cue),
                Kind::Store | Kind::End => self.search.guided_write(thread, label, cue),
                Kind::Choice(choice) => self.search.guided_choice(thread, choice, cue),
                Kind::Pass => Ok(()),
                _ => {
                    self.search.graph.push(thread, label);
                    Ok(())
                }
            },
            Err(misfit) => Err(misfit),
        };
        match done {
            Ok(()) => Ok(true),
            Err(misfit) => {
                self.misfit(misfit);
                Err(Halt::Stuck)
            }
        }
    }
}

impl Search {
    /// The earliest place that coherence allows, and the last place that there is.
    fn range(&self, thread: u32, loc: u32) -> (u32, u32) {
        let graph = &self.graph;
        let bound = graph
            .last_id(thread)
            .map_or(0, |last| graph.bound(loc, graph.hb(last)));
        (bound, graph.variable(loc).co.len() as u32)
    }

    fn guided_read(&mut self, thread: u32, label: Label, cue: Cue) -> Result<(), Misfit> {
        let loc = label.loc;
        let (bound, end) = self.range(thread, loc);
        let graph = &mut self.graph;
        let Some(position) = end.checked_sub(cue.back) else {
            let why = "it read an older value than there is now";
            return Err(Misfit::changed(Some(thread), why));
        };
        if position < bound {
            let why = "it can no longer read so old a value";
            return Err(Misfit::impossible(thread, why));
        }
        let source = graph.write_at(loc, position);
        let value = graph.value_of(source, loc);
        let order = match label.update {
            Some(Update::Exchange {
                expected, failure, ..
            }) if expected != value => failure,
            _ => label.order,
        };
        let read = graph.push(
            thread,
            Label {
                source,
                value,
                order,
                ..label
            },
        );
        self.guided_pick(read, cue.pick)?;
        if !self.write_of(read) {
            let why = "another read-modify-write has taken the value that it read";
            return Err(Misfit::impossible(thread, why));
        }
        Ok(())
    }

    fn guided_write(&mut self, thread: u32, label: Label, cue: Cue) -> Result<(), Misfit> {
        let loc = label.loc;
        let (bound, end) = self.range(thread, loc);
        let Some(position) = end.checked_sub(cue.back) else {
            let why = "fewer values are stored before it than there were";
            return Err(Misfit::changed(Some(thread), why));
        };
        if position < bound || !self.graph.is_open(loc, position) {
            let why = "its value can no longer come before one that is stored already";
            return Err(Misfit::impossible(thread, why));
        }
        let write = self.graph.push(thread, label);
        self.graph.insert(write, position);
        Ok(())
    }

    fn guided_choice(&mut self, thread: u32, choice: Choice, cue: Cue) -> Result<(), Misfit> {
        let event = self.graph.push(thread, Label::of(Kind::Choice(choice)));
        self.guided_pick(event, cue.pick)
    }

    fn guided_pick(&mut self, event: EventId, pick: u16) -> Result<(), Misfit> {
        if pick == 0 {
            return Ok(());
        }
        if !self.graph.alternatives(event).contains(&pick) {
            let why = "it no longer has the alternative that was chosen";
            return Err(Misfit::changed(Some(event.thread), why));
        }
        self.graph.set_pick(event, pick);
        self.graph.derive(event);
        Ok(())
    }
}
