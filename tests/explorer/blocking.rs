//! Programs of blocking primitives: what they are made of.
//!
//! Everything in them is data-race free and orders what it protects, so that interleavings are the whole truth:
//! - a `try_lock` that fails orders nothing, so programs with it have one mutex and nothing else;
//! - a notification or a token orders nothing by itself either: two condvars, or one with atomics beside it, are
//!   notified under the mutex only, and one thread alone parks, in programs without atomics.

/// A statement; those that need a lock which is not held, or would take one again, are left out by [`Blocking::steps`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stmt {
    Lock(usize, Vec<Stmt>),
    /// The statements only if it succeeds.
    TryLock(usize, Vec<Stmt>),
    Read(usize, Vec<Stmt>),
    Write(usize, Vec<Stmt>),
    /// The mutex's value.
    Get(usize),
    /// A digit more for the mutex's value.
    Append(usize, u64),
    GetShared(usize),
    AppendShared(usize, u64),
    /// All condvars belong to mutex 0.
    Wait(usize),
    /// While the value of mutex 0 is less.
    WaitUntil(usize, u64),
    NotifyOne(usize),
    NotifyAll(usize),
    /// Thread 1 only.
    Park,
    /// Thread 1.
    Unpark,
    Barrier,
    Send(usize, u64),
    Recv(usize),
    /// Main only.
    Join(usize),
    /// The atomics are SeqCst.
    Load(usize),
    Store(usize, u64),
    Add(usize, u64),
}

/// Thread 0 is main, which has spawned the others when its statements begin, and joins those that it has not joined at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Blocking {
    pub(crate) threads: Vec<Vec<Stmt>>,
    /// How many the barrier waits for.
    pub(crate) barrier: usize,
    /// `None`: unbounded.
    pub(crate) capacities: [Option<usize>; 2],
    pub(crate) spurious: u32,
}

/// How many there are of each kind, used or not.
pub(crate) const EACH: usize = 2;

/// A digit more.
pub(crate) fn append(value: u64, digit: u64) -> u64 {
    value * 4 + digit
}

/// What a thread does at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Lock(usize),
    /// Behind `otherwise` steps if it fails.
    TryLock {
        mutex: usize,
        otherwise: usize,
    },
    Unlock(usize),
    ReadLock(usize),
    ReadUnlock(usize),
    WriteLock(usize),
    WriteUnlock(usize),
    Get(usize),
    Append(usize, u64),
    GetShared(usize),
    AppendShared(usize, u64),
    Wait(usize),
    WaitUntil(usize, u64),
    NotifyOne(usize),
    NotifyAll(usize),
    Park,
    Unpark,
    Barrier,
    Send(usize, u64),
    Recv(usize),
    DropSender(usize),
    DropReceiver(usize),
    Join(usize),
    Load(usize),
    Store(usize, u64),
    Add(usize, u64),
}

#[derive(Clone, Copy, Default)]
struct Held {
    mutex: [bool; EACH],
    read: [bool; EACH],
    write: [bool; EACH],
}

impl Blocking {
    fn any(&self, wanted: impl Fn(&Stmt) -> bool) -> bool {
        fn any(stmts: &[Stmt], wanted: &dyn Fn(&Stmt) -> bool) -> bool {
            stmts.iter().any(|stmt| {
                wanted(stmt)
                    || match stmt {
                        Stmt::Lock(_, body)
                        | Stmt::TryLock(_, body)
                        | Stmt::Read(_, body)
                        | Stmt::Write(_, body) => any(body, wanted),
                        _ => false,
                    }
            })
        }
        self.threads.iter().any(|stmts| any(stmts, &wanted))
    }

    /// Who receives from a channel: the first thread that would.
    pub(crate) fn receiver(&self, channel: usize) -> Option<usize> {
        let receives = |stmts: &Vec<Stmt>| {
            let one = Self {
                threads: vec![stmts.clone()],
                ..self.clone()
            };
            one.any(|stmt| *stmt == Stmt::Recv(channel))
        };
        self.threads.iter().position(receives)
    }

    pub(crate) fn uses_channel(&self, channel: usize) -> bool {
        self.any(|stmt| match *stmt {
            Stmt::Send(to, _) => to == channel,
            Stmt::Recv(from) => from == channel,
            _ => false,
        })
    }

    pub(crate) fn sends(&self, thread: usize, channel: usize) -> bool {
        let one = Self {
            threads: vec![self.threads[thread].clone()],
            ..self.clone()
        };
        one.any(|stmt| matches!(*stmt, Stmt::Send(to, _) if to == channel))
    }

    /// The steps of each thread.
    pub(crate) fn steps(&self) -> Vec<Vec<Step>> {
        let two = self.any(|stmt| matches!(stmt, Stmt::Wait(1) | Stmt::WaitUntil(1, _)));
        let atomics =
            self.any(|stmt| matches!(stmt, Stmt::Load(_) | Stmt::Store(..) | Stmt::Add(..)));
        let mut joined = vec![false; self.threads.len()];
        let threads = 0..self.threads.len();
        threads
            .map(|thread| {
                let mut steps = Vec::new();
                if thread == 0 {
                    // Main has made them all, and keeps what it needs.
                    let kept =
                        |&channel: &usize| self.uses_channel(channel) && !self.sends(0, channel);
                    steps.extend((0..EACH).filter(kept).map(Step::DropSender));
                }
                let mut flatten = Flatten {
                    program: self,
                    thread,
                    notify_anywhere: !two && !atomics,
                    joined: &mut joined,
                    steps: &mut steps,
                };
                flatten.all(&self.threads[thread], Held::default());
                for channel in 0..EACH {
                    if self.sends(thread, channel) {
                        steps.push(Step::DropSender(channel));
                    }
                    if self.receiver(channel) == Some(thread) {
                        steps.push(Step::DropReceiver(channel));
                    }
                }
                if thread == 0 {
                    let left = (1..self.threads.len()).filter(|&other| !joined[other]);
                    steps.extend(left.map(Step::Join));
                }
                steps
            })
            .collect()
    }
}

