//! The search: what is added when an event comes, what else it could have been, and which earlier reads it
//! revisits.
//!
//! After Kokologiannakis, Marmanis, Gladstein, Vafeiadis: Truly Stateless, Optimal Dynamic Partial Order
//! Reduction, POPL 2022. Each consistent execution is reached once: a read that is revisited, and whatever is
//! deleted then, must have been as a first choice makes it.

use core::sync::atomic::Ordering;

use smallvec::SmallVec;

use super::consistency::Consistency;
use super::event::{Choice, EventId, Kind, Manner, Update};
use super::graph::{Graph, Label};
use super::sampler::Dice;
use super::shard::Shard;
use crate::check::checker::Limits;

/// Something that was left to be explored.
#[derive(Clone, Copy, Debug)]
pub(super) enum Item {
    /// The read reads another write.
    Read {
        read: EventId,
        source: EventId,
    },
    /// The write has another place in the modification order.
    Place {
        write: EventId,
        after: EventId,
    },
    Pick {
        event: EventId,
        pick: u16,
    },
    /// An earlier read reads a later write, which is placed `after` another.
    Back {
        write: EventId,
        read: EventId,
        after: EventId,
    },
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Todo {
    pub(super) item: Item,
    /// The graph to which it applies: the events with stamps up to this.
    pub(super) stamp: u32,
    /// The part of the search that it stands for, as an estimate.
    weight: f64,
    /// Whether all that comes of it is this shard's.
    owned: bool,
}

/// See the module.
#[derive(Default)]
pub(super) struct Search {
    pub(super) graph: Graph,
    pub(super) todo: Vec<Todo>,
    pub(super) saved: Vec<(Graph, Vec<Todo>)>,
    /// Memory for those.
    spare: Vec<(Graph, Vec<Todo>)>,
    consistency: Consistency,
    /// The part of the search that the present graph stands for.
    pub(super) weight: f64,
    /// The part that is done.
    pub(super) done: f64,
    budgets: Budgets,
    /// Of a search that is done in parts, the part that is done here.
    pub(super) shard: Option<Shard>,
    /// Whether all that comes of the present graph is this shard's; whether the graph is counted by another.
    owned: bool,
    pub(super) skipped: bool,
    /// Whether the first graph was run, and whether a thread was met only after it.
    pub(super) begun: bool,
    pub(super) met_late: bool,
    /// With dice it is no search: everything is drawn, and nothing left for later.
    pub(super) dice: Option<Box<Dice>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Budgets {
    spurious: u32,
    weak: u32,
    timeouts: u32,
}

impl Search {
    pub(super) fn new(limits: &Limits) -> Self {
        let mut shard = limits.shard.map(Shard::new);
        Self {
            weight: 1.0,
            skipped: shard.as_mut().is_some_and(|shard| !shard.takes_next()),
            shard,
            budgets: Budgets {
                spurious: limits.spurious_wakeups,
                weak: limits.weak_failures,
                timeouts: limits.timeouts,
            },
            ..Self::default()
        }
    }

    /// The present graph is done with.
    pub(super) fn finish(&mut self) {
        self.done += self.weight;
        self.weight = 0.0;
    }

    /// The part of the search that is done, between 0 and 1: an estimate (Knuth 1975).
    pub(super) fn done(&self) -> f64 {
        self.done
    }

    /// Brings the graph to the next that is to be run. False: there is none.
    pub(super) fn next(&mut self) -> bool {
        self.begun = true;
        loop {
            let Some(Todo {
                item,
                stamp,
                weight,
                owned,
            }) = self.todo.pop()
            else {
                let Some((graph, todo)) = self.saved.pop() else {
                    return false;
                };
                let graph = core::mem::replace(&mut self.graph, graph);
                let todo = core::mem::replace(&mut self.todo, todo);
                self.spare.push((graph, todo));
                continue;
            };
            (self.owned, self.skipped) = (owned, false);
            if let Some(shard) = &mut self.shard
                && !owned
            {
                self.skipped = !shard.takes_next();
                self.owned = shard.is_whole(weight);
                if self.owned && self.skipped {
                    continue;
                }
            }
            self.weight = weight;
            self.graph.cut(stamp);
            if let Item::Back { write, read, .. } = item {
                self.keep(write, read);
            }
            if self.take_up(item) {
                return true;
            }
            self.finish();
        }
    }

