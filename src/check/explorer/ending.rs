//! Who has to wait; and the end of a run in which nobody can go on: whether it is a deadlock.

use super::event::{Choice, EventId, Kind, Manner, Update};
use super::graph::Label;
use super::run::{Member, State, Stuck};

impl State {
    /// Whether a thread that asks for this must wait, as far as the program has run.
    pub(super) fn must_wait(&self, thread: u32, label: &Label) -> bool {
        let graph = &self.search.graph;
        match label.kind {
            Kind::Acquire => {
                let ticket = EventId {
                    thread,
                    index: self.members[thread as usize].done - 1,
                };
                let mut ahead = graph.awaited(ticket);
                // Who tries would not be here if it had to wait.
                let tries = graph.ticket(ticket).1 == Manner::Tries;
                !tries
                    && !ahead.all(|ahead| {
                        graph
                            .at(ahead)
                            .unlock
                            .is_some_and(|unlock| self.was_run(unlock))
                    })
            }
            Kind::Join(child) => !self.members[child as usize].finished,
            Kind::Wake => true,
            Kind::UpdateRead if label.update == Some(Update::TakeToken) => {
                let given = graph.variable(label.loc).co.iter().rev();
                let last = given.copied().find(|write| self.was_run(*write));
                last.is_none_or(|write| graph.at(write).value == 0)
            }
            _ => false,
        }
    }

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

    pub(super) fn waits_really(&self, thread: u32, member: &Member) -> Ending {
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
                        Manner::Passes => graph.awaited(ticket).all(|ahead| {
                            graph.at(ahead).unlock.is_some()
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
