//! Random programs of blocking primitives, in families.

use proptest::prelude::*;

use crate::blocking::{Blocking, EACH, Stmt};

/// Leaves each thread one visit to the barrier, and returns how many there are.
fn meet_once(threads: &mut [Vec<Stmt>]) -> usize {
    let mut visitors = 0;
    for stmts in threads {
        let mut met = false;
        stmts.retain(|stmt| *stmt != Stmt::Barrier || !std::mem::replace(&mut met, true));
        visitors += usize::from(met);
    }
    visitors.max(1)
}

/// What random programs are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Mutexes,
    TryLock,
    /// One condvar, notified anywhere.
    Condvar,
    /// Two condvars, notified under the mutex.
    Condvars,
    RwLock,
    Park,
    Barrier,
    Channels,
    Mixed,
}

impl Family {
    pub(crate) const ALL: [Family; 9] = [
        Family::Mutexes,
        Family::TryLock,
        Family::Condvar,
        Family::Condvars,
        Family::RwLock,
        Family::Park,
        Family::Barrier,
        Family::Channels,
        Family::Mixed,
    ];

    pub(crate) fn programs(self) -> BoxedStrategy<Blocking> {
        let stmts = |few, most| prop::collection::vec(self.stmt(), few..=most);
        let threads = prop_oneof![
            3 => prop::collection::vec(stmts(2, 4), 2..=2),
            4 => prop::collection::vec(stmts(1, 3), 3..=3),
            1 => prop::collection::vec(stmts(1, 2), 4..=4),
        ];
        let capacity = || prop_oneof![Just(None), Just(Some(0)), Just(Some(1))];
        let barrier = prop_oneof![4 => Just(None), 1 => (2..=3_usize).prop_map(Some)];
        (threads, barrier, capacity(), capacity(), 0..=1_u32)
            .prop_map(|(mut threads, barrier, a, b, spurious)| Blocking {
                // Otherwise nearly every program with a barrier is stuck there.
                barrier: barrier.unwrap_or_else(|| meet_once(&mut threads)),
                threads,
                capacities: [a, b],
                spurious,
            })
            .boxed()
    }

    fn stmt(self) -> BoxedStrategy<Stmt> {
        let one = || Just(0_usize);
        // Threads that do not meet have nothing to show.
        let each = || prop_oneof![3 => Just(0_usize), 1 => 1..EACH];
        let digit = || 1..=3_u64;
        let body = |inner: BoxedStrategy<Stmt>| prop::collection::vec(inner, 1..=2);
        let lock = |which: BoxedStrategy<usize>, inner: BoxedStrategy<Stmt>| {
            (which, body(inner)).prop_map(|(m, body)| Stmt::Lock(m, body))
        };
        let value = |which: BoxedStrategy<usize>| {
            prop_oneof![
                2 => which.clone().prop_map(Stmt::Get),
                3 => (which, digit()).prop_map(|(m, digit)| Stmt::Append(m, digit)),
            ]
            .boxed()
        };
        let atomic = || {
            prop_oneof![
                2 => each().prop_map(Stmt::Load),
                1 => (each(), digit()).prop_map(|(x, value)| Stmt::Store(x, value)),
                2 => (each(), digit()).prop_map(|(x, value)| Stmt::Add(x, value)),
            ]
        };
        let join = || (1..4_usize).prop_map(Stmt::Join);
        let least = || prop_oneof![2 => Just(1_u64), 1 => Just(4)];
        let plain = || lock(one().boxed(), value(one().boxed()));
        // Writes and reads in one, so that an order shows.
        let counted = || (each(), digit()).prop_map(|(x, value)| Stmt::Add(x, value));
        match self {
            Family::Mutexes => {
                let inner = prop_oneof![3 => value(each().boxed()), 1 => atomic(), 1 => join()];
                let nested = lock(each().boxed(), value(each().boxed()));
                let inner = prop_oneof![4 => inner, 1 => nested].boxed();
                prop_oneof![4 => lock(each().boxed(), inner), 2 => atomic(), 1 => counted(), 1 => join()].boxed()
            }
            Family::TryLock => {
                let attempt = (one(), value(one().boxed())).prop_map(|(m, stmt)| Stmt::TryLock(m, vec![stmt]));
                prop_oneof![2 => attempt, 1 => plain()].boxed()
            }
            Family::Condvar | Family::Condvars => {
                let which = if self == Family::Condvar {
                    one().boxed()
                } else {
                    each().boxed()
                };
                let notify = prop_oneof![
                    2 => which.clone().prop_map(Stmt::NotifyOne),
                    2 => which.clone().prop_map(Stmt::NotifyAll),
                ]
                .boxed();
                let wait = prop_oneof![
                    1 => which.clone().prop_map(Stmt::Wait),
                    4 => (which, least()).prop_map(|(c, least)| Stmt::WaitUntil(c, least)),
                ];
                let tell = (digit(), notify.clone())
                    .prop_map(|(digit, notify)| Stmt::Lock(0, vec![Stmt::Append(0, digit), notify]));
                let waiting = (wait, value(one().boxed()))
                    .prop_map(|(wait, value)| Stmt::Lock(0, vec![wait, value]));
                if self == Family::Condvar {
                    prop_oneof![4 => tell, 2 => waiting, 1 => plain(), 1 => notify, 1 => join()].boxed()
                } else {
                    prop_oneof![4 => tell, 2 => waiting, 1 => plain(), 1 => atomic()].boxed()
                }
            }
            Family::RwLock => {
                let inner = || {
                    prop_oneof![
                        3 => each().prop_map(Stmt::GetShared),
                        3 => (each(), digit()).prop_map(|(l, digit)| Stmt::AppendShared(l, digit)),
                        1 => atomic(),
                    ]
                };
                let section = |inner: BoxedStrategy<Stmt>| {
                    (each(), any::<bool>(), body(inner)).prop_map(|(l, write, body)| {
                        if write { Stmt::Write(l, body) } else { Stmt::Read(l, body) }
                    })
                };
                let nested = prop_oneof![5 => inner(), 1 => section(inner().boxed())].boxed();
                prop_oneof![8 => section(nested), 1 => plain(), 2 => counted(), 1 => join()].boxed()
            }
            Family::Park => {
                prop_oneof![3 => Just(Stmt::Park), 3 => Just(Stmt::Unpark), 4 => plain(), 1 => join()].boxed()
            }
            Family::Barrier => {
                prop_oneof![2 => Just(Stmt::Barrier), 2 => plain(), 3 => counted(), 1 => join()].boxed()
            }
            Family::Channels => prop_oneof![
                3 => (each(), digit()).prop_map(|(channel, value)| Stmt::Send(channel, value)),
                3 => each().prop_map(Stmt::Recv),
                1 => plain(),
                2 => counted(),
                1 => join(),
            ]
            .boxed(),
            Family::Mixed => prop_oneof![
                2 => Family::Mutexes.stmt(),
                1 => Family::RwLock.stmt(),
                1 => Just(Stmt::Barrier),
                1 => Family::Channels.stmt(),
            ]
            .boxed(),
        }
    }
}
