//! A measurement as a picture: lines over what was varied, or a bar for each thing that was measured.
//!
//! Everything is placed here and nothing by the viewer, as in the pictures of timelines.

use std::fmt::Write;

use super::measurement::{Axis, Measurement, Sample, Scale, short};
use crate::check::timeline::escape;

const STYLE: &str = include_str!("chart.css");
/// The picture, and what is left of it for words.
const WIDTH: f64 = 760.0;
const MARGIN: f64 = 16.0;
/// How wide a character is taken to be: a wide one, for the font is the viewer's.
const COLUMN: f64 = 7.6;
/// The height of the lines' field, and of a bar with the space around it.
const FIELD: f64 = 320.0;
const ROW: f64 = 34.0;
/// Least distance of two lines of text.
const LINE: f64 = 17.0;
/// How many colours and shapes there are; more series begin again.
const LOOKS: usize = 5;

pub(super) fn svg(measured: &Measurement) -> String {
    let mut body = String::new();
    let top = title(&mut body, &measured.title);
    let bottom = match &measured.x {
        Some(x) => lines(&mut body, measured, x, top),
        None => bars(&mut body, measured, top),
    };
    let height = n(bottom + MARGIN);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"racecourse\" role=\"img\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\">\n<title>{}</title>\n<desc>{}</desc>\n<style>{}</style>\n\
         <rect class=\"paper\" width=\"{WIDTH}\" height=\"{height}\"/>\n{body}</svg>\n",
        escape(&measured.title),
        escape(&described(measured)),
        STYLE.replace('\r', ""),
    )
}

/// `x` with at most one digit after the point.
fn n(x: f64) -> f64 {
    (x * 10.0).round() / 10.0
}

/// What one sample says, in words.
fn said(measured: &Measurement, sample: &Sample) -> String {
    let mut out = sample.series.to_owned();
    if let (Some(axis), Some(x)) = (&measured.x, sample.x) {
        let _ = write!(out, ", {} {}", axis.value(x), axis.name);
    }
    let y = &measured.y;
    let _ = write!(out, ": {} {}", y.name, y.value(sample.y));
    if let (Some(axis), Some(number)) = (&measured.beside, sample.beside) {
        let _ = write!(out, ", {} {}", axis.name, axis.value(number));
    }
    out
}

/// Every number, a line each.
fn described(measured: &Measurement) -> String {
    let all = measured.samples.iter().map(|sample| said(measured, sample));
    all.collect::<Vec<_>>().join("\n")
}

/// The title in as many lines as it needs; returns where they end.
fn title(out: &mut String, title: &str) -> f64 {
    let room = ((WIDTH - 2.0 * MARGIN) / 8.8) as usize;
    let mut lines = vec![String::new()];
    for word in title.split_whitespace() {
        let last = lines.last_mut().expect("there is one");
        if !last.is_empty() && last.chars().count() + 1 + word.chars().count() > room {
            lines.push(word.to_owned());
        } else {
            let gap = if last.is_empty() { "" } else { " " };
            let _ = write!(last, "{gap}{word}");
        }
    }
    let mut y = 10.0;
    for line in lines {
        y += 20.0;
        text(out, "head", MARGIN, y, "start", &line);
    }
    y + 10.0
}

fn text(out: &mut String, class: &str, x: f64, y: f64, anchor: &str, words: &str) {
    let (x, y, words) = (n(x), n(y), escape(words));
    let _ = writeln!(
        out,
        "<text class=\"{class}\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{words}</text>"
    );
}

/// Its name with its unit: `time, µs`.
fn named(axis: &Axis) -> String {
    match axis.unit {
        "" | "×" => axis.name.to_owned(),
        unit => format!("{}, {unit}", axis.name),
    }
}

