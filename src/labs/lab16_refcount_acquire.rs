//! Lab 16, **refcount-acquire**: the last to leave takes the tent down, with somebody still inside.
//!
//! A tent is shared, and a counter says how many are using it. Who is done counts down; who counts down to zero was the
//! last, and takes the tent down. To count is one atomic step, so there is exactly one last. But that the count is zero
//! says that the others *counted*, not that what they did inside is over. Counting down with Release says so to whoever
//! listens, and the last one has to listen: with Acquire, before the pegs are pulled.
//!
//! | The last one | | Why |
//! |---|---|---|
//! | acquires, and takes the tent down | allowed | all uses happened before |
//! | takes the tent down at once | forbidden | a data race with a use that nothing orders before it |

#![doc = include_str!("orderings/16.md")]

mod wrong;

use super::form::{Lab, Variant, room};
use super::orderings::{Hardware, Orderings};
use super::{Declared, Scenario, references as cited};
use crate::alloc;
use crate::cell::UnsafeCell;
use crate::check::{FailureKind, name};
use crate::sync::atomic::{AtomicUsize, Ordering::*, fence};
use crate::thread;

/// What is shared, and how many share it.
#[derive(Debug)]
pub struct Tent {
    lamp: UnsafeCell<u32>,
    inside: AtomicUsize,
}

/// The bug: counts down with Release, which the others need, and does not acquire what they released.
fn buggy(tent: &Tent) -> bool {
    tent.inside.fetch_sub(1, Release) == 1
}

/// The fix: only the last one pays for a fence. Returns whether it was the last.
pub fn fixed(tent: &Tent) -> bool {
    // ORDERING: Release; pairs with the fence of the last one.
    let last = tent.inside.fetch_sub(1, Release) == 1;
    if last {
        // ORDERING: Acquire; pairs with the Release of all who counted down before.
        fence(Acquire);
    }
    last
}

/// The same in one operation, for which everybody pays.
pub fn fixed_acq_rel(tent: &Tent) -> bool {
    // ORDERING: AcqRel; pairs with itself in the other threads.
    tent.inside.fetch_sub(1, AcqRel) == 1
}

/// A tent for so many.
pub fn pitch(inside: usize) -> Shared {
    let (lamp, inside) = (UnsafeCell::new(7), AtomicUsize::new(inside));
    Shared(alloc::into_raw(Tent { lamp, inside })) // <- fails here: wrong-look-first
}

/// One user's share of a tent.
#[derive(Clone, Copy, Debug)]
pub struct Shared(*mut Tent);

// SAFETY: the counter is to keep the tent as long as somebody uses it. Whether it does is what the lab is about.
unsafe impl Send for Shared {}

impl Shared {
    /// Looks at the lamp and leaves; takes the tent down if `leave` says so. Returns what the lamp showed.
    ///
    /// # Safety
    /// As often as the tent was pitched for, and `leave` is `true` once, when all else happened before.
    pub unsafe fn use_and_leave(self, leave: fn(&Tent) -> bool) -> u32 {
        // SAFETY: this user has not left, so the tent stands.
        let tent = unsafe { &*self.0 };
        // SAFETY: nobody writes before all have left.
        let seen = tent.lamp.with(|lamp| unsafe { *lamp });
        if leave(tent) {
            // SAFETY: the caller's promise: all else happened before. The lamp goes out, and the tent is taken down.
            tent.lamp.with_mut(|lamp| unsafe { *lamp = 0 }); // <- fails here
            // SAFETY: as above.
            let _ = unsafe { alloc::from_raw(self.0) };
        }
        seen
    }
}

/// Two use it and leave. The invariant: nobody uses it after it was taken down, and it is taken down.
fn scenario(leave: fn(&Tent) -> bool) {
    let tent = pitch(2);
    // SAFETY: nobody has left yet.
    let parts = unsafe { (&(*tent.0).inside, &(*tent.0).lamp) };
    name(parts.0, "inside");
    name(parts.1, "lamp");
    let use_it = move || {
        let tent = tent; // the whole of it, which is `Send`
        // SAFETY: two are inside, and two call it; the rest is what the variant promises, or breaks.
        unsafe { tent.use_and_leave(leave) }
    };
    let other = thread::spawn(use_it);
    assert_eq!(use_it(), 7);
    assert_eq!(other.join().unwrap(), 7);
}

const FREED: &str =
    "the lamp is put out, and the memory freed, while nothing orders the other's use before it";

pub(super) static LAB: Lab = Lab {
    number: 16,
    slug: "refcount-acquire",
    title: "The last to leave takes the tent down",
    room: room::ORDER,
    minutes: 20,
    references: &[
        cited::CWE_416,
        cited::of(
            cited::ReferenceKind::Advisory,
            "CVE-2018-25008",
            "https://nvd.nist.gov/vuln/detail/CVE-2018-25008",
        ),
        cited::of(
            cited::ReferenceKind::Issue,
            "rust-lang/rust #51780",
            "https://github.com/rust-lang/rust/issues/51780",
        ),
        cited::of(
            cited::ReferenceKind::Issue,
            "ZettaScaleLabs/stabby #139",
            "https://github.com/ZettaScaleLabs/stabby/pull/139",
        ),
    ],
    lesson: include_str!("lessons/16.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "counts down with Release, and frees",
            Declared::fails(FailureKind::DataRace),
            Scenario::undefined_natively(|| scenario(buggy), FREED),
        ),
        Variant::new(
            "fixed",
            "an Acquire fence before the free",
            Declared::verified(),
            Scenario::new(|| scenario(fixed)),
        ),
        Variant::new(
            "fixed-acq-rel",
            "counts down with AcqRel",
            Declared::verified(),
            Scenario::new(|| scenario(fixed_acq_rel)),
        ),
    ],
    orderings: Some(ORDERINGS),
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab16_refcount_acquire.rs"),
};

/// What the table of orderings is about.
const ORDERINGS: Orderings = Orderings {
    variant: "fixed",
    varied: &["inside.fetch_sub", "fence"],
    caveat: None,
    hardware: &[
        Hardware::x86(
            "The count is a locked instruction, which is a full barrier: nothing passes it either way.",
            "Nothing but a compiler that keeps the order.",
        ),
        Hardware::arm(
            "A use may still be under way when the count shows; and the branch on the count does not hold later reads.",
            "A release at the count, and an acquire or a barrier before the end.",
            &[cited::ARM_TUTORIAL, cited::ARM_V8],
        ),
    ],
    frozen: include_str!("orderings/16.md"),
};
