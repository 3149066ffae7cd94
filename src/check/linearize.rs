//! An interleaving for an execution that read stale values, if there is one.
//!
//! An engine may serve a load an old value although the same results are possible when every load
//! returns the latest one. Readers understand interleavings; so the steps are put into an order in which
//! no load is stale, with the fewest preemptions, by a 0-1 breadth-first search over (how far each thread
//! is, who ran last, the values). Steps that may hide effects (locks, condvars, cells) keep their order.

use std::collections::{HashMap, VecDeque};

use super::execution::State;
use super::kernel::{ObjectId, ThreadId};
use super::record::RawStep;
use super::timeline::Operation;

/// Search states after which no order is looked for any more.
const MOST_STATES: usize = 300_000;

/// What a step must keep its order with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Key {
    Object(ObjectId),
    Park(ThreadId),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Node {
    /// How many steps of each thread are done.
    done: Vec<u16>,
    last: ThreadId,
    values: Vec<u64>,
}

struct Plan<'a> {
    steps: Vec<&'a RawStep>,
    /// For each thread its steps, as indices into `steps`.
    threads: Vec<Vec<usize>>,
    /// For each step those that must be done before it.
    before: Vec<Vec<usize>>,
    /// For each step its thread and its number there.
    place: Vec<(ThreadId, u16)>,
    /// The atomics, in the order of `Node::values`.
    atomics: Vec<ObjectId>,
}

/// The steps in an order in which no load is stale; none if there is no such order, or none was found.
pub(crate) fn linearize(state: &State, steps: &[RawStep]) -> Option<Vec<RawStep>> {
    let plan = Plan::new(state, steps)?;
    let order = plan.search(state)?;
    let fresh = |i: usize| RawStep {
        stale: false,
        ..*plan.steps[i]
    };
    Some(order.into_iter().map(fresh).collect())
}

impl<'a> Plan<'a> {
    fn new(state: &State, steps: &'a [RawStep]) -> Option<Self> {
        // A join that had to wait need not have to in another order.
        let kept = |step: &&RawStep| !(step.blocked && step.operation == Operation::Join);
        let steps: Vec<&RawStep> = steps.iter().filter(kept).collect();
        let mut threads = vec![Vec::new(); state.threads.len()];
        let mut place = Vec::new();
        let mut before = vec![Vec::new(); steps.len()];
        let mut latest: HashMap<Key, usize> = HashMap::new();
        let mut atomics: Vec<ObjectId> = Vec::new();
        for (i, step) in steps.iter().enumerate() {
            place.push((step.thread, u16::try_from(threads[step.thread].len()).ok()?));
            threads[step.thread].push(i);
            match step.operation {
                Operation::Spawn => {}
                Operation::Start => {
                    let is_spawn = |s: &&RawStep| {
                        s.operation == Operation::Spawn && s.target == Some(step.thread)
                    };
                    before[i].extend(steps.iter().position(is_spawn));
                }
                Operation::Join => {
                    let target = step.target?;
                    before[i].extend(steps[..i].iter().rposition(|s| s.thread == target));
                }
                Operation::Park | Operation::ParkTimeout => {
                    before[i].extend(latest.insert(Key::Park(step.thread), i));
                }
                Operation::Unpark => before[i].extend(latest.insert(Key::Park(step.target?), i)),
                _ if is_atomic(step.operation) => {
                    let id = step.object?;
                    if !atomics.contains(&id) {
                        atomics.push(id);
                    }
                }
                _ => {
                    for id in step.object.into_iter().chain(step.also) {
                        before[i].extend(latest.insert(Key::Object(id), i));
                    }
                }
            }
        }
        // What fails, fails last.
        if let Some(last) = steps.len().checked_sub(1) {
            before[last] = (0..last).collect();
        }
        Some(Self {
            steps,
            threads,
            before,
            place,
            atomics,
        })
    }

    fn search(&self, state: &State) -> Option<Vec<usize>> {
        let start = Node {
            done: vec![0; self.threads.len()],
            last: 0,
            values: self
                .atomics
                .iter()
                .map(|id| state.objects[*id as usize].initial)
                .collect(),
        };
        // For each state the cost of reaching it, from where, and by which step.
        let mut seen: Seen = HashMap::new();
        seen.insert(start.clone(), (0, None));
        let mut queue = VecDeque::from([(0, start)]);
        while let Some((cost, node)) = queue.pop_front() {
            if seen[&node].0 < cost {
                continue;
            }
            if node
                .done
                .iter()
                .zip(&self.threads)
                .all(|(done, steps)| usize::from(*done) == steps.len())
            {
                return Some(walk_back(&seen, node));
            }
            if seen.len() > MOST_STATES {
                return None;
            }
            let could_go_on = self
                .next(&node, node.last)
                .is_some_and(|(i, _)| !self.steps[i].blocked);
            for thread in 0..self.threads.len() {
                let Some((step, values)) = self.next(&node, thread) else {
                    continue;
                };
                let preempts = thread != node.last && could_go_on;
                let mut done = node.done.clone();
                done[thread] += 1;
                let next = Node {
                    done,
                    last: thread,
                    values,
                };
                let total = cost + usize::from(preempts);
                if seen.get(&next).is_none_or(|(old, _)| total < *old) {
                    seen.insert(next.clone(), (total, Some((node.clone(), step))));
                    if preempts {
                        queue.push_back((total, next));
                    } else {
                        queue.push_front((total, next));
                    }
                }
            }
        }
        None
    }

    /// The next step of `thread`, if it may come now, and the values after it.
    fn next(&self, node: &Node, thread: ThreadId) -> Option<(usize, Vec<u64>)> {
        let i = *self.threads[thread].get(usize::from(node.done[thread]))?;
        let is_done = |other: &usize| {
            let (thread, number) = self.place[*other];
            node.done[thread] > number
        };
        if !self.before[i].iter().all(is_done) {
            return None;
        }
        let step = self.steps[i];
        let mut values = node.values.clone();
        if is_atomic(step.operation) {
            let value = &mut values[self
                .atomics
                .iter()
                .position(|id| Some(*id) == step.object)?];
            if step.read.is_some_and(|read| read != *value) {
                return None;
            }
            *value = step.written.unwrap_or(*value);
        }
        Some((i, values))
    }
}

/// What each node costs, and from which node and by which step it is reached at that cost.
type Seen = HashMap<Node, (usize, Option<(Node, usize)>)>;

fn walk_back(seen: &Seen, goal: Node) -> Vec<usize> {
    let mut order = Vec::new();
    let mut node = goal;
    while let Some((before, step)) = seen.get(&node).and_then(|(_, from)| from.clone()) {
        order.push(step);
        node = before;
    }
    order.reverse();
    order
}

/// Whether it is an access of an atomic.
pub(crate) fn is_atomic(operation: Operation) -> bool {
    use Operation as O;
    matches!(
        operation,
        O::Load
            | O::Store
            | O::Swap
            | O::FetchAdd
            | O::FetchSub
            | O::FetchAnd
            | O::FetchNand
            | O::FetchOr
            | O::FetchXor
            | O::FetchMax
            | O::FetchMin
            | O::CompareExchange
            | O::CompareExchangeFailed
            | O::CompareExchangeSpurious
    )
}
