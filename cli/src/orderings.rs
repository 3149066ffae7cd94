//! The table of a lab's orderings.

use racecourse::labs::{self, Lab, OrderingTable, Orderings};
use serde::Serialize;

use crate::args::Order;
use crate::catalogue;
use crate::screen::{Screen, wrap};
use crate::show;
use crate::stop::{self, Status, Stop};
use crate::table::table;

/// What `--json` writes.
#[derive(Serialize)]
struct Written<'a> {
    lab: &'static str,
    #[serde(flatten)]
    orderings: &'a Orderings,
    table: &'a OrderingTable,
}

pub fn run(options: &Order, screen: &mut Screen) -> Result<Status, Stop> {
    let lab = catalogue::lab(&options.lab)?;
    let Some(orderings) = &lab.orderings else {
        return Err(Stop::usage(format!(
            "the lab {} has no table of orderings; these have one: {}",
            lab.slug,
            with_a_table().join(", ")
        )));
    };
    if !options.json {
        show::title(lab, screen)?;
        let summary = lab
            .variant(orderings.variant)
            .map_or("", |variant| variant.summary);
        screen.paragraph(&format!("{}: {summary}", orderings.variant))?;
        screen.line("")?;
        // The checks may take a while.
        screen.flush()?;
    }
    let bar = stop::spinner("{spinner} {elapsed}  {msg}");
    bar.set_message("a check for each assignment");
    let found = lab.ordering_table();
    bar.finish_and_clear();
    let found = found.ok_or_else(|| Stop::failed("the lab has no table after all"))?;
    if options.json {
        let written = Written {
            lab: lab.slug,
            orderings,
            table: &found,
        };
        screen.line(serde_json::to_string_pretty(&written).map_err(Stop::failed)?)?;
        return Ok(Status::Good);
    }
    for line in found.to_string().lines() {
        for line in fitted(line, screen.width) {
            screen.line(line)?;
        }
    }
    if let Some(caveat) = orderings.caveat {
        screen.line("")?;
        screen.paragraph(caveat)?;
    }
    hardware(orderings, screen)?;
    Ok(Status::Good)
}

/// Of a row only what is too wide is wrapped: its columns would not survive it otherwise.
fn fitted(line: &str, width: usize) -> Vec<String> {
    if console::measure_text_width(line) <= width {
        vec![line.to_owned()]
    } else {
        wrap(line, width)
    }
}

fn hardware(orderings: &Orderings, screen: &mut Screen) -> Result<(), Stop> {
    screen.line("")?;
    screen.line("On hardware")?;
    for of in orderings.hardware {
        let mut rows = vec![
            vec![
                of.machine.to_owned(),
                "all Relaxed".to_owned(),
                of.relaxed.to_owned(),
            ],
            vec![String::new(), "it takes".to_owned(), of.needs.to_owned()],
        ];
        for source in of.sources {
            rows.push(vec![
                String::new(),
                "source".to_owned(),
                format!("{source}, {}", source.url),
            ]);
        }
        for line in table(&rows, screen.width) {
            screen.line(line)?;
        }
    }
    Ok(())
}

fn with_a_table() -> Vec<&'static str> {
    let labs = labs::all()
        .iter()
        .filter(|lab: &&Lab| lab.orderings.is_some());
    labs.map(|lab| lab.slug).collect()
}
