//! The weakest orderings as a person reads them.

use core::sync::atomic::Ordering;
use std::fmt::Write;

use super::orderings::{Assignment, Orderings};
use crate::check::clock::is_at_least;
use crate::check::report::text::{count, duration, grouped};
use crate::check::sites::Site;
use crate::check::timeline::Operation;

/// Minimal assignments that the table has columns for.
const MOST_COLUMNS: usize = 8;

pub(super) fn render(found: &Orderings) -> String {
    let mut out = String::new();
    if found.sites.is_empty() {
        out.push_str("No operation of the scenario chooses an ordering that could be weaker.\n");
        return out;
    }
    table(found, &mut out);
    out.push('\n');
    if found.complete && found.minimal == [found.in_code.clone()] {
        out.push_str("No ordering can be weaker than it is in the code.\n");
    } else if found.minimal.len() == 1 && found.complete {
        let _ = writeln!(out, "{}", sentence(found, &found.minimal[0]));
    } else {
        several(found, &mut out);
    }
    let _ = writeln!(
        out,
        "{}, {}, {}.",
        count(found.checks, "check"),
        count(found.executions, "execution"),
        duration(found.elapsed)
    );
    out
}

fn several(found: &Orderings, out: &mut String) {
    let all = if found.complete { "" } else { "found so far" };
    let minimal = count(found.minimal.len() as u64, "minimal assignment");
    let _ = writeln!(
        out,
        "{}{}",
        [minimal.as_str(), all].join(" ").trim_end(),
        match found.minimal.len() {
            0 | 1 => ".",
            _ => "; each is enough, and none is weaker than another.",
        }
    );
    for (i, assignment) in found.minimal.iter().enumerate().take(MOST_COLUMNS) {
        let _ = writeln!(out, "  {}: {}", i + 1, sentence(found, assignment));
    }
    if !found.complete {
        let why = found.spent.as_deref().unwrap_or("a check was cut");
        let _ = writeln!(out, "Not complete: {why}.");
        for assignment in &found.sufficient {
            let _ = writeln!(
                out,
                "  certainly enough, perhaps more than enough: {}",
                sentence(found, assignment)
            );
        }
        let _ = writeln!(
            out,
            "  certainly needed: {}\n  open: {}",
            needed(found),
            count(found.open.len() as u64, "assignment")
        );
    }
}

/// `3 SeqCst can be Acquire, 1 SeqCst can be Relaxed; the other 2 are needed.`
fn sentence(found: &Orderings, assignment: &Assignment) -> String {
    let mut groups: Vec<((bool, Ordering, Ordering), u64)> = Vec::new();
    let mut changed = 0;
    for (site, to) in found.changes(assignment) {
        changed += 1;
        let fence = site.operation == Operation::Fence;
        let group = (fence, site.ordering, to);
        match groups.iter_mut().find(|(other, _)| *other == group) {
            Some((_, count)) => *count += 1,
            None => groups.push((group, 1)),
        }
    }
    let same = found.sites.len() as u64 - changed;
    if changed == 0 {
        return "as in the code.".to_owned();
    }
    let parts: Vec<String> = groups
        .iter()
        .map(|((fence, from, to), number)| {
            let many = if *fence {
                count(*number, &format!("{from:?} fence"))
            } else {
                // Orderings have no plural.
                format!("{} {from:?}", grouped(*number))
            };
            match (*fence && *to == Ordering::Relaxed, is_at_least(*from, *to)) {
                (true, _) => format!("{many} can go"),
                (_, true) => format!("{many} can be {to:?}"),
                (_, false) => format!("{many} must be {to:?}"),
            }
        })
        .collect();
    let rest = match same {
        0 => String::new(),
        1 => "; the other one is as in the code".to_owned(),
        _ => format!("; the other {same} are as in the code"),
    };
    format!("{}{rest}.", parts.join(", "))
}

fn needed(found: &Orderings) -> String {
    let sites = found.sites.iter().zip(found.needed.orderings());
    let needed: Vec<String> = sites
        .filter(|(_, ordering)| *ordering != Ordering::Relaxed)
        .map(|(site, ordering)| format!("{ordering:?} at {}", place(found, site)))
        .collect();
    if needed.is_empty() {
        "nothing that is known yet".to_owned()
    } else {
        needed.join(", ")
    }
}

fn operation(site: &Site) -> String {
    match site.operation() {
        // It has the name of the whole.
        failed @ Operation::CompareExchangeFailed => format!("{failed}, failing"),
        other => other.to_string(),
    }
}

/// File and line; the column too if the line has several sites of the operation.
fn place(found: &Orderings, site: &Site) -> String {
    let at = site.location();
    let twin = |other: &&Site| {
        let there = other.location();
        other.operation == site.operation && there.file == at.file && there.line == at.line
    };
    if found.sites.iter().filter(twin).count() > 1 {
        format!("{}:{}:{}", at.file, at.line, at.column)
    } else {
        format!("{}:{}", at.file, at.line)
    }
}

fn table(found: &Orderings, out: &mut String) {
    let mut head = vec![
        "site".to_owned(),
        "operation".to_owned(),
        "in the code".to_owned(),
    ];
    let shown = found.minimal.len().min(MOST_COLUMNS);
    match shown {
        0 if !found.sufficient.is_empty() => head.push("enough".to_owned()),
        0 => {}
        1 if found.complete => head.push("needed".to_owned()),
        _ => head.extend((1..=shown).map(|column| column.to_string())),
    }
    let assignments: Vec<&Assignment> = if shown == 0 {
        found.sufficient.iter().take(1).collect()
    } else {
        found.minimal.iter().take(shown).collect()
    };
    let mut rows = vec![head];
    for (i, site) in found.sites.iter().enumerate() {
        let mut row = vec![
            place(found, site),
            operation(site),
            format!("{:?}", site.ordering()),
        ];
        for assignment in &assignments {
            let ordering = assignment.orderings[i].0;
            row.push(match ordering {
                same if same == site.ordering() => "=".to_owned(),
                Ordering::Relaxed if site.operation() == Operation::Fence => "none".to_owned(),
                other => format!("{other:?}"),
            });
        }
        rows.push(row);
    }
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    for row in &rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        let _ = writeln!(out, "{}", cells.join("  ").trim_end());
    }
    if found.minimal.len() > shown {
        let more = count(
            (found.minimal.len() - shown) as u64,
            "more minimal assignment",
        );
        let _ = writeln!(out, "({more} not shown)");
    }
}
