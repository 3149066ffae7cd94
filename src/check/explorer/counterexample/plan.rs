//! What must come before what in a failing execution, as a person is shown it.
//!
//! The nodes are the operations that matter, thread by thread. What they need is of two kinds: what the program
//! itself makes them wait for (program order, reads-from, locks, ends of threads), and what an interleaving asks
//! besides (modification order, and that a read comes before the writes that follow what it reads). The execution is
//! possible under sequential consistency iff both together have no cycle (Shasha and Snir 1988).

use std::collections::HashMap;

use smallvec::SmallVec;

use super::script::code;
use crate::check::explorer::event::{EventId, Kind, Loc, Manner, Update};
use crate::check::explorer::graph::Graph;

/// So many nodes of a thread must be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::check::explorer) struct Need {
    pub(in crate::check::explorer) thread: usize,
    pub(in crate::check::explorer) count: u16,
}

pub(in crate::check::explorer) type Needs = SmallVec<[Need; 2]>;

/// An operation: an event, with the write of a read-modify-write.
#[derive(Debug)]
pub(in crate::check::explorer) struct Node {
    pub(in crate::check::explorer) id: EventId,
    /// What the program itself makes it wait for.
    pub(in crate::check::explorer) needs: Needs,
    /// The write before it in modification order.
    pub(in crate::check::explorer) follows: Option<Need>,
    /// The reads that do not see what it writes, or that it lets go of a lock.
    pub(in crate::check::explorer) overwrites: Needs,
    /// The writes that come after the one that it reads.
    pub(in crate::check::explorer) misses: Needs,
    /// Its thread waits until it can have it, and does not go on with something else.
    pub(in crate::check::explorer) waits: bool,
    /// Its thread then gives way by itself.
    pub(in crate::check::explorer) gives_way: bool,
}

/// What comes after the last node of a thread.
#[derive(Debug)]
pub(in crate::check::explorer) enum Tail {
    /// Nothing.
    Ends,
    /// Something that does not matter.
    GoesOn,
    /// It waits for this, or for what never comes.
    Waits(Option<Needs>),
}

/// What an operation is, without values and addresses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::check::explorer) struct Shape {
    thread: usize,
    code: u8,
    pick: u16,
    source: Option<(usize, u16)>,
    position: u32,
}

/// See the module.
#[derive(Debug)]
pub(in crate::check::explorer) struct Plan {
    /// By the order in which threads start their children, which no schedule changes.
    pub(in crate::check::explorer) threads: Vec<Vec<Node>>,
    pub(in crate::check::explorer) tails: Vec<Tail>,
    /// What must come last of all.
    pub(in crate::check::explorer) last: Option<Need>,
}

/// What is asked of an order of the nodes, beyond that the program can run in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::check::explorer) struct Demands {
    /// Writes come in modification order.
    pub(in crate::check::explorer) follows: bool,
    /// No read is stale.
    pub(in crate::check::explorer) fresh: bool,
    /// What fails comes last.
    pub(in crate::check::explorer) last: bool,
}

impl Demands {
    pub(in crate::check::explorer) const INTERLEAVING: Self = Self {
        follows: true,
        fresh: true,
        last: false,
    };
}

/// The threads that have events, by the paths that lead to them from main: the n-th child of the m-th child.
pub(in crate::check::explorer) fn ranked(graph: &Graph) -> Vec<u32> {
    let mut paths: Vec<(Vec<u32>, u32)> = vec![(Vec::new(), 0)];
    let mut next = 0;
    while let Some((path, thread)) = paths.get(next).cloned() {
        let events = graph.threads.get(thread as usize);
        let spawns = events.into_iter().flatten().filter_map(|e| match e.kind {
            Kind::Spawn(child) => Some(child),
            _ => None,
        });
        for (nth, child) in spawns.enumerate() {
            let mut path = path.clone();
            path.push(nth as u32);
            paths.push((path, child));
        }
        next += 1;
    }
    paths.sort();
    paths.retain(|(_, thread)| graph.len(*thread) > 0);
    paths.into_iter().map(|(_, thread)| thread).collect()
}

/// Where the nodes of a graph's events are.
struct Places {
    ranks: Vec<u32>,
    /// For each thread of the graph, for each event, how many nodes are done once it is.
    counts: Vec<Vec<u16>>,
}

