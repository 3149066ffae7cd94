//! What is found, for people and for programs.

use super::{good, out, run};

#[test]
fn race_shows_the_counterexample_and_agrees_with_the_lab() {
    let text = good(&["race", "abba"]);
    for part in [
        "failed: deadlock after ",
        "waits for",
        "✗ deadlock: ",
        "As the lab declares (fails: deadlock).",
        " race abba --variant fixed",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    let lab = racecourse::labs::find("abba").expect("abba");
    let (_, line) = lab.failing_place(&lab.variants[0]).expect("a marked line");
    assert!(text.contains(&format!("{}:{line}", lab.file)), "{text}");
    let table = text
        .lines()
        .skip_while(|line| !line.starts_with("step"))
        .take_while(|line| !line.is_empty());
    assert!(
        table.clone().count() > 5 && table.clone().all(|line| line.chars().count() <= 100),
        "{text}"
    );
}

#[test]
fn race_replays_what_was_found() {
    for engine in ["explorer", "sampler"] {
        let found = good(&["race", "abba", "--engine", engine]);
        let command = found.lines().find_map(|line| line.strip_prefix("replay: "));
        let command = command.unwrap_or_else(|| panic!("{found}"));
        assert!(
            command.contains(" race abba --variant buggy --replay rc1-"),
            "{command}"
        );
        let token = command.rsplit(' ').next().unwrap();
        let again = good(&["race", "abba", "--variant", "buggy", "--replay", token]);
        // The sampler's executions are the explorer's.
        let head = "failed: deadlock in the one execution that was replayed (explorer";
        assert!(again.contains(head), "{again}");
        let table = |text: &str| {
            let lines = text.lines().skip_while(|line| !line.starts_with("step"));
            let lines = lines.take_while(|line| !line.is_empty());
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(table(&found), table(&again));
    }
}

#[test]
fn race_says_where_a_token_does_not_fit() {
    let found = good(&["race", "abba"]);
    let token = found.lines().find_map(|line| line.strip_prefix("replay: "));
    let token = token
        .and_then(|line| line.rsplit(' ').next())
        .expect("a token");
    for (lab, variant) in [("abba", "fixed"), ("lost-update", "buggy")] {
        let text = good(&["race", lab, "--variant", variant, "--replay", token]);
        assert!(
            text.contains("incomplete: one execution was replayed"),
            "{text}"
        );
        assert!(!text.contains("The lab declares"), "{text}");
    }
}

#[test]
fn race_says_what_would_remove_the_failure() {
    let text = good(&["race", "relaxed-publish"]);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let sentence = "(now Relaxed) and Acquire at lab11_relaxed_publish.rs:";
    assert!(
        text.contains("With Release at lab11_relaxed_publish.rs:"),
        "{text}"
    );
    assert!(
        text.contains(sentence) && text.contains("this does not happen: verified, "),
        "{text}"
    );
}

#[test]
fn race_of_a_fix_is_verified() {
    let text = good(&["race", "1", "--variant", "fixed"]);
    assert!(
        text.contains("verified: all of ") && text.contains("As the lab declares (verified)."),
        "{text}"
    );
}

#[test]
fn race_with_one_seed_is_the_same_each_time() {
    let failure = || -> serde_json::Value {
        let report: serde_json::Value = serde_json::from_str(&good(&[
            "race", "abba", "--engine", "sampler", "--seed", "7", "--json",
        ]))
        .expect("JSON");
        report["failure"].clone()
    };
    let first = failure();
    assert_eq!(first["kind"], "deadlock");
    assert_eq!(first, failure());
}

#[test]
fn race_that_is_cut_short_says_so() {
    let text = good(&[
        "race",
        "if-not-while",
        "--variant",
        "fixed",
        "--executions",
        "3",
    ]);
    assert!(
        text.contains("incomplete: ") && text.contains("max_executions"),
        "{text}"
    );
}

#[test]
fn verify_finds_what_each_lab_declares() {
    let text = good(&["verify", "--lab", "lost-update", "--lab", "22"]);
    let lab = |slug| {
        racecourse::labs::find(slug)
            .expect(slug)
            .all_variants()
            .count()
    };
    // Under three engines.
    let checks = 3 * (lab("lost-update") + lab("abba"));
    assert_eq!(text.matches('✓').count(), checks, "{text}");
    assert!(
        !text.contains('✗') && text.contains(&format!("all {checks} as declared")),
        "{text}"
    );
    assert!(
        !text.contains('\r') && !text.contains('\u{1b}'),
        "no bar and no colour on a pipe: {text:?}"
    );
}

#[test]
fn verify_is_what_runs_without_a_terminal() {
    let text = good(&[]);
    assert!(
        text.contains("checks: every variant and wrong fix of")
            && text.contains(" as declared, in "),
        "{text}"
    );
}

#[test]
fn verify_as_json() {
    let text = good(&["verify", "--lab", "abba", "--engine", "loom", "--json"]);
    let summary: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let lab = racecourse::labs::find("abba").expect("lab 22");
    assert_eq!(
        (&summary["different"], &summary["as_declared"]),
        (&0.into(), &lab.all_variants().count().into())
    );
    let bug = &summary["checks"][0];
    assert_eq!(
        (&bug["lab"], &bug["variant"], &bug["engine"]),
        (&"abba".into(), &"buggy".into(), &"loom".into())
    );
    assert_eq!(bug["verdict"], serde_json::json!({"kind": "failed"}));
    assert_eq!(bug["failure"]["kind"], "deadlock");
    assert_eq!(
        (&bug["as_declared"], &bug["difference"]),
        (&true.into(), &serde_json::Value::Null)
    );
    assert_eq!(summary["checks"][1]["verdict"]["kind"], "verified");
}

/// What no engine runs is driven: once, and told like anything else.
#[cfg(target_os = "linux")]
#[test]
fn race_and_verify_drive_what_no_engine_runs() {
    let text = good(&["race", "pipe-deadlock"]);
    let lab = racecourse::labs::find("pipe-deadlock").expect("lab 54");
    let (_, line) = lab.failing_place(&lab.variants[0]).expect("a marked line");
    for part in [
        "failed: deadlock, driven on this system (",
        &format!("at {}:{line}, in parent", lab.file),
        "sleeps in write ■ waits for a reader",
        "✗ deadlock: ",
        "As the lab declares (fails: deadlock).",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    let text = good(&["race", "orphan", "--variant", "fixed"]);
    for part in [
        "passed: driven to the same place",
        "As the lab declares (passes).",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    let driven = good(&["race", "orphan", "--json"]);
    let driven: serde_json::Value = serde_json::from_str(&driven).expect("JSON");
    let verdict = serde_json::json!({"kind": "failed", "failure": "leak"});
    assert_eq!(driven["verdict"], verdict);
    assert_eq!(driven["timeline"]["threads"][2], "worker");

    let labs = ["verify", "--lab", "pipe-deadlock", "--lab", "abba"];
    let text = good(&labs);
    let abba = racecourse::labs::find("abba").expect("abba");
    let checks = 3 * abba.all_variants().count() + lab.all_variants().count();
    for part in [
        "explorer, loom and sampler, or driven on this system",
        &format!("all {checks} as declared"),
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    let summary = good(&["verify", "--lab", "54", "--json"]);
    let summary: serde_json::Value = serde_json::from_str(&summary).expect("JSON");
    let bug = &summary["checks"][0];
    assert_eq!(bug["engine"], "driven");
    assert_eq!(bug["failure"]["kind"], "deadlock");
    assert_eq!(bug["failure"]["location"]["line"], line);
    assert_eq!(summary["checks"][1]["found"], "passes");
}

#[test]
fn verify_counts_a_check_that_does_not_answer_as_different() {
    let output = run(&[
        "verify",
        "--lab",
        "abba",
        "--engine",
        "loom",
        "--timeout",
        "0",
    ]);
    assert_eq!(output.status.code(), Some(1));
    let text = out(&output);
    let lab = racecourse::labs::find("abba").expect("lab 22");
    let all = lab.all_variants().count();
    let differ = format!("{all} of {all} differ");
    assert!(
        text.contains("gave no answer in 0 s") && text.contains(&differ),
        "{text}"
    );
}

#[test]
fn json_of_the_list_has_every_lab() {
    let list: serde_json::Value = serde_json::from_str(&good(&["list", "--json"])).expect("JSON");
    let labs = racecourse::labs::all();
    assert_eq!(list.as_array().map(Vec::len), Some(labs.len()));
    assert_eq!(list[0]["slug"], labs[0].slug);
    let text = good(&["list"]);
    assert!(
        labs.iter()
            .all(|lab| text.contains(lab.slug) && text.contains(lab.room)),
        "{text}"
    );
}

#[test]
fn json_of_the_pool_keeps_every_digit() {
    let text = good(&[
        "pool",
        "factor",
        "--json",
        "340282366920938463463374607431768211297",
        "4",
    ]);
    let results: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        results[0]["factors"],
        serde_json::json!(["340282366920938463463374607431768211297"])
    );
    assert_eq!(
        results[1],
        serde_json::json!({"number": "4", "factors": ["2", "2"]})
    );
    let results: serde_json::Value =
        serde_json::from_str(&good(&["pool", "factorial", "--json", "3..=4"])).expect("JSON");
    assert_eq!(
        results,
        serde_json::json!([{"number": "3", "factorial": "6"}, {"number": "4", "factorial": "24"}])
    );
}

#[test]
fn every_lab_shows_its_lesson_its_bug_and_its_fix() {
    for lab in racecourse::labs::all() {
        let text = good(&["show", lab.slug]);
        let fix = lab
            .variants
            .iter()
            .find(|variant| !variant.is_buggy())
            .expect("a fix");
        for part in [
            lab.title,
            lab.variants[0].summary,
            fix.summary,
            lab.references[0].url,
        ] {
            assert!(
                text.contains(part),
                "{}: {part:?} is not in {text}",
                lab.slug
            );
        }
    }
}

#[test]
fn weakest_says_what_is_needed() {
    let text = good(&["weakest", "store-buffering", "--variant", "fixed-accesses"]);
    assert!(
        text.contains("No ordering can be weaker") && text.contains("lab17_store_buffering.rs:"),
        "{text}"
    );
    let repaired: serde_json::Value = serde_json::from_str(&good(&[
        "weakest",
        "store-buffering",
        "--variant",
        "buggy",
        "--stronger",
        "--json",
    ]))
    .expect("JSON");
    // Both threads run the same two lines.
    assert_eq!(
        repaired["minimal"],
        serde_json::json!([["SeqCst", "SeqCst"]])
    );
    let bug = run(&["weakest", "store-buffering", "--variant", "buggy"]);
    assert_eq!(bug.status.code(), Some(1), "{}", out(&bug));
}

#[test]
fn orderings_says_what_each_lets_happen() {
    let text = good(&["orderings", "store-buffering"]);
    for part in [
        "45 assignments, 13 of them enough",
        "fence SeqCst\n",
        "x86-64",
        "Arm",
        "https://doi.org/",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    let json = good(&["orderings", "17", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let rows = json["table"]["rows"].as_array().expect("rows");
    let weakest: Vec<_> = rows
        .iter()
        .filter(|row| row["weakest"] == true)
        .map(|row| &row["orderings"])
        .collect();
    assert_eq!(
        weakest,
        [
            &serde_json::json!(["Relaxed", "SeqCst", "Relaxed"]),
            &serde_json::json!(["SeqCst", "none", "SeqCst"]),
        ]
    );
}

#[test]
fn race_looks_as_deep_as_it_is_told() {
    let race = |depth| {
        good(&[
            "race",
            "check-then-act",
            "--engine",
            "sampler",
            "--depth",
            depth,
        ])
    };
    assert!(race("1").contains("a bug of depth 1"));
    assert!(race("2").contains("As the lab declares (fails: panic)."));
}

/// A wrong fix is judged like any other variant, and says why it is none.
#[test]
fn a_wrong_fix_is_shown_raced_and_verified() {
    let lab = racecourse::labs::find("if-not-while").expect("lab 29");
    let wrong = lab.wrong.variants[0];
    let why = wrong.why.expect("a reason");
    let text = good(&["show", "if-not-while"]);
    let command = format!("race if-not-while --variant {}", wrong.name);
    assert!(
        text.contains(&command) && text.contains(wrong.summary),
        "{text}"
    );
    assert!(
        !text.contains(&why[..20]),
        "not before it has been tried: {text}"
    );

    let text = good(&["race", "if-not-while", "--variant", wrong.name]);
    assert!(
        text.contains("As the lab declares (fails: panic)."),
        "{text}"
    );
    assert!(
        text.contains(&format!("No fix, because: {}", &why[..20])),
        "{text}"
    );
    assert!(text.contains("wrong.rs:"), "{text}");

    let summary = good(&[
        "verify",
        "--lab",
        "if-not-while",
        "--engine",
        "explorer",
        "--json",
    ]);
    let summary: serde_json::Value = serde_json::from_str(&summary).expect("JSON");
    let checks = summary["checks"].as_array().expect("checks");
    let check = checks.iter().find(|check| check["variant"] == wrong.name);
    let check = check.expect("it is verified");
    assert_eq!(check["why"], why);
    assert_eq!(check["as_declared"], true);
}
