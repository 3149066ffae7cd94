//! What one watch has seen.

use std::collections::HashMap;
use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::graph::Graph;
use super::{Held, Label, LockOrder, Request, describe};
use crate::check::execution::Place;

/// One graph, and what is to be called how.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// Prints what it finds, and takes no names: addresses are used again.
    prints: bool,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    graph: Graph,
    order: LockOrder,
    labels: HashMap<u64, Label>,
    names: Vec<(usize, usize, String)>,
    threads: HashMap<u64, String>,
    spawned: usize,
}

impl Watch {
    pub(super) fn printing() -> Self {
        Self {
            prints: true,
            ..Self::default()
        }
    }

    pub(super) fn note(&self, request: &Request, thread: &str) {
        let mut text = String::new();
        {
            let mut seen = self.seen();
            let seen = &mut *seen;
            let known = seen.threads.entry(request.thread);
            known.or_insert_with(|| thread.to_owned());
            for circle in seen.graph.add(request) {
                let name = |thread| seen.threads.get(&thread).cloned().unwrap_or_default();
                // What was held before the watch began has no label here.
                let label = |held: &Held| {
                    seen.labels.get(&held.lock).cloned().unwrap_or(Label {
                        name: None,
                        kind: "lock",
                        made: held.place,
                    })
                };
                let cycle = describe(&circle, &name, &label);
                let told = cycle.to_string();
                if seen.order.add(cycle) && self.prints {
                    text += &format!("{told}\n");
                }
            }
            seen.order.truncated = seen.graph.truncated;
        }
        if !text.is_empty() {
            // Not by `eprintln!`, which a test harness keeps to itself.
            let _ = write!(std::io::stderr().lock(), "\n{text}");
        }
    }

    /// The lock that lies at `address` just now.
    pub(super) fn label(&self, number: u64, kind: &'static str, made: Place, address: usize) {
        let mut seen = self.seen();
        let Seen { labels, names, .. } = &mut *seen;
        let label = labels.entry(number).or_insert_with(|| Label {
            name: None,
            kind,
            made,
        });
        if label.name.is_none() {
            let mut there = names.iter().rev();
            let named = there.find(|(start, size, _)| (*start..start + size).contains(&address));
            label.name = named.map(|(_, _, name)| name.clone());
        }
    }

    /// The lock is gone.
    pub(super) fn forget(&self, number: u64) {
        let mut seen = self.seen();
        seen.graph.forget(number);
        seen.labels.remove(&number);
    }

    /// What lies in `size` bytes at `address` has this name.
    pub(super) fn name(&self, address: usize, size: usize, name: &str) {
        self.seen().names.push((address, size, name.to_owned()));
    }

    /// What a thread without a name is to be called.
    pub(super) fn next_thread(&self) -> String {
        let mut seen = self.seen();
        seen.spawned += 1;
        format!("thread {}", seen.spawned)
    }

    pub(super) fn take(&self) -> LockOrder {
        core::mem::take(&mut self.seen().order)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
