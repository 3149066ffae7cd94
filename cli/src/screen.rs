//! Standard output: how wide it is, what it can show, and how text is written to it.

use std::borrow::Cow;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

use console::{Term, measure_text_width};
use racecourse::check::timeline::TextOptions;

use crate::args::{ColorChoice, Look};

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Heading,
    Dim,
    Name,
    Command,
    Good,
    Bad,
    Notable,
}

impl Tone {
    fn ansi(self) -> &'static str {
        match self {
            Tone::Heading => "\x1b[1m",
            Tone::Dim => "\x1b[2m",
            Tone::Name => "\x1b[36m",
            Tone::Command => "\x1b[1;36m",
            Tone::Good => "\x1b[32m",
            Tone::Bad => "\x1b[1;31m",
            Tone::Notable => "\x1b[33m",
        }
    }
}

/// Narrowest and widest that text is set to.
const WIDTHS: std::ops::RangeInclusive<usize> = 40..=120;
/// The width where there is no terminal to ask.
const DEFAULT_WIDTH: usize = 100;

pub struct Screen {
    out: BufWriter<Stdout>,
    pub width: usize,
    pub ascii: bool,
    pub colour: bool,
    colour_errors: bool,
}

impl Screen {
    pub fn new(look: &Look) -> Self {
        let terminal = io::stdout().is_terminal();
        let size = Term::stdout().size_checked().filter(|_| terminal);
        let exported = || std::env::var("COLUMNS").ok()?.parse().ok();
        // A terminal that does not know its width says 0.
        let asked = size
            .map(|(_, columns)| usize::from(columns))
            .or_else(exported);
        let width = asked
            .filter(|&columns| columns > 0)
            .unwrap_or(DEFAULT_WIDTH);
        Self {
            out: BufWriter::new(io::stdout()),
            width: width.clamp(*WIDTHS.start(), *WIDTHS.end()),
            ascii: look.ascii || !speaks_unicode(|name| std::env::var(name).ok()),
            colour: coloured(look.color, terminal),
            colour_errors: coloured(look.color, io::stderr().is_terminal()),
        }
    }

    /// How the library is to write a timeline or a report here.
    pub fn text_options(&self) -> TextOptions {
        // A table of this width still holds when it is copied into a file or a mail.
        TextOptions::new()
            .width(self.width.min(DEFAULT_WIDTH))
            .ascii(self.ascii)
            .colour(self.colour)
    }

    pub fn paint(&self, text: &str, tone: Tone) -> String {
        painted(text, tone, self.colour)
    }

    /// As [`paint`](Self::paint), for standard error.
    pub fn paint_error(&self, text: &str, tone: Tone) -> String {
        painted(text, tone, self.colour_errors)
    }

    /// Writes one line.
    pub fn line(&mut self, text: impl AsRef<str>) -> io::Result<()> {
        let text = self.plain(text.as_ref());
        writeln!(self.out, "{text}")
    }

    /// Writes lines that are complete.
    pub fn text(&mut self, text: &str) -> io::Result<()> {
        let text = self.plain(text);
        self.out.write_all(text.as_bytes())
    }

    /// Writes a document for a program to read, with all of its characters.
    pub fn document(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())
    }

    /// Writes a paragraph, wrapped to the width.
    pub fn paragraph(&mut self, text: &str) -> io::Result<()> {
        for line in wrap(text, self.width.min(DEFAULT_WIDTH)) {
            self.line(line)?;
        }
        Ok(())
    }

    pub fn flush(&mut self) -> Result<(), crate::stop::Stop> {
        Ok(self.out.flush()?)
    }

    /// Writes to standard error. What cannot be written there has no other place to go.
    pub fn complain(&self, text: &str) {
        let _ = writeln!(io::stderr(), "{}", self.plain(text));
    }

    /// The typographic characters that this program itself prints, in ASCII if that is asked for.
    fn plain<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if !self.ascii || text.is_ascii() {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                '✓' => out.push('+'),
                '✗' => out.push('X'),
                '→' => out.push_str("->"),
                '…' => out.push_str("..."),
                '–' | '—' | '─' | '−' => out.push('-'),
                '│' => out.push('|'),
                '┼' => out.push('+'),
                '•' | '·' | '×' => out.push('*'),
                '█' => out.push('#'),
                '►' => out.push('>'),
                '●' => out.push('+'),
                '‘' | '’' => out.push('\''),
                '“' | '”' => out.push('"'),
                '≤' => out.push_str("<="),
                '≥' => out.push_str(">="),
                '≠' => out.push_str("!="),
                c if c.is_ascii() => out.push(c),
                c => out.extend(c.escape_unicode()),
            }
        }
        Cow::Owned(out)
    }
}

fn painted(text: &str, tone: Tone, colour: bool) -> String {
    if colour {
        format!("{}{text}\x1b[0m", tone.ansi())
    } else {
        text.to_owned()
    }
}

fn coloured(choice: ColorChoice, terminal: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => terminal && !set("NO_COLOR") && !dumb,
    }
}

/// Whether the locale is one of UTF-8. Where none is set, nearly every terminal is.
fn speaks_unicode(variable: impl Fn(&str) -> Option<String>) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| variable(name).filter(|v| !v.is_empty()));
    locale.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

/// `text` padded with spaces to `width` columns; sequences of colour take none.
pub fn pad(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(measure_text_width(text));
    format!("{text}{}", " ".repeat(missing))
}

/// Lines of at most `width` columns. A word that is longer has a line of its own.
/// The later lines are indented as the first one is.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let indent: String = text.chars().take_while(|c| *c == ' ').collect();
    let mut lines = vec![indent.clone()];
    let mut empty = true;
    for word in text.split_whitespace() {
        let last = lines.last_mut().expect("there is a line");
        let gap = usize::from(!empty);
        if !empty && measure_text_width(last) + gap + measure_text_width(word) > width {
            lines.push(format!("{indent}{word}"));
        } else {
            if !empty {
                last.push(' ');
            }
            last.push_str(word);
        }
        empty = false;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_locale_that_is_set_and_no_utf8_means_ascii() {
        let locale = |set: &'static [(&str, &str)]| {
            speaks_unicode(move |name| {
                set.iter()
                    .find(|(n, _)| *n == name)
                    .map(|(_, v)| (*v).to_owned())
            })
        };
        assert!(locale(&[]));
        assert!(locale(&[("LANG", "en_GB.UTF-8")]));
        assert!(locale(&[("LANG", "C.utf8")]));
        assert!(!locale(&[("LANG", "C")]));
        assert!(!locale(&[("LANG", "en_GB.UTF-8"), ("LC_ALL", "POSIX")]));
        assert!(locale(&[("LC_ALL", ""), ("LANG", "en_GB.UTF-8")]));
    }

    #[test]
    fn wrapping_keeps_the_indent_and_counts_no_colour() {
        assert_eq!(wrap("  one two three", 9), ["  one two", "  three"]);
        assert_eq!(wrap("\x1b[1mone\x1b[0m two", 7), ["\x1b[1mone\x1b[0m two"]);
        assert_eq!(
            wrap("incomprehensibilities no", 5),
            ["incomprehensibilities", "no"]
        );
        assert_eq!(wrap("", 5), [""]);
    }

    #[test]
    fn padding_counts_columns() {
        assert_eq!(pad("线程", 6), "线程  ");
        assert_eq!(pad("\x1b[1mab\x1b[0m", 3), "\x1b[1mab\x1b[0m ");
        assert_eq!(pad("long", 2), "long");
    }
}
