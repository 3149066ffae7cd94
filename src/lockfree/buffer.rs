//! The ring of slots of a work-stealing deque.

use core::mem::MaybeUninit;
use core::ptr;

use crate::alloc::{self, Layout};
use crate::cell::UnsafeCell;
use crate::sync::atomic::{AtomicUsize, Ordering};

/// A place for an item.
pub(super) struct Slot<T> {
    /// The index whose item this slot holds, or is free for; one round later once a thief has carried it away.
    pub(super) turn: AtomicUsize,
    value: UnsafeCell<MaybeUninit<T>>,
}

impl<T> Slot<T> {
    fn new(turn: usize) -> Self {
        Self {
            turn: AtomicUsize::new(turn),
            value: UnsafeCell::new(MaybeUninit::uninit()),
        }
    }

    /// Puts an item in.
    ///
    /// # Safety
    /// The caller is the owner, and the slot is free.
    #[inline]
    pub(super) unsafe fn write(&self, item: T) {
        self.write_bits(MaybeUninit::new(item));
    }

    #[inline]
    fn write_bits(&self, bits: MaybeUninit<T>) {
        // SAFETY: only the owner writes, and only to a free slot, which nobody reads.
        self.value.with_mut(|value| unsafe { value.write(bits) });
    }

    /// Takes the item out.
    ///
    /// # Safety
    /// There is an item, and it is the caller's: nobody else takes it out.
    #[inline]
    pub(super) unsafe fn read(&self) -> T {
        // SAFETY: the caller's promise.
        unsafe { self.bits().assume_init() }
    }

    #[inline]
    fn bits(&self) -> MaybeUninit<T> {
        // SAFETY: nobody writes to a slot that is not free; the owner, who copies, does not write meanwhile.
        self.value.with(|value| unsafe { value.read() })
    }
}

/// Slots for the items whose indices lie within one round; an index finds its slot modulo the capacity.
pub(super) struct Buffer<T> {
    slots: *mut Slot<T>,
    /// A power of two.
    capacity: usize,
    /// The buffer that this one has replaced, or null. A thief may still be about to take from it.
    older: *mut Buffer<T>,
    /// The first index that `older` never had.
    begin: usize,
}

impl<T> Buffer<T> {
    /// An empty buffer, of which `first` is the first index.
    pub(super) fn new(capacity: usize, first: usize) -> *mut Self {
        let layout = Self::layout(capacity);
        // SAFETY: a slot has a size, and there is at least one.
        let slots = unsafe { alloc::alloc(layout) }.cast::<Slot<T>>();
        if slots.is_null() {
            std::alloc::handle_alloc_error(layout);
        }
        for offset in 0..capacity {
            let index = first.wrapping_add(offset);
            // SAFETY: within the memory that was just allocated.
            unsafe { slots.add(index & (capacity - 1)).write(Slot::new(index)) };
        }
        alloc::into_raw(Self {
            slots,
            capacity,
            older: ptr::null_mut(),
            begin: first,
        })
    }

    /// A buffer of twice the capacity, with the items from `top` to `bottom`, that keeps `this` until it goes itself.
    ///
    /// # Safety
    /// The caller is the owner; `this` is its buffer, and holds these items.
    pub(super) unsafe fn grown(this: *mut Self, top: usize, bottom: usize) -> *mut Self {
        // SAFETY: the caller's promise.
        let old = unsafe { &*this };
        let capacity = old.capacity.checked_mul(2).expect("capacity overflow");
        // The owner may not know of the last thefts; but a slot that it has used again was empty.
        let count = bottom.wrapping_sub(top).min(old.capacity);
        let first = bottom.wrapping_sub(count);
        let new = Self::new(capacity, first);
        // SAFETY: nobody else knows it yet.
        let buffer = unsafe { &mut *new };
        buffer.older = this;
        buffer.begin = bottom;
        for offset in 0..count {
            let index = first.wrapping_add(offset);
            // Bits, and not an item: a thief may take it from the old buffer.
            buffer.slot(index).write_bits(old.slot(index).bits());
        }
        new
    }

    #[inline]
    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    #[inline]
    pub(super) fn slot(&self, index: usize) -> &Slot<T> {
        // SAFETY: less than the capacity, since that is a power of two.
        unsafe { &*self.slots.add(index & (self.capacity - 1)) }
    }

    /// Whether the item of this index was carried away from an older buffer, so that its slot in this one is free although
    /// nobody has said so.
    ///
    /// # Safety
    /// The caller is the owner.
    pub(super) unsafe fn was_taken_from_older(&self, index: usize) -> bool {
        let mut newer = self;
        while (index.wrapping_sub(newer.begin) as isize) < 0 {
            // SAFETY: older buffers live as long as the newer ones.
            let Some(older) = (unsafe { newer.older.as_ref() }) else {
                return false;
            };
            // ORDERING: Relaxed; what the thief has read lies in the older buffer, which is not written to any more.
            let turn = older.slot(index).turn.load(Ordering::Relaxed);
            if turn == index.wrapping_add(older.capacity) {
                return true;
            }
            newer = older;
        }
        false
    }

    /// Frees the buffer, and all that it has replaced. Not the items.
    ///
    /// # Safety
    /// `this` is from `new` or `grown`, and nobody uses it any more.
    pub(super) unsafe fn free(this: *mut Self) {
        let mut next = this;
        while !next.is_null() {
            // SAFETY: the caller's promise.
            let buffer = unsafe { alloc::from_raw(next) };
            for index in 0..buffer.capacity {
                // SAFETY: `new` has written each slot.
                unsafe { ptr::drop_in_place(buffer.slots.add(index)) };
            }
            // SAFETY: `new` allocated it with this layout.
            unsafe { alloc::dealloc(buffer.slots.cast(), Self::layout(buffer.capacity)) };
            next = buffer.older;
        }
    }

    fn layout(capacity: usize) -> Layout {
        Layout::array::<Slot<T>>(capacity).expect("capacity overflow")
    }
}
