//! What a page says, and what it refuses to run.

use data_encoding::BASE64;
use roxmltree::{Document, Node, ParsingOptions};
use sha2::{Digest, Sha256};

use super::super::samples::{Script, abba, lost_update, stale, with_edges};
use super::super::{Edge, Operation, Relation};
use super::*;

pub(in super::super) fn parsed(page: &str) -> Document<'_> {
    // The page is XML but for its first line, which names no DTD.
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    Document::parse_with_options(page, options).unwrap_or_else(|error| panic!("{error}: {page}"))
}

fn text(node: Node<'_, '_>) -> String {
    let texts = node.descendants().filter(Node::is_text);
    texts.filter_map(|text| text.text()).collect()
}

fn items(page: &Document<'_>) -> Vec<String> {
    let is_item = |node: &Node<'_, '_>| {
        node.attribute("id")
            .is_some_and(|id| id.starts_with("step-"))
    };
    page.descendants().filter(is_item).map(text).collect()
}

#[test]
fn the_policy_names_what_is_there() {
    let hash = |text: &str| format!("sha256-{}", BASE64.encode(&Sha256::digest(text)));
    let there = [
        hash(&STYLE.replace('\r', "")),
        hash(&picture_style()),
        hash(&SCRIPT.replace('\r', "")),
    ];
    assert_eq!(
        HASHES.map(str::to_owned),
        there,
        "put the right-hand side into HASHES"
    );
    let page = abba().to_html();
    assert!(page.contains(&format!("<style>{STYLE}</style>")));
    assert!(page.contains(&format!("<script>{SCRIPT}</script>")));
    assert_eq!(page.matches("<script").count(), 1);
    // The policy runs neither.
    assert!(!page.contains(" style=\"") && !page.contains(" onclick"));
}

#[test]
fn it_asks_for_nothing() {
    for page in [abba().to_html(), Timeline::default().to_html()] {
        let page = page
            .replace("http://www.w3.org/2000/svg", "")
            .replace("http-equiv", "");
        for part in ["http", "src=", "url(", "@import", "<link", "fetch("] {
            assert!(!page.contains(part), "{part}");
        }
    }
}

#[test]
fn each_step_says_what_it_does_and_what_is_known_after_it() {
    let page = abba().to_html();
    let page = parsed(&page);
    let items = items(&page);
    assert_eq!(items.len(), 4);
    for part in [
        "Step 4 · alice to bob",
        "lock bob",
        "waits for bob to alice",
        "✗ This is the step that fails",
    ] {
        assert!(items[3].contains(part), "{part} in {items:?}");
    }
    let link = "Waits for what was taken by step 2 (bob to alice)";
    assert!(items[3].contains(link), "{items:?}");
    assert!(items[3].contains("aliceheld by alice to bob"), "{items:?}");
    assert!(
        items[0].contains("Before: main spawned alice to bob, bob to alice"),
        "{items:?}"
    );
    assert!(items[1].contains("alice to bob is preempted"), "{items:?}");
}

#[test]
fn relations_are_links_to_the_other_step() {
    let page = with_edges().to_html();
    for part in [
        "Reads what was written by <a href=\"#step-2\">step 2</a> (<bdi>writer</bdi>).",
        "✗ Does <b>not</b> happen after <a href=\"#step-1\">step 1</a>",
        "Stale: ",
        "the load of ready is Relaxed",
    ] {
        assert!(page.contains(part), "{part}");
    }
}

#[test]
fn what_is_said_around_the_timeline_is_there() {
    let options = PageOptions::new()
        .title("<lab>")
        .replay("run & see")
        .source("src/labs/lab22_abba.rs", "let a = 1;\n".repeat(60));
    let page = lost_update().render_html(&options);
    for part in [
        "&lt;lab&gt;",
        "run &amp; see",
        "<li value=\"24\"><code>let a = 1;</code>",
        "</pre></details>",
    ] {
        assert!(page.contains(part), "{part}");
    }
    // Nothing to step through, and something to say.
    let page = Timeline::default().render_html(&PageOptions::new().title("nothing"));
    assert!(
        page.contains("<h1>nothing</h1>") && !page.contains("<nav"),
        "{page}"
    );
}

#[test]
fn a_page_is_small() {
    for timeline in [abba(), lost_update(), stale(), with_edges()] {
        let page = timeline.to_html();
        assert!(page.len() < 40_000, "{}", page.len());
    }
}

#[test]
fn of_a_very_long_execution_the_middle_is_left_out() {
    let mut script = Script::new(&["a", "b", "c"]);
    for i in 0..20_000 {
        script = script.step(i % 3, Operation::Store, "x", &i.to_string(), 1);
    }
    let mut timeline = script.failing().says("too much", &[]);
    timeline.edges = (1..20_000)
        .map(|to| Edge {
            from: to - 1,
            to,
            relation: Relation::ReadsFrom,
        })
        .collect();
    let page = timeline.to_html();
    assert!(page.contains("steps that are not shown"));
    assert!(page.len() < 1_000_000, "{}", page.len());
}
