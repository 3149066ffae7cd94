//! A program on real threads, and the history of what it did.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::checker::{Call, History, Rest, Spec, Unexplained, explain};

/// What is tested, with what it should be.
pub(crate) trait Subject: Sync + Sized {
    /// What the object is made with.
    type Config: Clone + std::fmt::Debug + Send + Sync;
    /// A step of a thread's program; one call, or several that belong together.
    type Act: Clone + std::fmt::Debug + Send + Sync;
    /// What each thread has for itself.
    type Hand: Send;
    type Spec: Spec;

    /// How many times fewer programs, and runs of each, there are: of what takes long.
    const COST: u32 = 1;

    fn spec(config: &Self::Config) -> Self::Spec;

    /// The object, and a hand for each thread.
    fn start(config: &Self::Config, threads: usize) -> (Self, Vec<Self::Hand>);

    /// Does one step.
    fn perform(&self, hand: &mut Self::Hand, act: &Self::Act, lane: &mut LaneOf<'_, Self>);

    /// What a thread does once its program has ended: gives up its hand, say, where that means something.
    fn leave(&self, _hand: Self::Hand, _lane: &mut LaneOf<'_, Self>) {}

    /// Lets all go on who wait. Called when all do, by no thread of the program. Not needed where nobody should wait for ever:
    /// a hang ends the tests then.
    fn release(&self, _lane: &mut LaneOf<'_, Self>) {
        eprintln!("they hang, and nothing frees them");
        std::process::abort();
    }

    /// When the program has ended: what else is to be in the history.
    fn finish(self, _lane: &mut LaneOf<'_, Self>) {}
}

pub(crate) type Program<S> = Vec<Vec<<S as Subject>::Act>>;
pub(crate) type OpOf<S> = <<S as Subject>::Spec as Spec>::Op;
pub(crate) type RetOf<S> = <<S as Subject>::Spec as Spec>::Ret;
pub(crate) type HistoryOf<S> = History<OpOf<S>, RetOf<S>>;
pub(crate) type LaneOf<'a, S> = Lane<'a, OpOf<S>, RetOf<S>>;

/// Orders invocations and returns: who has read a smaller number was there before.
#[derive(Debug, Default)]
pub(crate) struct Clock(AtomicU64);

impl Clock {
    pub(crate) fn now(&self) -> u64 {
        // SeqCst, so that nothing of a call gets out of its two stamps.
        self.0.fetch_add(1, Ordering::SeqCst)
    }
}

pub(crate) type Calls<O, R> = Mutex<Vec<Call<O, R>>>;

/// Where a thread writes down what it does.
pub(crate) struct Lane<'a, O, R> {
    pub(crate) number: usize,
    clock: &'a Arc<Clock>,
    calls: &'a Arc<Calls<O, R>>,
    dice: Dice,
    values: u8,
}

/// A call that was invoked and has not returned.
#[must_use = "it has to return"]
pub(crate) struct Begun(usize);

impl<O, R> Lane<'_, O, R> {
    /// Does a call, and writes down when it was invoked, when it returned, and what.
    pub(crate) fn call<T>(&mut self, op: O, body: impl FnOnce() -> (R, T)) -> T {
        let begun = self.begin(op);
        let (ret, value) = body();
        self.end(begun, ret);
        value
    }

    /// A call is invoked. The next thing that is done is to do it.
    pub(crate) fn begin(&mut self, op: O) -> Begun {
        self.dice.pause();
        let mut calls = lock(self.calls);
        let invoked = self.clock.now();
        calls.push(Call {
            lane: self.number,
            op,
            invoked,
            earliest: invoked,
            returned: None,
        });
        Begun(calls.len() - 1)
    }

    /// It has returned just now.
    pub(crate) fn end(&mut self, begun: Begun, ret: R) {
        // Under the lock, so that whoever reads the calls and finds the clock as it was before has missed nothing.
        let mut calls = lock(self.calls);
        calls[begun.0].returned = Some((self.clock.now(), ret));
    }

    /// A call that gives nothing but what is written down.
    pub(crate) fn plain(&mut self, op: O, body: impl FnOnce() -> R) {
        self.call(op, || (body(), ()));
    }

    /// For those who do something on behalf of this thread.
    pub(crate) fn notes(&self) -> Notes<O, R> {
        Notes {
            clock: Arc::clone(self.clock),
            calls: Arc::clone(self.calls),
        }
    }

    /// Another value each time, and another for each thread.
    pub(crate) fn value(&mut self) -> u8 {
        self.values += 1;
        self.number as u8 * 10 + self.values
    }

    /// A while that differs from run to run.
    pub(crate) fn pause(&mut self) {
        self.dice.pause();
    }
}

/// Where is written down what is done elsewhere.
pub(crate) struct Notes<O, R> {
    pub(crate) clock: Arc<Clock>,
    calls: Arc<Calls<O, R>>,
}

impl<O, R> Notes<O, R> {
    pub(crate) fn note(&self, call: Call<O, R>) {
        lock(&self.calls).push(call);
    }
}

/// xorshift64*: other pauses in each run.
pub(crate) struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % n
    }

    fn pause(&mut self) {
        match self.below(16) {
            0 => thread::yield_now(),
            1..=6 => {}
            _ => {
                for _ in 0..self.below(120) {
                    std::hint::spin_loop();
                }
            }
        }
    }
}

