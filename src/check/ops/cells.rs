//! Cells, and races on them.

use crate::check::execution::{Execution, Place};
use crate::check::explain;
use crate::check::failure::FailureKind;
use crate::check::kernel::{Access, Int, ObjectId, ThreadId};
use crate::check::record::PanicPlaceOr;
use crate::check::timeline::Operation;

impl Execution {
    pub(crate) fn new_cell(&self, place: Place) -> ObjectId {
        let id = self.add_object("cell", Int::U64, 0, place);
        if !self.torn_down() {
            self.kernel().new_cell(id);
        }
        id
    }

    /// An access to a cell begins. False: it must not touch the memory, or need not be ended.
    pub(crate) fn begin_access(&self, id: ObjectId, access: Access, place: Place) -> bool {
        let operation = operation_of(access);
        if !self.begin(operation, Some(id), None, place) {
            return false;
        }
        let result = self.kernel().begin_access(self, id, access);
        if self.torn_down() {
            self.unwind_or_dummy();
            return false;
        }
        self.state_mut().threads[self.thread()].pending = None;
        self.simple(operation, id, place);
        if let Err(race) = result {
            self.data_race(id, access, race.access, race.thread, place);
            return false;
        }
        true
    }

    /// Reports a race on a cell, and unwinds.
    pub(crate) fn data_race(
        &self,
        id: ObjectId,
        access: Access,
        other: Access,
        by: ThreadId,
        place: Place,
    ) {
        let message = self.race_message(id, access, other, by);
        let with = self.last_access(id, other, by);
        let place = Some(PanicPlaceOr::Static(place));
        self.fail_against(FailureKind::DataRace, message, place, with);
        self.unwind_or_dummy();
    }

    /// The step that shows the last such access to the cell by a thread.
    fn last_access(&self, id: ObjectId, access: Access, by: ThreadId) -> Option<usize> {
        self.state().steps.iter().rposition(|step| {
            step.thread == by && step.object == Some(id) && step.operation == operation_of(access)
        })
    }

    /// What is said of a race: both accesses, by whom and where.
    pub(crate) fn race_message(
        &self,
        id: ObjectId,
        access: Access,
        other: Access,
        by: ThreadId,
    ) -> String {
        let state = self.state();
        let name = explain::object_name(&state.objects[id as usize]);
        let me = explain::thread_name(&state, self.thread());
        let other_thread = explain::thread_name(&state, by);
        let at = self
            .last_access(id, other, by)
            .and_then(|step| explain::place_of(&state, &state.steps[step]))
            .map_or_else(String::new, |l| {
                format!(" at {}:{}", explain::short(&l.file), l.line)
            });
        let verb = |access| {
            if access == Access::Read {
                "reads"
            } else {
                "writes"
            }
        };
        let noun = if other == Access::Read {
            "read"
        } else {
            "write"
        };
        format!(
            "data race: {me} {} {name}, and nothing orders this after the {noun} by {other_thread}{at}",
            verb(access)
        )
    }

    pub(crate) fn end_access(&self, id: ObjectId, access: Access) {
        if !self.torn_down() {
            self.kernel().end_access(self, id, access);
        }
    }
}

fn operation_of(access: Access) -> Operation {
    match access {
        Access::Read => Operation::Read,
        Access::Write => Operation::Write,
    }
}
