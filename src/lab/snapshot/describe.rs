//! A difference → sentences for a summary, and the lines of a diff for a review.

use std::collections::HashMap;

use super::compare::{Difference, Off, OffColumn, Shape};
use super::sheet::{Cell, Kind, Sheet};
use super::text::{self, heading};
use super::within::Within;
use crate::lab::number::{engineering, exact, rough, significant};

/// What differs, a sentence each.
pub fn sentences(old: &[Sheet], new: &[Sheet], difference: &Difference) -> Vec<String> {
    let shapes = difference.shapes.iter().map(|s| shape(s, old, new));
    shapes.chain(difference.columns.iter().map(|c| column(c, old))).collect()
}

fn shape(shape: &Shape, old: &[Sheet], new: &[Sheet]) -> String {
    let unit = |u: &str| if u.is_empty() { "no unit".to_string() } else { u.to_string() };
    match shape {
        Shape::Unreadable(why) => format!("the snapshot that is kept cannot be read: {why}"),
        Shape::SheetGone(name) => format!("{name} is missing"),
        Shape::SheetNew(name) => format!("{name} is new"),
        Shape::ColumnGone(name) => format!("column {name} is missing"),
        Shape::ColumnNew(name) => format!("column {name} is new"),
        Shape::Unit { column, old, new } => format!("{column} has the unit {}, before {}", unit(new), unit(old)),
        Shape::RowsGone { sheet, rows } => rows_that(&old[*sheet], rows, "missing"),
        Shape::RowsNew { sheet, rows } => rows_that(&new[*sheet], rows, "new"),
    }
}

fn rows_that(sheet: &Sheet, rows: &[usize], are: &str) -> String {
    let label = rows.first().map_or(String::new(), |r| sheet.label(*r));
    match rows.len() {
        1 => format!("{} of {} is {are}", label, heading(sheet)),
        n => format!("{n} rows of {} are {are}, the first {label}", heading(sheet)),
    }
}

fn column(off: &OffColumn, old: &[Sheet]) -> String {
    let Some(worst) = off.worst() else { return String::new() };
    let label = old[off.sheets.0].label(worst.rows.0);
    let place = if label.is_empty() { label } else { format!(" at {label}") };
    let counted = match (off.cells.len(), off.of) {
        (1, 1) => String::new(),
        (n, of) => format!(", {n} of {of} values"),
    };
    let show = |cell| value(cell, &off.unit);
    format!("{} is {}{counted}: {} before, {} now{place}", off.name, by(off, worst), show(worst.old), show(worst.new))
}

/// `off by 3.2 tolerances of 10 mV`
fn by(column: &OffColumn, off: &Off) -> String {
    match (off.new.is_nan(), off.by.is_finite()) {
        (true, _) => "not a number".into(),
        (_, true) => format!("off by {} of {}", tolerances(off.by), rough(column.tolerance, &column.unit)),
        (_, false) => "not the same".into(),
    }
}

/// `3.2 tolerances`
fn tolerances(by: f64) -> String {
    let digits = if by < 1.1 { 4 } else { 2 };
    format!("{} tolerances", significant(by, digits.max(by.log10().floor().clamp(0.0, 14.0) as usize + 1)))
}

fn value(cell: Cell, unit: &str) -> String {
    let show = |v: f64| if v.is_finite() { engineering(v, unit) } else { exact(v) };
    if cell.is_range() { format!("{} … {}", show(cell.low), show(cell.high)) } else { show(cell.low) }
}

/// What a line of a diff is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// In both: a heading
    Both,
    Old,
    New,
    /// About the lines
    Note,
}

/// One line of a diff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub mark: Mark,
    pub text: String,
    /// Behind the text: what is off
    pub note: String,
}

impl Line {
    fn new(mark: Mark, text: &str) -> Line {
        Line { mark, text: text.into(), note: String::new() }
    }
}

/// The rows that differ, old above new, at most `most` of each sheet: those that are off most.
pub fn diff(old: &[Sheet], new: &[Sheet], difference: &Difference, within: Within, most: usize) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let shapes = difference.shapes.iter().filter(|s| !matches!(s, Shape::RowsGone { .. } | Shape::RowsNew { .. }));
    lines.extend(shapes.map(|s| Line::new(Mark::Note, &shape(s, old, new))));
    for (n, sheet) in new.iter().enumerate() {
        let name = heading(sheet);
        let before = old.iter().position(|s| heading(s).eq_ignore_ascii_case(&name));
        let texts = (before.map(|o| Rows::new(&old[o], within)), Rows::new(sheet, within));
        let events = match before {
            Some(o) => events(o, n, difference),
            None => (0..texts.1.count).map(|r| Event::of(None, Some(r))).collect(),
        };
        if events.is_empty() {
            continue;
        }
        lines.extend(texts.1.head.iter().map(|l| Line::new(Mark::Both, l)));
        for event in &foremost(&events, most) {
            if let (Some(row), Some(rows)) = (event.old, &texts.0) {
                lines.push(Line::new(Mark::Old, rows.row(row)));
            }
            if let Some(row) = event.new {
                lines.push(Line { note: event.note.clone(), ..Line::new(Mark::New, texts.1.row(row)) });
            }
        }
        match events.len().saturating_sub(most) {
            0 => {}
            1 => lines.push(Line::new(Mark::Note, "1 more row")),
            more => lines.push(Line::new(Mark::Note, &format!("{more} more rows"))),
        }
    }
    lines
}

