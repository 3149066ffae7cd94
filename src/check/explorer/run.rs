//! One run of the program along the graph: first what the graph has, in its order; then on from there, the
//! lowest thread that can go on first.

use super::event::{Choice, EventId, Kind, Loc, Manner, NOWHERE, Update};
use super::graph::Label;
use super::names::{Key, Names};
use super::revisit::Search;
use super::spin::{Decision, Probe, Spins, harmless};
use crate::check::checker::Limits;
use crate::check::kernel::{ObjectId, ThreadId};
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
    id: ThreadId,
    /// How many of its events have been run.
    pub(super) done: u32,
    /// What it asks for.
    request: Option<Label>,
    pub(super) stuck: Option<Stuck>,
    /// Objects that it made, threads that it started.
    made: u32,
    started: u32,
    pub(super) lives: bool,
    finished: bool,
}

/// A lock that is held.
#[derive(Clone, Copy, Debug)]
struct Held {
    loc: Loc,
    by: u32,
    ticket: EventId,
}

/// What an operation gives back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    /// What was read.
    pub(super) value: u64,
    /// Whether a read-modify-write wrote.
    pub(super) wrote: bool,
    /// A later write exists that the read missed.
    pub(super) stale: bool,
    pub(super) pick: u16,
    pub(super) event: EventId,
}

/// How asking for something ended.
#[derive(Debug)]
pub(super) enum Turn {
    Done(Answer),
    /// The thread cannot go on in this run.
    Stuck,
    /// A hint of waiting: whether it waits for nothing is to be found out by going on.
    Probe,
    /// Nothing that this run could still do would be new.
    Drop,
    /// The program does something else than it did before.
    Diverged(String),
}

/// The search and the present run.
pub(super) struct State {
    pub(super) search: Search,
    pub(super) names: Names,
    pub(super) spins: Spins,
    pub(super) members: Vec<Member>,
    /// The thread with this number in this execution.
    threads: Vec<u32>,
    objects: Vec<Loc>,
    pub(super) cells: Vec<Option<CellState>>,
    held: Vec<Held>,
    /// How much of the graph's order has been run.
    cursor: usize,
    pub(super) operations: u64,
    pub(super) probe: Option<Probe>,
    /// What was found to be different in the replay.
    pub(super) diverged: Option<String>,
    /// The address of the static whose object is made next.
    pub(super) next_static: Option<usize>,
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
            diverged: None,
            next_static: None,
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

    // --- threads and objects ---

    fn add_member(&mut self, thread: u32, id: ThreadId) {
        if self.members.len() <= thread as usize {
            self.members
                .resize_with(thread as usize + 1, Member::default);
        }
        self.members[thread as usize] = Member {
            id,
            lives: true,
            ..Member::default()
        };
        if self.threads.len() <= id {
            self.threads.resize(id + 1, u32::MAX);
        }
        self.threads[id] = thread;
    }

    pub(super) fn thread(&self, id: ThreadId) -> u32 {
        self.threads[id]
    }

    pub(super) fn id(&self, thread: u32) -> ThreadId {
        self.members[thread as usize].id
    }

    /// The thread that `parent` starts next.
    pub(super) fn next_child(&mut self, parent: u32) -> u32 {
        let nth = self.members[parent as usize].started;
        self.names.child(parent, nth)
    }

    /// A child has been started, and wants to begin.
    pub(super) fn started(&mut self, parent: u32, child: u32, id: ThreadId, spawn: EventId) {
        self.members[parent as usize].started += 1;
        self.add_member(child, id);
        self.ask(
            child,
            Label {
                source: spawn,
                ..Label::of(Kind::Start)
            },
        );
    }

    pub(super) fn finished(&mut self, thread: u32) {
        self.members[thread as usize].finished = true;
    }

    pub(super) fn all_finished(&self) -> bool {
        self.members
            .iter()
            .all(|member| member.finished || !member.lives)
    }

    /// Main goes on once more, for the destructors of statics.
    pub(super) fn restart_main(&mut self) {
        self.members[0].finished = false;
        self.ask(0, Label::of(Kind::Gather));
    }

    /// The location of a new object that the current thread makes.
    pub(super) fn make(&mut self, id: ObjectId, maker: u32, initial: u64) {
        let key = match self.next_static.take() {
            Some(address) => Key::Static(address),
            None => {
                let member = &mut self.members[maker as usize];
                member.made += 1;
                Key::Object {
                    thread: maker,
                    nth: member.made,
                }
            }
        };
        let loc = self.location(key, initial);
        self.place(id, loc);
    }

    fn place(&mut self, id: ObjectId, loc: Loc) {
        let index = id as usize;
        if self.objects.len() <= index {
            self.objects.resize(index + 1, NOWHERE);
        }
        self.objects[index] = loc;
    }

    /// Whoever has the atomic alone has set its value: from here on it is another location.
    pub(super) fn set_alone(&mut self, id: ObjectId, value: u64) {
        let loc = self.location(Key::After(self.loc(id)), value);
        self.place(id, loc);
    }

