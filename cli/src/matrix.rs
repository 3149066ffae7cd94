//! Which tool catches which lab's bug, as it was measured by `bench/detectors`.

mod form;
mod markdown;

use std::collections::BTreeSet;

use racecourse::labs::{self, Lab};

use crate::args::Matrix as Options;
use crate::catalogue;
use crate::screen::{Screen, Tone, pad};
use crate::stop::{Status, Stop};
use crate::table::table;
use crate::words::time;
use form::{Cell, Class, Detector, Matrix, Row, Run, Said, State};

const MEASURED: &str = include_str!("matrix.json");
/// How all of it is measured again.
const COMMAND: &str = "cargo run --release --manifest-path bench/detectors/Cargo.toml";

pub fn run(options: &Options, screen: &mut Screen) -> Result<Status, Stop> {
    let matrix = Matrix::read()?;
    match &options.lab {
        Some(name) => {
            let lab = catalogue::lab(name)?;
            let row = matrix.of(lab)?;
            if options.json {
                screen.line(serde_json::to_string_pretty(row).map_err(Stop::failed)?)?;
            } else {
                one(&matrix, lab, row, screen)?;
            }
        }
        None if options.json => screen.document(MEASURED)?,
        None if options.markdown => screen.document(&markdown::markdown(&matrix))?,
        None => all(&matrix, screen)?,
    }
    Ok(Status::Good)
}

impl Matrix {
    fn read() -> Result<Self, Stop> {
        serde_json::from_str(MEASURED).map_err(Stop::failed)
    }

    fn of(&self, lab: &Lab) -> Result<&Row, Stop> {
        let row = self.labs.iter().find(|row| row.lab == lab.slug);
        row.ok_or_else(|| {
            let slug = lab.slug;
            Stop::failed(format!(
                "{slug} was not measured yet; from the sources, `{COMMAND} -- --lab {slug}` does it"
            ))
        })
    }

    /// The labs that have a bug, in their order.
    fn classes(&self) -> impl Iterator<Item = &Row> {
        let with_bug = |row: &&Row| row.class != Class::Measured;
        self.labs.iter().filter(with_bug)
    }

    /// The labs whose state it is under a detector.
    fn count(&self, detector: &Detector, state: State) -> usize {
        let cells = self.classes().filter_map(|row| row.cell(detector));
        cells.filter(|cell| cell.state == state).count()
    }

    /// Why not: each reason once, by detector and state, with its labs.
    fn reasons(&self) -> Vec<Reason<'_>> {
        let mut reasons: Vec<Reason<'_>> = Vec::new();
        for detector in &self.detectors {
            for state in [State::Missed, State::FalseAlarm, State::CannotJudge] {
                for row in self.classes() {
                    let cell = row.cell(detector).filter(|cell| cell.state == state);
                    let Some(line) = cell.and_then(|cell| cell.line.as_deref()) else {
                        continue;
                    };
                    let known = reasons.iter_mut().find(|reason| {
                        (reason.detector, reason.state, reason.line)
                            == (&detector.name, state, line)
                    });
                    match known {
                        Some(reason) => reason.labs.push(&row.lab),
                        None => reasons.push(Reason {
                            detector: &detector.name,
                            state,
                            line,
                            labs: vec![&row.lab],
                        }),
                    }
                }
            }
        }
        reasons
    }

    /// What became of the wrong fixes on real threads, in a sentence or two.
    fn wrong(&self) -> String {
        let runs: Vec<&Run> = self.labs.iter().flat_map(|row| &row.wrong).collect();
        let said = |said| runs.iter().filter(|run| run.said == said).count();
        let mut text = format!(
            "Of {} wrong fixes, {} survive 10,000 native runs (or 30 s of them), {} fail",
            runs.len(),
            said(Said::Silence),
            said(Said::Alarm),
        );
        if said(Said::Cannot) > 0 {
            text.push_str(&format!(
                ", {} are not run, since natively they are undefined behaviour",
                said(Said::Cannot)
            ));
        }
        text + ". The explorer rejects them all: `racecourse verify`."
    }

    /// Labs that are in no table.
    fn without_bug(&self) -> Option<String> {
        let measured = self.labs.iter().filter(|row| row.class == Class::Measured);
        let names: Vec<&str> = measured.map(|row| row.lab.as_str()).collect();
        (!names.is_empty()).then(|| {
            format!(
                "Measured labs have a chart and no bug: {}.",
                names.join(", ")
            )
        })
    }
}

struct Reason<'m> {
    detector: &'m String,
    state: State,
    line: &'m str,
    labs: Vec<&'m str>,
}

