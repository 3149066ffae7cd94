//! What the operating system says of processes and descriptors.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Long enough for a loaded machine; no test waits it out unless it fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until `condition` holds, which it must do some time.
pub(crate) fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "never: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The state and the parent of a process; `None` if there is none of this number.
fn stat(pid: u32) -> Option<(char, u32)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    state_and_parent(&stat)
}

fn state_and_parent(stat: &str) -> Option<(char, u32)> {
    // Behind the name, which may contain anything.
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

/// Whether the process runs, or could: a zombie does not.
pub(crate) fn runs(pid: u32) -> bool {
    stat(pid).is_some_and(|(state, _)| state != 'Z')
}

/// Our zombies.
pub(crate) fn zombies() -> Vec<u32> {
    let us = std::process::id();
    let all = std::fs::read_dir("/proc").unwrap();
    all.filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok())
        .filter(|&pid| stat(pid) == Some(('Z', us)))
        .collect()
}

pub(crate) fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

pub(crate) fn kill(pid: u32) {
    signal(pid, rustix::process::Signal::KILL);
}

/// Stops a process, and waits until all its threads have stopped.
pub(crate) fn stop(pid: u32) {
    signal(pid, rustix::process::Signal::STOP);
    eventually("the process stops", || {
        let threads = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
        threads
            .map(|thread| std::fs::read_to_string(thread.unwrap().path().join("stat")).unwrap())
            .all(|stat| state_and_parent(&stat).is_some_and(|(state, _)| state == 'T'))
    });
}

fn signal(pid: u32, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_raw(pid.try_into().unwrap()).unwrap();
    // It may have ended by itself.
    let _ = rustix::process::kill_process(pid, signal);
}

/// Holds a task of another process, from when it says that it has begun until the gate is opened.
pub(crate) struct Gate(PathBuf);

impl Gate {
    pub(crate) fn new() -> Self {
        static GATES: AtomicU32 = AtomicU32::new(0);
        let number = GATES.fetch_add(1, Ordering::Relaxed);
        let path = Self::at(std::process::id(), number);
        std::fs::write(&path, []).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.clone()
    }

    pub(crate) fn wait_until_held(&self) {
        let held = self.0.with_extension("held");
        eventually("the task begins", || held.exists());
    }

    /// Removes what the gates of a killed process left.
    pub(crate) fn sweep(process: u32) {
        for number in 0..10 {
            let path = Self::at(process, number);
            let _ = std::fs::remove_file(path.with_extension("held"));
            let _ = std::fs::remove_file(path);
        }
    }

    fn at(process: u32, number: u32) -> PathBuf {
        std::env::temp_dir().join(format!("racecourse-{process}-{number}.gate"))
    }

    pub(crate) fn open(&self) {
        // Once; and again when it is dropped.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.open();
        let _ = std::fs::remove_file(self.0.with_extension("held"));
    }
}
