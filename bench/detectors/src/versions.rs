//! What measured, on what.

use std::process::Command;

use crate::detectors::Detector;

const LOCK: &str = include_str!("../Cargo.lock");

/// The version of a detector, as it tells it itself.
pub fn of(detector: Detector) -> String {
    match detector {
        Detector::Stress => env!("BUILT_BY").to_owned(),
        Detector::Proptest => locked("proptest"),
        Detector::Loom => locked("loom"),
        Detector::Sampler | Detector::Explorer | Detector::LockOrder => locked("racecourse"),
        Detector::Tsan => {
            let nightly = told("rustc", &["+nightly", "--version"]);
            format!("{nightly}, std built with it")
        }
        Detector::Clippy => told("cargo", &["clippy", "--version"]),
        Detector::Helgrind | Detector::Drd => told("valgrind", &["--version"]),
        Detector::Miri => told("cargo", &["+nightly", "miri", "--version"]),
    }
}

/// Processor, cores, system.
pub fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let system = format!("{} {}", std::env::consts::OS, std::env::consts::ARCH);
    let processor = std::fs::read_to_string("/proc/cpuinfo").ok();
    let processor = processor.as_deref().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim())
    });
    let processor = processor.unwrap_or("unknown processor");
    format!("{processor}, {cores} cores, {system}")
}

fn locked(name: &str) -> String {
    let entry = format!("name = \"{name}\"\nversion = \"");
    let rest = LOCK.split_once(&entry).map(|(_, rest)| rest);
    let version = rest.and_then(|rest| rest.split('"').next());
    format!("{name} {}", version.unwrap_or("unknown"))
}

fn told(program: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    command.args(arguments);
    for name in ["CARGO", "RUSTC", "RUSTUP_TOOLCHAIN"] {
        command.env_remove(name);
    }
    let output = command
        .output()
        .ok()
        .filter(|output| output.status.success());
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.unwrap_or_else(|| "unknown".to_owned())
}
