//! Lab 44, **livelock**: two polite carts on a narrow bridge.
//!
//! Each cart needs both ends of the bridge. It takes its own end, and looks whether the other one is free. If not, it is
//! polite: it gives its end back, so that the other can pass, and begins again. Two that meet and are equally polite
//! give back, begin again, and meet. Nobody waits, everybody is busy, and nobody gets across.
//!
//! | Two carts | | How |
//! |---|---|---|
//! | both get across | allowed | somebody is first, and both know who |
//! | one gives way while the other crosses | allowed | it comes second |
//! | both give way, and both again | forbidden | they are in step, and nothing ever takes them out of it |
//!
//! A livelock has no end that a checker could wait for. So the carts count: who has to give way a second time has had
//! enough. That it can happen to *both* is the first round of a dance that has no last one.

mod wrong;

use super::form::{Lab, Variant, room};
use super::{Declared, Scenario, references as cited};
use crate::check::{FailureKind, name};
use crate::sync::atomic::{AtomicU32, Ordering::*};
use crate::sync::{Mutex, TryLockError};
use crate::thread;

/// The two ends of a bridge, and how often each cart has given way.
#[derive(Debug, Default)]
pub struct Bridge {
    ends: [Mutex<()>; 2],
    gave_way: [AtomicU32; 2],
}

const NO_TRY: &str = "loom does not explore a try_lock against other uses of the lock";

/// How often a cart gives way before it has had enough.
pub const PATIENCE: u32 = 1;

/// A cart that has given way too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exhausted;

/// The bug: both give way, and both begin again as they began.
///
/// # Errors
/// [`Exhausted`], after it has given way twice.
pub fn buggy(bridge: &Bridge, cart: usize) -> Result<(), Exhausted> {
    loop {
        let _mine = bridge.ends[cart].lock().unwrap();
        if bridge.is_free(1 - cart) {
            return Ok(());
        }
        bridge.give_way(cart)?;
    }
}

/// The fix: an order. Both take the same end first, so who has it finds the other end free, or soon free.
///
/// # Errors
/// None: nobody gives way.
pub fn fixed(bridge: &Bridge, _cart: usize) -> Result<(), Exhausted> {
    let _first = bridge.ends[0].lock().unwrap();
    let _second = bridge.ends[1].lock().unwrap();
    Ok(())
}

/// The fix by rank: cart 0 never gives way. Cart 1 does, and then takes the ends in the order of cart 0.
///
/// # Errors
/// None: nobody gives way twice.
pub fn fixed_rank(bridge: &Bridge, cart: usize) -> Result<(), Exhausted> {
    if cart == 1 {
        let _mine = bridge.ends[1].lock().unwrap();
        if bridge.is_free(0) {
            return Ok(());
        }
        bridge.give_way(cart)?;
    }
    fixed(bridge, cart)
}

impl Bridge {
    /// Whether this end is free, for whoever has the other one. Being across takes no time.
    fn is_free(&self, end: usize) -> bool {
        !matches!(self.ends[end].try_lock(), Err(TryLockError::WouldBlock))
    }

    /// How often each cart has given way.
    pub fn gave_way(&self) -> [u32; 2] {
        [0, 1].map(|cart| self.gave_way[cart].load(Relaxed))
    }

    /// Counts, and has enough after [`PATIENCE`] times.
    fn give_way(&self, cart: usize) -> Result<(), Exhausted> {
        let before = self.gave_way[cart].fetch_add(1, Relaxed);
        if before < PATIENCE {
            Ok(())
        } else {
            Err(Exhausted)
        }
    }
}

/// Two carts from the two ends. The invariant: when both have given way, one of them gets across the next time.
fn scenario(cross: fn(&Bridge, usize) -> Result<(), Exhausted>) {
    let bridge = Bridge::default();
    name(&bridge.ends[0], "west end");
    name(&bridge.ends[1], "east end");
    name(&bridge.gave_way[0], "cart 0 gave way");
    name(&bridge.gave_way[1], "cart 1 gave way");
    let crossed = thread::scope(|s| {
        let other = s.spawn(|| cross(&bridge, 1));
        [cross(&bridge, 0), other.join().unwrap()]
    });
    let stuck = crossed == [Err(Exhausted); 2];
    assert!(!stuck, "both gave way, and again, and nobody is across"); // <- fails here
}

pub(super) static LAB: Lab = Lab {
    number: 44,
    slug: "livelock",
    title: "Two polite carts on a narrow bridge",
    room: room::LIVENESS,
    minutes: 15,
    references: &[
        cited::LU_DEADLOCK,
        cited::of(
            cited::ReferenceKind::Issue,
            "mratsim/weave #43",
            "https://github.com/mratsim/weave/issues/43",
        ),
        cited::of(
            cited::ReferenceKind::Issue,
            "bitcoin/bitcoin #9674",
            "https://github.com/bitcoin/bitcoin/pull/9674",
        ),
    ],
    lesson: include_str!("lessons/44.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "both give way, and begin again",
            Declared::fails(FailureKind::Panic).unjudged_by_loom(NO_TRY),
            Scenario::new(|| scenario(buggy)),
        ),
        Variant::new(
            "fixed",
            "both take the same end first",
            Declared::verified(),
            Scenario::new(|| scenario(fixed)),
        ),
        Variant::new(
            "fixed-rank",
            "one gives way, the other never",
            Declared::verified().unjudged_by_loom(NO_TRY),
            Scenario::new(|| scenario(fixed_rank)),
        ),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab44_livelock.rs"),
};
