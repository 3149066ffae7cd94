//! What is known of the checker by other means.

use proptest::prelude::*;

use super::{Call, History, Rest, Spec, explain};
use crate::subjects::queue::{Op, Queue, Ret};

type Calls = Vec<(usize, Op, u64, Option<(u64, Ret)>)>;

fn history(calls: Calls) -> History<Op, Ret> {
    let calls = calls.into_iter().map(|(lane, op, invoked, returned)| Call {
        lane,
        op,
        invoked,
        earliest: invoked,
        returned,
    });
    History {
        lanes: vec!["thread 0".to_owned(), "thread 1".to_owned()],
        calls: calls.collect(),
    }
}

fn is_explained(calls: Calls) -> bool {
    explain(&Queue::new(9), &history(calls), Rest::UnderWay).is_ok()
}

/// Each thread by itself could have been earlier or later; but the get was called when the put had returned.
#[test]
fn what_is_sequentially_consistent_and_not_linearizable_is_rejected() {
    let calls = |empty_from| {
        vec![
            (0, Op::Put(1), 0, Some((2, Ret::Done))),
            (1, Op::TryGet, empty_from, Some((4, Ret::Empty))),
        ]
    };
    assert!(!is_explained(calls(3)));
    // While the put is under way it is fine.
    assert!(is_explained(calls(1)));
}

/// M. Herlihy and J. M. Wing 1990, figure 1: four histories of a queue, with 1 for x and 2 for y.
#[test]
fn the_histories_of_herlihy_and_wing() {
    // H1: both are put at one time.
    let first = vec![
        (0, Op::Put(1), 0, Some((3, Ret::Done))),
        (1, Op::Put(2), 1, Some((2, Ret::Done))),
        (1, Op::Get, 4, Some((6, Ret::Item(1)))),
        (0, Op::Get, 5, Some((7, Ret::Item(2)))),
        (0, Op::Put(3), 8, None),
    ];
    assert!(is_explained(first));
    // H2: x is in before y is put, and yet y is first.
    let second = vec![
        (0, Op::Put(1), 0, Some((1, Ret::Done))),
        (1, Op::Put(2), 2, Some((4, Ret::Done))),
        (0, Op::Get, 3, Some((5, Ret::Item(2)))),
    ];
    assert!(!is_explained(second));
    // H3: what is being put is there already for others.
    let third = vec![
        (0, Op::Put(1), 0, None),
        (1, Op::Get, 1, Some((2, Ret::Item(1)))),
    ];
    assert!(is_explained(third));
    // H4: one item is got by two.
    let fourth = vec![
        (0, Op::Put(1), 0, Some((3, Ret::Done))),
        (1, Op::Put(2), 1, Some((2, Ret::Done))),
        (0, Op::Get, 4, Some((6, Ret::Item(2)))),
        (1, Op::Get, 5, Some((7, Ret::Item(2)))),
    ];
    assert!(!is_explained(fourth));
}

#[test]
fn who_waits_for_ever_must_have_a_reason() {
    let waits = |calls| explain(&Queue::new(1), &history(calls), Rest::Waits).is_ok();
    assert!(waits(vec![(0, Op::Get, 0, None)]));
    assert!(!waits(vec![
        (0, Op::Get, 0, None),
        (1, Op::Put(1), 1, Some((2, Ret::Done))),
    ]));
    // One of them could go on.
    assert!(!waits(vec![
        (0, Op::Get, 0, None),
        (1, Op::Put(1), 1, None)
    ]));
    assert!(waits(vec![
        (0, Op::Put(1), 0, Some((1, Ret::Done))),
        (0, Op::Put(2), 2, None),
        (1, Op::Put(3), 3, None),
    ]));
}

/// All orders, one by one, without a memory.
fn brute(state: &Queue, calls: &[Call<Op, Ret>], left: &[usize]) -> bool {
    let returned = |n: &usize| calls[*n].returned.as_ref().map(|(stamp, _)| *stamp);
    if left.iter().all(|n| returned(n).is_none()) {
        return true;
    }
    left.iter().any(|n| {
        let precedes = |other: &usize| returned(other).is_some_and(|r| r < calls[*n].invoked);
        if left.iter().any(precedes) {
            return false;
        }
        let ret = calls[*n].returned.as_ref().map(|(_, ret)| ret);
        let rest: Vec<_> = left.iter().copied().filter(|other| other != n).collect();
        state
            .step(*n, &calls[*n].op, 0, ret)
            .is_some_and(|next| brute(&next, calls, &rest))
    })
}

/// Three threads with two calls each, which overlap anyhow, and give anything.
fn any_history() -> impl Strategy<Value = Calls> {
    let call = prop_oneof![
        (1..3_u8).prop_map(|n| (Op::Put(n), Ret::Done)),
        (1..3_u8).prop_map(|n| (Op::TryGet, Ret::Item(n))),
        Just((Op::TryGet, Ret::Empty)),
        (0..3_usize).prop_map(|n| (Op::Len, Ret::Len(n))),
    ];
    let calls = proptest::collection::vec(call, 6);
    // Of six calls the twelve ends, in any order that keeps each thread's.
    let ends = Just((0..12).map(|n| n / 4).collect::<Vec<usize>>()).prop_shuffle();
    (calls, ends, 0..4_usize).prop_map(|(calls, ends, pending)| {
        let mut stamps = vec![Vec::new(); 3];
        for (stamp, thread) in ends.into_iter().enumerate() {
            stamps[thread].push(stamp as u64);
        }
        let mut out = Vec::new();
        for (n, (op, ret)) in calls.into_iter().enumerate() {
            let (thread, which) = (n / 2, n % 2);
            let invoked = stamps[thread][2 * which];
            let returned = stamps[thread][2 * which + 1];
            let is_pending = which == 1 && thread == pending;
            out.push((
                thread,
                op,
                invoked,
                (!is_pending).then_some((returned, ret)),
            ));
        }
        out
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_agrees_with_trying_all_orders(calls in any_history()) {
        let history = history(calls);
        let all: Vec<_> = (0..history.calls.len()).collect();
        let start = Queue::new(9);
        let found = explain(&start, &history, Rest::UnderWay);
        prop_assert_eq!(found.is_ok(), brute(&start, &history.calls, &all), "{}", history);
        if let Ok(order) = found {
            // What it found is one: keeps real time, and gives these results.
            let mut state = start;
            for (place, n) in order.iter().enumerate() {
                let call = &history.calls[*n];
                let ret = call.returned.as_ref().map(|(_, ret)| ret);
                state = state.step(*n, &call.op, 0, ret).expect("it can be done");
                for later in &order[place + 1..] {
                    let later = history.calls[*later].returned.as_ref();
                    prop_assert!(later.is_none_or(|(stamp, _)| *stamp > call.invoked));
                }
            }
        }
    }
}