    /// Cuts the graph to what is kept when `write` revisits `read`. What else is left for later needs the whole.
    fn keep(&mut self, write: EventId, read: EventId) {
        let keep = self.kept(write, read);
        if self.todo.is_empty() {
            self.graph.keep(&keep);
            return;
        }
        let (mut graph, mut todo) = self.spare.pop().unwrap_or_default();
        graph.copy(&self.graph, &keep);
        core::mem::swap(&mut graph, &mut self.graph);
        core::mem::swap(&mut todo, &mut self.todo);
        self.saved.push((graph, todo));
    }

    /// False: there is no such execution, or not here.
    fn take_up(&mut self, item: Item) -> bool {
        match item {
            Item::Read { read, source } => {
                self.graph.read_from(read, source);
                let picks = self.picks_of(read);
                self.leave(&picks);
                self.has_sc_order() && self.write_of(read)
            }
            Item::Pick { event, pick } => {
                self.graph.set_pick(event, pick);
                self.graph.derive(event);
                self.has_sc_order() && self.write_of(event)
            }
            Item::Place { write, after } => {
                self.graph.place_after(write, after);
                self.has_sc_order()
            }
            Item::Back { write, read, after } => {
                self.graph.place_after(write, after);
                self.graph.order.retain(|event| *event != read);
                self.graph.order.push(read);
                self.graph.read_from(read, write);
                let picks = self.picks_of(read);
                self.leave(&picks);
                self.has_sc_order() && self.write_of(read)
            }
        }
    }

    pub(super) fn has_sc_order(&mut self) -> bool {
        self.consistency.has_sc_order(&self.graph)
    }

    pub(super) fn leave(&mut self, items: &[Item]) {
        if items.is_empty() || self.dice.is_some() {
            return;
        }
        let weight = self.weight / (items.len() + 1) as f64;
        self.weight = weight;
        let stamp = self.graph.stamp();
        self.todo.extend(items.iter().map(|item| Todo {
            item: *item,
            stamp,
            weight,
            owned: self.owned,
        }));
    }

    // --- what a running program adds ---

    /// Adds a read with its first choice, the latest write; with what it then writes, if it does.
    pub(super) fn add_read(&mut self, thread: u32, label: Label) -> EventId {
        let graph = &mut self.graph;
        let loc = label.loc;
        let latest = graph.latest(loc);
        let value = graph.value_of(latest, loc);
        let order = match label.update {
            Some(Update::Exchange {
                expected, failure, ..
            }) if expected != value => failure,
            _ => label.order,
        };
        let last = graph.last_id(thread);
        let bound = last.map_or(0, |last| graph.bound(loc, graph.hb(last)));
        let read = graph.push(
            thread,
            Label {
                source: latest,
                value,
                order,
                ..label
            },
        );
        if self.dice.is_some() {
            self.draw_source(read, bound);
            return read;
        }
        let mut items: SmallVec<[Item; 8]> = SmallVec::new();
        for position in bound..graph.position(latest) {
            let source = graph.write_at(loc, position);
            // A wait that finds what it does not wait for, though it is not the latest, is never revisited
            // and never ends.
            let never = label.update == Some(Update::TakeToken) && graph.value_of(source, loc) == 0;
            // No two updates read the same write, and the other cannot read this one's instead where this one's
            // thread depends on it.
            let taken = always_writes(label.update, graph.value_of(source, loc))
                && graph
                    .update_after(loc, position)
                    .zip(last)
                    .is_some_and(|(rival, last)| graph.porf(last).contains(rival));
            if !never && !taken {
                items.push(Item::Read { read, source });
            }
        }
        for pick in self.picks(read) {
            items.push(Item::Pick { event: read, pick });
        }
        self.leave(&items);
        let fits = self.write_of(read);
        debug_assert!(fits, "nothing reads the latest write and writes");
        read
    }

