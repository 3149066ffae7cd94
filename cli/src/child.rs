//! Each check in a process of its own: a scenario can overflow its stack, abort or hang, and must then
//! take nothing else with it.
//!
//! The child is this program with the hidden command `__check`. It writes its report as one line of JSON behind
//! [`MARK`], so that whatever the scenario itself prints is told apart. Its standard input is a pipe that
//! nobody writes to: when it closes, the parent is gone, and the child ends too.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use indicatif::ProgressBar;
use racecourse::check::Report;
use racecourse::labs::{Driven, Lab, Variant};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::args::{EngineName, Race};
use crate::catalogue::{self, How};
use crate::stop::{Status, Stop};
use crate::words::grouped;

const MARK: &str = "racecourse-report ";
/// Before a line that says how far the search is.
const PROGRESS: &str = "racecourse-progress ";

/// Why there is no report.
#[derive(Debug)]
pub enum Loss {
    /// The process could not be started.
    NotStarted(io::Error),
    /// It ended without a report.
    Died { status: ExitStatus, said: String },
    /// It was ended after this long.
    TimedOut(Duration),
    /// Its report cannot be read.
    Unreadable(serde_json::Error),
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted(error) => {
                write!(
                    f,
                    "the check's process, or a thread that reads from it, could not be started ({error}); \
                     end other processes, or raise the limit (`ulimit -u`)"
                )
            }
            Self::Died { status, said } => {
                write!(f, "the check's process died, {}", describe(*status))?;
                if said.is_empty() {
                    Ok(())
                } else {
                    write!(f, ", saying:\n{said}")
                }
            }
            Self::TimedOut(after) => {
                write!(
                    f,
                    "the check gave no answer in {} s and was ended; --timeout allows more",
                    after.as_secs()
                )
            }
            Self::Unreadable(error) => write!(f, "the check's report cannot be read: {error}"),
        }
    }
}

/// How a process ended, in words.
fn describe(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return match signal {
            4 => "by SIGILL (an impossible instruction)".to_owned(),
            6 => {
                "by SIGABRT (an abort: a stack overflow, or a panic in a destructor during a panic)"
                    .to_owned()
            }
            9 => "by SIGKILL (ended from outside, perhaps for want of memory)".to_owned(),
            11 => "by SIGSEGV (memory it had no right to: a stack overflow, or unsound code)"
                .to_owned(),
            _ => format!("by signal {signal}"),
        };
    }
    match status.code() {
        Some(code) => format!("with status {code}"),
        None => "without a status".to_owned(),
    }
}

/// Runs one check in a child process and waits for its report, at most `timeout`.
pub fn check(
    lab: &Lab,
    variant: &Variant,
    how: &How,
    timeout: Option<Duration>,
    bar: Option<ProgressBar>,
) -> Result<Report, Loss> {
    let program = std::env::current_exe().map_err(Loss::NotStarted)?;
    let mut command = Command::new(program);
    command.args(["__check", lab.slug, "--variant", variant.name]);
    command.args([
        "--seed",
        &how.seed.to_string(),
        "--depth",
        &how.depth.to_string(),
        "--workers",
        &how.workers.to_string(),
    ]);
    if let Some((index, of)) = how.shard {
        command.args(["--shard", &format!("{index}/{of}")]);
    }
    if let Some(executions) = how.executions {
        command.args(["--executions", &executions.to_string()]);
    }
    match &how.replay {
        // It knows by which engine it was found.
        Some(token) => command.args(["--replay", &token.to_string()]),
        None => command.args(["--engine", how.engine.name()]),
    };
    if how.explain {
        command.arg("--explain");
    }
    report(start(command)?, timeout, bar)
}

/// Drives a variant in a child process, as [`check`] runs an engine there.
pub fn drive(lab: &Lab, variant: &Variant, timeout: Option<Duration>) -> Result<Driven, Loss> {
    let program = std::env::current_exe().map_err(Loss::NotStarted)?;
    let mut command = Command::new(program);
    command.args(["__check", lab.slug, "--variant", variant.name]);
    report(start(command)?, timeout, None)
}

