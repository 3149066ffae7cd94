//! A job on its way through the queue, in one piece of memory with the slot for its outcome.
//
// Three parties share the memory, one after the other or at the same time: who holds the job (`Ticket`), who then runs it and
// writes its outcome (`Completer`), and who reads that (`Reader`). The first becomes the second. The memory is
// freed by the last of the second and the third: see `slot`.

use std::marker::PhantomData;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ptr::{self, NonNull};

use super::TaskError;
use super::slot::{Completer, Reader, Slot};
use crate::alloc;

/// What the thread pool runs.
pub(super) trait Runnable<T>: Sized {
    /// Runs the job and ends its task. Does not unwind.
    fn run(self, completer: Completer<T>);
    /// Drops the job and ends its task as `reason`. Does not unwind.
    fn discard(self, completer: Completer<T>, reason: TaskError);
}

/// No job: the task only ends.
impl<T> Runnable<T> for () {
    fn run(self, completer: Completer<T>) {
        drop(completer);
    }

    fn discard(self, completer: Completer<T>, reason: TaskError) {
        drop(completer.finish(Err(reason)));
    }
}

/// What is known of the memory by who does not know the job.
pub(super) struct Header(&'static Functions);

struct Functions {
    run: unsafe fn(NonNull<Header>),
    discard: unsafe fn(NonNull<Header>, TaskError),
    free: unsafe fn(NonNull<Header>),
}

impl Header {
    /// # Safety
    /// `this` is at the beginning of what `Filled::new` made, and nobody uses that any more.
    pub(super) unsafe fn free(this: NonNull<Self>) {
        // SAFETY: the caller's word.
        unsafe { (this.as_ref().0.free)(this) }
    }
}

#[repr(C)]
struct Place<J, T> {
    /// First, so that a pointer to it is one to all; and so is one to its header.
    slot: Slot<T>,
    /// Taken once, by who holds the ticket.
    job: MaybeUninit<J>,
}

impl<J: Runnable<T>, T> Place<J, T> {
    const FUNCTIONS: &'static Functions = &Functions {
        run: Self::run,
        discard: Self::discard,
        free: Self::free,
    };

    /// # Safety
    /// `header` is that of such a place, and the caller has its ticket, which ends here.
    unsafe fn take(header: NonNull<Header>) -> (J, Completer<T>) {
        let place = header.cast::<Self>();
        // SAFETY: who has the ticket takes the job, once, and becomes the writer. No reference to all of the place is made,
        // of which the reader uses the slot.
        unsafe {
            let job = ptr::read(&raw const (*place.as_ptr()).job).assume_init();
            (job, Completer::new(place.cast()))
        }
    }

    /// # Safety
    /// As for `take`.
    unsafe fn run(header: NonNull<Header>) {
        // SAFETY: the caller's word.
        let (job, completer) = unsafe { Self::take(header) };
        job.run(completer);
    }

    /// # Safety
    /// As for `take`.
    unsafe fn discard(header: NonNull<Header>, reason: TaskError) {
        // SAFETY: the caller's word.
        let (job, completer) = unsafe { Self::take(header) };
        job.discard(completer, reason);
    }

    /// # Safety
    /// As for [`Header::free`].
    unsafe fn free(header: NonNull<Header>) {
        // SAFETY: the caller's word; job and outcome have been taken.
        drop(unsafe { alloc::from_raw(header.cast::<Self>().as_ptr()) });
    }
}

/// A ticket whose job can still be handed back.
pub(super) struct Filled<J, T> {
    ticket: Ticket,
    of: PhantomData<(J, T)>,
}

impl<J: Runnable<T>, T> Filled<J, T> {
    pub(super) fn new(job: J) -> (Self, Reader<T>) {
        let place = alloc::into_raw(Place {
            slot: Slot::<T>::new(Header(Place::<J, T>::FUNCTIONS)),
            job: MaybeUninit::new(job),
        });
        let place = NonNull::new(place).expect("memory has an address");
        let filled = Self {
            ticket: Ticket(place.cast()),
            of: PhantomData,
        };
        // SAFETY: the first and only reader; and `free` waits for it.
        (filled, unsafe { Reader::new(place.cast()) })
    }

    /// For a task that ends as cancelled, seen by its reader.
    pub(super) fn into_job(self) -> J {
        let ticket = ManuallyDrop::new(self.ticket);
        // SAFETY: the type is that of `new`, and the ticket ends here.
        let (job, completer) = unsafe { Place::<J, T>::take(ticket.0) };
        drop(completer);
        job
    }

    pub(super) fn discard(self, reason: TaskError) {
        self.ticket.discard(reason);
    }

    pub(super) fn erase(self) -> Ticket
    where
        J: Send + 'static,
        T: Send + 'static,
    {
        self.ticket
    }

    /// # Safety
    /// The ticket is run, discarded or dropped before anything ends that the job, or its outcome, borrows.
    pub(super) unsafe fn erase_with_borrows(self) -> Ticket
    where
        J: Send,
        T: Send,
    {
        self.ticket
    }
}

/// A job that somebody has alone, to run or to discard it. Dropped, it ends its task as cancelled.
pub(super) struct Ticket(NonNull<Header>);

// SAFETY: `Filled` asks that the job and its outcome are `Send`.
unsafe impl Send for Ticket {}

impl Ticket {
    /// Does not unwind.
    pub(super) fn run(self) {
        let this = ManuallyDrop::new(self);
        // SAFETY: the place is there until the job's writer has left, whom the ticket becomes.
        unsafe { (this.0.as_ref().0.run)(this.0) }
    }

    /// Does not unwind.
    pub(super) fn discard(self, reason: TaskError) {
        let this = ManuallyDrop::new(self);
        // SAFETY: as in `run`.
        unsafe { (this.0.as_ref().0.discard)(this.0, reason) }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        // SAFETY: as in `run`.
        unsafe { (self.0.as_ref().0.discard)(self.0, TaskError::Cancelled) }
    }
}
