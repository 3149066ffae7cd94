//! One variant of a lab on real threads, for a detector that watches it.
//!
//! `harness LAB VARIANT RUNS SECONDS PATIENCE [--even-undefined]`: up to so many runs, in up to so many seconds; a run that
//! has not ended after PATIENCE milliseconds is stuck. The last line of standard output says how it went, parted by tabs:
//! `ended`, the runs, the seconds, `passed` or `failed` or `stuck` or `refused`, and the message. It ends at the first run
//! that fails, unless it runs what is undefined: then another is watching, who ends it.
//!
//! `harness list` prints the labs and their variants.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use racecourse::labs::{self, NativeError, Scenario};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments == ["list"] {
        for lab in labs::all() {
            for variant in lab.all_variants() {
                println!("{}\t{}", lab.slug, variant.name);
            }
        }
        return ExitCode::SUCCESS;
    }
    let Some(order) = Order::of(&arguments) else {
        eprintln!(
            "error: {arguments:?} is not understood; it is LAB VARIANT RUNS SECONDS PATIENCE [--even-undefined]"
        );
        return 2.into();
    };
    if cfg!(miri) {
        // It sees panics, deadlocks and undefined behaviour by itself, where nothing stands around them.
        // SAFETY: Miri watches.
        unsafe { order.scenario.run_for_detector() };
        return ExitCode::SUCCESS;
    }
    // Ten thousand runs, each with a panic that belongs to the story, would say so ten thousand times.
    std::panic::set_hook(Box::new(|_| {}));
    let start = Instant::now();
    let (mut runs, mut end, mut message) = (0, "passed", String::new());
    while runs < order.runs && start.elapsed() < order.most {
        runs += 1;
        let result = if order.even_undefined {
            watched(order.scenario, order.patience)
        } else {
            order.scenario.run_native_within(order.patience)
        };
        let Err(error) = result else { continue };
        message = error.to_string();
        end = match error {
            NativeError::Failed(_) => "failed",
            NativeError::Stuck(_) => "stuck",
            _ => "refused",
        };
        // The watcher may have more to say of later runs; but what is stuck holds its threads.
        if !(order.even_undefined && end == "failed") {
            break;
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "ended\t{runs}\t{seconds}\t{end}\t{}",
        message.replace(['\n', '\t'], " ")
    );
    // What is stuck does not keep the process.
    std::process::exit(0)
}

struct Order {
    scenario: Scenario,
    runs: u64,
    most: Duration,
    patience: Duration,
    even_undefined: bool,
}

impl Order {
    fn of(arguments: &[String]) -> Option<Self> {
        let (arguments, even_undefined) = match arguments {
            [rest @ .., last] if last == "--even-undefined" => (rest, true),
            all => (all, false),
        };
        let [lab, variant, runs, seconds, patience] = arguments else {
            return None;
        };
        Some(Self {
            scenario: labs::find(lab)?.variant(variant)?.scenario,
            runs: runs.parse().ok()?,
            most: Duration::from_secs(seconds.parse().ok()?),
            patience: Duration::from_millis(patience.parse().ok()?),
            even_undefined,
        })
    }
}

/// As [`Scenario::run_native_within`], and also what is undefined behaviour.
fn watched(scenario: Scenario, patience: Duration) -> Result<(), NativeError> {
    let (ended, end) = mpsc::channel();
    thread::Builder::new()
        .name("lab".into())
        .spawn(move || {
            // SAFETY: a detector watches this process, and what it computes is thrown away.
            let result = catch_unwind(AssertUnwindSafe(|| unsafe { scenario.run_for_detector() }));
            // Nobody listens any more once the patience is over.
            let _ = ended.send(result.is_ok());
        })
        .map_err(|error| NativeError::NoThread(error.to_string()))?;
    match end.recv_timeout(patience) {
        Ok(true) => Ok(()),
        Ok(false) => Err(NativeError::Failed("a panic".into())),
        Err(_) => Err(NativeError::Stuck(patience)),
    }
}
