//! Reclamation by epochs: when the memory of a node that was taken out of a structure may be freed.
//!
//! K. Fraser, *Practical lock-freedom*, University of Cambridge, 2004. Who is about to follow pointers *pins* itself at the
//! current epoch. The epoch moves on when everybody who is pinned is pinned at the current one; so while somebody is pinned
//! at `e`, it is at most `e + 1`. What was taken out by somebody pinned at `e` may be held by whoever is pinned at `e + 1` or
//! before, and by nobody when the epoch is `e + 3`.
//!
//! Each structure has a collector of its own, which goes with it: nothing is left behind, in no thread and no static. A thread is
//! not registered with it. To pin is to take a slot, and the slot is the thread's until it unpins, with the bag of nodes
//! in it.

// Why no SeqCst fence is needed, where others have two. The danger is that one scans the slots and misses a pin, while the one
// who pins misses what the other has done. Here both *exchange* the same word: the scan by a read-modify-write that changes
// nothing. So in the word's modification order either the pin comes first, and the scan sees it; or the scan does, and
// the one who pins has synchronised with it, and sees an epoch as new as the scan's when it looks at the epoch once more. (Or it
// has synchronised with another, who was pinned when the scan came, and who had seen that epoch.) It then pins itself
// anew, until both agree. The list of slots is read by the scan in the same manner.

use core::ptr;
use std::collections::VecDeque;

use crossbeam_utils::CachePadded;

use crate::alloc;
use crate::backoff::checked;
use crate::cell::UnsafeCell;
use crate::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use crate::thread;

/// How many slots a collector begins with.
pub(super) const THREADS: usize = 4;
/// How many nodes a bag gathers before it is worth a scan.
pub(super) const BATCH: usize = 64;

/// The state of a slot that nobody has. A pinned one's is odd.
const FREE: usize = 0;

fn pinned(epoch: usize) -> usize {
    epoch << 1 | 1
}

struct Slot<N> {
    state: AtomicUsize,
    /// Of whoever has the slot.
    bag: UnsafeCell<Bag<N>>,
}

struct Bag<N> {
    /// What was taken out, and the epoch at which the thread was pinned; oldest first.
    nodes: VecDeque<(usize, *mut N)>,
    /// With so many it is worth a scan.
    limit: usize,
}

/// Some slots. There are more when all were taken at once; they stay.
struct Table<N> {
    slots: Box<[CachePadded<Slot<N>>]>,
    older: *mut Table<N>,
}

pub(super) struct Collector<N> {
    epoch: CachePadded<AtomicUsize>,
    /// The largest table, and through it all others.
    newest: AtomicPtr<Table<N>>,
    batch: usize,
}

// SAFETY: nodes are freed by any thread, which needs `N: Send`. A bag is used by whoever has its slot, one after another.
unsafe impl<N: Send> Sync for Collector<N> {}
// SAFETY: as above.
unsafe impl<N: Send> Send for Collector<N> {}

/// While it lives, no node is freed that its thread could reach since it was made.
pub(super) struct Guard<'a, N> {
    collector: &'a Collector<N>,
    slot: &'a Slot<N>,
    epoch: usize,
}

impl<N> Collector<N> {
    pub(super) fn new(threads: usize, batch: usize) -> Self {
        let batch = batch.max(1);
        let threads = threads.max(1).next_power_of_two();
        Self {
            epoch: CachePadded::new(AtomicUsize::new(0)),
            newest: AtomicPtr::new(Table::new(threads, batch, ptr::null_mut())),
            batch,
        }
    }

