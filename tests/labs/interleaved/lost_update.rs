//! The steps of lab `lost-update`.

use super::*;

#[derive(Clone, Default)]
struct Page {
    visits: u32,
    seen: [u32; 2],
    lock: Lock,
}

fn load(page: &mut Page, me: usize) -> Step {
    page.seen[me] = page.visits;
    Step::Next
}

fn store(page: &mut Page, me: usize) -> Step {
    page.visits = page.seen[me] + 1;
    Step::Next
}

fn fetch_add(page: &mut Page, _: usize) -> Step {
    page.visits += 1;
    Step::Next
}

fn lock(page: &mut Page, me: usize) -> Step {
    page.lock.take(me)
}

fn unlock(page: &mut Page, me: usize) -> Step {
    page.lock.free(me);
    Step::Next
}

fn program(visit: &[Action<Page>]) -> Program<Page> {
    Program {
        start: Page::default(),
        threads: vec![visit.to_vec(), visit.to_vec()],
    }
}

#[test]
fn the_bug_is_found_and_shrunk_to_one_pick() {
    let bug = program(&[load, store]);
    let schedule = bug.find(|end| end.state.visits == 2).expect("found");
    assert_eq!(
        schedule,
        [1],
        "start with the second thread; the first overtakes it"
    );
    assert_eq!(bug.run(&schedule).state.visits, 1);
}

#[test]
fn all_schedules_reach_what_the_lab_declares() {
    for (variant, visit) in [
        ("buggy", &[load, store] as &[Action<Page>]),
        ("fixed", &[fetch_add]),
        ("fixed-mutex", &[lock, load, store, unlock]),
    ] {
        let reached = program(visit).all(|end| end.state.visits.to_string());
        assert_eq!(reached, declared("lost-update", variant), "{variant}");
    }
}
