//! Backward revisits: which earlier reads may read a write that was just added, and what is kept then.

use smallvec::SmallVec;

use super::event::{EventId, Kind};
use super::revisit::{Item, Search};

impl Search {
    /// Leaves for later that earlier reads read this write, which was just added.
    pub(super) fn revisit(&mut self, write: EventId) {
        if self.dice.is_some() {
            return;
        }
        let graph = &self.graph;
        let event = graph.at(write);
        let porf = graph.porf(write);
        // Nobody else may read what a read-modify-write reads, and write: such a rival must go, or read it instead.
        let rival = match event.kind {
            Kind::UpdateWrite => graph.update_after(event.loc, event.position),
            _ => None,
        };
        if rival.is_some_and(|rival| porf.contains(rival)) {
            return;
        }
        let rival = rival.map(|rival| (rival.before(), graph.at(rival).stamp));
        let mut candidates: SmallVec<[EventId; 16]> = SmallVec::new();
        let (mut earliest, mut latest) = (u32::MAX, 0);
        for read in &graph.variable(event.loc).reads {
            if porf.contains(*read) {
                continue;
            }
            let stamp = graph.at(*read).stamp;
            if rival.is_some_and(|(rival, added)| added <= stamp && rival != Some(*read)) {
                continue;
            }
            candidates.push(*read);
            earliest = earliest.min(stamp);
            latest = latest.max(stamp);
        }
        if candidates.is_empty() {
            return;
        }
        let settled = self.settled(write, earliest, latest);
        if settled >= latest {
            return;
        }
        let mut items: SmallVec<[Item; 8]> = SmallVec::new();
        for read in candidates {
            if graph.at(read).stamp <= settled {
                continue;
            }
            for after in self.places(write, read) {
                items.push(Item::Back { write, read, after });
            }
        }
        self.leave(&items);
    }

    /// How many events of each thread are kept when `write` revisits `read`: those that were there before the
    /// read, the read, and what the write depends on.
    pub(super) fn kept(&self, write: EventId, read: EventId) -> SmallVec<[u32; 16]> {
        let graph = &self.graph;
        let porf = graph.porf(write);
        let stamp = graph.at(read).stamp;
        let mut keep = SmallVec::new();
        for (thread, events) in graph.threads.iter().enumerate() {
            let least = porf.get(thread as u32);
            let mut kept = events.len() as u32;
            while kept > least && events[kept as usize - 1].stamp > stamp {
                kept -= 1;
            }
            keep.push(kept);
        }
        keep
    }

    /// The stamp of the last event that a revisit by `write` cannot delete, or revisit; at least the one
    /// before `earliest`, and maybe only one that is not before `latest`. Whatever has a greater one, and is not what
    /// `write` depends on, is as a first choice makes it.
    fn settled(&self, write: EventId, earliest: u32, latest: u32) -> u32 {
        let porf = self.graph.porf(write);
        let mut settled = earliest - 1;
        for (thread, events) in self.graph.threads.iter().enumerate() {
            let thread = thread as u32;
            // Stamps grow along a thread.
            for index in (porf.get(thread)..events.len() as u32).rev() {
                let stamp = events[index as usize].stamp;
                if stamp <= settled {
                    break;
                }
                if !self.is_first_choice(EventId { thread, index }, write) {
                    if stamp >= latest {
                        return stamp;
                    }
                    settled = stamp;
                    break;
                }
            }
        }
        settled
    }

    /// Whether the event is as it would have been made where it was added, had there been nothing but what was
    /// there before and what `write` depends on.
    pub(super) fn is_first_choice(&self, id: EventId, write: EventId) -> bool {
        let graph = &self.graph;
        let event = graph.at(id);
        let (position, written) = match event.kind {
            Kind::Load | Kind::UpdateRead if event.pick == 0 => {
                (graph.position(event.source), false)
            }
            Kind::Store | Kind::UpdateWrite | Kind::End => (event.position, true),
            Kind::Load | Kind::UpdateRead | Kind::Choice(_) => return event.pick == 0,
            _ => return true,
        };
        let porf = graph.porf(write);
        let before = |other: EventId| {
            other != write && (graph.at(other).stamp <= event.stamp || porf.contains(other))
        };
        let variable = graph.variable(event.loc);
        for later in &variable.co[position as usize..] {
            if before(*later) {
                return false;
            }
        }
        if written {
            for read in &variable.reads {
                if graph.at(*read).source == id && before(*read) {
                    return false;
                }
            }
        }
        true
    }

    /// The writes that are kept after which `write` may be placed when `read` reads it.
    pub(super) fn places(&self, write: EventId, read: EventId) -> SmallVec<[EventId; 4]> {
        let graph = &self.graph;
        let mut places = SmallVec::new();
        let loc = graph.at(write).loc;
        let bound_before = |event: EventId| match event.before() {
            None => 0,
            Some(before) => graph.bound(loc, graph.hb(before)),
        };
        // What coherence asks of the read: not a write before one that it knows.
        let of_read = bound_before(read);
        if graph.at(write).kind == Kind::UpdateWrite {
            let own = write.before().expect("the read of a read-modify-write");
            let source = graph.at(own).source;
            if graph.position(source) >= of_read {
                places.push(source);
            }
            return places;
        }
        let bound = of_read.max(bound_before(write));
        let keep = self.kept(write, read);
        let kept = |event: EventId| event.is_init() || event.index < keep[event.thread as usize];
        let others: SmallVec<[EventId; 16]> = core::iter::once(EventId::INIT)
            .chain(graph.variable(loc).co.iter().copied())
            .filter(|other| *other != write && kept(*other))
            .collect();
        for (i, other) in others.iter().enumerate() {
            let followed = others
                .get(i + 1)
                .is_some_and(|next| graph.at(*next).kind == Kind::UpdateWrite);
            // With another write between them, the update would not read `other`.
            if graph.position(*other) >= bound && !followed {
                places.push(*other);
            }
        }
        places
    }
}
