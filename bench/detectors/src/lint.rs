//! Clippy, on the labs ported to std: it knows std's locks by their names, and not the vocabulary's, so the `use` lines of each
//! lab are turned back, in a crate that is made for this. The catalogue's entry, which no lint needs, stays out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use racecourse::labs::{self, Lab, Variant};
use serde_json::Value;

use crate::detectors::said;
use crate::form::{Run, Said};
use crate::process;
use crate::stop::Stop;

const LINTS: &[&str] = &[
    "arc_with_non_send_sync",
    "await_holding_lock",
    "await_holding_refcell_ref",
    "borrow_interior_mutable_const",
    "declare_interior_mutable_const",
    "empty_loop",
    "infinite_loop",
    "let_underscore_lock",
    "mem_forget",
    "missing_spin_loop",
    "mut_from_ref",
    "mut_mutex_lock",
    "mutex_atomic",
    "mutex_integer",
    "non_send_fields_in_send_ty",
    "rc_mutex",
    "readonly_write_lock",
    "significant_drop_in_scrutinee",
    "significant_drop_tightening",
    "while_immutable_condition",
    "zombie_processes",
];

/// How an answer begins where there is nothing to look at.
pub const UNPORTED: &str = "its port to std does not compile by itself";

const MOST: Duration = Duration::from_secs(1800);

/// Under these names the labs find what they use: std's own where there is such.
const ROOT: &str = "
#![allow(dead_code, unused_imports, unused_variables, unused_mut)]
pub mod sync { pub use std::sync::*; }
pub mod thread { pub use std::thread::*; pub use racecourse::thread::block_on; }
pub mod hint { pub use std::hint::*; }
pub use ::parking_lot;
pub use racecourse::*;
pub mod labs;
";

/// What labs share, beside their form.
const SHARED: &[&str] = &["semaphore"];

/// What clippy says of the labs.
#[derive(Debug)]
pub struct Lints {
    /// Of a lab by its number: lines and lints.
    found: BTreeMap<u32, Vec<(usize, String)>>,
    /// Whose ports do not compile.
    unported: BTreeMap<u32, String>,
    /// Which could not be run at all.
    pub lacking: Option<String>,
    seconds: f64,
}

impl Lints {
    pub fn run() -> Result<Self, Stop> {
        eprintln!("clippy on the labs, ported to std");
        let mut lints = Self {
            found: BTreeMap::new(),
            unported: BTreeMap::new(),
            lacking: None,
            seconds: 0.0,
        };
        let crate_ = tempfile::tempdir().map_err(|error| Stop::failed("no directory", error))?;
        // Each round leaves out what did not compile in the last.
        loop {
            lints.found.clear();
            write(crate_.path(), &lints.unported)
                .map_err(|error| Stop::failed("cannot write the ported labs", error))?;
            let ended = process::run(&mut clippy(crate_.path()), MOST)?;
            lints.seconds += ended.seconds;
            let before = lints.unported.len();
            for line in ended.output.lines() {
                let message: Value = serde_json::from_str(line).unwrap_or_default();
                lints.take(&message["message"]);
            }
            if ended.good() {
                return Ok(lints);
            }
            if lints.unported.len() == before {
                lints.lacking = Some(ended.why());
                return Ok(lints);
            }
        }
    }

    fn take(&mut self, message: &Value) {
        let code = message["code"]["code"].as_str().unwrap_or_default();
        let Some(spans) = message["spans"].as_array() else {
            return;
        };
        let lint = code.strip_prefix("clippy::").unwrap_or(code);
        for span in spans.iter().filter(|span| span["is_primary"] == true) {
            let file = span["file_name"].as_str().unwrap_or_default();
            let Some(lab) = labs::all().iter().find(|lab| file_name(lab) == base(file)) else {
                continue;
            };
            if LINTS.contains(&lint) {
                let line = span["line_start"].as_u64().unwrap_or_default() as usize;
                let of_lab = self.found.entry(lab.number).or_default();
                of_lab.push((line, lint.to_owned()));
            } else if message["level"] == "error" {
                let why = message["message"].as_str().unwrap_or_default();
                self.unported
                    .entry(lab.number)
                    .or_insert_with(|| why.to_owned());
            }
        }
    }

