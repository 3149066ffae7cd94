//! The files of lab 8: a desk with a letter, and a secret elsewhere.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// What is in the file that nobody shall read.
pub(super) const SECRET: &str = "the secret";

/// A directory of its own, which is gone when this is dropped.
#[derive(Debug)]
pub(super) struct Desk {
    directory: PathBuf,
    linked: bool,
}

impl Desk {
    pub(super) fn new() -> io::Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Relaxed);
        let name = format!("racecourse-desk-{}-{number}", process::id());
        let directory = std::env::temp_dir().canonicalize()?.join(name);
        fs::create_dir(&directory)?;
        let desk = Self {
            directory,
            linked: false,
        };
        fs::create_dir(desk.directory.join("desk"))?;
        fs::write(desk.letter(), "the letter")?;
        fs::write(desk.directory.join("secret"), SECRET)?;
        Ok(desk)
    }

    /// The path that the reader is given.
    pub(super) fn letter(&self) -> PathBuf {
        self.directory.join("desk/letter")
    }

    /// Puts the link in the letter's place, or the letter back.
    pub(super) fn swap(&mut self) -> io::Result<&'static str> {
        let (letter, aside) = (self.letter(), self.directory.join("aside"));
        self.linked = !self.linked;
        if self.linked {
            fs::rename(&letter, aside)?;
            symlink("../secret", &letter)?;
            Ok("puts a link to the secret in the letter's place")
        } else {
            fs::rename(aside, &letter)?;
            Ok("puts the letter back in its place")
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        // What cannot be removed is left to whoever clears the directory for temporary files.
        let _ = fs::remove_dir_all(&self.directory);
    }
}
