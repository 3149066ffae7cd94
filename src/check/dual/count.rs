//! A counter that is part of something else: a native atomic outside of a check, the engine's inside.

use core::panic::Location;
use core::sync::atomic::{AtomicUsize, Ordering};

use super::slot::Slot;
use crate::check::execution::{Execution, Place};
use crate::check::kernel::{Exchange, Int, ObjectId, Rmw};

pub(crate) struct Counter {
    slot: Slot,
    /// What it counts, for its default name and for the text of a misuse.
    label: &'static str,
    native: AtomicUsize,
}

impl Counter {
    #[track_caller]
    pub(crate) fn new(label: &'static str, value: usize) -> Self {
        let place = Location::caller();
        Self {
            slot: Slot::new(|x| x.new_atomic(label, Int::Usize, value as u64, place)),
            label,
            native: AtomicUsize::new(value),
        }
    }

    fn model<'a>(&self, place: Place) -> Option<(&'a Execution, ObjectId)> {
        let address = core::ptr::from_ref(self).addr();
        self.slot.model(self.label, address, place, None)
    }

    /// Whether it may be used here without a misuse; a destructor asks first.
    pub(crate) fn is_at_home(&self) -> bool {
        self.slot.is_at_home()
    }

    pub(crate) fn load(&self, order: Ordering, place: Place) -> usize {
        match self.model(place) {
            None => self.native.load(order),
            Some((x, id)) => x.load(id, order, place) as usize,
        }
    }

    /// Returns the old value.
    pub(crate) fn swap(&self, value: usize, order: Ordering, place: Place) -> usize {
        match self.model(place) {
            None => self.native.swap(value, order),
            Some((x, id)) => x.rmw(id, Rmw::Swap, value as u64, order, place) as usize,
        }
    }

    /// Adds one, and returns the old value.
    pub(crate) fn increment(&self, order: Ordering, place: Place) -> usize {
        match self.model(place) {
            None => self.native.fetch_add(1, order),
            Some((x, id)) => x.rmw(id, Rmw::Add, 1, order, place) as usize,
        }
    }

    /// Subtracts one, and returns the old value.
    pub(crate) fn decrement(&self, order: Ordering, place: Place) -> usize {
        match self.model(place) {
            None => self.native.fetch_sub(1, order),
            Some((x, id)) => x.rmw(id, Rmw::Sub, 1, order, place) as usize,
        }
    }

    pub(crate) fn compare_exchange(
        &self,
        current: usize,
        new: usize,
        success: Ordering,
        failure: Ordering,
        place: Place,
    ) -> Result<usize, usize> {
        let Some((x, id)) = self.model(place) else {
            return self.native.compare_exchange(current, new, success, failure);
        };
        let exchange = Exchange {
            expected: current as u64,
            new: new as u64,
            success,
            failure,
            weak: false,
        };
        x.compare_exchange(id, exchange, place)
            .map(|old| old as usize)
            .map_err(|found| found as usize)
    }
}
