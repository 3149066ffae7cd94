//! Tasks that borrow: `scope`.

use std::fmt;
use std::marker::PhantomData;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Weak};

use super::run_queue::with_parent;
use super::shared::{Shared, Submitter};
use super::slot::{Completer, Outcome, drop_quietly};
use super::task::{Host, TaskId, complete};
use super::ticket::{Filled, Runnable};
use super::worker;
use super::{Task, TaskError, ThreadPool};
use crate::backoff::Backoff;
use crate::parking_lot::{Condvar, Mutex};

/// Where tasks may borrow from the surrounding code: see [`ThreadPool::scope`].
///
/// What is created inside the scope ends before its tasks may, so they must own it:
///
/// ```compile_fail,E0373
/// racecourse::pool::ThreadPool::new(1).scope(|scope| {
///     let text = String::from("short");
///     scope.spawn(|| println!("{text}"));
/// });
/// ```
///
/// and a handle does not leave the scope:
///
/// ```compile_fail
/// let pool = racecourse::pool::ThreadPool::new(1);
/// let task = pool.scope(|scope| scope.spawn(|| 1));
/// ```
pub struct Scope<'scope, 'env: 'scope> {
    group: Arc<Group>,
    shared: &'scope Arc<Shared>,
    /// As an ancestor of its tasks, by which its owner finds them to help with; an owner outside of the pool does not.
    id: Option<TaskId>,
    /// Invariant, as in `std::thread::Scope`: a longer or shorter `'scope` would let a task outlive its
    /// borrows.
    scope: PhantomData<&'scope mut &'scope ()>,
    env: PhantomData<&'env mut &'env ()>,
}

/// The tasks of one scope that have not ended, and the first failure that nobody took.
#[derive(Debug, Default)]
struct Group {
    state: Mutex<GroupState>,
    empty: Condvar,
}

#[derive(Debug, Default)]
struct GroupState {
    tasks: usize,
    failure: Option<TaskError>,
}

impl Group {
    fn enter(self: &Arc<Self>) -> Member {
        self.state.lock().tasks += 1;
        Member(Arc::clone(self))
    }

    fn is_empty(&self) -> bool {
        self.state.lock().tasks == 0
    }

    fn wait(&self) {
        let mut backoff = Backoff::yielding();
        while backoff.snooze() && !self.is_empty() {}
        let mut state = self.state.lock();
        while state.tasks > 0 {
            self.empty.wait(&mut state);
        }
    }

    /// What becomes of an outcome whose handle is gone.
    fn dispose<T>(&self, unclaimed: Option<Outcome<T>>) {
        match unclaimed {
            Some(Err(failure)) => self.record(failure),
            Some(Ok(value)) => drop_quietly(value),
            None => {}
        }
    }

    /// Keeps the failure of a task, if it is the first.
    fn record(&self, failure: TaskError) {
        // Only the program itself cancels, through the handle: that is no failure.
        if matches!(failure, TaskError::Cancelled) {
            return;
        }
        let mut state = self.state.lock();
        let unused = if state.failure.is_none() {
            state.failure = Some(failure);
            None
        } else {
            Some(failure)
        };
        drop(state);
        drop_quietly(unused);
    }
}

/// Membership of a task in its group; dropped last of all that the task holds, since the scope's borrows may
/// end with it.
struct Member(Arc<Group>);

impl Drop for Member {
    fn drop(&mut self) {
        let mut state = self.0.state.lock();
        state.tasks -= 1;
        let last = state.tasks == 0;
        drop(state);
        if last {
            self.0.empty.notify_all();
        }
    }
}