    #[inline]
    pub(super) fn pin(&self) -> Guard<'_, N> {
        // ORDERING: Relaxed; it is looked at again.
        let mut epoch = self.epoch.load(Ordering::Relaxed);
        let slot = self.take_slot(pinned(epoch));
        loop {
            // ORDERING: Acquire; pairs with the Release of `advance`: who is pinned at an epoch sees what was taken out two epochs
            // before.
            let now = self.epoch.load(Ordering::Acquire);
            if now == epoch {
                return Guard {
                    collector: self,
                    slot,
                    epoch,
                };
            }
            epoch = now;
            // ORDERING: Relaxed; a scan since the slot was taken has seen the older epoch, and has not moved on beyond the next.
            slot.state.store(pinned(epoch), Ordering::Relaxed);
        }
    }

    #[inline]
    fn take_slot(&self, state: usize) -> &Slot<N> {
        let start = start();
        // ORDERING: Acquire; pairs with the Release in `add_slots`.
        let mut newest = self.newest.load(Ordering::Acquire);
        loop {
            // SAFETY: tables live as long as the collector.
            let tables = unsafe { Table::all(newest) };
            for table in tables {
                for offset in 0..table.slots.len() {
                    let slot = &table.slots[start.wrapping_add(offset) & (table.slots.len() - 1)];
                    // ORDERING: Acquire; pairs with the Release of the last one's unpinning, for the bag, and of the scan in
                    // `advance`, for the epoch.
                    let taken = slot.state.compare_exchange(
                        FREE,
                        state,
                        Ordering::Acquire,
                        Ordering::Relaxed,
                    );
                    if taken.is_ok() {
                        return slot;
                    }
                }
            }
            newest = self.add_slots(newest);
        }
    }

    /// All slots are taken: makes twice as many more.
    #[cold]
    fn add_slots(&self, newest: *mut Table<N>) -> *mut Table<N> {
        // SAFETY: tables live as long as the collector.
        let slots = unsafe { &*newest }.slots.len();
        let table = Table::new(2 * slots, self.batch, newest);
        // ORDERING: AcqRel; Release pairs with the loads of whoever takes a slot, Acquire with the scan in `advance`.
        // Acquire on failure, for the table that another has made.
        let added =
            self.newest
                .compare_exchange(newest, table, Ordering::AcqRel, Ordering::Acquire);
        match added {
            Ok(_) => table,
            Err(now) => {
                // SAFETY: nobody else has seen it.
                drop(unsafe { alloc::from_raw(table) });
                now
            }
        }
    }

    /// Moves the epoch on, unless somebody is pinned at the last one. Returns it.
    fn advance(&self) -> usize {
        // ORDERING: Acquire; pairs with the Release below: who frees comes after all who were pinned.
        let epoch = self.epoch.load(Ordering::Acquire);
        // ORDERING: AcqRel, and a read-modify-write that changes nothing: whoever adds slots later synchronises with this scan.
        let newest = self.newest.fetch_or(0, Ordering::AcqRel);
        // SAFETY: tables live as long as the collector.
        for table in unsafe { Table::all(newest) } {
            for slot in &table.slots {
                // ORDERING: AcqRel, and a read-modify-write that changes nothing. Acquire pairs with the Release of who unpinned:
                // its uses come before the epoch that follows. Release pairs with `pin`.
                let state = slot.state.fetch_or(0, Ordering::AcqRel);
                if state != FREE && state != pinned(epoch) {
                    return epoch;
                }
            }
        }
        // ORDERING: Release; pairs with the Acquire loads of the epoch here and in `pin`. Acquire on failure, as above.
        let next = epoch.wrapping_add(1);
        match self
            .epoch
            .compare_exchange(epoch, next, Ordering::Release, Ordering::Acquire)
        {
            Ok(_) => next,
            Err(now) => now,
        }
    }
}

impl<N> Guard<'_, N> {
    /// Frees the node once nobody can hold it.
    ///
    /// # Safety
    /// The node is from [`alloc::into_raw`], was taken out of the structure by this thread, and whoever pins itself from now
    /// on, and sees that, cannot reach it.
    #[inline]
    pub(super) unsafe fn retire(&self, node: *mut N) {
        self.slot.bag.with_mut(|bag| {
            // SAFETY: this thread has the slot.
            let bag = unsafe { &mut *bag };
            bag.nodes.push_back((self.epoch, node));
            if bag.nodes.len() >= bag.limit {
                self.collect(bag);
            }
        });
    }

    #[cold]
    fn collect(&self, bag: &mut Bag<N>) {
        let epoch = self.collector.advance();
        while let Some(&(retired, node)) = bag.nodes.front() {
            if epoch.wrapping_sub(retired) < 3 {
                break;
            }
            bag.nodes.pop_front();
            // SAFETY: nobody who could reach it is pinned.
            drop(unsafe { alloc::from_raw(node) });
        }
        bag.limit = bag.nodes.len() + self.collector.batch;
    }
}

impl<N> Drop for Guard<'_, N> {
    #[inline]
    fn drop(&mut self) {
        // ORDERING: Release; pairs with the scan in `advance`, and with who takes the slot next.
        self.slot.state.store(FREE, Ordering::Release);
    }
}

impl<N> Table<N> {
    fn new(slots: usize, batch: usize, older: *mut Self) -> *mut Self {
        let slots = (0..slots).map(|_| {
            CachePadded::new(Slot {
                state: AtomicUsize::new(FREE),
                bag: UnsafeCell::new(Bag {
                    nodes: VecDeque::new(),
                    limit: batch,
                }),
            })
        });
        alloc::into_raw(Self {
            slots: slots.collect(),
            older,
        })
    }

    /// This one and all older ones.
    ///
    /// # Safety
    /// They live as long as the iterator, and what it gives.
    #[inline]
    unsafe fn all<'a>(mut next: *mut Self) -> impl Iterator<Item = &'a Self>
    where
        N: 'a,
    {
        core::iter::from_fn(move || {
            // SAFETY: the caller's promise.
            let table = unsafe { next.as_ref() }?;
            next = table.older;
            Some(table)
        })
    }
}

impl<N> Drop for Collector<N> {
    fn drop(&mut self) {
        let mut next = *self.newest.get_mut();
        while !next.is_null() {
            // SAFETY: nobody uses the collector any more.
            let table = unsafe { alloc::from_raw(next) };
            next = table.older;
            for slot in table.slots {
                let bag = CachePadded::into_inner(slot).bag.into_inner();
                for (_, node) in bag.nodes {
                    // SAFETY: as above; each node is in one bag.
                    drop(unsafe { alloc::from_raw(node) });
                }
            }
        }
    }
}

/// Where a thread begins to look for a slot, so that not all meet at the first one. In a check they do.
#[inline]
fn start() -> usize {
    if checked() { 0 } else { thread::number() }
}
