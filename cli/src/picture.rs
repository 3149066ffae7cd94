//! The counterexample as a picture and as a page, in files.

use std::fs;
use std::path::{Path, PathBuf};

use racecourse::check::timeline::PageOptions;
use racecourse::check::{Failure, Report};
use racecourse::labs::{Driven, Lab, Measurement, Variant};

use crate::args::{EngineName, Race};
use crate::screen::Screen;
use crate::stop::Stop;

/// What `--html` and `--svg` ask for.
#[derive(Debug)]
pub struct Pictures {
    html: Option<Target>,
    svg: Option<Target>,
}

#[derive(Debug, PartialEq, Eq)]
enum Target {
    /// `-`
    Output,
    File(PathBuf),
}

impl Pictures {
    /// Refuses what cannot be written before a search that may take long.
    pub fn of(options: &Race) -> Result<Self, Stop> {
        let pictures = Self {
            html: target("--html", options.html.as_deref())?,
            svg: target("--svg", options.svg.as_deref())?,
        };
        let to_output = [
            ("--html -", pictures.html == Some(Target::Output)),
            ("--svg -", pictures.svg == Some(Target::Output)),
            ("--json", options.json),
        ];
        let both: Vec<&str> = to_output
            .iter()
            .filter_map(|(name, is)| is.then_some(*name))
            .collect();
        if let [first, second, ..] = both[..] {
            return Err(Stop::usage(format!(
                "`{first}` and `{second}` would both write to standard output; give one of them a file"
            )));
        }
        if pictures.html.is_some() && pictures.html == pictures.svg {
            return Err(Stop::usage(
                "`--html` and `--svg` name the same file; give them one each",
            ));
        }
        Ok(pictures)
    }

    /// Whether standard output is for the picture alone.
    pub fn takes_output(&self) -> bool {
        self.html == Some(Target::Output) || self.svg == Some(Target::Output)
    }

    /// Writes them, and says where they are: on standard error, if the output is for a program.
    pub fn write(
        &self,
        lab: &Lab,
        variant: &Variant,
        report: &Report,
        command: String,
        json: bool,
        screen: &mut Screen,
    ) -> Result<(), Stop> {
        // In the order in which they are asked for by those who want only one.
        let mut said = Vec::new();
        if let Some(target) = &self.html {
            let page = report.to_html(&page_options(lab, variant, command));
            said.extend(put(target, &page, screen)?.map(|path| format!("page: {path}")));
        }
        if let Some(target) = &self.svg {
            let Some(failure) = report.failure() else {
                let page = match self.html {
                    Some(_) => "the page says what was explored",
                    None => "`--html` writes a page about what was explored",
                };
                screen.flush()?;
                return Err(Stop::failed(format!(
                    "there is no counterexample to draw, so `--svg` has written nothing; {page}"
                )));
            };
            let picture = failure.timeline().to_svg();
            said.extend(put(target, &picture, screen)?.map(|path| format!("picture: {path}")));
        }
        self.say(&said, json, screen)
    }

    /// The same for what was seen where the system was driven.
    pub fn write_driven(
        &self,
        lab: &Lab,
        variant: &Variant,
        driven: &Driven,
        json: bool,
        screen: &mut Screen,
    ) -> Result<(), Stop> {
        let mut said = Vec::new();
        if let Some(target) = &self.html {
            let command = format!("racecourse race {} --variant {}", lab.slug, variant.name);
            let page = driven
                .timeline
                .render_html(&page_options(lab, variant, command));
            said.extend(put(target, &page, screen)?.map(|path| format!("page: {path}")));
        }
        if let Some(target) = &self.svg {
            let picture = driven.timeline.to_svg();
            said.extend(put(target, &picture, screen)?.map(|path| format!("picture: {path}")));
        }
        self.say(&said, json, screen)
    }

    /// The chart of a measured lab.
    pub fn write_chart(
        &self,
        measured: &Measurement,
        json: bool,
        screen: &mut Screen,
    ) -> Result<(), Stop> {
        let Some(target) = &self.svg else {
            return Ok(());
        };
        let said = put(target, &measured.to_svg(), screen)?.map(|path| format!("picture: {path}"));
        self.say(said.as_slice(), json, screen)
    }

    fn say(&self, said: &[String], json: bool, screen: &mut Screen) -> Result<(), Stop> {
        for line in said {
            if json || self.takes_output() {
                screen.complain(line);
            } else {
                screen.line(line)?;
            }
        }
        Ok(())
    }
}

/// What a page of a driven lab and of a checked one begin with.
fn page_options(lab: &Lab, variant: &Variant, command: String) -> PageOptions {
    let title = format!("{}, {}: {}", lab.slug, variant.name, variant.summary);
    PageOptions::new()
        .title(title)
        .replay(command)
        .source(lab.file, lab.source)
        .source(lab.wrong.file, lab.wrong.source)
}

/// The command that shows the same execution again: by its token, or by the search that found it.
pub fn command(
    lab: &Lab,
    variant: &Variant,
    engine: EngineName,
    options: &Race,
    report: &Report,
) -> String {
    let mut command = format!("racecourse race {} --variant {}", lab.slug, variant.name);
    if let Some(token) = report.failure().and_then(Failure::replay) {
        command.push_str(&format!(" --replay {token}"));
        return command;
    }
    command.push_str(&format!(" --engine {}", engine.name()));
    if engine == EngineName::Sampler {
        command.push_str(&format!(" --seed {}", options.seed));
    }
    if let Some(executions) = options.executions {
        command.push_str(&format!(" --executions {executions}"));
    }
    command
}

fn target(option: &str, path: Option<&Path>) -> Result<Option<Target>, Stop> {
    let Some(path) = path else { return Ok(None) };
    if path == Path::new("-") {
        return Ok(Some(Target::Output));
    }
    let refuse = |why: String| Err(Stop::usage(format!("{option}: {why}")));
    let name = shown(path);
    if path.is_dir() {
        let ending = option.trim_start_matches('-');
        let inside = shown(&path.join(format!("race.{ending}")));
        return refuse(format!(
            "`{name}` is a directory; name a file in it, such as `{inside}`"
        ));
    }
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => refuse(format!(
            "there is no directory `{}` for `{name}`; make it first, or name another",
            shown(folder)
        )),
        _ => Ok(Some(Target::File(path.to_owned()))),
    }
}

/// Writes one; the path, if it is a file.
fn put(target: &Target, text: &str, screen: &mut Screen) -> Result<Option<String>, Stop> {
    match target {
        Target::Output => {
            screen.document(text)?;
            Ok(None)
        }
        Target::File(path) => match fs::write(path, text) {
            Ok(()) => Ok(Some(shown(path))),
            Err(error) => Err(Stop::failed(format!(
                "cannot write `{}`: {error}; name a file that you may write, or `-` for standard output",
                shown(path)
            ))),
        },
    }
}

/// A path as it may be printed.
fn shown(path: &Path) -> String {
    let path = path.display().to_string();
    path.chars()
        .flat_map(|c| {
            let escaped: Box<dyn Iterator<Item = char>> = if c.is_control() {
                Box::new(c.escape_unicode())
            } else {
                Box::new(std::iter::once(c))
            };
            escaped
        })
        .collect()
}
