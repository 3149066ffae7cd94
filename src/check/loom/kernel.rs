//! loom's kernel. loom does the exploring; blocking is built here on its mutex and atomics, because its
//! condvar and park share one token (loom #422) and its read-write lock counts a thread's reads once.

use core::mem::ManuallyDrop;
use core::sync::atomic::Ordering;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use loom::cell::{ConstPtr, MutPtr, UnsafeCell};
use loom::sync::atomic::{AtomicU32, fence};

use super::atomic::Atomic;
use super::bolt::{Baton, Bolt};
use super::causality::{Causality, Reading};
use super::doubt::Doubt;
use super::gate::Gate;
use super::rounds::{Changes, Did, Rounds, Yield};
use super::watch::{Site, Touch, Watch};
use super::witness::{self, Reality};
use crate::check::coroutine::on_stack;
use crate::check::deadlock;
use crate::check::execution::{self, Execution};
use crate::check::failure::FailureKind;
use crate::check::hook;
use crate::check::kernel::{
    Access, Exchange, Int, Kernel, ObjectId, Race, ReadPolicy, Rmw, StaticObject, ThreadId, Woken,
};
use crate::check::ops::threads::Body;
use crate::check::record::{PanicPlace, RawFailure, RawStep};
use crate::check::report::Incomplete;
use crate::check::timeline::Operation;
use crate::sys::overflow;

/// loom's `MAX_THREADS`, main included.
pub(super) const MOST_THREADS: usize = 5;

/// The payload with which a search is ended from inside.
pub(super) struct Stop;

/// One for each time a thread waits: it locks it twice, and whoever has the baton of the first time may
/// wake it.
type Seat = Bolt;

struct Waiter {
    baton: Baton,
    notified: Rc<Cell<bool>>,
    seat: Rc<Seat>,
}

#[derive(Default)]
struct RwState {
    writer: bool,
    readers: usize,
    waiting: Vec<Waiter>,
}

enum Held {
    Read(ManuallyDrop<ConstPtr<()>>),
    Write(ManuallyDrop<MutPtr<()>>),
}

enum Object {
    Atomic {
        atomic: Atomic,
        /// Where the search is careful: one for each thread, which its loads pass, and so do the stores for
        /// which loom would forget them.
        gates: Vec<Gate>,
    },
    Mutex {
        mutex: Bolt,
        guard: RefCell<Option<Baton>>,
    },
    RwLock {
        gate: AtomicU32,
        state: RefCell<RwState>,
    },
    Condvar {
        gate: Gate,
        waiters: RefCell<VecDeque<Waiter>>,
    },
    Cell {
        cell: UnsafeCell<()>,
        held: RefCell<Vec<(ThreadId, Held)>>,
    },
}

struct Thread {
    handle: RefCell<Option<loom::thread::JoinHandle<()>>>,
    gate: AtomicU32,
    token: Cell<bool>,
    parked: RefCell<Option<Waiter>>,
}

pub(super) struct LoomKernel {
    objects: RefCell<Vec<Option<Rc<Object>>>>,
    threads: RefCell<Vec<Rc<Thread>>>,
    /// Whether what runs is loom, not the scenario.
    inside: Cell<bool>,
    watch: RefCell<Watch>,
    causality: RefCell<Causality>,
    rounds: RefCell<Vec<Rounds>>,
    changes: RefCell<BTreeMap<ObjectId, Changes>>,
    /// Which SeqCst fence comes first.
    fences: RefCell<Option<Rc<Gate>>>,
    stop: RefCell<Option<Incomplete>>,
    /// Statics that the check has met so far.
    statics: Rc<RefCell<Vec<StaticObject>>>,
    restart: Cell<bool>,
    careful: bool,
}

