//! Wrong fixes of lab 65, producer-consumer.

use super::*;
use crate::labs::form::WrongFixes;

/// Waits with empty hands until there is a plate, and leaves its permit where it is. The second wait, with the shelf locked, is
/// then none.
fn wrong_look_first(hatch: &Hatch) -> u32 {
    hatch.plates.wait();
    hatch.plates.signal();
    let mut shelf = hatch.shelf.lock().unwrap();
    hatch.plates.wait();
    let plate = shelf.pop_front().expect("a plate for each permit");
    hatch.free.signal();
    plate
}

/// The waiters wait with empty hands now. So that the place is still free when it comes to put a plate there, the cook locks
/// the shelf first.
fn wrong_other_side(hatch: &Hatch, plate: u32) {
    let mut shelf = hatch.shelf.lock().unwrap();
    hatch.free.wait(); // <- fails here: wrong-other-side
    shelf.push_back(plate);
    hatch.plates.signal();
}

/// The cook rings before the plate is there, so that the waiter is on its way meanwhile.
fn wrong_announced(hatch: &Hatch, plate: u32) {
    hatch.free.wait();
    hatch.plates.signal();
    hatch.place(plate);
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::new(
            "wrong-look-first",
            "locks the shelf once it has seen a plate",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| {
                scenario(Way {
                    put,
                    take: wrong_look_first,
                })
            }),
        )
        .because(
            "Both waiters see the one plate. The first takes it; the second locks an empty shelf, and waits there as before.",
        ),
        Variant::new(
            "wrong-other-side",
            "the waiters wait outside of the lock, the cook inside",
            Declared::fails(FailureKind::Deadlock),
            Scenario::new(|| {
                scenario(Way {
                    put: wrong_other_side,
                    take: fixed,
                })
            }),
        )
        .because(
            "A permit for a free place cannot be taken away by others, so nothing is won by the lock; and a cook who waits \
             for a place with the shelf locked keeps out the waiter who would make one.",
        ),
        Variant::new(
            "wrong-announced",
            "the cook signals before the plate is on the shelf",
            Declared::fails(FailureKind::Panic),
            Scenario::new(|| {
                scenario(Way {
                    put: wrong_announced,
                    take: fixed,
                })
            }),
        )
        .because(
            "The permit says that there is a plate, and somebody acts on it. It must be signalled when it is true, not when it \
             will be.",
        ),
    ],
);
