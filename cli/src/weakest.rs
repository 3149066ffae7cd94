//! The weakest orderings of a lab.

use racecourse::check::{Checker, Weakest};
use racecourse::labs::{Expect, Lab, Variant};

use crate::args::{EngineName, Weaken};
use crate::catalogue;
use crate::screen::Screen;
use crate::show;
use crate::stop::{self, Status, Stop};
use crate::words::grouped;

pub fn run(options: &Weaken, screen: &mut Screen) -> Result<Status, Stop> {
    let lab = catalogue::lab(&options.lab)?;
    let variant = match &options.variant {
        Some(name) => catalogue::variant(lab, name)?,
        None => first_verified(lab)?,
    };
    if variant.measure.is_some() {
        return Err(Stop::usage(format!(
            "the lab {} is measured, and not checked; `racecourse list` shows the others",
            lab.slug
        )));
    }
    if variant.drive.is_some() {
        return Err(Stop::usage(format!(
            "the lab {} drives real processes, and has no memory orderings; `racecourse list` shows the others",
            lab.slug
        )));
    }
    if !options.json {
        show::title(lab, screen)?;
        screen.line(format!("{}: {}", variant.name, variant.summary))?;
        screen.line("")?;
        // The search may take a while.
        screen.flush()?;
    }
    let bar = stop::spinner("{spinner} {elapsed}  {msg}");
    let shown = bar.clone();
    let mut search = Weakest::new(Checker::new())
        .stronger(options.stronger)
        .on_progress(move |sought| {
            shown.set_message(format!(
                "{} checks, {} executions",
                grouped(sought.checks),
                grouped(sought.executions)
            ));
        });
    if let Some(checks) = options.checks {
        search = search.max_checks(checks);
    }
    let found = variant.scenario.weakest(&search);
    bar.finish_and_clear();
    let found = found.map_err(Stop::failed)?;
    if options.json {
        screen.line(serde_json::to_string_pretty(&found).map_err(Stop::failed)?)?;
    } else {
        screen.text(&found.to_string())?;
    }
    Ok(Status::Good)
}

/// There is something to weaken only in what is right.
fn first_verified(lab: &'static Lab) -> Result<&'static Variant, Stop> {
    let mut variants = lab.variants.iter();
    let verified = |variant: &&Variant| EngineName::Explorer.expects(variant) == Expect::Verified;
    variants.find(verified).ok_or_else(|| {
        Stop::usage(format!(
            "the lab {} has no variant that verifies, so there is nothing to weaken",
            lab.slug
        ))
    })
}
