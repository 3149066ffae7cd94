//! Counted references whose counting the engine sees: std's inside, and beside it std's own protocol on
//! counters of the model. Outside of a check there are no counters.
//!
//! A handle's operation on a counter comes first, and nothing switches between it and what happens to
//! std's handle; so both always agree on who is the last.

use core::panic::Location;
use core::sync::atomic::Ordering;
use std::sync as real;

use super::atomic::{fence, fence_at};
use super::count::Counter;
use crate::check::execution::{Place, current};
use crate::check::explain::ARC;

/// The value of the weak counter while `get_mut` asks whether it is alone; std's protocol.
const LOCKED: usize = usize::MAX;

struct Counts {
    strong: Counter,
    /// Weak references, and one for all strong ones together.
    weak: Counter,
}

impl Counts {
    /// Counters, if a check runs.
    #[track_caller]
    fn new(strong: usize) -> Option<real::Arc<Self>> {
        current()?;
        Some(real::Arc::new(Self {
            strong: Counter::new(ARC, strong),
            weak: Counter::new("arc's weak references", 1),
        }))
    }
}

/// The execution was given up: operations return dummies, and a loop for a success would not end.
fn torn_down() -> bool {
    current().is_some_and(|x| x.torn_down())
}

/// Counts one strong reference, until it goes.
struct Strong {
    counts: Option<real::Arc<Counts>>,
    /// Where the reference was made: a destructor does not know its caller.
    place: Place,
}

impl Drop for Strong {
    fn drop(&mut self) {
        let Some(counts) = &self.counts else { return };
        // ORDERING: Release, with the Acquire fence of the last one: whatever was done through any
        // reference happens before the value is dropped.
        if counts.strong.is_at_home() && counts.strong.decrement(Ordering::Release, self.place) == 1
        {
            fence_at(Ordering::Acquire, self.place);
        }
    }
}

/// Counts one weak reference, until it goes.
struct Feeble {
    counts: Option<real::Arc<Counts>>,
    place: Place,
}

impl Drop for Feeble {
    fn drop(&mut self) {
        let Some(counts) = &self.counts else { return };
        if counts.weak.is_at_home() {
            // ORDERING: Release; pairs with the Acquire of `get_mut`. Freeing the memory, for which std
            // has a fence here, is none of the model's.
            counts.weak.decrement(Ordering::Release, self.place);
        }
    }
}

/// The fields go in this order: first the operation, then, with no other in between, std's handle.
pub(crate) struct Arc<T: ?Sized> {
    count: Strong,
    handle: real::Arc<T>,
}

/// The fields go in this order, as above.
pub(crate) struct Weak<T: ?Sized> {
    count: Feeble,
    handle: real::Weak<T>,
}

impl<T> Arc<T> {
    #[track_caller]
    pub(crate) fn new(value: T) -> Self {
        Self::from_std(real::Arc::new(value))
    }

    #[track_caller]
    pub(crate) fn new_cyclic(f: impl FnOnce(&Weak<T>) -> T) -> Self {
        let place = Location::caller();
        let counts = Counts::new(0);
        let handle = real::Arc::new_cyclic(|handle| {
            if let Some(counts) = &counts {
                // ORDERING: Relaxed, as in `downgrade`'s success: the closure is the first to have it.
                counts.weak.increment(Ordering::Relaxed, place);
            }
            f(&Weak {
                count: Feeble {
                    counts: counts.clone(),
                    place,
                },
                handle: handle.clone(),
            })
        });
        if let Some(counts) = &counts {
            // ORDERING: Release; pairs with the Acquire of `upgrade`, which then finds the value.
            counts.strong.swap(1, Ordering::Release, place);
        }
        Self {
            count: Strong { counts, place },
            handle,
        }
    }

