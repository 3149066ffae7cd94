//! Words with a style, wrapped into lines of a given width.

use super::measure::{Glyphs, prefix, width};

/// What a piece of text is, from which its colour follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Dim,
    Heading,
    Object,
    Value,
    /// Stale, blocked, preempted: where to look.
    Notable,
    Failing,
    Good,
}

impl Style {
    /// The ANSI sequence that switches it on: the sixteen basic colours, which every theme makes readable.
    fn ansi(self) -> &'static str {
        match self {
            Style::Plain => "",
            Style::Dim => "\x1b[2m",
            Style::Heading => "\x1b[1m",
            Style::Object => "\x1b[36m",
            Style::Value => "\x1b[1m",
            Style::Notable => "\x1b[33m",
            Style::Failing => "\x1b[1;31m",
            Style::Good => "\x1b[1;32m",
        }
    }
}

/// One line, of pieces that have a style.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    pieces: Vec<(String, Style)>,
}

impl Line {
    pub(crate) fn push(&mut self, text: &str, style: Style) {
        match self.pieces.last_mut() {
            Some((last, same)) if *same == style => last.push_str(text),
            _ => self.pieces.push((text.to_owned(), style)),
        }
    }

    pub(super) fn append(&mut self, line: Line) {
        for (text, style) in line.pieces {
            self.push(&text, style);
        }
    }

    pub(super) fn pieces(&self) -> &[(String, Style)] {
        &self.pieces
    }

    pub(super) fn width(&self) -> usize {
        self.pieces.iter().map(|(text, _)| width(text)).sum()
    }

    /// Fills with spaces up to column `to`.
    pub(super) fn pad(&mut self, to: usize) {
        let missing = to.saturating_sub(self.width());
        if missing > 0 {
            self.push(&" ".repeat(missing), Style::Plain);
        }
    }

    /// Writes the line, without spaces at its end.
    pub(crate) fn write(mut self, out: &mut String, colour: bool) {
        while let Some((last, _)) = self.pieces.last_mut() {
            last.truncate(last.trim_end_matches(' ').len());
            if !last.is_empty() {
                break;
            }
            self.pieces.pop();
        }
        for (text, style) in &self.pieces {
            // Spaces have no colour to show.
            if colour && !style.ansi().is_empty() && !text.trim().is_empty() {
                out.push_str(style.ansi());
                out.push_str(text);
                out.push_str("\x1b[0m");
            } else {
                out.push_str(text);
            }
        }
        out.push('\n');
    }
}

/// Words, each with a space before it, except the first of a line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Words {
    words: Vec<(String, Style)>,
}

impl Words {
    /// Adds the words of `text`.
    pub(crate) fn push(&mut self, text: &str, style: Style) {
        self.words
            .extend(text.split(' ').map(|word| (word.to_owned(), style)));
    }

    /// All in one line, without styles.
    pub(super) fn text(&self) -> String {
        let words: Vec<&str> = self.words.iter().map(|(word, _)| word.as_str()).collect();
        words.join(" ")
    }

    pub(super) fn width(&self) -> usize {
        let gaps = self.words.len().saturating_sub(1);
        gaps + self
            .words
            .iter()
            .map(|(word, _)| width(word))
            .sum::<usize>()
    }

    /// Lines of at most `limit` columns, the second and all others indented by `indent`; at most
    /// `lines` of them, the last then ending in an ellipsis.
    pub(crate) fn wrap(
        &self,
        limit: usize,
        indent: usize,
        lines: usize,
        glyphs: Glyphs,
    ) -> Vec<Line> {
        let indent = if limit >= 4 * indent { indent } else { 0 };
        let mut out = vec![Line::default()];
        let mut empty = true;
        for (word, style) in &self.words {
            let mut rest = word.as_str();
            loop {
                let line = out.last_mut().expect("there is a line");
                let gap = usize::from(!empty);
                if line.width() + gap + width(rest) <= limit {
                    if gap == 1 {
                        // The space between two words of one style belongs to that style.
                        let same = line.pieces.last().is_some_and(|(_, last)| last == style);
                        line.push(" ", if same { *style } else { Style::Plain });
                    }
                    line.push(rest, *style);
                    empty = false;
                    break;
                }
                let fresh = limit.saturating_sub(if out.len() == 1 && empty { 0 } else { indent });
                if empty {
                    // Alone on its line and still too long.
                    let part = prefix(rest, fresh.max(2));
                    let part = if part.is_empty() {
                        first_char(rest)
                    } else {
                        part
                    };
                    out.last_mut().expect("there is a line").push(part, *style);
                    rest = &rest[part.len()..];
                }
                let mut line = Line::default();
                line.pad(indent);
                out.push(line);
                empty = true;
                if rest.is_empty() {
                    break;
                }
            }
        }
        while out.len() > 1 && out.last().is_some_and(|line| line.width() <= indent) {
            out.pop();
        }
        if out.len() > lines {
            out.truncate(lines);
            let last = out.last_mut().expect("at least one line");
            *last = cut(last, limit.saturating_sub(width(glyphs.ellipsis)));
            last.push(glyphs.ellipsis, Style::Dim);
        }
        out
    }
}

fn first_char(text: &str) -> &str {
    let end = text.chars().next().map_or(0, char::len_utf8);
    &text[..end]
}

fn cut(line: &Line, limit: usize) -> Line {
    let mut out = Line::default();
    for (text, style) in &line.pieces {
        let room = limit.saturating_sub(out.width());
        let part = prefix(text, room);
        out.push(part, *style);
        if part.len() < text.len() {
            break;
        }
    }
    out
}

/// The text of one step in the column of its thread.
#[derive(Clone, Debug, Default)]
pub(super) struct Cell {
    pub(super) words: Words,
    /// Stands at the right edge of the column where there is room.
    pub(super) ordering: Option<String>,
    /// A message of any length: it does not widen its column, and runs on over those at its right.
    pub(super) message: bool,
}

impl Cell {
    /// The width at which the cell is one line.
    pub(super) fn width(&self) -> usize {
        self.words.width()
            + self
                .ordering
                .as_ref()
                .map_or(0, |ordering| 2 + width(ordering))
    }

    pub(super) fn lines(&self, limit: usize, glyphs: Glyphs) -> Vec<Line> {
        const LINES: usize = 6;
        match &self.ordering {
            Some(ordering) if self.width() <= limit => {
                let mut line = self.words.wrap(limit, 2, LINES, glyphs).remove(0);
                line.pad(limit - width(ordering));
                line.push(ordering, Style::Dim);
                vec![line]
            }
            Some(ordering) => {
                let mut words = self.words.clone();
                words.push(ordering, Style::Dim);
                words.wrap(limit, 2, LINES, glyphs)
            }
            None => self.words.wrap(limit, 2, LINES, glyphs),
        }
    }
}
