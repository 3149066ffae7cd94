//! What the workers of these tests can do.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use racecourse::pool::process::SharedBytes;
use racecourse::pool::{Executor as _, Function, Job, ProcessPool};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

fn square(n: u64) -> u64 {
    n * n
}
racecourse::remote!(pub(crate) Square = square(u64) -> u64);

fn echo(text: String) -> String {
    text
}
racecourse::remote!(pub(crate) Echo = echo(String) -> String);

/// Of several arguments, and of a result.
fn divide((dividend, divisor): (i64, i64)) -> Result<i64, String> {
    dividend
        .checked_div(divisor)
        .ok_or_else(|| format!("{dividend} by 0"))
}
racecourse::remote!(pub(crate) Divide = divide((i64, i64)) -> Result<i64, String>);

/// Counts a byte in one text, and gives the other back.
fn count((text, byte, other): (SharedBytes, u8, SharedBytes)) -> (usize, SharedBytes) {
    (text.iter().filter(|b| **b == byte).count(), other)
}
racecourse::remote!(pub(crate) Count = count((SharedBytes, u8, SharedBytes)) -> (usize, SharedBytes));

/// Makes shared bytes of its own.
fn fill((byte, length): (u8, usize)) -> SharedBytes {
    SharedBytes::new(&vec![byte; length]).unwrap()
}
racecourse::remote!(pub(crate) Fill = fill((u8, usize)) -> SharedBytes);

/// A function with something in it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Scale(pub(crate) u64);

impl Function<u64> for Scale {
    type Output = u64;

    fn call(&self, n: u64) -> u64 {
        assert!(n != 13, "thirteen");
        self.0 * n
    }
}
racecourse::remote!(impl Function<u64> for Scale);

/// Where a task runs.
#[derive(Serialize, Deserialize)]
pub(crate) struct Pid;

impl Job for Pid {
    type Output = u32;

    fn run(self) -> u32 {
        std::process::id()
    }
}
racecourse::remote!(impl Job for Pid);

/// Runs from the making of this file to its removal: see [`Gate`](crate::system::Gate).
#[derive(Serialize, Deserialize)]
pub(crate) struct Hold(pub(crate) PathBuf);

impl Job for Hold {
    type Output = u32;

    fn run(self) -> u32 {
        let mine = self.0.with_extension("held");
        std::fs::write(&mine, []).unwrap();
        while self.0.exists() {
            std::thread::sleep(Duration::from_millis(2));
        }
        std::process::id()
    }
}
racecourse::remote!(impl Job for Hold);

/// What a task can do to its process.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum Harm {
    Nothing,
    Panic,
    PanicWithoutText,
    Abort,
    Exit(i32),
    KillItself,
    StopItself,
    Print,
    SendGarbage,
    SendAnAnswer,
    /// Ends, while a child that it forked still holds the socket.
    ForkAndExit,
    ReadStandardInput,
}

impl Job for Harm {
    type Output = u32;

    fn run(self) -> u32 {
        match self {
            Self::Nothing => {}
            Self::Panic => panic!("this task panics"),
            Self::PanicWithoutText => std::panic::panic_any(7),
            Self::Abort => std::process::abort(),
            Self::Exit(status) => std::process::exit(status),
            Self::KillItself => signal_itself(rustix::process::Signal::KILL),
            Self::StopItself => {
                signal_itself(rustix::process::Signal::STOP);
                // The signal may stop another thread first.
                std::thread::sleep(Duration::from_secs(1000));
            }
            Self::Print => {
                println!("a task prints");
                std::io::stdout().write_all(&[0xff; 1000]).unwrap();
                std::io::stdout().flush().unwrap();
            }
            Self::SendGarbage => {
                write_to_sockets(b"this is no message at all, but it is long enough")
            }
            Self::SendAnAnswer => {
                // A header that looks right, and answers nothing that was asked.
                let mut header = *b"rcp1\x03\0\0\0________________________________";
                header[8..].fill(0);
                write_to_sockets(&header);
            }
            Self::ForkAndExit => fork_and_exit(),
            Self::ReadStandardInput => {
                let mut text = String::new();
                assert_eq!(std::io::stdin().read_line(&mut text).unwrap(), 0);
            }
        }
        std::process::id()
    }
}
racecourse::remote!(impl Job for Harm);

fn signal_itself(signal: rustix::process::Signal) {
    rustix::process::kill_process(rustix::process::getpid(), signal).unwrap();
}

fn write_to_sockets(bytes: &[u8]) {
    use std::os::fd::BorrowedFd;
    for entry in std::fs::read_dir("/proc/self/fd").unwrap() {
        let number: i32 = entry
            .unwrap()
            .file_name()
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        // SAFETY: a descriptor that has just been listed; if it is closed by now the call says so.
        let descriptor = unsafe { BorrowedFd::borrow_raw(number) };
        if rustix::net::sockopt::socket_type(descriptor).is_ok() {
            let _ = rustix::net::send(descriptor, bytes, rustix::net::SendFlags::empty());
            // It has two descriptors.
            return;
        }
    }
    panic!("a worker has a socket");
}

fn fork_and_exit() {
    // SAFETY: the child calls only what is safe after a fork of a process with threads: it sleeps, and ends.
    unsafe {
        if libc::fork() == 0 {
            libc::sleep(5);
            libc::_exit(0);
        }
        libc::_exit(9);
    }
}

/// Cannot be serialised.
#[derive(Deserialize)]
pub(crate) struct Unserialisable;

impl Serialize for Unserialisable {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("not this"))
    }
}

impl Job for Unserialisable {
    type Output = ();

    fn run(self) {}
}
racecourse::remote!(impl Job for Unserialisable);

/// Panics while it is serialised, or its output while that is read.
#[derive(Serialize, Deserialize)]
pub(crate) struct PanicsOnTheWay {
    pub(crate) there: PanicsWhenWritten,
}

#[derive(Deserialize)]
pub(crate) struct PanicsWhenWritten(pub(crate) bool);

impl Serialize for PanicsWhenWritten {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        assert!(!self.0, "cannot be written");
        self.0.serialize(serializer)
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct PanicsWhenRead;

impl<'de> Deserialize<'de> for PanicsWhenRead {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        panic!("cannot be read")
    }
}

impl Job for PanicsOnTheWay {
    type Output = PanicsWhenRead;

    fn run(self) -> PanicsWhenRead {
        PanicsWhenRead
    }
}
racecourse::remote!(impl Job for PanicsOnTheWay);

/// A task that has a pool of its own.
#[derive(Serialize, Deserialize)]
pub(crate) struct Nested(pub(crate) u64);

impl Job for Nested {
    type Output = u64;

    fn run(self) -> u64 {
        ProcessPool::new(1).map(Square, 1..=self.0).iter().sum()
    }
}
racecourse::remote!(impl Job for Nested);
