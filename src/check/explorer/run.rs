//! One run of the program along the graph: first what the graph has, in its order; then on from there, the
//! lowest thread that can go on first.

use super::answer::{Answer, Halt};
use super::counterexample::Guide;
use super::event::{EventId, Kind, Loc, Update};
use super::graph::Label;
use super::names::Names;
use super::revisit::Search;
use super::spin::{Decision, Probe, Spins, harmless};
use crate::check::checker::Limits;
use crate::check::kernel::ThreadId;
use crate::check::races::CellState;

/// Why a thread that asks for nothing does not go on in this run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stuck {
    /// A read that waits has found something else.
    Read(EventId),
    /// It goes round in a loop that waits, of which the last so many events are one round.
    Spin(u32),
}

#[derive(Debug, Default)]
pub(super) struct Member {
    /// Its number in this execution.
    pub(super) id: ThreadId,
    /// How many of its events have been run.
    pub(super) done: u32,
    /// What it asks for.
    pub(super) request: Option<Label>,
    pub(super) stuck: Option<Stuck>,
    /// Objects that it made, threads that it started.
    pub(super) made: u32,
    pub(super) started: u32,
    pub(super) lives: bool,
    pub(super) finished: bool,
}

/// A lock that is held.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub(super) loc: Loc,
    pub(super) by: u32,
    pub(super) ticket: EventId,
}

/// The search and the present run.
pub(super) struct State {
    pub(super) search: Search,
    pub(super) names: Names,
    pub(super) spins: Spins,
    pub(super) members: Vec<Member>,
    /// The thread with this number in this execution.
    pub(super) threads: Vec<u32>,
    pub(super) objects: Vec<Loc>,
    pub(super) cells: Vec<Option<CellState>>,
    pub(super) held: Vec<Held>,
    /// How much of the graph's order has been run.
    pub(super) cursor: usize,
    pub(super) operations: u64,
    pub(super) probe: Option<Probe>,
    /// Why the thread that asked last was not given anything.
    pub(super) halt: Option<Halt>,
    /// What was found to be different in the replay.
    pub(super) diverged: Option<String>,
    /// The address of the static whose object is made next.
    pub(super) next_static: Option<usize>,
    /// What the run follows, where it does not search.
    pub(super) guide: Option<Box<Guide>>,
}

