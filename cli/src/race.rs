//! One check of one lab: what an engine finds.

use std::io;

use racecourse::check::Report;
use racecourse::labs::{Difference, Expect, Lab, Measurement, Variant};

use crate::args::{DEPTH, EngineName, Race};
use crate::catalogue::{self, How};
use crate::child;
use crate::code;
use crate::picture::{self, Pictures};
use crate::screen::{Screen, Tone};
use crate::show;
use crate::stop::{self, Status, Stop};
use crate::words;

pub fn run(options: &Race, screen: &mut Screen) -> Result<Status, Stop> {
    let lab = catalogue::lab(&options.lab)?;
    let variant = match &options.variant {
        Some(name) => catalogue::variant(lab, name)?,
        None => &lab.variants[0],
    };
    let pictures = Pictures::of(options)?;
    if let Some(measure) = variant.measure {
        refuse_searches(options, lab, "is measured")?;
        if options.html.is_some() {
            return Err(Stop::usage(format!(
                "the lab {} is measured, and has no execution to go through; leave out `--html`, or ask for its chart with `--svg`",
                lab.slug
            )));
        }
        return measured(lab, measure, options.json, &pictures, screen);
    }
    if variant.drive.is_some() {
        return driven(lab, variant, options, &pictures, screen);
    }
    let engine = match &options.replay {
        // Whichever engine found it.
        Some(_) => EngineName::Explorer,
        None => options
            .engine
            .unwrap_or_else(|| EngineName::best_for(variant)),
    };
    let how = How {
        engine,
        seed: options.seed,
        executions: options.executions,
        replay: options.replay.clone(),
        explain: true,
        depth: options.depth,
        workers: options.workers.get(),
        shard: options.shard,
    };
    let for_people = !options.json && !pictures.takes_output();
    if for_people {
        head(lab, variant, screen)?;
    }
    let bar = stop::spinner("{spinner} {elapsed}  {msg}");
    let report = child::check(lab, variant, &how, None, Some(bar.clone()));
    bar.finish_and_clear();
    let report = report.map_err(Stop::failed)?;
    let difference = lab.judge(variant, how.engine(), &report).err();
    if options.json {
        screen.line(serde_json::to_string_pretty(&report).map_err(Stop::failed)?)?;
    } else if for_people {
        let again = format!("race {} --variant {} --replay {{}}", lab.slug, variant.name);
        let text = screen
            .text_options()
            .replay(&crate::welcome::command(&again));
        screen.text(&report.render(&text))?;
        screen.line("")?;
        if report.shard().is_some() && words::found(&report) == "incomplete" {
            let merge = crate::welcome::command("merge FILE...");
            let why = "one report of all parts, each written with --json";
            show::commands_and_reasons(&[(merge, why)], screen)?;
        } else if report.is_replay() && difference.is_some() {
            // The report says why; what one execution does contradicts nothing.
            show::next(lab, Some("the lesson, and the fix beside the bug"), screen)?;
        } else {
            verdict(lab, variant, engine, &report, difference.as_ref(), screen)?;
        }
    }
    let command = picture::command(lab, variant, engine, options, &report);
    pictures.write(lab, variant, &report, command, options.json, screen)?;
    // A search that the person cut short, or that the sampler ended without luck, contradicts nothing.
    let narrowed = options.executions.is_some()
        || options.depth < DEPTH
        || report.is_replay()
        || report.shard().is_some();
    let cut = narrowed && words::found(&report) == "incomplete";
    Ok(if difference.is_none() || cut {
        Status::Good
    } else {
        Status::Different
    })
}

/// The last lines: found against declared, and what to type next.
fn verdict(
    lab: &Lab,
    variant: &Variant,
    engine: EngineName,
    report: &Report,
    difference: Option<&Difference>,
    screen: &mut Screen,
) -> Result<(), Stop> {
    match (engine.expects(variant), difference) {
        (Expect::Unjudged(reason) | Expect::Excluded(reason), None) => {
            let line = format!(
                "As declared: {} cannot judge this, because {reason}.",
                engine.name()
            );
            for line in crate::screen::wrap(&line, screen.width) {
                screen.line(screen.paint(&line, Tone::Good))?;
            }
        }
        (declared, _) => compared(declared, &words::found(report), difference, screen)?,
    }
    why(variant, screen)?;
    screen.line("")?;
    show::next(lab, Some("the lesson, and the fix beside the bug"), screen)
}

