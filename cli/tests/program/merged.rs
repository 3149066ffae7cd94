//! Searches in parts, and with several workers.

use std::path::Path;

use super::{directory, good, refused};

/// The parts of a search, written to files.
fn parts(directory: &Path, lab: &str, variant: &str, of: u32) -> Vec<String> {
    let part = |index: u32| {
        let shard = format!("{index}/{of}");
        let report = good(&[
            "race",
            lab,
            "--variant",
            variant,
            "--shard",
            &shard,
            "--json",
        ]);
        let file = directory.join(format!("part-{index}.json"));
        std::fs::write(&file, report).expect("a file");
        file.to_str().expect("a path").to_owned()
    };
    (1..=of).map(part).collect()
}

fn executions(report: &str) -> u64 {
    let report: serde_json::Value = serde_json::from_str(report).expect("JSON");
    report["executions"].as_u64().expect("a number")
}

#[test]
fn parts_are_merged_to_the_whole() {
    let directory = directory("merged");
    let files = parts(&directory, "lost-wakeup", "fixed", 3);
    let merge: Vec<&str> = ["merge", "--json"]
        .into_iter()
        .chain(files.iter().map(String::as_str))
        .collect();
    let merged = good(&merge);
    let whole = good(&["race", "lost-wakeup", "--variant", "fixed", "--json"]);
    assert_eq!(executions(&merged), executions(&whole));
    assert!(merged.contains("\"kind\": \"verified\""), "{merged}");
    let text = good(&[
        "race",
        "lost-wakeup",
        "--variant",
        "fixed",
        "--shard",
        "1/3",
    ]);
    assert!(text.contains("this is shard 1 of 3"), "{text}");
    assert!(text.contains("merge FILE..."), "{text}");
}

#[test]
fn a_part_that_is_missing_is_told() {
    let directory = directory("missing");
    let files = parts(&directory, "abba", "fixed", 2);
    refused(&["merge", &files[1]], &["of 2 shards, 1 is missing"]);
    refused(
        &["merge", &files[1], &files[1]],
        &["shard 2 is there twice"],
    );
    refused(&["merge", "nowhere.json"], &["nowhere.json cannot be read"]);
    std::fs::write(&files[0], "{}").expect("a file");
    refused(&["merge", &files[0]], &["is no report"]);
}

#[test]
fn a_part_that_there_is_not_is_refused() {
    for (shard, why) in [
        ("0/2", "there is no part 0 of 2"),
        ("3/2", "there is no part 3 of 2"),
        ("half", "write it as K/N"),
    ] {
        refused(&["race", "abba", "--shard", shard], &[why]);
    }
}

#[test]
fn workers_find_the_same() {
    let run = |workers| good(&["race", "abba", "--workers", workers]);
    let table = |text: &str| {
        let lines = text.lines().skip_while(|line| !line.starts_with("step"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(table(&run("1")), table(&run("3")));
}