impl State {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            search: Search::new(limits),
            names: Names::default(),
            spins: Spins::default(),
            members: Vec::new(),
            threads: Vec::new(),
            objects: Vec::new(),
            cells: Vec::new(),
            held: Vec::new(),
            cursor: 0,
            operations: 0,
            probe: None,
            halt: None,
            diverged: None,
            next_static: None,
            guide: None,
        }
    }

    /// Begins a run: there is main, and it wants to start.
    pub(super) fn begin(&mut self) {
        self.members.clear();
        self.threads.clear();
        self.objects.clear();
        self.cells.clear();
        self.held.clear();
        self.cursor = 0;
        self.operations = 0;
        self.probe = None;
        self.diverged = None;
        self.add_member(0, 0);
        self.ask(0, Label::of(Kind::Start));
    }

    #[inline]
    pub(super) fn ask(&mut self, thread: u32, label: Label) {
        self.members[thread as usize].request = Some(label);
    }

    /// The thread that goes on next, if one can.
    #[inline]
    pub(super) fn choose(&mut self) -> Option<u32> {
        if let Some(event) = self.next_event() {
            return self.replay(event.thread);
        }
        if self.guide.is_some() {
            return self.guided_next();
        }
        if self.search.dice.is_some() {
            return self.draw_turn();
        }
        self.first_enabled()
    }

    /// Lets the thread go on that the graph has next, if it asks for anything.
    #[inline]
    pub(super) fn replay(&mut self, thread: u32) -> Option<u32> {
        let asks = self
            .members
            .get(thread as usize)
            .is_some_and(|member| member.lives && member.request.is_some());
        if !asks {
            self.diverged.get_or_insert_with(|| {
                format!("thread {thread} had another step, and now has none")
            });
            return None;
        }
        Some(thread)
    }

    pub(super) fn first_enabled(&self) -> Option<u32> {
        (0..self.members.len() as u32).find(|thread| {
            let request = &self.members[*thread as usize].request;
            request
                .as_ref()
                .is_some_and(|label| self.is_enabled(*thread, label))
        })
    }

    /// Whether the graph lets a thread have what it asks for.
    #[inline]
    pub(super) fn is_enabled(&self, thread: u32, label: &Label) -> bool {
        let graph = &self.search.graph;
        match label.kind {
            Kind::Acquire => graph.is_turn(self.own_last(thread)),
            Kind::Wake => graph.notification(label.source).is_some(),
            Kind::Join(child) => graph.end_of(child).is_some(),
            _ => true,
        }
    }

    #[inline]
    pub(super) fn own_last(&self, thread: u32) -> EventId {
        EventId {
            thread,
            index: self.search.graph.len(thread) - 1,
        }
    }

    /// The last event of a thread that has been run.
    pub(super) fn last_run(&self, thread: u32) -> EventId {
        EventId {
            thread,
            index: self.members[thread as usize].done - 1,
        }
    }

    /// Whether the event has been run already.
    #[inline]
    pub(super) fn was_run(&self, event: EventId) -> bool {
        let member = self.members.get(event.thread as usize);
        member.is_some_and(|member| event.index < member.done)
    }

    /// Gives the thread whose turn it is what it asks for.
    #[inline]
    pub(super) fn perform(&mut self, thread: u32, label: &Label) -> Option<Answer> {
        self.members[thread as usize].request = None;
        self.give(thread, label)
    }

    /// What the graph has next.
    #[inline]
    pub(super) fn next_event(&mut self) -> Option<EventId> {
        while let Some(event) = self.search.graph.order.get(self.cursor).copied() {
            // The write of a read-modify-write was run with its read.
            if !self.was_run(event) {
                return Some(event);
            }
            self.cursor += 1;
        }
        None
    }

    /// Whether nobody but the search has a say in who goes on.
    #[inline]
    pub(super) fn is_free(&self) -> bool {
        self.guide.is_none() && self.search.dice.is_none()
    }

    #[cold]
    fn halts(&mut self, why: Halt) -> Option<Answer> {
        self.halt = Some(why);
        None
    }

    /// Gives a thread, whose turn it is, this. None: see `halt`.
    pub(super) fn give(&mut self, thread: u32, label: &Label) -> Option<Answer> {
        let event = EventId {
            thread,
            index: self.members[thread as usize].done,
        };
        if self.cursor < self.search.graph.order.len() {
            if let Err(why) = self.repeat(event, label) {
                self.diverged.get_or_insert(why);
                return self.halts(Halt::Diverged);
            }
        } else if let Err(why) = self.extend(event, label) {
            return self.halts(why);
        }
        let answer = self.answer(event);
        let member = &mut self.members[thread as usize];
        let halves = 1 + u32::from(answer.wrote());
        member.done += halves;
        self.cursor += halves as usize;
        match label.kind {
            Kind::Acquire => {
                let ticket = event.before().expect("a ticket");
                self.held.push(Held {
                    loc: label.loc,
                    by: thread,
                    ticket,
                });
            }
            Kind::UpdateRead if waits_in_vain(label.update, answer.wrote()) => {
                member.stuck = Some(Stuck::Read(event));
                return self.halts(Halt::Stuck);
            }
            _ => {}
        }
        Some(answer)
    }

    /// What the graph has, with the values of this run: addresses differ from run to run.
    #[inline]
    fn repeat(&mut self, event: EventId, label: &Label) -> Result<(), String> {
        let graph = &mut self.search.graph;
        let events = &graph.threads[event.thread as usize];
        let Some(was) = events.get(event.index as usize) else {
            return Err(format!("{:?} where the thread had ended", label.kind));
        };
        if was.kind != label.kind || was.loc != label.loc {
            return Err(String::new());
        }
        match label.kind {
            Kind::Store | Kind::End => graph.at_mut(event).value = label.value,
            Kind::Load => {
                let value = graph.value_of(was.source, was.loc);
                graph.at_mut(event).value = value;
            }
            Kind::UpdateRead => {
                let value = graph.value_of(was.source, was.loc);
                if value == was.value && label.update == was.update {
                    return Ok(());
                }
                let (pick, before) = (was.pick, was.update.expect("an update"));
                let update = label.update.expect("an update");
                if core::mem::discriminant(&before) != core::mem::discriminant(&update) {
                    return Err(String::new());
                }
                let written = graph.apply(update, value, pick);
                let e = graph.at_mut(event);
                e.value = value;
                e.update = label.update;
                let write = event.after();
                let wrote = graph.len(event.thread) > write.index
                    && graph.at(write).kind == Kind::UpdateWrite;
                match written {
                    Some(value) if wrote => graph.at_mut(write).value = value,
                    None if !wrote => {}
                    _ => {
                        return Err(
                            "a compare-exchange that met its value, and now does not, or the other way round"
                                .to_owned(),
                        );
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Adds to the graph what the thread asks for.
    fn extend(&mut self, event: EventId, label: &Label) -> Result<(), Halt> {
        let thread = event.thread;
        if self.guide.is_some() && self.extend_guided(event, *label)? {
            return Ok(());
        }
        match label.kind {
            Kind::Load | Kind::UpdateRead => {
                self.search.add_read(thread, *label);
            }
            Kind::Store | Kind::End => {
                self.search.add_write(thread, *label);
            }
            Kind::Choice(choice) => {
                self.search.add_choice(thread, choice);
            }
            Kind::Pass => return self.hint(thread),
            _ => {
                self.search.graph.push(thread, *label);
            }
        }
        Ok(())
    }

    /// A hint of waiting, beyond what the graph has.
    pub(super) fn hint(&mut self, thread: u32) -> Result<(), Halt> {
        if self.search.dice.is_some() && self.goes_round(thread) {
            self.search.graph.push(thread, Label::of(Kind::Pass));
            return Ok(());
        }
        let graph = &mut self.search.graph;
        let events = &graph.threads[thread as usize];
        let last = events.last().expect("a read before the hint");
        let size = match self.spins.decision(last.hash) {
            Some(Decision::Passes) => {
                graph.push(thread, Label::of(Kind::Pass));
                return Ok(());
            }
            Some(Decision::Waits(events)) => return Err(self.spin(thread, events)),
            Some(Decision::AtMost(size)) => size,
            None => harmless(events),
        };
        self.probe = Some(Probe::new(thread, size));
        Err(Halt::Probe)
    }

    /// The thread goes round for ever, unless another writes what it reads.
    pub(super) fn spin(&mut self, thread: u32, events: u32) -> Halt {
        self.members[thread as usize].stuck = Some(Stuck::Spin(events));
        // Its last read is never revisited if it missed a write that was there, so the thread never goes on.
        let graph = &self.search.graph;
        let round = &graph.threads[thread as usize][(graph.len(thread) - events) as usize..];
        let last = round.iter().rev().find(|event| event.kind.reads());
        let missed = last.is_some_and(|read| {
            if matches!(read.update, Some(Update::Exchange { .. })) && read.pick != 0 {
                return true;
            }
            let later = &graph.variable(read.loc).co[graph.position(read.source) as usize..];
            later
                .iter()
                .any(|write| graph.at(*write).stamp < read.stamp)
        });
        if missed { Halt::Drop } else { Halt::Stuck }
    }

    #[inline]
    fn answer(&self, event: EventId) -> Answer {
        let graph = &self.search.graph;
        let events = &graph.threads[event.thread as usize][event.index as usize..];
        let e = &events[0];
        let wrote = e.kind == Kind::UpdateRead
            && events
                .get(1)
                .is_some_and(|after| after.kind == Kind::UpdateWrite);
        // Only loads are asked whether they missed something.
        let stale = e.kind == Kind::Load && {
            let later = &graph.variable(e.loc).co[graph.position(e.source) as usize..];
            later.iter().any(|write| self.was_run(*write))
        };
        Answer::new(e.value, wrote, stale, e.pick)
    }
}

#[inline]
fn waits_in_vain(update: Option<Update>, wrote: bool) -> bool {
    !wrote && matches!(update, Some(Update::TakeToken | Update::Leave(_)))
}
