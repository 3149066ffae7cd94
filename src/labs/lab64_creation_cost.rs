//! Lab 64, **creation-cost**: what it costs to have somebody to do the work.
//!
//! A thread, a process and a task of a pool are three ways to say "somebody do this". What is said costs something before
//! any work is done: a process the most, a thread less, a task of a pool that is there already the least. Whether that is
//! much depends on the work. Here it is the lecture's own: 1! to 48!, a task each. All of them together, in one loop, take
//! about as long as one task takes to be handed over.
//!
//! This lab is measured, not checked: every way has the right numbers.
//!
//! | 1! to 48! | Somebody is created | |
//! |---|---|---|
//! | a thread each | 48 times | the slowest here |
//! | on a pool | once, before | less |
//! | in one loop | never | the fastest, by far |

mod wrong;

use std::hint::black_box;
use std::io;
use std::process::{Command, Stdio};
use std::thread;

use super::form::{Lab, Variant, room};
use super::measurement::{Way, best_of, machine};
use super::{Axis, Declared, Measurement, Sample, Scenario, references as cited};
use crate::pool::ThreadPool;

/// A number of up to 256 bits, its lowest 64 first: enough for 57!.
pub type Number = [u64; 4];

/// The lecture's last one.
pub const LAST: u64 = 48;

fn times(number: Number, factor: u64) -> Number {
    let mut carry = 0;
    number.map(|limb| {
        let product = u128::from(limb) * u128::from(factor) + carry;
        carry = product >> 64;
        product as u64
    })
}

/// `n!`, from the beginning.
pub fn factorial(n: u64) -> Number {
    (1..=n).fold([1, 0, 0, 0], times)
}

/// Somebody new for every number: a thread is created, computes for some nanoseconds, and is gone.
///
/// # Errors
/// If the operating system refuses a thread.
pub fn buggy() -> io::Result<Vec<Number>> {
    let spawn = |n| thread::Builder::new().spawn(move || factorial(n));
    let threads = (1..=LAST).map(spawn).collect::<io::Result<Vec<_>>>()?;
    Ok(threads.into_iter().map(|it| it.join().unwrap()).collect())
}

/// A pool, which has created its threads before; a task each.
pub fn fixed(pool: &ThreadPool) -> Vec<Number> {
    pool.map(factorial, 1..=LAST)
}

/// Nobody: each number is the one before, times one more.
pub fn fixed_loop() -> Vec<Number> {
    let mut product = [1, 0, 0, 0];
    let next = |n| {
        product = times(product, n);
        product
    };
    (1..=LAST).map(next).collect()
}

/// A program that ends at once.
fn process() -> io::Result<()> {
    let (program, arguments): (_, &[&str]) = match cfg!(unix) {
        true => ("true", &[]),
        false => ("cmd", &["/C", "exit"]),
    };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    command.status().map(drop)
}

/// Measures each way `rounds` times and keeps the best, in microseconds.
///
/// # Errors
/// If the operating system refuses a thread or a process.
///
/// # Panics
/// If `rounds` is 0, or if two ways of computing disagree.
pub fn measure(rounds: u32) -> io::Result<Measurement> {
    /// So many are done in one measurement of what takes nanoseconds.
    const MANY: u32 = 1_000;
    let builder = ThreadPool::builder().threads(thread::available_parallelism()?.get());
    let pool = builder.build().map_err(io::Error::other)?;
    let expected = fixed_loop();
    let check = |numbers| {
        assert_eq!(numbers, expected, "the factorials differ");
        Ok(())
    };
    let computed = || {
        (0..MANY).for_each(|_| drop(black_box(fixed_loop())));
        Ok(())
    };
    let task = || {
        let tasks: Vec<_> = (0..MANY).map(|_| pool.submit(|| ())).collect();
        let mut tasks = tasks.into_iter();
        tasks.try_for_each(|task| task.join().map_err(io::Error::other))
    };
    let created = || {
        thread::Builder::new().spawn(|| ())?.join().unwrap();
        Ok(())
    };
    let ways: [(&str, u32, Way<'_>); 6] = [
        ("1! to 48! in one loop", MANY, &computed),
        ("1! to 48! on a pool", 1, &|| check(fixed(&pool))),
        ("1! to 48!, a thread each", 1, &|| check(buggy()?)),
        ("one task of a pool", MANY, &task),
        ("one thread", 1, &created),
        ("one process", 1, &process),
    ];
    let best = best_of(rounds, &ways.map(|(.., way)| way))?;
    let sample = |((series, many, _), seconds)| Sample {
        series,
        x: None,
        y: seconds * 1e6 / f64::from(many),
        beside: None,
    };
    Ok(Measurement {
        title: format!(
            "What it takes to create somebody, and what 1! to 48! takes; best of {rounds} rounds; {}",
            machine()
        ),
        x: None,
        y: Axis::logarithmic("time", "µs"),
        beside: None,
        samples: ways.into_iter().zip(best).map(sample).collect(),
    })
}

fn chart() -> io::Result<Measurement> {
    measure(200)
}

/// What the variants share: the same numbers, in their order.
fn scenario(numbers: Vec<Number>) {
    assert!((1..=LAST).map(factorial).eq(numbers));
}

pub(super) static LAB: Lab = Lab {
    number: 64,
    slug: "creation-cost",
    title: "What it costs to have somebody to do the work",
    room: room::MEASURED,
    minutes: 10,
    references: &[
        cited::of(
            cited::ReferenceKind::Document,
            "Python, multiprocessing.pool",
            "https://docs.python.org/3/library/multiprocessing.html#module-multiprocessing.pool",
        ),
        cited::of(
            cited::ReferenceKind::Document,
            "Baumann et al. 2019, A fork() in the road",
            "https://doi.org/10.1145/3317550.3321435",
        ),
    ],
    lesson: include_str!("lessons/64.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "a new thread for every number",
            Declared::measured(),
            Scenario::new(|| scenario(buggy().unwrap())),
        )
        .measured(chart),
        Variant::new(
            "fixed",
            "a task each, on a pool",
            Declared::measured(),
            Scenario::new(|| scenario(fixed(&ThreadPool::new(2)))),
        )
        .measured(chart),
        Variant::new(
            "fixed-loop",
            "no task at all",
            Declared::measured(),
            Scenario::new(|| scenario(fixed_loop())),
        )
        .measured(chart),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab64_creation_cost.rs"),
};
