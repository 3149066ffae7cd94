//! [`std::hint`], under the same names.

pub use core::hint::{assert_unchecked, black_box, unreachable_unchecked};

/// See [`std::hint::spin_loop`]. A check takes it as a promise that the loop waits for another thread:
/// it lets the others go on. A loop without the hint is explored until it is given up as endless.
#[cfg_attr(feature = "check", track_caller)]
#[inline]
pub fn spin_loop() {
    #[cfg(feature = "check")]
    if let Some(x) = crate::check::execution::current() {
        x.pause(
            crate::check::Operation::SpinHint,
            core::panic::Location::caller(),
        );
        return;
    }
    core::hint::spin_loop();
}