    pub(super) fn location(&mut self, key: Key, initial: u64) -> Loc {
        let loc = self.names.location(key);
        let variables = &mut self.search.graph.variables;
        if variables.len() <= loc as usize {
            variables.resize_with(loc as usize + 1, Default::default);
        }
        variables[loc as usize].initial = initial;
        loc
    }

    pub(super) fn loc(&self, id: ObjectId) -> Loc {
        self.objects[id as usize]
    }

    /// The ticket of the section that an unlock by `thread` ends: its own latest, or somebody's whose guard
    /// it was given.
    pub(super) fn take_held(&mut self, loc: Loc, thread: u32) -> Option<EventId> {
        let own = self
            .held
            .iter()
            .rposition(|held| held.loc == loc && held.by == thread);
        let any = || self.held.iter().rposition(|held| held.loc == loc);
        let held = own.or_else(any)?;
        Some(self.held.remove(held).ticket)
    }

    // --- whose turn it is ---

    pub(super) fn ask(&mut self, thread: u32, label: Label) {
        self.members[thread as usize].request = Some(label);
    }

    /// The thread that goes on next, if one can.
    pub(super) fn choose(&mut self) -> Option<u32> {
        let graph = &self.search.graph;
        while let Some(event) = graph.order.get(self.cursor) {
            if graph.at(*event).kind == Kind::UpdateWrite {
                self.cursor += 1;
                continue;
            }
            let thread = event.thread;
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
            return Some(thread);
        }
        (0..self.members.len() as u32).find(|thread| {
            self.members[*thread as usize]
                .request
                .is_some_and(|label| self.is_enabled(*thread, label))
        })
    }

    /// Whether the graph lets a thread have what it asks for.
    fn is_enabled(&self, thread: u32, label: Label) -> bool {
        let graph = &self.search.graph;
        match label.kind {
            Kind::Acquire => graph.is_turn(self.own_last(thread)),
            Kind::Wake => graph.notification(label.source).is_some(),
            Kind::Join(child) => graph.end_of(child).is_some(),
            Kind::Gather => true,
            _ => true,
        }
    }

    fn own_last(&self, thread: u32) -> EventId {
        EventId {
            thread,
            index: self.search.graph.len(thread) - 1,
        }
    }

    /// Whether the event has been run already.
    pub(super) fn was_run(&self, event: EventId) -> bool {
        let member = self.members.get(event.thread as usize);
        member.is_some_and(|member| event.index < member.done)
    }

    /// Whether a thread that asks for this must wait, as far as the program has run.
    pub(super) fn must_wait(&self, thread: u32, label: Label) -> bool {
        let graph = &self.search.graph;
        match label.kind {
            Kind::Acquire => {
                let ticket = EventId {
                    thread,
                    index: self.members[thread as usize].done - 1,
                };
                let ahead = graph.awaited(ticket);
                !ahead.iter().all(|ahead| {
                    graph
                        .at(*ahead)
                        .unlock
                        .is_some_and(|unlock| self.was_run(unlock))
                })
            }
            Kind::Join(child) => !self.members[child as usize].finished,
            Kind::Wake => true,
            _ => false,
        }
    }

    /// Gives the thread whose turn it is what it asks for.
    pub(super) fn perform(&mut self, thread: u32) -> Turn {
        let member = &mut self.members[thread as usize];
        let Some(label) = member.request.take() else {
            return Turn::Diverged(format!(
                "thread {thread} was to go on, and asks for nothing"
            ));
        };
        let event = EventId {
            thread,
            index: member.done,
        };
        if self.cursor < self.search.graph.order.len() {
            if let Err(why) = self.repeat(event, label) {
                return Turn::Diverged(why);
            }
        } else {
            match self.extend(event, label) {
                Ok(()) => {}
                Err(turn) => return turn,
            }
        }
        let answer = self.answer(event);
        let graph = &self.search.graph;
        let member = &mut self.members[thread as usize];
        let halves = 1 + u32::from(answer.wrote);
        member.done += halves;
        self.cursor += halves as usize;
        let e = graph.at(event);
        match e.kind {
            Kind::Acquire => {
                let ticket = event.before().expect("a ticket");
                self.held.push(Held {
                    loc: e.loc,
                    by: thread,
                    ticket,
                });
            }
            Kind::UpdateRead if waits_in_vain(e.update, answer.wrote) => {
                member.stuck = Some(Stuck::Read(event));
                return Turn::Stuck;
            }
            _ => {}
        }
        Turn::Done(answer)
    }