/// Why a run failed, with what happened in it.
#[derive(Clone, Debug)]
pub(crate) enum Wrong {
    /// No order explains it.
    Unexplained(Unexplained),
    /// Threads wait though one of them should go on.
    Hangs,
    /// A call panicked.
    Panics(String),
}

/// How often it is looked who gets on.
pub(crate) const LOOK: Duration = Duration::from_micros(200);

/// Runs the program once, and judges its history. If nobody gets on for as long as `patience`, though by the specification
/// somebody could, that is a hang.
pub(crate) fn run<S: Subject>(
    config: &S::Config,
    program: &Program<S>,
    seed: u64,
    patience: Duration,
) -> Result<(), (HistoryOf<S>, Wrong)> {
    let clock = Arc::new(Clock::default());
    let threads = program.len();
    let (subject, hands) = S::start(config, threads);
    assert_eq!(hands.len(), threads, "a hand for each thread");
    let calls: Vec<Arc<Calls<_, _>>> = (0..=threads).map(|_| Arc::default()).collect();
    let lane = |number: usize| Lane {
        number,
        clock: &clock,
        calls: &calls[number],
        dice: Dice(
            seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)
                .wrapping_add(number as u64 * 77)
                | 1,
        ),
        values: 0,
    };
    let spec = S::spec(config);
    let (there, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let panicked = Mutex::new(None);
    let mut own = lane(threads);
    let hung = thread::scope(|scope| {
        let waiter = thread::current();
        for ((number, acts), mut hand) in program.iter().enumerate().zip(hands) {
            let (subject, there, done, panicked) = (&subject, &there, &done, &panicked);
            let (waiter, mut lane) = (waiter.clone(), lane(number));
            scope.spawn(move || {
                // All at once, or the first would be done before the last has begun.
                there.fetch_add(1, Ordering::AcqRel);
                while there.load(Ordering::Acquire) < threads {
                    thread::yield_now();
                }
                let body = AssertUnwindSafe(|| {
                    for act in acts {
                        subject.perform(&mut hand, act, &mut lane);
                    }
                    subject.leave(hand, &mut lane);
                });
                if let Err(payload) = catch_unwind(body) {
                    let text = payload.downcast_ref::<String>().cloned();
                    let text =
                        text.or_else(|| payload.downcast_ref::<&str>().map(|t| t.to_string()));
                    *lock(panicked) = Some(text.unwrap_or_default());
                }
                done.fetch_add(1, Ordering::AcqRel);
                waiter.unpark();
            });
        }
        let mut before = (clock.0.load(Ordering::SeqCst), Instant::now());
        let mut hung = None;
        while done.load(Ordering::Acquire) < threads {
            thread::park_timeout(LOOK);
            let now = clock.0.load(Ordering::SeqCst);
            if now != before.0 {
                before = (now, Instant::now());
                continue;
            }
            // Nobody has got on for a while. Do all have a reason to wait? If not they are only slow, or hang.
            let left = threads - done.load(Ordering::Acquire);
            let history = collect::<S>(&calls);
            if clock.0.load(Ordering::SeqCst) != now {
                // Somebody has got on meanwhile: what was read of one lane and of the next is not of one moment.
                continue;
            }
            let waits = |call: &&Call<_, _>| call.lane < threads && call.returned.is_none();
            let waiting = history.calls.iter().filter(waits).count();
            let all_wait = waiting > 0 && waiting == left;
            let hurt = lock(&panicked).is_some();
            if hurt || all_wait && explain(&spec, &history, Rest::Waits).is_ok() {
                subject.release(&mut own);
            } else if before.1.elapsed() > patience {
                // Said at once: what frees them may not succeed.
                eprint!("who waits should have been woken:\n{history}");
                if hung.is_some() {
                    eprintln!("they hang, and nothing frees them");
                    std::process::abort();
                }
                subject.release(&mut own);
                hung = Some(history);
                before.1 = Instant::now();
            }
        }
        hung
    });
    if let Some(history) = hung {
        return Err((history, Wrong::Hangs));
    }
    subject.finish(&mut own);
    let history = collect::<S>(&calls);
    if let Some(text) = lock(&panicked).take() {
        return Err((history, Wrong::Panics(text)));
    }
    match explain(&spec, &history, Rest::UnderWay) {
        Ok(_) => Ok(()),
        Err(unexplained) => Err((history, Wrong::Unexplained(unexplained))),
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// All that was written down so far, in the order of the invocations.
fn collect<S: Subject>(calls: &[Arc<Calls<OpOf<S>, RetOf<S>>>]) -> HistoryOf<S> {
    let mut all: Vec<_> = calls.iter().flat_map(|lane| lock(lane).clone()).collect();
    all.sort_by_key(|call| call.invoked);
    let known = calls.len() - 1;
    let most = all.iter().map(|call| call.lane).max().unwrap_or(0);
    let mut lanes: Vec<_> = (0..known).map(|lane| format!("thread {lane}")).collect();
    if most >= known {
        lanes.push("main".to_owned());
    }
    lanes.extend((known..most).map(|lane| format!("worker {}", lane - known)));
    History { lanes, calls: all }
}
