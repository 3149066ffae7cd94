#![cfg(unix)]

use super::*;
use racecourse::labs::lab08_file_toctou::{self as lab, Step};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A directory of its own, which is gone when this is dropped.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::const_new(0);
        let number = NUMBER.fetch_add(1, Relaxed);
        let name = format!("racecourse-letters-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).expect("a directory for temporary files");
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

type Read = fn(&Path, Step<'_>) -> io::Result<String>;

proptest! {
    #![proptest_config(config())]

    /// Undisturbed, each of them reads any letter, and follows no link.
    #[test]
    fn a_letter_is_read_and_a_link_is_refused(text in ".{0,300}") {
        let directory = Directory::new();
        let (letter, link) = (directory.0.join("letter"), directory.0.join("link"));
        fs::write(&letter, &text).unwrap();
        std::os::unix::fs::symlink(&letter, &link).unwrap();
        for read in [lab::buggy as Read, lab::fixed, lab::fixed_same_file] {
            let read = |path: &Path| read(path, &mut |_| {});
            prop_assert_eq!(&read(&letter).unwrap(), &text);
            prop_assert!(read(&link).is_err());
            prop_assert!(read(&directory.0).is_err(), "a directory is no letter");
        }
    }

    /// Whoever is put there between any two steps: what is read is never what a link leads to.
    #[test]
    fn the_secret_is_never_read(choices in prop::array::uniform4(0usize..3)) {
        for read in [lab::fixed as Read, lab::fixed_same_file] {
            let directory = Directory::new();
            let (letter, secret) = (directory.0.join("letter"), directory.0.join("secret"));
            fs::write(&letter, "letter").unwrap();
            fs::write(&secret, "secret").unwrap();
            let mut choices = choices.into_iter();
            let result = read(&letter, &mut |_| match choices.next() {
                Some(1) => {
                    fs::remove_file(&letter).unwrap();
                    std::os::unix::fs::symlink(&secret, &letter).unwrap();
                }
                Some(2) => {
                    fs::remove_file(&letter).unwrap();
                    fs::write(&letter, "letter").unwrap();
                }
                _ => {}
            });
            prop_assert!(!result.is_ok_and(|text| text == "secret"));
        }
    }
}
