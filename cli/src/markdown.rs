//! A lesson's Markdown for a terminal: headings, paragraphs, lists, quotes, tables, code, emphasis, links.

use crate::screen::{Screen, Tone, wrap};
use crate::table::table;

/// Prose wider than this is hard to read.
const PROSE: usize = 88;

/// The lines of `text`.
pub fn lines(text: &str, screen: &Screen) -> Vec<String> {
    let width = screen.width.min(PROSE);
    let mut page = Page {
        screen,
        width,
        out: Vec::new(),
        paragraph: String::new(),
        indent: String::new(),
        rows: Vec::new(),
    };
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            page.finish();
            fenced = !fenced;
        } else if fenced {
            page.out.push(format!("    {line}"));
        } else {
            page.line(line);
        }
    }
    page.finish();
    page.out
}

struct Page<'s> {
    screen: &'s Screen,
    width: usize,
    out: Vec<String>,
    /// Lines that are filled together.
    paragraph: String,
    /// What stands before the paragraph: the mark of a list, or spaces.
    indent: String,
    /// Rows of a table.
    rows: Vec<Vec<String>>,
}

impl Page<'_> {
    fn line(&mut self, line: &str) {
        let text = line.trim();
        if text.starts_with('|') {
            self.finish_paragraph();
            // Between the outer bars; the row of dashes below the head says nothing here.
            let cells = text
                .trim_matches('|')
                .split('|')
                .map(|cell| self.inline(cell.trim()));
            let cells: Vec<String> = cells.collect();
            if !cells
                .iter()
                .all(|cell| !cell.is_empty() && cell.chars().all(|c| "-: ".contains(c)))
            {
                self.rows.push(cells);
            }
            return;
        }
        self.finish_table();
        let (mark, rest) = mark(line);
        if text.is_empty() {
            self.finish();
            if self.out.last().is_some_and(|last| !last.is_empty()) {
                self.out.push(String::new());
            }
        } else if let Some(heading) = heading(text) {
            self.finish();
            let heading = heading.replace('`', "");
            self.out.push(self.screen.paint(&heading, Tone::Heading));
            if !self.screen.colour {
                self.out
                    .push("─".repeat(console::measure_text_width(&heading)));
            }
        } else if !mark.is_empty() {
            self.finish();
            self.indent = mark;
            self.paragraph.push_str(rest);
        } else {
            self.paragraph.push(' ');
            self.paragraph.push_str(text);
        }
    }

    fn finish(&mut self) {
        self.finish_paragraph();
        self.finish_table();
    }

    fn finish_paragraph(&mut self) {
        let text = std::mem::take(&mut self.paragraph);
        let first = std::mem::take(&mut self.indent);
        if text.is_empty() {
            return;
        }
        let indent = console::measure_text_width(&first);
        let lines = wrap(&self.inline(text.trim()), self.width - indent);
        for (i, line) in lines.iter().enumerate() {
            let before = if i == 0 {
                first.clone()
            } else {
                " ".repeat(indent)
            };
            self.out.push(format!("{before}{line}"));
        }
    }

    fn finish_table(&mut self) {
        let rows = std::mem::take(&mut self.rows);
        self.out.extend(
            table(&rows, self.width - 2)
                .into_iter()
                .map(|line| format!("  {line}")),
        );
    }

    /// Emphasis and code, in colour or as they are; of a link, its text.
    fn inline(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let spans = [
                ("**", Tone::Heading),
                ("`", Tone::Name),
                ("*", Tone::Heading),
            ];
            let span = spans.into_iter().find_map(|(mark, tone)| {
                let (inside, after) = rest.strip_prefix(mark)?.split_once(mark)?;
                (!inside.is_empty() && !inside.starts_with(' ') && !inside.ends_with(' '))
                    .then_some((inside, after, tone))
            });
            if let Some((inside, after, tone)) = span {
                // Without colour, code keeps its marks: a name in prose must be known for one.
                let inside = if tone == Tone::Name && !self.screen.colour {
                    format!("`{inside}`")
                } else {
                    inside.to_owned()
                };
                // Each word has its own colour, so that a wrapped line ends without one.
                let words: Vec<String> = inside
                    .split(' ')
                    .map(|word| self.screen.paint(word, tone))
                    .collect();
                out.push_str(&words.join(" "));
                rest = after;
            } else if let Some((shown, after)) = link(rest) {
                out.push_str(&self.inline(shown));
                rest = after;
            } else {
                out.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
        out
    }
}

/// The text of a heading.
fn heading(line: &str) -> Option<&str> {
    let text = line.trim_start_matches('#');
    (text.len() < line.len())
        .then(|| text.strip_prefix(' '))
        .flatten()
        .map(str::trim)
}

/// The mark of a list or a quote with what stands for it here, and the text behind it.
fn mark(line: &str) -> (String, &str) {
    let text = line.trim_start();
    let indent = &line[..line.len() - text.len()];
    if let Some(rest) = text.strip_prefix("- ").or_else(|| text.strip_prefix("* ")) {
        return (format!("{indent}  • "), rest);
    }
    if let Some(rest) = text.strip_prefix("> ") {
        return (format!("{indent}  │ "), rest);
    }
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if let Some(rest) = text[digits..].strip_prefix(". ")
        && (1..=3).contains(&digits)
    {
        return (format!("{indent}{:>3}. ", &text[..digits]), rest);
    }
    (String::new(), text)
}

/// `[text](address)` at the beginning: its text, and what follows.
fn link(text: &str) -> Option<(&str, &str)> {
    let (shown, rest) = text.strip_prefix('[')?.split_once("](")?;
    let (_, after) = rest.split_once(')')?;
    (!shown.contains('[')).then_some((shown, after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{ColorChoice, Look};

    fn screen(color: ColorChoice) -> Screen {
        Screen::new(&Look {
            color,
            ascii: false,
        })
    }

    #[test]
    fn every_form_that_a_lesson_uses() {
        let text = "\
# The `head`

One *paragraph* of
two lines, with [a link](https://example.org) and 2 * 3 * 4.
- first of a list that is long enough to be wrapped at the width of prose, because it goes on and on
- second
1. numbered

| head | of `table` |
|---|---|
| a | b |

```rust
let x = *y; // `kept`
```
> quoted
";
        let expected = "\
The head
────────

One paragraph of two lines, with a link and 2 * 3 * 4.
  • first of a list that is long enough to be wrapped at the width of prose, because it
    goes on and on
  • second
  1. numbered

  head  of `table`
  a     b

    let x = *y; // `kept`
  │ quoted";
        let mut screen = screen(ColorChoice::Never);
        screen.width = 100;
        let got = lines(text, &screen).join("\n");
        // Without colour only code keeps its marks.
        assert_eq!(got, expected);
        assert_eq!(heading("#4725) goes on"), None);
    }

    #[test]
    fn colour_ends_with_its_word() {
        let got = lines("**two words**", &screen(ColorChoice::Always));
        assert_eq!(got, ["\u{1b}[1mtwo\u{1b}[0m \u{1b}[1mwords\u{1b}[0m"]);
    }
}
