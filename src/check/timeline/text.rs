//! The timeline as text: a table, and under it what went wrong.

use std::fmt;

use super::Timeline;
use super::layout::{Line, Style, Words};
use super::measure::{ASCII, Glyphs, UNICODE, clean};
use super::phrase::one_line;
use super::table::Table;

/// How a [`Timeline`] and a [`Report`](crate::check::Report) are written as text.
///
/// ```
/// use racecourse::check::timeline::{TextOptions, Timeline};
/// let text = Timeline::default().render(&TextOptions::new().width(80).ascii(true));
/// assert!(text.is_ascii());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextOptions {
    pub(crate) width: usize,
    pub(crate) ascii: bool,
    pub(crate) colour: bool,
    pub(crate) replay: Option<String>,
}

impl Default for TextOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl TextOptions {
    /// 100 columns, Unicode, no colour: what `Display` prints.
    pub fn new() -> Self {
        Self {
            width: 100,
            ascii: false,
            colour: false,
            replay: None,
        }
    }

    /// The widest line, in columns of a terminal. Less than 40 is taken as 40.
    pub fn width(mut self, columns: usize) -> Self {
        self.width = columns.max(40);
        self
    }

    /// Only bytes of ASCII: lines are drawn with `-` and `|`, other characters are escaped.
    pub fn ascii(mut self, ascii: bool) -> Self {
        self.ascii = ascii;
        self
    }

    /// Colour by ANSI sequences. Whether the reader wants it (a terminal, `NO_COLOR`) is for the
    /// program to know.
    pub fn colour(mut self, colour: bool) -> Self {
        self.colour = colour;
        self
    }

    /// The command that a report gives for running its failure again; `{}` in it stands for the
    /// [token](crate::check::ReplayToken). Without it the report has the token alone.
    pub fn replay(mut self, command: &str) -> Self {
        self.replay = Some(command.to_owned());
        self
    }

    pub(crate) fn glyphs(&self) -> Glyphs {
        if self.ascii { ASCII } else { UNICODE }
    }
}

impl Timeline {
    /// The timeline as text: one column a thread, one row a step, the failing step marked, and
    /// under it the sentence that says what went wrong.
    ///
    /// No line is wider than [`TextOptions::width`]. With more than four threads, or too little
    /// room for their columns, there is one column, and each row names its thread. Steps that
    /// only start and end threads are folded into one line and have no number. Of an execution of
    /// many hundreds of steps the middle is left out.
    pub fn render(&self, options: &TextOptions) -> String {
        let mut out = String::new();
        for line in Table::of(self, options).lines() {
            line.write(&mut out, options.colour);
        }
        for line in self.below(options) {
            line.write(&mut out, options.colour);
        }
        out
    }

    /// What stands below the table.
    fn below(&self, options: &TextOptions) -> Vec<Line> {
        let glyphs = options.glyphs();
        let mut out = Vec::new();
        let mut paragraph = |first: &str, text: &str, style: Style, indent: usize| {
            let mut words = Words::default();
            words.push(first, style);
            words.push(&clean(text.trim(), glyphs), style);
            out.extend(words.wrap(options.width, indent, 12, glyphs));
        };
        if !self.sentence.trim().is_empty() {
            paragraph(glyphs.fail, &one_line(&self.sentence), Style::Failing, 2);
        }
        for line in self.details.iter().flat_map(|detail| detail.lines()) {
            paragraph(" ", line, Style::Plain, 4);
        }
        for sentence in &self.explanation {
            paragraph(" ", &one_line(sentence), Style::Plain, 4);
        }
        if self.explanation.is_empty() && self.steps.iter().any(|step| step.stale) {
            let text = "stale: the load returned an older value than the latest write, as its ordering allows";
            paragraph(" ", text, Style::Dim, 4);
        }
        out
    }
}

impl fmt::Display for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(&TextOptions::new()))
    }
}
