//! Memory from the allocator, which a check watches.
//!
//! Freed memory is kept until the execution ends, so that whoever uses it all the same does no harm. Each allocation
//! has a cell of the engine's: making it is a write, a use a read, freeing it a write, and what races is a failure.

use core::alloc::Layout;
use std::rc::Rc;

use crate::check::execution::{Execution, Place};
use crate::check::explain;
use crate::check::failure::FailureKind;
use crate::check::kernel::{Access, Int, ObjectId, Race, ThreadId};
use crate::check::record::{PanicPlaceOr, RawFailure, RawStep};
use crate::check::timeline::Operation;

/// Memory from the system's allocator, until it goes.
#[derive(Debug)]
struct Memory {
    start: *mut u8,
    layout: Layout,
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: `Execution::alloc` allocated it with this layout, and nothing of the execution is left.
        unsafe { std::alloc::dealloc(self.start, self.layout) };
    }
}

/// One allocation.
#[derive(Debug)]
pub(crate) struct Block {
    memory: Rc<Memory>,
    cell: ObjectId,
    /// By whom it was made, and as which of theirs: the same in every execution.
    key: (u32, usize),
    made: Place,
    freed: Option<Place>,
    /// The last use by each thread: where, and how many steps were shown before it.
    uses: Vec<(ThreadId, Place, usize)>,
    /// Handed out again since.
    reused: bool,
}

impl Block {
    fn contains(&self, address: usize) -> bool {
        let start = self.memory.start.addr();
        (start..start + self.memory.layout.size()).contains(&address)
    }
}

/// What is wrong with the use of a block.
enum Wrong {
    /// It was freed at this place.
    Freed(Place),
    Race(Race),
}

impl Execution {
    pub(crate) fn alloc(&self, layout: Layout, place: Place) -> *mut u8 {
        let again = if self.torn_down() {
            None
        } else {
            let candidates = self.reusable(layout);
            let pick = self.kernel().reuse(self, candidates.len());
            if self.torn_down() {
                self.unwind_or_dummy();
            }
            pick.checked_sub(1)
                .and_then(|nth| candidates.get(nth).copied())
        };
        let memory = match again {
            Some(block) => {
                let mut state = self.state_mut();
                state.blocks[block].reused = true;
                Rc::clone(&state.blocks[block].memory)
            }
            None => {
                // SAFETY: the caller of `alloc::alloc` promises that the size is not 0.
                let start = unsafe { std::alloc::alloc(layout) };
                if start.is_null() {
                    return start;
                }
                Rc::new(Memory { start, layout })
            }
        };
        let start = memory.start;
        let cell = self.add_object("memory", Int::U64, 0, place);
        if !self.torn_down() {
            self.kernel().new_cell(cell);
            self.record(self.step(Operation::Alloc, cell, place));
        }
        let maker = self.kernel().stable(self.thread());
        let mut state = self.state_mut();
        let nth = state
            .blocks
            .iter()
            .filter(|block| block.key.0 == maker)
            .count();
        state.blocks.push(Block {
            memory,
            cell,
            key: (maker, nth),
            made: place,
            freed: None,
            uses: Vec::new(),
            reused: false,
        });
        start
    }

    /// The blocks that an allocation may be given again, always in the same order.
    fn reusable(&self, layout: Layout) -> Vec<usize> {
        let state = self.state();
        let mut fitting: Vec<usize> = (0..state.blocks.len())
            .filter(|index| {
                let block = &state.blocks[*index];
                block.freed.is_some()
                    && !block.reused
                    && block.memory.layout == layout
                    && self.kernel().knows(self, block.cell)
            })
            .collect();
        fitting.sort_by_key(|index| state.blocks[*index].key);
        fitting
    }

    pub(crate) fn dealloc(&self, memory: *mut u8, layout: Layout, place: Place) {
        if self.torn_down() {
            return;
        }
        let found = {
            let state = self.state();
            let block = state
                .blocks
                .iter()
                .rposition(|block| block.memory.start == memory);
            block.map(|index| {
                let block = &state.blocks[index];
                (index, block.cell, block.freed, block.memory.layout)
            })
        };
        let Some((index, cell, freed, allocated)) = found else {
            let message =
                "misuse: this memory was not allocated by `racecourse::alloc` in this execution"
                    .to_owned();
            self.fail(
                FailureKind::Misuse,
                message,
                Some(PanicPlaceOr::Static(place)),
            );
            return self.unwind_or_dummy();
        };
        if allocated != layout {
            let message =
                format!("misuse: memory allocated as {allocated:?} is freed as {layout:?}");
            self.fail(
                FailureKind::Misuse,
                message,
                Some(PanicPlaceOr::Static(place)),
            );
            return self.unwind_or_dummy();
        }
        let wrong = match freed {
            Some(before) => Some(Wrong::Freed(before)),
            None => self
                .access_block(cell, Access::Write)
                .err()
                .map(Wrong::Race),
        };
        if let Some(Wrong::Race(race)) = &wrong {
            self.show_use(index, race.thread);
        }
        self.record(self.step(Operation::Free, cell, place));
        match wrong {
            Some(wrong) => self.wrong_use(cell, "frees", wrong, place),
            None => self.state_mut().blocks[index].freed = Some(place),
        }
    }

    /// A use that has begun, and has no step yet, is shown before the free that is at odds with it.
    fn show_use(&self, block: usize, thread: ThreadId) {
        let mut state = self.state_mut();
        let uses = state.blocks[block].uses.iter();
        let Some(&(_, place, before)) = uses.rev().find(|(user, ..)| *user == thread) else {
            return;
        };
        let pending = state.threads[thread].pending;
        if step_of_use(&state.steps, thread, before).is_none()
            && let Some(pending) = pending.filter(|pending| pending.place == place)
        {
            let step = RawStep {
                object: pending.object,
                ..RawStep::new(thread, pending.operation, place)
            };
            state.steps.push(step);
        }
    }

