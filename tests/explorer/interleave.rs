//! The judge of blocking programs: every interleaving of their steps, remembering the states that were seen.
//!
//! As std promises, and no more: a notification may wake any waiter; a wait and a `park` may end by themselves, as
//! often as the budget says, but need not; a reader may pass a waiting writer, but need not.

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::rc::Rc;

use crate::blocking::{Blocking, EACH, Step, append};

/// What the threads recorded, thread by thread, then the last values of the mutexes, read-write locks and atomics.
pub(crate) type Outcome = Vec<u64>;

/// What is recorded of a receipt without a message.
pub(crate) const NO_MESSAGE: u64 = 99;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) outcomes: BTreeSet<Outcome>,
    pub(crate) deadlock: bool,
    pub(crate) states: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Phase {
    Ready,
    /// On the condvar, without the mutex.
    Waiting(usize),
    /// Off the condvar, before it has the mutex again.
    Woken,
    AtBarrier,
}

/// Threads of a program, at most.
const MOST: usize = 6;

/// Cloned and hashed for each step of each interleaving, and so without memory of its own, but for what grows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    at: [usize; MOST],
    phase: [Phase; MOST],
    recorded: [Rc<Vec<u64>>; MOST],
    locked: [bool; EACH],
    values: [u64; EACH],
    readers: [usize; EACH],
    writing: [bool; EACH],
    shared: [u64; EACH],
    atomics: [u64; EACH],
    queues: [VecDeque<u64>; EACH],
    senders: [usize; EACH],
    receiver_gone: [bool; EACH],
    token: bool,
    budget: u32,
}

struct Interpreter<'a> {
    program: &'a Blocking,
    steps: Vec<Vec<Step>>,
}

pub(crate) fn answer(program: &Blocking) -> Answer {
    let threads = program.threads.len();
    assert!(threads <= MOST, "{threads} threads");
    let senders = |channel| {
        let others = (1..threads).filter(|&thread| program.sends(thread, channel));
        // Main begins with one, used or not.
        others.count() + 1
    };
    let start = State {
        at: [0; MOST],
        phase: [Phase::Ready; MOST],
        recorded: Default::default(),
        locked: [false; EACH],
        values: [0; EACH],
        readers: [0; EACH],
        writing: [false; EACH],
        shared: [0; EACH],
        atomics: [0; EACH],
        queues: Default::default(),
        senders: std::array::from_fn(senders),
        receiver_gone: std::array::from_fn(|channel| program.receiver(channel).is_none()),
        token: false,
        budget: program.spurious,
    };
    let interpreter = Interpreter {
        program,
        steps: program.steps(),
    };
    let mut answer = Answer::default();
    let start = Rc::new(start);
    let mut seen = HashSet::from([Rc::clone(&start)]);
    let mut work = vec![start];
    let mut next = Vec::new();
    while let Some(state) = work.pop() {
        if (0..threads).all(|thread| interpreter.step(&state, thread).is_none()) {
            let last = [state.values, state.shared, state.atomics].concat();
            let mut outcome: Outcome = state
                .recorded
                .iter()
                .flat_map(|r| r.iter().copied())
                .collect();
            outcome.extend(last);
            answer.outcomes.insert(outcome);
            continue;
        }
        // Whether a thread gets on whatever std decides.
        let mut certain = false;
        for thread in 0..threads {
            let before = next.len();
            interpreter.advance(&state, thread, &mut next);
            certain |= next.len() > before && !interpreter.may_wait(&state, thread);
            interpreter.by_itself(&state, thread, &mut next);
        }
        answer.deadlock |= !certain;
        for state in next.drain(..) {
            let state = Rc::new(state);
            if seen.insert(Rc::clone(&state)) {
                work.push(state);
            }
        }
    }
    answer.states = seen.len();
    answer
}