/// What no engine runs: the system is driven.
fn driven(
    lab: &Lab,
    variant: &Variant,
    options: &Race,
    pictures: &Pictures,
    screen: &mut Screen,
) -> Result<Status, Stop> {
    refuse_searches(options, lab, "drives real processes")?;
    let for_people = !options.json && !pictures.takes_output();
    if for_people {
        head(lab, variant, screen)?;
    }
    let driven = child::drive(lab, variant, None).map_err(Stop::failed)?;
    let difference = lab.judge_driven(variant, &driven).err();
    if options.json {
        screen.line(serde_json::to_string_pretty(&driven).map_err(Stop::failed)?)?;
    } else if for_people {
        screen.text(&driven.render(&screen.text_options()))?;
        screen.line("")?;
        let declared = variant.expect_driven().unwrap_or(variant.declared.truth);
        compared(
            declared,
            &words::driven(&driven),
            difference.as_ref(),
            screen,
        )?;
        why(variant, screen)?;
        screen.line("")?;
        show::next(lab, Some("the lesson, and the fix beside the bug"), screen)?;
    }
    pictures.write_driven(lab, variant, &driven, options.json, screen)?;
    Ok(match difference {
        None => Status::Good,
        Some(_) => Status::Different,
    })
}

/// Where no engine runs, nothing can be said of its search.
fn refuse_searches(options: &Race, lab: &Lab, why: &str) -> Result<(), Stop> {
    let searches = [
        ("--engine", options.engine.is_some()),
        ("--executions", options.executions.is_some()),
        ("--shard", options.shard.is_some()),
        ("--replay", options.replay.is_some()),
    ];
    match searches.iter().find(|(_, given)| *given) {
        Some((option, _)) => Err(Stop::usage(format!(
            "the lab {} {why}, and no engine runs it; leave out `{option}`",
            lab.slug
        ))),
        None => Ok(()),
    }
}

/// The lab, and the code of the variant.
fn head(lab: &Lab, variant: &Variant, screen: &mut Screen) -> Result<(), Stop> {
    show::title(lab, screen)?;
    screen.line(format!("{}: {}", variant.name, variant.summary))?;
    for line in code::of(lab, variant, screen) {
        screen.line(line)?;
    }
    screen.line("")?;
    // The check may take a while.
    screen.flush()
}

/// Why a wrong fix is none.
fn why(variant: &Variant, screen: &mut Screen) -> Result<(), Stop> {
    let Some(why) = variant.why else {
        return Ok(());
    };
    screen.line("")?;
    Ok(screen.paragraph(&format!("No fix, because: {why}"))?)
}

/// What is declared, against what was found.
fn compared(
    declared: Expect,
    found: &str,
    difference: Option<&Difference>,
    screen: &mut Screen,
) -> Result<(), Stop> {
    let declared = words::declared(declared);
    let Some(difference) = difference else {
        let line = format!("As the lab declares ({declared}).");
        return Ok(screen.line(screen.paint(&line, Tone::Good))?);
    };
    let line = format!("The lab declares {declared}, and this is {found}.");
    screen.line(screen.paint(&line, Tone::Bad))?;
    Ok(screen.paragraph(&format!("  {difference}"))?)
}

/// A measured lab has a chart and no verdict.
fn measured(
    lab: &Lab,
    measure: fn() -> io::Result<Measurement>,
    json: bool,
    pictures: &Pictures,
    screen: &mut Screen,
) -> Result<Status, Stop> {
    let measure = || {
        measure().map_err(|error| {
            Stop::failed(format!(
                "a thread or process to measure with could not be started ({error}); end other processes, or raise the limit (`ulimit -u`)"
            ))
        })
    };
    if json || pictures.takes_output() {
        let measured = measure()?;
        if json {
            screen.line(serde_json::to_string_pretty(&measured).map_err(Stop::failed)?)?;
        }
        pictures.write_chart(&measured, json, screen)?;
        return Ok(Status::Good);
    }
    show::title(lab, screen)?;
    screen.line("Measured on this machine; it takes some seconds.")?;
    screen.flush()?;
    screen.line("")?;
    let chart = measure()?;
    screen.text(&if screen.ascii {
        format!("{chart:#}")
    } else {
        chart.to_string()
    })?;
    pictures.write_chart(&chart, json, screen)?;
    screen.line("")?;
    let show = (
        crate::welcome::command(&format!("show {}", lab.slug)),
        "why",
    );
    show::commands_and_reasons(&[show], screen)?;
    Ok(Status::Good)
}
