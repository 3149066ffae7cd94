//! One check of one lab: what an engine finds.

use std::io;

use racecourse::check::Report;
use racecourse::labs::{Expect, Lab, Variant};

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
    if let (Some(measure), None) = (variant.measure, options.engine) {
        if pictures.wanted() {
            return Err(Stop::usage(format!(
                "the lab {} is measured, and has no execution to draw; leave out `--html` and `--svg`",
                lab.slug
            )));
        }
        return measured(lab, measure, options.json, screen);
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
        show::title(lab, screen)?;
        screen.line(format!("{}: {}", variant.name, variant.summary))?;
        for line in code::of(lab, variant, screen) {
            screen.line(line)?;
        }
        screen.line("")?;
        // The check may take a while.
        screen.flush()?;
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
            verdict(lab, variant, engine, &report, difference.is_none(), screen)?;
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
    agrees: bool,
    screen: &mut Screen,
) -> Result<(), Stop> {
    let expected = engine.expects(variant);
    if agrees {
        let line = match expected {
            Expect::Unjudged(reason) => format!(
                "As declared: {} cannot judge this, because {reason}.",
                engine.name()
            ),
            _ => format!("As the lab declares ({}).", words::declared(expected)),
        };
        for line in crate::screen::wrap(&line, screen.width) {
            screen.line(screen.paint(&line, Tone::Good))?;
        }
    } else {
        let line = format!(
            "The lab declares {}, and this is {}.",
            words::declared(expected),
            words::found(report)
        );
        screen.line(screen.paint(&line, Tone::Bad))?;
        if let Err(difference) = lab.judge(variant, How::of(engine).engine(), report) {
            screen.paragraph(&format!("  {difference}"))?;
        }
    }
    screen.line("")?;
    show::next(lab, Some("the lesson, and the fix beside the bug"), screen)
}

/// A measured lab has a chart and no verdict.
fn measured(
    lab: &Lab,
    measure: fn() -> io::Result<racecourse::labs::Measurement>,
    json: bool,
    screen: &mut Screen,
) -> Result<Status, Stop> {
    let measure = || {
        measure().map_err(|error| {
            Stop::failed(format!(
                "a thread to measure with could not be started ({error}); end other processes, or raise the limit (`ulimit -u`)"
            ))
        })
    };
    if json {
        screen.line(serde_json::to_string_pretty(&measure()?).map_err(Stop::failed)?)?;
        return Ok(Status::Good);
    }
    show::title(lab, screen)?;
    screen.line("Measured on this machine, with real threads; it takes some seconds.")?;
    screen.flush()?;
    screen.line("")?;
    let chart = measure()?;
    screen.text(&if screen.ascii {
        format!("{chart:#}")
    } else {
        chart.to_string()
    })?;
    screen.line("")?;
    let show = (
        crate::welcome::command(&format!("show {}", lab.slug)),
        "why",
    );
    show::commands_and_reasons(&[show], screen)?;
    Ok(Status::Good)
}