    #[track_caller]
    pub(crate) fn try_unwrap(mut this: Self) -> Result<T, Self> {
        let place = Location::caller();
        if let Some(counts) = &this.count.counts {
            // ORDERING: Relaxed, then an Acquire fence; pairs with the Release of the others' drops.
            if counts
                .strong
                .compare_exchange(1, 0, Ordering::Relaxed, Ordering::Relaxed, place)
                .is_err()
            {
                return Err(this);
            }
            fence(Ordering::Acquire);
        }
        let counts = this.count.counts.take();
        match real::Arc::try_unwrap(this.handle) {
            Ok(value) => Ok(value),
            Err(handle) => {
                // Somebody kept one of std's from which this was made.
                if let Some(counts) = &counts {
                    counts.strong.swap(1, Ordering::Release, place);
                }
                Err(Self {
                    count: Strong { counts, place },
                    handle,
                })
            }
        }
    }

    #[track_caller]
    pub(crate) fn into_inner(mut this: Self) -> Option<T> {
        let counts = this.count.counts.take();
        if let Some(counts) = &counts {
            // ORDERING: as in the drop of `Strong`.
            if counts
                .strong
                .decrement(Ordering::Release, Location::caller())
                == 1
            {
                fence(Ordering::Acquire);
            }
        }
        real::Arc::into_inner(this.handle)
    }
}

impl<T: Clone> Arc<T> {
    #[track_caller]
    pub(crate) fn make_mut(this: &mut Self) -> &mut T {
        let place = Location::caller();
        if let Some(counts) = &this.count.counts {
            // ORDERING: Acquire; pairs with the Release of the others' drops.
            let alone = counts
                .strong
                .compare_exchange(1, 0, Ordering::Acquire, Ordering::Relaxed, place)
                .is_ok();
            if !alone {
                *this = Self::new(T::clone(&this.handle));
            } else if counts.weak.load(Ordering::Relaxed, place) != 1 {
                // std moves the value away from the weak references, which find nothing any more.
                this.count.counts = Counts::new(1);
            } else {
                // ORDERING: Release; pairs with the Acquire of whoever asks next.
                counts.strong.swap(1, Ordering::Release, place);
            }
        }
        real::Arc::make_mut(&mut this.handle)
    }
}

impl<T: ?Sized> Arc<T> {
    #[track_caller]
    pub(crate) fn from_std(handle: real::Arc<T>) -> Self {
        Self {
            count: Strong {
                counts: Counts::new(1),
                place: Location::caller(),
            },
            handle,
        }
    }

    pub(crate) fn as_std(this: &Self) -> &real::Arc<T> {
        &this.handle
    }

    #[track_caller]
    pub(crate) fn strong_count(this: &Self) -> usize {
        match &this.count.counts {
            None => real::Arc::strong_count(&this.handle),
            Some(counts) => counts.strong.load(Ordering::Relaxed, Location::caller()),
        }
    }

    #[track_caller]
    pub(crate) fn weak_count(this: &Self) -> usize {
        match &this.count.counts {
            None => real::Arc::weak_count(&this.handle),
            Some(counts) => match counts.weak.load(Ordering::Relaxed, Location::caller()) {
                LOCKED => 0,
                count => count.saturating_sub(1),
            },
        }
    }

    #[track_caller]
    pub(crate) fn get_mut(this: &mut Self) -> Option<&mut T> {
        if let Some(counts) = &this.count.counts {
            let place = Location::caller();
            // ORDERING: Acquire; pairs with the Release of a weak reference's drop. While it is locked no
            // weak reference can be made, so that none is missed before the strong ones are counted.
            counts
                .weak
                .compare_exchange(1, LOCKED, Ordering::Acquire, Ordering::Relaxed, place)
                .ok()?;
            // ORDERING: Acquire; pairs with the Release of the others' drops.
            let alone = counts.strong.load(Ordering::Acquire, place) == 1;
            // ORDERING: Release; pairs with the Acquire of `downgrade`.
            counts.weak.swap(1, Ordering::Release, place);
            if !alone {
                return None;
            }
        }
        real::Arc::get_mut(&mut this.handle)
    }

