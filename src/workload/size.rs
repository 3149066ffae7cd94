//! The memory that a factorial takes, and a limit on it.

use std::error::Error;
use std::fmt;

/// The memory that the number `n`! takes, in bytes: its exact size or a few bytes more.
///
/// From Stirling's series, ln n! < n ln n − n + ln(2πn)/2 + 1/(12n), so it costs nothing. Computing *n*! takes some
/// six times that for a moment, and writing its decimal digits as much again.
///
/// ```
/// use racecourse::workload::factorial;
///
/// assert_eq!(factorial::bytes_needed(20), 8); // 20! is the last that fits in a u64
/// assert_eq!(factorial::bytes_needed(1_000_000_000) / 1_000_000, 3_556); // 3.6 GB
/// ```
pub fn bytes_needed(n: u64) -> u128 {
    if n < 2 {
        return 1;
    }
    let x = n as f64;
    let ln = x * x.ln() - x + (std::f64::consts::TAU * x).ln() / 2.0 + 1.0 / (12.0 * x);
    // The series is above ln n!, but not by enough to cover rounding, which is relative to its largest term.
    let bits = ln / std::f64::consts::LN_2;
    let bits = bits + x * x.log2() * 4.0 * f64::EPSILON;
    (bits.floor() as u128 + 1).div_ceil(8)
}

/// A limit for [`try_factorial`](super::factorial::try_factorial) that fits a person who waits and a machine that does other work too: 4 MiB,
/// which is up to about 1,700,000!, computed in some three seconds and written in decimal in some eight.
pub const DEFAULT_LIMIT_BYTES: u64 = 4 << 20;

/// Whether [`try_factorial`](super::factorial::try_factorial) would take `n`, without computing anything.
///
/// # Errors
///
/// The same as [`try_factorial`](super::factorial::try_factorial)'s.
pub fn check_size(n: u64, limit_bytes: u64) -> Result<(), TooLarge> {
    let needed = bytes_needed(n);
    if needed <= u128::from(limit_bytes) {
        Ok(())
    } else {
        Err(TooLarge {
            n,
            needed,
            limit_bytes,
        })
    }
}

/// The largest `n` whose factorial takes at most `limit_bytes`; 0 where even 1 does not fit.
fn largest_within(limit_bytes: u64) -> u64 {
    let fits = |n| bytes_needed(n) <= u128::from(limit_bytes);
    let (mut low, mut high) = (0, u64::MAX); // `low` fits or is 0; `high` does not, at 10^20 bytes
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        *(if fits(middle) { &mut low } else { &mut high }) = middle;
    }
    low
}

/// `n`! would not fit in the memory that was allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooLarge {
    n: u64,
    needed: u128,
    limit_bytes: u64,
}

impl TooLarge {
    /// The number whose factorial was asked for.
    pub fn n(&self) -> u64 {
        self.n
    }

    /// The memory that its factorial would need, in bytes: see [`bytes_needed`].
    pub fn needed(&self) -> u128 {
        self.needed
    }

    /// The memory that was allowed, in bytes.
    pub fn limit_bytes(&self) -> u64 {
        self.limit_bytes
    }

    /// The largest number whose factorial the limit allows.
    pub fn largest(&self) -> u64 {
        largest_within(self.limit_bytes)
    }
}

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}! would need {} of memory, and {} are allowed: give a number up to {}, or raise the limit",
            self.n,
            Bytes(self.needed),
            Bytes(self.limit_bytes.into()),
            self.largest()
        )
    }
}

impl Error for TooLarge {}

/// A number of bytes in words, with three significant digits.
struct Bytes(u128);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 7] = ["kB", "MB", "GB", "TB", "PB", "EB", "ZB"];
        if self.0 < 1000 {
            return write!(f, "{} byte{}", self.0, if self.0 == 1 { "" } else { "s" });
        }
        let mut value = self.0 as f64 / 1000.0;
        let mut units = UNITS.iter();
        let mut unit = units.next().unwrap_or(&"kB");
        for larger in units {
            if value < 999.5 {
                break;
            }
            value /= 1000.0;
            unit = larger;
        }
        let decimals = if value < 9.995 {
            2
        } else {
            usize::from(value < 99.95)
        };
        write!(f, "{value:.decimals$} {unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::super::factorial::{factorial, running, try_factorial};
    use super::*;
    use num_bigint::BigUint;

    fn bytes(number: &BigUint) -> u128 {
        u128::from(number.bits().div_ceil(8))
    }

    #[test]
    fn the_estimate_is_never_too_small_and_hardly_too_large() {
        for (n, number) in (1..=3_000).zip(running()) {
            let (estimate, exact) = (bytes_needed(n), bytes(&number));
            assert!(
                exact <= estimate && estimate <= exact + 1,
                "{n}: {exact} bytes, estimated {estimate}"
            );
        }
        assert_eq!(bytes_needed(0), 1);
        assert_eq!(bytes_needed(20), 8);
        for n in [65_536, 100_003, 200_000] {
            let (estimate, exact) = (bytes_needed(n), bytes(&factorial(n)));
            assert!(
                exact <= estimate && estimate <= exact + 1,
                "{n}: {exact} bytes, estimated {estimate}"
            );
        }
    }

    #[test]
    fn a_thousand_million_is_refused_at_once_with_the_memory_it_needs() {
        let error = try_factorial(1_000_000_000, 512 << 20).unwrap_err();
        assert_eq!(error.n(), 1_000_000_000);
        assert_eq!(error.limit_bytes(), 512 << 20);
        let message = error.to_string();
        let start = "1000000000! would need 3.56 GB of memory, and 537 MB are allowed: give a number up to 16";
        assert!(message.starts_with(start), "{message}");
        let largest = error.largest();
        assert!(bytes_needed(largest) <= 512 << 20 && bytes_needed(largest + 1) > 512 << 20);
    }

    #[test]
    fn limits_at_the_edges() {
        assert_eq!(
            try_factorial(20, 8),
            Ok(2_432_902_008_176_640_000u64.into())
        );
        assert_eq!(try_factorial(21, 8).unwrap_err().largest(), 20);
        let nothing = try_factorial(0, 0).unwrap_err();
        assert_eq!(nothing.largest(), 0);
        assert_eq!(
            nothing.to_string(),
            "0! would need 1 byte of memory, and 0 bytes are allowed: give a number up to 0, or raise the limit"
        );
        let enormous = try_factorial(u64::MAX, u64::MAX).unwrap_err();
        assert!(enormous.needed() > u128::from(u64::MAX));
        assert!(enormous.to_string().contains(" EB of memory"), "{enormous}");
        assert!(try_factorial(enormous.largest(), 0).is_err());
    }

    #[test]
    fn memory_in_words() {
        let words = |bytes| Bytes(bytes).to_string();
        assert_eq!(words(999), "999 bytes");
        assert_eq!(words(1_000), "1.00 kB");
        assert_eq!(words(12_345), "12.3 kB");
        assert_eq!(words(999_499), "999 kB");
        assert_eq!(words(999_500), "1.00 MB");
        assert_eq!(words(3_556_000_000), "3.56 GB");
        assert_eq!(words(1), "1 byte");
        assert_eq!(words(153_000_000_000_000_000_000), "153 EB");
    }
}
