//! The detectors that watch real threads: the harness of this workspace runs a variant, built as each of them needs it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use racecourse::labs::{Lab, Variant};

use crate::detectors::{Detector, said};
use crate::form::{Run, Said};
use crate::process::{self, Ended};
use crate::stop::Stop;

/// How an answer begins for what is undefined natively.
pub const NOT_RUN: &str = "not run, for it is undefined";

/// Why nothing was built for a detector.
pub const UNASKED: &str = "it was not asked for";

const HARNESS: &str = "racecourse-bench-harness";
const TARGET: &str = "x86_64-unknown-linux-gnu";
/// How long a build may take.
const BUILD: Duration = Duration::from_secs(3600);
/// How long a process may take whose own limits did not end it.
const LOST: Duration = Duration::from_secs(120);

/// Natively: so many runs, in so many seconds; of a bug or a wrong fix, and of a fix.
const STRESS: (u64, u64) = (10_000, 30);
const STRESS_FIX: (u64, u64) = (1_000, 10);
/// In milliseconds: what takes longer than this is stuck.
const PATIENCE: u64 = 5_000;
/// A report takes its time to be written, and a run under Valgrind to end.
const PATIENCE_WATCHED: u64 = 8_000;

/// The harness, built for each detector that there is.
#[derive(Debug)]
pub struct Harness {
    native: PathBuf,
    tsan: Result<PathBuf, String>,
    miri: Result<(), String>,
    valgrind: Result<(), String>,
}

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn cargo(arguments: &[&str], flags: &str) -> Command {
    let mut command = Command::new("cargo");
    command.args(arguments).current_dir(here());
    // What this program was started with by its own Cargo does not hold for another toolchain.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_")
            || [
                "CARGO",
                "RUSTC",
                "RUSTUP_TOOLCHAIN",
                "CARGO_TARGET_DIR",
                "RUSTFLAGS",
            ]
            .contains(&name.as_ref())
        {
            command.env_remove(name.as_ref());
        }
    }
    if !flags.is_empty() {
        command.env("RUSTFLAGS", flags);
    }
    command
}

fn build(arguments: &[&str], flags: &str) -> Result<Result<(), String>, Stop> {
    let ended = process::run(&mut cargo(arguments, flags), BUILD)?;
    Ok(if ended.good() {
        Ok(())
    } else {
        Err(ended.why())
    })
}

impl Harness {
    /// Builds what these detectors need.
    pub fn build(detectors: &[Detector]) -> Result<Self, Stop> {
        let wanted = |detector| detectors.contains(&detector);
        eprintln!("building the harness");
        build(&["build", "--release", "--quiet", "-p", HARNESS], "")?
            .map_err(|why| Stop::failed("the harness does not build", why))?;
        let tsan = if wanted(Detector::Tsan) {
            eprintln!("building it, and std, for ThreadSanitizer");
            let arguments = [
                "+nightly",
                "build",
                "--release",
                "--quiet",
                "-Zbuild-std",
                "--target",
                TARGET,
                "--target-dir",
                "target/tsan",
                "-p",
                HARNESS,
            ];
            let program = format!("target/tsan/{TARGET}/release/{HARNESS}");
            build(&arguments, "-Zsanitizer=thread")?.map(|()| here().join(program))
        } else {
            Err(UNASKED.to_owned())
        };
        let miri = if wanted(Detector::Miri) {
            eprintln!("building it for Miri");
            let mut command = miri(&["list"], 0);
            let ended = process::run(&mut command, BUILD)?;
            if ended.good() {
                Ok(())
            } else {
                Err(ended.why())
            }
        } else {
            Err(UNASKED.to_owned())
        };
        let valgrind = if wanted(Detector::Helgrind) || wanted(Detector::Drd) {
            match process::run(Command::new("valgrind").arg("--version"), LOST) {
                Ok(ended) if ended.good() => Ok(()),
                Ok(ended) => Err(ended.why()),
                Err(Stop::Interrupted) => return Err(Stop::Interrupted),
                Err(_) => Err("there is no valgrind".to_owned()),
            }
        } else {
            Err(UNASKED.to_owned())
        };
        Ok(Self {
            native: here().join("target/release").join(HARNESS),
            tsan,
            miri,
            valgrind,
        })
    }

    /// Why a detector cannot be asked at all.
    pub fn lacks(&self, detector: Detector) -> Option<String> {
        match detector {
            Detector::Tsan => self.tsan.as_ref().err().cloned(),
            Detector::Miri => self.miri.as_ref().err().cloned(),
            Detector::Helgrind | Detector::Drd => self.valgrind.as_ref().err().cloned(),
            _ => None,
        }
    }

