//! What an engine must provide: the few operations that everything else is written upon.

use core::sync::atomic::Ordering;

use super::execution::Execution;
use super::ops::threads::Body;
use super::record::PanicPlace;

/// An object of the running execution, by its number.
pub(crate) type ObjectId = u32;

/// A thread of the running execution, by its number; main is 0.
pub(crate) type ThreadId = usize;

/// Which integer an atomic holds. Values travel as `u64`, sign-extended where the type is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Int {
    Bool,
    U8,
    U16,
    U32,
    U64,
    Usize,
    I8,
    I16,
    I32,
    I64,
    Isize,
    Pointer,
}

impl Int {
    /// The value as a person writes it.
    pub(crate) fn show(self, value: u64) -> String {
        match self {
            Int::Bool => (value != 0).to_string(),
            Int::U8 | Int::U16 | Int::U32 | Int::U64 | Int::Usize => value.to_string(),
            Int::I8 | Int::I16 | Int::I32 | Int::I64 | Int::Isize => {
                value.cast_signed().to_string()
            }
            Int::Pointer if value == 0 => "null".to_owned(),
            Int::Pointer => format!("{value:#x}"),
        }
    }

    /// Brings a result of 64-bit arithmetic back into the type.
    fn wrap(self, value: u64) -> u64 {
        match self {
            Int::Bool => value & 1,
            Int::U8 => u64::from(value as u8),
            Int::U16 => u64::from(value as u16),
            Int::U32 => u64::from(value as u32),
            Int::I8 => i64::from(value as i8).cast_unsigned(),
            Int::I16 => i64::from(value as i16).cast_unsigned(),
            Int::I32 => i64::from(value as i32).cast_unsigned(),
            Int::Usize | Int::Pointer => value as usize as u64,
            Int::Isize => (value as isize as i64).cast_unsigned(),
            Int::U64 | Int::I64 => value,
        }
    }

    fn signed(self) -> bool {
        matches!(self, Int::I8 | Int::I16 | Int::I32 | Int::I64 | Int::Isize)
    }
}

/// A read-modify-write that always writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rmw {
    Swap,
    Add,
    Sub,
    And,
    Nand,
    Or,
    Xor,
    Max,
    Min,
}

impl Rmw {
    /// What the operation writes when it finds `old`.
    pub(crate) fn apply(self, int: Int, old: u64, operand: u64) -> u64 {
        let value = match self {
            Rmw::Swap => operand,
            Rmw::Add => old.wrapping_add(operand),
            Rmw::Sub => old.wrapping_sub(operand),
            Rmw::And => old & operand,
            Rmw::Nand => !(old & operand),
            Rmw::Or => old | operand,
            Rmw::Xor => old ^ operand,
            Rmw::Max if int.signed() => {
                old.cast_signed().max(operand.cast_signed()).cast_unsigned()
            }
            Rmw::Min if int.signed() => {
                old.cast_signed().min(operand.cast_signed()).cast_unsigned()
            }
            Rmw::Max => old.max(operand),
            Rmw::Min => old.min(operand),
        };
        int.wrap(value)
    }
}

/// How a wait on a condvar, or a park, ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Woken {
    Notified,
    Spuriously,
    TimedOut,
}

/// Whether readers may pass a writer that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadPolicy {
    /// std promises nothing: a reader may pass or wait.
    Either,
    /// `parking_lot`: a reader waits behind a waiting writer.
    Wait,
    /// `parking_lot`'s `read_recursive`: a reader passes a waiting writer.
    Pass,
}

/// An object of a static, which is made anew for each execution.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StaticObject {
    pub(crate) address: usize,
    pub(crate) label: &'static str,
    pub(crate) kind: StaticKind,
    pub(crate) place: super::execution::Place,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum StaticKind {
    Atomic(Int, u64),
    Mutex,
}

/// An access to a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

/// Two accesses to a cell that nothing orders; the other one was made by `thread` at `step`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Race {
    pub(crate) thread: ThreadId,
    pub(crate) access: Access,
}

