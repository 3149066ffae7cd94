//! Races on a cell: two accesses, one of them a write, that nothing orders.

use super::kernel::{Access, Race, ThreadId};

/// Up to which of its times each thread is known to the one that asks; of itself, the present.
pub(crate) type Now<'a> = &'a dyn Fn(ThreadId) -> u32;

#[derive(Debug)]
pub(crate) struct CellState {
    /// The last write: its thread and that thread's time. Construction is a write.
    write: (ThreadId, u32),
    /// The last read of each thread since.
    reads: Vec<(ThreadId, u32)>,
    /// Accesses that have begun and not ended.
    active: Vec<(ThreadId, Access)>,
}

impl CellState {
    /// `now` is the time of the thread that makes the cell.
    pub(crate) fn new(thread: ThreadId, now: u32) -> Self {
        Self {
            write: (thread, now),
            reads: Vec::new(),
            active: Vec::new(),
        }
    }

    pub(crate) fn begin(
        &mut self,
        thread: ThreadId,
        access: Access,
        now: Now<'_>,
    ) -> Result<(), Race> {
        let race = self.conflict(thread, access, now);
        self.active.push((thread, access));
        self.note(thread, access, now);
        race.map_or(Ok(()), Err)
    }

    pub(crate) fn end(&mut self, thread: ThreadId, access: Access, now: Now<'_>) {
        if let Some(i) = self
            .active
            .iter()
            .rposition(|active| *active == (thread, access))
        {
            self.active.swap_remove(i);
        }
        self.note(thread, access, now);
    }

    /// Whether the last write happens before what `thread` does next.
    pub(crate) fn knows(&self, thread: ThreadId, now: Now<'_>) -> bool {
        let (writer, time) = self.write;
        writer == thread || time <= now(writer)
    }

    fn note(&mut self, thread: ThreadId, access: Access, now: Now<'_>) {
        let time = now(thread);
        match access {
            Access::Write => {
                self.write = (thread, time);
                self.reads.clear();
            }
            Access::Read => match self.reads.iter_mut().find(|(reader, _)| *reader == thread) {
                Some(read) => read.1 = time,
                None => self.reads.push((thread, time)),
            },
        }
    }

    fn conflict(&self, thread: ThreadId, access: Access, now: Now<'_>) -> Option<Race> {
        let conflicts = |other: Access| access == Access::Write || other == Access::Write;
        if let Some((other, with)) = self
            .active
            .iter()
            .find(|(other, with)| *other != thread && conflicts(*with))
        {
            return Some(Race {
                thread: *other,
                access: *with,
            });
        }
        let unordered = |(other, time): (ThreadId, u32)| other != thread && time > now(other);
        if unordered(self.write) {
            return Some(Race {
                thread: self.write.0,
                access: Access::Write,
            });
        }
        let read = self
            .reads
            .iter()
            .find(|read| access == Access::Write && unordered(**read))?;
        Some(Race {
            thread: read.0,
            access: Access::Read,
        })
    }
}