impl LoomKernel {
    pub(super) fn new(statics: Rc<RefCell<Vec<StaticObject>>>, careful: bool) -> Self {
        Self {
            objects: RefCell::default(),
            threads: RefCell::default(),
            inside: Cell::new(false),
            watch: RefCell::default(),
            causality: RefCell::default(),
            rounds: RefCell::default(),
            changes: RefCell::default(),
            fences: RefCell::new(None),
            stop: RefCell::new(None),
            statics,
            restart: Cell::new(false),
            careful,
        }
    }

    /// Makes main's own objects and the statics that are known; called by main before anything else.
    pub(super) fn begin(&self, x: &Execution) {
        self.threads.borrow_mut().push(Rc::new(Thread::new()));
        *self.fences.borrow_mut() = Some(Rc::new(Gate::new()));
        for known in self.statics.borrow().iter() {
            x.make_static(known);
        }
    }

    /// Main's closure has returned; what runs until a thread goes on is loom.
    pub(super) fn leave_main(&self) {
        self.inside.set(true);
    }

    pub(super) fn take_stop(&self) -> Option<Incomplete> {
        self.stop.borrow_mut().take()
    }

    /// Whether a static was met too late for this search, which must begin again.
    pub(super) fn must_restart(&self) -> bool {
        self.restart.get()
    }

    pub(super) fn doubts(&self) -> std::collections::BTreeSet<Doubt> {
        let mut doubts = self.watch.borrow().doubts.clone();
        if self.careful {
            doubts.remove(&Doubt::LoadsBeforeStore);
        }
        doubts.extend(&self.causality.borrow().doubts);
        if self.rounds.borrow().iter().any(Rounds::counted) {
            doubts.insert(Doubt::Yield);
        }
        doubts
    }

    /// Runs something of loom, during which other threads may run.
    fn inside<R>(&self, x: &Execution, f: impl FnOnce() -> R) -> R {
        let me = x.thread();
        self.inside.set(true);
        let stack = overflow::running_on(0);
        let result = f();
        overflow::running_on(stack);
        self.inside.set(false);
        x.set_thread(me);
        result
    }

    fn object(&self, id: ObjectId) -> Rc<Object> {
        let objects = self.objects.borrow();
        match objects.get(id as usize) {
            Some(Some(object)) => Rc::clone(object),
            _ => unreachable!("object {id} belongs to this execution"),
        }
    }

    fn add(&self, id: ObjectId, object: Object) {
        let mut objects = self.objects.borrow_mut();
        let index = id as usize;
        if objects.len() <= index {
            objects.resize_with(index + 1, || None);
        }
        objects[index] = Some(Rc::new(object));
    }

    fn touched(&self, x: &Execution, id: ObjectId, touch: Touch) {
        self.touched_site(x, Site::Object(id), touch);
    }

    fn touched_site(&self, x: &Execution, site: Site, touch: Touch) {
        self.watch.borrow_mut().touched(x.thread(), site, touch);
    }

