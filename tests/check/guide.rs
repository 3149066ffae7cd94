//! What the guide shows is what is printed.

use std::sync::Arc;

use racecourse::check::lock_order::watch;
use racecourse::check::{Checker, Report, name};
use racecourse::labs::lab22_abba::{Bank, buggy};
use racecourse::sync::Mutex;
use racecourse::sync::atomic::{AtomicU32, Ordering::Relaxed};
use racecourse::thread;

const GUIDE: &str = include_str!("../../src/guide.md");

/// Whether a block of the guide is this text, times apart.
#[track_caller]
fn is_shown(text: &str) {
    let timeless = |text: &str| -> Vec<String> {
        let lines = text
            .trim_end()
            .lines()
            .map(|line| match line.split_once(" (explorer, ") {
                Some((before, rest)) => format!("{before}{}", rest.split_once(')').unwrap().1),
                None => line.trim_end().to_owned(),
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
