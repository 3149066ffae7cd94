//! The workloads on any pool.

use super::{factor, factorial};
use crate::pool::{Accepts, Call, Executor, Function};
use num_bigint::BigUint;

/// [`factor::factor`] as a type, for [`Executor`]'s methods.
///
/// ```
/// use racecourse::pool::{Executor, ThreadPool};
/// use racecourse::workload::Factor;
///
/// let pool = ThreadPool::new(2);
/// let answers = Executor::imap(&pool, Factor, [6, 35]);
/// assert_eq!(answers.collect::<Vec<_>>(), [[2, 3], [5, 7]]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "process", derive(serde::Serialize, serde::Deserialize))]
pub struct Factor;

impl Function<u128> for Factor {
    type Output = Vec<u128>;

    fn call(&self, n: u128) -> Vec<u128> {
        factor::factor(n)
    }
}

/// [`factor::naive`] as a type, for [`Executor`]'s methods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "process", derive(serde::Serialize, serde::Deserialize))]
pub struct NaiveFactor;

impl Function<u128> for NaiveFactor {
    type Output = Vec<u128>;

    fn call(&self, n: u128) -> Vec<u128> {
        factor::naive(n)
    }
}

/// [`factorial::factorial`] as a type, for [`Executor`]'s methods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "process", derive(serde::Serialize, serde::Deserialize))]
pub struct Factorial;

impl Function<u64> for Factorial {
    type Output = BigUint;

    fn call(&self, n: u64) -> BigUint {
        factorial::factorial(n)
    }
}

#[cfg(feature = "process")]
mod remote {
    use super::{Factor, Factorial, NaiveFactor};

    crate::remote!(impl Function<u128> for Factor);
    crate::remote!(impl Function<u128> for NaiveFactor);
    crate::remote!(impl Function<u64> for Factorial);
}

// Each number is a task of its own: their costs differ so much that a chunk could hold all the hard ones, and the
// least of them costs more than a task does.

/// The prime factors of each of `numbers`, in their order, found on `executor`: [`factor::factor`].
///
/// # Panics
///
/// If the executor is shut down; [`Executor::try_map`] with [`Factor`] returns that as an error instead.
///
/// ```
/// use racecourse::pool::ThreadPool;
/// use racecourse::workload::factor_all;
///
/// let factors = factor_all(&ThreadPool::new(2), [5_999_312, 25_179_463]);
/// assert_eq!(factors, [vec![2, 2, 2, 2, 11, 89, 383], vec![25_179_463]]);
/// ```
#[track_caller]
pub fn factor_all<E>(executor: &E, numbers: impl IntoIterator<Item = u128>) -> Vec<Vec<u128>>
where
    E: Accepts<Call<Factor, u128>>,
{
    Executor::map_chunked(executor, Factor, numbers, 1)
}

/// As [`factor_all`], by [`factor::naive`]: the lecture's `pool.map(prime_factor, …)`.
///
/// # Panics
///
/// If the executor is shut down.
///
/// ```
/// use racecourse::pool::ThreadPool;
/// use racecourse::workload::naive_factor_all;
///
/// assert_eq!(naive_factor_all(&ThreadPool::new(2), [12, 13]), [vec![2, 2, 3], vec![13]]);
/// ```
#[track_caller]
pub fn naive_factor_all<E>(executor: &E, numbers: impl IntoIterator<Item = u128>) -> Vec<Vec<u128>>
where
    E: Accepts<Call<NaiveFactor, u128>>,
{
    Executor::map_chunked(executor, NaiveFactor, numbers, 1)
}

/// *n*! for each of `numbers`, in their order, computed on `executor`: [`factorial::factorial`].
///
/// Every number is held in memory at the end. For many or long ones use [`Executor::imap`] with [`Factorial`], which
/// hands them over one by one; [`factorial::check_size`] tells what is too long.
///
/// # Panics
///
/// If the executor is shut down.
///
/// ```
/// use racecourse::pool::ThreadPool;
/// use racecourse::workload::factorials;
///
/// let all = factorials(&ThreadPool::new(2), 1..=48);
/// assert_eq!(all[47].to_string(), "12413915592536072670862289047373375038521486354677760000000000");
/// ```
#[track_caller]
pub fn factorials<E>(executor: &E, numbers: impl IntoIterator<Item = u64>) -> Vec<BigUint>
where
    E: Accepts<Call<Factorial, u64>>,
{
    Executor::map_chunked(executor, Factorial, numbers, 1)
}