    /// A lint tells of the variant in whose code it stands; elsewhere, of all.
    pub fn of(&self, lab: &Lab, variant: &Variant) -> Run {
        if let Some(why) = &self.lacking {
            return said(variant, Said::Cannot, why.as_str(), 0.0);
        }
        if let Some(why) = self.unported.get(&lab.number) {
            let why = format!("{UNPORTED}: {why}");
            return said(variant, Said::Cannot, why, 0.0);
        }
        let ranges: Vec<_> = lab
            .variants
            .iter()
            .map(|v| (v.name, lines(lab, v)))
            .collect();
        let tells = |line: usize| {
            let owners: Vec<_> = ranges
                .iter()
                .filter(|(_, range)| {
                    range.is_some_and(|(first, last)| (first..=last).contains(&line))
                })
                .map(|(name, _)| *name)
                .collect();
            owners.is_empty() || owners.contains(&variant.name)
        };
        let found = self.found.get(&lab.number).into_iter().flatten();
        let found: BTreeSet<String> = found
            .filter(|(line, _)| tells(*line))
            .map(|(line, lint)| format!("{lint} at line {line}"))
            .collect();
        if found.is_empty() {
            return said(variant, Said::Silence, "no lint", self.seconds);
        }
        let what = found.into_iter().collect::<Vec<_>>().join(", ");
        said(variant, Said::Alarm, what, self.seconds)
    }
}

fn file_name(lab: &Lab) -> &'static str {
    base(lab.file)
}

fn base(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// The lines of `variant`'s own code, from 1.
fn lines(lab: &Lab, variant: &Variant) -> Option<(usize, usize)> {
    let code = lab.code(variant)?;
    let start = lab.source.find(code)?;
    let first = lab.source[..start].lines().count() + 1;
    Some((first, first + code.lines().count()))
}

fn write(directory: &Path, without: &BTreeMap<u32, String>) -> std::io::Result<()> {
    let src = directory.join("src");
    let of_labs = src.join("labs");
    std::fs::create_dir_all(&of_labs)?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()?;
    let manifest = format!(
        "[package]\nname = \"ported\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
         racecourse = {{ path = {root:?}, features = [\"labs\", \"async\", \"workload\"] }}\nparking_lot = \"0.12\"\n"
    );
    std::fs::write(directory.join("Cargo.toml"), manifest)?;
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock");
    std::fs::copy(lock, directory.join("Cargo.lock"))?;
    std::fs::write(src.join("lib.rs"), ROOT)?;
    let mut modules = String::new();
    for lab in labs::all()
        .iter()
        .filter(|lab| !without.contains_key(&lab.number))
    {
        let name = file_name(lab);
        modules.push_str(&format!("pub mod {};\n", name.trim_end_matches(".rs")));
        std::fs::write(of_labs.join(name), ported(lab.source))?;
    }
    for name in SHARED {
        modules.push_str(&format!("pub mod {name};\n"));
        let source = root.join("src/labs").join(format!("{name}.rs"));
        let source = std::fs::read_to_string(source)?;
        std::fs::write(of_labs.join(format!("{name}.rs")), ported(&source))?;
    }
    std::fs::write(of_labs.join("mod.rs"), modules)
}

/// The lab without its entry in the catalogue and what that needs; every line keeps its number.
fn ported(source: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for line in source.lines() {
        if line.starts_with("pub(super) static LAB") || line.starts_with("#[cfg(test)]") {
            break;
        }
        let of_super = line.strip_prefix("use super::");
        let shared = of_super.is_some_and(|rest| SHARED.iter().any(|name| rest.starts_with(name)));
        inside |= of_super.is_some() && !shared || line == "mod wrong;";
        inside |= line.starts_with("#![doc = include_str!");
        if !inside {
            out.push_str(&line.replace("::const_new(", "::new("));
        }
        inside &= !line.ends_with([';', ']']);
        out.push('\n');
    }
    out
}

fn clippy(directory: &Path) -> Command {
    let target: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/clippy");
    // Clippy runs on what has changed; a file that is written anew has.
    let mut command = Command::new("cargo");
    command.current_dir(directory).args([
        "clippy",
        "--quiet",
        "--message-format=json",
        "--target-dir",
    ]);
    command.arg(target).args(["--", "-A", "clippy::all"]);
    for lint in LINTS {
        command.args(["-W".to_owned(), format!("clippy::{lint}")]);
    }
    command.env_remove("RUSTFLAGS");
    command
}
