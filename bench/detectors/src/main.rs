//! Which detector catches which lab's bug: measured, and written to `cli/src/matrix.json`, which the program shows.
//!
//! | File | What it does |
//! |---|---|
//! | `detectors` | their names, and what each is given to do |
//! | `inside` | the engines and proptest: each variant in a process of its own |
//! | `outside` | what watches real threads: stress, ThreadSanitizer, the order of locks, Valgrind, Miri |
//! | `lint` | clippy, on the labs ported to std |
//! | `rows` | who is asked of what, and what a lab's cell is then |
//! | `explain` | why a bug is missed, a fix reported |
//! | `harness` | the other package: one variant, natively |

mod detectors;
mod explain;
#[path = "../../../cli/src/matrix/form.rs"]
mod form;
mod inside;
mod lint;
mod outside;
mod process;
mod rows;
mod stop;
mod versions;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use clap::builder::PossibleValuesParser;
use racecourse::labs::{self, Lab};

use detectors::Detector;
use form::{Matrix, State};
use stop::Stop;

const AFTER: &str = "\
Measures every lab under every detector, on this machine, and writes the file
that `racecourse matrix` shows. With --lab or --detector only these are
measured, and the rest stays as it is in the file.

ThreadSanitizer and Miri need a nightly toolchain (rustup component add
--toolchain nightly miri rust-src), Helgrind and DRD a valgrind. What is not
there is not measured, and the file says why.

Leave the machine alone meanwhile: native stress is measured too.

Status: 0 measured, and every miss and false alarm is explained; 1 one is not
(the file is written all the same: add its line to src/explain.rs, and run
again with --explain), or could not measure; 2 bad arguments; 130 interrupted.";

/// Measures which tool catches which lab's bug.
#[derive(Debug, Parser)]
#[command(after_help = AFTER)]
struct Arguments {
    /// Measure only this lab, by its name or number; may be repeated
    #[arg(long, value_name = "LAB", value_parser = lab)]
    lab: Vec<&'static Lab>,
    /// Measure only under this detector; may be repeated
    #[arg(long, value_name = "DETECTOR", value_parser = PossibleValuesParser::new(Detector::ALL.map(Detector::name)))]
    detector: Vec<String>,
    /// The file
    #[arg(long, value_name = "FILE", default_value_os_t = default_file())]
    out: PathBuf,
    /// Measure nothing: explain once more what the file has
    #[arg(long, conflicts_with_all = ["lab", "detector"])]
    explain: bool,
    /// Detectors at a time, apart from stress, which is alone [default: one a processor]
    #[arg(long, value_name = "N")]
    jobs: Option<std::num::NonZeroUsize>,
    /// One variant under one engine, in this process
    #[arg(long, hide = true, num_args = 3)]
    child: Vec<String>,
}

fn default_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cli/src/matrix.json")
}

fn lab(name: &str) -> Result<&'static Lab, String> {
    let by_number = name.parse().ok();
    let mut all = labs::all().iter();
    all.find(|lab| lab.slug == name || Some(lab.number) == by_number)
        .ok_or_else(|| "there is no such lab; `racecourse list` has them".to_owned())
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(status) => status,
        Err(stop) => stop.report(),
    }
}

fn run(arguments: &Arguments) -> Result<ExitCode, Stop> {
    if let [detector, slug, variant] = arguments.child.as_slice() {
        return child(detector, slug, variant);
    }
    stop::on_interrupt();
    let old = read(&arguments.out)?;
    let mut matrix = if arguments.explain {
        old.ok_or_else(|| Stop::Usage(format!("there is no {}", arguments.out.display())))?
    } else {
        let named = |name: &String| Detector::named(name);
        let mut detectors: Vec<_> = arguments.detector.iter().filter_map(named).collect();
        if detectors.is_empty() {
            detectors = Detector::ALL.to_vec();
        }
        let labs = match arguments.lab.as_slice() {
            [] => labs::all().iter().collect(),
            some => some.to_vec(),
        };
        rows::measure(&labs, &detectors, old, arguments.jobs)?
    };
    let unexplained = explain(&mut matrix);
    let json =
        serde_json::to_string_pretty(&matrix).map_err(|error| Stop::failed("JSON", error))?;
    std::fs::write(&arguments.out, json + "\n").map_err(|error| {
        Stop::failed(&format!("cannot write {}", arguments.out.display()), error)
    })?;
    eprintln!("written: {}", arguments.out.display());
    for one in &unexplained {
        eprintln!("not explained: {one}");
    }
    Ok(if unexplained.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn child(detector: &str, slug: &str, variant: &str) -> Result<ExitCode, Stop> {
    let variant = labs::find(slug).and_then(|lab| lab.variant(variant));
    let (Some(detector), Some(variant)) = (Detector::named(detector), variant) else {
        return Err(Stop::Usage("--child DETECTOR LAB VARIANT".to_owned()));
    };
    let answer = inside::answer(detector, variant);
    let json = serde_json::to_string(&answer).map_err(|error| Stop::failed("JSON", error))?;
    println!("answer {json}");
    // What hangs in a scenario does not keep the process.
    std::process::exit(0)
}

fn read(file: &Path) -> Result<Option<Matrix>, Stop> {
    let Ok(text) = std::fs::read_to_string(file) else {
        return Ok(None);
    };
    let unreadable = |error| {
        let what = format!(
            "{} cannot be read; remove it, and measure all",
            file.display()
        );
        Stop::failed(&what, error)
    };
    serde_json::from_str(&text).map(Some).map_err(unreadable)
}

/// Writes the lines; what has none.
fn explain(matrix: &mut Matrix) -> Vec<String> {
    let mut unexplained = Vec::new();
    for row in &mut matrix.labs {
        let facts = row.clone();
        for cell in &mut row.cells {
            let Some(detector) = Detector::named(&cell.detector) else {
                continue;
            };
            cell.line = explain::line(&facts, cell, detector);
            if cell.line.is_none() && cell.state != State::Caught {
                unexplained.push(format!(
                    "{} under {}: {:?}",
                    row.lab, cell.detector, cell.state
                ));
            }
        }
    }
    unexplained
}
