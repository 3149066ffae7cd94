//! One report of those of all parts of a search.

use std::path::Path;

use racecourse::check::{Report, Verdict};

use crate::args::Merge;
use crate::screen::Screen;
use crate::stop::{Status, Stop};

pub fn run(options: &Merge, screen: &mut Screen) -> Result<Status, Stop> {
    let reports: Vec<Report> = options
        .reports
        .iter()
        .map(|file| read(file))
        .collect::<Result<_, _>>()?;
    let names: Vec<String> = options
        .reports
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    let whole = Report::merge(reports).map_err(|error| {
        // It counts the reports as they were given.
        Stop::usage(format!("{error} (reports, in order: {})", names.join(", ")))
    })?;
    if options.json {
        screen.line(serde_json::to_string_pretty(&whole).map_err(Stop::failed)?)?;
    } else {
        screen.text(&whole.render(&screen.text_options()))?;
    }
    Ok(match whole.verdict() {
        Verdict::Verified => Status::Good,
        _ => Status::Different,
    })
}

fn read(file: &Path) -> Result<Report, Stop> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        Stop::usage(format!(
            "{} cannot be read ({error}); give files that `race --shard K/N --json` wrote",
            file.display()
        ))
    })?;
    serde_json::from_str(&text).map_err(|error| {
        Stop::usage(format!(
            "{} is no report ({error}); give files that `race --shard K/N --json` wrote",
            file.display()
        ))
    })
}
