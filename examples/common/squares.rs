//! Sums of squares: work that needs nothing but a core, and whose result is known beforehand.

use std::hint::black_box;

/// The sum of the squares from `start` to before `end`, modulo 2^64.
pub fn squares(start: u64, end: u64) -> u64 {
    let mut sum = 0u64;
    for n in start..end {
        // Unknown to the compiler, which else replaces the loop by a formula.
        let n = black_box(n);
        sum = sum.wrapping_add(n.wrapping_mul(n));
    }
    sum
}

/// 0² + 1² + … + (count−1)² modulo 2^64, by the formula.
pub fn sum_of_squares_below(count: u64) -> u64 {
    // (n−1)n(2n−1)/6, dividing where it goes before the product can overflow.
    let (mut a, mut b, mut c) = (
        u128::from(count.saturating_sub(1)),
        u128::from(count),
        (2 * u128::from(count)).saturating_sub(1),
    );
    for divisor in [2, 3] {
        for part in [&mut a, &mut b, &mut c] {
            if part.is_multiple_of(divisor) {
                *part /= divisor;
                break;
            }
        }
    }
    (a as u64).wrapping_mul(b as u64).wrapping_mul(c as u64)
}
