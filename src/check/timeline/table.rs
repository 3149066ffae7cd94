//! Rows laid out: how wide each column is, and the lines that are drawn.

use super::Timeline;
use super::layout::{Cell, Line, Style, Words};
use super::measure::{Glyphs, clean, elide, elide_front, width};
use super::phrase::Context;
use super::rows::{Place, Row, only_file, rows, shown};
use super::text::TextOptions;

/// Least width of a thread's column; with less, each row names its thread instead.
const NARROWEST: usize = 14;
/// Most threads that get a column each.
const COLUMNS: usize = 4;

pub(super) struct Table {
    glyphs: Glyphs,
    width: usize,
    rows: Vec<Row>,
    /// The names of the threads that are shown.
    names: Vec<String>,
    /// One column for all threads: each row names its thread.
    list: bool,
    /// Left of the first rule: the mark of the failing step and the number.
    gutter: usize,
    /// The width of each column, without the rule and the spaces around it.
    columns: Vec<usize>,
    /// The width of the place at the right; 0 if no step has one.
    place: usize,
    /// To save room, the place is only the line: this is the file of all of them.
    file: Option<String>,
}

impl Table {
    pub(super) fn of(timeline: &Timeline, options: &TextOptions) -> Self {
        let glyphs = options.glyphs();
        let context = Context {
            glyphs,
            threads: &timeline.threads,
        };
        let shown = shown(timeline);
        let rows = rows(timeline, &context, &shown);
        let (mut numbers, mut full, mut line) = (0, 0, 0);
        for row in &rows {
            if let Row::Step { number, place, .. } = row {
                numbers = number.unwrap_or(numbers);
                full = full.max(width(&place.full));
                line = line.max(width(&place.line));
            }
        }
        let mut table = Self {
            glyphs,
            width: options.width,
            rows,
            names: shown.iter().map(|&thread| context.thread(thread)).collect(),
            list: shown.len() > COLUMNS,
            gutter: 3 + numbers.max(10).to_string().len(),
            columns: Vec::new(),
            place: full.min(options.width * 3 / 10),
            file: None,
        };
        if table.wanted() > table.room()
            && line > 0
            && let Some(file) = only_file(timeline)
        {
            table.place = line.max("line".len());
            table.file = Some(clean(file, glyphs));
        }
        table.list |= table.names.len() * NARROWEST > table.room();
        table.columns = if table.list {
            table.two_columns()
        } else {
            table.spread()
        };
        table
    }

    /// The columns before any shrinks, together.
    fn wanted(&self) -> usize {
        if self.list {
            self.two_wanted().iter().sum()
        } else {
            self.spread_wanted().iter().sum()
        }
    }

    /// Columns of the terminal left for text.
    fn room(&self) -> usize {
        let columns = if self.list { 2 } else { self.names.len() };
        // A rule and a space before each, a space after each.
        let place = if self.place == 0 { 0 } else { self.place + 2 };
        self.width.saturating_sub(self.gutter + 3 * columns + place)
    }

    /// One column a thread, each as wide as its widest cell that is no message.
    fn spread_wanted(&self) -> Vec<usize> {
        let mut columns: Vec<usize> = self
            .names
            .iter()
            .map(|name| width(name).max(NARROWEST))
            .collect();
        for row in &self.rows {
            if let Row::Step { column, cell, .. } = row
                && !cell.message
            {
                columns[*column] = columns[*column].max(cell.width());
            }
        }
        columns
    }

    /// Shrinks the widest columns until all fit; or widens those with messages into what is left.
    fn spread(&self) -> Vec<usize> {
        let mut columns = self.spread_wanted();
        let room = self.room();
        let mut sum: usize = columns.iter().sum();
        while sum > room {
            let widest = columns.iter_mut().max().expect("something is too wide");
            *widest -= 1;
            sum -= 1;
        }
        for row in &self.rows {
            if let Row::Step { column, cell, .. } = row {
                let more = cell
                    .width()
                    .saturating_sub(self.span(*column, &columns))
                    .min(room - sum);
                columns[*column] += more;
                sum += more;
            }
        }
        columns
    }

