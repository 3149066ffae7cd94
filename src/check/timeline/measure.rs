//! Text of the scenario made safe to print: how wide it is, what must be escaped, where it is cut.

use unicode_width::UnicodeWidthChar;

/// The characters that the timeline is drawn with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Glyphs {
    pub(super) unicode: bool,
    pub(crate) ellipsis: &'static str,
    pub(crate) fail: &'static str,
    pub(super) wait: &'static str,
    pub(super) waiting: &'static str,
    pub(super) gives: &'static str,
    pub(super) takes: &'static str,
    pub(super) rule: &'static str,
    pub(super) column: &'static str,
    pub(super) cross: &'static str,
    pub(super) foot: &'static str,
    pub(super) dash: &'static str,
    pub(super) right: &'static str,
    pub(super) left: &'static str,
}

pub(super) const UNICODE: Glyphs = Glyphs {
    unicode: true,
    ellipsis: "…",
    fail: "✗",
    wait: "■",
    waiting: "┊",
    gives: "→",
    takes: "←",
    rule: "─",
    column: "│",
    cross: "┼",
    foot: "┴",
    dash: "╌",
    right: "►",
    left: "◄",
};

pub(super) const ASCII: Glyphs = Glyphs {
    unicode: false,
    ellipsis: "...",
    fail: "X",
    wait: "!",
    waiting: ":",
    gives: "->",
    takes: "<-",
    rule: "-",
    column: "|",
    cross: "+",
    foot: "+",
    dash: "-",
    right: ">",
    left: "<",
};

/// Columns that `text` takes on a terminal. The sum over its characters, so that cutting never
/// changes the width of what is left; [`clean`] removes the sequences for which a sum is too small.
pub(super) fn width(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// `text` with everything escaped that would move the cursor, change the direction of the line,
/// or be seen as nothing; and all but ASCII, when only that may be printed.
pub(crate) fn clean(text: &str, glyphs: Glyphs) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || invisible(c) || (!glyphs.unicode && !c.is_ascii()) => {
                out.extend(c.escape_unicode());
            }
            c => out.push(c),
        }
    }
    out
}

/// Format characters: zero-width, joiners, direction marks, and the selector that widens the
/// character before it.
fn invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// `text` in at most `limit` columns, its end replaced by an ellipsis if it is longer.
pub(super) fn elide(text: &str, limit: usize, glyphs: Glyphs) -> String {
    // Marks that take no column are bounded as well: a name may carry thousands of them.
    if width(text) <= limit && text.chars().count() <= limit.saturating_mul(4) {
        return text.to_owned();
    }
    let mark = if width(glyphs.ellipsis) <= limit {
        glyphs.ellipsis
    } else {
        ""
    };
    let mut out = prefix(text, limit.saturating_sub(width(mark))).to_owned();
    out.push_str(mark);
    out
}

/// `text` in at most `limit` columns, its beginning replaced: the end of a path says the most.
pub(super) fn elide_front(text: &str, limit: usize, glyphs: Glyphs) -> String {
    if width(text) <= limit && text.chars().count() <= limit.saturating_mul(4) {
        return text.to_owned();
    }
    let room = limit.saturating_sub(width(glyphs.ellipsis));
    let (mut taken, mut start, mut marks) = (0, text.len(), 0);
    for (at, c) in text.char_indices().rev() {
        let wide = c.width().unwrap_or(0);
        marks += 1;
        if taken + wide > room || marks > room * 4 {
            break;
        }
        taken += wide;
        start = at;
    }
    format!("{}{}", glyphs.ellipsis, &text[start..])
}

/// The longest beginning of `text` that fits into `limit` columns.
pub(super) fn prefix(text: &str, limit: usize) -> &str {
    let mut taken = 0;
    for (count, (at, c)) in text.char_indices().enumerate() {
        let wide = c.width().unwrap_or(0);
        if taken + wide > limit || count >= limit.saturating_mul(4) {
            return &text[..at];
        }
        taken += wide;
    }
    text
}
