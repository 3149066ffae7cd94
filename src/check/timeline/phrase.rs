//! The words for a step.

use super::history::Awaited;
use super::layout::{Cell, Style, Words};
use super::measure::{Glyphs, clean, elide};
use super::{Operation, Step};

/// Longest name, ordering and value that are shown, in columns.
const NAME: usize = 32;
const ORDERING: usize = 16;
const VALUE: usize = 160;

/// What the words need to know beyond the step.
pub(super) struct Context<'a> {
    pub(super) glyphs: Glyphs,
    pub(super) threads: &'a [String],
}

impl Context<'_> {
    /// The name of a thread, safe to print.
    pub(super) fn thread(&self, thread: usize) -> String {
        match self.threads.get(thread) {
            Some(name) if !name.is_empty() => self.name(name),
            _ => format!("thread {thread}"),
        }
    }

    /// A name, safe to print.
    pub(super) fn name(&self, name: &str) -> String {
        elide(&clean(name, self.glyphs), NAME, self.glyphs)
    }

    /// A value or a message, safe to print.
    pub(super) fn value(&self, value: &str) -> String {
        elide(&clean(value, self.glyphs), VALUE, self.glyphs)
    }

    /// The words for one step, in the column of its thread.
    pub(super) fn cell(
        &self,
        step: &Step,
        awaited: Option<&Awaited>,
        latest: Option<&str>,
    ) -> Cell {
        use Operation::*;
        let (style, object, value) = if step.failing {
            (Style::Failing, Style::Failing, Style::Failing)
        } else {
            (Style::Plain, Style::Object, Style::Value)
        };
        let mut words = Words::default();
        if step.operation == Observe {
            words.push(&self.value(step.detail.trim()), style);
        } else {
            words.push(verb(step.operation), style);
            if let Some(name) = &step.object {
                words.push(&self.name(name), object);
            }
        }
        // Who holds the lock is said by what is waited for; whom a join is about, by its object.
        let told = awaited.is_some()
            && (step.detail.starts_with("held by ") || step.operation == Operation::Join);
        let told = told || step.operation == Observe;
        let detail = if told { "" } else { step.detail.trim() };
        if !detail.is_empty() {
            match step.operation {
                Print => words.push(&format!("\"{}\"", self.value(detail)), value),
                Panic => words.push(&self.value(&one_line(detail)), value),
                operation => {
                    // The message of the step that waits already says what is waited for.
                    let text =
                        self.value(&detail.replace(" -> ", &format!(" {} ", self.glyphs.gives)));
                    match kind(operation) {
                        Kind::Reads if !text.starts_with('=') => {
                            words.push(&format!("= {text}"), value)
                        }
                        Kind::Writes => {
                            words.push(self.glyphs.takes, Style::Dim);
                            words.push(&text, value);
                        }
                        Kind::Reads | Kind::Both => words.push(&text, value),
                        // A notification that is lost is what to look for.
                        Kind::Neither if detail == "wakes nobody" => {
                            words.push(&format!("({text})"), Style::Notable);
                        }
                        Kind::Neither => words.push(&format!("({text})"), Style::Dim),
                    }
                }
            }
        }
        if let Some(outcome) = outcome(step.operation) {
            words.push(outcome, Style::Notable);
        }
        if step.stale {
            words.push(
                if latest.is_some() { "stale," } else { "stale" },
                Style::Notable,
            );
            if let Some(latest) = latest {
                words.push(
                    &format!(
                        "not {}",
                        elide(&clean(latest, self.glyphs), NAME, self.glyphs)
                    ),
                    Style::Notable,
                );
            }
        }
        if let Some(awaited) = awaited {
            words.push(
                &format!("{} {}", self.glyphs.wait, self.waits(awaited, step)),
                Style::Notable,
            );
        }
        let ordering = step
            .ordering
            .as_deref()
            .map(|o| elide(&clean(o, self.glyphs), ORDERING, self.glyphs));
        Cell {
            words,
            ordering: ordering.filter(|o| !o.is_empty()),
            message: matches!(step.operation, Print | Panic),
        }
    }

    /// The row at the end for a step that was never granted.
    pub(super) fn still(&self, step: &Step, awaited: Option<&Awaited>) -> Cell {
        let what = awaited.map_or_else(|| "waits".to_owned(), |awaited| self.waits(awaited, step));
        let mut words = Words::default();
        words.push(
            &format!("{} still {what}", self.glyphs.wait),
            Style::Failing,
        );
        Cell {
            words,
            ..Cell::default()
        }
    }

    /// `waits for …`.
    pub(super) fn waits(&self, awaited: &Awaited, step: &Step) -> String {
        match awaited {
            Awaited::Holders(threads) => {
                let names: Vec<String> = threads.iter().map(|&t| self.thread(t)).collect();
                format!("waits for {}", names.join(", "))
            }
            Awaited::Itself => "waits for itself".to_owned(),
            Awaited::Thread(name) => format!("waits for {}", self.name(name)),
            Awaited::Notification => "waits for a notify".to_owned(),
            Awaited::Unpark => "waits for an unpark".to_owned(),
            Awaited::Object if matches!(step.operation, Operation::SpinHint | Operation::Yield) => {
                "spins in vain".to_owned()
            }
            Awaited::Object => match &step.object {
                Some(object) => format!("waits for {}", self.name(object)),
                None => "waits".to_owned(),
            },
        }
    }

    /// One dim line for a run of scaffolding steps; nothing if it has nothing to say.
    /// `joined_later` tells whether a later step joins this thread, which says that it finished.
    pub(super) fn fold(
        &self,
        run: &[(&Step, Option<&Awaited>, bool)],
        joined_later: impl Fn(usize) -> bool,
    ) -> String {
        let mut clauses: Vec<(usize, String, Vec<String>)> = Vec::new();
        let mut add = |thread: usize, what: &str, whom: Option<String>| match clauses.last_mut() {
            Some((t, w, all)) if *t == thread && w == what && whom.is_some() => all.extend(whom),
            _ => clauses.push((thread, what.to_owned(), whom.into_iter().collect())),
        };
        for &(step, awaited, preempted) in run {
            let target = step.target().map(|name| self.name(name));
            match (step.operation, awaited) {
                (Operation::Start, _) => {}
                (Operation::Finish, _) if joined_later(step.thread) => {}
                (Operation::Finish, _) => add(step.thread, "finished", None),
                (Operation::Spawn, _) => add(step.thread, "spawned", target),
                (Operation::Join, None) => add(step.thread, "joined", target),
                // It will be said when it has ended; in a deadlock, by the details.
                (Operation::Join, Some(_)) => {}
                (operation, _) => add(step.thread, verb(operation), target),
            }
            if preempted {
                add(step.thread, "was preempted", None);
            }
        }
        let clauses: Vec<String> = clauses
            .into_iter()
            .map(|(thread, what, whom)| {
                let gap = if whom.is_empty() { "" } else { " " };
                format!("{} {what}{gap}{}", self.thread(thread), whom.join(", "))
            })
            .collect();
        if clauses.is_empty() {
            String::new()
        } else {
            format!("{} {}", self.glyphs.ellipsis, clauses.join("; "))
        }
    }
}

