//! What the guide shows is what is printed.

use std::sync::Arc;

use racecourse::check::lock_order::watch;
use racecourse::check::{Checker, Engine, Report, Weakest, name};
use racecourse::labs::{
    self,
    lab22_abba::{Bank, buggy},
};
use racecourse::sync::Mutex;
use racecourse::sync::atomic::{
    AtomicU32,
    Ordering::{Relaxed, SeqCst},
    fence,
};
use racecourse::thread;

const GUIDE: &str = include_str!("../../src/guide.md");

/// Whether a block of the guide is this text, times apart.
#[track_caller]
fn is_shown(text: &str) {
    let timeless = |text: &str| -> Vec<String> {
        let lines = text.trim_end().lines().map(|line| {
            match line
                .split_once(" (explorer, ")
                .or(line.split_once(" (sampler, "))
            {
                Some((before, rest)) => format!("{before}{}", rest.split_once(')').unwrap().1),
                None if line.contains(" checks, ") => line.rsplit_once(", ").unwrap().0.to_owned(),
                None => line.trim_end().to_owned(),
            }
        });
        lines.collect()
    };
    let wanted = timeless(text);
    let mut blocks = GUIDE.split("```text\n").skip(1);
    let shown = blocks.any(|block| timeless(block.split("\n```").next().unwrap()) == wanted);
    assert!(shown, "the guide does not show\n{text}");
}

#[test]
fn a_potential_deadlock() {
    let bank = Bank {
        accounts: vec![Mutex::new(100), Mutex::new(100)],
        house: Mutex::new(()),
    };
    let found = watch(|| {
        name(&bank.accounts[0], "a");
        name(&bank.accounts[1], "b");
        for (from, to) in [(0, 1), (1, 0)] {
            thread::scope(|s| {
                s.spawn(|| buggy(&bank, from, to, 5)).join().unwrap();
            });
        }
    });
    is_shown(&found.to_string());
}

fn cut() -> Report {
    Checker::new().max_executions(10).run(|| {
        let count = Arc::new(AtomicU32::new(0));
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let count = Arc::clone(&count);
                thread::spawn(move || {
                    count.fetch_add(1, Relaxed);
                    count.fetch_add(1, Relaxed);
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
    })
}

#[test]
fn a_search_that_was_cut() {
    is_shown(&cut().to_string());
}

fn never_both() {
    let (left, right) = (AtomicU32::new(0), AtomicU32::new(0));
    let enters = |mine: &AtomicU32, theirs: &AtomicU32| {
        mine.store(1, SeqCst);
        fence(SeqCst);
        theirs.load(SeqCst) == 0
    };
    let both = thread::scope(|s| {
        let other = s.spawn(|| enters(&left, &right));
        enters(&right, &left) && other.join().unwrap()
    });
    assert!(!both, "the room holds one");
}

#[test]
fn the_weakest_orderings() {
    let found = Weakest::new(Checker::new()).run(never_both);
    is_shown(&found.expect("it verifies").to_string());
}

#[test]
fn what_repairs_a_bug() {
    let lab = labs::find("store-buffering").expect("a lab");
    let search = Weakest::new(Checker::new()).stronger(true);
    let found = lab.variants[0].scenario.weakest(&search);
    is_shown(&found.expect("SeqCst repairs it").to_string());
}

fn six_clerks() {
    let total = Arc::new(Mutex::new(0));
    let clerks = [(); 6].map(|()| {
        let total = Arc::clone(&total);
        thread::spawn(move || {
            for _ in 0..3 {
                *total.lock().unwrap() += 1;
            }
        })
    });
    for clerk in clerks {
        clerk.join().unwrap();
    }
    assert_eq!(*total.lock().unwrap(), 18);
}

#[test]
fn what_a_sampler_covered() {
    let engine = Engine::Sampler {
        seed: 1,
        executions: 5_000,
    };
    let report = Checker::new().engine(engine).depth(2).run(six_clerks);
    is_shown(&report.to_string());
}

/// What is run here, and the example, are what the guide shows.
#[test]
fn its_code_is_this() {
    let words = |code: &str| code.split_whitespace().collect::<String>();
    let guide = words(GUIDE);
    let here = include_str!("guide.rs");
    for name in ["fn never_both() {", "fn six_clerks() {"] {
        let start = here.find(name).unwrap();
        let code = here[start..].split_inclusive("\n}\n").next().unwrap();
        assert!(
            guide.contains(&words(code)),
            "the guide does not show\n{code}"
        );
    }
    let example = include_str!("../../examples/shards.rs");
    let code = example.split_once("\nuse ").unwrap().1;
    assert!(
        guide.contains(&words(code)),
        "the guide does not show\n{code}"
    );
}

#[test]
fn its_links_lead_to_its_headings() {
    let headings: Vec<String> = GUIDE
        .lines()
        .filter_map(|line| line.strip_prefix("# "))
        .filter(|line| !line.contains(['[', '=']))
        .map(|heading| {
            let words = heading.to_lowercase().replace(' ', "-");
            words
                .chars()
                .filter(|c| c.is_alphanumeric() || *c == '-')
                .collect()
        })
        .collect();
    for link in GUIDE.split("](#").skip(1) {
        let target = link.split(')').next().unwrap();
        assert!(
            headings.iter().any(|heading| heading == target),
            "#{target}: {headings:?}"
        );
    }
}
