//! The ring itself: who may put where, who may get from where. Nobody waits here but for what another thread does within
//! a few of its own steps.

// The bounded queue of D. Vyukov (*Bounded MPMC queue*, 1024cores.net, 2010): each slot has a stamp that says whose turn it
// is, so producers agree among themselves by one word, consumers by another, and the two meet in the slots only.
//
// A position is a lap and a place in the ring: the place in the low bits, above bit 0, the lap above. It fits capacities that are no
// powers of two: after the last place comes the next lap.
//
//   | stamp         | meaning, for the slot of position `p`                         | who may go on                  |
//   |---------------|---------------------------------------------------------------|--------------------------------|
//   | `p`           | free for the item of `p`                                      | who moves `tail` from `p`      |
//   | `p \| FULL`   | holds the item of `p`                                         | who moves `head` from `p`      |
//   | `p` + a lap   | free again                                                    | who moves `tail` from there    |
//
// Between the two steps of an operation, its claim of a position and its word on the stamp, the slot is the claimant's own. Others
// whose turn depends on it wait for it: a full answer or an empty one while it is under way would be out of order with
// operations that are finished already.

use std::mem::MaybeUninit;

use crossbeam_utils::CachePadded;

use super::super::waiting::Refused;
use crate::backoff::Backoff;
use crate::cell::UnsafeCell;
use crate::sync::atomic::{AtomicUsize, Ordering};

/// In `tail`: nothing is put any more.
const CLOSED: usize = 1;
/// In a stamp: the slot holds an item.
const FULL: usize = 1;
/// From a place to the next.
const STEP: usize = 2;

pub(super) struct Slots<T> {
    /// The position that is put next, and `CLOSED`.
    tail: CachePadded<AtomicUsize>,
    /// The position that is got next.
    head: CachePadded<AtomicUsize>,
    slots: Box<[Slot<T>]>,
    /// The distance of a position from the same place in the next lap.
    lap: usize,
}

/// Why a position was not claimed at once.
enum Missed {
    /// Nothing is put any more.
    Closed,
    /// Somebody else has claimed it: this is the next one now.
    Moved(usize),
    /// Its slot has this stamp, and not the one that was wanted.
    Not(usize),
}

struct Slot<T> {
    stamp: AtomicUsize,
    item: UnsafeCell<MaybeUninit<T>>,
}

// SAFETY: an item is moved in by one thread and moved out by one, after it; nobody has a reference to it in between.
// So `T: Send` is enough.
unsafe impl<T: Send> Send for Slots<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Slots<T> {}

impl<T> Slots<T> {
    /// `capacity` is at least 1.
    pub(super) fn new(capacity: usize) -> Self {
        let slots: Box<[_]> = (0..capacity)
            .map(|place| Slot {
                stamp: AtomicUsize::new(place * STEP),
                item: UnsafeCell::new(MaybeUninit::uninit()),
            })
            .collect();
        Self {
            tail: CachePadded::new(AtomicUsize::new(0)),
            head: CachePadded::new(AtomicUsize::new(0)),
            slots,
            lap: capacity.next_power_of_two() * STEP,
        }
    }

    pub(super) fn capacity(&self) -> usize {
        self.slots.len()
    }

    #[inline]
    fn place(&self, position: usize) -> usize {
        (position & (self.lap - 1)) / STEP
    }

    #[inline]
    fn slot(&self, position: usize) -> &Slot<T> {
        let place = self.place(position);
        debug_assert!(place < self.slots.len());
        // SAFETY: positions are made by `after` only, which never makes a place beyond the last.
        unsafe { self.slots.get_unchecked(place) }
    }

    #[inline]
    fn after(&self, position: usize) -> usize {
        if self.place(position) + 1 < self.slots.len() {
            position + STEP
        } else {
            (position & !(self.lap - 1)).wrapping_add(self.lap)
        }
    }

