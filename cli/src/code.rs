//! Code of a lab: one piece, or two beside each other with what differs marked.

use console::measure_text_width;

use crate::screen::{Screen, Tone, pad};
use racecourse::labs::{Lab, MARKER, Variant};

/// Columns at which two pieces stand beside each other.
const BESIDE: usize = 100;

/// The code of a variant, with the numbers that its lines have in the lab's file: a timeline names them.
pub fn of(lab: &Lab, variant: &Variant, screen: &Screen) -> Vec<String> {
    let (_, source) = lab.file_of(variant);
    let code = lab.code(variant).unwrap_or(source);
    let before = source.find(code).map_or("", |at| &source[..at]);
    block(code, before.lines().count() + 1, screen)
}

/// One piece, its lines numbered from `first`.
fn block(code: &str, first: usize, screen: &Screen) -> Vec<String> {
    let mut out = Vec::new();
    for (number, line) in (first..).zip(code.trim_end().lines()) {
        for (i, part) in fold(line, screen.width - 6).into_iter().enumerate() {
            let number = if i == 0 {
                format!("{number:>4}")
            } else {
                "    ".to_owned()
            };
            let line = format!(
                "{}  {}",
                screen.paint(&number, Tone::Dim),
                lit(&part, screen)
            );
            out.push(line.trim_end().to_owned());
        }
    }
    out
}

/// `left` and `right` with a heading each; lines that only one has are marked `-` and `+`.
pub fn compare(left: (&str, &str), right: (&str, &str), screen: &Screen) -> Vec<String> {
    // The headings say in short what the comments above the items do.
    let (left, right) = ((left.0, bare(left.1)), (right.0, bare(right.1)));
    let (a, b): (Vec<&str>, Vec<&str>) = (
        left.1.trim_end().lines().collect(),
        right.1.trim_end().lines().collect(),
    );
    let rows = align(&a, &b);
    if screen.width < BESIDE {
        let mut out = vec![screen.paint(left.0, Tone::Heading)];
        for row in rows.iter().filter(|row| row.left.is_some()) {
            out.extend(side(row.left, row.same, '-', screen.width, screen));
        }
        out.extend([String::new(), screen.paint(right.0, Tone::Heading)]);
        for row in rows.iter().filter(|row| row.right.is_some()) {
            out.extend(side(row.right, row.same, '+', screen.width, screen));
        }
        return out;
    }
    let width = (screen.width - 3) / 2;
    let bar = screen.paint("│", Tone::Dim);
    let beside = |l: &str, r: &str| format!("{} {bar} {r}", pad(l, width)).trim_end().to_owned();
    let mut out = vec![beside(
        &screen.paint(left.0, Tone::Heading),
        &screen.paint(right.0, Tone::Heading),
    )];
    for row in rows {
        let l = side(row.left, row.same, '-', width, screen);
        let r = side(row.right, row.same, '+', width, screen);
        for i in 0..l.len().max(r.len()) {
            out.push(beside(
                l.get(i).map_or("", String::as_str),
                r.get(i).map_or("", String::as_str),
            ));
        }
    }
    out
}

/// An item without the comment before it.
fn bare(code: &str) -> &str {
    let mut rest = code;
    while let Some((line, after)) = rest.split_once('\n')
        && line.trim_start().starts_with("//")
    {
        rest = after;
    }
    rest
}

/// Lines beside each other: the same one, or what either has in its place.
#[derive(Debug, PartialEq, Eq)]
struct Row<'c> {
    left: Option<&'c str>,
    right: Option<&'c str>,
    same: bool,
}

/// One line of code within `width` columns, with its mark.
fn side(line: Option<&str>, same: bool, mark: char, width: usize, screen: &Screen) -> Vec<String> {
    let Some(line) = line else { return Vec::new() };
    let tone = if mark == '-' { Tone::Bad } else { Tone::Good };
    let mark = if same || line.trim().is_empty() {
        " ".to_owned()
    } else {
        screen.paint(&mark.to_string(), tone)
    };
    fold(line, width - 2)
        .into_iter()
        .map(|line| format!("{mark} {}", lit(&line, screen)))
        .collect()
}

/// Comments dim, the failing line's mark bright.
fn lit(line: &str, screen: &Screen) -> String {
    if let Some(at) = line.find(MARKER) {
        return format!("{}{}", &line[..at], screen.paint(&line[at..], Tone::Bad));
    }
    match line.find("//") {
        Some(at) => format!("{}{}", &line[..at], screen.paint(&line[at..], Tone::Dim)),
        None => line.to_owned(),
    }
}

/// A line too long is broken at spaces and before dots; what follows is indented deeper, and a comment stays one.
fn fold(line: &str, width: usize) -> Vec<String> {
    if measure_text_width(line) <= width {
        return vec![line.to_owned()];
    }
    if let Some(at) = line
        .find(MARKER)
        .filter(|&at| !line[..at].trim().is_empty())
    {
        // The mark is one thing, whatever happens to the code before it.
        let mut out = fold(line[..at].trim_end(), width);
        let indent = line.len() - line.trim_start().len();
        out.push(format!(
            "{}{}",
            " ".repeat((indent + 4).min(width / 2)),
            &line[at..]
        ));
        return out;
    }
    let code = line.trim_start();
    let indent = " ".repeat((line.len() - code.len()).min(width / 2));
    let slashes: String = code.chars().take_while(|c| "/!".contains(*c)).collect();
    let comment = slashes.starts_with("//");
    let deeper = if comment {
        format!("{indent}{slashes} ")
    } else {
        format!("{indent}    ")
    };
    let mut out = vec![indent];
    let mut empty = true;
    for part in parts(code, comment) {
        let last = out.last_mut().expect("there is a line");
        if !empty && measure_text_width(last) + measure_text_width(part.trim_end()) > width {
            last.truncate(last.trim_end().len());
            out.push(format!("{deeper}{part}"));
        } else {
            last.push_str(part);
        }
        empty = false;
    }
    out
}