    /// The atomic, after the gates if the search is careful.
    fn atomic<'a>(
        &self,
        x: &Execution,
        id: ObjectId,
        object: &'a Object,
        touch: Touch,
    ) -> &'a Atomic {
        let Object::Atomic { atomic, gates } = object else {
            unreachable!("the vocabulary uses an atomic as an atomic");
        };
        if !gates.is_empty() {
            let me = x.thread();
            let hidden = if touch == Touch::Load {
                vec![me]
            } else {
                self.watch.borrow_mut().hidden(me, Site::Object(id))
            };
            for thread in hidden {
                self.inside(x, || gates[thread].pass());
            }
        }
        atomic
    }

    fn acquired(&self, x: &Execution, site: Site) {
        self.causality.borrow_mut().acquired(x.thread(), site);
    }

    fn released(&self, x: &Execution, site: Site) {
        self.causality.borrow_mut().released(x.thread(), site);
    }

    /// Notes a step for the loops that wait; `found` is `None` where that is out of the engine's sight.
    fn did(&self, x: &Execution, object: Option<ObjectId>, found: Option<u64>, changed: bool) {
        let me = x.thread();
        let place = x.state().threads[me].pending.map(|pending| pending.place);
        let found = found.unwrap_or_else(|| {
            let changes = self.changes.borrow();
            object
                .and_then(|id| changes.get(&id))
                .map_or(0, |changes| changes.of_others(me))
        });
        let did = Did {
            place,
            object,
            found,
            changed,
        };
        if !self.with_rounds(me, |rounds| rounds.step(did)) {
            self.doubt(Doubt::Yield);
        }
    }

    fn with_rounds<R>(&self, thread: ThreadId, f: impl FnOnce(&mut Rounds) -> R) -> R {
        let mut rounds = self.rounds.borrow_mut();
        if rounds.len() <= thread {
            rounds.resize_with(thread + 1, Rounds::default);
        }
        f(&mut rounds[thread])
    }

    /// The current thread may have changed what the object guards.
    fn may_change(&self, x: &Execution, id: ObjectId) {
        let mut changes = self.changes.borrow_mut();
        changes.entry(id).or_default().by(x.thread());
    }

    fn doubt(&self, doubt: Doubt) {
        self.watch.borrow_mut().doubts.insert(doubt);
    }

    fn ordered(&self, order: Ordering) {
        if order == Ordering::SeqCst {
            self.doubt(Doubt::SeqCst);
        }
    }

    /// A waiter for the current thread, which then calls `sit`.
    fn seat(&self, x: &Execution) -> (Rc<Seat>, Waiter) {
        let seat = Rc::new(Seat::new());
        let waiter = Waiter {
            baton: self.inside(x, || seat.lock()),
            notified: Rc::new(Cell::new(false)),
            seat: Rc::clone(&seat),
        };
        (seat, waiter)
    }

    /// Waits until somebody wakes the waiter of this seat.
    fn sit(&self, x: &Execution, seat: &Seat) {
        let baton = self.inside(x, || seat.lock());
        self.inside(x, || seat.unlock(baton));
    }

    fn wake(&self, x: &Execution, waiter: Waiter) {
        waiter.notified.set(true);
        self.inside(x, || waiter.seat.unlock(waiter.baton));
    }

    fn thread(&self, id: ThreadId) -> Rc<Thread> {
        Rc::clone(&self.threads.borrow()[id])
    }

    /// Takes the read-write lock if `free` says so, else waits for a release and tries again.
    fn take(&self, x: &Execution, id: ObjectId, access: Access, wait: bool) -> bool {
        let object = self.object(id);
        let Object::RwLock { gate, state } = &*object else {
            unreachable!("object {id} is a read-write lock");
        };
        loop {
            // ORDERING: Acquire; pairs with the Release in `give`. Every use goes through the gate, so
            // that loom sees that uses depend on each other.
            self.inside(x, || gate.fetch_add(1, Ordering::Acquire));
            if x.torn_down() {
                return false;
            }
            self.touched(x, id, Touch::Other);
            self.causality.borrow_mut().hides_atomics();
            self.acquired(x, Site::Object(id));
            self.did(x, Some(id), None, false);
            let seat = {
                let mut state = state.borrow_mut();
                let free = !state.writer && (access == Access::Read || state.readers == 0);
                if free {
                    match access {
                        Access::Read => state.readers += 1,
                        Access::Write => state.writer = true,
                    }
                    return true;
                }
                if !wait {
                    return false;
                }
                drop(state);
                x.blocked();
                self.seat(x)
            };
            state.borrow_mut().waiting.push(seat.1);
            self.sit(x, &seat.0);
            if x.torn_down() {
                return false;
            }
        }
    }

    fn give(&self, x: &Execution, id: ObjectId, access: Access) {
        let object = self.object(id);
        let Object::RwLock { gate, state } = &*object else {
            unreachable!("object {id} is a read-write lock");
        };
        // ORDERING: Release; pairs with the Acquire in `take`.
        self.inside(x, || gate.fetch_add(1, Ordering::Release));
        if x.torn_down() {
            return;
        }
        self.touched(x, id, Touch::Other);
        self.released(x, Site::Object(id));
        self.may_change(x, id);
        let waiting = {
            let mut state = state.borrow_mut();
            match access {
                Access::Read => state.readers = state.readers.saturating_sub(1),
                Access::Write => state.writer = false,
            }
            if state.readers == 0 {
                core::mem::take(&mut state.waiting)
            } else {
                Vec::new()
            }
        };
        for waiter in waiting {
            self.wake(x, waiter);
        }
    }

    fn fail_inside(&self, x: &Execution, message: &str) {
        let pending = x.state().threads[x.thread()].pending;
        if message.starts_with("deadlock;") {
            x.fail_with(deadlock::deadlock(x));
        } else if message.starts_with("Causality violation") || message.starts_with("currently ") {
            let Some((pending, id)) = pending.and_then(|pending| Some((pending, pending.object?)))
            else {
                self.halt(x, Incomplete::Engine(format!("loom gave up: {message}")));
                return;
            };
            let me = x.thread();
            let access = if pending.operation == Operation::Read {
                Access::Read
            } else {
                Access::Write
            };
            let (by, other) = conflicting(x, id, access);
            x.record(RawStep {
                object: Some(id),
                ..RawStep::new(me, pending.operation, pending.place)
            });
            let message = x.race_message(id, access, other, by);
            let steps = x.state().steps.len();
            x.fail_with(RawFailure {
                kind: FailureKind::DataRace,
                message,
                place: Some(crate::check::record::PanicPlaceOr::Static(pending.place)),
                thread: me,
                steps,
                details: Vec::new(),
                with: None,
                explanation: Vec::new(),
            });
        } else if message.starts_with("Model exceeded maximum number of branches") {
            self.halt(
                x,
                Incomplete::Endless {
                    operations: super::MOST_BRANCHES as u64,
                },
            );
        } else {
            self.halt(x, Incomplete::Engine(format!("loom gave up: {message}")));
        }
    }

    /// Ends the search without a failure.
    pub(super) fn halt(&self, x: &Execution, why: Incomplete) {
        self.stop.borrow_mut().get_or_insert(why);
        x.abandon();
    }
}

