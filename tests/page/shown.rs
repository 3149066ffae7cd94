//! The page in a browser: it opens from the file system, steps, and asks for nothing.

use std::io::Write;

use racecourse::check::timeline::PageOptions;
use racecourse::check::{Checker, Edge, Operation, Relation, Step, Timeline};
use serde_json::json;

use super::chromium::{Browser, find};
use super::written::directory;

/// A lab's counterexample that has arrows of each kind.
fn timeline() -> Timeline {
    let lab = racecourse::labs::find("relaxed-publish").expect("a lab");
    let report = lab.variants[0].scenario.check(&Checker::new());
    let mut timeline = report.failure().expect("it fails").timeline().clone();
    let step = |operation| {
        let is = |step: &Step| step.operation == operation;
        timeline.steps.iter().position(is).expect("such a step")
    };
    let edge = |from, to, relation| Edge { from, to, relation };
    let flag = (step(Operation::Store), step(Operation::Load));
    timeline.edges = vec![
        edge(flag.0, flag.1, Relation::ReadsFrom),
        edge(flag.0, flag.1, Relation::HappensBefore),
        edge(
            step(Operation::Write),
            step(Operation::Read),
            Relation::Absent,
        ),
    ];
    timeline
}

/// The least contrast of any text that is shown, with that text.
const CONTRAST: &str = r#"(() => {
  const parts = (colour) => colour.match(/[\d.]+/g).map(Number);
  const light = (colour) => {
    const [r, g, b] = parts(colour).slice(0, 3).map((c) => c / 255)
      .map((c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [high, low] = [light(a), light(b)].sort((x, y) => y - x);
    return (high + 0.05) / (low + 0.05);
  };
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const group = e.closest("svg g");
      const box = group && group.querySelector(".box, .name, .paper");
      if (box) return getComputedStyle(box).fill;
      const colour = getComputedStyle(e).backgroundColor;
      if (parts(colour)[3] !== 0) return colour;
    }
  };
  let least = [99, ""];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own || !element.getClientRects().length || element.closest("style, title")) continue;
    const style = getComputedStyle(element);
    const ink = element.closest("svg") ? style.fill : style.color;
    const is = contrast(ink, behind(element));
    if (is < least[0]) least = [is, element.outerHTML.slice(0, 200)];
  }
  return least;
})()"#;

/// Said although the test passes, whose output nobody sees.
fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}

#[test]
fn it_opens_from_the_file_system_and_steps() {
    let Some(program) = find() else {
        skipped("no Chromium on this machine; CHROME may name one");
        return;
    };
    let directory = directory("shown");
    let path = directory.join("a page.html");
    let page = timeline().render_html(&PageOptions::new().title("relaxed-publish"));
    std::fs::write(&path, page).expect("it is written");
    let url = format!("file://{}", path.display()).replace(' ', "%20");
    let mut browser = match Browser::start(&program, &directory.join("profile"), 1280, 900) {
        Ok(browser) => browser,
        Err(error) if std::env::var_os("CHROME").is_none() => {
            skipped(&format!("{} does not start: {error}", program.display()));
            return;
        }
        Err(error) => panic!("{} does not start: {error}", program.display()),
    };
    browser.open(&url);

    let shown = "[...document.querySelectorAll('.steps > li')].filter((li) => li.offsetHeight).map((li) => li.id).join()";
    let marked = "document.querySelector('svg .step.now').dataset.step";
    let line = "String(document.querySelector('figure li.now').value)";
    assert_eq!(browser.value(shown), "step-1");
    for (key, step) in [
        ("ArrowRight", "2"),
        ("j", "3"),
        ("ArrowDown", "4"),
        ("j", "4"),
        ("k", "3"),
        ("ArrowLeft", "2"),
        ("End", "4"),
        ("ArrowUp", "3"),
        ("Home", "1"),
        ("k", "1"),
    ] {
        browser.press(key);
        assert_eq!(browser.value(shown), format!("step-{step}"), "after {key}");
        assert_eq!(browser.value(marked), step, "after {key}");
        let wanted = browser.value(&format!(
            "document.getElementById('step-{step}').dataset.line"
        ));
        assert_eq!(browser.value(line), wanted, "after {key}");
    }
    // What is heard is what is seen.
    browser.press("End");
    let said = browser.value("document.querySelector('[aria-live]').textContent");
    assert!(
        said.as_str()
            .is_some_and(|said| said.starts_with("Step 4 · main. read letter")),
        "{said}"
    );

    // Buttons by the keyboard alone: Tab reaches the first that is on, and Enter presses it.
    browser.press("Tab");
    assert_eq!(browser.value("document.activeElement.textContent"), "First");
    browser.press("Enter");
    assert_eq!(browser.value(shown), "step-1");
    assert_eq!(browser.value("document.activeElement.textContent"), "Next");
    // By the mouse, and by a link.
    browser.value("document.querySelector('svg .step[data-step=\"3\"] .box').dispatchEvent(new MouseEvent('click', {bubbles: true}))");
    assert_eq!(browser.value(shown), "step-3");
    browser.value("document.querySelector('.steps > .now a').click()");
    assert_eq!(browser.value(shown), "step-2");
    browser.press("j");
    browser.value("location.hash = '#step-2'");
    browser.value("new Promise((done) => setTimeout(done, 50))");
    let linked = browser.value(shown);
    assert_eq!(linked, "step-2");

    // Nothing is wider than the window, and all text can be read, in the light and in the dark.
    let wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth";
    assert_eq!(browser.value(wide), false);
    let mut papers = Vec::new();
    for scheme in ["light", "dark"] {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        browser
            .call("Emulation.setEmulatedMedia", json!({"features": features}))
            .expect("a scheme");
        let least = browser.value(CONTRAST);
        assert!(
            least[0].as_f64().is_some_and(|ratio| ratio >= 4.5),
            "{scheme}: {least}"
        );
        papers.push(browser.value("getComputedStyle(document.querySelector('svg .paper')).fill"));
    }
    assert_ne!(papers[0], papers[1]);
    // On paper there is everything.
    browser
        .call("Emulation.setEmulatedMedia", json!({"media": "print"}))
        .expect("paper");
    assert_eq!(browser.value(shown), "step-1,step-2,step-3,step-4");

    assert!(
        browser.complaints(&url).is_empty(),
        "{:#?}",
        browser.complaints(&url)
    );
}
