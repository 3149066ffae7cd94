//! Generated operations on the locks, against sequential models.

use proptest::prelude::*;
use racecourse::lock::{McsLock, SeqLock, ShardedRwLock, TicketLock};

#[derive(Clone, Debug)]
enum Op {
    Read,
    Write(u64),
    /// Of the guards that are held.
    Release(usize),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        3 => Just(Op::Read),
        2 => any::<u64>().prop_map(Op::Write),
        3 => any::<usize>().prop_map(Op::Release),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    /// `true` takes the lock if it can and adds to the value; `false` releases it.
    #[test]
    fn ticket_lock_is_a_flag(ops in prop::collection::vec(any::<bool>(), 0..40)) {
        let lock = TicketLock::new(0);
        let mut guard = None;
        let mut expected = 0;
        for take in ops {
            if take {
                let attempt = lock.try_lock();
                prop_assert_eq!(attempt.is_some(), guard.is_none());
                if let Some(mut taken) = attempt {
                    *taken += 1;
                    expected += 1;
                    guard = Some(taken);
                }
            } else {
                guard = None;
            }
            prop_assert_eq!(lock.waiting(), 0);
        }
        drop(guard);
        prop_assert_eq!(lock.into_inner(), expected);
    }

    /// Sections inside of sections of one lock are refused, of several are not.
    #[test]
    fn mcs_locks_are_flags(ops in prop::collection::vec(0_usize..3, 0..6)) {
        fn nested(locks: &[McsLock<u32>; 3], ops: &[usize], held: [bool; 3]) -> Result<(), TestCaseError> {
            let Some((first, rest)) = ops.split_first() else { return Ok(()) };
            let inside = locks[*first].try_with(|count| {
                *count += 1;
                let mut held = held;
                held[*first] = true;
                nested(locks, rest, held)
            });
            prop_assert_eq!(inside.is_none(), held[*first]);
            inside.unwrap_or_else(|| nested(locks, rest, held))
        }
        let locks = [McsLock::new(0), McsLock::new(0), McsLock::new(0)];
        nested(&locks, &ops, [false; 3])?;
        for (n, lock) in locks.into_iter().enumerate() {
            prop_assert_eq!(lock.into_inner() > 0, ops.contains(&n));
        }
    }

    #[test]
    fn seq_lock_is_a_variable(writes in prop::collection::vec((any::<u64>(), any::<bool>(), any::<bool>()), 0..40)) {
        let lock = SeqLock::new([0, 0]);
        let mut expected = [0, 0];
        for (value, first, update) in writes {
            expected[usize::from(first)] = value;
            if update {
                lock.update(|mut words| {
                    words[usize::from(first)] = value;
                    words
                });
            } else {
                lock.write(expected);
            }
            prop_assert_eq!(lock.read(), expected);
            prop_assert_eq!(lock.try_read(), Some(expected));
        }
    }

    #[test]
    fn sharded_lock_counts_its_readers(shards in 1_usize..5, ops in prop::collection::vec(op(), 0..40)) {
        let lock = ShardedRwLock::with_shards(0, shards);
        let (mut readers, mut writer, mut expected) = (vec![], None, 0);
        for op in ops {
            match op {
                Op::Read => {
                    let guard = lock.try_read();
                    prop_assert_eq!(guard.is_some(), writer.is_none());
                    if let Some(guard) = guard {
                        prop_assert_eq!(*guard, expected);
                        readers.push(guard);
                    }
                }
                Op::Write(value) => {
                    let guard = lock.try_write();
                    prop_assert_eq!(guard.is_some(), writer.is_none() && readers.is_empty());
                    if let Some(mut guard) = guard {
                        *guard = value;
                        expected = value;
                        writer = Some(guard);
                    }
                }
                Op::Release(_) if writer.is_some() => writer = None,
                Op::Release(n) => {
                    if let Some(n) = n.checked_rem(readers.len()) {
                        drop(readers.swap_remove(n));
                    }
                }
            }
        }
    }
}
