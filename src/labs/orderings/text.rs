//! A table of orderings as a person reads it.

use std::fmt;

use super::{OrderingRow, OrderingTable};

/// More rows than this are shown by what they have in common.
const MOST_ROWS: usize = 40;

/// In front of the weakest assignments that are enough.
const WEAKEST: &str = "►";

impl fmt::Display for OrderingTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rows.len() <= MOST_ROWS {
            let rows: Vec<(String, &OrderingRow)> =
                self.rows.iter().map(|row| (mark(row), row)).collect();
            self.lines(f, &rows, &self.results)?;
        } else {
            self.groups(f)?;
        }
        writeln!(f)?;
        let enough = self.rows.iter().filter(|row| row.enough).count();
        writeln!(
            f,
            "{} assignments, {enough} of them enough; {WEAKEST} enough, and nothing weaker is:",
            self.rows.len()
        )?;
        for row in self.weakest() {
            writeln!(f, "  {}", self.sentence(row))?;
        }
        Ok(())
    }
}

fn mark(row: &OrderingRow) -> String {
    if row.weakest {
        WEAKEST.to_owned()
    } else {
        String::new()
    }
}

impl OrderingTable {
    /// `flag.store Release, flag.load Acquire`; what may be `Relaxed` is not said.
    pub fn sentence(&self, row: &OrderingRow) -> String {
        let both = self.places.iter().zip(&row.orderings);
        let strong = both.filter(|(_, ordering)| !matches!(ordering.as_str(), "Relaxed" | "none"));
        let strong: Vec<String> = strong
            .map(|(place, ordering)| {
                let same = |other: &&super::OrderingPlace| other.what == place.what;
                if self.places.iter().filter(same).count() > 1 {
                    format!("{} (line {}) {ordering}", place.what, place.line)
                } else {
                    format!("{} {ordering}", place.what)
                }
            })
            .collect();
        match strong.as_slice() {
            [] => "all of them Relaxed".to_owned(),
            _ => strong.join(", "),
        }
    }

    /// Rows that let the same happen are one group: of those that are enough the weakest tell most, of the others the
    /// strongest.
    fn groups(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut groups: Vec<Vec<&OrderingRow>> = Vec::new();
        for row in &self.rows {
            let same = groups
                .iter_mut()
                .find(|group| group[0].results == row.results);
            match same {
                Some(group) => group.push(row),
                None => groups.push(vec![row]),
            }
        }
        let of = "Of what is enough the weakest are shown, of what is not the strongest.";
        writeln!(f, "What lets the same happen is one group. {of}")?;
        for group in groups {
            let at_the_edge = |row: &&&OrderingRow| {
                let beyond = |other: &OrderingRow| match row.enough {
                    true => row.is_at_least(other),
                    false => other.is_at_least(row),
                };
                !group.iter().any(|other| other != *row && beyond(other))
            };
            let shown: Vec<(String, &OrderingRow)> = group
                .iter()
                .filter(at_the_edge)
                .map(|row| (mark(row), *row))
                .collect();
            writeln!(
                f,
                "\n{} of {}: {}",
                group.len(),
                self.rows.len(),
                group[0].results.join(", ")
            )?;
            self.lines(f, &shown, &[])?;
        }
        Ok(())
    }

    /// A line for each of `rows`, below the places; what they let happen in columns.
    fn lines(
        &self,
        f: &mut fmt::Formatter<'_>,
        rows: &[(String, &OrderingRow)],
        results: &[String],
    ) -> fmt::Result {
        let mut heads = [
            vec![String::new()],
            vec![String::new()],
            vec![String::new()],
        ];
        for place in &self.places {
            let (name, failing) = match place.what.strip_suffix(", failing") {
                Some(name) => (name, " fails"),
                None => (place.what.as_str(), ""),
            };
            let (object, method) = name.split_once('.').unwrap_or(("", name));
            heads[0].push(object.to_owned());
            heads[1].push(method.to_owned());
            heads[2].push(format!("{}{failing}", place.line));
        }
        heads[2].extend(results.iter().cloned());
        let cell = |row: &OrderingRow, result: &String| {
            let there = row.results.contains(result);
            let width = result.chars().count();
            format!("{:^width$}", if there { "●" } else { "·" })
        };
        heads[2][0] = "line".to_owned();
        let mut all = heads.to_vec();
        all.extend(rows.iter().map(|(mark, row)| {
            let cells = results.iter().map(|result| cell(row, result)).collect();
            [vec![mark.clone()], row.orderings.clone(), cells].concat()
        }));
        let columns = all[2].len();
        let width = |column: usize| {
            let cells = all.iter().filter_map(|row| row.get(column));
            cells
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
                .max(1)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for row in &all {
            let both = row.iter().zip(&widths);
            let cells: Vec<String> = both
                .map(|(cell, width)| format!("{cell:<width$}"))
                .collect();
            writeln!(f, "{}", cells.join("  ").trim_end())?;
        }
        Ok(())
    }
}