impl Places {
    fn of(graph: &Graph, ranks: Vec<u32>) -> Self {
        let counts = graph.threads.iter().map(|events| {
            let mut count = 0;
            let counts = events.iter().map(|event| {
                count += u16::from(event.kind != Kind::UpdateWrite);
                count
            });
            counts.collect()
        });
        Self {
            counts: counts.collect(),
            ranks,
        }
    }

    fn need(&self, event: EventId) -> Need {
        let rank = self.ranks.iter().position(|thread| *thread == event.thread);
        Need {
            thread: rank.expect("the thread has events"),
            count: self.counts[event.thread as usize][event.index as usize],
        }
    }
}

impl Plan {
    /// `last` is what must come last, and `gives_way` whether the thread of an event then does.
    pub(in crate::check::explorer) fn of(
        graph: &Graph,
        last: Option<EventId>,
        gives_way: &dyn Fn(EventId) -> bool,
        tail: &dyn Fn(u32) -> Option<Kind>,
    ) -> Self {
        let places = Places::of(graph, ranked(graph));
        let readers = Readers::of(graph, &places);
        let mut threads = Vec::new();
        for thread in &places.ranks {
            let events = &graph.threads[*thread as usize];
            let ids = (0..events.len() as u32).map(|index| EventId {
                thread: *thread,
                index,
            });
            let nodes = ids
                .filter(|id| graph.at(*id).kind != Kind::UpdateWrite)
                .map(|id| node(graph, &places, &readers, id, gives_way(id)));
            threads.push(nodes.collect::<Vec<Node>>());
        }
        failed_tries(graph, &places, &mut threads);
        let tails = places.ranks.iter().map(|thread| {
            if graph
                .last(*thread)
                .is_some_and(|event| event.kind == Kind::End)
            {
                return Tail::Ends;
            }
            match tail(*thread) {
                None | Some(Kind::Acquire | Kind::Wake | Kind::Gather) => Tail::Waits(None),
                Some(Kind::Join(child)) => Tail::Waits(
                    graph
                        .end_of(child)
                        .map(|end| SmallVec::from_elem(places.need(end), 1)),
                ),
                Some(_) => Tail::GoesOn,
            }
        });
        let tails = tails.collect();
        Self {
            tails,
            threads,
            last: last.map(|last| places.need(last)),
        }
    }

    /// Finds what reads miss, which only matters where no order is an interleaving.
    pub(in crate::check::explorer) fn find_missed(&mut self, graph: &Graph) {
        let places = Places::of(graph, ranked(graph));
        for node in self.threads.iter_mut().flatten() {
            let event = graph.at(node.id);
            if event.kind.reads() {
                let later = &graph.variable(event.loc).co[graph.position(event.source) as usize..];
                for write in later.iter().filter(|write| write.thread != node.id.thread) {
                    // The first of a thread comes before its others.
                    let need = places.need(*write);
                    match node.misses.iter_mut().find(|old| old.thread == need.thread) {
                        Some(old) => old.count = old.count.min(need.count),
                        None => node.misses.push(need),
                    }
                }
            }
        }
    }

    /// What tells this execution from others with as many steps, without addresses.
    pub(in crate::check::explorer) fn shape(&self, graph: &Graph) -> Vec<Shape> {
        let places = Places::of(graph, ranked(graph));
        let shape = |rank: usize, node: &Node| {
            let event = graph.at(node.id);
            let reads = event.kind.reads() && !event.source.is_init();
            let source = reads.then(|| places.need(event.source));
            let write = graph.write_with(node.id).map_or(event, |id| graph.at(id));
            Shape {
                thread: rank,
                code: code(event.kind, event.update),
                pick: event.pick,
                source: source.map(|need| (need.thread, need.count)),
                position: write.position,
            }
        };
        let threads = self.threads.iter().enumerate();
        threads
            .flat_map(|(rank, nodes)| nodes.iter().map(move |node| (rank, node)))
            .map(|(rank, node)| shape(rank, node))
            .collect()
    }
}

