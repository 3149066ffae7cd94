//! The worker's side: how a process becomes a worker, and what it does from then on.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::net::{RecvFlags, recv, sockopt};
use rustix::process::{Pid, getppid};
use rustix::stdio::{dup2_stdin, dup2_stdout};

use super::channel::{Broken, Channel, Outgoing, Patience};
use super::registry::{Fault, Registry};
use super::wire::{Header, Kind, VERSION};

/// Set for a worker: who is to be its parent, and the word that its pool will greet it with.
pub(super) const VARIABLE: &str = "RACECOURSE_WORKER";

/// A worker that cannot go on, as `sysexits.h` calls it: a protocol error.
const PROTOCOL_ERROR: i32 = 76;

/// Whether this process would notice that it is a worker.
static ENTERED: AtomicBool = AtomicBool::new(false);

pub(super) fn has_entered() -> bool {
    // ORDERING: a flag about this process, nothing is published with it.
    ENTERED.load(Ordering::Relaxed) || test_entry().is_some()
}

/// Makes this process a worker if a [`ProcessPool`](crate::pool::ProcessPool) has started it as one, and then does not
/// return. Otherwise does nothing.
///
/// A worker is the same program, started again. So call this as the **first statement of `main`**, before arguments are
/// read, anything is printed, or a thread is started:
///
/// ```no_run
/// # /*
/// fn main() {
/// # */
///     racecourse::pool::process::enter();
///     // … the program …
/// # /*
/// }
/// # */
/// ```
///
/// A test has no `main` of its own: write [`enter_tests!`](crate::enter_tests) beside the tests instead.
///
/// # Panics
/// On a thread that is not the main one, where it comes too late.
pub fn enter() {
    assert!(
        is_main_thread(),
        "racecourse::pool::process::enter() was called on the thread {:?}: call it as the first statement of `main`; in \
         tests, write `racecourse::enter_tests!();` once beside them instead",
        thread::current().name().unwrap_or("without a name")
    );
    become_worker();
}

fn is_main_thread() -> bool {
    thread::current().name() == Some("main")
}

/// What [`enter_tests!`](crate::enter_tests) runs.
pub fn enter_test() {
    become_worker();
}

/// A test that calls [`enter_test`], by the name under which its harness finds it.
#[derive(Debug)]
pub struct TestEntry {
    /// With its crate's name.
    pub path: &'static str,
}

inventory::collect!(TestEntry);

/// The arguments with which a test program runs nothing but the entry.
pub(super) fn test_entry() -> Option<&'static str> {
    let entry = inventory::iter::<TestEntry>().next()?;
    // The harness names tests without the crate.
    Some(
        entry
            .path
            .split_once("::")
            .map_or(entry.path, |(_, path)| path),
    )
}

/// Lets the pools of this test program start their workers. Write it once, beside the tests that use a
/// [`ProcessPool`](crate::pool::ProcessPool), in one module of the program:
///
/// ```
/// #[cfg(test)]
/// mod tests {
///     racecourse::enter_tests!();
///
///     // … tests that use pools …
/// }
/// ```
///
/// It is a test itself, `racecourse_worker`, which does nothing but in a worker: a worker is the test program started
/// again for this one test. What tasks print there goes to standard error.
#[macro_export]
macro_rules! enter_tests {
    () => {
        #[test]
        fn racecourse_worker() {
            $crate::pool::process::__private::enter_test();
        }

        #[cfg(test)]
        $crate::pool::process::__private::inventory::submit! {
            $crate::pool::process::__private::TestEntry {
                path: ::core::concat!(::core::module_path!(), "::racecourse_worker"),
            }
        }
    };
}

fn become_worker() {
    // ORDERING: as in `has_entered`.
    ENTERED.store(true, Ordering::Relaxed);
    let Some(token) = std::env::var_os(VARIABLE) else {
        return;
    };
    // A program that a task starts inherits the variable, but not the socket.
    if let Some(token) = token.to_str()
        && is_for_us(token)
    {
        match serve(token) {
            Ok(never) => match never {},
            Err(error) => {
                eprintln!("a worker of a process pool ends: {error}");
                process::exit(PROTOCOL_ERROR);
            }
        }
    }
}

