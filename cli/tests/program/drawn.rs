//! `--html` and `--svg`.

use super::{directory, err, good, out, refused, run};

#[test]
fn race_writes_a_page_and_a_picture_and_says_where() {
    let directory = directory("drawn");
    let (html, svg) = (directory.join("abba.html"), directory.join("abba.svg"));
    let (html, svg) = (html.to_str().expect("UTF-8"), svg.to_str().expect("UTF-8"));
    let text = good(&["race", "abba", "--html", html, "--svg", svg]);
    for part in [
        "failed: deadlock after ",
        &format!("page: {html}\n"),
        &format!("picture: {svg}\n"),
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    let page = std::fs::read_to_string(html).expect("a page");
    for part in [
        "abba, buggy",
        "racecourse race abba --variant buggy --replay rc1-",
        // The source is the lab's own, wherever the program runs.
        "bank.accounts[from].lock()",
    ] {
        assert!(page.contains(part), "{part:?} is not in the page");
    }
    assert!(page.len() < 60_000, "{}", page.len());
    assert!(
        std::fs::read_to_string(svg)
            .expect("a picture")
            .starts_with("<svg ")
    );
    // Again, over the first.
    good(&["race", "abba", "--html", html]);
}

#[test]
fn every_lab_that_fails_has_a_small_page() {
    for lab in racecourse::labs::all() {
        if lab.variants[0].measure.is_some() {
            continue;
        }
        let page = good(&["race", lab.slug, "--html", "-"]);
        assert!(
            page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"),
            "{page}"
        );
        assert!(page.len() < 60_000, "{}: {}", lab.slug, page.len());
    }
}

#[test]
fn standard_output_is_for_one() {
    let svg = good(&["race", "abba", "--svg", "-"]);
    assert!(
        svg.starts_with("<svg ") && svg.ends_with("</svg>\n"),
        "{svg}"
    );
    // Characters that the terminal cannot show are for a browser to show.
    assert_eq!(svg, good(&["--ascii", "race", "abba", "--svg", "-"]));
    for both in [
        ["--svg", "-", "--html", "-"].as_slice(),
        &["--svg", "-", "--json"],
        &["--html", "-", "--json"],
    ] {
        let arguments = [&["race", "abba"], both].concat();
        refused(&arguments, &["standard output", "give one of them a file"]);
    }
}

#[test]
fn with_json_the_path_is_said_aside() {
    let html = directory("drawn-json").join("abba.html");
    let html = html.to_str().expect("UTF-8");
    let output = run(&["race", "abba", "--json", "--html", html]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(err(&output), format!("page: {html}\n"));
    let report: serde_json::Value = serde_json::from_str(&out(&output)).expect("JSON");
    assert_eq!(report["failure"]["kind"], "deadlock");
    assert!(std::path::Path::new(html).is_file());
}

#[test]
fn what_cannot_be_written_is_refused_before_the_search() {
    let directory = directory("drawn-not");
    let name = directory.to_str().expect("UTF-8");
    let parts = ["is a directory", name, "name a file in it"];
    refused(&["race", "abba", "--html", name], &parts);
    refused(&["race", "abba", "--svg", name], &parts);
    let inside = directory.join("none").join("abba.html");
    let inside = inside.to_str().expect("UTF-8");
    refused(
        &["race", "abba", "--html", inside],
        &["there is no directory", "make it first"],
    );
    refused(
        &["race", "abba", "--html", ""],
        &["a value is required", "--html"],
    );
    refused(
        &["race", "abba", "--html", "same.html", "--svg", "same.html"],
        &["the same file"],
    );
    refused(
        &["race", "gil", "--html", "gil.html"],
        &["gil is measured", "leave out `--html`", "`--svg`"],
    );
}

#[test]
fn what_is_measured_is_drawn_as_its_chart() {
    let svg = directory("drawn-chart").join("cost.svg");
    let svg = svg.to_str().expect("UTF-8");
    let text = good(&["race", "creation-cost", "--svg", svg]);
    for part in ["one process", "█", &format!("picture: {svg}\n")] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    let picture = std::fs::read_to_string(svg).expect("a picture");
    assert!(
        picture.starts_with("<svg ") && picture.contains("one process"),
        "{picture}"
    );
    let alone = good(&["race", "creation-cost", "--svg", "-"]);
    assert!(
        alone.starts_with("<svg ") && alone.ends_with("</svg>\n"),
        "{alone}"
    );
    let output = run(&["race", "creation-cost", "--json", "--svg", svg]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(err(&output), format!("picture: {svg}\n"));
    let measured: serde_json::Value = serde_json::from_str(&out(&output)).expect("JSON");
    assert_eq!(measured["y"]["unit"], "µs");
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_driven_has_a_page_and_a_picture() {
    for variant in ["buggy", "fixed"] {
        let race = ["race", "inherited-fd", "--variant", variant];
        let svg = good(&[&race[..], &["--svg", "-"]].concat());
        assert!(svg.starts_with("<svg ") && svg.contains("helper"), "{svg}");
        let page = good(&[&race[..], &["--html", "-"]].concat());
        assert!(
            page.starts_with("<!DOCTYPE html>") && page.contains("helper"),
            "{page}"
        );
    }
}

#[test]
fn what_is_verified_has_a_page_and_no_picture() {
    let page = good(&["race", "abba", "--variant", "fixed", "--html", "-"]);
    assert!(page.contains("verified: all of "), "{page}");
    let svg = directory("drawn-fixed").join("abba.svg");
    let svg = svg.to_str().expect("UTF-8");
    let output = run(&["race", "abba", "--variant", "fixed", "--svg", svg]);
    assert_eq!(output.status.code(), Some(1));
    let said = err(&output);
    assert!(
        said.contains("no counterexample to draw") && said.contains("--html"),
        "{said}"
    );
    assert!(out(&output).contains("verified: all of "));
    assert!(!std::path::Path::new(svg).exists());
}