fn start(mut command: Command) -> Result<Child, Loss> {
    // What it says on its death is shown in a table: without a backtrace.
    command.env("RUST_BACKTRACE", "0");
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().map_err(Loss::NotStarted)
}

/// The report of a child that is running.
fn report<R: DeserializeOwned>(
    child: Child,
    timeout: Option<Duration>,
    bar: Option<ProgressBar>,
) -> Result<R, Loss> {
    let (status, out, said) = wait(child, timeout, bar)?;

    let answer = out.lines().rev().find_map(|line| line.strip_prefix(MARK));
    match answer {
        Some(json) => serde_json::from_str(json).map_err(Loss::Unreadable),
        None => Err(Loss::Died {
            status,
            said: last_lines(&said, 8),
        }),
    }
}

/// Waits for the end of `child`, its output and what it said on standard error.
fn wait(
    mut child: Child,
    timeout: Option<Duration>,
    bar: Option<ProgressBar>,
) -> Result<(ExitStatus, String, String), Loss> {
    // Both pipes are read while it runs, else it would wait for a reader.
    let pipes = read_aside(child.stdout.take(), bar)
        .and_then(|out| Ok((out, read_aside(child.stderr.take(), None)?)));
    let (out, err) = match pipes {
        Ok(pipes) => pipes,
        Err(error) => {
            end(child);
            return Err(Loss::NotStarted(error));
        }
    };
    let read = match timeout {
        Some(timeout) => out.recv_timeout(timeout).ok(),
        None => out.recv().ok(),
    };
    if read.is_none() {
        end(child);
        return Err(Loss::TimedOut(timeout.unwrap_or_default()));
    }
    let status = child.wait().map_err(Loss::NotStarted)?;
    Ok((
        status,
        read.unwrap_or_default(),
        err.recv().unwrap_or_default(),
    ))
}

fn end(mut child: Child) {
    // Killing fails only if it has just ended by itself.
    let _ = child.kill();
    let _ = child.wait();
}

/// Reads it to its end. Lines of progress are shown by the bar.
fn read_aside(
    pipe: Option<impl Read + Send + 'static>,
    bar: Option<ProgressBar>,
) -> io::Result<mpsc::Receiver<String>> {
    let (to, from) = mpsc::channel();
    std::thread::Builder::new().spawn(move || {
        let mut bytes = Vec::new();
        if let Some(pipe) = pipe {
            let mut pipe = BufReader::new(pipe);
            // What could be read before an error is still worth showing.
            while let Ok(1..) = pipe.read_until(b'\n', &mut bytes) {
                let start = bytes[..bytes.len() - 1]
                    .iter()
                    .rposition(|byte| *byte == b'\n')
                    .map_or(0, |end| end + 1);
                let line = String::from_utf8_lossy(&bytes[start..]);
                if let Some(progress) = line.trim_end().strip_prefix(PROGRESS) {
                    if let Some(bar) = &bar {
                        bar.set_message(progress.to_owned());
                    }
                    bytes.truncate(start);
                }
            }
        }
        // Nobody listens any more after a timeout.
        let _ = to.send(String::from_utf8_lossy(&bytes).into_owned());
    })?;
    Ok(from)
}

fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

