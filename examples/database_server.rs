//! A simulated database server works on a thread of its own while the main thread goes on answering its user.
//!
//! ```text
//! cargo run --example database_server
//! printf 'hello\nqqq\n' | cargo run --example database_server
//! ```
//!
//! Four threads, and between them nothing but two queues and a latch:
//!
//! ```text
//! reader ──lines──▶ ┌────────┐          ┌──────────┐
//! Ctrl-C ─────────▶ │ events │ ─▶ main ─▶│ requests │─▶ server
//! server ─failure─▶ └────────┘      │    └──────────┘     ▲
//!                                   └──────── stop ───────┘
//! ```
//!
//! Main waits for the next event whatever it is, so the end of input, `qqq`, Ctrl-C and a closed output all stop the
//! program the same way and at once: the server's waits, for a request and for its work, both end when main says stop.

mod common;
#[path = "common/interrupt.rs"]
mod interrupt;

use common::{End, Random, note, value, whole};
use interrupt::on_interrupt;
use lexopt::Arg::{Long, Short};
use racecourse::Latch;
use racecourse::queue::{BoundedQueue, GetError, PutError, Shutdown};
use racecourse::sync::{Arc, Mutex, PoisonError};
use racecourse::thread;
use std::io::{self, BufRead, BufReader, IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;

const HELP: &str = "
A simulated database server works in the background. Every line typed is a request to it and
is answered at once with the line reversed. When nobody asks, the server finds work itself.

Usage: database_server [OPTIONS]

Options:
  --user NAME     who is typing [from the environment: USER or USERNAME]
  --capacity N    how many requests may wait; further ones are turned away [8]
  --speed X       X times as fast as real time [1]
  --seed N        the seed of the random times [another one in each run]
  -h, --help      this text

Stop it by typing qqq, by the end of input (Ctrl-D), or by Ctrl-C; requests not begun are dropped.
";

struct Options {
    user: String,
    capacity: usize,
    speed: f64,
    seed: u64,
}

fn options(mut arguments: lexopt::Parser) -> Result<Options, End> {
    let from_environment = |name| std::env::var(name).ok().filter(|user| !user.is_empty());
    let mut options = Options {
        user: from_environment("USER")
            .or_else(|| from_environment("USERNAME"))
            .unwrap_or_else(|| "user".into()),
        capacity: 8,
        speed: 1.0,
        seed: Random::seed(),
    };
    while let Some(argument) = arguments.next()? {
        match argument {
            Short('h') | Long("help") => return Err(End::Help),
            Long("user") => {
                let named = |name: &String| !name.trim().is_empty();
                options.user = value(&mut arguments, "--user", "a name", named)?;
            }
            Long("capacity") => {
                options.capacity = whole(&mut arguments, "--capacity", 1..=1_000_000)?;
            }
            Long("speed") => {
                let expected = "a number from 0.001 to 1000000, such as 10";
                options.speed = value(&mut arguments, "--speed", expected, |x| {
                    (0.001..=1e6).contains(x)
                })?;
            }
            Long("seed") => {
                options.seed = whole(&mut arguments, "--seed", 0..=u64::MAX)?;
            }
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(options)
}

/// What main waits for.
enum Event {
    /// The user typed this, without its line end.
    Line(String),
    /// There is no more input.
    EndOfInput,
    /// The input cannot be read.
    InputFailed(io::Error),
    /// Ctrl-C.
    Interrupt,
    /// The server cannot write its messages.
    OutputFailed(io::Error),
}

/// Where main and server print, a whole line at a time.
struct Screen<W>(Mutex<W>);

impl<W: Write> Screen<W> {
    fn line(&self, text: &str) -> io::Result<()> {
        let mut output = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // One call, so that another program's output cannot come between; and now, for whoever waits at the pipe.
        output.write_all(format!("{text}\n").as_bytes())?;
        output.flush()
    }
}

/// The database. It works off `requests` and, when none has come for a while, makes work itself.
struct Server<W> {
    requests: Arc<BoundedQueue<String>>,
    /// Opened when the server is to stop.
    stop: Arc<Latch>,
    screen: Arc<Screen<W>>,
    random: Random,
    speed: f64,
}

impl<W: Write> Server<W> {
    fn run(mut self) -> io::Result<()> {
        loop {
            let pause = self.random.between(1, 10);
            match self.requests.get_timeout(self.seconds(pause)) {
                Ok(_) | Err(GetError::Timeout) => {}
                Err(GetError::Closed | GetError::Empty) => return Ok(()),
            }
            let work = self.random.between(2, 15);
            self.screen
                .line(&format!("Processing database request for {work} seconds"))?;
            // The work is a wait that `stop` ends early; a sleep would have to be waited out.
            if self.stop.wait_timeout(self.seconds(work)).is_ok() {
                return Ok(());
            }
            self.screen.line("Finished processing database request")?;
        }
    }

    fn seconds(&self, n: u64) -> Duration {
        Duration::from_secs_f64(n as f64 / self.speed)
    }
}

/// Puts each line of `input` into `events`, and its end.
fn read_lines(input: impl io::Read, events: &BoundedQueue<Event>) {
    let mut input = BufReader::new(input);
    loop {
        let mut line = Vec::new();
        let event = match input.read_until(b'\n', &mut line) {
            Ok(0) => Event::EndOfInput,
            Ok(_) => {
                let text = String::from_utf8_lossy(&line);
                Event::Line(text.trim_end_matches(['\n', '\r']).to_owned())
            }
            Err(error) => Event::InputFailed(error),
        };
        let last = !matches!(event, Event::Line(_));
        // A closed queue means that main has ended.
        if events.put(event).is_err() || last {
            return;
        }
    }
}

/// Takes the user's requests until something ends the session. Returns how many requests were not begun.
fn serve<I, W>(
    options: Options,
    input: I,
    output: W,
    events: &Arc<BoundedQueue<Event>>,
) -> Result<usize, End>
where
    I: io::Read + Send + 'static,
    W: Write + Send + 'static,
{
    let requests = Arc::new(BoundedQueue::new(options.capacity));
    let stop = Arc::new(Latch::new(1));
    let screen = Arc::new(Screen(Mutex::new(output)));

    let server = Server {
        requests: Arc::clone(&requests),
        stop: Arc::clone(&stop),
        screen: Arc::clone(&screen),
        random: Random::new(options.seed),
        speed: options.speed,
    };
    let server = start("server", {
        let events = Arc::clone(events);
        move || {
            if let Err(error) = server.run() {
                // If main has ended already, nobody needs to know.
                let _ = events.put(Event::OutputFailed(error));
            }
        }
    })?;
    // Nobody waits for the reader: it may be inside a read that only its user can end.
    let reader = start("reader", {
        let events = Arc::clone(events);
        move || read_lines(input, &events)
    });

    let end = reader.and_then(|_| attend(&options.user, &screen, &requests, events));

    // In this order, no thread can be left waiting: first the ways to main, then the server's two waits.
    events.shutdown(Shutdown::Immediate);
    let dropped = requests.shutdown(Shutdown::Immediate).len();
    stop.count_down();
    server
        .join()
        .map_err(|_| End::Failed("the database server's thread panicked".into()))?;
    end.map(|()| dropped)
}

/// Answers one event after another, until one ends the session.
fn attend<W: Write>(
    user: &str,
    screen: &Screen<W>,
    requests: &BoundedQueue<String>,
    events: &BoundedQueue<Event>,
) -> Result<(), End> {
    loop {
        let line = match events.get() {
            Ok(Event::Line(line)) if line.trim() != "qqq" => line,
            Ok(Event::Line(_) | Event::EndOfInput | Event::Interrupt) | Err(_) => {
                screen.line(&format!(
                    "{user} has requested the database server stop running."
                ))?;
                return Ok(());
            }
            Ok(Event::InputFailed(error)) => {
                return Err(End::Failed(format!("cannot read the input: {error}")));
            }
            Ok(Event::OutputFailed(error)) => return Err(error.into()),
        };
        screen.line(
            &format!("You entered {line}")
                .chars()
                .rev()
                .collect::<String>(),
        )?;
        // Waiting for room here would leave the user without an answer to the next line.
        if let Err(PutError::Full(_)) = requests.try_put(line) {
            let waiting = requests.capacity();
            screen.line(&format!(
                "The database server is busy: {waiting} request(s) wait, this one was turned away."
            ))?;
        }
    }
}

/// What to do when no thread can be started.
const MORE_THREADS: &str = "close other programs, or raise the limit on threads (ulimit -u)";

fn start(name: &str, body: impl FnOnce() + Send + 'static) -> Result<thread::JoinHandle<()>, End> {
    thread::Builder::new()
        .name(name.into())
        .spawn(body)
        .map_err(|error| {
            End::Failed(format!(
                "cannot start the {name} thread: {error}; {MORE_THREADS}"
            ))
        })
}

fn database_server(arguments: lexopt::Parser) -> Result<(), End> {
    let options = options(arguments)?;
    let events = Arc::new(BoundedQueue::new(16));
    on_interrupt(&events, || Event::Interrupt).map_err(|error| {
        End::Failed(format!(
            "cannot watch for Ctrl-C, which takes a thread: {error}; {MORE_THREADS}"
        ))
    })?;

    if io::stdin().is_terminal() {
        note("Type a line and Enter. To stop: qqq, Ctrl-D or Ctrl-C.");
    }
    let dropped = serve(options, io::stdin(), io::stdout(), &events)?;
    if dropped > 0 {
        note(format_args!("{dropped} request(s) were not begun."));
    }
    Ok(())
}

fn main() -> ExitCode {
    common::run(HELP, database_server)
}