    /// The columns that a message in `column` may take: its own and all at its right.
    fn span(&self, column: usize, columns: &[usize]) -> usize {
        let right = &columns[column + 1..];
        columns[column] + right.iter().sum::<usize>() + 3 * right.len()
    }

    /// The thread's name, and the step.
    fn two_wanted(&self) -> [usize; 2] {
        let name = self.names.iter().map(|name| width(name)).max().unwrap_or(0);
        let cell = |row: &Row| {
            if let Row::Step { cell, .. } = row {
                cell.width()
            } else {
                0
            }
        };
        let step = self.rows.iter().map(cell).max().unwrap_or(0);
        [name.max("thread".len()).min(24), step.max(NARROWEST)]
    }

    fn two_columns(&self) -> Vec<usize> {
        let room = self.room();
        let [name, step] = self.two_wanted();
        let name = name.min(room / 3);
        vec![name, step.min(room - name)]
    }

    pub(super) fn lines(&self) -> Vec<Line> {
        if self.rows.is_empty() {
            return Vec::new();
        }
        let mut out = vec![self.header(), self.rule(self.glyphs.cross)];
        for row in &self.rows {
            match row {
                Row::Note(text) => out.extend(self.note(text)),
                Row::Preemption { from, to } => out.push(self.preemption(*from, *to)),
                Row::Step {
                    number,
                    failing,
                    column,
                    cell,
                    place,
                    waiting,
                    ..
                } => {
                    out.extend(self.step(*number, *failing, *column, cell, place, waiting));
                }
            }
        }
        out.push(self.rule(self.glyphs.foot));
        if let Some(file) = &self.file {
            let mut line = Line::default();
            line.push(
                &format!(
                    "  lines of {}",
                    elide_front(file, self.width - 11, self.glyphs)
                ),
                Style::Dim,
            );
            out.push(line);
        }
        out
    }

    fn header(&self) -> Line {
        let mut line = self.gutter_of("step", Style::Dim);
        let heads = if self.list {
            vec!["thread".to_owned(), "operation".to_owned()]
        } else {
            self.names.clone()
        };
        for (head, &columns) in heads.iter().zip(&self.columns) {
            let mut cell = Line::default();
            cell.push(&elide(head, columns, self.glyphs), Style::Heading);
            self.column(&mut line, cell, columns);
        }
        self.close(&mut line, if self.file.is_some() { "line" } else { "" });
        line
    }

    fn rule(&self, crossing: &str) -> Line {
        let mut line = Line::default();
        line.push(&self.glyphs.rule.repeat(self.gutter), Style::Dim);
        for &columns in &self.columns {
            line.push(crossing, Style::Dim);
            line.push(&self.glyphs.rule.repeat(columns + 2), Style::Dim);
        }
        if self.place > 0 {
            line.push(crossing, Style::Dim);
            line.push(&self.glyphs.rule.repeat(self.place + 1), Style::Dim);
        }
        line
    }

    fn step(
        &self,
        number: Option<usize>,
        failing: bool,
        column: usize,
        cell: &Cell,
        place: &Place,
        waiting: &[usize],
    ) -> Vec<Line> {
        let mark = if failing { self.glyphs.fail } else { " " };
        let digits = self.gutter - 3;
        let number = number.map_or_else(String::new, |number| number.to_string());
        let number = format!("{mark} {number:>digits$}");
        let own = if self.list { 1 } else { column };
        let span = self.span(own, &self.columns);
        // A message runs on over the columns at its right, if it must.
        let limit = if cell.message && cell.width() > self.columns[own] {
            span
        } else {
            self.columns[own]
        };
        let place = if self.file.is_some() {
            &place.line
        } else {
            &place.full
        };
        let place = elide_front(place, self.place, self.glyphs);
        let mut out = Vec::new();
        for (i, text) in cell.lines(limit, self.glyphs).into_iter().enumerate() {
            let style = if failing { Style::Failing } else { Style::Dim };
            let mut line = self.gutter_of(if i == 0 { &number } else { "" }, style);
            for (c, &columns) in self.columns.iter().enumerate() {
                if c == own {
                    self.column(&mut line, text.clone(), limit);
                    if limit == span {
                        break;
                    }
                    continue;
                }
                let mut cell = Line::default();
                if self.list && i == 0 {
                    cell.push(
                        &elide(&self.names[column], columns, self.glyphs),
                        Style::Heading,
                    );
                } else if !self.list && waiting.contains(&c) {
                    cell.push(self.glyphs.waiting, Style::Notable);
                }
                self.column(&mut line, cell, columns);
            }
            self.close(&mut line, if i == 0 { &place } else { "" });
            out.push(line);
        }
        out
    }

