//! Lab 5, **double-read**: the last guest leaves between the question and the cake.
//!
//! A cake of twelve pieces is shared among the guests. The hostess asks whether there are any guests, and then divides by
//! their number. Both times she looks at the same atomic number, and it need not be the same: the last guest may have left.
//! Every read is atomic. Two reads are two answers.
//!
//! | The hostess | | How |
//! |---|---|---|
//! | gives 12 pieces to the one guest | allowed | she looked before the guest left |
//! | keeps the cake | allowed | she looked after |
//! | divides by zero | forbidden | she looked twice: before, and after |

mod wrong;

use super::form::{Lab, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};
use crate::thread;

/// How many pieces the cake has.
pub const PIECES: u32 = 12;

/// Who is there.
#[derive(Debug, Default)]
pub struct Party {
    /// The guests.
    pub guests: AtomicU32,
    /// One of the wrong fixes has a lock.
    door: Mutex<()>,
}

/// The bug: one read to decide, another to divide. Returns the share of a guest, `None` if there are no guests.
pub fn buggy(party: &Party) -> Option<u32> {
    if party.guests.load(Relaxed) > 0 {
        Some(PIECES / party.guests.load(Relaxed)) // <- fails here
    } else {
        None
    }
}

/// The fix: read once, then decide and divide with what was read.
pub fn fixed(party: &Party) -> Option<u32> {
    let guests = party.guests.load(Relaxed);
    (guests > 0).then(|| PIECES / guests)
}

/// The fix with an operation that does not need the question.
pub fn fixed_checked(party: &Party) -> Option<u32> {
    PIECES.checked_div(party.guests.load(Relaxed))
}

/// The only guest leaves while the cake is cut. The invariant: whoever gets a share gets all of the cake.
fn scenario(share: fn(&Party) -> Option<u32>) {
    let party = Party::default();
    name(&party.guests, "guests");
    name(&party.door, "door");
    party.guests.store(1, Relaxed);
    let share = thread::scope(|s| {
        s.spawn(|| party.guests.fetch_sub(1, Relaxed));
        share(&party)
    });
    assert!(matches!(share, None | Some(PIECES)), "a share: {share:?}");
}

pub(super) static LAB: Lab = Lab {
    number: 5,
    slug: "double-read",
    title: "The last guest leaves between the question and the cake",
    room: room::ATOMICITY,
    minutes: 10,
    references: &[
        cited::of(
            cited::ReferenceKind::Cert,
            "CERT CON40-C",
            "https://wiki.sei.cmu.edu/confluence/display/c/CON40-C.+Do+not+refer+to+an+atomic+variable+twice+in+an+expression",
        ),
        cited::LU_ATOMICITY,
        cited::QIN_ATOMIC,
    ],
    lesson: include_str!("lessons/05.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "one read to decide, another to divide",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| scenario(buggy)),
        ),
        Variant::new(
            "fixed",
            "read once",
            Declared::verified(),
            Scenario::new(|| scenario(fixed)),
        ),
        Variant::new(
            "fixed-checked",
            "checked_div of one read",
            Declared::verified(),
            Scenario::new(|| scenario(fixed_checked)),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab05_double_read.rs"),
};