    /// Adds a write at the end of the modification order.
    pub(super) fn add_write(&mut self, thread: u32, label: Label) -> EventId {
        let graph = &mut self.graph;
        let loc = label.loc;
        let last = graph.last_id(thread);
        let bound = last.map_or(0, |last| graph.bound(loc, graph.hb(last)));
        let end = graph.variable(loc).co.len() as u32;
        let write = graph.push(thread, label);
        graph.insert(write, end);
        if self.dice.is_some() {
            self.draw_place(write, bound);
            return write;
        }
        let mut items: SmallVec<[Item; 8]> = SmallVec::new();
        for position in (bound..end).filter(|position| self.graph.is_open(loc, *position)) {
            let after = self.graph.write_at(loc, position);
            items.push(Item::Place { write, after });
        }
        self.leave(&items);
        self.revisit(write);
        write
    }

    /// Adds a choice, 0 first.
    pub(super) fn add_choice(&mut self, thread: u32, choice: Choice) -> EventId {
        let event = self.graph.push(thread, Label::of(Kind::Choice(choice)));
        if self.dice.is_some() {
            self.draw_choice(event);
            return event;
        }
        let items = self.picks_of(event);
        self.leave(&items);
        event
    }

    /// The other picks that the event has, within the budgets.
    fn picks_of(&self, event: EventId) -> SmallVec<[Item; 4]> {
        let mut items = SmallVec::new();
        for pick in self.picks(event) {
            items.push(Item::Pick { event, pick });
        }
        items
    }

    pub(super) fn picks(&self, event: EventId) -> SmallVec<[u16; 4]> {
        let mut picks = self.graph.alternatives(event);
        if picks.is_empty() {
            return picks;
        }
        let kind = self.graph.at(event).kind;
        let spent = &self.graph.spent;
        picks.retain(|pick| match (kind, *pick) {
            (Kind::Choice(Choice::Wait { .. }), 1) => spent.timeouts < self.budgets.timeouts,
            (Kind::Choice(Choice::Wait { .. }), _) => spent.spurious < self.budgets.spurious,
            (Kind::UpdateRead, _) => match self.graph.at(event).update {
                Some(Update::Exchange { .. }) => spent.weak < self.budgets.weak,
                _ => true,
            },
            _ => true,
        });
        picks
    }

    /// Whether the timeouts that one execution may have are used up.
    pub(super) fn timeouts_spent(&self) -> bool {
        self.graph.spent.timeouts >= self.budgets.timeouts
    }

    /// Adds what a read-modify-write writes, if it writes, at once.
    ///
    /// False: there is no such execution. If that is because another read-modify-write reads the same write,
    /// there may be one in which the other reads this one.
    pub(super) fn write_of(&mut self, read: EventId) -> bool {
        let graph = &mut self.graph;
        let event = graph.at(read);
        let Some(update) = event.update else {
            return true;
        };
        let Some(value) = graph.apply(update, event.value, event.pick) else {
            return true;
        };
        let order = match update {
            Update::Exchange { success, .. } => success,
            _ => event.order,
        };
        let (loc, source) = (event.loc, event.source);
        let position = graph.position(source);
        let rival = graph.update_after(loc, position).is_some();
        let write = graph.push(
            read.thread,
            Label {
                kind: Kind::UpdateWrite,
                loc,
                order,
                update: Some(update),
                source: EventId::INIT,
                value,
            },
        );
        // That the write has an order, if the read has one, needs no check: what must come after the write, comes
        // later in the modification order, and so after the read too; and what must come before it, before that.
        graph.insert(write, position);
        self.revisit(write);
        !rival
    }
}

/// Whether an update that finds this writes, whichever of its alternatives is picked.
fn always_writes(update: Option<Update>, found: u64) -> bool {
    match update {
        Some(Update::Exchange { expected, weak, .. }) => found == expected && !weak,
        Some(Update::Ticket(_, manner)) => manner != Manner::Tries,
        Some(Update::Leave(_)) | None => false,
        Some(Update::TakeToken) => found == 1,
        Some(
            Update::Fetch { .. }
            | Update::Enqueue(_)
            | Update::NotifyOne
            | Update::NotifyAll
            | Update::GiveToken,
        ) => true,
    }
}

/// The order of an update that only the engine knows.
pub(super) fn hidden_order(update: Update) -> Ordering {
    match update {
        Update::TakeToken => Ordering::Acquire,
        Update::GiveToken => Ordering::Release,
        _ => Ordering::Relaxed,
    }
}
