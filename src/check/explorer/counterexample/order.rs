//! The order of a plan's nodes with the fewest context switches.
//!
//! Dijkstra's search over how far each thread is and who ran last. A node on which no other thread depends is
//! taken at once when its thread runs: later it could only cost a switch. So the states are few, and the result is
//! exact; where there are too many after all, threads run as long as they can, which is said.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::plan::{Demands, Need, Node, Plan, Tail};
use crate::check::explorer::event::EventId;

/// What an order costs: preemptions, then stale reads, then switches of any kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::check::explorer) struct Cost {
    pub(in crate::check::explorer) preemptions: u32,
    pub(in crate::check::explorer) stale: u32,
    pub(in crate::check::explorer) switches: u32,
}

#[derive(Debug)]
pub(in crate::check::explorer) struct Ordered {
    pub(in crate::check::explorer) order: Vec<EventId>,
    pub(in crate::check::explorer) cost: Cost,
    /// Whether no order costs less.
    pub(in crate::check::explorer) exact: bool,
}

/// How far each thread is, and who ran last.
type At = Vec<u16>;

struct Reached {
    at: At,
    cost: Cost,
    from: Option<usize>,
}

struct Order<'a> {
    plan: &'a Plan,
    demands: Demands,
    /// For each node whether another thread depends on it.
    awaited: Vec<Vec<bool>>,
}

impl Plan {
    /// Whether the demands leave any order.
    pub(in crate::check::explorer) fn can(&self, demands: Demands) -> bool {
        let order = Order::new(self, demands);
        let mut at = order.start();
        while let Some(thread) = (0..self.threads.len()).find(|t| order.is_enabled(&at, *t)) {
            at[thread] += 1;
        }
        order.is_done(&at)
    }

    /// The order that costs least, unless each costs more than `most`; searching at most so many states.
    pub(in crate::check::explorer) fn cheapest(
        &self,
        demands: Demands,
        most: Option<Cost>,
        states: &mut usize,
    ) -> Option<Ordered> {
        let order = Order::new(self, demands);
        let mut reached: Vec<Reached> = Vec::new();
        let mut known: HashMap<At, usize> = HashMap::new();
        let mut queue = BinaryHeap::new();
        let start = order.start();
        known.insert(start.clone(), 0);
        reached.push(Reached {
            at: start,
            cost: Cost::default(),
            from: None,
        });
        queue.push(Reverse((Cost::default(), 0)));
        while let Some(Reverse((cost, index))) = queue.pop() {
            if most.is_some_and(|most| cost > most) {
                return None;
            }
            if known.get(&reached[index].at) != Some(&index) {
                continue;
            }
            if order.is_done(&reached[index].at) {
                return Some(Ordered {
                    order: order.walk(&reached, index),
                    cost,
                    exact: true,
                });
            }
            if *states == 0 {
                return order.greedy();
            }
            *states -= 1;
            for thread in 0..self.threads.len() {
                if !order.is_enabled(&reached[index].at, thread) {
                    continue;
                }
                let (at, cost) = order.step(&reached[index].at, cost, thread);
                let better = known.get(&at).is_none_or(|old| cost < reached[*old].cost);
                if better {
                    known.insert(at.clone(), reached.len());
                    queue.push(Reverse((cost, reached.len())));
                    reached.push(Reached {
                        at,
                        cost,
                        from: Some(index),
                    });
                }
            }
        }
        None
    }
}

impl<'a> Order<'a> {
    fn new(plan: &'a Plan, demands: Demands) -> Self {
        let threads = plan.threads.iter();
        let mut awaited: Vec<Vec<bool>> = threads.map(|nodes| vec![false; nodes.len()]).collect();
        let mut order = Self {
            plan,
            demands,
            awaited: Vec::new(),
        };
        let mut mark = |need: &Need| {
            awaited[need.thread][usize::from(need.count) - 1] = true;
        };
        for node in plan.threads.iter().flatten() {
            order.needs(node).for_each(&mut mark);
            if !demands.fresh {
                node.misses.iter().for_each(&mut mark);
            }
        }
        for tail in &plan.tails {
            if let Tail::Waits(Some(needs)) = tail {
                needs.iter().for_each(&mut mark);
            }
        }
        order.awaited = awaited;
        order
    }

    fn start(&self) -> At {
        // Main is the first, and runs.
        vec![0; self.plan.threads.len() + 1]
    }

