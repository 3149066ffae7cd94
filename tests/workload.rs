//! The workloads against the lecture's own output and against each other.
//!
//! | what | against |
//! |---|---|
//! | the 20 numbers of the lecture's run | its printed factors |
//! | products of primes of every size up to 64 bits | the primes they were made of |
//! | any number, by [`factor::factor`] | product, order, and a Miller–Rabin test of its own |
//! | fast factors below 10^6 | the naive ones |
//! | 1! … 48! | the lecture's last line, and each other |
//! | the same on a pool of 1, 2 and 5 threads | the same without a pool, in input order |

use num_bigint::BigUint;
use proptest::prelude::*;
use racecourse::pool::{Executor, Shutdown, TaskError, ThreadPool};
use racecourse::workload::{
    Factor, NaiveFactor, factor, factor_all, factorial, factorials, naive_factor_all,
};

/// LECTURE 9: every number of the lecture's run, with the factors it printed.
const LECTURE: [(u128, &[u128]); 20] = [
    (5_999_312, &[2, 2, 2, 2, 11, 89, 383]),
    (27_175_366, &[2, 13_587_683]),
    (13_193_645, &[5, 37, 71_317]),
    (11_026_294, &[2, 41, 47, 2_861]),
    (30_474_659, &[17, 43, 47, 887]),
    (11_600_878, &[2, 23, 252_193]),
    (12_645_941, &[7, 11, 164_233]),
    (20_106_508, &[2, 2, 23, 218_549]),
    (25_179_463, &[25_179_463]),
    (15_382_779, &[3, 73, 70_241]),
    (49_595_626, &[2, 29, 823, 1_039]),
    (6_147_277, &[6_147_277]),
    (44_304_094, &[2, 181, 122_387]),
    (41_354_114, &[2, 157, 131_701]),
    (17_934_710, &[2, 5, 23, 77_977]),
    (39_763_829, &[7, 463, 12_269]),
    (38_295_778, &[2, 19_147_889]),
    (11_053_859, &[17, 650_227]),
    (6_658_471, &[6_658_471]),
    (4_971_588, &[2, 2, 3, 23, 18_013]),
];

#[test]
fn the_lectures_run() {
    for (n, factors) in LECTURE {
        assert_eq!(factor::naive(n), factors);
        assert_eq!(factor::factor(n), factors);
        let printed = factor::sentence(n, factors).to_string();
        assert_eq!(printed, format!("The factors of {n} are {factors:?}"));
    }
}

/// A strong test to the first twelve prime bases and the extra one 41, with big-number arithmetic: shares nothing
/// with the library under test. No composite below 3.3 × 10^24 passes (Sorenson and Webster 2015); above that the
/// answer is "composite for sure" or "prime, by thirteen witnesses".
fn is_prime(n: u128) -> bool {
    const BASES: [u128; 13] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41];
    if n < 2 {
        return false;
    }
    if let Some(p) = BASES.iter().find(|p| n.is_multiple_of(**p)) {
        return n == *p;
    }
    let big = BigUint::from(n);
    let twos = (n - 1).trailing_zeros();
    let odd = BigUint::from((n - 1) >> twos);
    let minus_one = BigUint::from(n - 1);
    BASES.iter().all(|base| {
        let mut power = BigUint::from(*base).modpow(&odd, &big);
        if power == BigUint::from(1u8) || power == minus_one {
            return true;
        }
        (1..twos).any(|_| {
            power = &power * &power % &big;
            power == minus_one
        })
    })
}

fn next_prime(from: u64) -> u128 {
    let mut n = u128::from(from.max(2));
    while !is_prime(n) {
        n += 1;
    }
    n
}

#[test]
fn the_test_of_primality_knows_the_hard_ones() {
    let below_100: Vec<u128> = (0..100).filter(|n| is_prime(*n)).collect();
    assert_eq!(below_100.len(), 25);
    // Carmichael numbers, and the smallest numbers that fool the first 4, 7 and 12 bases.
    for composite in [
        561,
        41_041,
        825_265,
        3_215_031_751,
        341_550_071_728_321,
        318_665_857_834_031_151_167_461,
    ] {
        assert!(!is_prime(composite), "{composite}");
    }
    assert!(is_prime((1 << 61) - 1) && is_prime((1 << 89) - 1) && is_prime((1 << 127) - 1));
}

#[test]
fn hard_numbers_of_every_kind() {
    let power = |p: u128, e: u32| (p.pow(e), vec![p; e as usize]);
    let of = |factors: &[u128]| (factors.iter().product::<u128>(), factors.to_vec());
    for (n, factors) in [
        power(2, 127),
        power(3, 80),
        power(7, 45),
        power(65_537, 7),
        power(4_294_967_291, 3),
        power(4_294_967_291, 2),
        power(3_619_423_848_683, 3),
        power(18_446_744_073_709_551_557, 2),
        of(&[(1 << 127) - 1]),
        of(&[340_282_366_920_938_463_463_374_607_431_768_211_297]), // the largest prime below 2^128
        of(&[
            3,
            5,
            17,
            257,
            641,
            65_537,
            274_177,
            6_700_417,
            67_280_421_310_721,
        ]), // u128::MAX
        of(&[7_432_339_208_719, 341_117_531_003_194_129]),          // 2^101 - 1
        of(&[18_446_744_073_709_551_533, 18_446_744_073_709_551_557]), // the two largest 64-bit primes
        of(&[1_073_741_827, 1_073_741_831, 1_073_741_833, 1_073_741_839]),
        of(&[101, 101, 101, 103, 107, 18_446_744_073_709_551_557]),
        of(&[7, 13, 19]),
        // Around 2^64, where another library takes over.
        of(&[3, 5, 17, 257, 641, 65_537, 6_700_417]),
        power(2, 64),
        of(&[274_177, 67_280_421_310_721]), // 2^64 + 1
        of(&[18_446_744_073_709_551_557]),
        of(&[18_446_744_073_709_551_629]),
        of(&[4_294_967_279, 4_294_967_291]),
        of(&[4_294_967_291, 4_294_967_311]),
        power(2_642_239, 3),
        power(65_521, 4),
    ] {
        assert_eq!(factor::factor(n), factors, "{n}");
    }
}

