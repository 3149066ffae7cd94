//! The file of failing executions: a line each, the name of the test, a tab, the token.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::check::replay::ReplayToken;

#[derive(Debug)]
pub(super) struct Kept {
    path: PathBuf,
    /// The variable that names it, for errors.
    variable: &'static str,
}

/// A line of the file. What is no entry is kept as it is.
#[derive(Clone, Debug, PartialEq)]
enum Entry {
    Comment(String),
    Failure(String, ReplayToken),
}

const HEAD: &str =
    "# Failing executions, tried first by the next run of their tests: the test, a tab, the token.";

impl Kept {
    pub(super) fn new(path: impl AsRef<Path>, variable: &'static str) -> Self {
        Self {
            path: path.as_ref().to_owned(),
            variable,
        }
    }

    fn error(&self, what: &str, error: &std::io::Error) -> String {
        let (variable, path) = (self.variable, self.path.display());
        format!("{variable}: {path} {what} ({error}); name a file that can be written, or unset it")
    }

    fn parse(&self, text: &str) -> Result<Vec<Entry>, String> {
        let lines = text.lines().enumerate().map(|(index, line)| {
            if line.trim().is_empty() || line.starts_with('#') {
                return Ok(Entry::Comment(line.to_owned()));
            }
            let wrong = |why: &str| {
                let (variable, path, number) = (self.variable, self.path.display(), index + 1);
                format!("{variable}: {path}:{number} is no kept failure: {why}; remove the line, or the file")
            };
            let (name, token) = line
                .split_once('\t')
                .ok_or_else(|| wrong("it has no tab between a test and a token"))?;
            let token = token.parse().map_err(|error: crate::check::ParseReplayTokenError| {
                wrong(&error.to_string())
            })?;
            Ok(Entry::Failure(name.to_owned(), token))
        });
        lines.collect()
    }

    /// Opens and locks the file: tests run side by side, in several processes.
    fn open(&self) -> Result<(File, Vec<Entry>), String> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&self.path)
            .map_err(|error| self.error("cannot be opened", &error))?;
        file.lock()
            .map_err(|error| self.error("cannot be locked", &error))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)
            .map_err(|error| self.error("cannot be read", &error))?;
        let entries = self.parse(&String::from_utf8_lossy(&bytes))?;
        Ok((file, entries))
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Entry>)) -> Result<(), String> {
        let (mut file, mut entries) = self.open()?;
        let before = entries.clone();
        change(&mut entries);
        if entries == before {
            return Ok(());
        }
        let mut text = String::new();
        for entry in entries {
            match entry {
                Entry::Comment(line) => text.push_str(&line),
                Entry::Failure(name, token) => text.push_str(&format!("{name}\t{token}")),
            }
            text.push('\n');
        }
        let mut write = || {
            file.rewind()?;
            file.set_len(0)?;
            file.write_all(text.as_bytes())
        };
        write().map_err(|error| self.error("cannot be written", &error))
    }

    /// The failures of a test.
    pub(super) fn of(&self, test: &str) -> Result<Vec<ReplayToken>, String> {
        let (_, entries) = self.open()?;
        let tokens = entries.into_iter().filter_map(|entry| match entry {
            Entry::Failure(name, token) if name == test => Some(token),
            _ => None,
        });
        Ok(tokens.collect())
    }

    pub(super) fn add(&self, test: &str, token: &ReplayToken) -> Result<(), String> {
        self.change(|entries| {
            if entries.is_empty() {
                entries.push(Entry::Comment(HEAD.to_owned()));
            }
            let entry = Entry::Failure(test.to_owned(), token.clone());
            if !entries.contains(&entry) {
                entries.push(entry);
            }
        })
    }

    pub(super) fn remove(&self, test: &str, token: &ReplayToken) -> Result<(), String> {
        let entry = Entry::Failure(test.to_owned(), token.clone());
        self.change(|entries| entries.retain(|other| *other != entry))
    }
}
