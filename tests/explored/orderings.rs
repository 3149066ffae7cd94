//! Every table of orderings: as it is frozen, and agreeing with what is known by other means.

use std::collections::BTreeSet;
use std::path::Path;

use racecourse::check::{Checker, Weakest};
use racecourse::labs::{self, Lab, OrderingTable};

/// Writes the tables as they are computed now, to be looked at before they are committed.
const WRITE: &str = "RACECOURSE_WRITE_ORDERINGS";

fn tables() -> impl Iterator<Item = (&'static Lab, OrderingTable)> {
    let labs = labs::all().iter();
    labs.filter_map(|lab| Some((lab, lab.ordering_table()?)))
}

/// `src/labs/orderings/NN.md`.
fn markdown(lab: &Lab, table: &OrderingTable) -> String {
    let orderings = lab.orderings.expect("a table");
    let mut text = format!(
        "# Which orderings are enough\n\n\
         Computed, by a check for each assignment of orderings to `{}`:\n\n\
         ```text\n{table}```\n",
        orderings.variant
    );
    if let Some(caveat) = orderings.caveat {
        text.push_str(&format!("\n{caveat}\n"));
    }
    text.push_str("\nOn hardware, if the compiler leaves everything in its place:\n\n");
    for of in orderings.hardware {
        let sources = of.sources.iter();
        let sources: Vec<_> = sources
            .map(|source| format!("[{source}]({})", source.url))
            .collect();
        text.push_str(&format!(
            "- **{}**, all Relaxed: {}\n  It takes: {}\n  ({})\n",
            of.machine,
            of.relaxed,
            of.needs,
            sources.join("; ")
        ));
    }
    text
}

/// Byte for byte.
#[test]
fn every_table_is_as_it_was() {
    let mut different = Vec::new();
    for (lab, table) in tables() {
        let orderings = lab.orderings.expect("a table");
        assert!(
            table.rows.len() <= 250,
            "{}: {} rows",
            lab.slug,
            table.rows.len()
        );
        let text = markdown(lab, &table);
        if std::env::var_os(WRITE).is_some() {
            let folder = Path::new(lab.file).parent().expect("a folder");
            let file = folder.join(format!("orderings/{:02}.md", lab.number));
            std::fs::write(&file, &text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        } else if text != orderings.frozen {
            different.push(format!("{}:\n{text}", lab.slug));
        }
    }
    assert!(
        different.is_empty(),
        "not as frozen; with {WRITE}=1 they are written anew\n{}",
        different.join("\n")
    );
}

/// The search, which goes by monotony, finds what the table finds by trying all.
#[test]
fn the_weakest_are_those_that_the_search_finds() {
    for (lab, table) in tables() {
        let orderings = lab.orderings.expect("a table");
        let variant = lab.variant(orderings.variant).expect("a variant");
        let varied: Vec<_> = table
            .places
            .iter()
            .map(|place| place.site.clone())
            .collect();
        let only = varied.clone();
        let search = Weakest::new(Checker::new())
            .stronger(true)
            .only(move |site| {
                let same = |other: &racecourse::check::Site| {
                    other.location() == site.location() && other.operation() == site.operation()
                };
                only.iter().any(same)
            });
        let found = variant.scenario.weakest(&search);
        let found = found.unwrap_or_else(|e| panic!("{}: {e}", lab.slug));
        assert!(found.is_complete(), "{}", lab.slug);
        let of_place = |assignment: &racecourse::check::Assignment| -> Vec<String> {
            let all: Vec<_> = found.sites().iter().zip(assignment.orderings()).collect();
            let one = |site: &racecourse::check::Site| {
                let mut all = all.iter();
                let (_, ordering) = all.find(|(other, _)| *other == site).expect("it is varied");
                format!("{ordering:?}")
            };
            varied.iter().map(one).collect()
        };
        let searched: BTreeSet<_> = found.minimal().iter().map(of_place).collect();
        let tried: BTreeSet<Vec<_>> = table
            .weakest()
            .map(|row| {
                row.assigned()
                    .iter()
                    .map(|ordering| format!("{ordering:?}"))
                    .collect()
            })
            .collect();
        assert_eq!(searched, tried, "{}", lab.slug);
    }
}

/// What is stronger lets no more happen, and whatever is enough is at least one of the weakest.
#[test]
fn a_stronger_assignment_lets_no_more_happen() {
    for (lab, table) in tables() {
        for row in table.rows.iter().filter(|row| row.enough) {
            assert!(
                table.weakest().any(|weak| row.is_at_least(weak)),
                "{}",
                lab.slug
            );
        }
        if lab.outcomes.is_empty() {
            continue;
        }
        for weak in &table.rows {
            for strong in table.rows.iter().filter(|row| row.is_at_least(weak)) {
                let more = strong
                    .results
                    .iter()
                    .find(|result| !weak.results.contains(result));
                assert_eq!(more, None, "{}: {:?}", lab.slug, strong.orderings);
            }
        }
    }
}

/// The orderings in the code are those of a row, and that row is as the lab declares.
#[test]
fn the_code_is_in_the_table() {
    for (lab, table) in tables() {
        let in_code: Vec<_> = table
            .places
            .iter()
            .map(|place| place.in_code.clone())
            .collect();
        let row = table.rows.iter().find(|row| row.orderings == in_code);
        let row = row.unwrap_or_else(|| panic!("{}: no row {in_code:?}", lab.slug));
        assert!(row.enough, "{}: the fix is not enough", lab.slug);
        let relaxed = table.rows.first().expect("a row");
        assert!(
            relaxed
                .assigned()
                .iter()
                .all(|o| format!("{o:?}") == "Relaxed")
        );
    }
}