impl Thread {
    fn new() -> Self {
        Self {
            handle: RefCell::new(None),
            gate: AtomicU32::new(0),
            token: Cell::new(false),
            parked: RefCell::new(None),
        }
    }
}

/// The last access by another thread that conflicts with this one.
fn conflicting(x: &Execution, id: ObjectId, access: Access) -> (ThreadId, Access) {
    let state = x.state();
    let me = x.thread();
    let other = state.steps.iter().rev().find(|step| {
        step.object == Some(id)
            && step.thread != me
            && (access == Access::Write || step.operation != Operation::Read)
    });
    other.map_or((0, Access::Write), |step| {
        let access = if step.operation == Operation::Read {
            Access::Read
        } else {
            Access::Write
        };
        (step.thread, access)
    })
}

impl Kernel for LoomKernel {
    fn new_atomic(&self, id: ObjectId, int: Int, value: u64) {
        let gates = if self.careful { MOST_THREADS } else { 0 };
        self.add(
            id,
            Object::Atomic {
                atomic: Atomic::new(int, value),
                gates: (0..gates).map(|_| Gate::new()).collect(),
            },
        );
        if let Some(x) = execution::current() {
            self.causality.borrow_mut().created(x.thread(), id, value);
        }
    }

    fn load(&self, x: &Execution, id: ObjectId, order: Ordering) -> (u64, bool) {
        self.ordered(order);
        let object = self.object(id);
        let atomic = self.atomic(x, id, &object, Touch::Load);
        let value = self.inside(x, || atomic.load(order));
        self.touched(x, id, Touch::Load);
        self.causality
            .borrow_mut()
            .read(x.thread(), id, Reading::Load, value, None, order);
        self.did(x, Some(id), Some(value), false);
        (value, value != x.latest(id))
    }

