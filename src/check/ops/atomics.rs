//! Atomics and fences.

use core::sync::atomic::Ordering;

use crate::check::execution::{Execution, Place};
use crate::check::kernel::{Exchange, Int, ObjectId, Rmw};
use crate::check::record::RawStep;
use crate::check::timeline::Operation;

impl Execution {
    pub(crate) fn new_atomic(
        &self,
        label: &'static str,
        int: Int,
        value: u64,
        place: Place,
    ) -> ObjectId {
        let id = self.add_object(label, int, value, place);
        if !self.torn_down() {
            self.kernel().new_atomic(id, int, value);
        }
        id
    }

    pub(crate) fn load(&self, id: ObjectId, order: Ordering, place: Place) -> u64 {
        if !self.begin(Operation::Load, Some(id), None, place) {
            return self.latest(id);
        }
        let order = self.ordering(Operation::Load, order, place);
        let (value, stale) = self.kernel().load(self, id, order);
        if !self.done() {
            return self.latest(id);
        }
        self.record(RawStep {
            read: Some(value),
            order: Some(order),
            stale,
            ..self.step(Operation::Load, id, place)
        });
        value
    }

    /// An acquire load that misses no write: for a state of which a late thread learns in another way
    /// too, so that a stale value would show nothing new. `never` is a value that the atomic never has.
    ///
    /// For the engine it is a read-modify-write that fails, which loom orders against all others; of
    /// loads before a store it forgets some (see `Doubt::LoadsBeforeStore`).
    pub(crate) fn load_latest(&self, id: ObjectId, never: u64, place: Place) -> u64 {
        if !self.begin(Operation::Load, Some(id), None, place) {
            return self.latest(id);
        }
        let exchange = Exchange {
            expected: never,
            new: never,
            success: Ordering::Acquire,
            failure: Ordering::Acquire,
            weak: false,
        };
        let (Ok(value) | Err(value)) = self.kernel().compare_exchange(self, id, exchange);
        if !self.done() {
            return self.latest(id);
        }
        self.record(RawStep {
            read: Some(value),
            order: Some(Ordering::Acquire),
            ..self.step(Operation::Load, id, place)
        });
        value
    }

    /// The value of an atomic to which the caller has exclusive access, without an operation.
    pub(crate) fn exclusive(&self, id: ObjectId) -> u64 {
        self.kernel().latest(id).unwrap_or_else(|| self.latest(id))
    }

    /// The latest value, without an operation.
    pub(crate) fn latest(&self, id: ObjectId) -> u64 {
        self.state()
            .objects
            .get(id as usize)
            .map_or(0, |object| object.latest)
    }

    pub(crate) fn store(&self, id: ObjectId, value: u64, order: Ordering, place: Place) {
        if !self.begin(Operation::Store, Some(id), None, place) {
            return;
        }
        let order = self.ordering(Operation::Store, order, place);
        self.kernel().store(self, id, value, order);
        if !self.done() {
            return;
        }
        self.set_latest(id, value);
        self.record(RawStep {
            written: Some(value),
            order: Some(order),
            ..self.step(Operation::Store, id, place)
        });
    }

    pub(crate) fn rmw(
        &self,
        id: ObjectId,
        op: Rmw,
        operand: u64,
        order: Ordering,
        place: Place,
    ) -> u64 {
        let operation = match op {
            Rmw::Swap => Operation::Swap,
            Rmw::Add => Operation::FetchAdd,
            Rmw::Sub => Operation::FetchSub,
            Rmw::And => Operation::FetchAnd,
            Rmw::Nand => Operation::FetchNand,
            Rmw::Or => Operation::FetchOr,
            Rmw::Xor => Operation::FetchXor,
            Rmw::Max => Operation::FetchMax,
            Rmw::Min => Operation::FetchMin,
        };
        if !self.begin(operation, Some(id), None, place) {
            return self.latest(id);
        }
        let order = self.ordering(operation, order, place);
        let old = self.kernel().rmw(self, id, op, operand, order);
        if !self.done() {
            return self.latest(id);
        }
        let (new, stale) = {
            let mut state = self.state_mut();
            let object = &mut state.objects[id as usize];
            let new = op.apply(object.int, old, operand);
            let stale = old != object.latest;
            object.latest = new;
            (new, stale)
        };
        self.record(RawStep {
            read: Some(old),
            written: Some(new),
            order: Some(order),
            stale,
            ..self.step(operation, id, place)
        });
        old
    }

    pub(crate) fn compare_exchange(
        &self,
        id: ObjectId,
        exchange: Exchange,
        place: Place,
    ) -> Result<u64, u64> {
        if !self.begin(Operation::CompareExchange, Some(id), None, place) {
            return Err(self.latest(id));
        }
        let exchange = Exchange {
            success: self.ordering(Operation::CompareExchange, exchange.success, place),
            failure: self.ordering(Operation::CompareExchangeFailed, exchange.failure, place),
            ..exchange
        };
        let result = self.kernel().compare_exchange(self, id, exchange);
        if !self.done() {
            return Err(self.latest(id));
        }
        let (Ok(found) | Err(found)) = result;
        let stale = found != self.latest(id);
        let step = match result {
            Ok(old) => {
                self.set_latest(id, exchange.new);
                RawStep {
                    read: Some(old),
                    written: Some(exchange.new),
                    order: Some(exchange.success),
                    stale,
                    ..self.step(Operation::CompareExchange, id, place)
                }
            }
            Err(found) => {
                let spurious = found == exchange.expected;
                let operation = if spurious {
                    Operation::CompareExchangeSpurious
                } else {
                    Operation::CompareExchangeFailed
                };
                RawStep {
                    read: Some(found),
                    order: Some(exchange.failure),
                    stale,
                    ..self.step(operation, id, place)
                }
            }
        };
        self.record(step);
        result
    }

    /// The value of an atomic to which the caller has exclusive access.
    pub(crate) fn set_exclusive(&self, id: ObjectId, value: u64) {
        if !self.torn_down() {
            self.kernel().set_exclusive(self, id, value);
            self.set_latest(id, value);
        }
    }

    pub(crate) fn fence(&self, order: Ordering, place: Place) {
        if self.begin(Operation::Fence, None, None, place) {
            let order = self.ordering(Operation::Fence, order, place);
            // Only where an ordering was replaced: there is to be no fence.
            if order != Ordering::Relaxed {
                self.kernel().fence(self, order);
            }
            if self.done() {
                let step = RawStep::new(self.thread(), Operation::Fence, place);
                self.record(RawStep {
                    order: Some(order),
                    ..step
                });
            }
        }
    }
}
