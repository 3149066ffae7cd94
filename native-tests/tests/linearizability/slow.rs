//! Who is slow does not hang.

use std::sync::Mutex;
use std::time::Duration;

use crate::run::{LOOK, LaneOf, Subject, lock, run};
use crate::subjects::lock::{Lock, Op, Ret};

/// A lock that is held for about as long as it takes until it is looked who waits.
struct Slow {
    lock: Mutex<()>,
    held_for: Duration,
}

impl Subject for Slow {
    type Config = Duration;
    type Act = ();
    type Hand = ();
    type Spec = Lock;

    fn spec(_: &Duration) -> Lock {
        Lock {
            held: false,
            value: 0,
        }
    }

    fn start(held_for: &Duration, threads: usize) -> (Self, Vec<()>) {
        let this = Self {
            lock: Mutex::default(),
            held_for: *held_for,
        };
        (this, vec![(); threads])
    }

    fn perform(&self, _hand: &mut (), (): &(), lane: &mut LaneOf<'_, Self>) {
        let asked = lane.begin(Op::Lock);
        let guard = lock(&self.lock);
        lane.end(asked, Ret::Value(0));
        std::thread::sleep(self.held_for);
        let left = lane.begin(Op::Unlock { leaves: 0 });
        drop(guard);
        lane.end(left, Ret::Done);
    }
}

/// One unlocks and ends while it is looked whether the other, which waits for it, waits for ever. If it does, the tests end.
#[test]
fn who_is_slow_does_not_hang() {
    let program = vec![vec![()], vec![()]];
    for seed in 0..1_500 {
        let held_for = LOOK + Duration::from_micros(seed % 300);
        let ended = run::<Slow>(&held_for, &program, seed, Duration::from_secs(20));
        assert!(ended.is_ok(), "{ended:?}");
    }
}