    /// On real threads, as often as that takes.
    pub fn stress(&self, lab: &Lab, variant: &Variant) -> Result<Run, Stop> {
        if let Some(why) = variant.scenario.undefined() {
            let why = format!("{NOT_RUN}: {why}");
            return Ok(said(variant, Said::Cannot, why, 0.0));
        }
        let fix = !variant.is_buggy() && !variant.is_wrong();
        let (runs, seconds) = if fix { STRESS_FIX } else { STRESS };
        let mut command = Command::new(&self.native);
        order(&mut command, lab, variant, runs, seconds, PATIENCE);
        let ended = process::run(&mut command, LOST)?;
        Ok(match Told::of(&ended) {
            Some(told) if told.end == "passed" => {
                let what = format!("nothing failed in {}", runs_of(told.runs));
                said(variant, Said::Silence, what, told.seconds)
            }
            Some(told) if told.end == "failed" => {
                let what = format!("failed in run {}", told.runs);
                said(variant, Said::Alarm, what, told.seconds)
            }
            Some(told) if told.end == "stuck" => {
                let what = format!("stuck in run {}", told.runs);
                said(variant, Said::Alarm, what, told.seconds)
            }
            Some(told) => said(variant, Said::Cannot, told.message, told.seconds),
            // The process died of it.
            None if ended.status.is_some() => {
                said(variant, Said::Alarm, ended.why(), ended.seconds)
            }
            None => said(variant, Said::Cannot, ended.why(), ended.seconds),
        })
    }

    /// The order of locks in a few runs.
    pub fn lock_order(&self, lab: &Lab, variant: &Variant) -> Result<Run, Stop> {
        if let Some(why) = variant.scenario.undefined() {
            let why = format!("{NOT_RUN}: {why}");
            return Ok(said(variant, Said::Cannot, why, 0.0));
        }
        let mut command = Command::new(&self.native);
        command.env("RACECOURSE_LOCK_ORDER", "1");
        order(&mut command, lab, variant, 20, 10, PATIENCE);
        let ended = process::run(&mut command, LOST)?;
        let mut lines = ended.errors.lines();
        let report = lines.find(|line| line.contains("deadlock: "));
        Ok(watched(variant, &ended, report.map(str::to_owned)))
    }

    pub fn tsan(&self, lab: &Lab, variant: &Variant) -> Result<Run, Stop> {
        let Ok(program) = &self.tsan else {
            return Ok(said(variant, Said::Cannot, "not built", 0.0));
        };
        let mut command = Command::new(program);
        command.env("TSAN_OPTIONS", "halt_on_error=1 exitcode=66");
        order(&mut command, lab, variant, 2_000, 4, PATIENCE_WATCHED);
        command.arg("--even-undefined");
        let ended = process::run(&mut command, LOST)?;
        let report = ended.errors.lines().find_map(|line| {
            let what = line.strip_prefix("WARNING: ThreadSanitizer: ")?;
            Some(what.split(" (pid=").next().unwrap_or(what).to_owned())
        });
        let place = ended.errors.lines().find_map(|line| in_lab(line, lab));
        let report = report.map(|what| match place {
            Some(place) => format!("{what} at {place}"),
            None => what,
        });
        Ok(watched(variant, &ended, report))
    }

    pub fn valgrind(&self, detector: Detector, lab: &Lab, variant: &Variant) -> Result<Run, Stop> {
        let mut command = Command::new("valgrind");
        command.arg(format!("--tool={}", detector.name()));
        // All that it has to say, however much that is.
        command.arg("--error-limit=no").arg(&self.native);
        order(&mut command, lab, variant, 1, 60, PATIENCE_WATCHED);
        command.arg("--even-undefined");
        let ended = process::run(&mut command, LOST)?;
        let report = of_the_lab(&ended.errors, lab);
        Ok(watched(variant, &ended, report))
    }

    pub fn miri(&self, lab: &Lab, variant: &Variant) -> Result<Run, Stop> {
        let mut command = miri(&[lab.slug, variant.name, "1", "1", "1"], 16);
        let ended = process::run(&mut command, LOST)?;
        if ended.good() {
            return Ok(said(
                variant,
                Said::Silence,
                "nothing in 16 seeds",
                ended.seconds,
            ));
        }
        let mut lines = ended.errors.lines();
        let report = lines.find_map(|line| {
            let what = line.strip_prefix("error: ")?;
            Some(what.to_owned()).filter(|what| !what.starts_with("aborting"))
        });
        let panic = ended
            .errors
            .lines()
            .any(|line| line.contains("panicked at"));
        Ok(match report {
            Some(what) if what.starts_with("unsupported operation") => {
                said(variant, Said::Cannot, what, ended.seconds)
            }
            Some(what) => said(variant, Said::Alarm, what, ended.seconds),
            None if ended.status.is_some() && panic => {
                said(variant, Said::Alarm, "a panic", ended.seconds)
            }
            None => said(variant, Said::Cannot, ended.why(), ended.seconds),
        })
    }
}

