//! Runs a program of blocking primitives on the vocabulary.

use std::sync::Arc;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};

use racecourse::sync::atomic::AtomicU64;
use racecourse::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use racecourse::sync::{
    Barrier, Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError,
};
use racecourse::thread::{self, JoinHandle, Thread};

use crate::blocking::{Blocking, EACH, Step, append};
use crate::interleave::{NO_MESSAGE, Outcome};

struct Shared {
    mutexes: [Mutex<u64>; EACH],
    condvars: [Condvar; EACH],
    locks: [RwLock<u64>; EACH],
    barrier: Barrier,
    atomics: [AtomicU64; EACH],
}

enum Sending {
    Unbounded(Sender<u64>),
    Bounded(SyncSender<u64>),
}

impl Sending {
    fn send(&self, value: u64) -> bool {
        match self {
            Sending::Unbounded(sender) => sender.send(value).is_ok(),
            Sending::Bounded(sender) => sender.send(value).is_ok(),
        }
    }

    fn another(&self) -> Self {
        match self {
            Sending::Unbounded(sender) => Sending::Unbounded(sender.clone()),
            Sending::Bounded(sender) => Sending::Bounded(sender.clone()),
        }
    }
}

/// What a thread has for itself.
#[derive(Default)]
struct Own {
    senders: [Option<Sending>; EACH],
    receivers: [Option<Receiver<u64>>; EACH],
    /// Thread 1; it has none of itself.
    parking: Option<Thread>,
    /// Main's.
    handles: Vec<Option<JoinHandle<Vec<u64>>>>,
    /// What the threads recorded that main has joined.
    joined: Vec<Vec<u64>>,
}