impl Row {
    fn cell(&self, detector: &Detector) -> Option<&Cell> {
        let mut cells = self.cells.iter();
        cells.find(|cell| cell.detector == detector.name)
    }
}

impl Cell {
    /// How long it took to tell of the first bug, if it did.
    fn caught_in(&self) -> Option<f64> {
        let first = self.runs.first().filter(|_| self.state == State::Caught);
        first.map(|run| run.seconds)
    }
}

impl State {
    fn symbol(self) -> &'static str {
        match self {
            State::Caught => "✓",
            State::Missed => "✗",
            State::FalseAlarm => "!",
            State::CannotJudge => "?",
            State::NotMeasured => "–",
        }
    }

    fn words(self) -> &'static str {
        match self {
            State::Caught => "caught",
            State::Missed => "missed",
            State::FalseAlarm => "false alarm",
            State::CannotJudge => "cannot judge",
            State::NotMeasured => "not measured",
        }
    }

    fn tone(self) -> Tone {
        match self {
            State::Caught => Tone::Good,
            State::Missed => Tone::Bad,
            State::FalseAlarm => Tone::Notable,
            State::CannotJudge | State::NotMeasured => Tone::Dim,
        }
    }
}

/// What the symbols mean.
const LEGEND: &str = "✓ caught: it tells of the bug, and of no fix. ✗ missed. ! false alarm: it tells of a fix, which is right, \
     so that what it tells of the bug is worth nothing. ? cannot judge.";

fn all(matrix: &Matrix, screen: &mut Screen) -> Result<(), Stop> {
    let labs = matrix.classes().count();
    let title = format!(
        "Which tool catches which lab's bug: {labs} classes, measured on {}",
        matrix.made
    );
    screen.line(screen.paint(&title, Tone::Heading))?;
    screen.line(format!("{}\n", matrix.machine))?;

    let letters = letters(&matrix.detectors);
    let mut rows = vec![
        [
            "",
            "detector",
            "caught",
            "missed",
            "false alarm",
            "cannot judge",
            "alone it would miss",
        ]
        .map(str::to_owned)
        .to_vec(),
    ];
    for (detector, letter) in matrix.detectors.iter().zip(&letters) {
        let count = |state| matrix.count(detector, state).to_string();
        let mut cells = vec![letter.to_string(), detector.name.clone()];
        if detector.unmeasured.is_some() {
            cells.push("–".to_owned());
        } else {
            let alone = labs - matrix.count(detector, State::Caught);
            let states = [
                State::Caught,
                State::Missed,
                State::FalseAlarm,
                State::CannotJudge,
            ];
            cells.extend(states.map(count));
            cells.push(format!("{alone} of {labs}"));
        }
        rows.push(cells);
    }
    for line in table(&rows, screen.width) {
        screen.line(line)?;
    }
    for detector in &matrix.detectors {
        if let Some(why) = &detector.unmeasured {
            screen.paragraph(&format!("{} was not measured: {why}", detector.name))?;
        }
    }
    screen.line("")?;

    let width = matrix.classes().map(|row| row.lab.len()).max().unwrap_or(0);
    let heads: Vec<String> = letters.iter().map(char::to_string).collect();
    let head = format!("{}  {}", pad("lab", width), heads.join(" "));
    screen.line(screen.paint(&head, Tone::Heading))?;
    for row in matrix.classes() {
        let cell = |detector| {
            let state = row
                .cell(detector)
                .map_or(State::NotMeasured, |cell| cell.state);
            screen.paint(state.symbol(), state.tone())
        };
        let cells: Vec<String> = matrix.detectors.iter().map(cell).collect();
        let name = screen.paint(&pad(&row.lab, width), Tone::Name);
        screen.line(format!("{name}  {}", cells.join(" ")))?;
    }
    screen.paragraph(LEGEND)?;
    if let Some(text) = matrix.without_bug() {
        screen.paragraph(&text)?;
    }
    screen.paragraph(&matrix.wrong())?;
    screen.line("")?;

    for reason in matrix.reasons() {
        let head = format!("{} {}", reason.detector, reason.state.words());
        let head = screen.paint(&head, reason.state.tone());
        screen.line(format!("{head} ({}):", reason.labs.len()))?;
        screen.paragraph(&format!("    {}", reason.line))?;
    }
    screen.line("")?;
    screen.line("With times, and reason by reason:")?;
    screen.line(format!(
        "  {}",
        crate::welcome::command("matrix --lab abba")
    ))?;
    stale(matrix, screen)
}