/// The command of the child: one check, its report as JSON.
pub fn answer(options: &Race) -> Result<Status, Stop> {
    // Without this thread, where one is refused, the check outlives its parent for as long as it takes.
    let _ = std::thread::Builder::new().spawn(|| {
        // Nothing is ever sent; the end of input is the end of the parent.
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        std::process::exit(1);
    });
    let lab = catalogue::lab(&options.lab)?;
    let variant = catalogue::variant(
        lab,
        options.variant.as_deref().unwrap_or(lab.variants[0].name),
    )?;
    if let Some(drive) = variant.drive {
        let driven = drive().map_err(|error| {
            Stop::failed(format!(
                "the system could not be driven ({error}); end other processes, or raise the limits (`ulimit -u -n`)"
            ))
        })?;
        return say(&driven);
    }
    let how = How {
        engine: options
            .engine
            .unwrap_or_else(|| EngineName::best_for(variant)),
        seed: options.seed,
        executions: options.executions,
        replay: options.replay.clone(),
        explain: options.explain,
        depth: options.depth,
        workers: options.workers.get(),
        shard: options.shard,
    };
    let checker = how.checker().on_progress(|progress| {
        let mut line = format!("{PROGRESS}{} executions", grouped(progress.executions));
        if let Some(all) = progress.estimate {
            // From a part of the search: two digits are more than it knows.
            line.push_str(&format!(" of about {all:.1e}"));
        }
        // Nobody may be there to read it.
        let _ = writeln!(io::stdout(), "{line}");
    });
    let report = match &how.replay {
        Some(token) => variant.scenario.replay(&checker, token),
        None => variant.scenario.check(&checker),
    };
    say(&report)
}

/// What the parent reads.
fn say(report: &impl Serialize) -> Result<Status, Stop> {
    let json = serde_json::to_string(report).map_err(Stop::failed)?;
    // The scenario may have left a line of its own unfinished.
    let mut out = io::stdout().lock();
    writeln!(out, "\n{MARK}{json}")?;
    out.flush()?;
    Ok(Status::Good)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept() {
        assert_eq!(last_lines("a\n\nb\nc\n", 2), "b\nc");
        assert_eq!(last_lines("", 2), "");
    }

    #[cfg(unix)]
    #[test]
    fn a_death_names_its_signal_or_status() {
        use std::os::unix::process::ExitStatusExt;
        assert!(describe(ExitStatus::from_raw(11)).contains("SIGSEGV"));
        assert!(describe(ExitStatus::from_raw(6)).contains("SIGABRT"));
        assert_eq!(describe(ExitStatus::from_raw(101 << 8)), "with status 101");
    }

    #[cfg(unix)]
    fn shell(script: &str) -> Child {
        let mut command = Command::new("sh");
        command
            .args(["-c", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.spawn().expect("sh starts")
    }

    #[cfg(unix)]
    #[test]
    fn a_death_without_a_report_is_told_with_the_last_words() {
        let lost = report::<Report>(
            shell("echo out; echo last words >&2; kill -SEGV $$"),
            None,
            None,
        )
        .expect_err("it died");
        let text = lost.to_string();
        assert!(
            text.contains("died, by SIGSEGV") && text.ends_with("saying:\nlast words"),
            "{text}"
        );
        let lost = report::<Report>(shell("echo 'racecourse-report {}'"), None, None)
            .expect_err("no report");
        assert!(lost.to_string().contains("cannot be read"), "{lost}");
    }

    #[cfg(unix)]
    #[test]
    fn progress_is_shown_and_is_no_output() {
        let bar = ProgressBar::hidden();
        let child = shell("echo one; echo 'racecourse-progress 7 executions'; echo two");
        let (_, out, _) = wait(child, None, Some(bar.clone())).expect("it ends");
        assert_eq!(
            (out.as_str(), bar.message().as_str()),
            ("one\ntwo\n", "7 executions")
        );
    }

    #[cfg(unix)]
    #[test]
    fn one_that_does_not_end_is_ended() {
        let lost = wait(
            shell("exec sleep 60"),
            Some(Duration::from_millis(50)),
            None,
        );
        assert!(matches!(lost, Err(Loss::TimedOut(_))), "{lost:?}");
        let (status, out, said) =
            wait(shell("echo out; echo err >&2; exit 3"), None, None).expect("it ends");
        assert_eq!(
            (status.code(), out.as_str(), said.as_str()),
            (Some(3), "out\n", "err\n")
        );
    }
}