/// The lines of a message in one, as they are separated in prose.
pub(crate) fn one_line(message: &str) -> String {
    let lines: Vec<&str> = message
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    lines.join("; ")
}

/// How the detail of an operation reads.
enum Kind {
    Reads,
    Writes,
    Both,
    Neither,
}

fn kind(operation: Operation) -> Kind {
    use Operation::*;
    match operation {
        Load | Read | CompareExchangeFailed | CompareExchangeSpurious => Kind::Reads,
        Store | Write => Kind::Writes,
        Swap | FetchAdd | FetchSub | FetchAnd | FetchNand | FetchOr | FetchXor | FetchMax
        | FetchMin | CompareExchange => Kind::Both,
        _ => Kind::Neither,
    }
}

/// How an operation ended, if not as its name says.
fn outcome(operation: Operation) -> Option<&'static str> {
    use Operation::*;
    match operation {
        CompareExchangeFailed | TryLockFailed | TryReadLockFailed | TryWriteLockFailed => {
            Some("fails")
        }
        CompareExchangeSpurious => Some("fails spuriously"),
        _ => None,
    }
}

pub(super) fn verb(operation: Operation) -> &'static str {
    use Operation::*;
    match operation {
        Load => "load",
        Store => "store",
        Swap => "swap",
        FetchAdd => "fetch_add",
        FetchSub => "fetch_sub",
        FetchAnd => "fetch_and",
        FetchNand => "fetch_nand",
        FetchOr => "fetch_or",
        FetchXor => "fetch_xor",
        FetchMax => "fetch_max",
        FetchMin => "fetch_min",
        CompareExchange | CompareExchangeFailed => "compare_exchange",
        CompareExchangeSpurious => "compare_exchange_weak",
        Fence => "fence",
        Lock => "lock",
        TryLock | TryLockFailed => "try_lock",
        Unlock => "unlock",
        ReadLock => "read-lock",
        TryReadLock | TryReadLockFailed => "try_read",
        ReadUnlock => "read-unlock",
        WriteLock => "write-lock",
        TryWriteLock | TryWriteLockFailed => "try_write",
        WriteUnlock => "write-unlock",
        Wait => "wait",
        Wake => "wakes",
        WakeSpurious => "wakes spuriously",
        WakeTimeout => "times out",
        NotifyOne => "notify_one",
        NotifyAll => "notify_all",
        Read => "read",
        Write => "write",
        Spawn => "spawn",
        Start => "starts",
        Join => "join",
        Finish => "finishes",
        Park => "park",
        ParkTimeout => "park times out",
        Unpark => "unpark",
        Yield => "yield",
        SpinHint => "spin_loop",
        Sleep => "sleep",
        Choice => "choice",
        Print => "prints",
        Panic => "panics:",
        Clone => "clone",
        Drop => "drop",
        Alloc => "allocate",
        Free => "free",
        Observe => "is seen",
    }
}