impl Interpreter<'_> {
    fn step(&self, state: &State, thread: usize) -> Option<Step> {
        self.steps.get(thread)?.get(state.at[thread]).copied()
    }

    /// Whether the thread is a reader who would wait behind a writer that waits.
    fn may_wait(&self, state: &State, thread: usize) -> bool {
        let Some(Step::ReadLock(l)) = self.step(state, thread) else {
            return false;
        };
        let write = Some(Step::WriteLock(l));
        // The lock is held: if it were free, the writer would get on.
        state.readers[l] > 0 && (0..state.at.len()).any(|other| self.step(state, other) == write)
    }

    /// What may happen although nobody caused it.
    fn by_itself(&self, state: &State, thread: usize, next: &mut Vec<State>) {
        if state.budget == 0 {
            return;
        }
        let mut after = state.clone();
        after.budget -= 1;
        match state.phase[thread] {
            Phase::Waiting(_) => after.phase[thread] = Phase::Woken,
            Phase::Ready if self.step(state, thread) == Some(Step::Park) => after.at[thread] += 1,
            _ => return,
        }
        next.push(after);
    }

    /// Every state that the thread's next step can lead to: none if it cannot be taken.
    fn advance(&self, state: &State, thread: usize, next: &mut Vec<State>) {
        let Some(step) = self.step(state, thread) else {
            return;
        };
        let mut after = state.clone();
        match state.phase[thread] {
            Phase::Waiting(_) | Phase::AtBarrier => return,
            Phase::Woken => {
                if state.locked[0] {
                    return;
                }
                after.locked[0] = true;
                after.phase[thread] = Phase::Ready;
                // Who waits for a value looks again.
                after.at[thread] += usize::from(matches!(step, Step::Wait(_)));
                next.push(after);
                return;
            }
            Phase::Ready => {}
        }
        after.at[thread] += 1;
        let record =
            |after: &mut State, value| Rc::make_mut(&mut after.recorded[thread]).push(value);
        match step {
            Step::Lock(m) if state.locked[m] => return,
            Step::Lock(m) => after.locked[m] = true,
            Step::TryLock { mutex, otherwise } => {
                record(&mut after, u64::from(!state.locked[mutex]));
                if state.locked[mutex] {
                    after.at[thread] += otherwise;
                }
                after.locked[mutex] = true;
            }
            Step::Unlock(m) => after.locked[m] = false,
            Step::ReadLock(l) if state.writing[l] => return,
            Step::ReadLock(l) => after.readers[l] += 1,
            Step::ReadUnlock(l) => after.readers[l] -= 1,
            Step::WriteLock(l) if state.writing[l] || state.readers[l] > 0 => return,
            Step::WriteLock(l) => after.writing[l] = true,
            Step::WriteUnlock(l) => after.writing[l] = false,
            Step::Get(m) => record(&mut after, state.values[m]),
            Step::Append(m, digit) => after.values[m] = append(state.values[m], digit),
            Step::GetShared(l) => record(&mut after, state.shared[l]),
            Step::AppendShared(l, digit) => after.shared[l] = append(state.shared[l], digit),
            Step::WaitUntil(_, least) if state.values[0] >= least => {}
            Step::Wait(c) | Step::WaitUntil(c, _) => {
                after.at[thread] -= 1;
                after.locked[0] = false;
                after.phase[thread] = Phase::Waiting(c);
            }
            Step::NotifyOne(c) => {
                for waiter in (0..state.at.len()).filter(|&t| state.phase[t] == Phase::Waiting(c)) {
                    let mut after = after.clone();
                    after.phase[waiter] = Phase::Woken;
                    next.push(after);
                }
                if state.phase.contains(&Phase::Waiting(c)) {
                    return;
                }
            }
            Step::NotifyAll(c) => {
                for phase in &mut after.phase {
                    if *phase == Phase::Waiting(c) {
                        *phase = Phase::Woken;
                    }
                }
            }
            Step::Park if !state.token => return,
            Step::Park => after.token = false,
            Step::Unpark => after.token = true,
            Step::Barrier => {
                after.at[thread] -= 1;
                after.phase[thread] = Phase::AtBarrier;
                let waiting = |&thread: &usize| after.phase[thread] == Phase::AtBarrier;
                let waiting: Vec<usize> = (0..state.at.len()).filter(waiting).collect();
                if waiting.len() == self.program.barrier {
                    for thread in waiting {
                        after.phase[thread] = Phase::Ready;
                        after.at[thread] += 1;
                    }
                }
            }
            Step::Send(channel, value) => match self.program.capacities[channel] {
                _ if state.receiver_gone[channel] => record(&mut after, 0),
                // The receiver takes it from the sender's hands.
                Some(0) => return,
                Some(capacity) if state.queues[channel].len() >= capacity => return,
                _ => {
                    record(&mut after, 1);
                    after.queues[channel].push_back(value);
                }
            },
            Step::Recv(channel) => {
                if let Some(value) = after.queues[channel].pop_front() {
                    record(&mut after, value);
                } else if state.senders[channel] == 0 {
                    record(&mut after, NO_MESSAGE);
                } else {
                    self.hand_over(state, thread, channel, next);
                    return;
                }
            }
            Step::DropSender(channel) => after.senders[channel] -= 1,
            Step::DropReceiver(channel) => after.receiver_gone[channel] = true,
            Step::Join(other) if self.step(state, other).is_some() => return,
            Step::Join(_) => {}
            Step::Load(x) => record(&mut after, state.atomics[x]),
            Step::Store(x, value) => after.atomics[x] = value,
            Step::Add(x, value) => {
                record(&mut after, state.atomics[x]);
                after.atomics[x] += value;
            }
        }
        next.push(after);
    }

    /// A channel without room: sender and receiver meet.
    fn hand_over(&self, state: &State, receiver: usize, channel: usize, next: &mut Vec<State>) {
        if self.program.capacities[channel] != Some(0) {
            return;
        }
        for sender in (0..state.at.len()).filter(|&thread| thread != receiver) {
            match self.step(state, sender) {
                Some(Step::Send(to, value)) if to == channel => {
                    let mut after = state.clone();
                    after.at[sender] += 1;
                    after.at[receiver] += 1;
                    Rc::make_mut(&mut after.recorded[sender]).push(1);
                    Rc::make_mut(&mut after.recorded[receiver]).push(value);
                    next.push(after);
                }
                _ => {}
            }
        }
    }
}
