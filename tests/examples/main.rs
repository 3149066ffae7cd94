//! The example programs as a person runs them: as processes, with arguments, on pipes.
//!
//! | | what it prints | ended by | output closed (`head -1`) | `--help`, wrong arguments | threads refused |
//! |---|---|---|---|---|---|
//! | input_reader | line and square, on a pipe and on a terminal | end of input, a line, Ctrl-C | ✓ | ✓ | ✓ |
//! | start_and_run | rows and bars | | ✓ | ✓ | ✓ |
//! | database_server | transcript | end of input, `qqq`, Ctrl-C | ✓ | ✓ | ✓ |
//! | factoring | the lecture's 20 numbers, on threads and on processes | | ✓ | ✓ | ✓ |
//! | factorials | the lecture's last line, on threads and on processes | | ✓ | ✓ | ✓ |
//! | gil | rows and bars | | ✓ | ✓ | ✓ |
//! | many_processes | who each process is, three times | a process that is killed, its own being killed, Ctrl-C | ✓ | ✓ | ✓ |
//! | process_pool | who works, what it costs, four faults; Ctrl-C leaves no worker | Ctrl-C | ✓ | ✓ | ✓ |
//! | futures | the same on threads and on processes | | | ✓ | ✓ |
//! | completion | each number, and how many | Ctrl-C | ✓ | ✓ | ✓ |
//! | async_await | who waits, who computes; timeout, cancellation | Ctrl-C | ✓ | ✓ | ✓ |
//! | beside_python | rows, equal results; no Python, a wrong one | Ctrl-C | ✓ | ✓ | ✓ |
//!
//! `weather` is a package of its own, and has its tests beside it.

mod async_await;
mod beside_python;
mod completion;
mod database_server;
mod every;
mod factorials;
mod factoring;
mod futures;
mod gil;
mod input_reader;
mod many_processes;
mod process;
#[cfg(unix)]
mod process_pool;
mod shards;
mod start_and_run;
#[cfg(unix)]
mod terminal;