impl ThreadPool {
    /// Runs `body`, which may spawn tasks that borrow, and returns when all of them have ended.
    ///
    /// ```
    /// use racecourse::pool::ThreadPool;
    ///
    /// let pool = ThreadPool::new(2);
    /// let mut counts = [0; 2];
    /// let (left, right) = counts.split_at_mut(1);
    /// pool.scope(|scope| {
    ///     scope.spawn(|| left[0] = 1);
    ///     scope.spawn(|| right[0] = 2);
    /// });
    /// assert_eq!(counts, [1, 2]);
    /// ```
    ///
    /// # Panics
    /// With the panic of `body`; or with that of a task whose handle was not joined; or with the text of
    /// [`TaskError::Shutdown`] if such a task was not run. Always after all tasks have ended.
    #[track_caller]
    pub fn scope<'env, B, R>(&self, body: B) -> R
    where
        B: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> R,
    {
        match self.try_scope(body) {
            Ok(value) => value,
            Err(error) => error.raise(),
        }
    }

    /// As [`scope`](Self::scope), with the failure of a task whose handle was not joined returned.
    ///
    /// ```
    /// use racecourse::pool::ThreadPool;
    ///
    /// let pool = ThreadPool::new(2);
    /// let mut half = 0;
    /// let result = pool.try_scope(|scope| {
    ///     scope.spawn(|| half = 21);
    ///     scope.spawn(|| panic!("no ink"));
    /// });
    /// assert!(result.unwrap_err().to_string().contains("no ink"));
    /// assert_eq!(half, 21); // all tasks have ended
    /// ```
    ///
    /// # Errors
    /// The first such failure in time.
    ///
    /// # Panics
    /// With the panic of `body`.
    pub fn try_scope<'env, B, R>(&self, body: B) -> Result<R, TaskError>
    where
        B: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> R,
    {
        let scope = Scope {
            group: Arc::default(),
            shared: &self.shared,
            id: worker::is_worker_of(&self.shared).then(|| self.shared.new_id()),
            scope: PhantomData,
            env: PhantomData,
        };
        let result = panic::catch_unwind(AssertUnwindSafe(|| body(&scope)));
        worker::help_with_group(&self.shared, scope.id, &|| scope.group.is_empty());
        scope.group.wait();
        let failure = scope.group.state.lock().failure.take();
        match (result, failure) {
            (Ok(value), None) => Ok(value),
            (Ok(_), Some(failure)) => Err(failure),
            (Err(payload), unused) => {
                drop_quietly(unused);
                panic::resume_unwind(payload)
            }
        }
    }
}

impl<'scope> Scope<'scope, '_> {
    /// Queues a task that may borrow from outside the scope, and may itself spawn in the scope.
    ///
    /// The failure of a task whose handle is dropped becomes that of the scope; a handle that is joined gives
    /// it to its owner.
    ///
    /// ```
    /// use racecourse::pool::ThreadPool;
    ///
    /// let pool = ThreadPool::new(2);
    /// let text = String::from("a b c");
    /// let words = pool.scope(|scope| scope.spawn(|| text.split(' ').count()).join());
    /// assert_eq!(words.unwrap(), 3);
    /// ```
    pub fn spawn<F, T>(&'scope self, job: F) -> ScopedTask<'scope, T>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        let (filled, reader) = Filled::new(Scoped {
            job,
            member: self.group.enter(),
        });
        // Whichever thread spawns, the scope is an ancestor: its owner then helps with this task.
        let submitter = worker::submitter(self.shared);
        let submitter = match self.id {
            Some(id) => Submitter {
                ancestors: with_parent(id, &submitter.ancestors),
                ..submitter
            },
            None => submitter,
        };
        // SAFETY: the pool consumes the job by `run` or `discard`, each of which drops everything of type `F` and `T`
        // that it holds before its `Member`; and `try_scope` returns, or unwinds, only after every `Member` of its
        // group is dropped. So no borrow of `'scope` is used after it ends.
        let erase = |filled: Filled<_, _>| unsafe { filled.erase_with_borrows() };
        let task = match self.shared.push(submitter, filled, erase) {
            Ok(id) => {
                let host: Weak<Shared> = Arc::downgrade(self.shared);
                Task::new(reader, id, host as Weak<dyn Host>)
            }
            Err(filled) => {
                filled.discard(TaskError::Shutdown);
                Task::unqueued(reader)
            }
        };
        ScopedTask {
            task: Some(task),
            group: Arc::clone(&self.group),
            scope: PhantomData,
        }
    }
}

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope")
            .field("tasks", &self.group.state.lock().tasks)
            .finish_non_exhaustive()
    }
}

