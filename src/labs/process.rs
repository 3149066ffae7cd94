//! What the labs on processes need of Linux: forks that end with whoever made them, and looks at what a process does.

use std::ffi::c_int;
use std::fs;
use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

/// How long something that must come is waited for. It decides no verdict: when it is over, the drive itself has failed.
const PATIENCE: Duration = Duration::from_secs(60);
/// After so many seconds a forked process ends, whatever has become of the rest.
const LEASH: u32 = 120;

/// Looks again and again until there is something to see.
///
/// # Errors
/// What the look fails with; [`io::ErrorKind::TimedOut`] if nothing was seen within a minute.
pub(super) fn until<T>(
    what: &str,
    mut look: impl FnMut() -> io::Result<Option<T>>,
) -> io::Result<T> {
    let start = Instant::now();
    loop {
        if let Some(seen) = look()? {
            return Ok(seen);
        }
        if start.elapsed() > PATIENCE {
            return Err(io::Error::new(
                io::ErrorKind::TimedOut,
                format!("the drive waited for {PATIENCE:?}, and did not see that {what}"),
            ));
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// A child process that is ended and reaped at the latest when this is dropped.
#[derive(Debug)]
pub struct Process {
    id: libc::pid_t,
    reaped: bool,
}

impl From<Child> for Process {
    fn from(child: Child) -> Self {
        Self::of(child.id() as libc::pid_t)
    }
}

impl Process {
    /// One that is ours to reap.
    pub(super) fn of(id: libc::pid_t) -> Self {
        Self { id, reaped: false }
    }

    /// Its number.
    pub fn id(&self) -> libc::pid_t {
        self.id
    }

    /// How it ended, as `wait` says it; `None` while it lives.
    pub(super) fn ended(&mut self) -> io::Result<Option<c_int>> {
        self.reap(libc::WNOHANG)
    }

    /// Ends it without asking.
    pub(super) fn kill(&mut self) -> io::Result<()> {
        if !self.reaped {
            // SAFETY: the number is that of a child that is not reaped, thus of no other process.
            unsafe { libc::kill(self.id, libc::SIGKILL) };
            self.reap(0)?;
        }
        Ok(())
    }

    fn reap(&mut self, options: c_int) -> io::Result<Option<c_int>> {
        let mut status = 0;
        loop {
            // SAFETY: `status` is a place to write to; the child is not reaped yet.
            match unsafe { libc::waitpid(self.id, &raw mut status, options) } {
                0 => return Ok(None),
                -1 => {
                    let error = io::Error::last_os_error();
                    if error.kind() != io::ErrorKind::Interrupted {
                        return Err(error);
                    }
                }
                _ => {
                    self.reaped = true;
                    return Ok(Some(status));
                }
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be nobody's child any more; then there is nothing to reap.
        let _ = self.kill();
    }
}

/// `fork(2)`: the child runs `work` and ends with what it returns. It also ends when this thread does, when it is told to
/// (Ctrl-C), and after two minutes.
///
/// # Errors
/// If the operating system refuses a process.
///
/// # Safety
/// In the child, of all threads only this one is left, so that a lock which another one held is never released there.
/// `work` must therefore take none: no allocation, no panic, nothing of std's but reads and writes of descriptors. What
/// it captures is dropped in both processes.
pub(super) unsafe fn fork(work: impl FnOnce() -> u8) -> io::Result<Process> {
    // SAFETY: no pointer is involved; what the child may do is the caller's promise.
    let id = unsafe {
        let parent = libc::getpid();
        let id = libc::fork();
        if id == 0 {
            leash(parent);
            libc::_exit(work().into());
        }
        id
    };
    match id {
        -1 => Err(io::Error::last_os_error()),
        id => Ok(Process::of(id)),
    }
}

/// In a forked child: what ended the parent ends this process, too.
fn leash(parent: libc::pid_t) {
    mortal();
    // SAFETY: plain system calls. The parent may have ended before the first: then it is no parent any more.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        if libc::getppid() != parent {
            libc::_exit(1);
        }
    }
}

/// In a forked child: signals end it, as they do a new program, and one comes after two minutes.
pub(super) fn mortal() {
    // SAFETY: all of these are async-signal-safe, and `none` is written before it is read.
    unsafe {
        for signal in [
            libc::SIGINT,
            libc::SIGTERM,
            libc::SIGHUP,
            libc::SIGQUIT,
            libc::SIGALRM,
        ] {
            libc::signal(signal, libc::SIG_DFL);
        }
        let mut none = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut());
        libc::alarm(LEASH);
    }
}

/// While it lives, orphans of this process's children become its children, and can be waited for.
#[derive(Debug)]
pub(super) struct Adopter(c_int);

impl Adopter {
    /// # Errors
    /// If the system does not know of this.
    pub(super) fn new() -> io::Result<Self> {
        let mut before: c_int = 0;
        // SAFETY: the first call writes one int.
        let refused = unsafe {
            libc::prctl(libc::PR_GET_CHILD_SUBREAPER, &raw mut before) != 0
                || libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1) != 0
        };
        if refused {
            Err(io::Error::last_os_error())
        } else {
            Ok(Self(before))
        }
    }
}

impl Drop for Adopter {
    fn drop(&mut self) {
        // SAFETY: no pointer is involved. It was possible before.
        unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, self.0) };
    }
}

