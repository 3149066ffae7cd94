//! The state of a sampled execution: who can go on, what the objects hold, and what each thread knows.

use crate::check::clock::{Clock, View};
use crate::check::execution::Execution;
use crate::check::kernel::{Access, Int, ObjectId, ThreadId, Woken};
use crate::check::races::CellState;

/// For what a thread waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blocked {
    Lock(ObjectId),
    Condvar(ObjectId),
    Join(ThreadId),
    Park,
}

#[derive(Debug)]
pub(super) struct Thread {
    pub(super) view: View,
    pub(super) blocked: Option<Blocked>,
    /// May end by a timeout.
    pub(super) timed: bool,
    pub(super) woken: Woken,
    /// Yielded: others go first.
    pub(super) yielded: bool,
    /// Unparked before it parked, and what that published.
    pub(super) token: Option<Clock>,
    pub(super) finished: bool,
}

#[derive(Debug)]
pub(super) enum Object {
    Atomic {
        int: Int,
        value: u64,
        message: Clock,
    },
    Mutex {
        holder: Option<ThreadId>,
        released: Clock,
    },
    RwLock {
        writer: Option<ThreadId>,
        readers: Vec<ThreadId>,
        writers_waiting: usize,
        written: Clock,
        read: Clock,
    },
    Condvar {
        waiters: Vec<ThreadId>,
    },
    Cell(CellState),
}

pub(super) struct Inner {
    pub(super) random: fastrand::Rng,
    pub(super) threads: Vec<Thread>,
    pub(super) objects: Vec<Option<Object>>,
    pub(super) operations: u64,
}

pub(super) fn thread_ended() -> Thread {
    Thread {
        view: View::default(),
        blocked: None,
        timed: false,
        woken: Woken::Notified,
        yielded: false,
        token: None,
        finished: true,
    }
}

impl Inner {
    /// Chooses who goes on: at random among those that can, yielded threads last; a wait with a timeout
    /// may end so at any time, and does when nothing else can go on.
    pub(super) fn pick(&mut self, x: &Execution) -> Option<ThreadId> {
        let waits_timed =
            |thread: &Thread| thread.blocked.is_some() && thread.timed && !thread.finished;
        if self.threads.iter().any(waits_timed) && self.random.u8(..8) == 0 {
            self.end_one(waits_timed, Woken::TimedOut);
        }
        let may_wake = |thread: &Thread| {
            matches!(thread.blocked, Some(Blocked::Condvar(_) | Blocked::Park)) && !thread.finished
        };
        if x.spurious_wakeups.get() > 0
            && self.threads.iter().any(may_wake)
            && self.random.u8(..8) == 0
        {
            x.spurious_wakeups.set(x.spurious_wakeups.get() - 1);
            self.end_one(may_wake, Woken::Spuriously);
        }
        let ready = |thread: &Thread| !thread.finished && thread.blocked.is_none();
        if !self.threads.iter().any(ready) && self.threads.iter().any(waits_timed) {
            self.end_one(waits_timed, Woken::TimedOut);
        }
        let eager = |thread: &Thread| ready(thread) && !thread.yielded;
        let chosen = self.choose(eager).or_else(|| self.choose(ready))?;
        // Who yielded has waited for one other step.
        for (id, thread) in self.threads.iter_mut().enumerate() {
            if id != chosen {
                thread.yielded = false;
            }
        }
        self.threads[chosen].yielded = false;
        Some(chosen)
    }

    pub(super) fn choose(&mut self, wanted: impl Fn(&Thread) -> bool) -> Option<ThreadId> {
        let candidates = self.threads.iter().filter(|thread| wanted(thread)).count();
        if candidates == 0 {
            return None;
        }
        let nth = self.random.usize(..candidates);
        let mut ids = self
            .threads
            .iter()
            .enumerate()
            .filter(|(_, thread)| wanted(thread));
        ids.nth(nth).map(|(id, _)| id)
    }

    pub(super) fn end_one(&mut self, wanted: impl Fn(&Thread) -> bool, woken: Woken) {
        let Some(id) = self.choose(wanted) else {
            return;
        };
        let blocked = self.threads[id].blocked.take();
        self.threads[id].woken = woken;
        if let Some(Blocked::Condvar(condvar)) = blocked
            && let Some(Object::Condvar { waiters }) = &mut self.objects[condvar as usize]
        {
            waiters.retain(|waiter| *waiter != id);
        }
    }

    pub(super) fn wake(&mut self, wanted: impl Fn(Blocked) -> bool) {
        for thread in &mut self.threads {
            if thread.blocked.is_some_and(&wanted) {
                thread.blocked = None;
                thread.woken = Woken::Notified;
            }
        }
    }

    pub(super) fn atomic(
        &mut self,
        id: ObjectId,
        me: ThreadId,
    ) -> (&mut u64, &mut Clock, Int, &mut View) {
        let Some(Object::Atomic {
            int,
            value,
            message,
        }) = &mut self.objects[id as usize]
        else {
            unreachable!("object {id} is an atomic");
        };
        (value, message, *int, &mut self.threads[me].view)
    }

    pub(super) fn take_mutex(&mut self, id: ObjectId, me: ThreadId) -> bool {
        let Some(Object::Mutex { holder, released }) = &mut self.objects[id as usize] else {
            unreachable!("object {id} is a mutex");
        };
        if holder.is_some() {
            return false;
        }
        *holder = Some(me);
        self.threads[me].view.now.join(released);
        true
    }

    pub(super) fn release_mutex(&mut self, id: ObjectId, me: ThreadId) {
        let Some(Object::Mutex { holder, released }) = &mut self.objects[id as usize] else {
            unreachable!("object {id} is a mutex");
        };
        *holder = None;
        *released = self.threads[me].view.now.clone();
        self.wake(|blocked| blocked == Blocked::Lock(id));
    }

    /// Takes the lock for reading or writing, if that is possible now.
    pub(super) fn take_rwlock(
        &mut self,
        id: ObjectId,
        me: ThreadId,
        access: Access,
        wait_behind_writers: bool,
    ) -> bool {
        let Some(Object::RwLock {
            writer,
            readers,
            writers_waiting,
            written,
            read,
        }) = &mut self.objects[id as usize]
        else {
            unreachable!("object {id} is a read-write lock");
        };
        let free = match access {
            Access::Read => writer.is_none() && !(wait_behind_writers && *writers_waiting > 0),
            Access::Write => writer.is_none() && readers.is_empty(),
        };
        if free {
            let now = &mut self.threads[me].view.now;
            now.join(written);
            match access {
                Access::Read => readers.push(me),
                Access::Write => {
                    now.join(read);
                    *writer = Some(me);
                }
            }
        }
        free
    }

    pub(super) fn writers_waiting(&mut self, id: ObjectId) -> &mut usize {
        match &mut self.objects[id as usize] {
            Some(Object::RwLock {
                writers_waiting, ..
            }) => writers_waiting,
            _ => unreachable!("object {id} is a read-write lock"),
        }
    }
}
