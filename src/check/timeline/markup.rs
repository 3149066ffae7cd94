//! Text of the scenario inside of SVG and HTML.

use super::measure::{UNICODE, clean};

/// Longest text that is kept whole, in characters. A message may have megabytes.
const WHOLE: usize = 2_000;

/// `text` as it may stand between tags and in a quoted attribute, of XML 1.0 and of HTML alike.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            // No document may contain these, not even by their number.
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// `text` with what cannot be seen escaped as in the text of a timeline, then as [`escape`] does.
pub(super) fn safe(text: &str) -> String {
    let mut end = text.char_indices().skip(WHOLE).map(|(at, _)| at);
    match end.next() {
        Some(end) => format!("{}…", escape(&clean(&text[..end], UNICODE))),
        None => escape(&clean(text, UNICODE)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_that_a_parser_would_take_for_its_own() {
        assert_eq!(
            escape("<a b='c' d=\"e\">&amp;"),
            "&lt;a b=&#39;c&#39; d=&quot;e&quot;&gt;&amp;amp;"
        );
        assert_eq!(escape("\0\u{1b}\u{ffff}"), "\u{fffd}\u{fffd}\u{fffd}");
        assert_eq!(safe("a\u{202e}b\n<"), "a\\u{202e}b\\n&lt;");
        assert_eq!(safe(&"x".repeat(5_000)).chars().count(), WHOLE + 1);
    }
}