/// Pieces between which a line may be broken: a type stays with its name, a brace with what it opens.
fn parts(code: &str, comment: bool) -> Vec<&str> {
    let mut out = Vec::new();
    let mut start = 0;
    for (at, c) in code.char_indices() {
        let (before, after) = (&code[..at], &code[at..]);
        let space = before.ends_with(' ') && c != ' ';
        let glued = !comment && (before.ends_with(": ") || c == '{' || c == '}' || c == '=');
        let method = !comment && c == '.' && !before.ends_with('.') && !after.starts_with("..");
        if at > start && ((space && !glued) || method) {
            out.push(&code[start..at]);
            start = at;
        }
    }
    out.push(&code[start..]);
    out
}

/// The lines of both in order, equal ones paired (a longest common subsequence).
fn align<'c>(a: &[&'c str], b: &[&'c str]) -> Vec<Row<'c>> {
    let mut longest = vec![vec![0_u32; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            longest[i][j] = if a[i] == b[j] {
                longest[i + 1][j + 1] + 1
            } else {
                longest[i + 1][j].max(longest[i][j + 1])
            };
        }
    }
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    loop {
        let (from_i, from_j) = (i, j);
        while i < a.len() && j < b.len() && a[i] != b[j] {
            if longest[i + 1][j] >= longest[i][j + 1] {
                i += 1
            } else {
                j += 1
            }
        }
        if i == a.len() || j == b.len() {
            (i, j) = (a.len(), b.len());
        }
        // What only one side has: line by line beside what the other has in its place.
        for k in 0..(i - from_i).max(j - from_j) {
            let (left, right) = (a[from_i..i].get(k).copied(), b[from_j..j].get(k).copied());
            out.push(Row {
                left,
                right,
                same: false,
            });
        }
        if i == a.len() {
            return out;
        }
        out.push(Row {
            left: Some(a[i]),
            right: Some(b[j]),
            same: true,
        });
        (i, j) = (i + 1, j + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{ColorChoice, Look};

    fn screen(width: usize) -> Screen {
        let mut screen = Screen::new(&Look {
            color: ColorChoice::Never,
            ascii: false,
        });
        screen.width = width;
        screen
    }

    const BUG: &str = "/// A comment.\n// Another.\nfn bug() {\n    load();\n    store();\n}\n";
    const FIX: &str = "fn fix() {\n    add();\n}\n";

    #[test]
    fn beside_each_other_where_there_is_room() {
        let lines = compare(("buggy", BUG), ("fixed", FIX), &screen(100));
        let expected = [
            format!("{:48} │ fixed", "buggy"),
            format!("{:48} │ + fn fix() {{", "- fn bug() {"),
            format!("{:48} │ +     add();", "-     load();"),
            format!("{:48} │", "-     store();"),
            format!("{:48} │   }}", "  }"),
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn one_below_the_other_where_there_is_not() {
        let lines = compare(("buggy", BUG), ("fixed", FIX), &screen(60));
        let expected = "buggy\n- fn bug() {\n-     load();\n-     store();\n  }\n\nfixed\n+ fn fix() {\n+     add();\n  }";
        assert_eq!(lines.join("\n"), expected);
    }

    #[test]
    fn lines_have_the_numbers_of_their_file() {
        assert_eq!(
            block("a\n\nb\n", 9, &screen(60)),
            ["   9  a", "  10", "  11  b"]
        );
        for lab in racecourse::labs::all() {
            let lines = of(lab, &lab.variants[0], &screen(120)).join("\n");
            let marked = lab
                .failing_place(&lab.variants[0])
                .filter(|_| lines.contains(MARKER));
            assert!(
                marked.is_none_or(|(_, line)| lines.contains(&format!("\n{line:>4}  "))),
                "{lines}"
            );
        }
    }

    #[test]
    fn alignment_ends_whatever_is_empty() {
        assert_eq!(align(&[], &[]), []);
        assert_eq!(
            align(&["a"], &[]),
            [Row {
                left: Some("a"),
                right: None,
                same: false
            }]
        );
        assert_eq!(
            align(&[], &["a"]),
            [Row {
                left: None,
                right: Some("a"),
                same: false
            }]
        );
        let same = align(&["a", "b", "c"], &["x", "b"]);
        assert_eq!(
            same.iter().map(|row| row.same).collect::<Vec<_>>(),
            [false, true, false]
        );
    }

    #[test]
    fn long_lines_are_folded_and_comments_stay_comments() {
        assert_eq!(
            fold("    let a = b(c, d, e);", 16),
            ["    let a = b(c,", "        d, e);"]
        );
        assert_eq!(
            fold(
                "let mut lower = bank.accounts[from.min(to)].lock().unwrap();",
                46
            ),
            [
                "let mut lower = bank.accounts[from.min(to)]",
                "    .lock().unwrap();"
            ]
        );
        assert_eq!(
            fold("pub fn buggy(from: usize, to: usize) {", 32),
            ["pub fn buggy(from: usize,", "    to: usize) {"]
        );
        assert_eq!(
            fold("/// one two three", 10),
            ["/// one", "/// two", "/// three"]
        );
        for line in fold(
            "        // a comment in the middle of the code that goes on",
            30,
        ) {
            assert!(
                line.trim_start().starts_with("//") && line.len() <= 30,
                "{line}"
            );
        }
    }
}