/// A lab that came after the measurement.
fn stale(matrix: &Matrix, screen: &mut Screen) -> Result<(), Stop> {
    let known: BTreeSet<&str> = matrix.labs.iter().map(|row| row.lab.as_str()).collect();
    let new = labs::all().iter().filter(|lab| !known.contains(lab.slug));
    let new: Vec<&str> = new.map(|lab| lab.slug).collect();
    if !new.is_empty() {
        screen.paragraph(&format!("Not measured yet: {}.", new.join(", ")))?;
    }
    Ok(())
}

/// A letter for each, the first of its name that is free.
fn letters(detectors: &[Detector]) -> Vec<char> {
    let mut letters: Vec<char> = Vec::new();
    for detector in detectors {
        let name = detector.name.chars().filter(char::is_ascii_alphabetic);
        let mut free = name.map(|c| c.to_ascii_uppercase());
        let letter = free.find(|c| !letters.contains(c)).unwrap_or('*');
        letters.push(letter);
    }
    letters
}

fn one(matrix: &Matrix, lab: &Lab, row: &Row, screen: &mut Screen) -> Result<(), Stop> {
    let title = format!("Lab {}, {}: {}", lab.number, lab.slug, lab.title);
    screen.line(screen.paint(&title, Tone::Heading))?;
    screen.line(format!("measured on {}, {}", matrix.made, matrix.machine))?;
    if row.class == Class::Measured {
        screen.line("A measured lab: it has a chart, and no bug to catch.")?;
    }
    for (detector, cell) in matrix
        .detectors
        .iter()
        .filter_map(|detector| Some((detector, row.cell(detector)?)))
    {
        let state = screen.paint(
            &format!("{} {}", cell.state.symbol(), cell.state.words()),
            cell.state.tone(),
        );
        screen.line("")?;
        screen.line(format!(
            "{}: {state}",
            screen.paint(&detector.name, Tone::Name)
        ))?;
        for run in &cell.runs {
            told(run, screen)?;
        }
        if let Some(line) = &cell.line {
            screen.paragraph(&format!("  → {line}"))?;
        }
    }
    if !row.wrong.is_empty() {
        screen.line("")?;
        screen.line(screen.paint("Its wrong fixes, on real threads:", Tone::Heading))?;
    }
    for run in &row.wrong {
        told(run, screen)?;
    }
    Ok(())
}

fn told(run: &Run, screen: &mut Screen) -> Result<(), Stop> {
    let text = format!("  {}: {} ({})", run.variant, run.what, time(run.seconds));
    Ok(screen.paragraph(&text)?)
}

#[cfg(test)]
mod tests {
    use racecourse::check::Engine;
    use racecourse::labs::Expect;

    use super::*;

    fn matrix() -> Matrix {
        Matrix::read().expect("the file is of this form")
    }

    #[test]
    fn every_lab_was_measured_under_every_detector_that_there_is() {
        let matrix = matrix();
        for lab in labs::all() {
            let row = matrix
                .of(lab)
                .unwrap_or_else(|_| panic!("{} is not in matrix.json", lab.slug));
            for detector in matrix
                .detectors
                .iter()
                .filter(|_| row.class != Class::Measured)
            {
                let state = row.cell(detector).map(|cell| cell.state);
                assert!(
                    detector.unmeasured.is_some() || state.is_some_and(|s| s != State::NotMeasured),
                    "{} under {}: {state:?}",
                    lab.slug,
                    detector.name
                );
            }
        }
    }

    #[test]
    fn every_miss_and_every_false_alarm_has_its_line() {
        for row in &matrix().labs {
            for cell in row.cells.iter().filter(|cell| cell.state != State::Caught) {
                let line = cell.line.as_deref().unwrap_or_default();
                assert!(line.len() > 10, "{} under {}", row.lab, cell.detector);
            }
        }
    }

    #[test]
    fn the_explorer_catches_every_bug_that_is_declared_and_blames_no_fix() {
        let matrix = matrix();
        for lab in labs::all() {
            let row = matrix.of(lab).expect("measured");
            let mut cells = row.cells.iter();
            let Some(cell) = cells.find(|cell| cell.detector == "explorer") else {
                continue;
            };
            let declared = lab.variants[0].expect(Engine::Explorer);
            assert_eq!(
                cell.state == State::Caught,
                matches!(declared, Expect::Fails(_)),
                "{}: {cell:?}",
                row.lab
            );
            assert_ne!(cell.state, State::FalseAlarm, "{}: {cell:?}", row.lab);
        }
    }

    #[test]
    fn every_detector_has_a_letter_of_its_own() {
        let letters = letters(&matrix().detectors);
        let different: BTreeSet<char> = letters.iter().copied().collect();
        assert_eq!(letters.len(), different.len(), "{letters:?}");
    }
}
