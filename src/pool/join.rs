//! Fork-join: `join(a, b)`.
//
// The second half of a `join` stays in the frame of its caller, whether or not somebody else runs it: nothing is
// allocated. A thread's frames are a stack (`Halves`), of which the oldest few are *offered*, that is, in the pool's
// queue, and all later ones are *kept*: no other thread knows them, so that a kept half costs a few plain stores.
// Each time somebody takes an offered half, there is room for another; its owner sees that at its next `join`, or
// when a first half ends, and offers the oldest that it keeps: the largest piece of a divided problem. So the price of
// sharing is paid for each half that is shared, not for each that could be. (Private deques: Acar, Charguéraud and
// Rainey, "Scheduling parallel programs by work stealing with private deques", PPoPP 2013; here the demand is seen in
// `room`, and is there before anybody is hungry, so that a thief does not wait for an answer.)
//
//   frames of one thread   | offered, in the queue | run elsewhere | offered | kept | kept |
//                           oldest                                    `offered` ^        ^ `len`
//
// What is kept is invisible while its owner runs a long first half without a `join` in it. But first others must have
// run all that it offers, which is older and mostly larger. A thread that waits offers all that it keeps before it
// sleeps or runs something else (`offer_all`): so kept halves always belong to the innermost task of their thread,
// whose ancestors they get.
//
// Who has a half: in the queue, whoever takes it out, under the pool's lock. The frame outlives it: `join` ends only
// after it has taken the half back out of the queue, or has seen `done`, which is the last access of who ran it.

use std::any::Any;
use std::cell::Cell;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::panic::{self, AssertUnwindSafe};
use std::ptr::{self, NonNull};

use super::ThreadPool;
use super::shared::Shared;
use super::slot::drop_quietly;
use super::task::TaskId;
use super::worker;
use crate::cell::UnsafeCell;
use crate::sync::atomic::{AtomicBool, AtomicIsize, Ordering};

/// How many halves a thread offers at the same time, at most and at most one for each worker: before it comes to
/// another `join`, others may take so many.
pub(super) const OFFERS: isize = 3;

/// How many halves of one thread can be offered or kept; what is deeper runs where it is.
const MOST: usize = 64;

/// `room` of a pool that takes no more: so far below zero that what comes back does not make it positive.
const CLOSED: isize = isize::MIN / 2;

/// The second halves of one thread's `join`s on one pool.
pub(super) struct Halves {
    pool: *const Shared,
    /// How many more may be offered. Changed under the pool's lock, by whoever offers or takes; read without it, as a
    /// hint.
    room: AtomicIsize,
    len: Cell<usize>,
    offered: Cell<usize>,
    stack: [Cell<MaybeUninit<NonNull<Header>>>; MOST],
    /// Of another pool, whose `join` this thread is also in.
    outer: *const Halves,
}

/// What the pool knows of a second half.
pub(super) struct Header {
    run: unsafe fn(NonNull<Header>),
    /// Written by its owner before it is offered; what is only kept is spared it.
    offer: UnsafeCell<MaybeUninit<Offer>>,
}

struct Offer {
    owner: *const Halves,
    /// Its owner's: under which it is in the queue.
    id: Cell<TaskId>,
    done: AtomicBool,
}

impl Header {
    /// # Safety
    /// The half has been offered, and its frame is there.
    unsafe fn offer<'a>(this: NonNull<Self>) -> &'a Offer {
        // SAFETY: the caller's word; nobody writes it any more.
        unsafe { this.as_ref().offer.with(|offer| (*offer).assume_init_ref()) }
    }
}

#[repr(C)]
struct Frame<B, R> {
    /// First, so that a pointer to it is one to the frame.
    header: Header,
    /// Taken once: by whoever runs it, or drops it.
    job: UnsafeCell<ManuallyDrop<B>>,
    /// Written before `done`.
    outcome: UnsafeCell<MaybeUninit<Caught<R>>>,
}

type Caught<R> = Result<R, Box<dyn Any + Send>>;

/// A half in the queue.
pub(super) struct Half(NonNull<Header>);

// SAFETY: `join` asks that the job and its result are `Send`; of the header, whoever has the half uses only `run`,
// `done` and, under the pool's lock, the owner's `room`.
unsafe impl Send for Half {}

