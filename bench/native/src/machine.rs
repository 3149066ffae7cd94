//! What was measured, by what, on what, and whether anything else ran.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::process::Command;

const LOCK: &str = include_str!("../../../Cargo.lock");

/// As a Markdown list. `crates` are those of the peers.
pub(crate) fn describe(crates: &BTreeSet<&'static str>) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write!(text, "- racecourse {}", locked("racecourse"));
    if let Some(commit) = commit() {
        let _ = write!(text, " ({commit})");
    }
    for name in crates {
        let _ = write!(text, ", {name} {}", locked(name));
    }
    let profile = match cfg!(debug_assertions) {
        true => "**debug, not optimised: the figures mean nothing**",
        false => "release",
    };
    let _ = writeln!(text, "\n- {}, {profile}", env!("BUILT_BY"));
    let _ = writeln!(
        text,
        "- {}, {} cores, {} {}",
        processor().unwrap_or_else(|| "unknown processor".to_owned()),
        cores(),
        std::env::consts::OS,
        std::env::consts::ARCH
    );
    text
}

/// For a chart.
pub(crate) fn short() -> String {
    let processor = processor().unwrap_or_else(|| "unknown processor".to_owned());
    format!("{processor}, {} cores, {}", cores(), env!("BUILT_BY"))
}

pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// How many threads ran or wanted to, on average over the last minute.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load(Option<f64>);

impl Load {
    pub(crate) fn now() -> Self {
        let text = std::fs::read_to_string("/proc/loadavg").ok();
        Self(text.and_then(|text| text.split(' ').next()?.parse().ok()))
    }

    pub(crate) fn describe(self) -> String {
        match self.0 {
            Some(load) if load < 0.5 => format!("the machine was quiet: load {load:.2} before"),
            Some(load) => {
                format!("**the machine was not quiet**: load {load:.2} before; trust only ratios")
            }
            None => "whether the machine was quiet is unknown".to_owned(),
        }
    }
}

/// The version that this program was built with.
fn locked(name: &str) -> &'static str {
    if name == "std" {
        return "as rustc";
    }
    let entry = format!("name = \"{name}\"\nversion = \"");
    let version = LOCK
        .split_once(&entry)
        .and_then(|(_, rest)| rest.split('"').next());
    version.unwrap_or("of unknown version")
}

fn processor() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// Of the checkout, if it is one; `-dirty` if it has been changed since.
fn commit() -> Option<String> {
    let output = Command::new("git")
        .args(["-C", env!("CARGO_MANIFEST_DIR"), "describe"])
        .args(["--always", "--dirty", "--exclude=*"])
        .output()
        .ok()?;
    let name = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::locked;

    #[test]
    fn versions_are_those_of_the_lock_file() {
        assert!(locked("racecourse").starts_with(|c: char| c.is_ascii_digit()));
        assert_eq!(locked("no-such-crate"), "of unknown version");
    }
}