/// The operations of an engine.
///
/// Every method may switch to other threads before it takes effect, and none after: what the caller
/// records on return is in the order in which it happened. A method that cannot go on calls
/// [`Execution::blocked`] once, then waits. When the execution is being torn down, a method may
/// return anything; the caller looks at [`Execution::torn_down`].
pub(crate) trait Kernel {
    fn new_atomic(&self, id: ObjectId, int: Int, value: u64);
    /// Returns the value and whether a later write exists that this read missed.
    fn load(&self, x: &Execution, id: ObjectId, order: Ordering) -> (u64, bool);
    fn store(&self, x: &Execution, id: ObjectId, value: u64, order: Ordering);
    /// Returns the old value.
    fn rmw(&self, x: &Execution, id: ObjectId, op: Rmw, operand: u64, order: Ordering) -> u64;
    /// Returns `Ok(old)` if exchanged, else the value found. A weak one may fail although the value matches.
    fn compare_exchange(&self, x: &Execution, id: ObjectId, exchange: Exchange)
    -> Result<u64, u64>;
    /// Sets the value of an atomic to which the caller has exclusive access.
    fn set_exclusive(&self, x: &Execution, id: ObjectId, value: u64);
    fn fence(&self, x: &Execution, order: Ordering);

    fn new_mutex(&self, id: ObjectId);
    fn lock(&self, x: &Execution, id: ObjectId);
    fn try_lock(&self, x: &Execution, id: ObjectId) -> bool;
    fn unlock(&self, x: &Execution, id: ObjectId);

    fn new_rwlock(&self, id: ObjectId);
    fn read(&self, x: &Execution, id: ObjectId, policy: ReadPolicy);
    fn try_read(&self, x: &Execution, id: ObjectId, policy: ReadPolicy) -> bool;
    fn write(&self, x: &Execution, id: ObjectId);
    fn try_write(&self, x: &Execution, id: ObjectId) -> bool;
    fn unlock_read(&self, x: &Execution, id: ObjectId);
    fn unlock_write(&self, x: &Execution, id: ObjectId);

    fn new_condvar(&self, id: ObjectId);
    /// Releases the mutex and calls [`Execution::released`], waits, and locks the mutex again.
    fn wait(&self, x: &Execution, condvar: ObjectId, mutex: ObjectId, timed: bool) -> Woken;
    /// Returns how many threads it woke.
    fn notify(&self, x: &Execution, condvar: ObjectId, all: bool) -> usize;

    fn new_cell(&self, id: ObjectId);
    fn begin_access(&self, x: &Execution, id: ObjectId, access: Access) -> Result<(), Race>;
    fn end_access(&self, x: &Execution, id: ObjectId, access: Access);

    /// Starts thread `id`, which runs `body` by [`run_thread`](Execution::run_thread).
    fn spawn(&self, x: &Execution, id: ThreadId, stack: usize, body: Body);
    /// Waits for the end of thread `id`.
    fn join(&self, x: &Execution, id: ThreadId);
    fn park(&self, x: &Execution, timed: bool) -> Woken;
    fn unpark(&self, x: &Execution, id: ThreadId);
    /// The scenario looked at something that the engine does not explore (whether a thread has ended).
    fn unseen(&self) {}

    /// Whether a thread has ended; none if the engine does not say more than [`unseen`](Self::unseen).
    fn has_finished(&self, _: &Execution, _: ThreadId) -> Option<bool> {
        None
    }

    /// The last value of an atomic to which the caller has exclusive access; none if it is the one written last.
    fn latest(&self, _: ObjectId) -> Option<u64> {
        None
    }

    /// Which of so many freed blocks an allocation gets, counted from 1; 0 is new memory.
    fn reuse(&self, _: &Execution, _: usize) -> usize {
        0
    }

    /// Whether the last write to a cell happens before what the current thread does next. An engine that cannot say
    /// says no.
    fn knows(&self, _: &Execution, _: ObjectId) -> bool {
        false
    }

    /// A number for a thread that is the same in every execution.
    fn stable(&self, thread: ThreadId) -> u32 {
        thread as u32
    }

    /// Whether the recorded order of steps is one of several that mean the same.
    fn reorders(&self) -> bool {
        false
    }

    /// A static is met that this execution does not know yet. Returns true if the execution was given
    /// up, because the engine must know of it from the start.
    fn late_static(&self, _: &Execution, _: StaticObject) -> bool {
        false
    }

    /// A failure was found. Returns true if it is none: the engine ran what cannot happen, and goes on.
    fn discards(&self, _: &Execution, _: &super::record::RawFailure) -> bool {
        false
    }

    /// A panic was raised on this OS thread. Returns true if the engine raised it and dealt with it.
    fn panicked(&self, x: &Execution, message: &str, place: Option<&PanicPlace>) -> bool;
    /// Lets others run; a spin loop must not be explored for ever.
    fn yield_now(&self, x: &Execution);
}

/// The operands of a compare-exchange.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exchange {
    pub(crate) expected: u64,
    pub(crate) new: u64,
    pub(crate) success: Ordering,
    pub(crate) failure: Ordering,
    pub(crate) weak: bool,
}