    fn needs(&self, node: &'a Node) -> impl Iterator<Item = &'a Need> {
        let follows = node.follows.iter().filter(|_| self.demands.follows);
        let overwrites = node.overwrites.iter().filter(|_| self.demands.fresh);
        node.needs.iter().chain(follows).chain(overwrites)
    }

    fn next(&self, at: &At, thread: usize) -> Option<&'a Node> {
        self.plan.threads[thread].get(usize::from(at[thread]))
    }

    fn is_enabled(&self, at: &At, thread: usize) -> bool {
        let Some(node) = self.next(at, thread) else {
            return false;
        };
        let own = Need {
            thread,
            count: at[thread] + 1,
        };
        if self.demands.last && self.plan.last == Some(own) && !self.is_all_but(at, thread) {
            return false;
        }
        self.needs(node).all(|need| is_met(at, need))
    }

    /// Whether all nodes are done but the next of this thread.
    fn is_all_but(&self, at: &At, thread: usize) -> bool {
        let mut left = self.plan.threads.iter().zip(at).enumerate();
        left.all(|(other, (nodes, done))| {
            nodes.len() == usize::from(*done) + usize::from(other == thread)
        })
    }

    fn is_done(&self, at: &At) -> bool {
        let mut threads = self.plan.threads.iter().zip(at);
        threads.all(|(nodes, done)| nodes.len() == usize::from(*done))
    }

    /// Lets a thread go on, as far as nobody else is concerned.
    fn step(&self, at: &At, cost: Cost, thread: usize) -> (At, Cost) {
        let (mut at, mut cost) = (at.clone(), cost);
        let last = usize::from(at[self.plan.threads.len()]);
        if thread != last {
            cost.switches += 1;
            cost.preemptions += u32::from(self.could_go_on(&at, last));
        }
        at[self.plan.threads.len()] = thread as u16;
        loop {
            let done = usize::from(at[thread]);
            let node = &self.plan.threads[thread][done];
            if !self.demands.fresh {
                cost.stale += u32::from(node.misses.iter().any(|write| is_met(&at, write)));
            }
            at[thread] += 1;
            let alone = self.awaited[thread].get(done + 1) == Some(&false);
            // Where it gives way it can be left at no cost.
            if !alone || node.gives_way || !self.is_enabled(&at, thread) {
                return (at, cost);
            }
        }
    }

    /// Whether it is a preemption to leave the thread here.
    fn could_go_on(&self, at: &At, thread: usize) -> bool {
        let done = usize::from(at[thread]);
        let nodes = &self.plan.threads[thread];
        if done > 0 && nodes[done - 1].gives_way {
            return false;
        }
        match nodes.get(done) {
            Some(node) => !node.waits || node.needs.iter().all(|need| is_met(at, need)),
            None => match &self.plan.tails[thread] {
                Tail::Ends | Tail::Waits(None) => false,
                Tail::Waits(Some(needs)) => needs.iter().all(|need| is_met(at, need)),
                Tail::GoesOn => true,
            },
        }
    }

    fn walk(&self, reached: &[Reached], goal: usize) -> Vec<EventId> {
        let mut path = vec![goal];
        while let Some(from) = reached[path[path.len() - 1]].from {
            path.push(from);
        }
        path.reverse();
        let mut order = Vec::new();
        for pair in path.windows(2) {
            let (before, after) = (&reached[pair[0]].at, &reached[pair[1]].at);
            for (thread, nodes) in self.plan.threads.iter().enumerate() {
                let new = usize::from(before[thread])..usize::from(after[thread]);
                order.extend(nodes[new].iter().map(|node| node.id));
            }
        }
        order
    }

    /// Lets each thread run as long as it can, the first first.
    fn greedy(&self) -> Option<Ordered> {
        let mut reached = vec![Reached {
            at: self.start(),
            cost: Cost::default(),
            from: None,
        }];
        let threads = self.plan.threads.len();
        while let Some(last) = reached.last()
            && !self.is_done(&last.at)
        {
            let same = usize::from(last.at[threads]);
            let mut next = core::iter::once(same).chain(0..threads);
            let thread = next.find(|thread| self.is_enabled(&last.at, *thread))?;
            let (at, cost) = self.step(&last.at, last.cost, thread);
            let from = Some(reached.len() - 1);
            reached.push(Reached { at, cost, from });
        }
        Some(Ordered {
            order: self.walk(&reached, reached.len() - 1),
            cost: reached.last()?.cost,
            exact: false,
        })
    }
}

fn is_met(at: &At, need: &Need) -> bool {
    at[need.thread] >= need.count
}

#[cfg(test)]
mod tests;
