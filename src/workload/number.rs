//! Reading a whole number that a person typed.

use std::error::Error;
use std::fmt;

/// The text that was given is not a whole number that this computation can take.
///
/// Its message names the text and says what to write instead.
///
/// ```
/// use racecourse::workload::factor;
///
/// let error = factor::parse("-12").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     r#""-12" is negative: give a whole number from 0 to 340282366920938463463374607431768211455"#
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseNumberError {
    input: String,
    kind: ParseNumberErrorKind,
    max: u128,
}

/// What is wrong with the text of a [`ParseNumberError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseNumberErrorKind {
    /// There is nothing in it but blanks.
    Empty,
    /// It is a number below zero.
    Negative,
    /// It is a number with a fraction, such as `2.5`.
    Fractional,
    /// It is a number whose digits are grouped by this character; only `_` between two digits is taken.
    Separator(char),
    /// It is a whole number above the largest that the computation takes.
    TooLarge,
    /// It is something else.
    NotANumber,
}

impl ParseNumberError {
    /// The text that was given, whole.
    pub fn input(&self) -> &str {
        &self.input
    }

    /// What is wrong with it.
    pub fn kind(&self) -> ParseNumberErrorKind {
        self.kind
    }
}

/// More characters of the input than this are not repeated in a message.
const SHOWN: usize = 60;

impl fmt::Display for ParseNumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use ParseNumberErrorKind::*;
        let Self { input, kind, max } = self;
        if *kind == Empty {
            return write!(
                f,
                "no number was given: give a whole number from 0 to {max}"
            );
        }
        match input.char_indices().nth(SHOWN) {
            None => write!(f, "{input:?}")?,
            Some((end, _)) => write!(
                f,
                "{:?}… ({} characters)",
                &input[..end],
                input.chars().count()
            )?,
        }
        match kind {
            Empty | NotANumber => write!(
                f,
                " is not a number: give a whole number in decimal digits, from 0 to {max}"
            ),
            Negative => write!(f, " is negative: give a whole number from 0 to {max}"),
            Fractional => write!(f, " is not whole: give a whole number from 0 to {max}"),
            Separator(c) => write!(
                f,
                " groups its digits with {c:?}: write the digits alone, or with `_` between them"
            ),
            TooLarge => write!(f, " is too large: the largest number taken is {max}"),
        }
    }
}

impl Error for ParseNumberError {}

/// Reads a whole number from 0 to `max`: decimal digits, blanks around them, one `+` before, `_` between two digits.
pub(super) fn parse(text: &str, max: u128) -> Result<u128, ParseNumberError> {
    read(text.trim(), max).map_err(|kind| ParseNumberError {
        input: text.to_owned(),
        kind,
        max,
    })
}

fn read(text: &str, max: u128) -> Result<u128, ParseNumberErrorKind> {
    use ParseNumberErrorKind::*;
    if text.is_empty() {
        return Err(Empty);
    }
    // A typographic minus (U+2212) is what a copied text often has.
    if let Some(rest) = text.strip_prefix(['-', '\u{2212}']) {
        return Err(match read(rest.trim_start(), u128::MAX) {
            Ok(_) | Err(Fractional | Separator(_) | TooLarge) => Negative,
            Err(_) => NotANumber,
        });
    }
    let digits = text.strip_prefix('+').unwrap_or(text);
    if let Some(kind) = misshapen(digits) {
        return Err(kind);
    }
    let mut value: u128 = 0;
    for digit in digits.bytes().filter(u8::is_ascii_digit) {
        value = value
            .checked_mul(10)
            .and_then(|v| v.checked_add(u128::from(digit - b'0')))
            .filter(|v| *v <= max)
            .ok_or(TooLarge)?;
    }
    Ok(value)
}

