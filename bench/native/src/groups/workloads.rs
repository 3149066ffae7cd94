//! The course's workloads: factoring and factorials, in one thread and on a pool of two workers.

use std::hint::black_box;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::Instant;

use num_bigint::BigUint;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use racecourse::pool::ThreadPool;
use racecourse::workload::{factor, factorial};

use crate::contest::{Contestant, Group, Row, Sample, Unit};
use crate::process::python;

pub(crate) const GROUP: Group = Group {
    name: "workloads",
    about: "the lecture's numbers factored, its factorials, and factoring by thousands, beside other programs",
    rows,
};

fn rows() -> Vec<Row> {
    let mut rows = vec![lecture(), factorials()];
    let semiprimes = |random: &mut Random| {
        u128::from(random.prime(1 << 31, 1 << 32)) * u128::from(random.prime(1 << 31, 1 << 32))
    };
    rows.push(factoring("factor 100,000..=50,000,000", |random| {
        u128::from(100_000 + random.next() % 49_900_001)
    }));
    rows.push(factoring("factor random 64-bit numbers", |random| {
        u128::from(random.next().max(2))
    }));
    rows.push(factoring(
        "factor products of two 32-bit primes",
        semiprimes,
    ));
    rows
}

static OURS: LazyLock<ThreadPool> = LazyLock::new(|| ThreadPool::new(2));

static RAYON: LazyLock<rayon::ThreadPool> = LazyLock::new(|| {
    let builder = rayon::ThreadPoolBuilder::new().num_threads(2);
    builder.build().expect("two threads can be had")
});

/// The lecture's own twenty numbers.
const LECTURE: [u128; 20] = [
    5_999_312, 27_175_366, 13_193_645, 11_026_294, 30_474_659, 11_600_878, 12_645_941, 20_106_508,
    25_179_463, 15_382_779, 49_595_626, 6_147_277, 44_304_094, 41_354_114, 17_934_710, 39_763_829,
    38_295_778, 11_053_859, 6_658_471, 4_971_588,
];

/// Does `once` again and again.
fn repeat(operations: u64, mut once: impl FnMut()) -> Sample {
    let start = Instant::now();
    for _ in 0..operations {
        once();
    }
    Sample::new(start.elapsed(), operations)
}

/// As the lecture does it: by trial division.
fn lecture() -> Row {
    let ours = |operations| {
        repeat(operations, || {
            black_box(OURS.map(factor::naive, LECTURE));
        })
    };
    let of_rayon = |operations| {
        repeat(operations, || {
            let factored: Vec<_> =
                RAYON.install(|| LECTURE.into_par_iter().map(factor::naive).collect());
            black_box(factored);
        })
    };
    let one_thread = |operations| {
        repeat(operations, || {
            black_box(LECTURE.map(factor::naive));
        })
    };
    let fast = |operations| {
        repeat(operations, || {
            black_box(LECTURE.map(factor::factor));
        })
    };
    Row::new("the lecture's 20 numbers, trial division", Unit::Time)
        .with(Contestant::ours("ThreadPool::map", ours).goal_against(1.0 / 1.05, &["rayon"]))
        .with(Contestant::ours("one thread, no trial division", fast))
        .with(Contestant::peer("rayon", "rayon", of_rayon))
        .with(Contestant::peer("one thread", "std", one_thread))
        .with_if(python("Python Pool.map", LECTURE_SCRIPT))
}

/// The next is the last times a small number: there is nothing that a second worker could do meanwhile.
fn factorials() -> Row {
    const LAST: u64 = 48;
    let running = |operations| {
        repeat(operations, || {
            for product in factorial::running().take(LAST as usize) {
                black_box(product);
            }
        })
    };
    let pool = |operations| {
        repeat(operations, || {
            black_box(OURS.map(factorial::factorial, 1..=LAST));
        })
    };
    let of_rayon = |operations| {
        repeat(operations, || {
            let all: Vec<BigUint> = RAYON.install(|| {
                let numbers = (1..=LAST).into_par_iter();
                numbers.map(factorial::factorial).collect()
            });
            black_box(all);
        })
    };
    let by_hand = |operations| {
        repeat(operations, || {
            let mut product = BigUint::from(1_u32);
            for n in 1..=LAST {
                product *= n;
                black_box(&product);
            }
        })
    };
    Row::new("1! to 48!", Unit::Time)
        .with(Contestant::ours("running product", running))
        .with(Contestant::ours("ThreadPool::map", pool))
        .with(Contestant::peer(
            "num-bigint, product by product",
            "num-bigint",
            by_hand,
        ))
        .with(Contestant::peer("rayon", "rayon", of_rayon))
        .with_if(python("Python Pool.map", FACTORIAL_SCRIPT))
}

