//! Work to hand to a pool: prime factors and factorials.
//!
//! Both are real computations whose cost differs a lot from one argument to the next, which is what makes
//! them good loads for a pool: tasks end out of order, and results must still come back in order.
//!
//! - [`factor`]: prime factors, by the slow method of a first program and by a fast one for any `u128`;
//! - [`factorial`]: exact factorials, by the running product and by a product tree.
//!
//! The two modules are pure: no threads, no input or output, no clock, no randomness. [`factor_all`],
//! [`naive_factor_all`] and [`factorials`] run them on any [`Executor`](crate::pool::Executor).
//!
//! ```
//! use racecourse::workload::{factor, factorial};
//!
//! assert_eq!(factor::factor(5_999_312), [2, 2, 2, 2, 11, 89, 383]);
//! assert_eq!(factorial::factorial(20).to_string(), "2432902008176640000");
//! ```

pub mod factor;
pub mod factorial;
mod number;
mod on_executor;
mod size;

pub use number::{ParseNumberError, ParseNumberErrorKind};
pub use on_executor::{Factor, Factorial, NaiveFactor, factor_all, factorials, naive_factor_all};