    /// What the graph has, with the values of this run: addresses differ from run to run.
    fn repeat(&mut self, event: EventId, label: Label) -> Result<(), String> {
        let graph = &mut self.search.graph;
        if graph.len(event.thread) <= event.index {
            return Err(format!("{:?} where the thread had ended", label.kind));
        }
        let was = graph.at(event);
        let same_update = |a: Option<Update>, b: Option<Update>| match (a, b) {
            (None, None) => true,
            (Some(a), Some(b)) => core::mem::discriminant(&a) == core::mem::discriminant(&b),
            _ => false,
        };
        if was.kind != label.kind || was.loc != label.loc || !same_update(was.update, label.update)
        {
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
                let pick = was.pick;
                let update = label.update.expect("an update");
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
    fn extend(&mut self, event: EventId, label: Label) -> Result<(), Turn> {
        let thread = event.thread;
        match label.kind {
            Kind::Load | Kind::UpdateRead => {
                self.search.add_read(thread, label);
            }
            Kind::Store | Kind::End => {
                self.search.add_write(thread, label);
            }
            Kind::Choice(choice) => {
                self.search.add_choice(thread, choice);
            }
            Kind::Pass => return self.hint(thread),
            _ => {
                self.search.graph.push(thread, label);
            }
        }
        Ok(())
    }

    /// A hint of waiting, beyond what the graph has.
    fn hint(&mut self, thread: u32) -> Result<(), Turn> {
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
        Err(Turn::Probe)
    }

    /// The thread goes round for ever, unless another writes what it reads.
    pub(super) fn spin(&mut self, thread: u32, events: u32) -> Turn {
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
        if missed { Turn::Drop } else { Turn::Stuck }
    }

    fn answer(&self, event: EventId) -> Answer {
        let graph = &self.search.graph;
        let e = graph.at(event);
        let wrote = e.kind == Kind::UpdateRead
            && graph.len(event.thread) > event.index + 1
            && graph.at(event.after()).kind == Kind::UpdateWrite;
        // Only loads are asked whether they missed something.
        let stale = e.kind == Kind::Load && {
            let later = &graph.variable(e.loc).co[graph.position(e.source) as usize..];
            later.iter().any(|write| self.was_run(*write))
        };
        Answer {
            value: e.value,
            wrote,
            stale,
            pick: e.pick,
            event,
        }
    }

    // --- the end ---

    /// No thread can go on. Whether that is so in reality too: everybody who waits has seen the latest.
    ///
    /// Otherwise it is only an execution in which somebody has not looked long enough.
    pub(super) fn is_really_stuck(&self) -> Ending {
        let mut ending = Ending::Deadlock;
        for (thread, member) in self.members.iter().enumerate() {
            if member.finished || !member.lives {
                continue;
            }
            match self.waits_really(thread as u32, member) {
                Ending::Deadlock => {}
                Ending::Livelock if ending == Ending::Deadlock => ending = Ending::Livelock,
                Ending::Livelock => {}
                Ending::OutOfTimeouts => return Ending::OutOfTimeouts,
                Ending::Blocked => return Ending::Blocked,
            }
        }
        ending
    }

    fn waits_really(&self, thread: u32, member: &Member) -> Ending {
        let graph = &self.search.graph;
        let events = &graph.threads[thread as usize];
        let timed = |before: usize| {
            let choice = before.checked_sub(1).map(|index| events[index].kind);
            choice == Some(Kind::Choice(Choice::Wait { timed: true }))
        };
        let in_vain = |timed: bool| match timed {
            // It would end by its timeout, in another execution.
            true if !self.search.timeouts_spent() => Ending::Blocked,
            true => Ending::OutOfTimeouts,
            false => Ending::Deadlock,
        };
        let really = |is: bool| {
            if is {
                Ending::Deadlock
            } else {
                Ending::Blocked
            }
        };
        match (member.stuck, member.request) {
            (Some(Stuck::Read(read)), _) => {
                let event = graph.at(read);
                let token = event.update == Some(Update::TakeToken);
                if token && graph.latest(event.loc) == event.source {
                    in_vain(timed(read.index as usize))
                } else {
                    Ending::Blocked
                }
            }
            (Some(Stuck::Spin(count)), _) => {
                let round = &events[events.len() - count as usize..];
                let mut reads = round.iter().filter(|event| event.kind.reads());
                if reads.all(|read| graph.finds_the_same(read)) {
                    Ending::Livelock
                } else {
                    Ending::Blocked
                }
            }
            (None, Some(label)) => match label.kind {
                Kind::Acquire => {
                    let ticket = self.own_last(thread);
                    let (_, manner) = graph.ticket(ticket);
                    really(match manner {
                        Manner::Waits => true,
                        Manner::Tries => false,
                        // Nobody is passed who has the lock.
                        Manner::Passes => graph.awaited(ticket).iter().all(|ahead| {
                            graph.at(*ahead).unlock.is_some()
                                || graph.len(ahead.thread) > ahead.index + 1
                        }),
                    })
                }
                Kind::Wake => in_vain(timed(events.len())),
                _ => Ending::Deadlock,
            },
            (None, None) => Ending::Blocked,
        }
    }
}

/// How a run in which nobody can go on is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// It is not the end: another execution goes on from here.
    Blocked,
    Deadlock,
    /// Somebody goes round for ever, and everybody else waits.
    Livelock,
    /// A wait would end by its timeout, but the execution has had as many as it may.
    OutOfTimeouts,
}

fn waits_in_vain(update: Option<Update>, wrote: bool) -> bool {
    !wrote && matches!(update, Some(Update::TakeToken | Update::Leave(_)))
}
