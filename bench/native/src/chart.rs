//! The bar chart: each contestant's ratio to the best peer of its row, on a logarithmic axis.

use crate::contest::Row;
use crate::rounds::Results;
use crate::table::three_digits;
use crate::verdict::verdicts;

const WIDTH: f64 = 860.0;
/// Where the axis begins, unless a name is longer than that, and where it ends.
const LEFT: f64 = 260.0;
const RIGHT: f64 = 800.0;
/// A letter of a name is about so wide.
const LETTER: f64 = 7.0;
const LINE: f64 = 16.0;
const STYLE: &str = "\
text{font:12px system-ui,sans-serif;fill:#1f2328}.row{font-weight:600}.peer{fill:#8c959f}.ours{fill:#1f6feb}\
.grid{stroke:#d0d7de}.one{stroke:#57606a;stroke-width:1.5}.paper{fill:#fff}\
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.peer{fill:#6e7681}.ours{fill:#58a6ff}\
.grid{stroke:#30363d}.one{stroke:#9aa3ad}.paper{fill:#0d1117}}";

pub(crate) fn chart(title: &str, machine: &str, rows: &[Row], results: &Results) -> String {
    let mut bars = Vec::new();
    for (row, measured) in rows.iter().zip(&results.rows) {
        let said = verdicts(row, measured, None);
        let ratios = row.contestants.iter().zip(said);
        let ratios: Vec<_> = ratios
            .filter_map(|(contestant, said)| Some((contestant, said.to_best?)))
            .filter(|(_, ratio)| ratio.is_finite() && *ratio > 0.0)
            .collect();
        if !ratios.is_empty() {
            bars.push((row, ratios));
        }
    }
    let all = || {
        bars.iter()
            .flat_map(|(_, ratios)| ratios.iter().map(|(_, ratio)| *ratio))
    };
    // Whole powers of ten around what there is, and always 1.
    let low = all().fold(0.5, f64::min).log10().floor();
    let high = all().fold(1.5, f64::max).log10().ceil();
    let longest = bars
        .iter()
        .flat_map(|(_, ratios)| ratios.iter().map(|(who, _)| who.name.chars().count()))
        .max()
        .unwrap_or(0);
    let left = LEFT.max(longest as f64 * LETTER + 18.0);
    let x = |ratio: f64| left + (ratio.log10() - low) / (high - low) * (RIGHT - left);

    let mut body = String::new();
    let mut y = 64.0;
    for (row, ratios) in &bars {
        y += LINE * 1.5;
        body += &format!(
            "<text class=\"row\" x=\"10\" y=\"{y:.0}\">{}</text>\n",
            escaped(&row.name)
        );
        for (contestant, ratio) in ratios {
            y += LINE;
            let (from, to) = (x(ratio.min(1.0)), x(ratio.max(1.0)));
            let class = if contestant.is_ours() { "ours" } else { "peer" };
            body += &format!(
                "<text x=\"{:.1}\" y=\"{y:.0}\" text-anchor=\"end\">{}</text>\
                 <rect class=\"{class}\" x=\"{from:.1}\" y=\"{:.0}\" width=\"{:.1}\" height=\"11\"/>\
                 <text x=\"{:.1}\" y=\"{y:.0}\">{}</text>\n",
                left - 8.0,
                escaped(&contestant.name),
                y - 10.0,
                (to - from).max(1.0),
                to + 5.0,
                three_digits(*ratio)
            );
        }
    }
    let bottom = y + 10.0;
    let mut grid = String::new();
    for power in low as i32..=high as i32 {
        let (at, class) = (
            x(10_f64.powi(power)),
            if power == 0 { "one" } else { "grid" },
        );
        let name = match power {
            0.. => format!("{}×", 10_f64.powi(power)),
            -3..0 => format!("1/{}×", 10_f64.powi(-power)),
            // Shorter, for there are many.
            _ => format!("1e{power}×"),
        };
        grid += &format!(
            "<line class=\"{class}\" x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"68\" y2=\"{bottom:.0}\"/>\
             <text x=\"{at:.1}\" y=\"62\" text-anchor=\"middle\">{name}</text>\n"
        );
    }
    let height = bottom + 10.0;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH:.0} {height:.0}\" \
         width=\"{WIDTH:.0}\" height=\"{height:.0}\" role=\"img\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
         <rect class=\"paper\" width=\"{WIDTH:.0}\" height=\"{height:.0}\"/>\n\
         <text class=\"row\" x=\"10\" y=\"20\">{title}: speed as a multiple of the row's best peer</text>\n\
         <text x=\"10\" y=\"38\">{}; blue is ours</text>\n{grid}{body}</svg>\n",
        escaped(machine),
        title = escaped(title),
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::chart;
    use crate::contest::{Contestant, Row, Sample, Unit};
    use crate::rounds::{Measured, Results};

    /// The chart of a row of ours, which takes a tenth of the time of a peer with this name.
    fn ten_times_as_fast(row: &str, peer: &str) -> String {
        let none = |_| Sample::FAILED;
        let rows = [Row::new(row, Unit::Time)
            .with(Contestant::ours("ours", none))
            .with(Contestant::peer(peer, "x", none))];
        let measured = |time: f64| Measured {
            times: vec![time],
            fairness: Vec::new(),
        };
        let results = Results {
            floors: Vec::new(),
            rows: vec![vec![measured(1.0), measured(10.0)]],
            interrupted: false,
        };
        chart("group", "machine", &rows, &results)
    }

    #[test]
    fn a_bar_goes_from_the_best_peer_to_the_ratio() {
        let svg = ten_times_as_fast("a < b", "theirs");
        assert!(svg.contains("a &lt; b"), "{svg}");
        // The axis goes from 1/10 to 10: ten times as fast is its right half.
        let bar = "<rect class=\"ours\" x=\"530.0\" y=\"94\" width=\"270.0\"";
        assert!(svg.contains(bar), "{svg}");
    }

    #[test]
    fn a_long_name_has_room() {
        let svg = ten_times_as_fast("row", &"n".repeat(60));
        // It ends where the axis begins, and is 420 wide.
        assert!(
            svg.contains("<text x=\"430.0\" y=\"104\" text-anchor=\"end\">ours<"),
            "{svg}"
        );
        assert!(svg.contains("<line class=\"grid\" x1=\"438.0\""), "{svg}");
    }
}
