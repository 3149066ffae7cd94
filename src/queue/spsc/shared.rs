//! What the two ends share: the slots, and places to sleep.

// A slot is the sender's while it is empty and the receiver's while it is full; each end knows by itself which slot is
// its next. `full` is all that they tell each other, and it lies beside the item: one transfer of a cache line brings both.
//
// An end that sleeps must be woken, and who is to wake it must see that it sleeps. Both sides write a word and then look at
// the other's: the sender at the slot's `full` and then at the sleepers, the receiver at the sleepers and then at
// `full`. The plain store of `full` is the point of this queue, so it is no read-modify-write as `Event` otherwise asks for: the
// two are kept in order by `AsymmetricFences`, at the sleeper's cost.

use std::mem::MaybeUninit;
use std::time::Instant;

use super::super::waiting::{Refused, wait};
use crate::asymmetric::AsymmetricFences;
use crate::cell::UnsafeCell;
use crate::event::Event;
use crate::sync::atomic::{AtomicBool, Ordering};

pub(super) struct Shared<T> {
    slots: Box<[Slot<T>]>,
    fences: AsymmetricFences,
    /// Of the sender and of the receiver.
    gone: [AtomicBool; 2],
    /// Where the sender and where the receiver sleeps.
    sleeping: [Event; 2],
}

#[derive(Clone, Copy)]
pub(super) enum Side {
    Sender,
    Receiver,
}

impl Side {
    fn other(self) -> Self {
        match self {
            Self::Sender => Self::Receiver,
            Self::Receiver => Self::Sender,
        }
    }
}

struct Slot<T> {
    full: AtomicBool,
    item: UnsafeCell<MaybeUninit<T>>,
}

// SAFETY: an item is moved in by the sender and moved out by the receiver; nobody has a reference to it in between.
unsafe impl<T: Send> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Shared<T> {}

impl<T> Shared<T> {
    /// `capacity` is at least 1.
    pub(super) fn new(capacity: usize) -> Self {
        let slots = (0..capacity).map(|_| Slot {
            full: AtomicBool::new(false),
            item: UnsafeCell::new(MaybeUninit::uninit()),
        });
        Self {
            slots: slots.collect(),
            fences: AsymmetricFences::new(),
            gone: [AtomicBool::new(false), AtomicBool::new(false)],
            sleeping: [Event::new(), Event::new()],
        }
    }

    pub(super) fn capacity(&self) -> usize {
        self.slots.len()
    }

    /// The place after this one.
    #[inline]
    pub(super) fn after(&self, place: usize) -> usize {
        if place + 1 == self.slots.len() {
            0
        } else {
            place + 1
        }
    }

    #[inline]
    fn slot(&self, place: usize) -> &Slot<T> {
        debug_assert!(place < self.slots.len());
        // SAFETY: an end's place begins at 0 and is moved by `after` only; there is a slot at least.
        unsafe { self.slots.get_unchecked(place) }
    }

    /// Whether the slot is the one end's: full for the receiver, empty for the sender.
    #[inline]
    fn is_ready(&self, side: Side, place: usize) -> bool {
        // ORDERING: Acquire; pairs with the Release store of `write` for the receiver (the item is there), of `take` for
        // the sender (it has been moved out).
        let full = self.slot(place).full.load(Ordering::Acquire);
        full == matches!(side, Side::Receiver)
    }

    #[inline]
    pub(super) fn is_gone(&self, side: Side) -> bool {
        // ORDERING: Acquire; pairs with the Release store in `leave`: what the other end did last is seen.
        self.gone[side as usize].load(Ordering::Acquire)
    }

    /// Whether the end `side` can go on at its slot.
    #[inline]
    pub(super) fn look(&self, side: Side, place: usize) -> Result<(), Refused> {
        match side {
            // Nobody would get it.
            Side::Sender if self.is_gone(Side::Receiver) => Err(Refused::Closed),
            _ if self.is_ready(side, place) => Ok(()),
            Side::Sender => Err(Refused::NotNow),
            // It may have put between our look and its leaving.
            Side::Receiver if self.is_gone(Side::Sender) => match self.is_ready(side, place) {
                true => Ok(()),
                false => Err(Refused::Closed),
            },
            Side::Receiver => Err(Refused::NotNow),
        }
    }

    /// After a look in vain: waits until it can go on, or the time has passed, which leaves it refused for now.
    #[cold]
    pub(super) fn wait(
        &self,
        side: Side,
        place: usize,
        deadline: Option<Instant>,
    ) -> Result<(), Refused> {
        wait(
            || self.look(side, place),
            || {
                self.fences.heavy();
                self.look(side, place) == Err(Refused::NotNow)
            },
            &self.sleeping[side as usize],
            deadline,
        )
    }

    /// Puts the item into the slot.
    ///
    /// # Safety
    /// The caller is the sender, and `look` has just said that its slot at `place` is ready.
    #[inline]
    pub(super) unsafe fn write(&self, place: usize, item: T) {
        let slot = self.slot(place);
        // SAFETY: an empty slot is the sender's alone.
        slot.item.with_mut(|place| unsafe {
            (*place).write(item);
        });
        // ORDERING: Release; pairs with the Acquire load of the receiver in `is_ready`: the item is there.
        slot.full.store(true, Ordering::Release);
        self.wake(Side::Receiver);
    }

    /// Takes the item from the slot.
    ///
    /// # Safety
    /// The caller is the receiver, and `look` has just said that its slot at `place` is ready.
    #[inline]
    pub(super) unsafe fn take(&self, place: usize) -> T {
        let slot = self.slot(place);
        // SAFETY: a full slot is the receiver's alone, and holds an item, which is moved out once: the slot is empty then.
        let item = slot
            .item
            .with_mut(|place| unsafe { (*place).assume_init_read() });
        // ORDERING: Release; pairs with the Acquire load of the sender in `is_ready`: the item has been moved out.
        slot.full.store(false, Ordering::Release);
        self.wake(Side::Sender);
        item
    }

    /// Wakes the other end, if it sleeps, after a slot has become ready for it.
    #[inline]
    fn wake(&self, side: Side) {
        self.fences.light();
        self.sleeping[side as usize].notify_one();
    }

    /// The end `side` is dropped.
    pub(super) fn leave(&self, side: Side) {
        // ORDERING: Release; pairs with the Acquire load in `is_gone`.
        self.gone[side as usize].store(true, Ordering::Release);
        // It takes the lock under which the other end looks a last time, or it wakes it.
        self.sleeping[side.other() as usize].notify_all();
    }
}

impl<T> Drop for Shared<T> {
    /// Both ends are gone. What is left is dropped here, and not by the receiver: the sender may have put more meanwhile.
    fn drop(&mut self) {
        for slot in &mut self.slots {
            if std::mem::replace(slot.full.get_mut(), false) {
                // SAFETY: a full slot holds an item, and nobody else has the slots any more.
                unsafe { slot.item.get_mut().assume_init_drop() };
            }
        }
    }
}