/// xorshift64*: the same numbers in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn prime(&mut self, from: u64, to: u64) -> u64 {
        loop {
            let number = from + self.next() % (to - from);
            if factor::factor(u128::from(number)).len() == 1 {
                return number;
            }
        }
    }
}

/// How many different numbers there are; then it begins again.
const NUMBERS: usize = 2_000;

/// On one core.
fn factoring(name: &str, draw: fn(&mut Random) -> u128) -> Row {
    let mut random = Random(7);
    let numbers: &'static [u128] = (0..NUMBERS)
        .map(|_| draw(&mut random))
        .collect::<Vec<_>>()
        .leak();
    let each = move |of: fn(u128)| {
        let mut again = numbers.iter().cycle();
        move |operations| {
            repeat(operations, || {
                of(black_box(*again.next().expect("it cycles")));
            })
        }
    };
    Row::new(name, Unit::Rate)
        .with(
            Contestant::ours(
                "factor",
                each(|n| {
                    black_box(factor::factor(n));
                }),
            )
            .goal(1.0),
        )
        .with(Contestant::peer(
            "num-prime",
            "num-prime",
            each(|n| {
                let n = u64::try_from(n).expect("64 bits are asked of it");
                black_box(num_prime::nt_funcs::factorize64(n));
            }),
        ))
        .with_if(gnu_factor(numbers))
}

/// GNU `factor`, with its start and the pipes to it and from it.
fn gnu_factor(numbers: &'static [u128]) -> Result<Contestant, String> {
    let about = Command::new("factor").arg("--version").output();
    let version = about.ok().and_then(|output| {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let first = text.lines().next()?.to_owned();
        (output.status.success() && first.contains("GNU")).then_some(first)
    });
    let Some(version) = version else {
        return Err("GNU factor: skipped, for no `factor` of coreutils runs here".to_owned());
    };
    Ok(Contestant::peer(version, "coreutils", move |operations| {
        let mut input = String::new();
        for n in numbers.iter().cycle().take(operations as usize) {
            input.push_str(&format!("{n}\n"));
        }
        let start = Instant::now();
        let child = Command::new("factor")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn();
        let Ok(mut child) = child else {
            return Sample::FAILED;
        };
        let mut stdin = child.stdin.take().expect("it is piped");
        let written = stdin.write_all(input.as_bytes());
        drop(stdin);
        let ended = child.wait();
        match (written, ended) {
            (Ok(()), Ok(status)) if status.success() => Sample::new(start.elapsed(), operations),
            _ => Sample::FAILED,
        }
    }))
}

const LECTURE_SCRIPT: &str = "
import sys, time
from multiprocessing import Pool
def prime_factor(value):
    factors = []
    for divisor in range(2, value - 1):
        quotient, remainder = divmod(value, divisor)
        if not remainder:
            factors.extend(prime_factor(divisor))
            factors.extend(prime_factor(quotient))
            break
        else:
            factors = [value]
    return factors
numbers = [5999312, 27175366, 13193645, 11026294, 30474659, 11600878, 12645941, 20106508, 25179463, 15382779,
    49595626, 6147277, 44304094, 41354114, 17934710, 39763829, 38295778, 11053859, 6658471, 4971588]
with Pool(2) as pool:
    pool.apply(int)
    start = time.perf_counter()
    pool.map(prime_factor, numbers)
    print(time.perf_counter() - start, 1)
";

const FACTORIAL_SCRIPT: &str = "
import sys, time, math
from multiprocessing import Pool
n = int(sys.argv[1])
with Pool(2) as pool:
    pool.apply(int)
    start = time.perf_counter()
    for _ in range(n): pool.map(math.factorial, range(1, 49))
    print(time.perf_counter() - start, n)
";
