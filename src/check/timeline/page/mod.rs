//! The timeline as a page: the picture, a list of the steps to go through, and the source beside it.
//!
//! Everything that is said is written here, into the document; the script only chooses what is shown of it. So the page
//! is whole on paper and where scripts are not run. It is well-formed as XML too, which the tests rely on.

mod source;
mod state;
mod steps;
#[cfg(test)]
pub(super) mod tests;

use std::fmt::Write;

use self::steps::Steps;
use super::markup::{escape, safe};
use super::measure::UNICODE;
use super::phrase::{Context, one_line};
#[cfg(test)]
use super::picture;
use super::rows::{Row, rows, shown};
use super::{TextOptions, Timeline};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The SHA-256 of what may style the page and run in it, as a Content-Security-Policy names it: nothing else may, whatever
/// the names in a scenario are. A test computes them.
const HASHES: [&str; 3] = [
    "sha256-F7cfjl2OW3UDiyUmAkvK91RLVHU/sAurNdEiIvMmSiE=",
    "sha256-BJNvNADE8oIHMMBu+5z8J96iaAXbx37pksM1sedjVMs=",
    "sha256-7NoTwhaDfB5TuwXlFXorqTU7IRQE+hxAtN3ZzJN/bJ0=",
];

/// What a page says beyond the timeline.
///
/// ```
/// use racecourse::check::timeline::{PageOptions, Timeline};
/// let options = PageOptions::new().title("abba").replay("racecourse race abba");
/// let page = Timeline::default().render_html(&options);
/// assert!(page.starts_with("<!DOCTYPE html>") && page.contains("racecourse race abba"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageOptions {
    title: Option<String>,
    replay: Option<String>,
    sources: Vec<(String, String)>,
    pub(crate) verdict: Option<String>,
    pub(crate) next: Vec<String>,
    /// The whole report as text, in place of that of the timeline.
    pub(crate) text: Option<String>,
}

impl PageOptions {
    /// The timeline alone.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What was checked: the name of a test, a lab. Else the title is the sentence.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// How to see the execution again: a command.
    #[must_use]
    pub fn replay(mut self, command: impl Into<String>) -> Self {
        self.replay = Some(command.into());
        self
    }

    /// The text of a source file, by the path that locations name it with. Files that are not given
    /// are read, if they are there.
    #[must_use]
    pub fn source(mut self, file: impl Into<String>, text: impl Into<String>) -> Self {
        self.sources.push((file.into(), text.into()));
        self
    }
}

impl Timeline {
    /// The timeline as a page, in HTML: the picture, each step with what is known after it, and the source
    /// beside it.
    ///
    /// The page is one file that asks for nothing else: it may be opened from a disk, sent, or kept by a build. One goes
    /// through it with the arrow keys, `j` and `k`, `Home` and `End`, with buttons, or by a click into the picture. On paper
    /// everything is shown.
    ///
    /// The source is read now, from the files that the steps name, and a few lines around each step are put into the
    /// page. Only files that end in `.rs` are read, looked for from the working directory upwards.
    ///
    /// ```
    /// use racecourse::check::Timeline;
    /// let page = Timeline::default().to_html();
    /// assert!(page.starts_with("<!DOCTYPE html>") && !page.contains("http:"));
    /// ```
    #[must_use]
    pub fn to_html(&self) -> String {
        self.render_html(&PageOptions::new())
    }

    /// As [`to_html`](Self::to_html), with a title, a command to replay it, and the text of source files.
    #[must_use]
    pub fn render_html(&self, options: &PageOptions) -> String {
        let mut out = String::new();
        head(&mut out, self, options);
        if !self.steps.is_empty() {
            execution(&mut out, self, options);
        }
        foot(&mut out, self, options);
        out
    }
}

fn rows_of(timeline: &Timeline) -> Vec<Row> {
    let context = Context {
        glyphs: UNICODE,
        threads: &timeline.threads,
    };
    rows(timeline, &context, &shown(timeline))
}