    fn store(&self, x: &Execution, id: ObjectId, value: u64, order: Ordering) {
        self.ordered(order);
        let object = self.object(id);
        let atomic = self.atomic(x, id, &object, Touch::Other);
        self.inside(x, || atomic.store(value, order));
        self.touched(x, id, Touch::Other);
        self.causality
            .borrow_mut()
            .stored(x.thread(), id, value, order);
        self.did(x, Some(id), Some(0), true);
    }

    fn rmw(&self, x: &Execution, id: ObjectId, op: Rmw, operand: u64, order: Ordering) -> u64 {
        self.ordered(order);
        let object = self.object(id);
        let atomic = self.atomic(x, id, &object, Touch::Other);
        let old = self.inside(x, || atomic.rmw(op, operand, order));
        self.touched(x, id, Touch::Other);
        let new = op.apply(x.state().objects[id as usize].int, old, operand);
        self.causality
            .borrow_mut()
            .read(x.thread(), id, Reading::Rmw, old, Some(new), order);
        self.did(x, Some(id), Some(old), new != old);
        old
    }

    fn compare_exchange(
        &self,
        x: &Execution,
        id: ObjectId,
        exchange: Exchange,
    ) -> Result<u64, u64> {
        self.ordered(exchange.success);
        self.ordered(exchange.failure);
        let object = self.object(id);
        let atomic = self.atomic(x, id, &object, Touch::Other);
        let result = self.inside(x, || atomic.compare_exchange(exchange));
        self.touched(x, id, Touch::Other);
        let (written, order) = match result {
            Ok(_) => (Some(exchange.new), exchange.success),
            Err(_) => (None, exchange.failure),
        };
        let (Ok(found) | Err(found)) = result;
        self.causality
            .borrow_mut()
            .read(x.thread(), id, Reading::Exchange, found, written, order);
        self.did(x, Some(id), Some(found), result.is_ok());
        result
    }

    fn set_exclusive(&self, x: &Execution, id: ObjectId, value: u64) {
        // A fresh object: whoever has exclusive access is ordered after every use of the old one.
        let int = x.state().objects[id as usize].int;
        self.inside(x, || self.new_atomic(id, int, value));
    }

    fn fence(&self, x: &Execution, order: Ordering) {
        if order == Ordering::SeqCst {
            // loom switches to no other thread before a fence, and so would not try its other places in
            // the order of the fences.
            let gate = self.fences.borrow().clone();
            if let Some(gate) = gate {
                self.inside(x, || gate.pass());
            }
            self.touched_site(x, Site::Fences, Touch::Other);
        }
        self.inside(x, || fence(order));
        self.causality.borrow_mut().fenced(x.thread(), order);
    }

    fn new_mutex(&self, id: ObjectId) {
        self.add(
            id,
            Object::Mutex {
                mutex: Bolt::new(),
                guard: RefCell::new(None),
            },
        );
    }

    fn lock(&self, x: &Execution, id: ObjectId) {
        let object = self.object(id);
        let Object::Mutex { mutex, guard } = &*object else {
            unreachable!("object {id} is a mutex")
        };
        if guard.borrow().is_some() {
            x.blocked();
        }
        let taken = self.inside(x, || mutex.lock());
        *guard.borrow_mut() = Some(taken);
        self.touched(x, id, Touch::Other);
        self.acquired(x, Site::Object(id));
        self.did(x, Some(id), None, false);
        self.may_change(x, id);
    }

    fn try_lock(&self, x: &Execution, id: ObjectId) -> bool {
        self.doubt(Doubt::TryLock);
        let object = self.object(id);
        let Object::Mutex { mutex, guard } = &*object else {
            unreachable!("object {id} is a mutex")
        };
        let taken = self.inside(x, || mutex.try_lock());
        self.touched(x, id, Touch::Other);
        let locked = taken.is_some();
        if locked {
            *guard.borrow_mut() = taken;
            self.acquired(x, Site::Object(id));
            self.did(x, Some(id), None, false);
            self.may_change(x, id);
        } else {
            self.did(x, Some(id), Some(u64::MAX), false);
        }
        locked
    }

