//! The sampler's kernel: every operation under one random schedule.

use core::sync::atomic::Ordering;
use std::cell::{Cell, RefCell};

use super::cell::CellState;
use crate::check::clock::{Clock, View};
use crate::check::coroutine::{Coroutine, STACK, Suspender};
use crate::check::execution::Execution;
use crate::check::explain;
use crate::check::kernel::{
    Access, Exchange, Int, Kernel, ObjectId, Race, ReadPolicy, Rmw, ThreadId, Woken,
};

/// For what a thread waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Blocked {
    Lock(ObjectId),
    Condvar(ObjectId),
    Join(ThreadId),
    Park,
}

#[derive(Debug)]
struct Thread {
    view: View,
    blocked: Option<Blocked>,
    /// May end by a timeout.
    timed: bool,
    woken: Woken,
    /// Yielded: others go first.
    yielded: bool,
    /// Unparked before it parked, and what that published.
    token: Option<Clock>,
    finished: bool,
}

#[derive(Debug)]
enum Object {
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

struct Inner {
    random: fastrand::Rng,
    threads: Vec<Thread>,
    objects: Vec<Option<Object>>,
    operations: u64,
}

pub(super) struct SamplerKernel {
    inner: RefCell<Inner>,
    coroutines: RefCell<Vec<Option<Coroutine>>>,
    suspenders: RefCell<Vec<*const Suspender>>,
    /// The thread that goes on when the running one suspends.
    next: Cell<Option<ThreadId>>,
    max_operations: u64,
    endless: Cell<bool>,
}

impl SamplerKernel {
    pub(super) fn new(seed: u64, max_operations: u64) -> Self {
        let inner = Inner {
            random: fastrand::Rng::with_seed(seed),
            threads: Vec::new(),
            objects: Vec::new(),
            operations: 0,
        };
        Self {
            inner: RefCell::new(inner),
            coroutines: RefCell::default(),
            suspenders: RefCell::default(),
            next: Cell::new(None),
            max_operations,
            endless: Cell::new(false),
        }
    }

    /// After how many operations the execution was given up, if it was.
    pub(super) fn endless(&self) -> Option<u64> {
        self.endless.get().then_some(self.max_operations)
    }

