//! The labs of the course, by room.

use console::truncate_str;
use racecourse::labs::{self, Lab};

use crate::args::List;
use crate::screen::{Screen, Tone, pad};
use crate::stop::{Status, Stop};

pub fn run(options: &List, screen: &mut Screen) -> Result<Status, Stop> {
    if options.json {
        screen.line(serde_json::to_string_pretty(labs::all()).map_err(Stop::failed)?)?;
    } else {
        map(screen)?;
    }
    Ok(Status::Good)
}

/// The map of the course: rooms, their labs, and the minutes each takes.
pub fn map(screen: &mut Screen) -> Result<(), Stop> {
    let labs = labs::all();
    let slug = labs.iter().map(|lab| lab.slug.len()).max().unwrap_or(0);
    let room = labs
        .iter()
        .map(|lab| lab.room.len())
        .max()
        .unwrap_or(0)
        .max(slug + 7);
    for labs in rooms(labs) {
        let minutes: u32 = labs.iter().map(|lab| lab.minutes).sum();
        let heading = screen.paint(&pad(labs[0].room, room), Tone::Heading);
        screen.line(format!(
            "{heading}  {}",
            screen.paint(&format!("{minutes:>3} min"), Tone::Dim)
        ))?;
        for lab in labs {
            let name = screen.paint(&pad(lab.slug, room - 7), Tone::Name);
            let line = format!(
                "  {:>3}  {name}  {:>3} min  {}",
                lab.number, lab.minutes, lab.title
            );
            screen.line(truncate_str(&line, screen.width, "…"))?;
        }
    }
    let minutes: u32 = labs.iter().map(|lab| lab.minutes).sum();
    screen.line(screen.paint(
        &format!(
            "{} labs, {} h {} min",
            labs.len(),
            minutes / 60,
            minutes % 60
        ),
        Tone::Dim,
    ))?;
    Ok(())
}

/// The labs of each room; a room stands where its first lab does.
fn rooms(labs: &[Lab]) -> Vec<Vec<&Lab>> {
    let mut rooms: Vec<Vec<&Lab>> = Vec::new();
    for lab in labs {
        match rooms.iter_mut().find(|room| room[0].room == lab.room) {
            Some(room) => room.push(lab),
            None => rooms.push(vec![lab]),
        }
    }
    rooms
}
