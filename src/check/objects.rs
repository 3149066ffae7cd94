//! The objects of an execution, those of statics among them, and their names.

use std::any::Any;
use std::rc::Rc;

use smallvec::SmallVec;

use super::execution::{Execution, Place};
use super::kernel::{Int, ObjectId, StaticKind, StaticObject};
use super::record::Object;

impl Execution {
    pub(crate) fn add_object(
        &self,
        label: &'static str,
        int: Int,
        value: u64,
        place: Place,
    ) -> ObjectId {
        let mut state = self.state_mut();
        let last = state
            .objects
            .iter()
            .rev()
            // Labels are literals: mostly it is the same one.
            .find(|object| core::ptr::eq(object.label, label) || object.label == label)
            .map_or(0, |object| object.number);
        state.objects.push(Object {
            label,
            number: last.saturating_add(1),
            name: None,
            int,
            initial: value,
            latest: value,
            holders: SmallVec::new(),
            created: place,
        });
        u32::try_from(state.objects.len() - 1).expect("fewer than 2^32 objects")
    }

    /// The object of a static, by its address; made at its first use in each execution.
    pub(crate) fn static_object(&self, address: usize) -> Option<ObjectId> {
        self.state().statics.get(&address).copied()
    }

    /// Makes the object of a static for this execution.
    pub(crate) fn make_static(&self, known: &StaticObject) -> ObjectId {
        let id = match known.kind {
            StaticKind::Atomic(int, value) => self.new_atomic(known.label, int, value, known.place),
            StaticKind::Mutex => self.new_mutex(known.label, known.place),
        };
        self.state_mut().statics.insert(known.address, id);
        id
    }

    /// The object of a static, made if need be. None: torn down.
    pub(crate) fn static_or_make(&self, known: StaticObject) -> Option<ObjectId> {
        if let Some(id) = self.static_object(known.address) {
            return Some(id);
        }
        if self.torn_down() {
            return None;
        }
        if self.kernel().late_static(self, known) {
            self.unwind_or_dummy();
            return None;
        }
        Some(self.make_static(&known))
    }

    /// Whether a static of the execution has been initialised.
    pub(crate) fn has_static_values(&self) -> bool {
        !self.state().static_values.is_empty()
    }

    pub(crate) fn static_value(&self, address: usize) -> Option<Rc<dyn Any>> {
        self.state().static_values.get(&address).cloned()
    }

    pub(crate) fn set_static_value(&self, address: usize, value: Rc<dyn Any>) {
        self.state_mut().static_values.insert(address, value);
    }

    /// Drops the values of statics; destructors may perform operations.
    pub(crate) fn drop_static_values(&self) {
        loop {
            let values = core::mem::take(&mut self.state_mut().static_values);
            if values.is_empty() {
                break;
            }
            drop(values);
        }
    }

    /// Names the objects that lie in `size` bytes at `address`.
    pub(crate) fn add_name(&self, address: usize, size: usize, name: &str) {
        self.state_mut()
            .names
            .push((address, size, name.to_owned()));
    }

    /// An object is about to be used, at this address.
    #[inline]
    pub(crate) fn meet(&self, id: ObjectId, address: usize, place: Place) {
        let any = {
            let state = self.state();
            !state.names.is_empty() || !state.blocks.is_empty()
        };
        if any {
            self.seen_at(id, address);
            self.touch(address, place);
        }
    }

    /// Gives the object at `address` its name, if one was given to that place.
    #[inline]
    pub(crate) fn seen_at(&self, id: ObjectId, address: usize) {
        let named = {
            let state = self.state();
            state.names.is_empty() || state.objects[id as usize].name.is_some()
        };
        if !named {
            let mut state = self.state_mut();
            let name = state
                .names
                .iter()
                .rev()
                .find(|(start, size, _)| (*start..start + size).contains(&address))
                .map(|(_, _, name)| name.clone());
            state.objects[id as usize].name = name;
        }
    }
}
