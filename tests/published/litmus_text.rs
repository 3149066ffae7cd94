//! A litmus test in one line: threads between `|`, their steps between `,`.
//!
//! | Step | Meaning |
//! |---|---|
//! | `x=1 rel` | store; `x=$ rel` stores what the thread read last |
//! | `x acq` | load |
//! | `x+1 rlx` | fetch_add |
//! | `x<-1 rlx` | swap |
//! | `x:0->1 rlx` | compare_exchange |
//! | `fence sc` | fence |
//! | `x=1 na`, `x na` | access to a cell: two that nothing orders are a data race |
//! | `if >0` | the thread goes on only if what it read last is greater |
//! | `assume 1` | the execution counts only if what the thread read last is this |
//!
//! Orderings: `rlx`, `acq`, `rel`, `ar` (AcqRel), `sc`, and `na` (not atomic).

use std::collections::BTreeMap;
use std::sync::Arc;

use racecourse::cell::UnsafeCell;
use racecourse::sync::atomic::{AtomicU32, Ordering, fence};

use crate::groups::{assume, exchange, over};

/// Threads of steps.
#[derive(Clone, Debug)]
pub(crate) struct Program(Vec<Arc<Vec<Step>>>);

#[derive(Clone, Debug)]
enum Step {
    Store(char, Option<u32>, Ordering),
    Load(char, Ordering),
    Add(char, u32, Ordering),
    Swap(char, u32, Ordering),
    Exchange(char, u32, u32, Ordering),
    Write(char, u32),
    Read(char),
    Fence(Ordering),
    OnlyIfAbove(u32),
    Assume(u32),
}

impl Program {
    /// # Panics
    /// If the text is not a program.
    pub(crate) fn parse(text: &str) -> Self {
        let threads = text.split('|').map(|thread| {
            let steps = thread.split(',').map(|step| {
                parse_step(step.trim()).unwrap_or_else(|| panic!("no step: {step:?} in {text:?}"))
            });
            Arc::new(steps.collect())
        });
        Self(threads.collect())
    }

    /// What a checker runs.
    pub(crate) fn scenario(&self) -> impl Fn() -> Option<()> + Send + Sync + 'static {
        let threads = self.0.clone();
        move || {
            let mut group = over(Memory::of(&threads));
            for steps in &threads {
                let steps = Arc::clone(steps);
                group = group.one(move |memory: &Memory| memory.perform(&steps));
            }
            group.join()
        }
    }
}

fn parse_step(step: &str) -> Option<Step> {
    if let Some(least) = step.strip_prefix("if >") {
        return Some(Step::OnlyIfAbove(least.parse().ok()?));
    }
    let (what, order) = step.split_once(' ')?;
    match what {
        "assume" => return Some(Step::Assume(order.parse().ok()?)),
        "fence" => return Some(Step::Fence(ordering(order)?)),
        _ => {}
    }
    let mut chars = what.chars();
    let at = chars.next()?;
    let rest = chars.as_str();
    if order == "na" {
        return Some(match rest.strip_prefix('=') {
            Some(value) => Step::Write(at, value.parse().ok()?),
            None => Step::Read(at),
        });
    }
    let order = ordering(order)?;
    if rest.is_empty() {
        Some(Step::Load(at, order))
    } else if rest == "=$" {
        Some(Step::Store(at, None, order))
    } else if let Some(value) = rest.strip_prefix('=') {
        Some(Step::Store(at, Some(value.parse().ok()?), order))
    } else if let Some(value) = rest.strip_prefix('+') {
        Some(Step::Add(at, value.parse().ok()?, order))
    } else if let Some(value) = rest.strip_prefix("<-") {
        Some(Step::Swap(at, value.parse().ok()?, order))
    } else {
        let (old, new) = rest.strip_prefix(':')?.split_once("->")?;
        Some(Step::Exchange(
            at,
            old.parse().ok()?,
            new.parse().ok()?,
            order,
        ))
    }
}

fn ordering(name: &str) -> Option<Ordering> {
    Some(match name {
        "rlx" => Ordering::Relaxed,
        "acq" => Ordering::Acquire,
        "rel" => Ordering::Release,
        "ar" => Ordering::AcqRel,
        "sc" => Ordering::SeqCst,
        _ => return None,
    })
}

struct Memory {
    atomics: BTreeMap<char, AtomicU32>,
    cells: BTreeMap<char, UnsafeCell<u32>>,
}

// SAFETY: the cells are the engine's to judge, and its threads take turns on one OS thread.
unsafe impl Sync for Memory {}

impl Memory {
    /// What the threads name, all zero.
    fn of(threads: &[Arc<Vec<Step>>]) -> Self {
        let mut memory = Self {
            atomics: BTreeMap::new(),
            cells: BTreeMap::new(),
        };
        for step in threads.iter().flat_map(|steps| steps.iter()) {
            match *step {
                Step::Write(at, _) | Step::Read(at) => {
                    memory.cells.entry(at).or_insert_with(|| UnsafeCell::new(0));
                }
                Step::Store(at, ..)
                | Step::Load(at, _)
                | Step::Add(at, ..)
                | Step::Swap(at, ..)
                | Step::Exchange(at, ..) => {
                    memory
                        .atomics
                        .entry(at)
                        .or_insert_with(|| AtomicU32::new(0));
                }
                Step::Fence(_) | Step::OnlyIfAbove(_) | Step::Assume(_) => {}
            }
        }
        memory
    }

    fn perform(&self, steps: &[Step]) -> Option<()> {
        let mut last = 0;
        for step in steps {
            match *step {
                Step::Store(at, value, order) => {
                    self.atomics[&at].store(value.unwrap_or(last), order);
                }
                Step::Load(at, order) => last = self.atomics[&at].load(order),
                Step::Add(at, value, order) => last = self.atomics[&at].fetch_add(value, order),
                Step::Swap(at, value, order) => last = self.atomics[&at].swap(value, order),
                Step::Exchange(at, old, new, order) => {
                    last = exchange(&self.atomics[&at], old, new, order).unwrap_or_else(|v| v);
                }
                // SAFETY: as for `Sync`; the pointer does not leave the closure.
                Step::Write(at, value) => self.cells[&at].with_mut(|cell| unsafe { *cell = value }),
                // SAFETY: as above.
                Step::Read(at) => last = self.cells[&at].with(|cell| unsafe { *cell }),
                Step::Fence(order) => fence(order),
                Step::OnlyIfAbove(least) if last <= least => return Some(()),
                Step::OnlyIfAbove(_) => {}
                Step::Assume(value) => assume(last == value)?,
            }
        }
        Some(())
    }
}
