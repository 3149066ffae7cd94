//! Which tool catches which bug.

use super::{good, refused};

fn json(arguments: &[&str]) -> serde_json::Value {
    serde_json::from_str(&good(arguments)).expect("JSON")
}

#[test]
fn the_table_has_every_lab_with_a_bug_and_every_detector() {
    let matrix = json(&["matrix", "--json"]);
    let (text, markdown) = (good(&["matrix"]), good(&["matrix", "--markdown"]));
    for text in [&text, &markdown] {
        let made = matrix["made"].as_str().expect("a date");
        assert!(text.contains(made), "{text}");
        for lab in matrix["labs"].as_array().expect("labs") {
            let slug = lab["lab"].as_str().expect("a name");
            assert!(text.contains(slug), "{slug}: {text}");
        }
        for detector in matrix["detectors"].as_array().expect("detectors") {
            let name = detector["name"].as_str().expect("a name");
            assert!(text.contains(name), "{name}: {text}");
        }
    }
    assert!(text.contains("alone it would miss"), "{text}");
    assert!(markdown.contains("| Lab | stress |"), "{markdown}");
    assert!(!text.contains('\u{1b}') && !markdown.contains('\u{1b}'));
}

#[test]
fn the_totals_are_those_of_the_cells() {
    let matrix = json(&["matrix", "--json"]);
    let labs = matrix["labs"].as_array().expect("labs");
    let classes: Vec<_> = labs
        .iter()
        .filter(|lab| lab["class"] != "measured")
        .collect();
    let caught = classes.iter().filter(|lab| {
        let mut cells = lab["cells"].as_array().expect("cells").iter();
        cells.any(|cell| cell["detector"] == "explorer" && cell["state"] == "caught")
    });
    let missed = classes.len() - caught.count();
    let text = good(&["matrix"]);
    let row = text
        .lines()
        .find(|line| line.contains("explorer") && line.contains(" of "))
        .expect("a row of the explorer's");
    assert!(
        row.ends_with(&format!("{missed} of {}", classes.len())),
        "{row}"
    );
}

#[test]
fn one_lab_shows_what_each_detector_said_of_each_variant_and_why() {
    let text = good(&["matrix", "--lab", "22"]);
    for part in [
        "Lab 22, abba",
        "explorer: ✓ caught",
        "lock-order: ✓ caught",
        "buggy: deadlock, after",
        "clippy: ! false alarm",
        "→ it goes by types and scopes",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let row = json(&["matrix", "--lab", "abba", "--json"]);
    assert_eq!(row["number"], 22);
    assert!(
        text.contains(
            row["cells"][0]["runs"][0]["what"]
                .as_str()
                .expect("what it said")
        )
    );
    let measured = good(&["matrix", "--lab", "gil"]);
    assert!(measured.contains("no bug to catch"), "{measured}");
}

#[test]
fn in_ascii_it_needs_no_other_character() {
    let text = good(&["matrix", "--ascii"]);
    assert!(text.is_ascii(), "{text}");
    assert!(good(&["matrix", "--color", "always"]).contains('\u{1b}'));
}

#[test]
fn what_there_is_not_is_refused() {
    refused(&["matrix", "--lab", "abbba"], &["abbba", "`abba`"]);
    refused(
        &["matrix", "--markdown", "--json"],
        &["cannot be used with"],
    );
}
