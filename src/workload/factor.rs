//! Prime factors of a whole number, by a slow method and by a fast one.
//!
//! | | [`naive`] | [`factor()`] |
//! |---|---|---|
//! | method | trial division by every number, as in a first program | trial division, Pollard's rho, SQUFOF, quadratic sieve |
//! | a prime near 50 million | 50 million divisions: 0.2 s | some µs |
//! | a product of two 64-bit primes | thousands of years | under 1 s |
//! | use it for | a load whose cost is easy to see and to predict | the answer |
//!
//! Both return the factors in ascending order, each as often as it divides the number, and agree on the two
//! numbers that are not a product of primes: 1 is the empty product, so its factors are `[]`; 0 is divided by
//! every prime, so it has no factorisation, and is given back as `[0]` (as PARI/GP and SymPy do). So the product of the
//! result is always the argument. [`sentence`] puts both cases into words.

use super::number::{self, ParseNumberError};
use std::fmt;
use std::ops::ControlFlow;

/// The prime factors of `n` in ascending order, each as often as it divides `n`.
///
/// Fast for every `u128`: some microseconds below 10^12, some milliseconds below 2^64, mostly under a second above; five
/// seconds in the worst case found, a product of two primes with 112 bits. On one core, without threads.
///
/// That the results are prime is a Baillie–PSW test's word: proven below 2^64, and no counterexample is known
/// above. `factor(1)` is `[]` and `factor(0)` is `[0]`: see the [module](self).
///
/// The work is done by two libraries. Below 2^64 by [`num-prime`](https://docs.rs/num-prime): Pollard's rho (Pollard 1975,
/// Brent 1980), then square forms (SQUFOF: Shanks 1975), in machine words. Above by [`puremp`](https://docs.rs/puremp): Pollard's
/// rho for small factors, then the quadratic sieve (Pomerance 1985), which needs the same time however large the smaller
/// factor is.
///
/// ```
/// use racecourse::workload::factor;
///
/// assert_eq!(factor::factor(360), [2, 2, 2, 3, 3, 5]);
/// assert_eq!(factor::factor(25_179_463), [25_179_463]);
/// assert_eq!(factor::factor(u128::MAX)[..4], [3, 5, 17, 257]);
/// ```
///
/// # Panics
///
/// If a library's answer does not multiply out to `n`. That is a bug in it and never known to happen.
pub fn factor(n: u128) -> Vec<u128> {
    if n == 0 {
        return vec![0];
    }
    let factors = match u64::try_from(n) {
        Ok(n) => of_a_word(n),
        Err(_) => of_more(n),
    };
    // A wrong factorisation is worse than none, and this check costs nothing beside the search.
    let product = factors
        .iter()
        .try_fold(1u128, |product, f| product.checked_mul(*f));
    assert_eq!(
        product,
        Some(n),
        "the library's prime factors of {n} are {factors:?}; please report it"
    );
    factors
}

fn of_a_word(n: u64) -> Vec<u128> {
    let powers = num_prime::nt_funcs::factorize64(n).into_iter();
    powers
        .flat_map(|(prime, power)| std::iter::repeat_n(u128::from(prime), power))
        .collect()
}

fn of_more(n: u128) -> Vec<u128> {
    let (mut factors, rest) = strip_small_beside_cube(n);
    let root = exact_cube_root(rest);
    for _ in 0..if root.is_some() { 3 } else { 1 } {
        let found = puremp::Nat::from_u128(root.unwrap_or(rest)).factorize();
        factors.extend(found.iter().filter_map(puremp::Nat::to_u128));
    }
    factors.sort_unstable();
    factors
}

// The sieve cannot split the cube of a prime: every congruence of squares that it finds is trivial. The library
// then tries elliptic curves, half a minute long. Its rho finds primes up to 35 bits before it comes to the sieve, so
// only a larger prime's cube is a trouble, alone or times a number that has at most the remaining 23 bits.

/// Divides out of `n` every prime that can stand beside the cube of a prime above 2^35.
fn strip_small_beside_cube(n: u128) -> (Vec<u128>, u128) {
    let (mut factors, mut rest) = (Vec::new(), n);
    let twos_then_odd = std::iter::once(2).chain((3..).step_by(2));
    for divisor in twos_then_odd.take_while(|divisor| *divisor <= n >> 105) {
        while rest.is_multiple_of(divisor) {
            factors.push(divisor);
            rest /= divisor;
        }
        if rest >> 105 == 0 {
            break;
        }
    }
    (factors, rest)
}