    fn access_block(&self, cell: ObjectId, access: Access) -> Result<(), Race> {
        let result = self.kernel().begin_access(self, cell, access);
        self.kernel().end_access(self, cell, access);
        result
    }

    /// Something at `address` is about to be used.
    #[inline]
    pub(crate) fn touch(&self, address: usize, place: Place) {
        if !self.state().blocks.is_empty() && !self.torn_down() {
            self.touch_block(address, place);
        }
    }

    #[cold]
    fn touch_block(&self, address: usize, place: Place) {
        let found = {
            let state = self.state();
            let block = state
                .blocks
                .iter()
                .rev()
                .find(|block| block.contains(address));
            block.map(|block| (block.cell, block.freed))
        };
        let wrong = match found {
            None => return,
            Some((cell, Some(freed))) => (cell, Wrong::Freed(freed)),
            Some((cell, None)) => match self.access_block(cell, Access::Read) {
                Ok(()) => {
                    let user = self.thread();
                    let mut state = self.state_mut();
                    let before = state.steps.len();
                    let block = state.blocks.iter_mut().rfind(|block| block.cell == cell);
                    if let Some(block) = block {
                        block.uses.retain(|(other, ..)| *other != user);
                        block.uses.push((user, place, before));
                    }
                    return;
                }
                Err(race) => (cell, Wrong::Race(race)),
            },
        };
        self.wrong_use(wrong.0, "uses", wrong.1, place);
    }

    fn wrong_use(&self, cell: ObjectId, verb: &str, wrong: Wrong, place: Place) {
        let at = |place: Place| format!("{}:{}", explain::short(place.file()), place.line());
        let with = {
            let state = self.state();
            let of = |operation| {
                let is = |step: &RawStep| step.operation == operation && step.object == Some(cell);
                state.steps.iter().rposition(is)
            };
            match &wrong {
                Wrong::Freed(_) => of(Operation::Free),
                Wrong::Race(race) if verb == "frees" => {
                    let uses = last_use(&state.blocks, cell, race.thread);
                    uses.and_then(|(_, before)| step_of_use(&state.steps, race.thread, before))
                }
                Wrong::Race(_) => of(Operation::Alloc),
            }
        };
        let (kind, message) = {
            let state = self.state();
            let block = state.blocks.iter().rev().find(|block| block.cell == cell);
            let made = block.map_or_else(String::new, |block| {
                format!(" (allocated at {})", at(block.made))
            });
            let me = explain::thread_name(&state, self.thread());
            match wrong {
                Wrong::Freed(freed) if verb == "frees" => (
                    FailureKind::UseAfterFree,
                    format!(
                        "use after free: {me} frees memory{made} that was freed at {}",
                        at(freed)
                    ),
                ),
                Wrong::Freed(freed) => (
                    FailureKind::UseAfterFree,
                    format!(
                        "use after free: {me} uses memory{made} that was freed at {}",
                        at(freed)
                    ),
                ),
                Wrong::Race(race) if verb == "frees" => (
                    FailureKind::UseAfterFree,
                    format!(
                        "use after free: {me} frees memory{made}, and nothing orders this after the use by {}{}",
                        explain::thread_name(&state, race.thread),
                        last_use(&state.blocks, cell, race.thread)
                            .map_or_else(String::new, |(place, _)| format!(" at {}", at(place)))
                    ),
                ),
                Wrong::Race(race) => (
                    FailureKind::DataRace,
                    format!(
                        "data race: {me} uses memory{made}, and nothing orders this after its allocation by {}",
                        explain::thread_name(&state, race.thread)
                    ),
                ),
            }
        };
        self.fail_against(kind, message, Some(PanicPlaceOr::Static(place)), with);
        self.unwind_or_dummy();
    }

    /// Memory that nobody has freed when every thread has ended.
    pub(crate) fn leaked_memory(&self) -> Option<RawFailure> {
        let state = self.state();
        let mut left = state.blocks.iter().filter(|block| block.freed.is_none());
        let block = left.next()?;
        let more = match left.count() {
            0 => String::new(),
            n => format!(", and {n} more allocations"),
        };
        Some(RawFailure {
            kind: FailureKind::Leak,
            message: format!(
                "leak: {} bytes, allocated at {}:{}, are not freed when every thread has ended{more}",
                block.memory.layout.size(),
                explain::short(block.made.file()),
                block.made.line()
            ),
            place: Some(PanicPlaceOr::Static(block.made)),
            thread: 0,
            steps: state.steps.len(),
            details: Vec::new(),
            with: None,
            explanation: Vec::new(),
        })
    }
}

/// Where a thread used a block last, and how many steps were shown before.
fn last_use(blocks: &[Block], cell: ObjectId, thread: ThreadId) -> Option<(Place, usize)> {
    let block = blocks.iter().rfind(|block| block.cell == cell)?;
    let mut uses = block.uses.iter();
    let (_, place, before) = uses.find(|(user, ..)| *user == thread)?;
    Some((*place, *before))
}

/// The step that shows a use, if there is one yet.
fn step_of_use(steps: &[RawStep], thread: ThreadId, before: usize) -> Option<usize> {
    let mut after = (before..steps.len()).filter(|step| steps[*step].thread == thread);
    after.find(|step| !steps[*step].blocked)
}
