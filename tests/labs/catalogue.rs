//! The form of every lab.

use std::collections::HashSet;

use racecourse::labs::{self, Expect, Lab, MARKER, Variant};

/// Of a lab's file: the story and the code fit a screen each, the catalogue's entry another.
const MOST_LINES: usize = 205;

/// Every heading that a lesson has. What no engine can run is judged otherwise.
fn headings(lab: &Lab) -> [&'static str; 6] {
    let driven = lab.variants.iter().any(|variant| variant.drive.is_some());
    [
        "## The story",
        "## Why it happens",
        "## Why the fix works",
        if driven {
            "## What judges it"
        } else {
            "## What each engine sees"
        },
        "## In the world",
        "## Reading ",
    ]
}

fn variants() -> impl Iterator<Item = (&'static Lab, &'static Variant)> {
    labs::all()
        .iter()
        .flat_map(|lab| lab.all_variants().map(move |variant| (lab, variant)))
}

fn fails(variant: &Variant) -> bool {
    matches!(variant.declared.truth, Expect::Fails(_))
}

/// Wrong, but by what the engines' memory model leaves out.
fn is_excluded(variant: &Variant) -> bool {
    matches!(variant.declared.truth, Expect::Excluded(_))
}

#[test]
fn labs_are_sorted_and_unique() {
    let numbers: Vec<_> = labs::all().iter().map(|lab| lab.number).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
    let slugs: HashSet<_> = labs::all().iter().map(|lab| lab.slug).collect();
    assert_eq!(slugs.len(), labs::all().len());
    for lab in labs::all() {
        assert!(std::ptr::eq(labs::find(lab.slug).expect(lab.slug), lab));
    }
    assert!(labs::find("no-such-lab").is_none());
}

#[test]
fn the_file_is_named_after_the_lab() {
    for lab in labs::all() {
        let name = format!("lab{:02}_{}.rs", lab.number, lab.slug.replace('-', "_"));
        assert!(lab.file.ends_with(&name), "{} is not in {name}", lab.file);
        let heading = format!("//! Lab {}, **{}**: ", lab.number, lab.slug);
        assert!(
            lab.source.starts_with(&heading),
            "{} begins otherwise",
            lab.file
        );
        assert!(
            lab.source.lines().count() <= MOST_LINES,
            "{} does not fit a screen",
            lab.file
        );
        let folder = lab.file.strip_suffix(".rs").expect("a Rust file");
        assert_eq!(lab.wrong.file, format!("{folder}/wrong.rs"));
    }
}

#[test]
fn variants_have_unique_names_a_bug_first_and_at_least_one_fix() {
    for lab in labs::all() {
        let names: HashSet<_> = lab.all_variants().map(|variant| variant.name).collect();
        assert_eq!(names.len(), lab.all_variants().count(), "{}", lab.slug);
        assert!(lab.variants[0].is_buggy(), "{}", lab.slug);
        assert!(lab.variant("fixed").is_some(), "{}", lab.slug);
    }
    for (lab, variant) in variants() {
        if variant.declared.truth != Expect::Measured {
            assert_eq!(
                variant.is_buggy() || variant.is_wrong(),
                fails(variant) || is_excluded(variant),
                "{} {}",
                lab.slug,
                variant.name
            );
        }
    }
}

#[test]
fn every_variant_that_fails_marks_its_line_and_no_line_is_marked_for_nothing() {
    let mut met = HashSet::new();
    for (lab, variant) in variants().filter(|(_, variant)| fails(variant)) {
        let place = lab.failing_place(variant);
        let (file, line) =
            place.unwrap_or_else(|| panic!("{} {}: no {MARKER}", lab.slug, variant.name));
        let source = if file == lab.file {
            lab.source
        } else {
            lab.wrong.source
        };
        let text = source.lines().nth(line as usize - 1).expect("a line");
        assert!(text.contains(MARKER), "{text}");
        let code = text.split("//").next().expect("before the comment").trim();
        assert!(!code.is_empty(), "{file} marks a line without code");
        met.insert((file, line));
    }
    for lab in labs::all() {
        for (file, source) in [(lab.file, lab.source), (lab.wrong.file, lab.wrong.source)] {
            for (line, text) in (1..).zip(source.lines()) {
                assert!(
                    !text.contains(MARKER) || met.contains(&(file, line)),
                    "nothing fails at {file}:{line}"
                );
            }
        }
    }
}