#[test]
fn every_factorial_that_fits_is_factored_into_the_primes_below() {
    let mut n = 1u128;
    for k in 1..=34 {
        n *= k;
        let factors = factor::factor(n);
        assert_eq!(factors.iter().product::<u128>(), n);
        assert!(
            factors.iter().all(|p| *p <= k && is_prime(*p)),
            "{k}!: {factors:?}"
        );
    }
}

#[test]
fn forty_eight_factorials() {
    let mut before = BigUint::from(1u8);
    for (n, f) in (1u64..=48).zip(factorial::running()) {
        assert_eq!(f, before * n);
        assert_eq!(factorial::factorial(n), f);
        assert_eq!(factorial::naive(n), f);
        before = f;
    }
    assert_eq!(
        before.to_string(),
        "12413915592536072670862289047373375038521486354677760000000000"
    );
}

#[test]
fn bad_input_is_refused_by_name() {
    for (text, said) in [
        ("", "no number was given"),
        ("-1", "is negative"),
        ("2.5", "is not whole"),
        ("twelve", "is not a number"),
        ("1,000", "groups its digits"),
        ("340282366920938463463374607431768211456", "is too large"),
    ] {
        for message in [
            factor::parse(text).unwrap_err().to_string(),
            factorial::parse(text).unwrap_err().to_string(),
        ] {
            assert!(
                message.contains(text) && message.contains(said),
                "{text:?}: {message}"
            );
        }
    }
    let refused = factorial::try_factorial(1_000_000_000, factorial::DEFAULT_LIMIT_BYTES)
        .unwrap_err()
        .to_string();
    assert!(
        refused.starts_with("1000000000! would need 3.56 GB of memory"),
        "{refused}"
    );
}

#[test]
fn on_a_pool_the_answers_are_the_same_and_in_input_order() {
    let numbers: Vec<u128> = LECTURE.iter().map(|(n, _)| *n).collect();
    let factors: Vec<Vec<u128>> = LECTURE.iter().map(|(_, f)| f.to_vec()).collect();
    let expected: Vec<BigUint> = factorial::running().take(48).collect();
    for threads in [1, 2, 5] {
        let pool = ThreadPool::new(threads);
        assert_eq!(factor_all(&pool, numbers.iter().copied()), factors);
        assert_eq!(naive_factor_all(&pool, numbers.iter().copied()), factors);
        assert_eq!(factorials(&pool, 1..=48), expected);
        let streamed: Vec<_> = Executor::imap(&pool, NaiveFactor, numbers.clone()).collect();
        assert_eq!(streamed, factors);
        let mut unordered: Vec<_> =
            Executor::imap_unordered(&pool, Factor, numbers.clone()).collect();
        unordered.sort_by_key(|f| f.iter().product::<u128>());
        let mut sorted = factors.clone();
        sorted.sort_by_key(|f| f.iter().product::<u128>());
        assert_eq!(unordered, sorted);
        assert!(factor_all(&pool, []).is_empty() && factorials(&pool, []).is_empty());
    }
}

#[test]
fn a_pool_that_is_shut_down_says_so() {
    let pool = ThreadPool::new(1);
    pool.shutdown(Shutdown::Drain);
    let refused = Executor::try_map(&pool, Factor, [12]);
    assert!(matches!(refused, Err(TaskError::Shutdown)), "{refused:?}");
}

/// What must hold of any answer.
fn assert_factorisation(n: u128, factors: &[u128]) -> Result<(), TestCaseError> {
    prop_assert_eq!(factors.iter().product::<u128>(), n);
    prop_assert!(factors.is_sorted(), "{:?}", factors);
    for p in factors {
        prop_assert!(is_prime(*p), "{} of {}", p, n);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn naive_and_fast_agree_below_a_million(n in 0u128..1_000_000) {
        let factors = factor::factor(n);
        prop_assert_eq!(&factor::naive(n), &factors);
        if n > 0 {
            assert_factorisation(n, &factors)?;
        }
    }

    #[test]
    fn any_number_below_2_64(n in 1u64..) {
        assert_factorisation(n.into(), &factor::factor(n.into()))?;
    }
}

proptest! {
    // Each of these may need the sieve, which takes up to some seconds.
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn any_number_at_all(n in 1u128..) {
        assert_factorisation(n, &factor::factor(n))?;
    }

    #[test]
    fn two_primes_of_any_width(a in 2u32..=63, b in 2u32..=63, x: u64, y: u64) {
        let mut primes = [next_prime(x >> (64 - a)), next_prime(y >> (64 - b))];
        primes.sort();
        prop_assert_eq!(factor::factor(primes[0] * primes[1]), primes);
    }

    #[test]
    fn three_primes_of_any_width(a in 2u32..=40, x: u64, y: u64, z: u64) {
        let mut primes = [next_prime(x >> (64 - a)), next_prime(y >> 24), next_prime(z >> 24)];
        primes.sort();
        prop_assert_eq!(factor::factor(primes.iter().product()), primes);
    }
}
