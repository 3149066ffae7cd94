//! Work on several threads at a time, results in the order of the work.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

/// Runs `work` on all `cases`, `jobs` at a time, and hands the results to `take` in the order of the cases,
/// each as soon as those before it are there. When `take` says no, what has not begun is left.
///
/// # Errors
/// The system refuses even one thread.
pub fn in_order<C: Sync, R: Send>(
    cases: &[C],
    jobs: usize,
    work: impl Fn(&C) -> R + Sync,
    mut take: impl FnMut(R) -> bool,
) -> io::Result<()> {
    let next = AtomicUsize::new(0);
    let (to, from) = mpsc::channel();
    thread::scope(|scope| {
        for job in 0..jobs {
            let (next, work, to) = (&next, &work, to.clone());
            let worker = thread::Builder::new().spawn_scoped(scope, move || {
                // ORDERING: Relaxed; the number is all that is shared, results travel by the channel.
                while let Some((i, case)) = cases
                    .iter()
                    .enumerate()
                    .nth(next.fetch_add(1, Ordering::Relaxed))
                {
                    if to.send((i, work(case))).is_err() {
                        break;
                    }
                }
            });
            // Fewer at a time are enough; none is not.
            match worker {
                Err(error) if job == 0 => return Err(error),
                Err(_) => break,
                Ok(_) => {}
            }
        }
        drop(to);
        let mut waiting: Vec<Option<R>> = cases.iter().map(|_| None).collect();
        let mut due = 0;
        'all: for (i, result) in from {
            waiting[i] = Some(result);
            while let Some(result) = waiting.get_mut(due).and_then(Option::take) {
                due += 1;
                if !take(result) {
                    break 'all;
                }
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn results_come_in_order_whatever_ends_first() {
        let cases: Vec<u64> = (0..20).collect();
        let mut taken = Vec::new();
        let work = |&n: &u64| {
            thread::sleep(Duration::from_millis((20 - n) % 7));
            n
        };
        let done = in_order(&cases, 4, work, |n| {
            taken.push(n);
            true
        });
        done.expect("threads start");
        assert_eq!(taken, cases);
    }

    #[test]
    fn one_who_has_enough_ends_it() {
        let cases = [1, 2, 3, 4, 5, 6, 7, 8];
        let begun = AtomicUsize::new(0);
        let work = |&n: &i32| {
            begun.fetch_add(1, Ordering::Relaxed);
            thread::sleep(Duration::from_millis(20));
            n
        };
        let mut taken = 0;
        let done = in_order(&cases, 1, work, |_| {
            taken += 1;
            taken < 2
        });
        done.expect("a thread starts");
        assert_eq!(taken, 2);
        assert!(begun.into_inner() < cases.len());
    }
}
