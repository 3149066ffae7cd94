//! An async program: one thread waits for a queue, for a pool of threads and for the clock, all at the same time.
//!
//! ```text
//! cargo run --release --example async_await
//! ```
//!
//! ```text
//! main ┬ customer ──put──▶ ┌───────┐ ──get──▶ clerk A ──submit──▶ ┌──────┐
//!      │                   │ queue │                              │ pool │
//!      │                   └───────┘ ──get──▶ clerk B ──submit──▶ └──────┘
//!      └ the one thread of all three, who take turns at each `.await`
//! ```
//!
//! Waiting is async and costs no thread; computing is not, and goes to the pool: an async function that computes would
//! keep the others from their turn. A [`Task`](racecourse::pool::Task) of the pool is a future, as is what the queue's
//! `put_async` and `get_async` return, so any executor runs them. This one is `block_on` of futures-lite.

mod common;

use common::{End, Random, print_line, value, whole};
use futures_lite::future::{block_on, or, try_zip};
use futures_timer::Delay;
use lexopt::Arg::{Long, Short};
use racecourse::Latch;
use racecourse::pool::{TaskError, ThreadPool};
use racecourse::queue::{BoundedQueue, Shutdown};
use racecourse::workload::factor;
use std::fmt;
use std::future::Future;
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

const HELP: &str = "
A customer and two clerks share one thread, and take turns whenever one of them waits: for a
queue, for a pool that factors numbers, for the clock. Then a wait with a timeout, and two that
are cancelled.

Usage: async_await [OPTIONS]

Options:
  --count N       how many random numbers the customer brings [6]
  --seed N        the seed of the random numbers [1]
  --timeout S     how many seconds a number may take that is too large, from 0.001 to 3600 [0.2]
  --threads N     how many threads the pool has [one for each core]
  -h, --help      this text

Each line begins with the thread that printed it. Ctrl-C stops it.
";

/// 2^61 − 1, a prime: its factors would take the naive method centuries.
const TOO_LARGE: u128 = (1 << 61) - 1;

fn this_thread() -> String {
    thread::current().name().unwrap_or("unnamed").to_owned()
}

/// Prints a line, and which thread does.
fn say(line: impl fmt::Display) -> Result<(), End> {
    print_line(format_args!("[{}] {line}", this_thread()))
}

fn failed(error: TaskError) -> End {
    End::Failed(error.to_string())
}

// ---- a queue and a pool, awaited ----

/// Brings the numbers, and waits whenever the queue is full.
async fn customer(numbers: &[u128], queue: &BoundedQueue<u128>) -> Result<(), End> {
    for n in numbers {
        if queue.put_async(*n).await.is_err() {
            break; // Closed: the clerks have gone.
        }
        say(format_args!("customer: {n} is in the queue"))?;
    }
    // What is in the queue is still got, and then `get_async` says that there is no more.
    queue.shutdown(Shutdown::Drain);
    say("customer: that was all")
}

/// Has the pool factor one number after the other; how many there were.
async fn clerk(name: &str, queue: &BoundedQueue<u128>, pool: &ThreadPool) -> Result<usize, End> {
    let mut done = 0;
    while let Ok(n) = queue.get_async().await {
        let task = pool.submit(move || (factor::naive(n), this_thread()));
        let (factors, worker) = task.await.map_err(failed)?;
        let sentence = factor::sentence(n, &factors);
        say(format_args!(
            "clerk {name}: {sentence}, computed by {worker}"
        ))?;
        done += 1;
    }
    Ok(done)
}

async fn shop(numbers: &[u128], pool: &ThreadPool) -> Result<(), End> {
    let queue = BoundedQueue::new(2);
    let clerks = try_zip(clerk("A", &queue, pool), clerk("B", &queue, pool));
    let ((), (a, b)) = try_zip(customer(numbers, &queue), clerks).await?;
    say(format_args!("clerk A answered {a}, and clerk B {b}"))
}

// ---- a timeout ----

/// What `future` brings, or `None` when `time` is over before. The future can be awaited further.
async fn within<F: Future + Unpin>(time: Duration, future: &mut F) -> Option<F::Output> {
    let come = async { Some(future.await) };
    let over = async {
        Delay::new(time).await;
        None
    };
    or(come, over).await
}