/// Where an axis has lines: at most about eight.
fn marks(axis: &Axis, least: f64, most: f64) -> Vec<f64> {
    match axis.scale {
        Scale::Linear => {
            // 1, 2 or 5 times a power of ten.
            let rough = (most - least) / 6.0;
            let power = 10_f64.powf(rough.log10().floor());
            let step = [1.0, 2.0, 5.0, 10.0].map(|n| n * power);
            let step = step
                .into_iter()
                .find(|step| *step >= rough)
                .unwrap_or(rough);
            let count = ((most - least) / step + 1e-9) as usize;
            (0..=count).map(|i| least + i as f64 * step).collect()
        }
        Scale::Logarithmic => {
            let (first, last) = (least.log10().round() as i32, most.log10().round() as i32);
            let every = ((last - first) / 8 + 1) as usize;
            let powers = (first..=last).step_by(every);
            powers.map(|power| 10_f64.powi(power)).collect()
        }
    }
}

/// A number at an axis: without zeros that say nothing.
fn tick(number: f64) -> String {
    let text = short(number);
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// The series in the order in which they come first.
fn series(measured: &Measurement) -> Vec<&'static str> {
    let mut names = Vec::new();
    for sample in &measured.samples {
        if !names.contains(&sample.series) {
            names.push(sample.series);
        }
    }
    names
}

/// A shape for the series with this number.
fn shape(out: &mut String, look: usize, x: f64, y: f64, title: &str) {
    let look = look % LOOKS;
    let (x, y, title) = (n(x), n(y), escape(title));
    let path = match look {
        0 => format!("M{x} {y}m-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0z"),
        1 => format!("M{x} {y}m-4.5-4.5h9v9h-9z"),
        2 => format!("M{x} {y}m0-6l6 10.5h-12z"),
        3 => format!("M{x} {y}m0-6.5l6 6.5l-6 6.5l-6-6.5z"),
        _ => format!("M{x} {y}m0 6l6-10.5h-12z"),
    };
    let _ = writeln!(
        out,
        "<path class=\"f{look}\" d=\"{path}\"><title>{title}</title></path>"
    );
}

/// Lines over `x`; returns their bottom.
fn lines(out: &mut String, measured: &Measurement, across: &Axis, top: f64) -> f64 {
    let names = series(measured);
    let y = &measured.y;
    let longest = names.iter().map(|name| name.chars().count()).max();
    let left = MARGIN + 60.0;
    let right = WIDTH - MARGIN - longest.unwrap_or(0) as f64 * COLUMN - 26.0;
    let (top, bottom) = (top + 26.0, top + 26.0 + FIELD);

    let mut places: Vec<f64> = measured.samples.iter().filter_map(|s| s.x).collect();
    places.sort_by(f64::total_cmp);
    places.dedup();
    let (first, last) = (
        places.first().copied().unwrap_or(0.0),
        places.last().copied().unwrap_or(1.0),
    );
    let (least, most) = y.ends(measured.samples.iter().map(|sample| sample.y));
    // A line that ends at the top of the field would touch what is above it.
    let most = if y.scale == Scale::Linear {
        most * 1.05
    } else {
        most
    };
    let at_x = |number: f64| left + 20.0 + across.part(number, first, last) * (right - left - 40.0);
    let at_y = |number: f64| bottom - y.part(number, least, most) * (bottom - top);

    text(out, "d", MARGIN, top - 14.0, "start", &named(y));
    for mark in marks(y, least, most) {
        let (at, x0, x1) = (n(at_y(mark)), n(left), n(right));
        let _ = writeln!(out, "<path class=\"grid\" d=\"M{x0} {at}H{x1}\"/>");
        text(out, "d", left - 8.0, at + 4.5, "end", &tick(mark));
    }
    let (x0, x1, y0) = (n(left), n(right), n(bottom));
    let _ = writeln!(out, "<path class=\"axis\" d=\"M{x0} {y0}H{x1}\"/>");
    // Each place has its number, unless they are too close.
    let mut free = 0.0;
    for &place in &places {
        let number = tick(place);
        let half = number.chars().count() as f64 * COLUMN / 2.0;
        if at_x(place) - half >= free {
            text(out, "d", at_x(place), bottom + 20.0, "middle", &number);
            free = at_x(place) + half + 6.0;
        }
    }
    let middle = (left + right) / 2.0;
    text(out, "d", middle, bottom + 42.0, "middle", &named(across));

    let of = |name: &'static str| {
        let samples = measured.samples.iter().filter(move |s| s.series == name);
        samples.filter_map(|sample| Some((at_x(sample.x?), at_y(sample.y), sample)))
    };
    for (look, name) in names.iter().enumerate() {
        let points = of(name).map(|(x, y, _)| format!("{} {}", n(x), n(y)));
        let path = points.collect::<Vec<_>>().join("L");
        let look = look % LOOKS;
        let _ = writeln!(out, "<path class=\"line s{look}\" d=\"M{path}\"/>");
        for (x, y, sample) in of(name) {
            shape(out, look, x, y, &said(measured, sample));
        }
    }
    // Names at the ends of the lines, from the top, apart from each other, and none below the field.
    let mut ends: Vec<(f64, f64, usize)> = names
        .iter()
        .enumerate()
        .filter_map(|(look, name)| of(name).next_back().map(|(x, y, _)| (y, x, look)))
        .collect();
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut free = top - 8.0;
    for (i, (y, x, look)) in ends.iter().copied().enumerate() {
        let below = (ends.len() - i - 1) as f64 * LINE;
        let at = y.max(free).min((bottom - below).max(free));
        free = at + LINE;
        let (name, style) = (names[look], look % LOOKS);
        if (at - y).abs() > 1.0 || x < right - 21.0 {
            let (x0, y0, x1, y1) = (n(x + 6.0), n(y), n(right - 2.0), n(at));
            let _ = writeln!(
                out,
                "<path class=\"lead s{style}\" d=\"M{x0} {y0}L{x1} {y1}\"/>"
            );
        }
        shape(out, look, right + 8.0, at, name);
        let class = format!("name f{style}");
        text(out, &class, right + 20.0, at + 4.5, "start", name);
    }
    bottom + 46.0
}

