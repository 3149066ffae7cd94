//! To which execution an object belongs.

use core::fmt;

use crate::check::execution::{Execution, Place, current};
use crate::check::failure::FailureKind;
use crate::check::kernel::{ObjectId, StaticKind, StaticObject};
use crate::check::record::PanicPlaceOr;

const NATIVE: u64 = 0;
const STATIC: u64 = 1;
/// The object of an operation that is only a dummy.
const NONE: ObjectId = ObjectId::MAX;

/// Part of every vocabulary object: none (native), a static (found by its address), or an object of an
/// execution.
pub(crate) struct Slot {
    execution: u64,
    id: ObjectId,
}

impl Slot {
    /// For a static: native outside of checks, and made anew for each execution inside.
    pub(crate) const fn of_static() -> Self {
        Self {
            execution: STATIC,
            id: NONE,
        }
    }

    /// An object of the running execution, made by `make`; native if none runs.
    pub(crate) fn new(make: impl FnOnce(&Execution) -> ObjectId) -> Self {
        match current() {
            None => Self {
                execution: NATIVE,
                id: NONE,
            },
            Some(x) => Self {
                execution: x.id(),
                id: make(x),
            },
        }
    }

    /// The execution and the object to use, or none to go on natively.
    ///
    /// `what` is the type's name, `address` the object's; `as_static` says what to make of a static.
    #[inline]
    pub(crate) fn model<'a>(
        &self,
        what: &'static str,
        address: usize,
        place: Place,
        as_static: Option<(&'static str, StaticKind)>,
    ) -> Option<(&'a Execution, ObjectId)> {
        match current() {
            None if self.execution <= STATIC => None,
            None => {
                escaped(what);
                None
            }
            Some(x) if x.id() == self.execution => {
                x.meet(self.id, address, place);
                Some((x, self.id))
            }
            Some(x) => Some((x, self.foreign(x, what, address, place, as_static))),
        }
    }

    /// The object of a static, or a misuse.
    #[cold]
    fn foreign(
        &self,
        x: &Execution,
        what: &'static str,
        address: usize,
        place: Place,
        as_static: Option<(&'static str, StaticKind)>,
    ) -> ObjectId {
        if self.execution == STATIC
            && let Some((label, kind)) = as_static
        {
            let id = x.static_or_make(StaticObject {
                address,
                label,
                kind,
                place,
            });
            if let Some(id) = id {
                x.seen_at(id, address);
            }
            return id.unwrap_or(NONE);
        }
        if !x.torn_down() {
            let remedy = match self.execution {
                STATIC => "put it in a `LazyLock` static, which is made anew for each execution",
                NATIVE => {
                    "create it inside the scenario, or make it a static atomic, `OnceLock` or `LazyLock` with `const_new`"
                }
                _ => {
                    "it was created by an earlier execution; keep nothing from one execution to the next"
                }
            };
            let message = format!(
                "misuse: this {what} comes from outside of the scenario, so that its value would leak from one execution into the next; {remedy}"
            );
            x.fail(
                FailureKind::Misuse,
                message,
                Some(PanicPlaceOr::Static(place)),
            );
        }
        x.unwind_or_dummy();
        NONE
    }

    /// The execution in which a static is used, if it is one and an execution runs.
    pub(crate) fn static_in<'a>(&self) -> Option<&'a Execution> {
        current().filter(|_| self.execution == STATIC)
    }

    /// Whether the object may be used where the caller runs: natively outside of checks, or in its own
    /// execution. A destructor asks this before it performs operations.
    pub(crate) fn is_at_home(&self) -> bool {
        match current() {
            None => self.execution <= STATIC,
            Some(x) => x.id() == self.execution,
        }
    }

    /// Like [`model`](Self::model) for a destructor: never a misuse.
    pub(crate) fn model_in_drop<'a>(&self) -> Option<(&'a Execution, ObjectId)> {
        let x = current()?;
        (x.id() == self.execution).then_some((x, self.id))
    }
}

#[cold]
#[track_caller]
fn escaped(what: &'static str) {
    if !std::thread::panicking() {
        panic!(
            "this {what} was created inside a check and is used outside of it: after the check, or by a thread that `racecourse::thread` did not start"
        );
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.execution {
            NATIVE => "native",
            STATIC => "static",
            _ => "model",
        })
    }
}