async fn too_slow(timeout: Duration, pool: &ThreadPool) -> Result<(), End> {
    say(format_args!(
        "factoring {TOO_LARGE}, for {timeout:?} at the most"
    ))?;
    let enough = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&enough);
    let mut task = pool.submit(move || {
        factor::naive_watched(TOO_LARGE, |divisions| {
            // ORDERING: Relaxed; nothing else is handed over by the flag.
            if told.load(Ordering::Relaxed) {
                ControlFlow::Break(divisions)
            } else {
                ControlFlow::Continue(())
            }
        })
    });
    if let Some(outcome) = within(timeout, &mut task).await {
        return say(format_args!(
            "it has an answer: {:?}",
            outcome.map_err(failed)?
        ));
    }
    // Only the waiting has ended. A thread that computes cannot be stopped from outside: it has to look.
    enough.store(true, Ordering::Relaxed);
    match task.await.map_err(failed)? {
        Ok(factors) => say(format_args!("at the last moment: {factors:?}")),
        Err(divisions) => say(format_args!("given up, after {divisions} divisions")),
    }
}

// ---- cancellation ----

async fn cancelled(pool: &ThreadPool) -> Result<(), End> {
    // A task that has not begun, for all threads are busy until the gate opens.
    let gate = Arc::new(Latch::new(1));
    let busy: Vec<_> = (0..pool.parallelism())
        .map(|_| {
            let gate = Arc::clone(&gate);
            pool.submit(move || gate.wait())
        })
        .collect();
    let waiting = pool.submit(|| factor::naive(TOO_LARGE));
    let in_time = waiting.cancel();
    gate.count_down();
    let outcome = match waiting.await {
        Err(error) => error.to_string(),
        Ok(factors) => format!("{factors:?}"),
    };
    say(format_args!(
        "a task is cancelled before it begins ({in_time}): {outcome}"
    ))?;
    for task in busy {
        task.await.map_err(failed)?;
    }

    // A wait for an item that does not come. To drop a future is to cancel it, and it takes nothing with it.
    let queue = BoundedQueue::new(1);
    let nothing = within(Duration::from_millis(10), &mut queue.get_async()).await;
    say(format_args!("a wait for an item is cancelled: {nothing:?}"))?;
    let put = queue.put_async("tea").await;
    put.map_err(|error| End::Failed(error.to_string()))?;
    let item = queue.get_async().await;
    say(format_args!("the next one gets the item: {item:?}"))
}

fn body(mut arguments: lexopt::Parser) -> Result<(), End> {
    let (mut count, mut seed, mut threads) = (6_usize, 1, common::cores());
    let mut timeout = Duration::from_millis(200);
    while let Some(argument) = arguments.next()? {
        match argument {
            Short('h') | Long("help") => return Err(End::Help),
            Long("threads") => threads = common::threads(&mut arguments)?,
            Long("seed") => {
                seed = whole(&mut arguments, "--seed", 0..=u64::MAX)?;
            }
            Long("count") => {
                count = whole(&mut arguments, "--count", 1..=1_000_000)?;
            }
            Long("timeout") => {
                let expected = "seconds from 0.001 to 3600, such as 0.2";
                let seconds = value(&mut arguments, "--timeout", expected, |s| {
                    (0.001..=3600.0).contains(s)
                })?;
                timeout = Duration::from_secs_f64(seconds);
            }
            other => return Err(other.unexpected().into()),
        }
    }
    let mut random = Random::new(seed);
    let numbers: Vec<u128> = (0..count)
        .map(|_| random.between(100_000, 50_000_000).into())
        .collect();
    let pool = ThreadPool::builder()
        .threads(threads)
        .name_prefix("pool")
        .build()
        .map_err(|error| End::Failed(error.to_string()))?;
    block_on(async {
        shop(&numbers, &pool).await?;
        too_slow(timeout, &pool).await?;
        cancelled(&pool).await
    })
}

fn main() -> ExitCode {
    common::run(HELP, body)
}