/// The number above 1 whose cube is `n`, if there is one.
fn exact_cube_root(n: u128) -> Option<u128> {
    // The root has at most 43 bits, so the float is off by one at the most.
    let near = (n as f64).cbrt().round() as u128;
    (near.saturating_sub(1).max(2)..=near + 1).find(|root| root.checked_pow(3) == Some(n))
}

/// The prime factors of `n` by recursive trial division, the way a first program does it: every number from 2
/// to `n` − 2 is tried, and the first that divides splits `n` in two, which are factored the same way.
///
/// It goes on past the square root, needlessly: a prime costs `n` − 3 divisions. Do not use it for a number
/// with a prime factor above 10^10: nothing stops it. [`naive_watched`] can be stopped.
///
/// `naive(1)` is `[]` and `naive(0)` is `[0]`: see the [module](self).
///
/// ```
/// use racecourse::workload::factor;
///
/// assert_eq!(factor::naive(5_999_312), [2, 2, 2, 2, 11, 89, 383]);
/// ```
pub fn naive(n: u128) -> Vec<u128> {
    if n == 1 {
        return Vec::new();
    }
    for divisor in 2..n.saturating_sub(1) {
        if n.is_multiple_of(divisor) {
            let mut factors = naive(divisor);
            factors.extend(naive(n / divisor));
            return factors;
        }
    }
    vec![n]
}

/// The largest number of divisions that [`naive`] can need for `n`, which is what it needs when `n` is prime:
/// a bound to judge a progress by, or to refuse a job by.
///
/// ```
/// use racecourse::workload::factor;
///
/// assert_eq!(factor::naive_cost(25_179_463), 25_179_460);
/// ```
pub const fn naive_cost(n: u128) -> u128 {
    n.saturating_sub(3)
}

/// As [`naive`], telling `watch` from time to time how many divisions were done, so that a progress can be shown
/// and the search be given up.
///
/// `watch` is called before each 65,536 divisions (some tenths of a millisecond), the first time with 0.
/// The count grows up to [`naive_cost`] for a prime; for other numbers it ends earlier.
///
/// # Errors
///
/// Returns `watch`'s value when it says [`ControlFlow::Break`].
///
/// ```
/// use racecourse::workload::factor;
/// use std::ops::ControlFlow;
///
/// let given_up = factor::naive_watched(u128::MAX / 2, |divisions| {
///     if divisions < 1_000_000 { ControlFlow::Continue(()) } else { ControlFlow::Break("too slow") }
/// });
/// assert_eq!(given_up, Err("too slow")); // 2^127 - 1 is prime
/// ```
pub fn naive_watched<B>(
    n: u128,
    mut watch: impl FnMut(u128) -> ControlFlow<B>,
) -> Result<Vec<u128>, B> {
    fn search<B>(
        n: u128,
        done: &mut u128,
        watch: &mut dyn FnMut(u128) -> ControlFlow<B>,
    ) -> Result<Vec<u128>, B> {
        if n == 1 {
            return Ok(Vec::new());
        }
        for divisor in 2..n.saturating_sub(1) {
            if done.is_multiple_of(WATCH_EVERY)
                && let ControlFlow::Break(value) = watch(*done)
            {
                return Err(value);
            }
            *done += 1;
            if n.is_multiple_of(divisor) {
                let mut factors = search(divisor, done, watch)?;
                factors.extend(search(n / divisor, done, watch)?);
                return Ok(factors);
            }
        }
        Ok(vec![n])
    }
    search(n, &mut 0, &mut watch)
}

const WATCH_EVERY: u128 = 1 << 16;

/// Reads the number that a person gave to be factored.
///
/// Taken: decimal digits with blanks around them, a `+` before, `_` between two digits.
///
/// # Errors
///
/// For anything else, such as nothing at all, text, a negative number, a fraction, `1,000`, or a number above
/// `u128::MAX`, with a message that names the text and the remedy.
///
/// ```
/// use racecourse::workload::factor;
///
/// assert_eq!(factor::parse(" 50_000_000 "), Ok(50_000_000));
/// assert!(factor::parse("1.5").is_err());
/// ```
pub fn parse(text: &str) -> Result<u128, ParseNumberError> {
    number::parse(text, u128::MAX)
}

