//! Every fixed variant against a sequential model, under generated operations: step by step on one thread, and on real
//! threads wherever the model's answer does not depend on their order.

mod lab03_private_copy;
mod lab04_torn_invariant;
mod lab05_double_read;
mod lab06_wrong_lock;
mod lab08_file_toctou;
mod lab09_use_before_init;
mod lab10_sleep_is_not_sync;
mod lab11_relaxed_publish;
mod lab12_relaxed_unlock;
mod lab13_double_checked_init;
mod lab14_weak_queue;
mod lab15_release_sequence;
mod lab16_refcount_acquire;
mod lab18_load_buffering;
mod lab19_weak_cas;
mod lab20_iriw;
mod lab21_seqlock_tear;
mod lab23_philosophers;
mod lab24_double_lock;
mod lab25_guard_temporary;
mod lab26_job_under_lock;
mod lab27_recursive_read;
mod lab30_notify_one_mixed;
mod lab31_wait_holding_another;
mod lab32_live_sender;
mod lab33_cyclic_send;
mod lab34_send_under_lock;
mod lab36_lock_across_steal;
mod lab37_reentrant_init;
mod lab38_barrier_reuse;
mod lab41_poison_cascade;
mod lab43_close_vs_send;
mod lab44_livelock;
mod lab45_starvation;
mod lab46_unbounded_queue;
mod lab49_aba;
mod lab50_last_drop;
mod lab52_wrong_send_sync;
mod lab53_steal_twice;
mod lab60_false_sharing;
mod lab61_lock_granularity;
mod lab65_producer_consumer;
mod lab66_readers_writers;
mod lab67_sleeping_barber;
mod lab68_cigarette_smokers;
mod lab69_building_h2o;
mod lab70_santa_claus;
mod lab71_dining_savages;

use std::collections::VecDeque;
use std::panic;
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

fn new_row() -> Mutex<lab07_stale_write_back::Row> {
    let customer = lab07_stale_write_back::Customer {
        city: "Boulder",
        orders: 0,
    };
    Mutex::new(lab07_stale_write_back::Row {
        customer,
        version: 0,
    })
}

fn order(customer: &mut lab07_stale_write_back::Customer) {
    customer.orders += 1;
}

fn move_house(customer: &mut lab07_stale_write_back::Customer) {
    customer.city = "Zurich";
}

/// How many pages are left when all workers have gone home.
fn unfinished(make: fn(&lab35_nested_join::Pool, usize), pages: usize, workers: usize) -> usize {
    let pool = lab35_nested_join::Pool::new(pages);
    (0..pages).for_each(|page| pool.order(make, page));
    thread::scope(|s| {
        for _ in 0..workers {
            s.spawn(|| pool.work());
        }
    });
    pool.unfinished()
}

/// Stands for a thread that panics.
#[derive(Clone, Copy, Debug)]
struct Panic;

/// What becomes of a thread that asks for a temperature.
fn fate() -> impl Strategy<Value = Result<lab39_silent_death::Answer, Panic>> {
    prop_oneof![
        3 => any::<i32>().prop_map(|temperature| Ok(Ok(temperature))),
        1 => Just(Ok(Err(lab39_silent_death::Failure::Refused))),
        1 => Just(Err(Panic)),
    ]
}

