//! The sampler's threads: coroutines that go on one at a time, in an order drawn at random.

use std::cell::{Cell, RefCell};

use super::state::{Blocked, Inner, Object, Thread, thread_ended};
use crate::check::clock::View;
use crate::check::coroutine::STACK;
use crate::check::crew::Crew;
use crate::check::deadlock;
use crate::check::execution::Execution;
use crate::check::kernel::{ObjectId, ThreadId, Woken};

pub(super) struct SamplerKernel {
    pub(super) inner: RefCell<Inner>,
    crew: Crew,
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
            crew: Crew::default(),
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

    pub(super) fn start(
        &self,
        id: ThreadId,
        mut view: View,
        stack: usize,
        body: Box<dyn FnOnce()>,
    ) {
        view.now.tick(id);
        let kernel: *const Self = self;
        self.crew.add(id, stack, move || {
            body();
            // SAFETY: the kernel drives its threads, and is alive while one runs.
            unsafe { &*kernel }.finish(id);
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
        if inner.threads.len() <= id {
            // A thread that was started in a teardown is never heard of here.
            while inner.threads.len() < id {
                inner.threads.push(Thread {
                    finished: true,
                    token: None,
                    view: View::default(),
                    ..thread_ended()
                });
            }
            inner.threads.push(thread);
        } else {
            inner.threads[id] = thread;
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
                x.fail_with(deadlock::deadlock(x));
                break;
            };
            self.crew.resume(x, next);
            if x.torn_down() {
                break;
            }
        }
        self.crew.unwind(x);
    }

    /// A point at which another thread may go on. False: torn down.
    pub(super) fn point(&self, x: &Execution) -> bool {
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
            self.crew.suspend(x);
        }
        !x.torn_down()
    }

    /// Waits until another thread wakes this one. False: torn down.
    pub(super) fn block(&self, x: &Execution, blocked: Blocked, timed: bool) -> bool {
        x.blocked();
        {
            let mut inner = self.inner.borrow_mut();
            let thread = &mut inner.threads[x.thread()];
            thread.blocked = Some(blocked);
            thread.timed = timed;
        }
        self.crew.suspend(x);
        !x.torn_down()
    }

    pub(super) fn with<R>(&self, x: &Execution, f: impl FnOnce(&mut Inner, ThreadId) -> R) -> R {
        f(&mut self.inner.borrow_mut(), x.thread())
    }

    pub(super) fn new_object(&self, id: ObjectId, object: Object) {
        let mut inner = self.inner.borrow_mut();
        let index = id as usize;
        if inner.objects.len() <= index {
            inner.objects.resize_with(index + 1, || None);
        }
        inner.objects[index] = Some(object);
    }

    pub(super) fn acquire(&self, x: &Execution, id: ObjectId) {
        while !self.with(x, |inner, me| inner.take_mutex(id, me)) {
            if !self.block(x, Blocked::Lock(id), false) {
                return;
            }
        }
    }
}
