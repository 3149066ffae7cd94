//! Peers that are not written in Rust: programs that say how long they took.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::contest::{Contestant, Sample};

/// A peer that is a Python script. It finds the number of operations in `sys.argv[1]`, and prints how many seconds they took and
/// how many they were.
///
/// # Errors
/// The line that says why it is skipped.
pub(crate) fn python(name: &str, script: &'static str) -> Result<Contestant, String> {
    let about = Command::new("python3").arg("--version").output();
    let version = match about {
        Ok(output) if output.status.success() => {
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        }
        _ => return Err(format!("{name}: skipped, for `python3` does not run here")),
    };
    let name = format!("{name} ({version})");
    Ok(Contestant::peer(name, "python3", move |operations| {
        let output = Command::new("python3")
            .args(["-c", script, &operations.to_string()])
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output();
        // It has said why on standard error, or is interrupted as this program is.
        let said = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        said.ok()
            .and_then(|said| said_sample(&said))
            .unwrap_or(Sample::FAILED)
    }))
}

/// Of "0.25 1000".
fn said_sample(said: &str) -> Option<Sample> {
    let (seconds, operations) = said.trim().split_once(' ')?;
    let elapsed = Duration::try_from_secs_f64(seconds.parse().ok()?).ok()?;
    Some(Sample::new(elapsed, operations.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::said_sample;

    #[test]
    fn what_a_program_says_is_a_sample() {
        let sample = said_sample("0.5 1000\n").unwrap();
        assert_eq!(sample.nanoseconds(), Some(500_000.0));
        assert!(said_sample("Traceback").is_none());
        assert!(said_sample("-1 1000").is_none());
    }
}