fn node(graph: &Graph, places: &Places, readers: &Readers, id: EventId, gives_way: bool) -> Node {
    let event = graph.at(id);
    let mut needs = Needs::new();
    let mut add = |other: EventId| {
        if !other.is_init() && other.thread != id.thread {
            needs.push(places.need(other));
        }
    };
    match event.kind {
        Kind::Start | Kind::Load | Kind::UpdateRead => add(event.source),
        Kind::Acquire => {
            let ticket = id.before().expect("the ticket of an acquire");
            for ahead in graph.awaited(ticket) {
                graph.at(ahead).unlock.into_iter().for_each(&mut add);
            }
        }
        Kind::Wake => graph
            .notification(event.source)
            .into_iter()
            .for_each(&mut add),
        Kind::Join(child) => graph.end_of(child).into_iter().for_each(&mut add),
        Kind::Gather => (0..graph.threads.len() as u32)
            .filter_map(|thread| graph.end_of(thread))
            .for_each(&mut add),
        _ => {}
    }
    let write = if event.kind.writes() {
        Some(id)
    } else {
        graph.write_with(id)
    };
    let (mut follows, mut overwrites) = (None, Needs::new());
    if let Some(write) = write {
        let (loc, position) = (event.loc, graph.at(write).position);
        let before = graph.write_at(loc, position - 1);
        if !before.is_init() && before.thread != id.thread {
            follows = Some(places.need(before));
        }
        let own = places.need(id);
        let reads = readers.latest.get(&(loc, before)).into_iter().flatten();
        // What comes against program order is a cycle, and must be seen as one.
        let mut against = before.thread == id.thread && before.index > id.index;
        for read in reads {
            if read.thread != own.thread {
                overwrites.push(*read);
            } else {
                against |= read.count > own.count;
            }
        }
        if against {
            follows = Some(own);
        }
    }
    Node {
        id,
        needs,
        follows,
        overwrites,
        misses: Needs::new(),
        waits: matches!(
            event.kind,
            Kind::Acquire | Kind::Wake | Kind::Join(_) | Kind::Gather
        ) || event.update == Some(Update::TakeToken),
        gives_way,
    }
}

/// For each write, the last read of each thread that reads it.
struct Readers {
    latest: HashMap<(Loc, EventId), Needs>,
}

impl Readers {
    fn of(graph: &Graph, places: &Places) -> Self {
        let mut latest: HashMap<(Loc, EventId), Needs> = HashMap::new();
        for (loc, variable) in graph.variables.iter().enumerate() {
            for read in &variable.reads {
                let readers = latest
                    .entry((loc as Loc, graph.at(*read).source))
                    .or_default();
                let need = places.need(*read);
                match readers.iter_mut().find(|old| old.thread == need.thread) {
                    Some(old) => old.count = old.count.max(need.count),
                    None => readers.push(need),
                }
            }
        }
        Self { latest }
    }
}

/// A try that found a lock held came before it was let go, if it is certain who held it.
fn failed_tries(graph: &Graph, places: &Places, threads: &mut [Vec<Node>]) {
    for (thread, events) in graph.threads.iter().enumerate() {
        for (index, event) in events.iter().enumerate() {
            let Some(Update::Ticket(section, Manner::Tries)) = event.update else {
                continue;
            };
            if event.kind != Kind::UpdateRead || event.pick == 0 {
                continue;
            }
            let read = EventId {
                thread: thread as u32,
                index: index as u32,
            };
            let holders = graph.may_hold(event.source, section, graph.hb(read));
            if let [holder] = holders[..]
                && let Some(unlock) = graph.at(holder).unlock
            {
                let read = places.need(read);
                let unlock = places.need(unlock);
                let node = &mut threads[unlock.thread][usize::from(unlock.count) - 1];
                if read.thread != unlock.thread {
                    node.overwrites.push(read);
                } else if read.count > unlock.count {
                    node.overwrites.push(unlock);
                }
            }
        }
    }
}

impl Graph {
    /// The tickets of those who may have held the lock when a try looked at the queue up to `source`.
    fn may_hold(
        &self,
        source: EventId,
        section: crate::check::explorer::event::Section,
        hb: crate::check::explorer::view::View<'_>,
    ) -> SmallVec<[EventId; 4]> {
        use crate::check::explorer::event::Section::Alone;
        let mut holders = SmallVec::new();
        let mut ahead = source;
        while !ahead.is_init() {
            let (theirs, _) = self.ticket(ahead);
            let over = self
                .at(ahead)
                .unlock
                .is_some_and(|unlock| hb.contains(unlock));
            if !over && (section == Alone || theirs == Alone) {
                holders.push(ahead);
            }
            if theirs == Alone {
                break;
            }
            ahead = self.ahead(ahead);
        }
        holders
    }
}