    fn unlock(&self, x: &Execution, id: ObjectId) {
        let object = self.object(id);
        let Object::Mutex { mutex, guard } = &*object else {
            unreachable!("object {id} is a mutex")
        };
        let baton = guard.borrow_mut().take();
        if let Some(baton) = baton {
            self.released(x, Site::Object(id));
            self.inside(x, || mutex.unlock(baton));
        }
    }

    fn new_rwlock(&self, id: ObjectId) {
        self.add(
            id,
            Object::RwLock {
                gate: AtomicU32::new(0),
                state: RefCell::default(),
            },
        );
    }

    fn read(&self, x: &Execution, id: ObjectId, _: ReadPolicy) {
        self.take(x, id, Access::Read, true);
    }

    fn try_read(&self, x: &Execution, id: ObjectId, _: ReadPolicy) -> bool {
        self.take(x, id, Access::Read, false)
    }

    fn write(&self, x: &Execution, id: ObjectId) {
        self.take(x, id, Access::Write, true);
    }

    fn try_write(&self, x: &Execution, id: ObjectId) -> bool {
        self.take(x, id, Access::Write, false)
    }

    fn unlock_read(&self, x: &Execution, id: ObjectId) {
        self.give(x, id, Access::Read);
    }

    fn unlock_write(&self, x: &Execution, id: ObjectId) {
        self.give(x, id, Access::Write);
    }

    fn new_condvar(&self, id: ObjectId) {
        self.add(
            id,
            Object::Condvar {
                gate: Gate::new(),
                waiters: RefCell::default(),
            },
        );
    }

    fn wait(&self, x: &Execution, condvar: ObjectId, mutex: ObjectId, timed: bool) -> Woken {
        let object = self.object(condvar);
        let Object::Condvar { gate, waiters } = &*object else {
            unreachable!("object {condvar} is a condvar");
        };
        let (seat, waiter) = self.seat(x);
        let notified = Rc::clone(&waiter.notified);
        // Waits and notifications depend on each other. Nothing switches from here to the release of the mutex.
        self.inside(x, || gate.pass());
        if x.torn_down() {
            return Woken::TimedOut;
        }
        self.touched(x, condvar, Touch::Other);
        self.did(x, Some(condvar), None, true);
        waiters.borrow_mut().push_back(waiter);
        self.unlock(x, mutex);
        x.released(mutex);
        if timed {
            // A timeout that comes at once is real; so nothing that is found is a false alarm.
            self.doubt(Doubt::Timeout);
            self.inside(x, loom::thread::yield_now);
            waiters
                .borrow_mut()
                .retain(|waiter| !Rc::ptr_eq(&waiter.notified, &notified));
        } else {
            self.sit(x, &seat);
        }
        if x.torn_down() {
            return Woken::TimedOut;
        }
        if notified.get() {
            self.acquired(x, Site::Object(condvar));
        }
        x.relocking(mutex);
        self.lock(x, mutex);
        if notified.get() {
            Woken::Notified
        } else {
            Woken::TimedOut
        }
    }

    fn notify(&self, x: &Execution, condvar: ObjectId, all: bool) -> usize {
        let object = self.object(condvar);
        let Object::Condvar { gate, waiters } = &*object else {
            unreachable!("object {condvar} is a condvar");
        };
        self.inside(x, || gate.pass());
        if x.torn_down() {
            return 0;
        }
        self.touched(x, condvar, Touch::Other);
        self.released(x, Site::Object(condvar));
        self.did(x, Some(condvar), None, true);
        let woken: Vec<Waiter> = {
            let mut waiters = waiters.borrow_mut();
            let count = if all {
                waiters.len()
            } else {
                waiters.len().min(1)
            };
            waiters.drain(..count).collect()
        };
        let count = woken.len();
        for waiter in woken {
            self.wake(x, waiter);
        }
        count
    }

