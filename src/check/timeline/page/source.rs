//! The source beside the steps: a few lines around each place that a step names.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::super::markup::safe;
use super::super::rows::Row;
use super::super::{Location, Timeline};

/// Lines above and below each place.
const AROUND: u32 = 3;
/// Most lines of all files, and the largest file that is read.
const LINES: usize = 400;
const BYTES: u64 = 4 << 20;

/// The files that the shown steps name, and the lines.
pub(super) fn places<'t>(timeline: &'t Timeline, rows: &[Row]) -> BTreeMap<&'t str, BTreeSet<u32>> {
    let mut places: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
    for row in rows {
        if let Row::Step { index, .. } = row
            && let Some(Location { file, line, .. }) = &timeline.steps[*index].location
        {
            places.entry(file).or_default().insert(*line);
        }
    }
    places
}

/// The source at `places`, as HTML. `given` are files whose text is known, by path.
pub(super) fn source(places: &BTreeMap<&str, BTreeSet<u32>>, given: &[(String, String)]) -> String {
    let mut out = String::new();
    let mut room = LINES;
    for (i, (file, lines)) in places.iter().enumerate() {
        let known = given.iter().find(|(path, _)| path == file);
        let text = match known {
            Some((_, text)) => Ok(text.clone()),
            None => read(file),
        };
        let _ = write!(
            out,
            "<figure data-file=\"{i}\"><figcaption>{}</figcaption>",
            safe(file)
        );
        match text {
            Ok(text) => excerpt(&mut out, &text, lines, &mut room),
            Err(why) => {
                let _ = write!(out, "<p>The source is not shown: {}.</p>", safe(&why));
            }
        }
        out.push_str("</figure>\n");
    }
    out
}

fn excerpt(out: &mut String, text: &str, wanted: &BTreeSet<u32>, room: &mut usize) {
    let shown: BTreeSet<u32> = wanted
        .iter()
        .flat_map(|&line| line.saturating_sub(AROUND).max(1)..=line.saturating_add(AROUND))
        .collect();
    let last = wanted.last().copied().unwrap_or(0) as usize;
    if text.lines().count() < last {
        let _ = write!(
            out,
            "<p>The source is not shown: the file has no line {last}, so it is another one, or has changed.</p>"
        );
        return;
    }
    let mut before = 0;
    out.push_str("<ol tabindex=\"0\" aria-label=\"source\">");
    for (number, line) in (1_u32..).zip(text.lines()) {
        if !shown.contains(&number) || *room == 0 {
            continue;
        }
        *room -= 1;
        let gap = if number > before + 1 && before > 0 {
            " class=\"gap\""
        } else {
            ""
        };
        let line = safe(&line.trim_end().replace('\t', "    "));
        let _ = write!(out, "<li value=\"{number}\"{gap}><code>{line}</code></li>");
        before = number;
    }
    out.push_str("</ol>");
}

/// The text of a source file, looked for from the working directory upwards: the compiler names a file from the
/// root of the workspace, and a test runs in the folder of its package.
fn read(file: &str) -> Result<String, String> {
    let path = Path::new(file);
    // A timeline may come from elsewhere, and what it names need not be source.
    if path.extension().is_none_or(|extension| extension != "rs") {
        return Err("this is no path of a Rust file".to_owned());
    }
    let here = std::env::current_dir().unwrap_or_default();
    let found: Option<PathBuf> = if path.is_absolute() {
        Some(path.to_owned())
    } else {
        let above = here.ancestors().map(|folder| folder.join(path));
        above.into_iter().find(|path| path.is_file())
    };
    let Some(found) = found else {
        return Err(format!(
            "there is no such file from {} upwards",
            here.display()
        ));
    };
    match std::fs::metadata(&found) {
        Ok(data) if !data.is_file() => return Err("this is no file".to_owned()),
        Ok(data) if data.len() > BYTES => return Err("the file is too large".to_owned()),
        Ok(_) => {}
        Err(error) => return Err(error.to_string()),
    }
    std::fs::read_to_string(found).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::super::samples::abba;
    use super::*;

    fn of(timeline: &Timeline, given: &[(String, String)]) -> String {
        source(&places(timeline, &super::super::rows_of(timeline)), given)
    }

    #[test]
    fn lines_around_each_place_are_shown_with_their_numbers() {
        let text: String = (1..60).map(|line| format!("<line {line}>\n")).collect();
        let given = [("src/labs/lab22_abba.rs".to_owned(), text)];
        let out = of(&abba(), &given);
        let line = "<li value=\"21\"><code>&lt;line 21&gt;</code>";
        assert!(out.contains(line), "{out}");
        let last = out.contains("value=\"28\"") && !out.contains("value=\"29\"");
        assert!(last, "{out}");
        let short = [("src/labs/lab22_abba.rs".to_owned(), "one line".to_owned())];
        assert!(of(&abba(), &short).contains("has no line 25"));
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        for (file, why) in [
            ("src/none.rs", "there is no such file from"),
            ("/etc/passwd", "no path of a Rust file"),
            ("/nowhere/none.rs", "not shown: "),
        ] {
            let mut timeline = abba();
            for location in timeline
                .steps
                .iter_mut()
                .filter_map(|step| step.location.as_mut())
            {
                location.file = file.to_owned();
            }
            let out = of(&timeline, &[]);
            assert!(out.contains(why) && !out.contains("<ol"), "{out}");
        }
    }
}
