//! The examples on a terminal: a pseudo-terminal that the test types to, as a person's window does.

use crate::process::{PATIENCE, program};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Instant;

/// Ctrl-C and Ctrl-D, as a keyboard sends them.
pub(crate) const CTRL_C: &str = "\u{3}";
pub(crate) const CTRL_D: &str = "\u{4}";

/// An example with all three of its standard streams on a terminal of its own.
pub(crate) struct Terminal {
    pub(crate) child: Child,
    keyboard: File,
    screen: Receiver<Vec<u8>>,
    shown: Vec<u8>,
}

impl Terminal {
    pub(crate) fn start(name: &str, arguments: &[&str]) -> Self {
        use rustix::io::{FdFlags, fcntl_setfd};
        use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pseudo-terminal");
        // Not for the children of other tests.
        fcntl_setfd(&ours, FdFlags::CLOEXEC).expect("a pseudo-terminal");
        grantpt(&ours).expect("a pseudo-terminal");
        unlockpt(&ours).expect("a pseudo-terminal");
        let path = ptsname(&ours, Vec::new()).expect("a pseudo-terminal");
        let theirs = File::options()
            .read(true)
            .write(true)
            .open(path.to_str().expect("UTF-8"))
            .expect("a pseudo-terminal");
        let stream = || Stdio::from(theirs.try_clone().expect("another descriptor"));
        let mut command = program(name);
        command
            .args(arguments)
            .stdin(stream())
            .stdout(stream())
            .stderr(stream());
        // SAFETY: between fork and exec only system calls happen here: no allocation, no lock. Standard input is the
        // terminal by then.
        unsafe {
            command.pre_exec(|| {
                rustix::process::setsid()?;
                // So that Ctrl-C reaches the example, and whatever it starts.
                rustix::process::ioctl_tiocsctty(std::io::stdin().as_fd())?;
                Ok(())
            });
        }
        let child = command.spawn().expect("the example starts");
        // Else the terminal would not end with the example.
        drop(command);
        drop(theirs);

        let keyboard = File::from(ours);
        let mut output = keyboard.try_clone().expect("another descriptor");
        let (send, screen) = mpsc::channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            // Linux says the end by an error.
            while let Ok(n @ 1..) = output.read(&mut buffer) {
                if send.send(buffer[..n].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            child,
            keyboard,
            screen,
            shown: Vec::new(),
        }
    }

    pub(crate) fn type_keys(&mut self, keys: &str) {
        let typed = self.keyboard.write_all(keys.as_bytes());
        typed.expect("the terminal is open");
    }

    /// Waits until the screen shows `text`.
    pub(crate) fn wait_for(&mut self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.shown().contains(text) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.screen.recv_timeout(left) {
                Ok(more) => self.shown.extend(more),
                Err(_) => panic!("{text:?} was not shown, but: {}", self.shown()),
            }
        }
    }

    /// All that is shown when the example, and whatever it started, has ended.
    pub(crate) fn wait_for_end(&mut self) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.screen.recv_timeout(left) {
                Ok(more) => self.shown.extend(more),
                Err(mpsc::RecvTimeoutError::Disconnected) => return self.shown(),
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    panic!("somebody still holds the terminal: {}", self.shown())
                }
            }
        }
    }

    fn shown(&self) -> String {
        String::from_utf8_lossy(&self.shown).replace("\r\n", "\n")
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A test that failed leaves nothing running.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
