//! Values that are initialised once. Those of statics live in the execution, found by address, and so
//! are made anew for each.

use core::any::Any;
use core::cell::{Cell, UnsafeCell};
use core::panic::Location;
use std::rc::Rc;

use super::once::{Manner, Once, Poisoned};
use crate::check::execution::{Execution, Place};
use crate::check::failure::FailureKind;
use crate::check::record::PanicPlaceOr;

pub(crate) struct OnceLock<T> {
    once: Once,
    value: UnsafeCell<Option<T>>,
    statics: Option<Statics<T>>,
}

// SAFETY: as std's: shared access gives `&T`, and any thread may put the value.
unsafe impl<T: Send + Sync> Sync for OnceLock<T> {}

/// How to keep the value of a static in an execution. `T: 'static` is known where a static is made, not
/// where it is used.
struct Statics<T> {
    keep: fn(T) -> Rc<dyn Any>,
    find: for<'a> fn(&'a (dyn Any + 'static)) -> Option<&'a T>,
}

impl<T: 'static> OnceLock<T> {
    pub(crate) const fn const_new() -> Self {
        Self {
            once: Once::const_new(),
            value: UnsafeCell::new(None),
            statics: Some(Statics {
                keep: |value| Rc::new(value),
                find: |any| any.downcast_ref(),
            }),
        }
    }
}

impl<T> OnceLock<T> {
    #[track_caller]
    pub(crate) fn new() -> Self {
        Self {
            once: Once::new(),
            value: UnsafeCell::new(None),
            statics: None,
        }
    }

    #[track_caller]
    pub(crate) fn with_value(value: T) -> Self {
        Self {
            once: Once::done(),
            value: UnsafeCell::new(Some(value)),
            statics: None,
        }
    }

    fn key(&self) -> usize {
        core::ptr::from_ref(&self.value).addr()
    }

    /// The value, for whoever knows from the `Once` that it was put, or holds its lock.
    fn find(&self, place: Place) -> Option<&T> {
        match (self.once.static_in(), &self.statics) {
            (Some(x), Some(statics)) => {
                let kept = x.static_value(self.key())?;
                let Some(value) = (statics.find)(&*kept) else {
                    misuse(x, place);
                    return None;
                };
                // SAFETY: the execution keeps the value until it ends, and replaces none. The static
                // itself lives longer, but whatever got at it runs in the execution.
                Some(unsafe { &*core::ptr::from_ref(value) })
            }
            // SAFETY: it was put before, and is not changed while `self` is shared.
            _ => unsafe { (*self.value.get()).as_ref() },
        }
    }

    /// Puts the value, if there is none. Only the initialiser may call this.
    fn put(&self, value: T) {
        match (self.once.static_in(), &self.statics) {
            (Some(x), Some(statics)) => {
                if x.static_value(self.key()).is_none() {
                    x.set_static_value(self.key(), (statics.keep)(value));
                }
            }
            // SAFETY: nobody else looks before the `Once` is done, and no reference is out.
            _ => unsafe {
                let slot = &mut *self.value.get();
                slot.get_or_insert(value);
            },
        }
    }

    #[track_caller]
    pub(crate) fn get(&self) -> Option<&T> {
        let place = Location::caller();
        if self.once.is_done(place) {
            self.find(place)
        } else {
            None
        }
    }

    /// The value, without an operation; for `Debug`.
    pub(crate) fn peek(&self) -> Option<&T> {
        if self.once.may_look() {
            self.find(Location::caller())
        } else {
            None
        }
    }

    #[track_caller]
    pub(crate) fn get_or_init(&self, f: impl FnOnce() -> T) -> &T {
        match self.init(Manner::FORCE, f) {
            Ok(value) => value,
            Err(Poisoned) => unreachable!("poison is passed over"),
        }
    }