/// The balance after so many pairs of deposits. The rate comes from a thread of its own unless it is there first.
fn balance(
    deposit: impl AsyncFn(&lab48_guard_across_await::Bank),
    pairs: u32,
    rate_first: bool,
) -> u32 {
    use lab48_guard_across_await::{Bank, both};
    let bank = Bank::default();
    thread::scope(|s| {
        if rate_first {
            bank.rate.open();
        } else {
            s.spawn(|| bank.rate.open());
        }
        for _ in 0..pairs {
            thread::block_on(both(deposit(&bank), deposit(&bank)));
        }
    });
    bank.balance.into_inner().unwrap()
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

    /// `true` orders, `false` moves; any row of requests on one thread, whatever the variant.
    #[test]
    fn stale_write_back_keeps_what_the_model_keeps(requests in prop::collection::vec(any::<bool>(), 0..20)) {
        use lab07_stale_write_back as lab;
        let model = lab::Customer {
            city: if requests.contains(&false) { "Zurich" } else { "Boulder" },
            orders: requests.iter().filter(|&&orders| orders).count() as u32,
        };
        for process in [lab::buggy, lab::fixed, lab::fixed_hold] {
            let row = new_row();
            for &orders in &requests {
                process(&row, if orders { order } else { move_house });
            }
            prop_assert_eq!(row.into_inner().unwrap().customer, model);
        }
    }

    #[test]
    fn stale_write_back_keeps_the_changes_of_all_threads(shares in shares()) {
        use lab07_stale_write_back as lab;
        for process in [lab::fixed, lab::fixed_hold] {
            let row = new_row();
            thread::scope(|s| {
                s.spawn(|| process(&row, move_house));
                spread(&shares, || process(&row, order));
            });
            let model = lab::Customer { city: "Zurich", orders: shares.iter().sum() };
            prop_assert_eq!(row.into_inner().unwrap().customer, model);
        }
    }

    #[test]
    fn relaxed_publish_delivers_the_letter_once_it_is_there(
        letter: u32,
        looks_before in 0usize..4,
        looks_after in 0usize..4,
    ) {
        use racecourse::labs::lab11_relaxed_publish::{Mailbox, fixed};
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
        use racecourse::labs::lab11_relaxed_publish::{Mailbox, fixed};
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

    /// With the fixes any number of workers makes any number of pages.
    #[test]
    fn nested_join_finishes_every_page(pages in 0usize..8, workers in 1usize..5) {
        use lab35_nested_join as lab;
        for make in [lab::fixed, lab::fixed_inline] {
            prop_assert_eq!(promptly(move || unfinished(make, pages, workers)), 0);
        }
    }

    /// The bug is none as long as a worker is left over.
    #[test]
    fn nested_join_is_right_with_more_workers_than_pages(pages in 0usize..4, more in 1usize..3) {
        use lab35_nested_join::buggy;
        prop_assert_eq!(promptly(move || unfinished(buggy, pages, pages + more)), 0);
    }

    /// Whatever becomes of each thread: a temperature, an error, a panic.
    #[test]
    fn silent_death_tells_what_became_of_every_city(fates in prop::array::uniform2(fate())) {
        use lab39_silent_death::{self as lab, CITIES, Failure};
        let ask = |city: &str| match fates[usize::from(city == CITIES[1])] {
            Ok(answer) => answer,
            Err(Panic) => panic::resume_unwind(Box::new("no network")),
        };
        let model = fates.map(|fate| fate.unwrap_or(Err(Failure::Died)));
        for gather in [lab::fixed, lab::fixed_slot] {
            prop_assert_eq!(gather(&ask), model);
        }
        if model.iter().all(Result::is_ok) {
            prop_assert_eq!(lab::buggy(&ask), model, "right too, as long as nothing fails");
        }
    }

    /// A task that returns, or panics; joined while it runs, or after.
    #[test]
    fn join_after_panic_hears_how_the_task_ended(value: Option<u32>, late: bool) {
        use lab40_join_after_panic::{self as lab, Panicked, Task};
        let job = move || value.unwrap_or_else(|| panic::resume_unwind(Box::new("no value")));
        let mut runs = vec![lab::fixed as fn(&Task, &lab::Job<'_>), lab::fixed_catch];
        if value.is_some() {
            runs.push(lab::buggy);
        }
        for run in runs {
            let result = promptly(move || {
                let task = Task::default();
                thread::scope(|s| {
                    let worker = s.spawn(|| run(&task, &job));
                    if late {
                        let _ = worker.join();
                        return task.join();
                    }
                    let result = task.join();
                    let _ = worker.join();
                    result
                })
            });
            prop_assert_eq!(result, value.ok_or(Panicked));
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

    /// However many questions come too early, no permit is lost, and who asks after the start is answered.
    #[test]
    fn semaphore_permit_leak_loses_no_permit(early in 0u32..5, shares in shares()) {
        use lab47_semaphore_permit_leak::{self as lab, Database};
        for question in [lab::fixed, lab::fixed_cancelled, lab::fixed_semaphore] {
            let shares = shares.clone();
            let permits = promptly(move || {
                let database = Database::default();
                for _ in 0..early {
                    let _ = panic::catch_unwind(panic::AssertUnwindSafe(|| question(&database)));
                    assert_eq!(database.permits(), [1, 1]);
                }
                database.start();
                spread(&shares, || question(&database));
                database.permits()
            });
            prop_assert_eq!(permits, [1, 1]);
        }
    }

    /// The bugs are none as long as nothing fails; and one failure is enough, on one thread.
    #[test]
    fn semaphore_permit_leak_is_right_until_a_question_fails(questions in 0u32..5) {
        use lab47_semaphore_permit_leak::{self as lab, Database};
        for question in [lab::buggy, lab::buggy_cancelled] {
            let database = Database::default();
            database.start();
            (0..questions).for_each(|_| question(&database));
            prop_assert_eq!(database.permits(), [1, 1]);
            let database = Database::default();
            let _ = panic::catch_unwind(panic::AssertUnwindSafe(|| question(&database)));
            prop_assert_eq!(database.permits(), [0, 1]);
        }
    }

    /// Pairs of deposits, one pair after the other. With the rate there from the start the bug is none.
    #[test]
    fn guard_across_await_deposits_everything(pairs in 0u32..6, rate_first: bool) {
        use lab48_guard_across_await::{self as lab, RATE};
        let model = pairs * 2 * RATE;
        prop_assert_eq!(promptly(move || balance(lab::fixed, pairs, rate_first)), model);
        prop_assert_eq!(promptly(move || balance(lab::fixed_async_lock, pairs, rate_first)), model);
        if rate_first {
            prop_assert_eq!(promptly(move || balance(lab::buggy, pairs, true)), model);
        }
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

/// However the text reaches whoever sums it.
#[cfg(unix)]
#[test]
fn threads_vs_processes_sums_the_same_bytes() {
    use racecourse::labs::lab62_threads_vs_processes as lab;
    use racecourse::pool::{ProcessPool, ThreadPool};
    let (threads, processes) = (ThreadPool::new(1), ProcessPool::new(1));
    for length in [0, 1, 26, 27, 4_095, 65_537, 2_000_000] {
        let text = lab::Text::new(length).unwrap();
        let model = (0..length)
            .map(|n| u64::from(b'a') + n as u64 % 26)
            .sum::<u64>();
        assert_eq!(lab::buggy(&processes, &text).unwrap(), model);
        assert_eq!(lab::fixed(&threads, &text).unwrap(), model);
        assert_eq!(lab::fixed_shared(&processes, &text).unwrap(), model);
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