#[derive(Default)]
struct Guards<'a> {
    mutexes: [Option<MutexGuard<'a, u64>>; EACH],
    reading: [Option<RwLockReadGuard<'a, u64>>; EACH],
    writing: [Option<RwLockWriteGuard<'a, u64>>; EACH],
}

impl Guards<'_> {
    fn shared(&self, l: usize) -> u64 {
        match (&self.reading[l], &self.writing[l]) {
            (Some(guard), _) => **guard,
            (_, Some(guard)) => **guard,
            (None, None) => panic!("lock {l} is not held"),
        }
    }
}

fn perform(steps: &[Step], shared: &Shared, own: &mut Own) -> Vec<u64> {
    let mut recorded = Vec::new();
    let mut guards = Guards::default();
    let mut at = 0;
    while let Some(&step) = steps.get(at) {
        at += 1;
        match step {
            Step::Lock(m) => guards.mutexes[m] = Some(shared.mutexes[m].lock().unwrap()),
            Step::TryLock { mutex, otherwise } => {
                match shared.mutexes[mutex].try_lock() {
                    Ok(guard) => guards.mutexes[mutex] = Some(guard),
                    Err(TryLockError::WouldBlock) => at += otherwise,
                    Err(TryLockError::Poisoned(_)) => panic!("poisoned"),
                }
                recorded.push(u64::from(guards.mutexes[mutex].is_some()));
            }
            Step::Unlock(m) => guards.mutexes[m] = None,
            Step::ReadLock(l) => guards.reading[l] = Some(shared.locks[l].read().unwrap()),
            Step::ReadUnlock(l) => guards.reading[l] = None,
            Step::WriteLock(l) => guards.writing[l] = Some(shared.locks[l].write().unwrap()),
            Step::WriteUnlock(l) => guards.writing[l] = None,
            Step::Get(m) => recorded.push(**guards.mutexes[m].as_ref().expect("held")),
            Step::Append(m, digit) => {
                let value = guards.mutexes[m].as_mut().expect("held");
                **value = append(**value, digit);
            }
            Step::GetShared(l) => recorded.push(guards.shared(l)),
            Step::AppendShared(l, digit) => {
                let value = guards.writing[l].as_mut().expect("held");
                **value = append(**value, digit);
            }
            Step::Wait(c) => {
                let held = guards.mutexes[0].take().expect("held");
                guards.mutexes[0] = Some(shared.condvars[c].wait(held).unwrap());
            }
            Step::WaitUntil(c, least) => {
                let mut held = guards.mutexes[0].take().expect("held");
                while *held < least {
                    held = shared.condvars[c].wait(held).unwrap();
                }
                guards.mutexes[0] = Some(held);
            }
            Step::NotifyOne(c) => shared.condvars[c].notify_one(),
            Step::NotifyAll(c) => shared.condvars[c].notify_all(),
            Step::Park => thread::park(),
            Step::Unpark => match &own.parking {
                Some(thread) => thread.unpark(),
                None => thread::current().unpark(),
            },
            Step::Barrier => drop(shared.barrier.wait()),
            Step::Send(channel, value) => {
                let sender = own.senders[channel].as_ref().expect("a sender");
                recorded.push(u64::from(sender.send(value)));
            }
            Step::Recv(channel) => {
                let receiver = own.receivers[channel].as_ref().expect("the receiver");
                recorded.push(receiver.recv().unwrap_or(NO_MESSAGE));
            }
            Step::DropSender(channel) => own.senders[channel] = None,
            Step::DropReceiver(channel) => own.receivers[channel] = None,
            Step::Join(other) => {
                let handle = own.handles[other].take().expect("joined once");
                own.joined[other] = handle.join().expect("no panic");
            }
            Step::Load(x) => recorded.push(shared.atomics[x].load(SeqCst)),
            Step::Store(x, value) => shared.atomics[x].store(value, SeqCst),
            Step::Add(x, value) => recorded.push(shared.atomics[x].fetch_add(value, SeqCst)),
        }
    }
    recorded
}

/// A channel that a program uses.
struct Ends {
    capacity: Option<usize>,
    /// By thread, whether it sends.
    sends: Vec<bool>,
    receiver: Option<usize>,
}

/// A program, made ready to be run many times.
pub(crate) struct Code {
    threads: Vec<Arc<[Step]>>,
    barrier: usize,
    channels: [Option<Ends>; EACH],
}

impl Code {
    pub(crate) fn of(program: &Blocking) -> Self {
        let ends = |at: usize| Ends {
            capacity: program.capacities[at],
            sends: (0..program.threads.len())
                .map(|thread| program.sends(thread, at))
                .collect(),
            receiver: program.receiver(at),
        };
        Self {
            threads: program.steps().into_iter().map(Arc::from).collect(),
            barrier: program.barrier,
            channels: std::array::from_fn(|at| program.uses_channel(at).then(|| ends(at))),
        }
    }
}

/// Makes the channels, and deals out their ends.
fn channels(code: &Code, owns: &mut [Own]) {
    for (at, ends) in code.channels.iter().enumerate() {
        let Some(ends) = ends else { continue };
        let (first, receiver) = match ends.capacity {
            None => {
                let (sender, receiver) = channel();
                (Sending::Unbounded(sender), receiver)
            }
            Some(capacity) => {
                let (sender, receiver) = sync_channel(capacity);
                (Sending::Bounded(sender), receiver)
            }
        };
        for (thread, own) in owns.iter_mut().enumerate().skip(1) {
            if ends.sends[thread] {
                own.senders[at] = Some(first.another());
            }
        }
        owns[0].senders[at] = Some(first);
        if let Some(owner) = ends.receiver {
            owns[owner].receivers[at] = Some(receiver);
        }
    }
}

pub(crate) fn perform_all(code: &Code) -> Outcome {
    let count = code.threads.len();
    let shared = Arc::new(Shared {
        mutexes: std::array::from_fn(|_| Mutex::new(0)),
        condvars: std::array::from_fn(|_| Condvar::new()),
        locks: std::array::from_fn(|_| RwLock::new(0)),
        barrier: Barrier::new(code.barrier),
        atomics: std::array::from_fn(|_| AtomicU64::new(0)),
    });
    let mut owns: Vec<Own> = (0..count).map(|_| Own::default()).collect();
    channels(code, &mut owns);
    let mut steps = code.threads.iter().map(Arc::clone);
    let mut owns = owns.into_iter();
    let (main_steps, mut main) = (steps.next().expect("main"), owns.next().expect("main"));
    main.handles.push(None);
    for (steps, mut own) in steps.zip(owns) {
        own.parking = main.parking.clone();
        let shared = Arc::clone(&shared);
        let handle = thread::spawn(move || perform(&steps, &shared, &mut own));
        // Thread 1 is spawned first, so that the others can have it.
        main.parking.get_or_insert_with(|| handle.thread().clone());
        main.handles.push(Some(handle));
    }
    main.joined.resize(count, Vec::new());
    main.joined[0] = perform(&main_steps, &shared, &mut main);
    let mut outcome = main.joined.concat();
    outcome.extend(shared.mutexes.iter().map(|mutex| *mutex.lock().unwrap()));
    outcome.extend(shared.locks.iter().map(|lock| *lock.read().unwrap()));
    outcome.extend(shared.atomics.iter().map(|atomic| atomic.load(Relaxed)));
    outcome
}
