//! The sampler's kernel: every operation under one random schedule.

use core::sync::atomic::Ordering;

use super::state::{Blocked, Object};
use super::threads::SamplerKernel;
use crate::check::clock::{Clock, View};
use crate::check::execution::Execution;
use crate::check::kernel::{
    Access, Exchange, Int, Kernel, ObjectId, Race, ReadPolicy, Rmw, ThreadId, Woken,
};
use crate::check::races::CellState;
use crate::check::record::PanicPlace;

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
            CellState::new(me, inner.threads[me].view.now.get(me))
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
                Some(Object::Cell(cell)) => cell.begin(me, access, &|thread| now.get(thread)),
                _ => unreachable!("object {id} is a cell"),
            }
        })
    }

    fn end_access(&self, x: &Execution, id: ObjectId, access: Access) {
        self.with(x, |inner, me| {
            let now = &inner.threads[me].view.now;
            if let Some(Object::Cell(cell)) = &mut inner.objects[id as usize] {
                cell.end(me, access, &|thread| now.get(thread));
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

    fn reuse(&self, x: &Execution, candidates: usize) -> usize {
        self.with(x, |inner, _| inner.random.usize(..=candidates))
    }

    fn knows(&self, x: &Execution, id: ObjectId) -> bool {
        self.with(x, |inner, me| {
            let now = &inner.threads[me].view.now;
            match &inner.objects[id as usize] {
                Some(Object::Cell(cell)) => cell.knows(me, &|thread| now.get(thread)),
                _ => false,
            }
        })
    }

    fn panicked(&self, _: &Execution, _: &str, _: Option<&PanicPlace>) -> bool {
        false
    }

    fn yield_now(&self, x: &Execution) {
        self.with(x, |inner, me| inner.threads[me].yielded = true);
        self.point(x);
    }
}