/// A bar for each sample; returns their bottom.
fn bars(out: &mut String, measured: &Measurement, top: f64) -> f64 {
    let y = &measured.y;
    let columns = |sample: &Sample| sample.series.chars().count();
    let longest = measured.samples.iter().map(columns).max().unwrap_or(0);
    let left = (MARGIN + longest as f64 * COLUMN + 12.0).min(WIDTH / 2.0);
    let right = WIDTH - MARGIN - 90.0;
    let (least, most) = y.ends(measured.samples.iter().map(|sample| sample.y));
    let at = |number: f64| left + y.part(number, least, most) * (right - left);
    let bottom = top + measured.samples.len() as f64 * ROW;
    for mark in marks(y, least, most) {
        let (x, y0, y1) = (n(at(mark)), n(top), n(bottom + 4.0));
        let _ = writeln!(out, "<path class=\"grid\" d=\"M{x} {y0}V{y1}\"/>");
        text(out, "d", x, bottom + 20.0, "middle", &tick(mark));
    }
    for (i, sample) in measured.samples.iter().enumerate() {
        let middle = top + (i as f64 + 0.5) * ROW;
        text(out, "", left - 10.0, middle + 4.5, "end", sample.series);
        // A bar of no length would hide the row.
        let (x, y0, wide) = (n(left), n(middle - 9.0), n((at(sample.y) - left).max(2.0)));
        let _ = writeln!(
            out,
            "<rect class=\"f0\" x=\"{x}\" y=\"{y0}\" width=\"{wide}\" height=\"18\" rx=\"2\"><title>{}</title></rect>",
            escape(&said(measured, sample))
        );
        let value = y.value(sample.y);
        text(
            out,
            "name",
            left + wide + 8.0,
            middle + 4.5,
            "start",
            &value,
        );
    }
    let (x, y0, y1) = (n(left), n(top), n(bottom + 4.0));
    let _ = writeln!(out, "<path class=\"axis\" d=\"M{x} {y0}V{y1}\"/>");
    let scale = match y.scale {
        Scale::Linear => named(y),
        Scale::Logarithmic => format!("{} (each line ten times the one before)", named(y)),
    };
    text(
        out,
        "d",
        (left + right) / 2.0,
        bottom + 42.0,
        "middle",
        &scale,
    );
    bottom + 46.0
}
