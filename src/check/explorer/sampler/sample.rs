//! The sampler: random walks to execution graphs.
//!
//! A walk grows one graph, and leaves nothing for later: each operation is added with one of the ways in which it
//! could be, drawn. The threads' turns give an order of program order and reads-from, each read one of the writes
//! that are there, each write a place in the modification order. Every graph of the semantics has such an order, so
//! every one can be drawn; and nothing is drawn that the explorer would not explore, for the same code adds it.

use smallvec::SmallVec;

use super::dice::Dice;
use crate::check::explorer::event::{Choice, EventId, Kind, Manner, Update};
use crate::check::explorer::graph::Label;
use crate::check::explorer::revisit::Search;
use crate::check::explorer::run::{Member, State, Stuck};
use crate::check::explorer::spin::{Decision, harmless};

impl Search {
    /// Begins another walk.
    pub(in crate::check::explorer) fn walk(&mut self, seed: u64, plain: bool) {
        self.graph.clear();
        if let Some(dice) = &mut self.dice {
            dice.begin(seed, plain);
        }
    }

    fn dice(&mut self) -> &mut Dice {
        self.dice.as_mut().expect("a walk has dice")
    }

    /// Draws what a read reads, which was just added and reads the latest write; with what it then writes.
    pub(in crate::check::explorer) fn draw_source(&mut self, read: EventId, bound: u32) {
        let graph = &self.graph;
        let event = graph.at(read);
        let (loc, latest) = (event.loc, event.source);
        let mut older: SmallVec<[u32; 16]> = match event.update {
            // A park waits for the latest.
            Some(Update::TakeToken) => SmallVec::new(),
            _ => (bound..graph.position(latest)).collect(),
        };
        while !older.is_empty() && self.dice().looks_back() {
            let at = self.dice().one_of(older.len());
            let position = older.swap_remove(at);
            let source = self.graph.write_at(loc, position);
            if self.try_source(read, source) {
                return;
            }
        }
        if !self.try_source(read, latest) {
            self.graph.read_from(read, latest);
            let fits = self.write_of(read);
            debug_assert!(fits, "nothing reads the latest write and writes");
        }
    }

    /// False: there is no such execution, and nothing is written.
    fn try_source(&mut self, read: EventId, source: EventId) -> bool {
        if self.graph.at(read).source != source || self.graph.at(read).pick != 0 {
            self.graph.read_from(read, source);
        }
        let pick = self.pick_for(read);
        if pick != 0 {
            self.graph.set_pick(read, pick);
            self.graph.derive(read);
        }
        let graph = &self.graph;
        let event = graph.at(read);
        let stamp = event.stamp;
        let writes = event
            .update
            .is_some_and(|update| graph.apply(update, event.value, pick).is_some());
        if writes && !graph.is_open(event.loc, graph.position(source)) || !self.has_sc_order() {
            return false;
        }
        let fits = self.write_of(read);
        if !fits {
            self.graph.cut(stamp);
        }
        fits
    }

    /// Draws the place of a write, which was just added at the end of the modification order.
    pub(in crate::check::explorer) fn draw_place(&mut self, write: EventId, bound: u32) {
        let loc = self.graph.at(write).loc;
        let end = self.graph.at(write).position - 1;
        let last = self.graph.write_at(loc, end);
        let open = (bound..end).filter(|position| self.graph.is_open(loc, *position));
        let mut places: SmallVec<[EventId; 16]> = open
            .map(|position| self.graph.write_at(loc, position))
            .collect();
        while !places.is_empty() && self.dice().puts_back() {
            let at = self.dice().one_of(places.len());
            let after = places.swap_remove(at);
            self.graph.place_after(write, after);
            if self.has_sc_order() {
                return;
            }
            self.graph.place_after(write, last);
        }
    }

    /// Draws what is chosen, which was just added.
    pub(in crate::check::explorer) fn draw_choice(&mut self, event: EventId) {
        let pick = self.pick_for(event);
        if pick != 0 {
            self.graph.set_pick(event, pick);
            self.graph.derive(event);
        }
    }

    fn pick_for(&mut self, event: EventId) -> u16 {
        let picks = self.picks(event);
        if picks.is_empty() {
            return 0;
        }
        let e = self.graph.at(event);
        let (likely, only) = match (e.kind, e.update) {
            // Neither is special.
            (Kind::Choice(Choice::Reuse(_)), _) | (_, Some(Update::NotifyOne)) => (true, false),
            // Who would have to wait did not get it.
            (_, Some(Update::Ticket(section, Manner::Tries))) => {
                let held = self.graph.may_find_held(e.source, section, None);
                (held, held)
            }
            (Kind::Choice(Choice::Wait { .. }), _) if self.is_notified(event) => return 0,
            _ => (false, false),
        };
        if likely {
            let all = picks.len() + usize::from(!only);
            let drawn = self.dice().one_of(all);
            picks.get(drawn).copied().unwrap_or(0)
        } else if self.dice().is_special() {
            let drawn = self.dice().one_of(picks.len());
            picks[drawn]
        } else {
            0
        }
    }