fn order(
    command: &mut Command,
    lab: &Lab,
    variant: &Variant,
    runs: u64,
    seconds: u64,
    patience: u64,
) {
    let numbers = [runs, seconds, patience].map(|number| number.to_string());
    command.args([lab.slug, variant.name]).args(numbers);
}

fn miri(arguments: &[&str], seeds: u32) -> Command {
    let run = [
        "+nightly",
        "miri",
        "run",
        "--quiet",
        "--target-dir",
        "target/miri",
        "-p",
        HARNESS,
        "--",
    ];
    let mut command = cargo(&run, "");
    command.args(arguments);
    let seeds = match seeds {
        0 => String::new(),
        many => format!("-Zmiri-many-seeds=0..{many}"),
    };
    command.env("MIRIFLAGS", format!("-Zmiri-permissive-provenance {seeds}"));
    command
}

fn runs_of(runs: u64) -> String {
    match runs {
        1 => "1 run".to_owned(),
        many => format!("{many} runs"),
    }
}

/// The harness's last line.
struct Told {
    runs: u64,
    seconds: f64,
    end: String,
    message: String,
}

impl Told {
    fn of(ended: &Ended) -> Option<Self> {
        let mut lines = ended.output.lines().rev();
        let line = lines.find_map(|line| line.strip_prefix("ended\t"))?;
        let mut parts = line.split('\t');
        Some(Self {
            runs: parts.next()?.parse().ok()?,
            seconds: parts.next()?.parse().ok()?,
            end: parts.next()?.to_owned(),
            message: parts.next()?.to_owned(),
        })
    }
}

/// What a watcher said: `report`, or nothing in so many runs.
fn watched(variant: &Variant, ended: &Ended, report: Option<String>) -> Run {
    match (report, Told::of(ended)) {
        (Some(what), _) => said(variant, Said::Alarm, what, ended.seconds),
        (None, Some(told)) if told.end == "refused" => {
            said(variant, Said::Cannot, told.message, ended.seconds)
        }
        (None, Some(told)) => {
            let stuck = if told.end == "stuck" {
                ", the last stuck"
            } else {
                ""
            };
            let what = format!("no report in {}{stuck}", runs_of(told.runs));
            said(variant, Said::Silence, what, ended.seconds)
        }
        (None, None) => said(variant, Said::Cannot, ended.why(), ended.seconds),
    }
}

/// `lab22_abba.rs:30`, if the line names such a place.
fn in_lab(line: &str, lab: &Lab) -> Option<String> {
    let file = Path::new(lab.file).file_name()?.to_str()?;
    let rest = &line[line.find(&format!("{file}:"))? + file.len() + 1..];
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some(format!("{file}:{digits}"))
}

/// The first access that Valgrind reports of a line of the lab's. A report begins with what it is; then come the lines of the
/// stack, of which the first has the address of the access, as have those that the compiler has put in line there.
fn of_the_lab(errors: &str, lab: &Lab) -> Option<String> {
    let lines: Vec<&str> = errors
        .lines()
        .map(|line| line.split_once("== ").map_or("", |(_, text)| text))
        .collect();
    for (i, line) in lines.iter().enumerate() {
        if !(line.starts_with("Possible data race") || line.starts_with("Conflicting ")) {
            continue;
        }
        let Some(first) = lines[i..]
            .iter()
            .take(4)
            .position(|line| line.trim_start().starts_with("at 0x"))
        else {
            continue;
        };
        let address = |line: &str| {
            let text = line.trim_start();
            let text = text
                .strip_prefix("at ")
                .or_else(|| text.strip_prefix("by "))?;
            text.split_once(':').map(|(address, _)| address.to_owned())
        };
        let at = address(lines[i + first]);
        let frames = lines[i + first..].iter();
        let mut frames = frames.take_while(|line| address(line) == at);
        if let Some(place) = frames.find_map(|line| in_lab(line, lab)) {
            let what = line.split(" at 0x").next().unwrap_or(line);
            let what = what.split(" by thread").next().unwrap_or(what);
            return Some(format!("{what}, {place}"));
        }
    }
    None
}