/// What is wrong with the shape of `text`, if it is not digits with at most `_` between two of them.
fn misshapen(text: &str) -> Option<ParseNumberErrorKind> {
    use ParseNumberErrorKind::*;
    let is_digit = |c: char| c.is_ascii_digit();
    let all_digits = |group: &str| !group.is_empty() && group.chars().all(is_digit);
    if text.split('_').all(all_digits) {
        return None;
    }
    // "1,234,567", "1'000" and "1 000" are thousands; so is "1.234.567", but one dot alone makes a fraction.
    for separator in [',', '\'', ' ', '\u{a0}', '\u{202f}', '.'] {
        let mut groups = text.split(separator);
        let first = groups.next().unwrap_or_default();
        let thousands =
            all_digits(first) && groups.all(|group| group.len() == 3 && all_digits(group));
        if thousands && (separator != '.' || text.matches('.').count() > 1) {
            return Some(Separator(separator));
        }
    }
    let (whole, part) = text.split_once('.').unwrap_or((text, "x"));
    let fraction =
        whole.chars().chain(part.chars()).all(is_digit) && !(whole.is_empty() && part.is_empty());
    Some(if fraction { Fractional } else { NotANumber })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ParseNumberErrorKind::*;

    const TOP: &str = "340282366920938463463374607431768211455";

    #[test]
    fn whole_numbers_are_read() {
        for (text, value) in [
            ("0", 0),
            ("7", 7),
            ("007", 7),
            (" 42\n", 42),
            ("+5", 5),
            ("50_000_000", 50_000_000),
            (TOP, u128::MAX),
        ] {
            assert_eq!(parse(text, u128::MAX), Ok(value), "{text:?}");
        }
    }

    #[test]
    fn everything_else_is_refused_for_its_own_reason() {
        for (text, kind) in [
            ("", Empty),
            (" \t\n", Empty),
            ("-1", Negative),
            ("-0", Negative),
            ("- 3", Negative),
            ("-2.5", Negative),
            ("\u{2212}8", Negative),
            ("-999999999999999999999999999999999999999999", Negative),
            ("2.5", Fractional),
            ("3.0", Fractional),
            (".5", Fractional),
            ("5.", Fractional),
            ("1,000,000", Separator(',')),
            ("1.000.000", Separator('.')),
            ("1 000", Separator(' ')),
            ("1'000", Separator('\'')),
            ("340282366920938463463374607431768211456", TooLarge),
            ("999999999999999999999999999999999999999999999", TooLarge),
            ("twelve", NotANumber),
            ("-", NotANumber),
            ("--1", NotANumber),
            ("1,5", NotANumber),
            ("+", NotANumber),
            ("+-1", NotANumber),
            (".", NotANumber),
            ("_1", NotANumber),
            ("1__0", NotANumber),
            ("1_", NotANumber),
            ("1e9", NotANumber),
            ("0x10", NotANumber),
            ("12a", NotANumber),
            ("\u{663}", NotANumber),
            ("NaN", NotANumber),
        ] {
            let error = parse(text, u128::MAX).expect_err(text);
            assert_eq!(error.kind(), kind, "{text:?}");
            assert_eq!(error.input(), text);
        }
    }

    #[test]
    fn the_limit_is_the_callers() {
        assert_eq!(parse("100", 100), Ok(100));
        let error = parse("101", 100).unwrap_err();
        assert_eq!(error.kind(), TooLarge);
        assert_eq!(
            error.to_string(),
            r#""101" is too large: the largest number taken is 100"#
        );
    }

    #[test]
    fn messages_name_the_input_and_the_remedy() {
        let message = |text: &str| parse(text, 99).unwrap_err().to_string();
        assert_eq!(
            message(""),
            "no number was given: give a whole number from 0 to 99"
        );
        assert_eq!(
            message("-3"),
            r#""-3" is negative: give a whole number from 0 to 99"#
        );
        assert_eq!(
            message("2.5"),
            r#""2.5" is not whole: give a whole number from 0 to 99"#
        );
        assert_eq!(
            message("1,000"),
            r#""1,000" groups its digits with ',': write the digits alone, or with `_` between them"#
        );
        assert_eq!(
            message("ten"),
            r#""ten" is not a number: give a whole number in decimal digits, from 0 to 99"#
        );
    }

    #[test]
    fn a_long_or_odd_input_does_not_flood_the_terminal() {
        let message = parse(&"x".repeat(100_000), 99).unwrap_err().to_string();
        assert!(message.starts_with(&format!(
            "\"{}\"… (100000 characters) is not a number",
            "x".repeat(SHOWN)
        )));
        assert!(message.len() < 200);
        assert!(
            !parse("\u{1b}[31m7", 99)
                .unwrap_err()
                .to_string()
                .contains('\u{1b}')
        );
    }
}