    fn new_cell(&self, id: ObjectId) {
        self.add(
            id,
            Object::Cell {
                cell: UnsafeCell::new(()),
                held: RefCell::default(),
            },
        );
    }

    fn begin_access(&self, x: &Execution, id: ObjectId, access: Access) -> Result<(), Race> {
        let object = self.object(id);
        let Object::Cell { cell, held } = &*object else {
            unreachable!("object {id} is a cell")
        };
        self.causality.borrow_mut().accessed(x.thread(), id, access);
        self.did(x, Some(id), None, access == Access::Write);
        if access == Access::Write {
            self.may_change(x, id);
        }
        let taken = self.inside(x, || match access {
            Access::Read => Held::Read(ManuallyDrop::new(cell.get())),
            Access::Write => Held::Write(ManuallyDrop::new(cell.get_mut())),
        });
        held.borrow_mut().push((x.thread(), taken));
        Ok(())
    }

    fn end_access(&self, x: &Execution, id: ObjectId, access: Access) {
        let object = self.object(id);
        let Object::Cell { held, .. } = &*object else {
            unreachable!("object {id} is a cell")
        };
        let me = x.thread();
        let mut held = held.borrow_mut();
        let mine = held.iter().rposition(|(thread, held)| {
            *thread == me && matches!(held, Held::Read(_)) == (access == Access::Read)
        });
        if let Some(mine) = mine {
            match held.swap_remove(mine).1 {
                Held::Read(pointer) => self.inside(x, || drop(ManuallyDrop::into_inner(pointer))),
                Held::Write(pointer) => self.inside(x, || drop(ManuallyDrop::into_inner(pointer))),
            }
        }
    }

    fn spawn(&self, x: &Execution, id: ThreadId, stack: usize, body: Body) {
        if self.threads.borrow().len() >= MOST_THREADS {
            self.halt(x, Incomplete::TooManyThreads { most: MOST_THREADS });
            return;
        }
        self.did(x, None, Some(id as u64), true);
        self.watch.borrow_mut().spawned(x.thread(), id);
        self.causality.borrow_mut().spawned(x.thread(), id);
        let pointer: *const Execution = x;
        let kernel: *const Self = self;
        let body = move || {
            // SAFETY: loom runs threads only while the search keeps their execution and its kernel.
            let (x, kernel) = unsafe { (&*pointer, &*kernel) };
            kernel.inside.set(false);
            x.set_thread(id);
            on_stack(stack, || x.run_thread(body));
            kernel.inside.set(true);
            if x.torn_down() {
                std::panic::resume_unwind(Box::new(Stop));
            }
        };
        // Made before the thread, so that the thread knows of it.
        let thread = Rc::new(Thread::new());
        self.threads.borrow_mut().push(Rc::clone(&thread));
        let handle = self.inside(x, || {
            // loom wants `Send`, though all its threads are coroutines of one OS thread.
            loom::thread::Builder::new().spawn(SendBox(Box::new(body)).into_fn())
        });
        *thread.handle.borrow_mut() = handle.ok();
    }

    fn join(&self, x: &Execution, id: ThreadId) {
        let thread = self.thread(id);
        if !x.is_finished(id) {
            x.blocked();
        }
        let handle = thread.handle.borrow_mut().take();
        if let Some(handle) = handle {
            let _ = self.inside(x, || handle.join());
            self.watch.borrow_mut().joined(x.thread(), id);
            self.causality.borrow_mut().joined(x.thread(), id);
        }
    }