    /// An arrow from the column of the thread that was preempted to the one that ran.
    fn preemption(&self, from: usize, to: Option<usize>) -> Line {
        let Glyphs {
            dash, left, right, ..
        } = self.glyphs;
        let mut line = self.gutter_of("", Style::Dim);
        let (from, to) = if self.list { (1, None) } else { (from, to) };
        let low = to.map_or(from, |to| to.min(from));
        for (c, &columns) in self.columns.iter().enumerate() {
            let end =
                |c: usize| self.gutter + self.columns[..=c].iter().map(|w| w + 3).sum::<usize>();
            if c < low
                || (to.is_none_or(|to| to < from) && c > from)
                || to.is_some_and(|to| to > from && c > to)
            {
                self.column(&mut line, Line::default(), columns);
                continue;
            }
            let label = format!("{dash}{dash} preempted ");
            if c == low {
                line.push(self.glyphs.column, Style::Dim);
                line.push(" ", Style::Plain);
            }
            match to {
                None => {
                    line.push(label.trim_end(), Style::Notable);
                    line.pad(end(c));
                }
                Some(to) if c == from && to > from => {
                    line.push(&label, Style::Notable);
                    fill(&mut line, end(c), dash);
                }
                Some(to) if c == to && to > from => {
                    fill(&mut line, end(c) - columns - 1, dash);
                    line.push(right, Style::Notable);
                    line.pad(end(c));
                }
                Some(to) if c == to => {
                    line.push(left, Style::Notable);
                    fill(&mut line, end(c), dash);
                }
                Some(to) if c == from && to < from => {
                    line.push(&label, Style::Notable);
                    line.pad(end(c));
                }
                Some(_) => fill(&mut line, end(c), dash),
            }
        }
        self.close(&mut line, "");
        line
    }

    fn note(&self, text: &str) -> Vec<Line> {
        let mut words = Words::default();
        words.push(text, Style::Dim);
        let room = self.width - self.gutter - 2;
        let lines = words.wrap(room, 2, 4, self.glyphs).into_iter().map(|text| {
            let mut line = self.gutter_of("", Style::Dim);
            line.push(self.glyphs.column, Style::Dim);
            line.push(" ", Style::Plain);
            line.append(text);
            line
        });
        lines.collect()
    }

    fn gutter_of(&self, text: &str, style: Style) -> Line {
        let mut line = Line::default();
        line.push(text, style);
        line.pad(self.gutter);
        line
    }

    /// Adds a column with its rule.
    fn column(&self, line: &mut Line, cell: Line, columns: usize) {
        let end = line.width() + columns + 3;
        line.push(self.glyphs.column, Style::Dim);
        line.push(" ", Style::Plain);
        line.append(cell);
        line.pad(end);
    }

    /// Adds the last rule and the place.
    fn close(&self, line: &mut Line, place: &str) {
        if self.place > 0 {
            line.push(self.glyphs.column, Style::Dim);
            line.push(" ", Style::Plain);
            line.push(place, Style::Dim);
        }
    }
}

fn fill(line: &mut Line, to: usize, dash: &str) {
    let missing = to.saturating_sub(line.width());
    line.push(&dash.repeat(missing), Style::Notable);
}
