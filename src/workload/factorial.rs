//! Exact factorials of any size.
//!
//! - [`running`]: 1!, 2!, 3!, … one after another, each from the one before;
//! - [`naive`]: a single *n*! by that running product: *n* multiplications of a long number by a short one, O(n²) word operations and more;
//! - [`factorial()`]: a single *n*! by a product tree, which multiplies numbers of like length and so gains from the library's
//!   fast multiplication: for 100,000! over twenty times faster;
//! - [`try_factorial`]: the same, but refuses an `n` whose factorial would not fit in a given memory.
//!
//! ```
//! use racecourse::workload::factorial;
//!
//! let last = factorial::running().take(48).last().unwrap();
//! assert_eq!(last.to_string(), "12413915592536072670862289047373375038521486354677760000000000");
//! assert_eq!(factorial::factorial(48), last);
//! ```

use super::number::{self, ParseNumberError};
pub use super::size::{DEFAULT_LIMIT_BYTES, TooLarge, bytes_needed, check_size};
pub use num_bigint::BigUint;
use std::iter::FusedIterator;

/// 1!, 2!, 3!, … without end, each computed from the one before.
///
/// ```
/// use racecourse::workload::factorial;
///
/// let five: Vec<String> = factorial::running().take(5).map(|f| f.to_string()).collect();
/// assert_eq!(five, ["1", "2", "6", "24", "120"]);
/// ```
pub fn running() -> Running {
    Running {
        next: 1,
        product: BigUint::from(1u8),
    }
}

/// The iterator that [`running`] returns.
#[derive(Clone, Debug)]
pub struct Running {
    next: u64,
    product: BigUint,
}

impl Iterator for Running {
    type Item = BigUint;

    fn next(&mut self) -> Option<BigUint> {
        self.product *= self.next;
        self.next += 1;
        Some(self.product.clone())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (usize::MAX, None)
    }
}

impl FusedIterator for Running {}

/// `n`! by multiplying 1, 2, … `n` in that order. 0! is 1.
///
/// Nothing limits the memory or the time: see [`try_factorial`].
///
/// ```
/// use racecourse::workload::factorial;
///
/// assert_eq!(factorial::naive(5), 120u8.into());
/// ```
pub fn naive(n: u64) -> BigUint {
    let mut product = BigUint::from(1u8);
    for k in 2..=n {
        product *= k;
    }
    product
}

/// `n`! by a product tree: the range 1..=`n` is halved again and again and the halves' products are multiplied.
/// 0! is 1.
///
/// 100,000! takes some 30 ms, 1,000,000! some 1.4 s. Nothing limits the memory or the time: see [`try_factorial`].
///
/// ```
/// use racecourse::workload::factorial;
///
/// assert_eq!(factorial::factorial(0), 1u8.into());
/// assert_eq!(factorial::factorial(25).to_string(), "15511210043330985984000000");
/// ```
pub fn factorial(n: u64) -> BigUint {
    product(1, n)
}

/// The product of `first..=last`, or 1 where that is empty.
fn product(first: u64, last: u64) -> BigUint {
    // Below this length the leaves' bookkeeping costs more than the shorter operands save.
    const LEAF: u64 = 32;
    if first > last || last - first < LEAF {
        // Factors are gathered in one word before each long multiplication.
        let mut long = BigUint::from(1u8);
        let mut word = 1u64;
        for k in first..=last {
            match word.checked_mul(k) {
                Some(more) => word = more,
                None => {
                    long *= word;
                    word = k;
                }
            }
        }
        return long * word;
    }
    let middle = first + (last - first) / 2;
    product(first, middle) * product(middle + 1, last)
}

/// `n`!, or an error if the number would take more than `limit_bytes` of memory (see [`bytes_needed`]).
///
/// [`DEFAULT_LIMIT_BYTES`] is a reasonable limit. The time grows with about the power 1.5 of the size.
///
/// # Errors
///
/// [`TooLarge`] names the memory that `n`! would need, and the largest number that the limit allows.
///
/// ```
/// use racecourse::workload::factorial::{DEFAULT_LIMIT_BYTES, try_factorial};
///
/// assert_eq!(try_factorial(5, DEFAULT_LIMIT_BYTES), Ok(120u8.into()));
///
/// let error = try_factorial(1_000_000_000, DEFAULT_LIMIT_BYTES).unwrap_err();
/// assert_eq!(error.needed(), 3_556_832_229);
/// ```
pub fn try_factorial(n: u64, limit_bytes: u64) -> Result<BigUint, TooLarge> {
    check_size(n, limit_bytes).map(|()| factorial(n))
}

/// Reads the number that a person gave to take the factorial of.
///
/// Taken: decimal digits with blanks around them, a `+` before, `_` between two digits; up to `u64::MAX`.
/// Whether its factorial fits in memory is [`try_factorial`]'s question.
///
/// # Errors
///
/// For anything else: see [`factor::parse`](super::factor::parse).
///
/// ```
/// use racecourse::workload::factorial;
///
/// assert_eq!(factorial::parse("48"), Ok(48));
/// assert!(factorial::parse("-1").unwrap_err().to_string().starts_with(r#""-1" is negative"#));
/// ```
pub fn parse(text: &str) -> Result<u64, ParseNumberError> {
    // The cast loses nothing: the limit is u64::MAX.
    number::parse(text, u64::MAX.into()).map(|n| n as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_lectures_last_line() {
        let f48 = "12413915592536072670862289047373375038521486354677760000000000";
        assert_eq!(factorial(48).to_string(), f48);
        assert_eq!(naive(48).to_string(), f48);
        assert_eq!(running().nth(47).unwrap().to_string(), f48);
    }

    #[test]
    fn tree_naive_and_running_product_agree() {
        assert_eq!((factorial(0), naive(0)), (1u8.into(), 1u8.into()));
        for (n, expected) in (1..=700).zip(running()) {
            assert_eq!(factorial(n), expected, "{n}");
            assert_eq!(naive(n), expected, "{n}");
        }
    }

    #[test]
    fn a_large_one_has_the_known_number_of_digits_and_zeros() {
        let text = factorial(10_000).to_string();
        assert_eq!(text.len(), 35_660);
        assert!(text.starts_with("28462596809170545189"));
        assert_eq!(text.len() - text.trim_end_matches('0').len(), 2_499);
    }

    #[test]
    fn the_largest_number_read_is_a_u64() {
        assert_eq!(parse("18446744073709551615"), Ok(u64::MAX));
        let message = parse("18446744073709551616").unwrap_err().to_string();
        assert!(
            message.ends_with("is too large: the largest number taken is 18446744073709551615"),
            "{message}"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn product_tree_is_the_running_product(n in 0u64..3_000) {
            prop_assert_eq!(factorial(n), naive(n));
        }

        #[test]
        fn neighbours_divide(n in 1u64..2_000) {
            prop_assert_eq!(factorial(n), factorial(n - 1) * n);
        }

        #[test]
        fn any_range_is_a_quotient_of_factorials(first in 1u64..400, length in 0u64..400) {
            let last = first + length;
            prop_assert_eq!(product(first, last) * naive(first - 1), naive(last));
        }
    }
}
