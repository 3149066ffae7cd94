//! Lab 62, **threads-vs-processes**: the argument that is carried to the work.
//!
//! Threads share a memory: whoever hands a text to another thread hands over its address. Processes share nothing, so the
//! text is turned into bytes, sent, and read again, however little is done with it. For small texts the difference is that
//! between two ways of waking somebody; for large ones it is the text. The cure is to share after all: with a
//! thread, or through memory that processes hold together.
//!
//! Measured, not checked: every way gives the right sums.
//!
//! | The text reaches the worker | What it costs |
//! |---|---|
//! | as bytes, sent and read again | more with every byte |
//! | as an address, on threads | the same for every text |
//! | as a descriptor of memory that both hold | the same for every text |

mod wrong;

use std::io;
use std::sync::Arc;

use super::form::{Lab, Variant, room};
use super::measurement::{Way, best_of, machine};
use super::{Axis, Declared, Measurement, Sample, Scenario, references as cited};
use crate::pool::process::SharedBytes;
use crate::pool::{Call, Executor, ProcessPool, TaskError, ThreadPool};

/// What is done with a text: too little to be worth a journey.
pub fn sum(text: &[u8]) -> u64 {
    text.iter().copied().map(u64::from).sum()
}

/// A text, in this process's memory and in memory that others can hold.
#[derive(Clone, Debug)]
pub struct Text {
    own: Arc<str>,
    shared: SharedBytes,
}

impl Text {
    /// So many letters, in turn.
    ///
    /// # Errors
    /// If the operating system has no memory left that can be shared.
    pub fn new(length: usize) -> io::Result<Self> {
        let own: Arc<str> = String::from_iter(('a'..='z').cycle().take(length)).into();
        let shared = SharedBytes::new(own.as_bytes())?;
        Ok(Self { own, shared })
    }
}

fn sum_of_text(text: String) -> u64 {
    sum(text.as_bytes())
}
crate::remote!(pub SumOfText = sum_of_text(String) -> u64);

fn sum_of_shared(text: SharedBytes) -> u64 {
    sum(&text)
}
crate::remote!(pub SumOfShared = sum_of_shared(SharedBytes) -> u64);

/// The text travels: it is written into a message, and read from it in another process.
///
/// # Errors
/// If the worker is lost.
pub fn buggy(pool: &ProcessPool, text: &Text) -> Result<u64, TaskError> {
    let (function, argument) = (Arc::new(SumOfText), text.own.to_string());
    pool.submit(Call { function, argument }).join()
}

/// The text stays where it is, and a thread is told where.
///
/// # Errors
/// If the task panics.
pub fn fixed(pool: &ThreadPool, text: &Text) -> Result<u64, TaskError> {
    let text = Arc::clone(&text.own);
    pool.submit(move || sum(text.as_bytes())).join()
}

/// A process, which is handed a descriptor of the memory in which the text lies.
///
/// # Errors
/// If the worker is lost.
pub fn fixed_shared(pool: &ProcessPool, text: &Text) -> Result<u64, TaskError> {
    let (function, argument) = (Arc::new(SumOfShared), text.shared.clone());
    pool.submit(Call { function, argument }).join()
}

/// Measures one task after the other, each way with each length of text, and keeps the best of the rounds, in
/// microseconds. The pools are there before.
///
/// # Errors
/// If the operating system refuses a thread or a process, or if this program has not
/// [entered](crate::pool::process::enter).
///
/// # Panics
/// If `rounds` is 0, or if two ways of computing disagree.
pub fn measure(lengths: &[usize], rounds: u32) -> io::Result<Measurement> {
    const TASKS: u32 = 8; // in one measurement
    let processes = &ProcessPool::try_new(1).map_err(io::Error::other)?;
    let builder = ThreadPool::builder().threads(1);
    let threads = &builder.build().map_err(io::Error::other)?;
    type Sum<'s> = &'s dyn Fn(&Text) -> Result<u64, TaskError>;
    let series: &[(&str, Sum<'_>)] = &[
        ("thread, an address", &|text| fixed(threads, text)),
        ("process, a descriptor", &|text| {
            fixed_shared(processes, text)
        }),
        ("process, the text", &|text| buggy(processes, text)),
    ];
    let texts = lengths.iter().map(|&length| Text::new(length));
    let texts = texts.collect::<io::Result<Vec<_>>>()?;
    // Ways inside of lengths: a worker that has had nothing to do for long is slow to wake, and nobody asks for that here.
    let each = texts
        .iter()
        .flat_map(|text| series.iter().map(move |way| (*way, text)));
    let runs = each.clone().map(|((_, way), text)| {
        let expected = sum(&text.shared);
        move || {
            for _ in 0..TASKS {
                assert_eq!(
                    way(text).map_err(io::Error::other)?,
                    expected,
                    "the sums differ"
                );
            }
            Ok(())
        }
    });
    let runs: Vec<_> = runs.collect();
    let runs: Vec<Way<'_>> = runs.iter().map(|run| run as _).collect();
    let best = best_of(rounds, &runs)?;
    let sample = |(((series, _), text), seconds): (((_, Sum<'_>), &Text), f64)| Sample {
        series,
        x: Some(text.own.len() as f64),
        y: seconds * 1e6 / f64::from(TASKS),
        beside: None,
    };
    let mut samples: Vec<Sample> = each.zip(best).map(sample).collect();
    samples.sort_by_key(|sample| series.iter().position(|(name, _)| *name == sample.series));
    Ok(Measurement {
        title: format!(
            "One task: the sum of a text's bytes; best of {rounds} rounds; {}",
            machine()
        ),
        x: Some(Axis::logarithmic("bytes", "")),
        y: Axis::logarithmic("a task", "µs"),
        beside: None,
        samples,
    })
}

fn chart() -> io::Result<Measurement> {
    measure(&[10, 1_000, 10_000, 100_000, 1_000_000, 10_000_000], 15)
}

/// What the variants share: the same sums.
fn scenario(way: impl Fn(&Text) -> Result<u64, TaskError>) {
    for length in [0, 26, 1_000_000] {
        let text = Text::new(length).unwrap();
        assert_eq!(way(&text).unwrap(), sum(&text.shared));
    }
}

pub(super) static LAB: Lab = Lab {
    number: 62,
    slug: "threads-vs-processes",
    title: "The argument that is carried to the work",
    room: room::MEASURED,
    minutes: 15,
    references: &[cited::of(
        cited::ReferenceKind::Document,
        "Python, multiprocessing: programming guidelines",
        "https://docs.python.org/3/library/multiprocessing.html#programming-guidelines",
    )],
    lesson: include_str!("lessons/62.md"),
    outcomes: &[],
    variants: &[
        Variant::new(
            "buggy",
            "the text is sent to a process",
            Declared::measured(),
            Scenario::new(|| scenario(|text| buggy(&ProcessPool::new(1), text))),
        )
        .measured(chart),
        Variant::new(
            "fixed",
            "the text is shared with a thread",
            Declared::measured(),
            Scenario::new(|| scenario(|text| fixed(&ThreadPool::new(1), text))),
        )
        .measured(chart),
        Variant::new(
            "fixed-shared",
            "the text is in memory that both processes hold",
            Declared::measured(),
            Scenario::new(|| scenario(|text| fixed_shared(&ProcessPool::new(1), text))),
        )
        .measured(chart),
    ],
    orderings: None,
    wrong: wrong::WRONG,
    file: file!(),
    source: include_str!("lab62_threads_vs_processes.rs"),
};
