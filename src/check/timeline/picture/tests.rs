//! What is drawn, and that it can be read by whatever reads XML.

use roxmltree::{Document, Node};

use super::super::samples::{Script, abba, lost_update, six, stale, with_edges};
use super::super::*;

pub(in super::super) fn parsed(svg: &str) -> Document<'_> {
    Document::parse(svg).unwrap_or_else(|error| panic!("{error}: {svg}"))
}

fn classed<'a>(svg: &'a Document<'a>, class: &str) -> Vec<Node<'a, 'a>> {
    let is = |node: &Node<'_, '_>| {
        let classes = node.attribute("class").unwrap_or_default();
        classes.split(' ').any(|c| c == class)
    };
    svg.descendants().filter(is).collect()
}

fn text(node: Node<'_, '_>) -> String {
    let texts = node.descendants().filter(Node::is_text);
    texts.filter_map(|text| text.text()).collect()
}

/// All that is drawn as text, the titles and the rules not among it.
fn drawn(svg: &Document<'_>) -> String {
    let texts = svg.descendants().filter(|node| node.has_tag_name("text"));
    texts.map(text).collect::<Vec<_>>().join("\n")
}

fn number(node: Node<'_, '_>, name: &str) -> f64 {
    let value = node.attribute(name).unwrap_or_else(|| panic!("no {name}"));
    value.parse().expect("a number")
}

#[test]
fn each_step_has_a_box_in_the_lane_of_its_thread() {
    let svg = lost_update().to_svg();
    let svg = parsed(&svg);
    let steps = classed(&svg, "step");
    assert_eq!(steps.len(), 7);
    let lanes: Vec<(f64, f64)> = classed(&svg, "name")
        .iter()
        .map(|lane| (number(*lane, "x"), number(*lane, "width")))
        .collect();
    assert_eq!(lanes.len(), 3);
    let boxes = classed(&svg, "box");
    let lane_of: Vec<usize> = boxes
        .iter()
        .map(|node| {
            let x = number(*node, "x");
            lanes.iter().position(|lane| lane.0 == x).expect("a lane")
        })
        .collect();
    assert_eq!(lane_of, [1, 2, 2, 2, 1, 0, 0]);
    // One below the other.
    let tops: Vec<f64> = boxes.iter().map(|node| number(*node, "y")).collect();
    assert!(tops.is_sorted_by(|a, b| a < b), "{tops:?}");
    let title = text(steps[1].first_element_child().expect("a title"));
    assert_eq!(
        title,
        "step 2, thread 2: load counter = 0, Relaxed, at src/labs/lab22_abba.rs:24"
    );
}

#[test]
fn what_is_notable_has_a_shape_and_a_word() {
    let svg = abba().to_svg();
    let svg = parsed(&svg);
    assert_eq!(classed(&svg, "failing").len(), 1);
    assert_eq!(classed(&svg, "blocked").len(), 2);
    assert!(!classed(&svg, "wait").is_empty());
    let words = drawn(&svg);
    for part in [
        "✗ deadlock: two threads wait for each other",
        "✗\n4",
        "■ waits for bob to alice",
        "alice to bob waits for bob, held by bob to alice",
        "preempted",
        "the step that fails",
        "waits for what was taken there",
    ] {
        assert!(words.contains(part), "{part:?} in {words}");
    }
    let svg = stale().to_svg();
    let svg = parsed(&svg);
    assert_eq!(classed(&svg, "stale").len(), 2, "the step and the legend");
    assert!(drawn(&svg).contains("stale, not"));
}

#[test]
fn arrows_say_what_they_relate() {
    let svg = with_edges().to_svg();
    let svg = parsed(&svg);
    let arrows: Vec<(String, &str, &str)> = classed(&svg, "arrow")
        .into_iter()
        .filter(|arrow| arrow.has_attribute("data-from"))
        .map(|arrow| {
            let part = |name| arrow.attribute(name).expect("an end");
            let class = arrow.attribute("class").expect("a class");
            (class.to_owned(), part("data-from"), part("data-to"))
        })
        .collect();
    let arrow = |class: &str, from, to| (format!("arrow {class}"), from, to);
    assert_eq!(
        arrows,
        [
            arrow("reads", "2", "3"),
            arrow("absent", "1", "4"),
            arrow("orders reads", "2", "5"),
        ]
    );
    let words = drawn(&svg);
    for part in [
        "✗ no happens-before",
        "does not happen before",
        "reads what was written",
        "Why it could happen",
        "the load of ready is Relaxed",
    ] {
        assert!(words.contains(part), "{part:?} in {words}");
    }
    assert_eq!(
        classed(&svg, "cross").len(),
        2,
        "on the arrow and in the legend"
    );
}

