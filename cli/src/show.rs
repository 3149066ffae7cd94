//! A lab: its lesson, and the fix beside the bug.

use console::measure_text_width;
use racecourse::labs::{Grade, Lab, Variant};

use crate::args::Show;
use crate::catalogue;
use crate::code;
use crate::markdown;
use crate::screen::{Screen, Tone};
use crate::stop::{Status, Stop};
use crate::table::table;
use crate::welcome::command;

pub fn run(options: &Show, screen: &mut Screen) -> Result<Status, Stop> {
    let lab = catalogue::lab(&options.lab)?;
    let bug = &lab.variants[0];
    let other = match &options.variant {
        Some(name) => {
            Some(catalogue::variant(lab, name)?).filter(|variant| variant.name != bug.name)
        }
        None => lab.variants.iter().find(|variant| !variant.is_buggy()),
    };
    title(lab, screen)?;
    // The lesson's own title says again what stands above it.
    let lesson = match lab.lesson.trim_start().split_once('\n') {
        Some((first, rest)) if first.starts_with("# ") => rest.trim_start(),
        _ => lab.lesson,
    };
    for line in markdown::lines(lesson, screen) {
        screen.line(line)?;
    }
    outcomes(lab, screen)?;

    section("The bug and the fix", screen)?;
    let heading = |variant: &Variant| format!("{}: {}", variant.name, variant.summary);
    let own = |variant: &Variant| lab.code(variant).unwrap_or(lab.file_of(variant).1);
    match other {
        Some(fix) => {
            for line in code::compare((&heading(bug), own(bug)), (&heading(fix), own(fix)), screen)
            {
                screen.line(line)?;
            }
        }
        None => {
            for line in code::of(lab, bug, screen) {
                screen.line(line)?;
            }
        }
    }

    wrong_fixes(lab, screen)?;
    if !lab.references.is_empty() {
        section("Elsewhere", screen)?;
        let rows: Vec<_> = lab
            .references
            .iter()
            .map(|reference| vec![reference.id.to_owned(), reference.url.to_owned()])
            .collect();
        for line in table(&rows, screen.width - 2) {
            screen.line(format!("  {line}"))?;
        }
    }
    section("Next", screen)?;
    next(lab, None, screen)?;
    Ok(Status::Good)
}

/// `1 · lost-update · …` with its room and minutes.
pub fn title(lab: &Lab, screen: &mut Screen) -> Result<(), Stop> {
    let name = screen.paint(&format!("Lab {}, {}", lab.number, lab.slug), Tone::Heading);
    let about = screen.paint(&format!("({}, {} min)", lab.room, lab.minutes), Tone::Dim);
    if measure_text_width(&format!("{name}: {} {about}", lab.title)) <= screen.width {
        screen.line(format!("{name}: {} {about}", lab.title))?;
    } else {
        screen.line(format!("{name} {about}"))?;
        screen.paragraph(lab.title)?;
    }
    Ok(screen.line("")?)
}

fn section(heading: &str, screen: &mut Screen) -> Result<(), Stop> {
    screen.line("")?;
    Ok(screen.line(screen.paint(heading, Tone::Heading))?)
}

fn outcomes(lab: &Lab, screen: &mut Screen) -> Result<(), Stop> {
    if lab.outcomes.is_empty() {
        return Ok(());
    }
    section("What can come of it", screen)?;
    let row = |outcome: &racecourse::labs::Outcome| {
        let grade = match outcome.grade {
            Grade::Allowed => screen.paint("allowed", Tone::Good),
            Grade::Interesting => screen.paint("interesting", Tone::Notable),
            Grade::Forbidden => screen.paint("forbidden", Tone::Bad),
        };
        vec![outcome.result.to_owned(), grade, outcome.meaning.to_owned()]
    };
    let rows: Vec<_> = lab.outcomes.iter().map(row).collect();
    for line in table(&rows, screen.width - 2) {
        screen.line(format!("  {line}"))?;
    }
    Ok(())
}

/// What is no fix, and how to see that it is none. Why it is none is not said before it has been tried.
fn wrong_fixes(lab: &Lab, screen: &mut Screen) -> Result<(), Stop> {
    if lab.wrong.variants.is_empty() {
        return Ok(());
    }
    section("Fixes that are none: why?", screen)?;
    let race =
        |variant: &Variant| command(&format!("race {} --variant {}", lab.slug, variant.name));
    let commands: Vec<_> = lab
        .wrong
        .variants
        .iter()
        .map(|variant| (race(variant), variant.summary))
        .collect();
    commands_and_reasons(&commands, screen)
}

/// The commands for the lab: its lesson, unless it has just been shown, and its variants.
pub fn next(lab: &Lab, lesson: Option<&str>, screen: &mut Screen) -> Result<(), Stop> {
    let lesson = lesson.map(|about| (command(&format!("show {}", lab.slug)), about));
    let variants = lab.variants.iter().enumerate().map(|(i, variant)| {
        let option = if i == 0 {
            String::new()
        } else {
            format!(" --variant {}", variant.name)
        };
        (
            command(&format!("race {}{option}", lab.slug)),
            variant.summary,
        )
    });
    let commands: Vec<_> = lesson.into_iter().chain(variants).collect();
    commands_and_reasons(&commands, screen)
}

/// Commands to type, with what each is for.
pub fn commands_and_reasons(commands: &[(String, &str)], screen: &mut Screen) -> Result<(), Stop> {
    let width = commands
        .iter()
        .map(|(line, _)| line.len())
        .max()
        .unwrap_or(0);
    let beside = commands
        .iter()
        .all(|(_, reason)| width + reason.len() + 5 <= screen.width);
    for (line, reason) in commands {
        if !beside {
            screen.line(format!("  {}", screen.paint(line, Tone::Command)))?;
            screen.line(format!("      {}", screen.paint(reason, Tone::Dim)))?;
            continue;
        }
        let gap = " ".repeat(width - line.len() + 3);
        screen.line(format!(
            "  {}{gap}{}",
            screen.paint(line, Tone::Command),
            screen.paint(reason, Tone::Dim)
        ))?;
    }
    Ok(())
}
