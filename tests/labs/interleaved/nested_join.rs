//! The steps of lab `nested-join`.

use std::collections::VecDeque;

use super::*;

#[derive(Clone, Copy)]
enum Task {
    Page(usize),
    Load(usize),
}

/// Both threads are workers, on two pages. Thread 0 has ordered the second one before.
#[derive(Clone)]
struct Pool {
    tasks: VecDeque<Task>,
    loaded: [bool; 2],
    unfinished: u32,
    /// The page that a worker makes, and the image that it loads.
    page: [usize; 2],
    image: [usize; 2],
    desk: Lock,
    came: Bell,
    image_came: Bell,
}

fn ring_all(bell: &mut Bell) {
    bell.ring();
    bell.ring();
}

fn lock(pool: &mut Pool, me: usize) -> Step {
    pool.desk.take(me)
}

fn unlock(pool: &mut Pool, me: usize) -> Step {
    pool.desk.free(me);
    Step::Next
}

fn order_the_second(pool: &mut Pool, _: usize) -> Step {
    pool.tasks.push_back(Task::Page(1));
    ring_all(&mut pool.came);
    Step::Next
}

/// Goes on with a step of the work, which thread 0 begins after the order.
fn work_at(step: usize, me: usize) -> Step {
    Step::Goto(if me == 0 { ORDER + step } else { step })
}

fn again(_: &mut Pool, me: usize) -> Step {
    work_at(0, me)
}

fn take_or_sleep(pool: &mut Pool, me: usize) -> Step {
    if pool.unfinished == 0 {
        pool.desk.free(me);
        return Step::End;
    }
    match pool.tasks.pop_front() {
        Some(Task::Page(page)) => pool.page[me] = page,
        Some(Task::Load(page)) => {
            pool.image[me] = page;
            pool.desk.free(me);
            return work_at(LOAD, me);
        }
        None => {
            pool.came.sleep(&mut pool.desk, me);
            return Step::Next;
        }
    }
    pool.desk.free(me);
    work_at(PAGE, me)
}

fn wake_and_look_again(pool: &mut Pool, me: usize) -> Step {
    match pool.came.wake(&mut pool.desk, me) {
        Step::Next => work_at(1, me),
        blocked => blocked,
    }
}

fn load(pool: &mut Pool, me: usize) -> Step {
    pool.loaded[pool.image[me]] = true;
    ring_all(&mut pool.image_came);
    Step::Next
}

fn submit(pool: &mut Pool, me: usize) -> Step {
    pool.tasks.push_back(Task::Load(pool.page[me]));
    ring_all(&mut pool.came);
    Step::Next
}

fn finish(pool: &mut Pool, me: usize) -> Step {
    pool.unfinished -= 1;
    if pool.unfinished == 0 {
        ring_all(&mut pool.came);
    }
    pool.desk.free(me);
    work_at(0, me)
}

fn finish_or_sleep(pool: &mut Pool, me: usize) -> Step {
    if pool.loaded[pool.page[me]] {
        return finish(pool, me);
    }
    pool.image_came.sleep(&mut pool.desk, me);
    Step::Next
}

fn finish_or_help_or_sleep(pool: &mut Pool, me: usize) -> Step {
    if pool.loaded[pool.page[me]] {
        return finish(pool, me);
    }
    let page = pool.page[me];
    let mine = pool
        .tasks
        .iter()
        .position(|task| matches!(task, Task::Load(other) if *other == page));
    match mine {
        Some(mine) => {
            pool.tasks.remove(mine);
            pool.image[me] = page;
            pool.desk.free(me);
            work_at(HELP, me)
        }
        None => {
            pool.image_came.sleep(&mut pool.desk, me);
            Step::Next
        }
    }
}

fn wake_in_the_page(pool: &mut Pool, me: usize) -> Step {
    match pool.image_came.wake(&mut pool.desk, me) {
        Step::Next => work_at(PAGE + 2, me),
        blocked => blocked,
    }
}

fn look_again(_: &mut Pool, me: usize) -> Step {
    work_at(PAGE + 2, me)
}

/// How many steps the order has.
const ORDER: usize = 3;
// Where in the list a worker loads an image, makes a page, and loads an image while it makes a page.
const LOAD: usize = 3;
const PAGE: usize = 7;
const HELP: usize = 11;

fn program(wait: Action<Pool>) -> Program<Pool> {
    let order: [Action<Pool>; ORDER] = [lock, order_the_second, unlock];
    let work: Vec<Action<Pool>> = vec![
        lock,
        take_or_sleep,
        wake_and_look_again,
        lock, // LOAD
        load,
        unlock,
        again,
        lock, // PAGE
        submit,
        wait,
        wake_in_the_page,
        lock, // HELP
        load,
        unlock,
        lock,
        look_again,
    ];
    Program {
        start: Pool {
            tasks: VecDeque::from([Task::Page(0)]),
            loaded: [false; 2],
            unfinished: 2,
            page: [0; 2],
            image: [0; 2],
            desk: Lock::default(),
            came: Bell::default(),
            image_came: Bell::default(),
        },
        threads: vec![[order.as_slice(), &work].concat(), work],
    }
}

#[test]
fn the_bug_is_found_and_shrunk_to_nothing() {
    let bug = program(finish_or_sleep);
    let schedule = bug.find(done).expect("found");
    // Main orders, and is the first to come: one takes a page, the other the other.
    assert!(schedule.is_empty(), "{schedule:?}");
    let end = bug.run(&schedule);
    assert_eq!((end.ended, end.state.tasks.len()), (Ended::Stuck, 2));
    let ends = bug.all(|end| end.ended);
    assert_eq!(
        ends.len(),
        2,
        "it ends if an image comes before the second page: {ends:?}"
    );
}

#[test]
fn who_helps_finishes_both_pages() {
    let ends = program(finish_or_help_or_sleep).all(|end| (end.ended, end.state.unfinished));
    assert_eq!(ends, BTreeSet::from([(Ended::AllDone, 0)]));
}
