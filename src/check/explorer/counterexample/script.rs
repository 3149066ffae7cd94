//! An execution as the choices that lead to it: whose turn it is, and what is not as a first choice makes it.
//!
//! A script has no values, no locations and no addresses, so the same program follows it in every process. It is
//! short, because an execution changes threads rarely and mostly takes the first choice.

use std::collections::HashMap;

use crate::check::explorer::event::{EventId, Kind, Loc, Manner, Section, Update};
use crate::check::explorer::graph::Graph;
use crate::check::replay::{Bytes, Malformed};

/// One operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cue {
    /// Main is 0, and the thread that the n-th spawn starts is n.
    pub(in crate::check::explorer) thread: u32,
    /// How many writes that are there already come after the one that is read, or after the place of what is
    /// written, in modification order.
    pub(in crate::check::explorer) back: u32,
    pub(in crate::check::explorer) pick: u16,
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Script {
    /// Whether waits choose to end for no reason.
    pub(crate) spurious: bool,
    pub(in crate::check::explorer) cues: Vec<Cue>,
    /// For each run of operations of one thread, a digest of what they are.
    pub(in crate::check::explorer) digests: Vec<u8>,
}

/// Tells kinds of operations apart, the same in every process and build.
pub(in crate::check::explorer) fn code(kind: Kind, update: Option<Update>) -> u8 {
    match (kind, update) {
        (Kind::Load, _) => 1,
        (Kind::Store, _) => 2,
        (Kind::Fence, _) => 3,
        (Kind::Acquire, _) => 4,
        (Kind::Unlock, _) => 5,
        (Kind::Wake, _) => 6,
        (Kind::Choice(_), _) => 7,
        (Kind::Spawn(_), _) => 8,
        (Kind::Start, _) => 9,
        (Kind::End, _) => 10,
        (Kind::Join(_), _) => 11,
        (Kind::Gather, _) => 12,
        (Kind::Pass, _) => 13,
        (_, None) => 14,
        (_, Some(update)) => match update {
            Update::Fetch { .. } => 15,
            Update::Exchange { .. } => 16,
            Update::Enqueue(_) => 17,
            Update::Leave(_) => 18,
            Update::NotifyOne => 19,
            Update::NotifyAll => 20,
            Update::TakeToken => 21,
            Update::GiveToken => 22,
            Update::Ticket(section, manner) => {
                let section = match section {
                    Section::Alone => 0,
                    Section::Shared => 3,
                };
                let manner = match manner {
                    Manner::Waits => 0,
                    Manner::Tries => 1,
                    Manner::Passes => 2,
                };
                23 + section + manner
            }
        },
    }
}

/// The digest with one operation more.
pub(in crate::check::explorer) fn digest(before: u8, code: u8) -> u8 {
    (before.rotate_left(3) ^ code).wrapping_mul(0x9d)
}

impl Script {
    /// What leads to the events of the graph in this order, in which the writes of read-modify-writes may be
    /// left out: they come with their reads.
    pub(in crate::check::explorer) fn of(graph: &Graph, order: &[EventId], spurious: bool) -> Self {
        let mut script = Self {
            spurious,
            ..Self::default()
        };
        let mut threads: HashMap<u32, u32> = HashMap::from([(0, 0)]);
        // The places of the writes that are there, in their order.
        let mut written: HashMap<Loc, Vec<u32>> = HashMap::new();
        let mut last = None;
        for id in order {
            let event = graph.at(*id);
            if event.kind == Kind::UpdateWrite {
                continue;
            }
            if let Kind::Spawn(child) = event.kind {
                let nth = threads.len() as u32;
                threads.insert(child, nth);
            }
            let there = written.entry(event.loc).or_default();
            let before =
                |there: &[u32], position: u32| there.partition_point(|other| *other <= position);
            let later = |position: u32| there.len() - before(there, position);
            let back = if event.kind.reads() {
                later(graph.position(event.source))
            } else if event.kind.writes() {
                later(event.position)
            } else {
                0
            };
            let write = if event.kind.writes() {
                Some(*id)
            } else {
                graph.write_with(*id)
            };
            if let Some(write) = write {
                let position = graph.at(write).position;
                there.insert(before(there, position), position);
            }
            let thread = threads.get(&id.thread).copied().unwrap_or(0);
            if last != Some(thread) {
                script.digests.push(0);
                last = Some(thread);
            }
            let run = script.digests.last_mut().expect("a run has begun");
            *run = digest(*run, code(event.kind, event.update));
            script.cues.push(Cue {
                thread,
                back: back as u32,
                pick: event.pick,
            });
        }
        script
    }

    // --- as bytes: flags; runs as (thread, length, digest); exceptions as (how many on, back, pick) ---

    pub(crate) fn write(&self, to: &mut Bytes) {
        to.number(u64::from(self.spurious));
        to.number(self.digests.len() as u64);
        let runs = self.cues.chunk_by(|a, b| a.thread == b.thread);
        for (run, digest) in runs.zip(&self.digests) {
            to.number(u64::from(run[0].thread));
            to.number(run.len() as u64);
            to.byte(*digest);
        }
        let mut before = 0;
        for (at, cue) in self.cues.iter().enumerate() {
            if cue.back != 0 || cue.pick != 0 {
                to.number((at - before) as u64);
                to.number(u64::from(cue.back));
                to.number(u64::from(cue.pick));
                before = at;
            }
        }
    }

    /// # Errors
    /// If the bytes are not those of a script.
    pub(crate) fn read(from: &mut Bytes) -> Result<Self, Malformed> {
        let mut script = Self {
            spurious: from.take_number()? != 0,
            ..Self::default()
        };
        for _ in 0..from.take_number()? {
            let thread = u32::try_from(from.take_number()?).map_err(|_| Malformed)?;
            let length = usize::try_from(from.take_number()?).map_err(|_| Malformed)?;
            if length == 0
                || script.cues.len() + length > crate::check::explorer::view::MOST_EVENTS as usize
            {
                return Err(Malformed);
            }
            if script.cues.last().is_some_and(|cue| cue.thread == thread) {
                return Err(Malformed);
            }
            script.digests.push(from.take_byte()?);
            let cue = Cue {
                thread,
                ..Cue::default()
            };
            script.cues.resize(script.cues.len() + length, cue);
        }
        let mut at = 0;
        while !from.is_empty() {
            at += usize::try_from(from.take_number()?).map_err(|_| Malformed)?;
            let cue = script.cues.get_mut(at).ok_or(Malformed)?;
            cue.back = u32::try_from(from.take_number()?).map_err(|_| Malformed)?;
            cue.pick = u16::try_from(from.take_number()?).map_err(|_| Malformed)?;
        }
        Ok(script)
    }
}

impl Graph {
    /// The write that belongs to the read of a read-modify-write, if it wrote.
    pub(in crate::check::explorer) fn write_with(&self, read: EventId) -> Option<EventId> {
        let write = read.after();
        (self.at(read).kind == Kind::UpdateRead
            && self.len(read.thread) > write.index
            && self.at(write).kind == Kind::UpdateWrite)
            .then_some(write)
    }
}

#[cfg(test)]
mod tests;