#[test]
fn an_arrow_crosses_no_step() {
    // From each of seven lanes to each other.
    let mut script = Script::new(&["a", "b", "c", "d", "e", "f", "g"]);
    for i in 0..28 {
        script = script.step((i * 3) % 7, Operation::Load, "x", "1", 1);
    }
    let mut timeline = script.says("", &[]);
    for i in 0..28 {
        timeline.edges.push(Edge {
            from: i,
            to: (i * 11 + 5) % 28,
            relation: [
                Relation::ReadsFrom,
                Relation::HappensBefore,
                Relation::Absent,
            ][i % 3],
        });
    }
    let plan = super::plan::Plan::of(&timeline, 0.0);
    assert!(plan.arrows.len() > 20);
    for arrow in &plan.arrows {
        let points = plan.points(arrow);
        for (row, placed) in plan.rows.iter().enumerate() {
            if row == arrow.from || row == arrow.to || placed.lines.is_empty() {
                continue;
            }
            let (left, top) = (plan.lane(row).x, placed.y);
            let (right, bottom) = (left + placed.width, top + placed.height);
            for part in points.windows(2) {
                let (a, b) = (part[0], part[1]);
                let apart = a.0.max(b.0) <= left
                    || a.0.min(b.0) >= right
                    || a.1.max(b.1) <= top
                    || a.1.min(b.1) >= bottom;
                assert!(apart, "{arrow:?} crosses the step in row {row}");
            }
        }
    }
}

#[test]
fn twenty_threads_and_a_long_name_fit() {
    let names: Vec<String> = (0..20)
        .map(|i| format!("worker {i} {}", "long ".repeat(30)))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut script = Script::new(&names);
    for i in 0..60 {
        script = script
            .step(i % 20, Operation::Store, &"object ".repeat(20), "1", 3)
            .ordering("SeqCst");
    }
    let svg = script.failing().says("too much", &[]).to_svg();
    let svg = parsed(&svg);
    let width = number(svg.root_element(), "width");
    assert!(width < 5_000.0, "{width}");
    for node in classed(&svg, "box") {
        assert!(number(node, "x") + number(node, "width") <= width);
    }
    let whole = text(svg.root_element());
    assert!(
        whole.contains(&"long ".repeat(30).trim_end().to_owned()),
        "whole in a title"
    );
    assert!(drawn(&svg).contains('…'), "cut where it is drawn");
    // The names stand at the end of a long picture, too.
    assert_eq!(classed(&svg, "name").len(), 40);
}

#[test]
fn it_asks_for_nothing_and_says_who_it_is() {
    for timeline in [
        abba(),
        lost_update(),
        stale(),
        six(),
        with_edges(),
        Timeline::default(),
    ] {
        let svg = timeline.to_svg();
        let document = parsed(&svg);
        let root = document.root_element();
        assert_eq!(root.attribute("role"), Some("img"));
        let first = root.first_element_child().expect("a child");
        assert!(first.has_tag_name("title") && !text(first).is_empty());
        let described = root.children().find(|child| child.has_tag_name("desc"));
        let words = text(described.expect("a description"));
        let arrows = classed(&document, "arrow").into_iter();
        for arrow in arrows.filter(|arrow| arrow.has_attribute("data-from")) {
            let title = text(arrow.first_element_child().expect("a title"));
            assert!(words.contains(&title), "{title:?} in {words}");
        }
        assert!(svg.contains("prefers-color-scheme:dark"));
        for part in ["href", "url(", "@import", "<script", "<image", "style=\""] {
            assert!(!svg.contains(part), "{part}");
        }
        // Only the namespace.
        assert_eq!(svg.matches("http").count(), 1);
    }
}

#[test]
fn a_panic_that_another_thread_only_hears_of_stands_out_too() {
    let timeline = Script::new(&["main", "buyer"])
        .step(1, Operation::Panic, "", "sold out", 13)
        .step(0, Operation::Panic, "", "called unwrap on an Err", 20)
        .failing()
        .says("main panicked", &[]);
    let svg = timeline.to_svg();
    let svg = parsed(&svg);
    assert_eq!(classed(&svg, "panics").len(), 2);
    assert_eq!(classed(&svg, "failing").len(), 1);
}
