use proptest::prelude::*;

use super::*;
use crate::check::explorer::counterexample::plan::Needs;

/// Threads of so many nodes; what a node needs is given by thread and number, and taken if it can be.
fn plan(
    lengths: &[usize],
    needs: &[(usize, usize, usize, usize, bool)],
    flags: &[(usize, usize, u8)],
) -> Plan {
    let threads = lengths.iter().enumerate();
    let mut threads: Vec<Vec<Node>> = threads
        .map(|(thread, length)| (0..*length).map(|index| node(thread, index)).collect())
        .collect();
    let count = threads.len();
    for (thread, index, on, of, waits) in needs {
        let (thread, on) = (thread % count, on % count);
        let (index, of) = (index % lengths[thread], of % lengths[on]);
        // Only on nodes of smaller numbers, so that there is an order.
        if thread != on && (of, on) < (index, thread) {
            let node = &mut threads[thread][index];
            let need = Need {
                thread: on,
                count: of as u16 + 1,
            };
            if *waits {
                node.waits = true;
                node.needs.push(need);
            } else {
                node.overwrites.push(need);
            }
        }
    }
    for (thread, index, flag) in flags {
        let thread = thread % count;
        let node = &mut threads[thread][index % lengths[thread]];
        node.gives_way |= *flag == 0;
    }
    let tails = (0..count).map(|thread| match flags.get(thread) {
        Some((.., 1)) => Tail::GoesOn,
        Some((.., 2)) => Tail::Waits(None),
        _ => Tail::Ends,
    });
    Plan {
        tails: tails.collect(),
        threads,
        last: Some(Need {
            thread: 0,
            count: lengths[0] as u16,
        }),
    }
}

fn node(thread: usize, index: usize) -> Node {
    Node {
        id: EventId {
            thread: thread as u32,
            index: index as u32,
        },
        needs: Needs::new(),
        follows: None,
        overwrites: Needs::new(),
        misses: Needs::new(),
        waits: false,
        gives_way: false,
    }
}

/// Tries every order, node by node.
fn by_trying_all(plan: &Plan, demands: Demands) -> Option<Cost> {
    let order = Order::new(plan, demands);
    let (mut open, mut best) = (vec![(order.start(), Cost::default())], None);
    while let Some((at, cost)) = open.pop() {
        if order.is_done(&at) {
            best = Some(best.map_or(cost, |best: Cost| best.min(cost)));
            continue;
        }
        for thread in 0..plan.threads.len() {
            if !order.is_enabled(&at, thread) {
                continue;
            }
            let (mut next, mut cost) = (at.clone(), cost);
            let last = usize::from(at[plan.threads.len()]);
            if thread != last {
                cost.switches += 1;
                cost.preemptions += u32::from(order.could_go_on(&at, last));
            }
            next[thread] += 1;
            next[plan.threads.len()] = thread as u16;
            open.push((next, cost));
        }
    }
    best
}

proptest! {
    #[test]
    fn no_order_costs_less(
        lengths in prop::collection::vec(1..4_usize, 1..4),
        needs in prop::collection::vec((0..3_usize, 0..3_usize, 0..3_usize, 0..3_usize, any::<bool>()), 0..6),
        flags in prop::collection::vec((0..3_usize, 0..3_usize, 0..4_u8), 0..4),
        last in any::<bool>(),
    ) {
        let plan = plan(&lengths, &needs, &flags);
        let demands = Demands { last, ..Demands::INTERLEAVING };
        let best = by_trying_all(&plan, demands);
        let found = plan.cheapest(demands, None, &mut 100_000);
        prop_assert_eq!(found.as_ref().map(|found| found.cost), best);
        prop_assert_eq!(plan.can(demands), best.is_some());
        if let Some(found) = found {
            prop_assert!(found.exact);
            let all: usize = lengths.iter().sum();
            prop_assert_eq!(found.order.len(), all);
            let cut = plan.cheapest(demands, None, &mut 0).expect("there is an order");
            prop_assert!(!cut.exact && cut.cost >= found.cost);
            prop_assert_eq!(cut.order.len(), all);
            let less = Cost { switches: 0, ..found.cost };
            if less < found.cost {
                prop_assert!(plan.cheapest(demands, Some(less), &mut 100_000).is_none());
            }
        }
    }
}
