//! A table of text: columns as wide as they must be, the last one wrapped.

use console::measure_text_width;

use crate::screen::{pad, wrap};

/// Lines of at most about `width` columns, each cell separated from the next by two spaces.
pub fn table(rows: &[Vec<String>], width: usize) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let cell = |row: &Vec<String>, c: usize| row.get(c).cloned().unwrap_or_default();
    let widest = |c: usize| {
        rows.iter()
            .map(|row| measure_text_width(&cell(row, c)))
            .max()
            .unwrap_or(0)
    };
    let mut widths: Vec<usize> = (0..columns).map(widest).collect();
    // What does not fit is taken from the widest column; it is the one that wraps.
    let room = width.saturating_sub(2 * columns.saturating_sub(1));
    while widths.iter().sum::<usize>() > room {
        let Some(widest) = widths.iter_mut().max().filter(|widest| **widest > 12) else {
            break;
        };
        *widest -= 1;
    }
    let mut out = Vec::new();
    for row in rows {
        let cells: Vec<Vec<String>> = (0..columns)
            .map(|c| wrap(&cell(row, c), widths[c]))
            .collect();
        for i in 0..cells.iter().map(Vec::len).max().unwrap_or(0) {
            let parts = cells
                .iter()
                .zip(&widths)
                .map(|(lines, &width)| pad(lines.get(i).map_or("", String::as_str), width));
            out.push(parts.collect::<Vec<_>>().join("  ").trim_end().to_owned());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_column_wraps() {
        let row = |cells: &[&str]| {
            cells
                .iter()
                .map(|&cell| cell.to_owned())
                .collect::<Vec<_>>()
        };
        let rows = [
            row(&["a", "short", "one two three four five"]),
            row(&["bcd", "", "six"]),
        ];
        assert_eq!(
            table(&rows, 30),
            [
                "a    short  one two three four",
                "            five",
                "bcd         six"
            ]
            .map(|line: &str| line.to_owned())
        );
        assert!(table(&[], 30).is_empty());
    }
}
