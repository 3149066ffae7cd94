//! The latch.

use std::fmt::{self, Display};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use proptest::prelude::*;
use racecourse::Latch;

use crate::checker::Spec;
use crate::programs::{holds, program};
use crate::run::{LaneOf, Subject};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    CountDown,
    Wait,
    WaitTimeout,
    Remaining,
}

impl Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CountDown => "count_down",
            Self::Wait => "wait",
            Self::WaitTimeout => "wait_timeout",
            Self::Remaining => "remaining",
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Arrivals(usize);

/// How many are awaited still, where that is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Awaited(Option<usize>);

impl Display for Awaited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(count) => write!(f, "{count}"),
            None => write!(f, "done"),
        }
    }
}

impl Spec for Arrivals {
    type Op = Step;
    type Ret = Awaited;

    fn step(&self, _call: usize, op: &Step, _point: u8, ret: Option<&Awaited>) -> Option<Self> {
        let gives = match op {
            Step::CountDown => {
                return self.0.checked_sub(1).map(Self);
            }
            Step::Wait if self.0 > 0 => return None,
            Step::Wait => None,
            Step::WaitTimeout | Step::Remaining => Some(self.0),
        };
        ret.is_none_or(|ret| ret.0 == gives).then(|| self.clone())
    }
}

struct Gate {
    latch: Latch,
    /// Somebody from outside has counted down for those that all wait for: the others would be too many.
    released: AtomicBool,
}

impl Subject for Gate {
    /// How many arrivals the latch awaits.
    type Config = usize;
    type Act = Step;
    type Hand = ();
    type Spec = Arrivals;

    fn spec(count: &usize) -> Arrivals {
        Arrivals(*count)
    }

    fn start(count: &usize, threads: usize) -> (Self, Vec<()>) {
        let gate = Self {
            latch: Latch::new(*count),
            released: AtomicBool::new(false),
        };
        (gate, vec![(); threads])
    }

    fn perform(&self, _hand: &mut (), act: &Step, lane: &mut LaneOf<'_, Self>) {
        let latch = &self.latch;
        if matches!(act, Step::CountDown) && self.released.load(Ordering::SeqCst) {
            return;
        }
        lane.plain(*act, || {
            Awaited(match act {
                Step::CountDown => {
                    latch.count_down();
                    None
                }
                Step::Wait => {
                    latch.wait();
                    None
                }
                Step::WaitTimeout => Some(
                    latch
                        .wait_timeout(Duration::from_micros(50))
                        .map_or_else(|late| late.remaining(), |()| 0),
                ),
                Step::Remaining => Some(latch.remaining()),
            })
        });
    }

    fn release(&self, lane: &mut LaneOf<'_, Self>) {
        // First, or one who is let go would count too.
        self.released.store(true, Ordering::SeqCst);
        while !self.latch.is_open() {
            lane.plain(Step::CountDown, || {
                self.latch.count_down();
                Awaited(None)
            });
        }
    }
}

#[test]
fn the_latch_opens_once_all_have_arrived() {
    let act = prop_oneof![
        3 => Just(Step::CountDown),
        3 => Just(Step::Wait),
        1 => Just(Step::WaitTimeout),
        1 => Just(Step::Remaining),
    ];
    let programs = program(act, 3, 3).prop_flat_map(|program| {
        let arrivals = program.iter().flatten();
        let arrivals = arrivals
            .filter(|step| matches!(step, Step::CountDown))
            .count();
        (arrivals..=arrivals + 2, Just(program))
    });
    holds::<Gate>(programs);
}