/// The first of `ends` that has something to read, or whose other end is closed. Waits for it.
///
/// # Errors
/// As `poll(2)`.
pub(super) fn first_ready<const N: usize>(ends: [RawFd; N]) -> io::Result<usize> {
    let mut polled = ends.map(|fd| libc::pollfd {
        fd,
        events: libc::POLLIN,
        revents: 0,
    });
    loop {
        // SAFETY: `N` entries, and `poll` takes what is no descriptor for one with an error.
        let ready = unsafe { libc::poll(polled.as_mut_ptr(), N as libc::nfds_t, -1) };
        if ready < 0 {
            let error = io::Error::last_os_error();
            if error.kind() != io::ErrorKind::Interrupted {
                return Err(error);
            }
        } else if let Some(first) = polled.iter().position(|polled| polled.revents != 0) {
            return Ok(first);
        }
    }
}

/// How many bytes wait in a pipe.
pub(super) fn bytes_in(pipe: &impl AsFd) -> io::Result<usize> {
    let mut bytes: c_int = 0;
    // SAFETY: `FIONREAD` writes one int.
    let answer = unsafe {
        libc::ioctl(
            pipe.as_fd().as_raw_fd(),
            libc::FIONREAD as _,
            &raw mut bytes,
        )
    };
    match answer {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(bytes as usize),
    }
}

/// The number by which [`asleep`] knows the calling thread, where threads have one.
pub(super) fn this_thread() -> libc::pid_t {
    // SAFETY: it only answers.
    return unsafe { libc::gettid() };
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    0
}

/// Whether a process, or the first thread of it, sleeps in this system call.
pub(super) fn asleep(id: libc::pid_t, call: Call) -> io::Result<bool> {
    look(&format!("/proc/{id}"), call)
}

/// As [`asleep`], of a thread of this process.
pub(super) fn thread_asleep(thread: libc::pid_t, call: Call) -> io::Result<bool> {
    look(&format!("/proc/self/task/{thread}"), call)
}

/// A system call that may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    Read,
    Write,
    /// For the end of a child.
    Wait,
    /// For a lock.
    Futex,
}

impl Call {
    fn has_number(self, number: libc::c_long) -> bool {
        match self {
            Self::Read => number == libc::SYS_read,
            Self::Write => number == libc::SYS_write,
            Self::Wait => number == libc::SYS_wait4 || number == libc::SYS_waitid,
            Self::Futex => number == libc::SYS_futex,
        }
    }

    /// Part of the name of the kernel's function in which it sleeps.
    fn sleeps_in(self) -> &'static str {
        match self {
            Self::Read => "pipe_read",
            Self::Write => "pipe_write",
            Self::Wait => "do_wait",
            Self::Futex => "futex",
        }
    }
}

fn look(entry: &str, call: Call) -> io::Result<bool> {
    let read = |file: &str| match fs::read_to_string(format!("{entry}/{file}")) {
        Ok(text) => Ok(Some(text)),
        // It has ended meanwhile, or the system does not let us know.
        Err(error) => match error.raw_os_error() {
            Some(libc::ENOENT | libc::ESRCH | libc::EACCES | libc::EPERM | libc::ENOSYS) => {
                Ok(None)
            }
            _ => Err(error),
        },
    };
    // `123 (name) S …`; the name may have brackets.
    let state = read("stat")?;
    let state = state.as_deref().and_then(|text| text.rsplit_once(") "));
    if !state.is_some_and(|(_, rest)| rest.starts_with('S')) {
        return Ok(false);
    }
    // `1 0x1 …` in a call, `running` outside of one. Systems that hide it may still name the kernel's function.
    match read("syscall")? {
        Some(text) => {
            let number = text.split(' ').next().and_then(|word| word.parse().ok());
            Ok(number.is_some_and(|number| call.has_number(number)))
        }
        None => Ok(read("wchan")?.is_some_and(|name| name.contains(call.sleeps_in()))),
    }
}

/// How many threads a process has.
pub(super) fn threads_of(id: libc::pid_t) -> Option<usize> {
    Some(fs::read_dir(format!("/proc/{id}/task")).ok()?.count())
}

/// Which descriptor of a process writes to the pipe that `end` is an end of, if one does and the system tells.
pub(super) fn descriptor_of(id: libc::pid_t, end: &impl AsFd) -> Option<RawFd> {
    let own = fs::read_link(format!("/proc/self/fd/{}", end.as_fd().as_raw_fd())).ok()?;
    let mut descriptors = fs::read_dir(format!("/proc/{id}/fd")).ok()?.flatten();
    // One that writes: `flags:` ends in an octal digit with the lowest bit set.
    descriptors.find_map(|entry| {
        let number: RawFd = entry.file_name().to_str()?.parse().ok()?;
        let info = fs::read_to_string(format!("/proc/{id}/fdinfo/{number}")).ok()?;
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:"))?;
        let writes = flags.trim().ends_with('1');
        (writes && fs::read_link(entry.path()).ok()? == own).then_some(number)
    })
}