/// The answer in words: `The factors of 5999312 are [2, 2, 2, 2, 11, 89, 383]`.
///
/// 0 and 1, which have no prime factors, get a sentence that says why.
///
/// ```
/// use racecourse::workload::factor::{factor, sentence};
///
/// assert_eq!(sentence(12, &factor(12)).to_string(), "The factors of 12 are [2, 2, 3]");
/// assert_eq!(
///     sentence(1, &factor(1)).to_string(),
///     "The factors of 1 are []: it is the product of no primes"
/// );
/// assert_eq!(
///     sentence(0, &factor(0)).to_string(),
///     "0 has no prime factors: every prime divides it"
/// );
/// ```
pub fn sentence(n: u128, factors: &[u128]) -> impl fmt::Display + '_ {
    fmt::from_fn(move |f| match n {
        0 => write!(f, "0 has no prime factors: every prime divides it"),
        1 => write!(f, "The factors of 1 are []: it is the product of no primes"),
        _ => write!(f, "The factors of {n} are {factors:?}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_small_ones_by_hand() {
        let expected: [&[u128]; 13] = [
            &[0],
            &[],
            &[2],
            &[3],
            &[2, 2],
            &[5],
            &[2, 3],
            &[7],
            &[2, 2, 2],
            &[3, 3],
            &[2, 5],
            &[11],
            &[2, 2, 3],
        ];
        for (n, factors) in (0..).zip(expected) {
            assert_eq!(factor(n), factors, "factor({n})");
            assert_eq!(naive(n), factors, "naive({n})");
        }
    }

    #[test]
    fn naive_and_fast_agree_on_every_small_number() {
        for n in 0..5_000 {
            assert_eq!(naive(n), factor(n), "{n}");
        }
    }

    #[test]
    fn cubes_are_found_and_nothing_else() {
        for root in (2..2_000).chain([3_619_423_848_683, 6_981_463_658_331]) {
            let cube: u128 = root * root * root;
            assert_eq!(exact_cube_root(cube), Some(root));
            assert_eq!(exact_cube_root(cube - 1), None);
            assert_eq!(exact_cube_root(cube + 1), None);
        }
        assert_eq!(exact_cube_root(0), None);
        assert_eq!(exact_cube_root(1), None);
        assert_eq!(exact_cube_root(u128::MAX), None);
    }

    #[test]
    fn cubes_of_large_primes_with_small_company() {
        let prime: u128 = 34_359_738_421; // the first above 2^35
        for small in [&[][..], &[2], &[2, 2, 3], &[8_388_593]] {
            let mut factors = small.to_vec();
            factors.extend([prime; 3]);
            assert_eq!(factor(factors.iter().product()), factors);
        }
    }

    #[test]
    fn watching_changes_nothing_and_counts_the_divisions() {
        let mut told = Vec::new();
        let watched: Result<_, ()> = naive_watched(200_003, |done| {
            told.push(done);
            ControlFlow::Continue(())
        });
        assert_eq!(watched, Ok(vec![200_003]));
        assert_eq!(told, [0, 65_536, 131_072, 196_608]);
        assert!(told[3] <= naive_cost(200_003));
        assert_eq!(
            naive_watched::<()>(1, |_| ControlFlow::Continue(())),
            Ok(vec![])
        );
        assert_eq!(
            naive_watched::<()>(0, |_| ControlFlow::Continue(())),
            Ok(vec![0])
        );
        assert_eq!(
            naive_watched(9, |_| ControlFlow::Break("at once")),
            Err("at once")
        );
    }

    #[test]
    fn the_cost_is_a_bound_that_a_prime_reaches() {
        assert_eq!([0, 1, 2, 3, 4, 5].map(naive_cost), [0, 0, 0, 0, 1, 2]);
        for n in 0..200 {
            let mut divisions = 0;
            let watched = naive_counted(n, &mut divisions);
            assert_eq!(watched, naive(n));
            assert!(divisions <= naive_cost(n), "{n}: {divisions}");
            if n > 3 && watched == [n] {
                assert_eq!(divisions, naive_cost(n), "{n}");
            }
        }
    }

    /// The naive method once more, counting each division.
    fn naive_counted(n: u128, divisions: &mut u128) -> Vec<u128> {
        for divisor in 2..n.saturating_sub(1) {
            *divisions += 1;
            if n.is_multiple_of(divisor) {
                let mut factors = naive_counted(divisor, divisions);
                factors.extend(naive_counted(n / divisor, divisions));
                return factors;
            }
        }
        if n == 1 { vec![] } else { vec![n] }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn naive_watched_is_naive(n in 0u128..20_000) {
            prop_assert_eq!(naive_watched::<()>(n, |_| ControlFlow::Continue(())), Ok(naive(n)));
        }
    }
}