    #[track_caller]
    fn init(&self, manner: Manner, f: impl FnOnce() -> T) -> Result<&T, Poisoned> {
        let place = Location::caller();
        let mut f = Some(f);
        self.once.call(manner, |_| {
            // In a teardown the `Once` forgets; what was put stays.
            if self.find(place).is_none()
                && let Some(f) = f.take()
            {
                self.put(f());
            }
        })?;
        if let Some(f) = f.take()
            && self.find(place).is_none()
        {
            // The execution is over and drops the values of statics, one of which asks for this one.
            self.put(f());
        }
        match self.find(place) {
            Some(value) => Ok(value),
            None => panic!("the value of this `OnceLock` is gone: the execution has ended"),
        }
    }

    #[track_caller]
    pub(crate) fn set(&self, value: T) -> Result<(), T> {
        let mut value = Some(value);
        self.once
            .call(Manner::FORCE, |_| {
                if self.find(Location::caller()).is_none()
                    && let Some(value) = value.take()
                {
                    self.put(value);
                }
            })
            .unwrap_or_else(|Poisoned| unreachable!("poison is passed over"));
        match value {
            None => Ok(()),
            Some(value) => Err(value),
        }
    }

    #[track_caller]
    pub(crate) fn wait(&self) -> &T {
        let place = Location::caller();
        let waited = self.once.wait(true);
        match (waited, self.find(place)) {
            (Ok(()), Some(value)) => value,
            _ => panic!("the value of this `OnceLock` is gone: the execution has ended"),
        }
    }

    /// Exclusive access: only to one that is an object, not a static.
    #[track_caller]
    fn own(&mut self) -> &mut Option<T> {
        if let Some(x) = self.once.static_in() {
            misuse(x, Location::caller());
        }
        self.value.get_mut()
    }

    #[track_caller]
    pub(crate) fn get_mut(&mut self) -> Option<&mut T> {
        self.own().as_mut()
    }

    #[track_caller]
    pub(crate) fn take(&mut self) -> Option<T> {
        let value = self.own().take()?;
        self.once = Once::new();
        Some(value)
    }

    #[track_caller]
    pub(crate) fn into_inner(mut self) -> Option<T> {
        self.own().take()
    }
}

/// `const_new` for what is no static: it is known by its address, which changes when it moves, and which
/// another may have after it.
#[cold]
fn misuse(x: &Execution, place: Place) {
    x.fail(
        FailureKind::Misuse,
        "misuse: this `OnceLock` was made with `const_new`, which is for statics; make it with `new`"
            .to_owned(),
        Some(PanicPlaceOr::Static(place)),
    );
    x.unwind_or_dummy();
}

/// A value with its initialiser.
pub(crate) struct LazyLock<T, F = fn() -> T> {
    cell: OnceLock<T>,
    f: Cell<Option<F>>,
    /// Of a static: run for each execution.
    again: Option<fn() -> T>,
}

// SAFETY: as std's: shared access gives `&T`; the initialiser is used by one thread, under the lock.
unsafe impl<T: Send + Sync, F: Send> Sync for LazyLock<T, F> {}

impl<T: 'static> LazyLock<T, fn() -> T> {
    pub(crate) const fn const_new(f: fn() -> T) -> Self {
        Self {
            cell: OnceLock::const_new(),
            f: Cell::new(Some(f)),
            again: Some(f),
        }
    }
}

impl<T, F: FnOnce() -> T> LazyLock<T, F> {
    #[track_caller]
    pub(crate) fn new(f: F) -> Self {
        Self {
            cell: OnceLock::new(),
            f: Cell::new(Some(f)),
            again: None,
        }
    }

    #[track_caller]
    pub(crate) fn force(this: &Self) -> &T {
        let value = this.cell.init(Manner::PLAIN, || {
            match (this.cell.once.static_in(), this.again) {
                (Some(_), Some(again)) => again(),
                _ => match this.f.take() {
                    Some(f) => f(),
                    // In a teardown, after an initialiser that was cut short.
                    None => poisoned(),
                },
            }
        });
        match value {
            Ok(value) => value,
            Err(Poisoned) => poisoned(),
        }
    }
}

impl<T, F> LazyLock<T, F> {
    /// The value, without an operation; for `Debug`.
    pub(crate) fn peek(&self) -> Option<&T> {
        self.cell.peek()
    }
}

#[cold]
#[track_caller]
fn poisoned() -> ! {
    panic!("LazyLock instance has previously been poisoned");
}
