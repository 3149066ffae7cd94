//! What a learner sees first: one race, found now; and the map of the course.

use std::path::Path;

use racecourse::labs;

use crate::args::EngineName;
use crate::catalogue::How;
use crate::child;
use crate::code;
use crate::list;
use crate::screen::{Screen, Tone};
use crate::show;
use crate::stop::{Status, Stop};
use crate::words;

/// The race that opens the course.
const FIRST: &str = "lost-update";

pub fn run(screen: &mut Screen) -> Result<Status, Stop> {
    let lab = labs::find(FIRST)
        .or(labs::all().first())
        .ok_or_else(|| Stop::failed("the catalogue has no lab"))?;
    let bug = &lab.variants[0];
    // Its executions are plain interleavings: a stale load would be the second lesson, not the first.
    let how = How::of(EngineName::Sampler);

    screen.line(format!(
        "{} a course on races",
        screen.paint("racecourse:", Tone::Heading)
    ))?;
    screen.line("")?;
    screen.line(format!(
        "{}. Two threads run this, and each line alone is right:",
        lab.title
    ))?;
    screen.line("")?;
    for line in code::of(lab, bug, screen) {
        screen.line(line)?;
    }
    screen.line("")?;
    screen.flush()?;

    let report = child::check(lab, bug, &how, None, None).map_err(Stop::failed)?;
    let Some(failure) = report.failure() else {
        screen.line("The engine found nothing wrong with it, which is itself wrong:")?;
        screen.text(&report.render(&screen.text_options()))?;
        return Ok(Status::Different);
    };
    let looked = format!(
        "Run a million times, it may well pass. The sampler ran it {} times, each in another random order of the threads' steps ({}), \
         and this is the simplest in which it fails:",
        words::grouped(report.executions()),
        words::time(report.elapsed().as_secs_f64()),
    );
    screen.paragraph(&looked)?;
    screen.line("")?;
    screen.text(&failure.timeline().render(&screen.text_options()))?;
    screen.line("")?;

    screen.line(screen.paint("Now you", Tone::Heading))?;
    let fix = lab
        .variants
        .iter()
        .find(|variant| !variant.is_buggy())
        .unwrap_or(bug);
    show::commands_and_reasons(
        &[
            (
                command(&format!("show {}", lab.slug)),
                "why, and the fix beside the bug",
            ),
            (
                command(&format!("race {} --variant {}", lab.slug, fix.name)),
                "the same search, on the fix",
            ),
            (command("verify"), "every lab under every engine"),
            (command("--help"), "all the rest"),
        ],
        screen,
    )?;
    screen.line("")?;
    screen.line(screen.paint("The course", Tone::Heading))?;
    list::map(screen)?;
    Ok(Status::Good)
}

/// A command line as it works here: through cargo, if cargo started this program.
pub fn command(arguments: &str) -> String {
    let cargo =
        std::env::var_os("CARGO_PKG_NAME").is_some_and(|name| name == env!("CARGO_PKG_NAME"));
    let program = std::env::args().next().unwrap_or_default();
    match (cargo, Path::new(&program).components().count()) {
        (true, _) if cfg!(debug_assertions) => format!("cargo run -- {arguments}"),
        (true, _) => format!("cargo run --release -- {arguments}"),
        (false, 2..) => format!("{program} {arguments}"),
        _ => format!("racecourse {arguments}"),
    }
}
