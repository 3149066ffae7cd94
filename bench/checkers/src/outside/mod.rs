//! What an engineer sees: a crate of their own, which depends on this checkout, tested by `cargo test` in the dev profile.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{env, fs, io};

use indicatif::ProgressBar;
use tempfile::TempDir;

use crate::checkers::{ALL, Checker};
use crate::child::Run;
use crate::machine::locked;
use crate::process;
use crate::rows::Row;
use crate::stop::Stop;

/// What is measured if no program is named.
const USUAL: [&str; 3] = ["add-3x2", "queue-2x1", "queue-2x2"];
/// A build that takes longer will not end.
const BUILD: Duration = Duration::from_secs(1800);

/// The lines that the documentation tells an engineer to add.
const TWO_LINES: &str = "\n[profile.dev.package]\nracecourse.opt-level = 3\nloom.opt-level = 3\n";

/// The crate's files, which are also this program's.
const FILES: [(&str, &str); 6] = [
    ("main.rs", include_str!("races.rs")),
    ("explorer.rs", include_str!("../checkers/explorer.rs")),
    ("loom.rs", include_str!("../checkers/loom.rs")),
    ("programs.rs", include_str!("../checkers/programs.rs")),
    ("program.rs", include_str!("../checkers/program.rs")),
    ("found.rs", include_str!("../checkers/found.rs")),
];

/// The outside crate, built both ways.
#[derive(Debug)]
pub struct Outside {
    _directory: TempDir,
    without: PathBuf,
    with: PathBuf,
}

impl Outside {
    /// Builds it. Whatever this program was built from is there already, so that no network is needed.
    pub fn build() -> Result<Self, Stop> {
        let directory = TempDir::with_prefix("racecourse-outside-")
            .map_err(|error| Stop::failed("cannot make a temporary directory", error))?;
        let build = |lines: &str| {
            let bar = ProgressBar::new_spinner();
            bar.enable_steady_tick(Duration::from_millis(200));
            bar.set_message(if lines.is_empty() {
                "building an outside crate, as cargo does it"
            } else {
                "building it with the two lines"
            });
            let built = build(directory.path(), lines);
            bar.finish_and_clear();
            built
        };
        let without = build("")?;
        let with = build(TWO_LINES)?;
        Ok(Self {
            _directory: directory,
            without,
            with,
        })
    }

    /// One test, in a process of its own.
    pub fn measure(&self, row: &Row, limit: Duration) -> Result<Run, Stop> {
        let built = if row.optimised == Some(true) {
            &self.with
        } else {
            &self.without
        };
        let mut command = Command::new(built);
        command
            .args(["--exact", row.checker.name(), "--nocapture"])
            .env("BENCH_PROGRAM", row.number.to_string())
            .env("BENCH_LIMIT", limit.as_secs_f64().to_string());
        let ended = process::run(&mut command, limit + Duration::from_secs(10))?;
        let said = ended
            .output
            .lines()
            .find_map(|line| line.split_once("measured: "));
        Ok(said
            .and_then(|(_, json)| serde_json::from_str(json).ok())
            .unwrap_or_else(|| Run {
                failure: Some(ended.why()),
                ..Run::default()
            }))
    }
}

/// The rows of this mode.
pub fn rows(programs: &[usize], all: bool, checkers: &[Checker]) -> Vec<Row> {
    let mut rows = Vec::new();
    for &program in programs {
        if all && !USUAL.contains(&ALL[program].name) {
            continue;
        }
        for &checker in checkers {
            rows.extend([false, true].map(|lines| Row::new(program, checker, Some(lines))));
        }
    }
    rows
}

/// The program of the tests, built with these lines in the manifest.
fn build(directory: &Path, lines: &str) -> Result<PathBuf, Stop> {
    let at = directory.join(if lines.is_empty() { "without" } else { "with" });
    write(&at, lines).map_err(|error| Stop::failed("cannot write the outside crate", error))?;
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["test", "--offline", "--no-run", "--message-format=json"])
        .current_dir(&at)
        .env("CARGO_TARGET_DIR", directory.join("target"));
    // What the environment says of profiles is not what an engineer sees.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PROFILE_") || text.ends_with("RUSTFLAGS") {
            command.env_remove(&name);
        }
    }
    let ended = process::run(&mut command, BUILD)?;
    if !ended.good() {
        return Err(Stop::Failed(format!(
            "the outside crate cannot be built:\n{}",
            ended.errors
        )));
    }
    let executable = |line: &str| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        let is_it = message["target"]["name"] == "races";
        is_it.then(|| message["executable"].as_str().map(PathBuf::from))?
    };
    let built = ended.output.lines().find_map(executable);
    built.ok_or_else(|| Stop::Failed("cargo did not say what it built".to_owned()))
}

fn write(at: &Path, lines: &str) -> io::Result<()> {
    let tests = at.join("tests/races");
    fs::create_dir_all(&tests)?;
    fs::create_dir(at.join("src"))?;
    fs::write(at.join("src/lib.rs"), "//! An engineer's crate.\n")?;
    for (name, text) in FILES {
        fs::write(tests.join(name), text)?;
    }
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let checkout = here.join("../..").canonicalize()?;
    // A string of JSON is one of TOML.
    let path = serde_json::Value::from(checkout.to_string_lossy());
    let loom = locked("loom");
    let manifest = format!(
        "[package]\nname = \"outside\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dev-dependencies]\n\
         racecourse = {{ path = {path}, features = [\"check\"] }}\nloom = \"={loom}\"\n\n[workspace]\n{lines}"
    );
    fs::write(at.join("Cargo.toml"), manifest)?;
    fs::write(at.join("Cargo.lock"), include_str!("../../Cargo.lock"))
}