/// The handle of a task in a [`Scope`]. Dropped without [`join`](Self::join), it leaves the task to the
/// scope.
///
/// ```
/// use racecourse::pool::ThreadPool;
///
/// let pool = ThreadPool::new(2);
/// let (left, right) = ([1, 2], [3, 4]);
/// let sum: i32 = pool.scope(|scope| {
///     let left = scope.spawn(|| left.iter().sum::<i32>());
///     let right = right.iter().sum::<i32>();
///     left.join().unwrap() + right
/// });
/// assert_eq!(sum, 10);
/// ```
pub struct ScopedTask<'scope, T> {
    /// `None` once it has been taken out.
    task: Option<Task<T>>,
    group: Arc<Group>,
    scope: PhantomData<&'scope ()>,
}

impl<T> ScopedTask<'_, T> {
    /// Waits for the task, as [`Task::join`].
    ///
    /// ```
    /// use racecourse::pool::ThreadPool;
    ///
    /// let pool = ThreadPool::new(2);
    /// let result = pool.scope(|scope| scope.spawn(|| 6 * 7).join());
    /// assert_eq!(result.unwrap(), 42);
    /// ```
    ///
    /// # Errors
    /// As [`Task::join`].
    pub fn join(self) -> Result<T, TaskError> {
        self.into_task().join()
    }

    /// Whether the task has ended, in whatever way.
    ///
    /// ```
    /// use racecourse::pool::ThreadPool;
    ///
    /// let pool = ThreadPool::new(2);
    /// pool.scope(|scope| {
    ///     let task = scope.spawn(|| 1);
    ///     while !task.is_finished() {
    ///         std::thread::yield_now();
    ///     }
    ///     assert_eq!(task.join().unwrap(), 1); // does not wait
    /// });
    /// ```
    pub fn is_finished(&self) -> bool {
        self.task.as_ref().is_some_and(Task::is_finished)
    }

    /// Cancels the task if it has not started, and says whether it did: as [`Task::cancel`].
    ///
    /// ```
    /// use racecourse::pool::{TaskError, ThreadPool};
    /// use std::sync::mpsc;
    ///
    /// let pool = ThreadPool::new(1);
    /// let (sender, receiver) = mpsc::channel::<()>();
    /// pool.scope(|scope| {
    ///     scope.spawn(move || receiver.recv()); // keeps the only worker
    ///     let task = scope.spawn(|| 1);
    ///     assert!(task.cancel());
    ///     drop(sender);
    ///     assert!(matches!(task.join(), Err(TaskError::Cancelled)));
    /// });
    /// ```
    pub fn cancel(&self) -> bool {
        self.task.as_ref().is_some_and(Task::cancel)
    }

    /// The plain handle, whose failure is then no longer the scope's.
    pub(super) fn into_task(mut self) -> Task<T> {
        self.task
            .take()
            .expect("taken only here, which takes `self`")
    }
}

impl<T> Drop for ScopedTask<'_, T> {
    fn drop(&mut self) {
        if let Some(task) = &mut self.task {
            self.group.dispose(task.detach());
        }
    }
}

impl<T> fmt::Debug for ScopedTask<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedTask")
            .field("finished", &self.is_finished())
            .finish_non_exhaustive()
    }
}

struct Scoped<F> {
    job: F,
    member: Member,
}

impl<F, T> Runnable<T> for Scoped<F>
where
    F: FnOnce() -> T,
{
    fn run(self, completer: Completer<T>) {
        let Self { job, member } = self;
        let unclaimed = complete(completer, || Ok(job()));
        member.0.dispose(unclaimed);
        drop(member);
    }

    fn discard(self, completer: Completer<T>, reason: TaskError) {
        let Self { job, member } = self;
        drop_quietly(job);
        let unclaimed = completer.finish(Err(reason));
        member.0.dispose(unclaimed);
        drop(member);
    }
}
