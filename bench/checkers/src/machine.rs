//! What was measured, by what, on what.

use std::process::Command;

use serde::Serialize;

#[derive(Debug, Serialize)]
pub struct Machine {
    pub processor: String,
    pub cores: usize,
    pub system: String,
    pub rustc: &'static str,
    /// How this program was built.
    pub profile: &'static str,
    pub racecourse: String,
    pub loom: &'static str,
    pub shuttle: &'static str,
}

const LOCK: &str = include_str!("../Cargo.lock");

impl Machine {
    pub fn here() -> Self {
        let version = locked("racecourse");
        Self {
            processor: processor().unwrap_or_else(|| "unknown processor".to_owned()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            rustc: env!("BUILT_BY"),
            profile: if cfg!(debug_assertions) {
                "debug, not optimised"
            } else {
                "release"
            },
            racecourse: match commit() {
                Some(commit) => format!("{version} ({commit})"),
                None => version.to_owned(),
            },
            loom: locked("loom"),
            shuttle: locked("shuttle"),
        }
    }
}

/// The version that this program was built with.
pub fn locked(name: &str) -> &'static str {
    let entry = format!("name = \"{name}\"\nversion = \"");
    let version = LOCK
        .split_once(&entry)
        .and_then(|(_, rest)| rest.split('"').next());
    version.unwrap_or("unknown")
}

fn processor() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// Of the checkout, if it is one; `-dirty` if it has been changed since.
fn commit() -> Option<String> {
    let output = Command::new("git")
        .args([
            "-C",
            env!("CARGO_MANIFEST_DIR"),
            "describe",
            "--always",
            "--dirty",
            "--exclude=*",
        ])
        .output()
        .ok()?;
    let name = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !name.is_empty()).then_some(name)
}
