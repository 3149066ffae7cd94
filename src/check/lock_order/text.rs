//! Potential deadlocks as a person reads them.

use std::fmt;

use super::{Cycle, Link, LockOrder, Taken};

impl fmt::Display for LockOrder {
    /// The cycles, with an empty line between; a sentence if there are none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_clean() {
            f.write_str("no two threads take locks in orders that could block them")?;
        }
        for (i, cycle) in self.cycles.iter().enumerate() {
            f.write_str(if i == 0 { "" } else { "\n\n" })?;
            cycle.fmt(f)?;
        }
        if self.truncated {
            f.write_str("\nnot everything was judged: there were too many different requests")?;
        }
        Ok(())
    }
}

impl fmt::Display for Cycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let links = self.links();
        match links {
            [alone] if alone.behind.is_none() => {
                writeln!(f, "deadlock: a thread asks for a lock that it holds itself")?;
            }
            [_] => writeln!(
                f,
                "potential deadlock: a thread reads twice, and a writer can wait between"
            )?,
            _ => writeln!(
                f,
                "potential deadlock: {} threads, each of which can hold what another waits for",
                links.len() + links.iter().filter(|link| link.behind.is_some()).count()
            )?,
        }
        let threads = links.iter().map(|link| link.thread.chars().count());
        let width = threads.max().unwrap_or(0);
        for link in links {
            line(f, link, width)?;
        }
        let mut locks: Vec<&Taken> = Vec::new();
        for link in links {
            if !locks.iter().any(|lock| lock.lock == link.holds.lock) {
                locks.push(&link.holds);
            }
        }
        let made: Vec<_> = locks
            .iter()
            .map(|taken| format!("{} at {}:{}", taken.lock, taken.made.file, taken.made.line))
            .collect();
        writeln!(f, "  made: {}", made.join(", "))?;
        f.write_str(match links {
            [alone] if alone.behind.is_none() => {
                "next: let go of the lock before, or hand its guard on"
            }
            [_] => "next: read once and keep the guard, or use parking_lot's `read_recursive`",
            _ => {
                "next: take these locks in one order everywhere, or let go of one before asking for the next, \
                 or hold one more lock around both"
            }
        })
    }
}

fn line(f: &mut fmt::Formatter<'_>, link: &Link, width: usize) -> fmt::Result {
    let Link {
        thread,
        holds,
        also_holds,
        wants,
        behind,
    } = link;
    let doing = |taken: &Taken| if taken.shared { "reading " } else { "" };
    write!(
        f,
        "  {thread:<width$}  holds {}, {}taken at {}:{}",
        holds.lock,
        doing(holds),
        holds.at.file,
        holds.at.line
    )?;
    for also in also_holds {
        write!(f, " (and {}, {}:{})", also.lock, also.at.file, also.at.line)?;
    }
    writeln!(
        f,
        ", and asks for {} at {}:{}{}",
        wants.lock,
        wants.at.file,
        wants.at.line,
        if wants.shared { " to read" } else { "" }
    )?;
    if let Some(writer) = behind {
        let pad = "";
        writeln!(
            f,
            "  {pad:<width$}  behind {}, which waits to write it at {}:{}",
            writer.thread, writer.at.file, writer.at.line
        )?;
    }
    Ok(())
}
