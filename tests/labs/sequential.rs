//! Every fixed variant against a sequential model, under generated operations: step by step on one thread, and on real
//! threads wherever the model's answer does not depend on their order.

use std::collections::VecDeque;
use std::sync::mpsc;
use std::time::Duration;

use proptest::prelude::*;
use racecourse::labs::*;
use racecourse::sync::Mutex;
use racecourse::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering::Relaxed};
use racecourse::thread;

/// Runs `work` on a thread of its own, so that a fix that hangs fails a test and does not hang it.
fn promptly<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (ended, end) = mpsc::channel();
    std::thread::spawn(move || ended.send(work()));
    end.recv_timeout(Duration::from_secs(20))
        .expect("it ends within 20 seconds, and does not panic")
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// For each of one to three threads, how often it does something.
fn shares() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(0u32..40, 1..4)
}

/// Does `work` on one thread for each share, as often as the share says.
fn spread(shares: &[u32], work: impl Fn() + Sync) {
    thread::scope(|s| {
        for &share in shares {
            let work = &work;
            s.spawn(move || (0..share).for_each(|_| work()));
        }
    });
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn lost_update_counts_every_visit(shares in shares()) {
        use lab01_lost_update as lab;
        let (atomic, mutex) = (AtomicU32::new(0), Mutex::new(0));
        spread(&shares, || {
            lab::fixed(&atomic);
            lab::fixed_mutex(&mutex);
        });
        let model: u32 = shares.iter().sum();
        prop_assert_eq!(atomic.into_inner(), model);
        prop_assert_eq!(mutex.into_inner().unwrap(), model);
    }

    /// On one thread the bug is as right as the fix: no test without concurrency can find it.
    #[test]
    fn lost_update_is_right_on_one_thread(visits in 0u32..100) {
        let page = AtomicU32::new(0);
        (0..visits).for_each(|_| lab01_lost_update::buggy(&page));
        prop_assert_eq!(page.into_inner(), visits);
    }

    #[test]
    fn check_then_act_pays_what_the_model_pays(
        start in 0i64..200,
        amounts in prop::collection::vec(0i64..100, 0..12),
    ) {
        use lab02_check_then_act as lab;
        let (locked, free, bug) = (Mutex::new(start), AtomicI64::new(start), Mutex::new(start));
        let mut model = start;
        for amount in amounts {
            let paid = model >= amount;
            if paid {
                model -= amount;
            }
            prop_assert_eq!(lab::fixed(&locked, amount), paid);
            prop_assert_eq!(lab::fixed_cas(&free, amount), paid);
            prop_assert_eq!(lab::buggy(&bug, amount), paid, "right too, on one thread");
            prop_assert_eq!(*locked.lock().unwrap(), model);
            prop_assert_eq!(free.load(Relaxed), model);
        }
    }

    /// With one amount for all, how many are paid does not depend on the order.
    #[test]
    fn check_then_act_is_never_overdrawn_by_threads(
        start in 0i64..200,
        amount in 1i64..20,
        shares in shares(),
    ) {
        use lab02_check_then_act as lab;
        let (locked, free) = (Mutex::new(start), AtomicI64::new(start));
        let paid = [AtomicU32::new(0), AtomicU32::new(0)];
        spread(&shares, || {
            paid[0].fetch_add(lab::fixed(&locked, amount).into(), Relaxed);
            paid[1].fetch_add(lab::fixed_cas(&free, amount).into(), Relaxed);
        });
        let asked = i64::from(shares.iter().sum::<u32>());
        let model = asked.min(start / amount);
        let paid = paid.map(|paid| i64::from(paid.into_inner()));
        prop_assert_eq!(paid, [model; 2]);
        prop_assert_eq!(locked.into_inner().unwrap(), start - model * amount);
        prop_assert_eq!(free.into_inner(), start - model * amount);
    }

    #[test]
    fn relaxed_publish_delivers_the_letter_once_it_is_there(
        letter: u32,
        looks_before in 0usize..4,
        looks_after in 0usize..4,
    ) {
        use lab11_relaxed_publish::{Mailbox, fixed};
        let mailbox = Mailbox::default();
        for _ in 0..looks_before {
            prop_assert_eq!(fixed::receive(&mailbox), None);
        }
        // SAFETY: the only call for this mailbox.
        unsafe { fixed::publish(&mailbox, letter) };
        for _ in 0..looks_after {
            prop_assert_eq!(fixed::receive(&mailbox), Some(letter));
        }
    }

    /// A reader that looks until it sees the flag reads the letter.
    #[test]
    fn relaxed_publish_delivers_the_letter_to_a_thread(letter: u32) {
        use lab11_relaxed_publish::{Mailbox, fixed};
        let received = promptly(move || {
            let mailbox = Mailbox::default();
            thread::scope(|s| {
                // SAFETY: the only call for this mailbox.
                s.spawn(|| unsafe { fixed::publish(&mailbox, letter) });
                loop {
                    match fixed::receive(&mailbox) {
                        Some(letter) => break letter,
                        None => thread::yield_now(),
                    }
                }
            })
        });
        prop_assert_eq!(received, letter);
    }

    /// `true` is left, `false` is right. Who comes enters unless the other's flag is up; flags stay up.
    #[test]
    fn store_buffering_lets_in_whom_the_model_lets_in(
        arrivals in prop::collection::vec(any::<bool>(), 0..8),
    ) {
        use lab17_store_buffering as lab;
        for enter in [lab::fixed, lab::fixed_accesses] {
            let flags = [AtomicBool::new(false), AtomicBool::new(false)];
            let mut model = [false; 2];
            for &left in &arrivals {
                let (mine, theirs) = (usize::from(left), usize::from(!left));
                model[mine] = true;
                prop_assert_eq!(enter(&flags[mine], &flags[theirs]), !model[theirs]);
            }
        }
    }

    #[test]
    fn store_buffering_never_lets_in_two_threads(rounds in 1usize..50) {
        use lab17_store_buffering as lab;
        for enter in [lab::fixed, lab::fixed_accesses] {
            for _ in 0..rounds {
                let (left, right) = (AtomicBool::new(false), AtomicBool::new(false));
                let inside = thread::scope(|s| {
                    let other = s.spawn(|| enter(&right, &left));
                    [enter(&left, &right), other.join().unwrap()]
                });
                prop_assert_ne!(inside, [true, true]);
            }
        }
    }

    /// Transfers commute, so threads end with the model's balances too. From an account to itself is among them.
    #[test]
    fn abba_transfers_what_the_model_transfers(
        accounts in 1usize..5,
        transfers in prop::collection::vec((0usize..8, 0usize..8, -50i64..50), 0..20),
    ) {
        use lab22_abba::{self as lab, Bank};
        let transfers: Vec<_> = transfers
            .into_iter()
            .map(|(from, to, amount)| (from % accounts, to % accounts, amount))
            .collect();
        let mut model = vec![100; accounts];
        for &(from, to, amount) in &transfers {
            model[from] -= amount;
            model[to] += amount;
        }
        let bank = || Bank {
            accounts: (0..accounts).map(|_| Mutex::new(100)).collect(),
            ..Bank::default()
        };
        let balances = |bank: Bank| -> Vec<i64> {
            bank.accounts.into_iter().map(|account| account.into_inner().unwrap()).collect()
        };
        for transfer in [lab::buggy, lab::fixed, lab::fixed_one_lock] {
            let one_thread = bank();
            for &(from, to, amount) in &transfers {
                transfer(&one_thread, from, to, amount);
            }
            prop_assert_eq!(&balances(one_thread), &model);
        }
        for transfer in [lab::fixed, lab::fixed_one_lock] {
            let (bank, transfers) = (bank(), transfers.clone());
            let bank = promptly(move || {
                thread::scope(|s| {
                    for part in transfers.chunks(7) {
                        let bank = &bank;
                        s.spawn(move || for &(from, to, amount) in part {
                            transfer(bank, from, to, amount);
                        });
                    }
                });
                bank
            });
            prop_assert_eq!(&balances(bank), &model);
        }
    }

    /// However often it is announced, and before or after: who waits returns.
    #[test]
    fn lost_wakeup_always_wakes(before in 0usize..3, after in 1usize..3) {
        use lab28_lost_wakeup::{self as lab, Signal};
        for announce in [lab::fixed, lab::fixed_flag] {
            promptly(move || {
                let signal = Signal::default();
                (0..before).for_each(|_| announce(&signal));
                thread::scope(|s| {
                    s.spawn(|| (0..after).for_each(|_| announce(&signal)));
                    lab::wait(&signal);
                });
                lab::wait(&signal);
            });
        }
    }

    #[test]
    fn if_not_while_sells_in_the_order_of_baking(
        // `true` bakes; `false` buys, if there is bread: on an empty shelf one thread alone would wait for ever.
        operations in prop::collection::vec(any::<bool>(), 0..20),
    ) {
        use lab29_if_not_while::{self as lab, Bakery};
        for buy in [lab::buggy, lab::fixed, lab::fixed_wait_while] {
            let bakery = Bakery::default();
            let mut model = VecDeque::new();
            for (loaf, &bakes) in (0..).zip(&operations) {
                if bakes {
                    lab::bake(&bakery, loaf);
                    model.push_back(loaf);
                } else if let Some(loaf) = model.pop_front() {
                    prop_assert_eq!(buy(&bakery), Some(loaf));
                }
            }
        }
    }

    #[test]
    fn if_not_while_sells_every_loaf_once(shares in shares()) {
        use lab29_if_not_while::{self as lab, Bakery};
        for buy in [lab::fixed, lab::fixed_wait_while] {
            let shares = shares.clone();
            let loaves: u32 = shares.iter().sum();
            let mut sold = promptly(move || {
                let bakery = Bakery::default();
                let sold = Mutex::new(Vec::new());
                thread::scope(|s| {
                    s.spawn(|| (0..loaves).for_each(|loaf| lab::bake(&bakery, loaf)));
                    spread(&shares, || {
                        let loaf = buy(&bakery);
                        sold.lock().unwrap().push(loaf);
                    });
                });
                sold.into_inner().unwrap()
            });
            sold.sort_unstable();
            prop_assert_eq!(sold, (0..loaves).map(Some).collect::<Vec<_>>());
        }
    }

    /// Stopped before it starts, the server answers nothing, and what was asked stays on the desk.
    #[test]
    fn stop_flag_stopped_first_answers_nothing(asked in 0u32..10) {
        use lab42_stop_flag::{Desk, Server, fixed};
        let desk = promptly(move || {
            let server = Server::default();
            (0..asked).for_each(|_| server.ask());
            fixed::stop(&server);
            fixed::serve(&server);
            server.desk()
        });
        prop_assert_eq!(desk, Desk { waiting: asked, answers: 0, stopping: true });
    }

    /// Whatever was asked before and after the start: it ends, answers nothing after the stop, and nothing that was
    /// not asked.
    #[test]
    fn stop_flag_ends_and_answers_nothing_late(before in 0u32..10, meanwhile in 0u32..10) {
        use lab42_stop_flag::{Server, fixed};
        let (at_stop, desk) = promptly(move || {
            let server = Server::default();
            (0..before).for_each(|_| server.ask());
            let at_stop = thread::scope(|s| {
                s.spawn(|| fixed::serve(&server));
                (0..meanwhile).for_each(|_| server.ask());
                fixed::stop(&server);
                server.desk().answers
            });
            (at_stop, server.desk())
        });
        prop_assert_eq!(desk.answers, at_stop);
        let open = before + meanwhile - desk.waiting;
        prop_assert!(desk.answers == open || desk.answers + 1 == open, "one may be dropped unanswered");
    }

    #[test]
    fn data_race_cell_counts_every_click(shares in shares()) {
        use lab51_data_race_cell as lab;
        let (mutex, atomic) = (Mutex::new(0), AtomicU32::new(0));
        spread(&shares, || {
            lab::fixed(&mutex);
            lab::fixed_atomic(&atomic);
        });
        let model: u32 = shares.iter().sum();
        prop_assert_eq!(mutex.into_inner().unwrap(), model);
        prop_assert_eq!(atomic.into_inner(), model);
    }

    /// As long as the pipe holds all of it, the bug is as right as the fixes.
    #[cfg(unix)]
    #[test]
    fn pipe_deadlock_collects_what_is_printed(kib in 0usize..300) {
        use lab54_pipe_deadlock as lab;
        let count = format!("count={kib}");
        let child = || {
            std::process::Command::new("dd")
                .args(["if=/dev/zero", "bs=1024", &count])
                .stdout(std::process::Stdio::piped())
                .stderr(std::process::Stdio::null())
                .spawn()
                .expect("dd starts")
        };
        for collect in [lab::fixed, lab::fixed_output] {
            prop_assert_eq!(collect(child()).unwrap().len(), kib * 1024);
        }
        // What POSIX promises of any pipe is 512 bytes; Linux, macOS and the BSDs hold 16 KiB or more.
        if kib <= 4 {
            prop_assert_eq!(lab::buggy(child()).unwrap().len(), kib * 1024);
        }
    }

    /// With nobody else there, the end of file comes when the writer is gone.
    #[test]
    fn inherited_fd_hears_the_text_to_its_end(text in ".{0,500}") {
        use std::io::Write;
        let (read, mut write) = lab55_inherited_fd::fixed().unwrap();
        write.write_all(text.as_bytes()).unwrap();
        drop(write);
        prop_assert_eq!(lab55_inherited_fd::listen(read).unwrap(), text);
    }

    #[test]
    fn gil_adds_up_the_same_squares(squares in 0u64..400_000, threads in 1usize..5) {
        let model = (0..squares).map(|n| n * n).sum::<u64>();
        prop_assert_eq!(lab59_gil::buggy(squares, threads).unwrap(), model);
        prop_assert_eq!(lab59_gil::fixed(squares, threads).unwrap(), model);
    }

    /// In however many parts, and by whoever computes them.
    #[test]
    fn too_many_threads_adds_up_the_same_squares(squares in 0u64..50_000, parts in 1u64..40) {
        use lab63_too_many_threads as lab;
        let model = (0..squares).map(|n| n * n).sum::<u64>();
        let pool = racecourse::pool::ThreadPool::new(2);
        prop_assert_eq!(lab::buggy(squares, parts).unwrap(), model);
        prop_assert_eq!(lab::buggy_forks(squares, parts).unwrap(), model);
        prop_assert_eq!(lab::fixed(&pool, squares, parts), model);
    }
}

/// The limbs in one number, against arithmetic that knows no limbs; and the last as the lecture prints it.
#[test]
fn creation_cost_computes_the_lectures_factorials() {
    use lab64_creation_cost as lab;
    let pool = racecourse::pool::ThreadPool::new(2);
    let big = |number: &lab::Number| {
        let limbs = number.iter().rev();
        limbs.fold(num_bigint::BigUint::ZERO, |sum, &limb| (sum << 64) + limb)
    };
    let mut product = num_bigint::BigUint::from(1u32);
    let model: Vec<_> = (1..=lab::LAST)
        .map(|n| {
            product *= n;
            product.clone()
        })
        .collect();
    for numbers in [lab::buggy().unwrap(), lab::fixed(&pool), lab::fixed_loop()] {
        let numbers: Vec<_> = numbers.iter().map(big).collect();
        assert_eq!(numbers, model);
    }
    let last = "12413915592536072670862289047373375038521486354677760000000000";
    assert_eq!(model.last().map(ToString::to_string).as_deref(), Some(last));
}