#[test]
fn every_lab_has_wrong_fixes_that_say_why_they_are_none() {
    let mut sentences = HashSet::new();
    for lab in labs::all() {
        let wrong = lab.wrong.variants;
        assert!(wrong.len() >= 2, "{} has {}", lab.slug, wrong.len());
        for variant in wrong {
            let name = format!("{} {}", lab.slug, variant.name);
            assert!(variant.name.starts_with("wrong-"), "{name}");
            let why = variant.why.unwrap_or_else(|| panic!("{name}: no reason"));
            assert!(why.ends_with(['.', ')']) && why.len() > 40, "{name}: {why}");
            assert!(sentences.insert(why), "{name}: said of another one too");
        }
        assert!(
            lab.variants.iter().all(|variant| !variant.is_wrong()),
            "{}",
            lab.slug
        );
    }
}

#[test]
fn the_code_of_every_variant_is_found_in_the_source() {
    for (lab, variant) in variants() {
        let code = lab.code(variant);
        let code = code.unwrap_or_else(|| panic!("{}: no code of {}", lab.slug, variant.name));
        let name = variant.name.replace('-', "_");
        assert!(
            code.starts_with("/// "),
            "{} {name} has no comment:\n{code}",
            lab.slug
        );
        assert!(
            code.contains(&format!("fn {name}(")) || code.contains(&format!("mod {name} {{")),
            "{code}"
        );
        assert!(code.ends_with("\n}\n"), "{code}");
        assert_eq!(code.matches("\n}\n").count(), 1, "{code}");
    }
}

#[test]
fn the_table_of_results_is_the_one_in_the_story() {
    for lab in labs::all() {
        let results: Vec<_> = lab.outcomes.iter().map(|outcome| outcome.result).collect();
        for outcome in lab.outcomes {
            let grade = format!("{:?}", outcome.grade).to_lowercase();
            let row = format!(
                "//! | `{}` | {grade} | {} |",
                outcome.result, outcome.meaning
            );
            assert!(
                lab.source.lines().any(|line| line == row),
                "{} has no {row}",
                lab.slug
            );
        }
        for variant in lab.variants {
            let reachable = variant.observation.map_or(&[][..], |o| o.reachable);
            assert_eq!(
                reachable.is_empty(),
                results.is_empty(),
                "{} {}",
                lab.slug,
                variant.name
            );
            assert!(
                reachable.iter().all(|result| results.contains(result)),
                "{}",
                lab.slug
            );
        }
    }
}

#[test]
fn every_lesson_is_a_lesson() {
    for lab in labs::all() {
        let lines = lab.lesson.lines().count();
        assert!((40..=90).contains(&lines), "{}: {lines} lines", lab.slug);
        let mut rest = lab.lesson;
        for heading in headings(lab) {
            let at = rest.find(heading);
            rest =
                &rest[at.unwrap_or_else(|| panic!("{}: no {heading}, or too early", lab.slug))..];
        }
        assert!(lab.lesson.starts_with("# "), "{}", lab.slug);
        let command = format!("racecourse race {}", lab.slug);
        assert!(
            lab.lesson.contains(&command),
            "{}: no `{command}`",
            lab.slug
        );
        for variant in lab.variants {
            let name = format!("`{}`", variant.name);
            assert!(
                lab.lesson.contains(&name),
                "{}: nothing on {name}",
                lab.slug
            );
        }
        for reference in lab.references {
            assert!(reference.url.starts_with("https://"), "{reference}");
        }
    }
}

/// The README's table, and the one of the module: rooms in the order of the course, and each room's labs.
#[test]
fn the_tables_of_rooms_name_every_lab() {
    let readme = include_str!("../../README.md");
    let catalogue = include_str!("../../src/labs/mod.rs");
    let mut rooms: Vec<(&str, Vec<&Lab>)> = Vec::new();
    for lab in labs::all() {
        match rooms.iter_mut().find(|(room, _)| *room == lab.room) {
            Some((_, labs)) => labs.push(lab),
            None => rooms.push((lab.room, vec![lab])),
        }
    }
    for (room, labs) in rooms {
        let slugs: Vec<_> = labs.iter().map(|lab| lab.slug).collect();
        let ending = format!("| {} |", slugs.join(", "));
        let row = |line: &&str| line.starts_with(&format!("| {room} ")) && line.ends_with(&ending);
        assert!(
            readme.lines().any(|line| row(&line)),
            "README: {room} {ending}"
        );

        let row = catalogue
            .lines()
            .find(|line| line.starts_with(&format!("//! | {room} | ")))
            .unwrap_or_else(|| panic!("no row of {room}"));
        for lab in labs {
            let module = format!("lab{:02}_{}", lab.number, lab.slug.replace('-', "_"));
            assert!(
                row.contains(&format!("`{module}`")),
                "{room} has no {module}"
            );
        }
    }
    let count = format!(
        "{} labs of the [catalogue](src/labs/mod.rs)",
        labs::all().len()
    );
    assert!(readme.contains(&count), "README: {count}");
}
