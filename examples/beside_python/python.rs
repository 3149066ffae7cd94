//! The Python beside this program: a process that runs `lecture.py`.

use crate::Measured;
use crate::common::End;
use serde_json::{Value, json};
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

pub(crate) struct Python {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    pub(crate) version: String,
    /// Whether it runs one thread at a time.
    pub(crate) gil: bool,
}

impl Python {
    /// Starts `program`, and waits until its pools are ready.
    pub(crate) fn start(program: &str, workers: usize) -> Result<Self, End> {
        let script =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/beside_python/lecture.py");
        let mut child = Command::new(program)
            .arg(script)
            .arg(workers.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| {
                End::Unavailable(format!(
                    "cannot start Python as `{program}`: {error}; install Python 3, or say where it is with --python"
                ))
            })?;
        let mut python = Self {
            requests: child.stdin.take().expect("it is piped"),
            answers: BufReader::new(child.stdout.take().expect("it is piped")),
            child,
            version: String::new(),
            gil: true,
        };
        let ready = python.answer()?;
        python.version = ready["version"].as_str().unwrap_or("?").to_owned();
        python.gil = ready["gil"] != json!(false);
        Ok(python)
    }

    /// Has it do `work` on `items` in its `way`, `chunk` of them in a task.
    pub(crate) fn run(
        &mut self,
        work: &str,
        way: &str,
        items: &[u64],
        chunk: usize,
    ) -> Result<Measured, End> {
        let request = json!({ "work": work, "way": way, "items": items, "chunk": chunk });
        writeln!(self.requests, "{request}").map_err(|error| self.failed(&error))?;
        let mut answer = self.answer()?;
        match (answer["seconds"].as_f64(), answer["results"].take()) {
            (Some(seconds), Value::Array(results)) => Ok(Measured { seconds, results }),
            _ => Err(self.failed(&"it answered without a time, or without results")),
        }
    }

    /// Lets it end; it does when there are no more requests.
    pub(crate) fn end(mut self) -> Result<(), End> {
        drop(self.requests);
        match self.child.wait() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(End::Failed(format!("Python ended with {status}"))),
            Err(error) => Err(End::Failed(format!("Python did not end: {error}"))),
        }
    }

    fn answer(&mut self) -> Result<Value, End> {
        let mut line = String::new();
        let read = match self.answers.read_line(&mut line) {
            Ok(0) => Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
            result => result,
        };
        read.map_err(|error| self.failed(&error))?;
        serde_json::from_str(&line).map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &dyn std::fmt::Display) -> End {
        End::Failed(format!(
            "Python failed ({error}); why should stand above; it must be 3.8 or newer, and be allowed as many processes and threads as --threads says, twice"
        ))
    }
}