    /// Whether the wait of which this is the choice has been notified by now.
    fn is_notified(&self, choice: EventId) -> bool {
        let events = &self.graph.threads[choice.thread as usize];
        let Some(index) = choice.index.checked_sub(2) else {
            return false;
        };
        let enqueued = &events[index as usize];
        enqueued.kind == Kind::UpdateWrite
            && matches!(enqueued.update, Some(Update::Enqueue(_)))
            && self
                .graph
                .notification(EventId { index, ..choice })
                .is_some()
    }
}

/// How willingly a thread goes on: those that are least willing do when nobody else can.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Will {
    /// It has drawn to end a wait, and does so before it is notified after all.
    AtOnce,
    Goes,
    /// It is at a hint, and has seen the latest of all that it looked at.
    Hinted,
    /// It would be found to wait.
    Waits,
    /// The same, in a loop.
    Spins,
}

impl State {
    /// Draws the thread that goes on next, if one can.
    pub(in crate::check::explorer) fn draw_turn(&mut self) -> Option<u32> {
        let mut ready: SmallVec<[u32; 16]> = SmallVec::new();
        let mut will = Will::Spins;
        for thread in 0..self.members.len() as u32 {
            let Some(label) = self.members[thread as usize].request else {
                continue;
            };
            if !self.is_enabled(thread, &label) {
                continue;
            }
            let theirs = self.will(thread, label);
            if theirs < will {
                ready.clear();
                will = theirs;
            }
            if theirs == will {
                ready.push(thread);
            }
        }
        (!ready.is_empty()).then(|| self.search.dice().turn(&ready))
    }

    fn will(&mut self, thread: u32, label: Label) -> Will {
        let index = self.search.graph.len(thread);
        let graph = &self.search.graph;
        let waits = match (label.kind, label.update) {
            (Kind::UpdateRead, Some(Update::TakeToken)) => {
                graph.value_of(graph.latest(label.loc), label.loc) == 0
            }
            (Kind::UpdateRead, Some(Update::Ticket(section, manner)))
                if manner != Manner::Tries =>
            {
                graph.may_find_held(graph.latest(label.loc), section, None)
                    && !self.search.dice().queues(thread, index)
            }
            (Kind::UpdateRead, Some(Update::Leave(_))) => return Will::AtOnce,
            (Kind::Pass, _) if !self.goes_round(thread) => {
                let past = self.search.graph.last(thread).map_or(0, |event| event.hash);
                return match self.spins.decision(past) {
                    Some(Decision::Waits(_)) => Will::Spins,
                    _ => Will::Hinted,
                };
            }
            _ => false,
        };
        if waits { Will::Waits } else { Will::Goes }
    }

    /// Whether a thread at a hint goes on: something of what it has looked at since the last one is no longer the
    /// latest, or it does not wait for that.
    pub(in crate::check::explorer) fn goes_round(&mut self, thread: u32) -> bool {
        let graph = &self.search.graph;
        let events = &graph.threads[thread as usize];
        let round = &events[events.len() - harmless(events) as usize..];
        let mut reads = round.iter().filter(|event| event.kind.reads());
        let index = events.len() as u32;
        !reads.all(|read| graph.finds_the_same(read))
            || !self.search.dice().is_patient(thread, index, 32)
    }

    /// Nobody can go on, but somebody has drawn not to end a wait by its timeout: now it does. False: nobody has.
    pub(in crate::check::explorer) fn time_out(&mut self) -> bool {
        if self.search.timeouts_spent() {
            return false;
        }
        let waiting = self.members.iter().enumerate();
        let waiting: SmallVec<[EventId; 8]> = waiting
            .filter_map(|(thread, member)| self.timed_wait(thread as u32, member))
            .collect();
        if waiting.is_empty() {
            return false;
        }
        let drawn = self.search.dice().one_of(waiting.len());
        let choice = waiting[drawn];
        let graph = &mut self.search.graph;
        graph.shorten(choice.thread, choice.index + 1);
        graph.set_pick(choice, 1);
        graph.derive(choice);
        true
    }

    /// The choice with which a wait of the thread began that could end by its timeout.
    fn timed_wait(&self, thread: u32, member: &Member) -> Option<EventId> {
        let before = match (member.stuck, member.request) {
            (Some(Stuck::Read(read)), _) => read.before()?,
            (None, Some(label)) if label.kind == Kind::Wake => self.own_last(thread),
            _ => return None,
        };
        let choice = self.search.graph.at(before);
        let timed = choice.kind == Kind::Choice(Choice::Wait { timed: true });
        (timed && choice.pick == 0).then_some(before)
    }
}