/// A sheet as text: what stands above its rows, and the rows.
struct Rows {
    head: Vec<String>,
    lines: Vec<String>,
    count: usize,
}

impl Rows {
    fn new(sheet: &Sheet, within: Within) -> Rows {
        let text = text::write(std::slice::from_ref(sheet), within);
        let mut head: Vec<String> = text.lines().map(String::from).collect();
        let above = if sheet.kind == Kind::Values { 1 } else { 3 };
        let lines = head.split_off(above.min(head.len()));
        Rows { head, count: lines.len(), lines }
    }

    fn row(&self, row: usize) -> &str {
        self.lines.get(row).map_or("", |l| l)
    }
}

/// Rows of a diff that belong together.
struct Event {
    old: Option<usize>,
    new: Option<usize>,
    note: String,
    /// How far the worst cell of the row is off, in tolerances
    by: f64,
}

impl Event {
    fn of(old: Option<usize>, new: Option<usize>) -> Event {
        Event { old, new, note: String::new(), by: 0.0 }
    }
}

/// Those that are off most, the first of equals, in the order of rows.
fn foremost(events: &[Event], most: usize) -> Vec<&Event> {
    let mut order: Vec<usize> = (0..events.len()).collect();
    order.sort_by(|a, b| events[*b].by.total_cmp(&events[*a].by));
    order.truncate(most);
    order.sort_unstable();
    order.into_iter().map(|k| &events[k]).collect()
}

fn events(o: usize, n: usize, difference: &Difference) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    let mut single = |old, new| events.push(Event::of(old, new));
    for shape in &difference.shapes {
        match shape {
            Shape::RowsGone { sheet, rows } if *sheet == o => rows.iter().for_each(|r| single(Some(*r), None)),
            Shape::RowsNew { sheet, rows } if *sheet == n => rows.iter().for_each(|r| single(None, Some(*r))),
            _ => {}
        }
    }
    let mut known: HashMap<(usize, usize), usize> = HashMap::new();
    for column in difference.columns.iter().filter(|c| c.sheets == (o, n)) {
        for cell in &column.cells {
            // Single values stand below each other, one line a column.
            let (old, new) = if column.is_value { column.columns } else { cell.rows };
            let note = match column.is_value {
                true => by(column, cell),
                false => format!("{} {}", column.name, by(column, cell)),
            };
            match known.get(&(old, new)) {
                Some(&k) => {
                    let event: &mut Event = &mut events[k];
                    event.note += &format!(", {note}");
                    event.by = event.by.max(cell.by);
                }
                None => {
                    known.insert((old, new), events.len());
                    events.push(Event { note, by: cell.by, ..Event::of(Some(old), Some(new)) });
                }
            }
        }
    }
    events.sort_by_key(|e| e.new.or(e.old));
    events
}

#[cfg(test)]
mod tests {
    use super::super::compare::compare;
    use super::super::sheet::Column;
    use super::*;

    fn table(v: &[f64], n: &[f64]) -> Sheet {
        let keys = vec![Column::key("time", "s", v.iter().copied())];
        Sheet { kind: Kind::Waves, keys, columns: vec![Column::new("V(out)", "V", n.iter().copied())] }
    }

    #[test]
    fn sentences_name_the_worst_place() {
        let old = [table(&[0.0, 1e-6, 2e-6], &[0.0, 1.0, 0.5]), Sheet::values([("mu", "", 4.0)])];
        let new = [table(&[0.0, 1e-6, 3e-6], &[0.1, 1.032, 0.5]), Sheet::values([("mu", "", f64::NAN)])];
        let difference = compare(&old, &new, Within::Percent(1.0));
        assert_eq!(
            sentences(&old, &new, &difference),
            [
                "time = 2 µs of [waves by time] is missing",
                "time = 3 µs of [waves by time] is new",
                "V(out) is off by 10 tolerances of 10 mV, 2 of 2 values: 0 V before, 100 mV now at time = 0 s",
                "mu is not a number: 4 before, nan now",
            ]
        );
    }

    #[test]
    fn a_diff_shows_both_rows_and_what_is_off() {
        let old = [table(&[0.0, 1e-6, 2e-6], &[0.0, 1.0, 0.5]), Sheet::values([("mu", "", 4.0), ("sd", "s", 1.0)])];
        let new = [table(&[0.0, 1e-6, 3e-6], &[0.0, 1.032, 0.5]), Sheet::values([("mu", "", 4.0), ("sd", "s", 1.5)])];
        let difference = compare(&old, &new, Within::Percent(1.0));
        let lines = diff(&old, &new, &difference, Within::Percent(1.0), 2);
        let shown: Vec<String> = lines.iter().map(|l| format!("{:?} {} | {}", l.mark, l.text, l.note)).collect();
        assert_eq!(
            shown,
            [
                "Both [waves by time] | ",
                "Both time  V(out) | ",
                "Both   µs       V | ",
                "Old    1     1.0 | ",
                "New    1   1.032 | V(out) off by 3.2 tolerances of 10 mV",
                "Old    2     0.5 | ",
                "Note 1 more row | ",
                "Both [values] | ",
                "Old sd  1.00000  s | ",
                "New sd  1.5  s | off by 50 tolerances of 10 ms",
            ]
            .map(|l| l.replace("1.00000", "1"))
        );
    }
}
