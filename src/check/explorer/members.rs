//! The threads and the objects of a run, by the identities that they have in every run.

use super::event::{EventId, Kind, Loc, NOWHERE};
use super::graph::Label;
use super::names::Key;
use super::run::{Member, State};
use crate::check::kernel::{ObjectId, ThreadId};

impl State {
    pub(super) fn add_member(&mut self, thread: u32, id: ThreadId) {
        if self.members.len() <= thread as usize {
            self.members
                .resize_with(thread as usize + 1, Member::default);
        }
        self.members[thread as usize] = Member {
            id,
            lives: true,
            ..Member::default()
        };
        if self.threads.len() <= id {
            self.threads.resize(id + 1, u32::MAX);
        }
        self.threads[id] = thread;
    }

    #[inline]
    pub(super) fn thread(&self, id: ThreadId) -> u32 {
        self.threads[id]
    }

    #[inline]
    pub(super) fn id(&self, thread: u32) -> ThreadId {
        self.members[thread as usize].id
    }

    /// The thread that `parent` starts next.
    pub(super) fn next_child(&mut self, parent: u32) -> u32 {
        let nth = self.members[parent as usize].started;
        let (child, new) = self.names.child(parent, nth);
        if new {
            self.search.met_thread();
        }
        child
    }

    /// A child has been started, and wants to begin.
    pub(super) fn started(&mut self, parent: u32, child: u32, id: ThreadId, spawn: EventId) {
        self.members[parent as usize].started += 1;
        self.add_member(child, id);
        self.ask(
            child,
            Label {
                source: spawn,
                ..Label::of(Kind::Start)
            },
        );
    }

    #[inline]
    pub(super) fn finished(&mut self, thread: u32) {
        self.members[thread as usize].finished = true;
    }

    #[inline]
    pub(super) fn all_finished(&self) -> bool {
        self.members
            .iter()
            .all(|member| member.finished || !member.lives)
    }

    /// Main goes on once more, for the destructors of statics.
    pub(super) fn restart_main(&mut self) {
        self.members[0].finished = false;
        self.ask(0, Label::of(Kind::Gather));
    }

    /// The location of a new object that the current thread makes.
    pub(super) fn make(&mut self, id: ObjectId, maker: u32, initial: u64) {
        let key = match self.next_static.take() {
            Some(address) => Key::Static(address),
            None => {
                let member = &mut self.members[maker as usize];
                member.made += 1;
                Key::Object {
                    thread: maker,
                    nth: member.made,
                }
            }
        };
        let loc = self.location(key, initial);
        self.place(id, loc);
    }

    pub(super) fn place(&mut self, id: ObjectId, loc: Loc) {
        let index = id as usize;
        if self.objects.len() <= index {
            self.objects.resize(index + 1, NOWHERE);
        }
        self.objects[index] = loc;
    }

    /// Whoever has the atomic alone has set its value: from here on it is another location.
    pub(super) fn set_alone(&mut self, id: ObjectId, value: u64) {
        let loc = self.location(Key::After(self.loc(id)), value);
        self.place(id, loc);
    }

    pub(super) fn location(&mut self, key: Key, initial: u64) -> Loc {
        let loc = self.names.location(key);
        let variables = &mut self.search.graph.variables;
        if variables.len() <= loc as usize {
            variables.resize_with(loc as usize + 1, Default::default);
        }
        variables[loc as usize].initial = initial;
        loc
    }

    #[inline]
    pub(super) fn loc(&self, id: ObjectId) -> Loc {
        self.objects[id as usize]
    }

    /// The ticket of the section that an unlock by `thread` ends: its own latest, or somebody's whose guard
    /// it was given.
    pub(super) fn take_held(&mut self, loc: Loc, thread: u32) -> Option<EventId> {
        let own = self
            .held
            .iter()
            .rposition(|held| held.loc == loc && held.by == thread);
        let any = || self.held.iter().rposition(|held| held.loc == loc);
        let held = own.or_else(any)?;
        Some(self.held.remove(held).ticket)
    }
}