    /// Claims the next position for an item, if there is room.
    #[inline]
    pub(super) fn claim_put(&self) -> Result<Put<'_, T>, Refused> {
        // ORDERING: Relaxed; the exchange says whether it is the newest, and the slot's stamp orders the accesses.
        let tail = self.tail.load(Ordering::Relaxed);
        self.claim_put_at(tail)
            .or_else(|missed| self.claim_put_after(tail, missed))
    }

    #[inline]
    fn claim_put_at(&self, tail: usize) -> Result<Put<'_, T>, Missed> {
        if tail & CLOSED != 0 {
            return Err(Missed::Closed);
        }
        let slot = self.slot(tail);
        // ORDERING: Acquire; pairs with the Release store in `Get::take`: the last item has been moved out.
        let stamp = slot.stamp.load(Ordering::Acquire);
        if stamp != tail {
            return Err(Missed::Not(stamp));
        }
        // ORDERING: AcqRel, for the waiting: see `Event`; and for `len`. The slot needs nothing of it.
        match self.tail.compare_exchange_weak(
            tail,
            self.after(tail),
            Ordering::AcqRel,
            Ordering::Relaxed,
        ) {
            Ok(position) => Ok(Put { slot, position }),
            Err(now) => Err(Missed::Moved(now)),
        }
    }

    /// Goes on after an attempt at `tail` that missed.
    #[cold]
    fn claim_put_after(&self, mut tail: usize, mut missed: Missed) -> Result<Put<'_, T>, Refused> {
        let mut backoff = Backoff::new();
        loop {
            tail = match missed {
                Missed::Closed => return Err(Refused::Closed),
                Missed::Moved(now) => now,
                Missed::Not(stamp) => {
                    let last_lap = tail.wrapping_sub(self.lap);
                    // ORDERING: Relaxed; an answer, not an access. The getter whose result is known to us happened before,
                    // and so did its claim.
                    if stamp == last_lap | FULL && self.head.load(Ordering::Relaxed) == last_lap {
                        return Err(Refused::NotNow);
                    }
                    // Its getter has claimed the item and is about to take it, or others have put since `tail` was read.
                    let now = self.tail.load(Ordering::Relaxed);
                    if now == tail {
                        backoff.wait();
                    }
                    now
                }
            };
            match self.claim_put_at(tail) {
                Ok(put) => return Ok(put),
                Err(again) => missed = again,
            }
        }
    }

    /// Claims the oldest item, if there is one.
    #[inline]
    pub(super) fn claim_get(&self) -> Result<Get<'_, T>, Refused> {
        // ORDERING: here and below as in `claim_put`, with the sides exchanged.
        let head = self.head.load(Ordering::Relaxed);
        self.claim_get_at(head)
            .or_else(|missed| self.claim_get_after(head, missed))
    }

    #[inline]
    fn claim_get_at(&self, head: usize) -> Result<Get<'_, T>, Missed> {
        let slot = self.slot(head);
        // ORDERING: Acquire; pairs with the Release store in `Put::write`: the item is there.
        let stamp = slot.stamp.load(Ordering::Acquire);
        if stamp != head | FULL {
            return Err(Missed::Not(stamp));
        }
        match self.head.compare_exchange_weak(
            head,
            self.after(head),
            Ordering::AcqRel,
            Ordering::Relaxed,
        ) {
            Ok(position) => Ok(Get {
                slot,
                free: position.wrapping_add(self.lap),
            }),
            Err(now) => Err(Missed::Moved(now)),
        }
    }

    /// Goes on after an attempt at `head` that missed.
    #[cold]
    fn claim_get_after(&self, mut head: usize, mut missed: Missed) -> Result<Get<'_, T>, Refused> {
        let mut backoff = Backoff::new();
        loop {
            head = match missed {
                Missed::Closed => return Err(Refused::Closed),
                Missed::Moved(now) => now,
                Missed::Not(stamp) => {
                    if stamp == head {
                        let tail = self.tail.load(Ordering::Relaxed);
                        if tail == head {
                            return Err(Refused::NotNow);
                        }
                        if tail == head | CLOSED {
                            return Err(Refused::Closed);
                        }
                    }
                    let now = self.head.load(Ordering::Relaxed);
                    if now == head {
                        backoff.wait();
                    }
                    now
                }
            };
            match self.claim_get_at(head) {
                Ok(get) => return Ok(get),
                Err(again) => missed = again,
            }
        }
    }

    /// From now on nothing is put.
    pub(super) fn close(&self) {
        // ORDERING: Relaxed; who sleeps is told under the event's lock, and nothing is published. As a read-modify-write it goes
        // on with what the last putter released.
        self.tail.fetch_or(CLOSED, Ordering::Relaxed);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.tail.load(Ordering::Relaxed) & CLOSED != 0
    }

    /// Takes all items at once, oldest first. The ring is closed.
    pub(super) fn take_all(&self) -> Vec<T> {
        let end = self.tail.load(Ordering::Relaxed) & !CLOSED;
        // ORDERING: Release; pairs with `len`: whose tail is then not older. What is in the slots their stamps say.
        let mut position = self.head.swap(end, Ordering::Release);
        let mut items = Vec::with_capacity(self.between(position, end));
        while position != end {
            let slot = self.slot(position);
            let mut backoff = Backoff::new();
            // Its putter has claimed the position, and is about to write.
            while slot.stamp.load(Ordering::Acquire) != position | FULL {
                backoff.wait();
            }
            let free = position.wrapping_add(self.lap);
            items.push(Get { slot, free }.take());
            position = self.after(position);
        }
        items
    }

    /// How many items there are, or were a moment ago.
    pub(super) fn len(&self) -> usize {
        loop {
            // ORDERING: Acquire; pairs with the exchange that put: whose slot was free, for it had been got from. So `head` is
            // not read as older than that, and no more are counted than there is room for.
            let tail = self.tail.load(Ordering::Acquire);
            // ORDERING: Acquire; pairs with the exchange that got: what had been put before. So `tail` is not older.
            let head = self.head.load(Ordering::Acquire);
            if self.tail.load(Ordering::Relaxed) == tail {
                return self.between(head, tail & !CLOSED);
            }
            crate::hint::spin_loop();
        }
    }

    /// For a getter that would sleep: whether there is nothing and may be something. Not by a load: see `Event`.
    pub(super) fn is_empty_and_open(&self) -> bool {
        // ORDERING: Release on the word that the putters move; see `Event`. The other could be loaded, but the
        // newest value is wanted.
        let tail = self.tail.fetch_or(0, Ordering::Release);
        tail == self.head.fetch_or(0, Ordering::Relaxed)
    }

    /// For a putter that would sleep: whether there is no room and may be some. Not by a load: see `Event`.
    pub(super) fn is_full_and_open(&self) -> bool {
        // ORDERING: as above, with the sides exchanged. That the ring has been closed shows by `CLOSED`: who closed it
        // takes the event's lock after that, under which this runs.
        let head = self.head.fetch_or(0, Ordering::Release);
        self.tail.fetch_or(0, Ordering::Relaxed) == head.wrapping_add(self.lap)
    }

    /// How many items lie from `head` up to `tail`.
    fn between(&self, head: usize, tail: usize) -> usize {
        let laps = (tail & !(self.lap - 1)).wrapping_sub(head & !(self.lap - 1));
        let (head, tail) = (self.place(head), self.place(tail));
        match laps {
            0 => tail - head,
            _ => self.capacity() - head + tail,
        }
    }
}