    #[track_caller]
    pub(crate) fn downgrade(this: &Self) -> Weak<T> {
        let place = Location::caller();
        if let Some(counts) = &this.count.counts {
            let mut count = counts.weak.load(Ordering::Relaxed, place);
            while !torn_down() {
                if count == LOCKED {
                    crate::hint::spin_loop();
                    count = counts.weak.load(Ordering::Relaxed, place);
                    continue;
                }
                // ORDERING: Acquire; pairs with the Release with which `get_mut` unlocks.
                match counts.weak.compare_exchange(
                    count,
                    count + 1,
                    Ordering::Acquire,
                    Ordering::Relaxed,
                    place,
                ) {
                    Ok(_) => break,
                    Err(found) => count = found,
                }
            }
        }
        Weak {
            count: Feeble {
                counts: this.count.counts.clone(),
                place,
            },
            handle: real::Arc::downgrade(&this.handle),
        }
    }
}

impl<T: ?Sized> Clone for Arc<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        let place = Location::caller();
        if let Some(counts) = &self.count.counts {
            // ORDERING: Relaxed; whoever makes a reference has one.
            counts.strong.increment(Ordering::Relaxed, place);
        }
        Self {
            count: Strong {
                counts: self.count.counts.clone(),
                place,
            },
            handle: real::Arc::clone(&self.handle),
        }
    }
}

impl<T> Weak<T> {
    #[track_caller]
    pub(crate) const fn new() -> Self {
        Self {
            count: Feeble {
                counts: None,
                place: Location::caller(),
            },
            handle: real::Weak::new(),
        }
    }
}

impl<T: ?Sized> Weak<T> {
    pub(crate) fn as_std(&self) -> &real::Weak<T> {
        &self.handle
    }

    #[track_caller]
    pub(crate) fn upgrade(&self) -> Option<Arc<T>> {
        let place = Location::caller();
        if let Some(counts) = &self.count.counts {
            let mut count = counts.strong.load(Ordering::Relaxed, place);
            while !torn_down() {
                if count == 0 {
                    return None;
                }
                // ORDERING: Acquire; pairs with the Release of `new_cyclic`.
                match counts.strong.compare_exchange(
                    count,
                    count + 1,
                    Ordering::Acquire,
                    Ordering::Relaxed,
                    place,
                ) {
                    Ok(_) => break,
                    Err(found) => count = found,
                }
            }
        }
        Some(Arc {
            handle: self.handle.upgrade()?,
            count: Strong {
                counts: self.count.counts.clone(),
                place,
            },
        })
    }

    #[track_caller]
    pub(crate) fn strong_count(&self) -> usize {
        match &self.count.counts {
            None => self.handle.strong_count(),
            Some(counts) => counts.strong.load(Ordering::Relaxed, Location::caller()),
        }
    }

    #[track_caller]
    pub(crate) fn weak_count(&self) -> usize {
        let Some(counts) = &self.count.counts else {
            return self.handle.weak_count();
        };
        let place = Location::caller();
        // ORDERING: Acquire, as std's, so that the strong count is not older than the weak one.
        let weak = counts.weak.load(Ordering::Acquire, place);
        let strong = counts.strong.load(Ordering::Relaxed, place);
        if strong == 0 || weak == LOCKED {
            0
        } else {
            weak.saturating_sub(1)
        }
    }
}

impl<T: ?Sized> Clone for Weak<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        let place = Location::caller();
        if let Some(counts) = &self.count.counts {
            // ORDERING: Relaxed; whoever makes a reference has one.
            counts.weak.increment(Ordering::Relaxed, place);
        }
        Self {
            count: Feeble {
                counts: self.count.counts.clone(),
                place,
            },
            handle: self.handle.clone(),
        }
    }
}