/// Whether standard input is the socket of the pool that set the variable.
fn is_for_us(token: &str) -> bool {
    let stdin = io::stdin();
    if sockopt::socket_type(stdin.as_fd()).is_err() {
        return false;
    }
    let parent = token.split('-').next().and_then(|pid| pid.parse().ok());
    if parent.is_some_and(|parent: i32| getppid().map(Pid::as_raw_pid) == Some(parent)) {
        return true;
    }
    // Our parent is another process: either the pool's is dead, and has left its greeting or a closed socket; or this
    // is some other program's socket.
    let mut byte = [0_u8];
    let flags = RecvFlags::PEEK | RecvFlags::DONTWAIT;
    !matches!(recv(stdin.as_fd(), &mut byte, flags), Err(Errno::AGAIN))
}

enum Never {}

fn serve(token: &str) -> Result<Never, String> {
    let (mut channel, watched) = take_socket().map_err(|error| error.to_string())?;
    thread::Builder::new()
        .name("racecourse-parent-watch".to_owned())
        .spawn(move || end_with_parent(&watched))
        .map_err(|error| error.to_string())?;

    let hello = channel
        .receive(&mut Patience::endless())
        .map_err(explained)?;
    if hello.header.kind != Kind::Hello || hello.payload != token.as_bytes() {
        return Err("the first message was not its pool's".to_owned());
    }
    let mut message = Outgoing::new();
    let (payload, _) = message.begin();
    for id in Registry::get().ids() {
        payload.extend_from_slice(&id.to_le_bytes());
    }
    let ready = Header {
        job: VERSION,
        ..Header::new(Kind::Ready)
    };
    channel
        .send(ready, &mut message, &mut Patience::endless())
        .map_err(explained)?;

    loop {
        let request = channel
            .receive(&mut Patience::endless())
            .map_err(explained)?;
        let header = request.header;
        match header.kind {
            Kind::Run => {}
            Kind::Stop => process::exit(0),
            other => return Err(format!("its pool sent {other:?}, which is no request")),
        }
        let result = Registry::get().serve(request, &mut message);
        let kind = match result {
            Ok(()) => Kind::Done,
            Err(Fault::Panicked(text)) => {
                message.begin_anew(text.as_bytes());
                Kind::Panicked
            }
            Err(Fault::Untranslatable(text)) => {
                message.begin_anew(text.as_bytes());
                Kind::Untranslatable
            }
        };
        let answer = Header {
            number: header.number,
            count: header.count,
            ..Header::new(kind)
        };
        channel
            .send(answer, &mut message, &mut Patience::endless())
            .map_err(explained)?;
    }
}

/// Moves the socket away from standard input, where tasks and the programs that they start could meet it.
fn take_socket() -> io::Result<(Channel, OwnedFd)> {
    let socket = io::stdin().as_fd().try_clone_to_owned()?;
    dup2_stdin(File::open("/dev/null")?)?;
    if test_entry().is_some() {
        // The harness of the pool's own process reads what its tests print there.
        dup2_stdout(io::stderr())?;
    }
    let watched = socket.try_clone()?;
    Ok((Channel::new(socket), watched))
}

/// Ends this process as soon as its pool's has ended, whatever a task is doing: there is nobody left to do it for.
fn end_with_parent(socket: &OwnedFd) {
    loop {
        // No event is asked for: that the other end is closed is always told.
        let mut closed = [PollFd::new(socket, PollFlags::empty())];
        match poll(&mut closed, None) {
            Err(Errno::INTR) | Ok(0) => {}
            // Nothing of the program is to run any more: no destructor, nothing that was registered for the exit.
            // SAFETY: ends the process at once.
            Ok(_) | Err(_) => unsafe { libc::_exit(0) },
        }
    }
}

fn explained(broken: Broken) -> String {
    match broken {
        // As in `end_with_parent`, which may be slower.
        // SAFETY: ends the process at once.
        Broken::Closed => unsafe { libc::_exit(0) },
        Broken::Late => "no message came in time".to_owned(),
        Broken::Garbage(what) => format!("its pool sent {what}"),
        Broken::System(error) => error.to_string(),
    }
}