    fn park(&self, x: &Execution, timed: bool) -> Woken {
        let thread = self.thread(x.thread());
        let (seat, waiter) = self.seat(x);
        // ORDERING: Acquire; pairs with the Release in `unpark`, if that came first.
        self.inside(x, || thread.gate.fetch_add(1, Ordering::Acquire));
        if x.torn_down() {
            return Woken::Notified;
        }
        let token = Site::Token(x.thread());
        self.did(x, None, Some(0), true);
        self.touched_site(x, token, Touch::Other);
        self.acquired(x, token);
        if thread.token.replace(false) {
            return Woken::Notified;
        }
        let notified = Rc::clone(&waiter.notified);
        *thread.parked.borrow_mut() = Some(waiter);
        if timed {
            self.doubt(Doubt::Timeout);
            self.inside(x, loom::thread::yield_now);
            thread.parked.borrow_mut().take();
        } else {
            x.blocked();
            self.sit(x, &seat);
        }
        self.acquired(x, token);
        if notified.get() {
            Woken::Notified
        } else {
            Woken::TimedOut
        }
    }

    fn unpark(&self, x: &Execution, id: ThreadId) {
        let thread = self.thread(id);
        // ORDERING: Release; pairs with the Acquire in `park`. It must not acquire: two who unpark the
        // same thread learn nothing of each other.
        self.inside(x, || thread.gate.fetch_add(1, Ordering::Release));
        if x.torn_down() {
            return;
        }
        self.did(x, None, Some(id as u64), true);
        self.touched_site(x, Site::Token(id), Touch::Other);
        self.released(x, Site::Token(id));
        let parked = thread.parked.borrow_mut().take();
        match parked {
            Some(waiter) => self.wake(x, waiter),
            None => thread.token.set(true),
        }
    }

    fn discards(&self, x: &Execution, failure: &RawFailure) -> bool {
        let stale = x.state().steps.iter().any(|step| step.stale);
        let race = failure.kind == FailureKind::DataRace;
        if !stale && !race {
            return false;
        }
        let doubt = match witness::judge(&self.causality.borrow().events, race) {
            Reality::Real => return false,
            // Main has ended, and loom goes on to the next execution.
            Reality::Impossible
                if matches!(failure.kind, FailureKind::Panic | FailureKind::Leak) =>
            {
                return true;
            }
            Reality::Open if self.watch.borrow().doubts.contains(&Doubt::SeqCst) => Doubt::SeqCst,
            Reality::Impossible | Reality::Open => Doubt::Order,
        };
        let why = Incomplete::Doubtful {
            kind: failure.kind,
            message: failure.message.clone(),
            uses: vec![doubt.text().to_owned()],
        };
        self.halt(x, why);
        true
    }

    fn panicked(&self, x: &Execution, message: &str, _: Option<&PanicPlace>) -> bool {
        if !self.inside.get() || x.torn_down() {
            return false;
        }
        if message == hook::NOT_TEXT {
            // With such a panic loom's coroutines end; what it complains of, it says in words.
            return true;
        }
        self.fail_inside(x, message);
        let thread = x.thread();
        x.state_mut().threads[thread].panicking = true;
        true
    }

    fn unseen(&self) {
        self.doubt(Doubt::Unseen);
    }

    fn late_static(&self, x: &Execution, known: StaticObject) -> bool {
        if self.threads.borrow().len() == 1 {
            self.statics.borrow_mut().push(known);
            return false;
        }
        // Made here, it would look to loom as if only this thread knew of it.
        self.statics.borrow_mut().push(known);
        self.restart.set(true);
        x.abandon();
        true
    }

    fn yield_now(&self, x: &Execution) {
        match self.with_rounds(x.thread(), Rounds::yields) {
            Yield::Ignore => return,
            Yield::Wait => {}
            Yield::WaitInDoubt => self.doubt(Doubt::Yield),
        }
        self.inside(x, loom::thread::yield_now);
    }
}

struct SendBox(Box<dyn FnOnce()>);

// SAFETY: loom runs the closure as a coroutine on the OS thread that spawns it.
unsafe impl Send for SendBox {}

impl SendBox {
    fn into_fn(self) -> impl FnOnce() + Send {
        move || {
            let this = self;
            (this.0)();
        }
    }
}
