//! A pair of SeqCst fences of which one costs nothing and the other much.

use crate::backoff::checked;
use crate::sync::atomic::{Ordering, compiler_fence, fence};
use crate::sys::membarrier;

/// Two threads each write a word of their own and then read the other's; at least one of them must see what the other
/// wrote. That takes a fence between the write and the read on both sides, some ten nanoseconds each. Where one side does
/// it all the time and the other hardly ever, the system can make both fences when the rare one is made: the common side
/// then only keeps its compiler from exchanging the two accesses.
///
/// Linux does so by `membarrier(2)` (M. Desnoyers; the idea is that of D. Dice, H. Huang and M. Yang, *Asymmetric Dekker
/// synchronization*, 2001). Elsewhere, and under a check, both are what they stand for: `fence(SeqCst)`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AsymmetricFences {
    by_system: bool,
}

impl AsymmetricFences {
    pub(crate) fn new() -> Self {
        Self {
            by_system: membarrier::register(),
        }
    }

    /// The side that does it all the time.
    #[inline]
    pub(crate) fn light(self) {
        if self.by_system && !checked() {
            compiler_fence(Ordering::SeqCst);
        } else {
            fence(Ordering::SeqCst);
        }
    }

    /// The side that does it hardly ever: about to sleep.
    pub(crate) fn heavy(self) {
        // The system has promised: it was registered for this process. If it broke its word, the light side would have
        // made no fence, and nothing would be worth going on.
        if self.by_system && !checked() {
            assert!(
                membarrier::make(),
                "membarrier(2) fails after it was registered"
            );
        } else {
            fence(Ordering::SeqCst);
        }
    }
}