fn head(out: &mut String, timeline: &Timeline, options: &PageOptions) {
    let sentence = one_line(&timeline.sentence);
    let first = |texts: [Option<&str>; 3]| {
        let mut texts = texts.into_iter().flatten().filter(|text| !text.is_empty());
        texts.next().unwrap_or("An execution").to_owned()
    };
    let verdict = options.verdict.as_deref();
    let title = first([options.title.as_deref(), Some(&sentence), verdict]);
    let heading = first([Some(&sentence), verdict, options.title.as_deref()]);
    let [page, picture, script] = HASHES;
    // Windows may have given the assets other ends of lines, and a browser hashes what is there.
    let (style, script_text) = (STYLE.replace('\r', ""), SCRIPT.replace('\r', ""));
    let _ = write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '{page}' '{picture}'; \
         script-src '{script}'; base-uri 'none'; form-action 'none'\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <meta name=\"color-scheme\" content=\"light dark\"/>\n\
         <title>{} – racecourse</title>\n<style>{style}</style>\n<script>{script_text}</script>\n</head>\n<body>\n",
        safe(&title),
    );
    out.push_str("<header>");
    let mut about: Vec<&str> = Vec::new();
    about.extend(options.title.as_deref().filter(|title| *title != heading));
    about.extend(verdict.filter(|verdict| *verdict != heading));
    if !about.is_empty() {
        let _ = write!(out, "<p class=\"verdict\">{}</p>", safe(&about.join(" – ")));
    }
    let failed = timeline.steps.iter().any(|step| step.failing) || !sentence.is_empty();
    let (mark, class) = if failed {
        ("✗ ", " class=\"fails\"")
    } else {
        ("", "")
    };
    let _ = write!(out, "<h1{class}>{mark}{}</h1>", safe(&heading));
    for line in timeline.details.iter().flat_map(|detail| detail.lines()) {
        let _ = write!(out, "<p>{}</p>", safe(line.trim()));
    }
    out.push_str("</header>\n");
    if !timeline.explanation.is_empty() {
        out.push_str("<section class=\"why\"><h2>Why it could happen</h2>");
        for sentence in &timeline.explanation {
            let _ = write!(out, "<p>{}</p>", safe(&one_line(sentence)));
        }
        out.push_str("</section>\n");
    }
}

fn execution(out: &mut String, timeline: &Timeline, options: &PageOptions) {
    let context = Context {
        glyphs: UNICODE,
        threads: &timeline.threads,
    };
    let rows = rows_of(timeline);
    let places = source::places(timeline, &rows);
    let files: Vec<&str> = places.keys().copied().collect();
    let stops = rows.iter().filter_map(|row| match row {
        Row::Step { index, number, .. } => Some((*index, *number)),
        _ => None,
    });
    let steps = Steps {
        timeline,
        context: &context,
        rows: &rows,
        files: &files,
        stops: stops.collect(),
    };
    let (heads, lanes) = timeline.lanes();
    let _ = write!(
        out,
        "<nav aria-label=\"steps\" hidden=\"\">\
         <button type=\"button\" data-go=\"first\">First</button>\
         <button type=\"button\" data-go=\"back\">Back</button>\
         <button type=\"button\" data-go=\"on\">Next</button>\
         <button type=\"button\" data-go=\"last\">Last</button>\
         <span class=\"at\"></span>\
         <small>Keys: <kbd>→</kbd> or <kbd>j</kbd> next, <kbd>←</kbd> or <kbd>k</kbd> back, <kbd>Home</kbd>, \
         <kbd>End</kbd>. A click on a step in the picture goes there.</small></nav>\n\
         <main>\n<div class=\"picture\" tabindex=\"0\" role=\"region\" aria-label=\"picture\">\n{heads}{lanes}</div>\n\
         <div class=\"beside\">\n\
         <p class=\"unseen\" role=\"status\" aria-live=\"polite\"></p>\n\
         <section aria-label=\"the step\"><ol class=\"steps\">\n{}</ol></section>\n\
         <section aria-label=\"source\" class=\"source\">\n{}</section>\n</div>\n</main>\n",
        steps.items(),
        source::source(&places, &options.sources),
    );
}

fn foot(out: &mut String, timeline: &Timeline, options: &PageOptions) {
    out.push_str("<footer>\n");
    if !options.next.is_empty() {
        out.push_str("<section><h2>What to do next</h2>");
        for line in &options.next {
            let _ = write!(out, "<p>{}</p>", safe(line));
        }
        out.push_str("</section>\n");
    }
    if let Some(command) = &options.replay {
        let _ = writeln!(
            out,
            "<section><h2>See it again</h2><pre>{}</pre></section>",
            safe(command)
        );
    }
    let text = match &options.text {
        Some(text) => text.clone(),
        None => timeline.render(&TextOptions::new()),
    };
    if !text.is_empty() {
        let _ = writeln!(
            out,
            "<details><summary>The same as text</summary><pre tabindex=\"0\">{}</pre></details>",
            escape(&text)
        );
    }
    out.push_str("</footer>\n</body>\n</html>\n");
}

/// The rules of the picture inside of the page, for the hash.
#[cfg(test)]
fn picture_style() -> String {
    picture::STYLE.replace('\r', "")
}