    /// # Safety
    /// `run` must be called, to its end, while `x` and `scenario` are alive.
    pub(super) unsafe fn start_main(&self, x: &Execution, scenario: &(dyn Fn() + Send + Sync)) {
        let x: *const Execution = x;
        // SAFETY: only the lifetime changes; the caller keeps `scenario` alive until it has run.
        let scenario: *const (dyn Fn() + Send + Sync + 'static) =
            unsafe { core::mem::transmute(scenario) };
        let body = move || {
            // SAFETY: the caller keeps both alive until this has run.
            let (x, scenario) = unsafe { (&*x, &*scenario) };
            x.run_main(scenario);
        };
        self.start(0, View::default(), STACK, Box::new(body));
    }

    /// Starts main again, for the destructors of statics.
    ///
    /// # Safety
    /// As for `start_main`.
    pub(super) unsafe fn start_end(&self, x: &Execution) {
        let x: *const Execution = x;
        let mut view = View::default();
        for thread in &self.inner.borrow().threads {
            view.now.join(&thread.view.now);
        }
        let body = move || {
            // SAFETY: the caller keeps it alive until this has run.
            let x = unsafe { &*x };
            x.run_main(&|| x.drop_static_values());
        };
        self.start(0, view, STACK, Box::new(body));
    }

    fn start(&self, id: ThreadId, mut view: View, stack: usize, body: Box<dyn FnOnce()>) {
        view.now.tick(id);
        let kernel: *const Self = self;
        let coroutine = Coroutine::new(stack, move |suspender| {
            // SAFETY: the kernel drives its coroutines, and is alive while one runs.
            let kernel = unsafe { &*kernel };
            kernel.suspenders.borrow_mut()[id] = suspender;
            body();
            kernel.finish(id);
        });
        let thread = Thread {
            view,
            blocked: None,
            timed: false,
            woken: Woken::Notified,
            yielded: false,
            token: None,
            finished: false,
        };
        let mut inner = self.inner.borrow_mut();
        let mut coroutines = self.coroutines.borrow_mut();
        if inner.threads.len() <= id {
            // A thread that was started in a teardown is never heard of here.
            while inner.threads.len() < id {
                inner.threads.push(Thread {
                    finished: true,
                    token: None,
                    view: View::default(),
                    ..thread_ended()
                });
                coroutines.push(None);
                self.suspenders.borrow_mut().push(core::ptr::null());
            }
            inner.threads.push(thread);
            coroutines.push(Some(coroutine));
            self.suspenders.borrow_mut().push(core::ptr::null());
        } else {
            inner.threads[id] = thread;
            coroutines[id] = Some(coroutine);
        }
    }

    fn finish(&self, id: ThreadId) {
        let mut inner = self.inner.borrow_mut();
        inner.threads[id].finished = true;
        inner.wake(|blocked| blocked == Blocked::Join(id));
    }

    /// Runs threads until all have ended, or the execution is torn down.
    pub(super) fn run(&self, x: &Execution) {
        loop {
            let next = self.next.take().or_else(|| self.inner.borrow_mut().pick(x));
            let Some(next) = next else {
                if self
                    .inner
                    .borrow()
                    .threads
                    .iter()
                    .all(|thread| thread.finished)
                {
                    return;
                }
                x.fail_with(explain::deadlock(x));
                break;
            };
            self.resume(x, next);
            if x.torn_down() {
                break;
            }
        }
        // Children first: what a thread lent to its children must outlive them.
        let mut id = self.coroutines.borrow().len();
        while id > 0 {
            id -= 1;
            self.resume(x, id);
            if self.coroutines.borrow()[id].is_some() {
                x.worker()
                    .lose("a thread could not be unwound after the failure");
            }
        }
    }

    fn resume(&self, x: &Execution, id: ThreadId) {
        let coroutine = self.coroutines.borrow_mut()[id].take();
        if let Some(coroutine) = coroutine {
            x.set_thread(id);
            let suspended = coroutine.resume();
            self.coroutines.borrow_mut()[id] = suspended;
        }
    }

    fn suspend(&self, x: &Execution) {
        let suspender = self.suspenders.borrow()[x.thread()];
        // SAFETY: the thread that runs is the one whose coroutine set this pointer, and it still runs.
        unsafe { &*suspender }.suspend(());
    }

    /// A point at which another thread may go on. False: torn down.
    fn point(&self, x: &Execution) -> bool {
        let me = x.thread();
        let next = {
            let mut inner = self.inner.borrow_mut();
            inner.operations += 1;
            inner.threads[me].view.now.tick(me);
            if inner.operations > self.max_operations {
                self.endless.set(true);
                None
            } else {
                inner.pick(x)
            }
        };
        if self.endless.get() {
            x.abandon();
            return false;
        }
        if next != Some(me) {
            self.next.set(next);
            self.suspend(x);
        }
        !x.torn_down()
    }

    /// Waits until another thread wakes this one. False: torn down.
    fn block(&self, x: &Execution, blocked: Blocked, timed: bool) -> bool {
        x.blocked();
        {
            let mut inner = self.inner.borrow_mut();
            let thread = &mut inner.threads[x.thread()];
            thread.blocked = Some(blocked);
            thread.timed = timed;
        }
        self.suspend(x);
        !x.torn_down()
    }

    fn with<R>(&self, x: &Execution, f: impl FnOnce(&mut Inner, ThreadId) -> R) -> R {
        f(&mut self.inner.borrow_mut(), x.thread())
    }

    fn new_object(&self, id: ObjectId, object: Object) {
        let mut inner = self.inner.borrow_mut();
        let index = id as usize;
        if inner.objects.len() <= index {
            inner.objects.resize_with(index + 1, || None);
        }
        inner.objects[index] = Some(object);
    }

    fn acquire(&self, x: &Execution, id: ObjectId) {
        while !self.with(x, |inner, me| inner.take_mutex(id, me)) {
            if !self.block(x, Blocked::Lock(id), false) {
                return;
            }
        }
    }
}

fn thread_ended() -> Thread {
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
    fn pick(&mut self, x: &Execution) -> Option<ThreadId> {
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

    fn choose(&mut self, wanted: impl Fn(&Thread) -> bool) -> Option<ThreadId> {
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

    fn end_one(&mut self, wanted: impl Fn(&Thread) -> bool, woken: Woken) {
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

    fn wake(&mut self, wanted: impl Fn(Blocked) -> bool) {
        for thread in &mut self.threads {
            if thread.blocked.is_some_and(&wanted) {
                thread.blocked = None;
                thread.woken = Woken::Notified;
            }
        }
    }

    fn atomic(&mut self, id: ObjectId, me: ThreadId) -> (&mut u64, &mut Clock, Int, &mut View) {
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

    fn take_mutex(&mut self, id: ObjectId, me: ThreadId) -> bool {
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

    fn release_mutex(&mut self, id: ObjectId, me: ThreadId) {
        let Some(Object::Mutex { holder, released }) = &mut self.objects[id as usize] else {
            unreachable!("object {id} is a mutex");
        };
        *holder = None;
        *released = self.threads[me].view.now.clone();
        self.wake(|blocked| blocked == Blocked::Lock(id));
    }

    /// Takes the lock for reading or writing, if that is possible now.
    fn take_rwlock(
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

    fn writers_waiting(&mut self, id: ObjectId) -> &mut usize {
        match &mut self.objects[id as usize] {
            Some(Object::RwLock {
                writers_waiting, ..
            }) => writers_waiting,
            _ => unreachable!("object {id} is a read-write lock"),
        }
    }
}

impl Kernel for SamplerKernel {
    fn new_atomic(&self, id: ObjectId, int: Int, value: u64) {
        self.new_object(
            id,
            Object::Atomic {
                int,
                value,
                message: Clock::default(),
            },
        );
    }

    fn load(&self, x: &Execution, id: ObjectId, order: Ordering) -> (u64, bool) {
        if !self.point(x) {
            return (0, false);
        }
        self.with(x, |inner, me| {
            let (value, message, _, view) = inner.atomic(id, me);
            view.read(message, order);
            (*value, false)
        })
    }

    fn store(&self, x: &Execution, id: ObjectId, new: u64, order: Ordering) {
        if !self.point(x) {
            return;
        }
        self.with(x, |inner, me| {
            let (value, message, _, view) = inner.atomic(id, me);
            *message = view.message(order);
            *value = new;
        });
    }

    fn rmw(&self, x: &Execution, id: ObjectId, op: Rmw, operand: u64, order: Ordering) -> u64 {
        if !self.point(x) {
            return 0;
        }
        self.with(x, |inner, me| {
            let (value, message, int, view) = inner.atomic(id, me);
            view.read(message, order);
            // A read-modify-write goes on with the release sequence that it reads from.
            message.join(&view.message(order));
            let old = *value;
            *value = op.apply(int, old, operand);
            old
        })
    }

    fn compare_exchange(
        &self,
        x: &Execution,
        id: ObjectId,
        exchange: Exchange,
    ) -> Result<u64, u64> {
        if !self.point(x) {
            return Err(0);
        }
        self.with(x, |inner, me| {
            let fail = exchange.weak && x.weak_failures.get() > 0 && inner.random.u8(..4) == 0;
            let (value, message, _, view) = inner.atomic(id, me);
            let old = *value;
            if old != exchange.expected || fail {
                if old == exchange.expected {
                    x.weak_failures.set(x.weak_failures.get() - 1);
                }
                view.read(message, exchange.failure);
                return Err(old);
            }
            view.read(message, exchange.success);
            message.join(&view.message(exchange.success));
            *value = exchange.new;
            Ok(old)
        })
    }

    fn set_exclusive(&self, x: &Execution, id: ObjectId, new: u64) {
        self.with(x, |inner, me| *inner.atomic(id, me).0 = new);
    }

    fn fence(&self, x: &Execution, order: Ordering) {
        if self.point(x) {
            self.with(x, |inner, me| inner.threads[me].view.fence(order));
        }
    }

    fn new_mutex(&self, id: ObjectId) {
        self.new_object(
            id,
            Object::Mutex {
                holder: None,
                released: Clock::default(),
            },
        );
    }

    fn lock(&self, x: &Execution, id: ObjectId) {
        if self.point(x) {
            self.acquire(x, id);
        }
    }

    fn try_lock(&self, x: &Execution, id: ObjectId) -> bool {
        self.point(x) && self.with(x, |inner, me| inner.take_mutex(id, me))
    }

    fn unlock(&self, x: &Execution, id: ObjectId) {
        if self.point(x) {
            self.with(x, |inner, me| inner.release_mutex(id, me));
        }
    }

    fn new_rwlock(&self, id: ObjectId) {
        self.new_object(
            id,
            Object::RwLock {
                writer: None,
                readers: Vec::new(),
                writers_waiting: 0,
                written: Clock::default(),
                read: Clock::default(),
            },
        );
    }

    fn read(&self, x: &Execution, id: ObjectId, policy: ReadPolicy) {
        if !self.point(x) {
            return;
        }
        loop {
            let took = self.with(x, |inner, me| {
                let behind = match policy {
                    ReadPolicy::Wait => true,
                    ReadPolicy::Pass => false,
                    ReadPolicy::Either => inner.random.bool(),
                };
                inner.take_rwlock(id, me, Access::Read, behind)
            });
            if took || !self.block(x, Blocked::Lock(id), false) {
                return;
            }
        }
    }

    fn try_read(&self, x: &Execution, id: ObjectId, policy: ReadPolicy) -> bool {
        self.point(x)
            && self.with(x, |inner, me| {
                inner.take_rwlock(id, me, Access::Read, policy == ReadPolicy::Wait)
            })
    }

    fn write(&self, x: &Execution, id: ObjectId) {
        if !self.point(x) {
            return;
        }
        while !self.with(x, |inner, me| {
            inner.take_rwlock(id, me, Access::Write, false)
        }) {
            self.with(x, |inner, _| *inner.writers_waiting(id) += 1);
            let go_on = self.block(x, Blocked::Lock(id), false);
            self.with(x, |inner, _| *inner.writers_waiting(id) -= 1);
            if !go_on {
                return;
            }
        }
    }

    fn try_write(&self, x: &Execution, id: ObjectId) -> bool {
        self.point(x)
            && self.with(x, |inner, me| {
                inner.take_rwlock(id, me, Access::Write, false)
            })
    }

    fn unlock_read(&self, x: &Execution, id: ObjectId) {
        if !self.point(x) {
            return;
        }
        self.with(x, |inner, me| {
            if let Some(Object::RwLock { readers, read, .. }) = &mut inner.objects[id as usize] {
                if let Some(reader) = readers.iter().position(|reader| *reader == me) {
                    readers.swap_remove(reader);
                } else {
                    readers.pop();
                }
                read.join(&inner.threads[me].view.now);
            }
            inner.wake(|blocked| blocked == Blocked::Lock(id));
        });
    }

    fn unlock_write(&self, x: &Execution, id: ObjectId) {
        if !self.point(x) {
            return;
        }
        self.with(x, |inner, me| {
            if let Some(Object::RwLock {
                writer, written, ..
            }) = &mut inner.objects[id as usize]
            {
                *writer = None;
                *written = inner.threads[me].view.now.clone();
            }
            inner.wake(|blocked| blocked == Blocked::Lock(id));
        });
    }

    fn new_condvar(&self, id: ObjectId) {
        self.new_object(
            id,
            Object::Condvar {
                waiters: Vec::new(),
            },
        );
    }

    fn wait(&self, x: &Execution, condvar: ObjectId, mutex: ObjectId, timed: bool) -> Woken {
        if !self.point(x) {
            return Woken::TimedOut;
        }
        self.with(x, |inner, me| {
            if let Some(Object::Condvar { waiters }) = &mut inner.objects[condvar as usize] {
                waiters.push(me);
            }
            inner.release_mutex(mutex, me);
        });
        x.released(mutex);
        if !self.block(x, Blocked::Condvar(condvar), timed) {
            return Woken::TimedOut;
        }
        let woken = self.with(x, |inner, me| inner.threads[me].woken);
        x.relocking(mutex);
        self.acquire(x, mutex);
        woken
    }

    fn notify(&self, x: &Execution, condvar: ObjectId, all: bool) -> usize {
        if !self.point(x) {
            return 0;
        }
        self.with(x, |inner, _| {
            let Some(Object::Condvar { waiters }) = &mut inner.objects[condvar as usize] else {
                unreachable!("object {condvar} is a condvar");
            };
            // std does not say which waiter `notify_one` wakes.
            let woken = if all || waiters.is_empty() {
                core::mem::take(waiters)
            } else {
                let one = inner.random.usize(..waiters.len());
                vec![waiters.remove(one)]
            };
            for thread in &woken {
                inner.threads[*thread].blocked = None;
                inner.threads[*thread].woken = Woken::Notified;
            }
            woken.len()
        })
    }

    fn new_cell(&self, id: ObjectId) {
        let me = crate::check::execution::current().map_or(0, Execution::thread);
        let state = {
            let inner = self.inner.borrow();
            CellState::new(me, &inner.threads[me].view.now)
        };
        self.new_object(id, Object::Cell(state));
    }

    fn begin_access(&self, x: &Execution, id: ObjectId, access: Access) -> Result<(), Race> {
        if !self.point(x) {
            return Ok(());
        }
        self.with(x, |inner, me| {
            let now = &inner.threads[me].view.now;
            match &mut inner.objects[id as usize] {
                Some(Object::Cell(cell)) => cell.begin(me, access, now),
                _ => unreachable!("object {id} is a cell"),
            }
        })
    }

    fn end_access(&self, x: &Execution, id: ObjectId, access: Access) {
        self.with(x, |inner, me| {
            let now = &inner.threads[me].view.now;
            if let Some(Object::Cell(cell)) = &mut inner.objects[id as usize] {
                cell.end(me, access, now);
            }
        });
    }

    fn spawn(&self, x: &Execution, id: ThreadId, stack: usize, f: Box<dyn FnOnce()>) {
        let view = if self.point(x) {
            self.with(x, |inner, me| inner.threads[me].view.child())
        } else {
            View::default()
        };
        self.start(id, view, stack, f);
    }

    fn join(&self, x: &Execution, id: ThreadId) {
        if !self.point(x) {
            return;
        }
        while !self.with(x, |inner, _| inner.threads[id].finished) {
            if !self.block(x, Blocked::Join(id), false) {
                return;
            }
        }
        self.with(x, |inner, me| {
            let end = inner.threads[id].view.now.clone();
            inner.threads[me].view.now.join(&end);
        });
    }

    fn park(&self, x: &Execution, timed: bool) -> Woken {
        if !self.point(x) {
            return Woken::TimedOut;
        }
        if self.with(x, |inner, me| inner.threads[me].token.is_none()) {
            if !self.block(x, Blocked::Park, timed) {
                return Woken::TimedOut;
            }
        } else {
            self.with(x, |inner, me| inner.threads[me].woken = Woken::Notified);
        }
        self.with(x, |inner, me| {
            let thread = &mut inner.threads[me];
            if let Some(token) = thread.token.take() {
                thread.view.now.join(&token);
            }
            thread.woken
        })
    }

    fn unpark(&self, x: &Execution, id: ThreadId) {
        if !self.point(x) {
            return;
        }
        self.with(x, |inner, me| {
            let now = inner.threads[me].view.now.clone();
            let thread = &mut inner.threads[id];
            thread.token.get_or_insert_default().join(&now);
            if thread.blocked == Some(Blocked::Park) {
                thread.blocked = None;
                thread.woken = Woken::Notified;
            }
        });
    }

    fn panicked(&self, _: &Execution, _: &str) -> bool {
        false
    }

    fn yield_now(&self, x: &Execution) {
        self.with(x, |inner, me| inner.threads[me].yielded = true);
        self.point(x);
    }
}
