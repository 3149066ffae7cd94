//! Every primitive and both pools under load and fault, for minutes: 64 threads on however few processors; calls that time out,
//! tasks that panic, shutdowns, killed workers, refused threads, all at random moments. Nothing may be lost, doubled or
//! left behind, nobody may hang, and memory may not grow.
//!
//! ```text
//! cargo run --release -p racecourse-native-tests --example soak                  # three minutes
//! cargo run --release -p racecourse-native-tests --example soak -- --seconds 20
//! cargo run --release -p racecourse-native-tests --example soak -- --seed 7      # the same rounds again
//! cargo run --release -p racecourse-native-tests --example soak -- --only ring
//! ```
//!
//! A round is one object and what 64 threads do to it, by a number that the seed and the round's number give. What is
//! new is added as a line in `STATIONS`.

mod dice;
mod exclusion;
mod memory;
mod passing;
mod pools;
mod signals;
mod watch;

use std::io::{IsTerminal as _, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use dice::Dice;

/// What a round did.
#[derive(Clone, Copy, Debug, Default)]
struct Done {
    /// Items that went through, sections that were done, tasks.
    operations: u64,
    /// Panics, timeouts, shutdowns in the middle, kills, refusals.
    faults: u64,
}

/// Its name, a round of it, and how many times more seldom than others it is done, for what takes longer.
type Station = (&'static str, fn(&mut Dice) -> Done, u64);

const STATIONS: &[Station] = &[
    ("bounded queue", passing::bounded_queue, 1),
    ("ring buffer", passing::ring_buffer, 1),
    ("spsc", passing::one_to_one, 1),
    ("deque", passing::deque, 1),
    ("stack", passing::stack, 1),
    ("linked queue", passing::linked_queue, 1),
    ("spin lock", exclusion::spin_lock, 1),
    ("ticket lock", exclusion::ticket_lock, 1),
    ("MCS lock", exclusion::mcs_lock, 1),
    ("sequence lock", exclusion::seq_lock, 1),
    ("sharded lock", exclusion::sharded_lock, 1),
    ("semaphore", signals::semaphore, 1),
    ("latch", signals::latch, 1),
    ("pool of threads", pools::threads, 1),
    #[cfg(unix)]
    ("pool of processes", pools::processes, 4),
    #[cfg(target_os = "linux")]
    ("refused threads", pools::refused, 20),
];

/// Memory may be more by so much at the end than it was at the beginning: what the allocator is asked for, in bytes.
const SLACK: usize = 64 << 10;
/// So many times all stations before memory is looked at: thread-locals, hash tables and the like are made once.
const WARM_UP: u64 = 3;

struct Settings {
    length: Duration,
    seed: u64,
    only: Option<String>,
}

fn settings() -> Result<Settings, String> {
    let mut settings = Settings {
        length: Duration::from_secs(180),
        seed: u64::from(std::process::id()) << 20
            | u64::from(Instant::now().elapsed().subsec_nanos()),
        only: None,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments
            .next()
            .ok_or(format!("{name}: a value is missing"))?;
        let number = || {
            value
                .parse()
                .map_err(|_| format!("{name} {value}: give a number"))
        };
        match name.as_str() {
            "--seconds" => settings.length = Duration::from_secs(number()?),
            "--seed" => settings.seed = number()?,
            "--only" => settings.only = Some(value),
            _ => return Err(format!("{name}: there are --seconds, --seed and --only")),
        }
    }
    Ok(settings)
}

/// What is known of a station.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    rounds: u64,
    operations: u64,
    faults: u64,
    time: Duration,
}

fn main() -> ExitCode {
    // Where a worker of the pool of processes becomes one.
    #[cfg(unix)]
    racecourse::pool::process::enter();
    #[cfg(target_os = "linux")]
    if std::env::var_os(pools::REFUSED).is_some() {
        pools::be_refused();
        return ExitCode::SUCCESS;
    }
    let settings = match settings() {
        Ok(settings) => settings,
        Err(error) => {
            eprintln!("soak: {error}");
            return ExitCode::from(2);
        }
    };
    let wanted = |(name, _, _): &&Station| {
        settings
            .only
            .as_ref()
            .is_none_or(|part| name.contains(part))
    };
    let stations: Vec<_> = STATIONS.iter().filter(wanted).collect();
    if stations.is_empty() {
        let names: Vec<_> = STATIONS.iter().map(|(name, _, _)| *name).collect();
        eprintln!(
            "soak: no station has that name; there are {}",
            names.join(", ")
        );
        return ExitCode::from(2);
    }
    println!(
        "seed {}, {} s, {} threads, {} processors",
        settings.seed,
        settings.length.as_secs(),
        dice::THREADS,
        std::thread::available_parallelism().map_or(1, usize::from),
    );
    watch::start();
    let begun = Instant::now();
    let mut sums = vec![Sum::default(); stations.len()];
    let mut levels = Vec::new();
    let mut cycle = 0;
    while begun.elapsed() < settings.length {
        for (number, (name, round, seldom)) in stations.iter().enumerate() {
            if cycle % seldom != 0 {
                continue;
            }
            let seed = dice::mix(settings.seed, cycle, number as u64);
            watch::round(name, cycle, settings.seed);
            let (threads, start) = (memory::threads(), Instant::now());
            let mut dice = Dice::new(seed);
            let done = catch_unwind(AssertUnwindSafe(|| round(&mut dice)));
            let Ok(done) = done else {
                println!(
                    "\nFAILED: {name}, round {cycle}; again: --seed {} --only {name:?}",
                    settings.seed
                );
                return ExitCode::FAILURE;
            };
            let sum = &mut sums[number];
            sum.rounds += 1;
            sum.operations += done.operations;
            sum.faults += done.faults;
            sum.time += start.elapsed();
            if let Some(left) = memory::threads_beyond(threads) {
                println!("\nFAILED: {name}, round {cycle}: {left} threads are left");
                return ExitCode::FAILURE;
            }
            progress(begun, &settings, name, cycle);
        }
        cycle += 1;
        if cycle >= WARM_UP {
            levels.push(memory::live());
        }
    }
    finish(&stations, &sums, &levels, begun.elapsed())
}

/// A line that is written over again and again, if there is somebody who sees it.
fn progress(begun: Instant, settings: &Settings, name: &str, cycle: u64) {
    let mut out = std::io::stdout();
    if out.is_terminal() {
        let (bytes, blocks) = memory::live();
        let seconds = begun.elapsed().as_secs();
        let of = settings.length.as_secs();
        let _ = write!(
            out,
            "\r{seconds:>4} of {of} s, cycle {cycle}, {name:<20} {:>6} KiB in {blocks:>6} blocks  ",
            bytes >> 10
        );
        let _ = out.flush();
    }
}

fn finish(
    stations: &[&Station],
    sums: &[Sum],
    levels: &[(usize, usize)],
    took: Duration,
) -> ExitCode {
    println!(
        "\r{:<20} {:>8} {:>14} {:>10} {:>8}",
        "", "rounds", "operations", "faults", "seconds"
    );
    let mut all = Sum::default();
    for ((name, _, _), sum) in stations.iter().zip(sums) {
        println!(
            "{name:<20} {:>8} {:>14} {:>10} {:>8.1}",
            sum.rounds,
            sum.operations,
            sum.faults,
            sum.time.as_secs_f64()
        );
        all.rounds += sum.rounds;
        all.operations += sum.operations;
        all.faults += sum.faults;
    }
    println!(
        "{:<20} {:>8} {:>14} {:>10} {:>8.1}",
        "all",
        all.rounds,
        all.operations,
        all.faults,
        took.as_secs_f64()
    );
    println!("lost 0, doubled 0, hung 0");
    let (first, last) = match levels {
        [] | [_] | [_, _] => {
            println!("memory: too short to say, give it more --seconds");
            return ExitCode::SUCCESS;
        }
        levels => (
            median(&levels[..levels.len().div_ceil(3)]),
            median(&levels[levels.len() * 2 / 3..]),
        ),
    };
    println!(
        "memory: {} allocations; {} KiB in {} blocks after the first rounds, {} KiB in {} blocks after the last, {} KiB at most",
        memory::allocations(),
        first.0 >> 10,
        first.1,
        last.0 >> 10,
        last.1,
        memory::peak() >> 10,
    );
    if last.0 > first.0 + SLACK {
        println!("FAILED: memory grows");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn median(levels: &[(usize, usize)]) -> (usize, usize) {
    let mut levels = levels.to_vec();
    levels.sort_unstable();
    levels[levels.len() / 2]
}