struct Flatten<'a> {
    program: &'a Blocking,
    thread: usize,
    notify_anywhere: bool,
    joined: &'a mut [bool],
    steps: &'a mut Vec<Step>,
}

impl Flatten<'_> {
    fn all(&mut self, stmts: &[Stmt], held: Held) {
        for stmt in stmts {
            self.one(stmt, held);
        }
    }

    fn section(&mut self, take: Step, body: &[Stmt], release: Step, held: Held) {
        self.steps.push(take);
        self.all(body, held);
        self.steps.push(release);
    }

    fn one(&mut self, stmt: &Stmt, held: Held) {
        let mut inner = held;
        match *stmt {
            Stmt::Lock(m, ref body) | Stmt::TryLock(m, ref body) if held.mutex[m] => {
                self.all(body, held);
            }
            Stmt::Read(l, ref body) | Stmt::Write(l, ref body) if held.read[l] || held.write[l] => {
                self.all(body, held);
            }
            Stmt::Lock(m, ref body) => {
                inner.mutex[m] = true;
                self.section(Step::Lock(m), body, Step::Unlock(m), inner);
            }
            Stmt::TryLock(m, ref body) => {
                inner.mutex[m] = true;
                let start = self.steps.len();
                self.section(Step::Lock(m), body, Step::Unlock(m), inner);
                self.steps[start] = Step::TryLock {
                    mutex: m,
                    otherwise: self.steps.len() - start - 1,
                };
            }
            Stmt::Read(l, ref body) => {
                inner.read[l] = true;
                self.section(Step::ReadLock(l), body, Step::ReadUnlock(l), inner);
            }
            Stmt::Write(l, ref body) => {
                inner.write[l] = true;
                self.section(Step::WriteLock(l), body, Step::WriteUnlock(l), inner);
            }
            Stmt::Get(m) if held.mutex[m] => self.steps.push(Step::Get(m)),
            Stmt::Append(m, digit) if held.mutex[m] => self.steps.push(Step::Append(m, digit)),
            Stmt::GetShared(l) if held.read[l] || held.write[l] => {
                self.steps.push(Step::GetShared(l));
            }
            Stmt::AppendShared(l, digit) if held.write[l] => {
                self.steps.push(Step::AppendShared(l, digit));
            }
            Stmt::Wait(c) if held.mutex[0] => self.steps.push(Step::Wait(c)),
            Stmt::WaitUntil(c, least) if held.mutex[0] => {
                self.steps.push(Step::WaitUntil(c, least))
            }
            Stmt::NotifyOne(c) if held.mutex[0] || self.notify_anywhere => {
                self.steps.push(Step::NotifyOne(c));
            }
            Stmt::NotifyAll(c) if held.mutex[0] || self.notify_anywhere => {
                self.steps.push(Step::NotifyAll(c));
            }
            Stmt::Park if self.thread == 1 => self.steps.push(Step::Park),
            Stmt::Unpark if self.program.threads.len() > 1 => self.steps.push(Step::Unpark),
            Stmt::Barrier => self.steps.push(Step::Barrier),
            Stmt::Send(channel, value) => self.steps.push(Step::Send(channel, value)),
            Stmt::Recv(channel) if self.program.receiver(channel) == Some(self.thread) => {
                self.steps.push(Step::Recv(channel));
            }
            Stmt::Join(other) if self.thread == 0 && (1..self.joined.len()).contains(&other) => {
                // Within a `try_lock` it could be left out.
                let in_try = self.program.any(|stmt| matches!(stmt, Stmt::TryLock(..)));
                if !in_try && !std::mem::replace(&mut self.joined[other], true) {
                    self.steps.push(Step::Join(other));
                }
            }
            Stmt::Load(x) => self.steps.push(Step::Load(x)),
            Stmt::Store(x, value) => self.steps.push(Step::Store(x, value)),
            Stmt::Add(x, value) => self.steps.push(Step::Add(x, value)),
            _ => {}
        }
    }
}

impl std::fmt::Display for Blocking {
    /// As source text, to be pasted into a regression test.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = format!("{:?}", self.threads);
        // What a list is in `Debug` is a `vec!` in source text, and variants need their type.
        text = text.replace('[', "vec![");
        for name in [
            "Lock(",
            "Read(",
            "Write(",
            "Get(",
            "Append(",
            "GetShared(",
            "AppendShared(",
            "Wait(",
            "WaitUntil(",
            "NotifyOne(",
            "NotifyAll(",
            "Park",
            "Unpark",
            "Barrier",
            "Send(",
            "Recv(",
            "Join(",
            "Load(",
            "Store(",
            "Add(",
            "TryLock(",
        ] {
            for before in ["[", ", "] {
                text = text.replace(&format!("{before}{name}"), &format!("{before}Stmt::{name}"));
            }
        }
        writeln!(
            f,
            "Blocking {{\n    threads: {text},\n    barrier: {},",
            self.barrier
        )?;
        writeln!(
            f,
            "    capacities: {:?},\n    spurious: {},\n}}",
            self.capacities, self.spurious
        )?;
        for (thread, steps) in self.steps().iter().enumerate() {
            writeln!(f, "// thread {thread}: {steps:?}")?;
        }
        Ok(())
    }
}