impl<T> Drop for Slots<T> {
    fn drop(&mut self) {
        if !std::mem::needs_drop::<T>() {
            return;
        }
        // Collected first: a destructor that panics does not keep the others from their end, in a Vec.
        let mut items = Vec::new();
        for slot in &mut self.slots {
            if *slot.stamp.get_mut() & FULL != 0 {
                *slot.stamp.get_mut() = 0;
                // SAFETY: the stamp says that there is an item, and nobody else has the slots any more.
                items.push(unsafe { slot.item.get_mut().assume_init_read() });
            }
        }
        drop(items);
    }
}

/// A free slot that is the holder's.
#[must_use = "the ring waits for the item"]
pub(super) struct Put<'a, T> {
    slot: &'a Slot<T>,
    position: usize,
}

impl<T> Put<'_, T> {
    #[inline]
    pub(super) fn write(self, item: T) {
        // SAFETY: the claim of the position made the slot ours alone, until the store below.
        self.slot.item.with_mut(|place| unsafe {
            (*place).write(item);
        });
        // ORDERING: Release; pairs with the Acquire load of the getters: the item is there.
        let full = self.position | FULL;
        self.slot.stamp.store(full, Ordering::Release);
    }
}

/// A slot with an item that is the holder's.
#[must_use = "the ring waits for the slot"]
pub(super) struct Get<'a, T> {
    slot: &'a Slot<T>,
    /// The stamp that makes it free for the next lap.
    free: usize,
}

impl<T> Get<'_, T> {
    #[inline]
    pub(super) fn take(self) -> T {
        // SAFETY: the stamp said that the slot holds an item, and the claim of the position made it ours alone until
        // the store below. It is moved out once: the stamp then says that the slot is free.
        let item = self
            .slot
            .item
            .with_mut(|place| unsafe { (*place).assume_init_read() });
        // ORDERING: Release; pairs with the Acquire load of the putters: the item has been moved out.
        self.slot.stamp.store(self.free, Ordering::Release);
        item
    }
}
