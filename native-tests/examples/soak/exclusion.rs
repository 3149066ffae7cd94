//! Locks: the sections are apart, none is lost, and a panic in one does no harm.

use std::sync::atomic::{AtomicU64, Ordering};

use racecourse::lock::{McsLock, SeqLock, ShardedRwLock, SpinLock, TicketLock};

use crate::Done;
use crate::dice::{Dice, on_all, panic_as_planned, panics};
use crate::watch::{Doing, doing};

/// Two words that are equal outside of a section.
type Value = (u64, u64);

/// Sections of each thread.
const MANY: usize = 150;
/// The same where each goes to the one who came first, which may have to wait for a processor.
const FEW: usize = 20;

fn section(value: &mut Value, dice: &mut Dice, stumbles: bool) {
    value.0 += 1;
    if dice.one_in(50) {
        dice.pause();
    }
    value.1 += 1;
    assert_eq!(value.0, value.1, "two in one section");
    if stumbles {
        panic_as_planned();
    }
}

/// `enter` runs a section with the lock held; false, if it was only tried and is held.
fn exclusive(
    dice: &Dice,
    each: usize,
    enter: impl Fn(bool, &mut dyn FnMut(&mut Value)) -> bool + Sync,
    value: impl FnOnce() -> Value,
) -> Done {
    let faults = AtomicU64::new(0);
    let done = on_all(dice, |_, mut dice| {
        let mut done = 0;
        for _ in 0..each {
            let (tries, stumbles) = (dice.one_in(4), dice.one_in(20));
            let mut own = dice.clone();
            let mut entered = false;
            doing(Doing::Lock);
            let fell = panics(|| {
                let section = &mut |value: &mut Value| {
                    entered = true;
                    section(value, &mut own, stumbles);
                };
                enter(tries, section);
            });
            done += u64::from(entered);
            if fell || !entered {
                faults.fetch_add(1, Ordering::Relaxed);
            }
            dice.next();
        }
        done
    });
    let operations = done.iter().sum();
    assert_eq!(value(), (operations, operations), "sections are lost");
    Done {
        operations,
        faults: faults.into_inner(),
    }
}

macro_rules! with_guards {
    ($($station:ident $lock:ident $each:ident;)*) => {$(
        pub(crate) fn $station(dice: &mut Dice) -> Done {
            let lock = std::sync::Arc::new($lock::new((0, 0)));
            let theirs = std::sync::Arc::clone(&lock);
            let enter = move |tries: bool, section: &mut dyn FnMut(&mut Value)| {
                if tries {
                    match theirs.try_lock() {
                        Some(mut guard) => section(&mut guard),
                        None => return false,
                    }
                } else {
                    section(&mut theirs.lock());
                }
                true
            };
            exclusive(dice, $each, enter, move || *lock.lock())
        }
    )*};
}
with_guards! { spin_lock SpinLock MANY; ticket_lock TicketLock FEW; }

pub(crate) fn mcs_lock(dice: &mut Dice) -> Done {
    let lock = McsLock::new((0, 0));
    let enter = |tries: bool, section: &mut dyn FnMut(&mut Value)| {
        if tries {
            lock.try_with(section).is_some()
        } else {
            lock.with(section);
            true
        }
    };
    exclusive(dice, FEW, enter, || lock.with(|value| *value))
}

pub(crate) fn seq_lock(dice: &mut Dice) -> Done {
    const EACH: u64 = 200;
    let lock = SeqLock::new([0_u64; 4]);
    let faults = AtomicU64::new(0);
    let changes: u64 = on_all(dice, |_, mut dice| {
        let (mut last, mut changes) = (0, 0);
        for _ in 0..EACH {
            if dice.one_in(8) {
                doing(Doing::Write);
                let stumbles = dice.one_in(20);
                let fell = panics(|| {
                    lock.update(|words| {
                        if stumbles {
                            panic_as_planned();
                        }
                        words.map(|word| word + 1)
                    });
                });
                changes += u64::from(!fell);
                faults.fetch_add(u64::from(fell), Ordering::Relaxed);
            } else {
                doing(Doing::Read);
                let words = lock.read();
                assert_eq!(words, [words[0]; 4], "torn");
                assert!(words[0] >= last, "back in time");
                last = words[0];
            }
        }
        changes
    })
    .into_iter()
    .sum();
    assert_eq!(lock.read()[0], changes, "changes are lost");
    Done {
        operations: EACH * crate::dice::THREADS as u64,
        faults: faults.into_inner(),
    }
}

pub(crate) fn sharded_lock(dice: &mut Dice) -> Done {
    const EACH: u64 = 100;
    let lock = ShardedRwLock::with_shards((0, 0), 1 << dice.below(3));
    let faults = AtomicU64::new(0);
    let writes: u64 = on_all(dice, |_, mut dice| {
        let (mut last, mut writes) = (0, 0);
        for _ in 0..EACH {
            if dice.one_in(10) {
                doing(Doing::Write);
                let (tries, stumbles) = (dice.one_in(3), dice.one_in(10));
                let mut own = dice.clone();
                let fell = panics(|| {
                    let guard = if tries {
                        lock.try_write()
                    } else {
                        Some(lock.write())
                    };
                    if let Some(mut guard) = guard {
                        writes += 1;
                        section(&mut guard, &mut own, stumbles);
                    }
                });
                faults.fetch_add(u64::from(fell), Ordering::Relaxed);
            } else {
                doing(Doing::Read);
                let guard = if dice.one_in(3) {
                    lock.try_read()
                } else {
                    Some(lock.read())
                };
                if let Some(guard) = guard {
                    assert_eq!(guard.0, guard.1, "read while it is written");
                    assert!(guard.0 >= last, "back in time");
                    last = guard.0;
                    if dice.one_in(50) {
                        dice.pause();
                    }
                }
            }
        }
        writes
    })
    .into_iter()
    .sum();
    assert_eq!(*lock.read(), (writes, writes), "writes are lost");
    Done {
        operations: EACH * crate::dice::THREADS as u64,
        faults: faults.into_inner(),
    }
}