impl Half {
    /// Makes room for another. Called under the pool's lock.
    pub(super) fn leaves_the_queue(&self) {
        // SAFETY: the frame outlives its half (see the top), and its owner's stack of halves the frame.
        let room = unsafe { &(*Header::offer(self.0).owner).room };
        // ORDERING: Relaxed; all who write hold the lock, and for who reads it is a hint.
        room.store(room.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    /// Runs it, on another thread than its owner's or while its owner waits for it. Does not unwind.
    pub(super) fn run(self) {
        // SAFETY: the frame outlives its half. Taken out of the queue, it is run once.
        unsafe { (self.0.as_ref().run)(self.0) }
    }
}

/// # Safety
/// `header` is that of a `Frame<B, R>` which was offered and which the caller has taken out of the queue.
unsafe fn run<B, R>(header: NonNull<Header>)
where
    B: FnOnce() -> R,
{
    let frame = header.cast::<Frame<B, R>>().as_ptr();
    // SAFETY: nobody else accesses job and outcome before `done`; the frame is there until then. Who has taken the
    // half out of the queue runs it, once.
    unsafe {
        let job = (*frame).take_job();
        let outcome = panic::catch_unwind(AssertUnwindSafe(job));
        (*frame).outcome.with_mut(|place| (*place).write(outcome));
        // ORDERING: Release; pairs with the Acquire in `take_back`, after which the owner takes the outcome, and the
        // frame is gone.
        Header::offer(header).done.store(true, Ordering::Release);
    }
}

impl Halves {
    pub(super) fn new(pool: &Shared, outer: *const Self) -> Self {
        Self {
            pool,
            room: AtomicIsize::new(pool.offers()),
            len: Cell::new(0),
            offered: Cell::new(0),
            stack: [const { Cell::new(MaybeUninit::uninit()) }; MOST],
            outer,
        }
    }

    pub(super) fn outer(&self) -> *const Self {
        self.outer
    }

    #[inline]
    fn has_room(&self) -> bool {
        // ORDERING: Relaxed; a hint. Whoever sees it late offers later.
        self.room.load(Ordering::Relaxed) > 0
    }

    /// Keeps a half; false if there are too many.
    #[inline]
    fn push(&self, half: NonNull<Header>) -> bool {
        let len = self.len.get();
        let Some(place) = self.stack.get(len) else {
            return false;
        };
        place.set(MaybeUninit::new(half));
        self.len.set(len + 1);
        if self.has_room() {
            self.offer();
        }
        true
    }

    /// Forgets the newest half and says whether it is only kept; otherwise it was offered.
    #[inline]
    fn pop(&self) -> bool {
        let len = self.len.get() - 1;
        self.len.set(len);
        let offered = self.offered.get();
        if offered > len {
            self.offered.set(len);
            return false;
        }
        if offered < len && self.has_room() {
            self.offer();
        }
        true
    }

    /// Offers the oldest half that is kept.
    #[cold]
    fn offer(&self) {
        let index = self.offered.get();
        // SAFETY: places below `len` are filled.
        let half = unsafe { self.stack[index].get().assume_init() };
        let offer = Offer {
            owner: self,
            id: Cell::new(TaskId(0)),
            done: AtomicBool::new(false),
        };
        // SAFETY: its frame is on this thread's stack, and nobody else knows it yet.
        unsafe { half.as_ref() }
            .offer
            .with_mut(|place| unsafe { (*place).write(offer) });
        // SAFETY: a `join` on the pool is running, which borrows it.
        let pool = unsafe { &*self.pool };
        match pool.offer(worker::submitter(pool), Half(half), &self.room) {
            Some(id) => {
                // SAFETY: it has just been offered; its frame is on this thread's stack.
                unsafe { Header::offer(half) }.id.set(id);
                self.offered.set(index + 1);
            }
            None => self.room.store(CLOSED, Ordering::Relaxed),
        }
    }

    /// Before the thread waits, or runs another task.
    pub(super) fn offer_all(&self) {
        // ORDERING: Relaxed; `CLOSED` is this thread's own.
        while self.offered.get() < self.len.get() && self.room.load(Ordering::Relaxed) > CLOSED / 2
        {
            self.offer();
        }
    }
}

impl<B, R> Frame<B, R>
where
    B: FnOnce() -> R,
{
    #[inline]
    fn new(job: B) -> Self {
        Self {
            header: Header {
                run: run::<B, R>,
                offer: UnsafeCell::new(MaybeUninit::uninit()),
            },
            job: UnsafeCell::new(ManuallyDrop::new(job)),
            outcome: UnsafeCell::new(MaybeUninit::uninit()),
        }
    }

    /// For a half that was offered: takes it back, or waits until it has been run and returns its outcome.
    #[cold]
    fn take_back(&self, pool: &Shared) -> Option<Caught<R>> {
        // SAFETY: it was offered.
        let offer = unsafe { Header::offer(NonNull::from(&self.header)) };
        let id = offer.id.get();
        if pool.withdraw(id) {
            return None;
        }
        // ORDERING: Acquire; pairs with the Release in `run`.
        let is_done = || offer.done.load(Ordering::Acquire);
        worker::wait_for_half(pool, id, &is_done);
        // SAFETY: it is done: the outcome is written, and nobody else has the half any more.
        Some(
            self.outcome
                .with(|outcome| unsafe { (*outcome).assume_init_read() }),
        )
    }

    /// # Safety
    /// The caller has the half, and the job has not been taken.
    #[inline]
    unsafe fn take_job(&self) -> B {
        // SAFETY: the caller's word. Copied out, and not the whole frame moved: that would wait until what was just
        // written to it can be read in other portions.
        self.job
            .with_mut(|job| unsafe { ManuallyDrop::take(&mut *job) })
    }
}

/// `join` on a thread whose stack of halves is `halves`.
#[inline]
fn join_on<A, B, RA, RB>(pool: &Shared, halves: &Halves, a: A, b: B) -> (RA, RB)
where
    A: FnOnce() -> RA,
    B: FnOnce() -> RB + Send,
    RB: Send,
{
    let frame = Frame::new(b);
    // Of the whole frame, which stays where it is until nobody else has the half.
    if !halves.push(NonNull::from(&frame).cast()) {
        // SAFETY: nobody else knows the frame.
        let b = unsafe { frame.take_job() };
        return (a(), b());
    }
    let first = panic::catch_unwind(AssertUnwindSafe(a));
    let outcome = if halves.pop() {
        None
    } else {
        frame.take_back(pool)
    };
    match (first, outcome) {
        // SAFETY: it was kept, or taken back.
        (Ok(ra), None) => (ra, unsafe { frame.take_job() }()),
        (Ok(ra), Some(Ok(rb))) => (ra, rb),
        (Ok(_), Some(Err(payload))) => panic::resume_unwind(payload),
        (Err(payload), outcome) => {
            // Its own panic, if any, must not take the place of this one.
            match outcome {
                // SAFETY: as above.
                None => drop_quietly(unsafe { frame.take_job() }),
                Some(outcome) => drop_quietly(outcome),
            }
            panic::resume_unwind(payload)
        }
    }
}

/// `join` on a thread that is in no other `join` on the pool, or is so inside of one on another pool.
#[cold]
fn join_first<A, B, RA, RB>(pool: &Shared, a: A, b: B) -> (RA, RB)
where
    A: FnOnce() -> RA,
    B: FnOnce() -> RB + Send,
    RB: Send,
{
    let halves = Halves::new(pool, worker::halves());
    let _entered = worker::enter(&halves);
    join_on(pool, &halves, a, b)
}

impl ThreadPool {
    /// Runs `a` on the calling thread and `b`, meanwhile, on the pool; returns both results. If no worker has
    /// taken `b` by the time `a` is done, or the pool is shut down, the caller runs `b` too.
    ///
    /// In a recursion this costs little more than two calls: of all the `b`s that wait on one thread, the pool is
    /// offered the oldest, at most three, which are the largest pieces, and one more whenever it has taken one and its owner
    /// comes to another `join` or to the end of an `a`.
    ///
    /// ```
    /// use racecourse::pool::ThreadPool;
    ///
    /// fn sum(pool: &ThreadPool, numbers: &[u64]) -> u64 {
    ///     if numbers.len() < 1000 {
    ///         return numbers.iter().sum();
    ///     }
    ///     let (left, right) = numbers.split_at(numbers.len() / 2);
    ///     let (a, b) = pool.join(|| sum(pool, left), || sum(pool, right));
    ///     a + b
    /// }
    /// let numbers: Vec<u64> = (1..=10_000).collect();
    /// assert_eq!(sum(&ThreadPool::new(2), &numbers), 50_005_000);
    /// ```
    ///
    /// # Panics
    /// With the panic of `a` or else of `b`, after both have ended. If `a` panics before `b` has started, `b`
    /// is not run.
    #[inline]
    pub fn join<A, B, RA, RB>(&self, a: A, b: B) -> (RA, RB)
    where
        A: FnOnce() -> RA,
        B: FnOnce() -> RB + Send,
        RB: Send,
    {
        let pool: &Shared = &self.shared;
        let halves = worker::halves();
        // SAFETY: a thread knows its halves only while they are there: see `worker::enter`.
        match unsafe { halves.as_ref() } {
            Some(halves) if ptr::eq(halves.pool, pool) => join_on(pool, halves, a, b),
            _ => join_first(pool, a, b),
        }
    }
}
