//! Sheets → the text of a snapshot: tables a person can read and a diff can compare, with more digits than the tolerance
//! needs, so that rounding never decides.

use super::sheet::{Cell, Column, KEY_DIGITS, Kind, Sheet};
use super::unit::fitting;
use super::within::Within;
use crate::lab::number::{exact, significant};

/// Stands between the ends of a range.
pub const RANGE: &str = "..";
/// Stands where a column has no unit.
pub const NO_UNIT: &str = "-";
/// Parts columns.
pub const GAP: &str = "  ";
/// A number is rounded to this share of its tolerance.
const ROUNDING: f64 = 1e-3;
/// Digits of numbers that are no waves, if the tolerance does not ask for more.
const DIGITS: usize = 6;
/// A longer number is written exactly.
const MOST_DIGITS: usize = 16;

/// All sheets, each below its heading, with a blank line between.
pub fn write(sheets: &[Sheet], within: Within) -> String {
    let texts: Vec<String> = sheets.iter().map(|s| sheet(s, within)).collect();
    texts.join("\n")
}

/// `[waves by time]`
pub fn heading(sheet: &Sheet) -> String {
    let name = match &sheet.kind {
        Kind::Values => "values".into(),
        Kind::Table => "table".into(),
        Kind::Waves => "waves".into(),
        Kind::Array(name) => format!("array {name}"),
    };
    let keys: Vec<&str> = sheet.keys.iter().map(|k| &*k.name).collect();
    match keys.is_empty() {
        true => format!("[{name}]"),
        false => format!("[{name} by {}]", keys.join(", ")),
    }
}

fn sheet(sheet: &Sheet, within: Within) -> String {
    let shown: Vec<Shown> = match sheet.kind {
        Kind::Values => return values(sheet, within),
        _ => sheet.keys.iter().map(key).chain(sheet.columns.iter().map(|c| column(c, sheet, within))).collect(),
    };
    let unit = |s: &Shown| if s.unit.is_empty() { NO_UNIT.to_string() } else { s.unit.clone() };
    let mut columns: Vec<Vec<String>> = Vec::new();
    for s in shown {
        let head = [s.name.clone(), unit(&s)];
        columns.push(head.into_iter().chain(s.cells).collect());
    }
    let rows = 2 + sheet.rows();
    heading(sheet) + "\n" + &aligned(&columns, rows, |_| true)
}

/// One line each: name, value, unit.
fn values(sheet: &Sheet, within: Within) -> String {
    let mut columns = vec![Vec::new(); 3];
    for one in &sheet.columns {
        let shown = column(one, sheet, within);
        columns[0].push(shown.name);
        columns[1].push(shown.cells.into_iter().next().unwrap_or_default());
        columns[2].push(shown.unit);
    }
    heading(sheet) + "\n" + &aligned(&columns, sheet.columns.len(), |k| k == 1)
}

/// Rows of columns as wide as their widest cell; `right` says which are flush right.
fn aligned(columns: &[Vec<String>], rows: usize, right: impl Fn(usize) -> bool) -> String {
    let width = |column: &Vec<String>| column.iter().map(|c| c.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = columns.iter().map(width).collect();
    let mut text = String::new();
    for row in 0..rows {
        let mut line = String::new();
        for (k, (column, width)) in columns.iter().zip(&widths).enumerate() {
            let cell = column.get(row).map_or("", |c| c.as_str());
            let blanks = " ".repeat(width - cell.chars().count());
            line += if k == 0 { "" } else { GAP };
            line += &if right(k) { blanks + cell } else { format!("{cell}{blanks}") };
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

/// A column as text.
struct Shown {
    name: String,
    unit: String,
    cells: Vec<String>,
}

fn key(key: &Column) -> Shown {
    let (factor, unit) = fitting(key.size(), &key.unit);
    let cells = key.cells.iter().map(|c| significant(c.low / factor, KEY_DIGITS)).collect();
    Shown { name: key.name.clone(), unit, cells }
}

fn column(column: &Column, sheet: &Sheet, within: Within) -> Shown {
    let (size, tolerance) = (column.size(), column.tolerance(within));
    let name = column.name.clone();
    let all = |factor: f64, unit: String, show: &dyn Fn(f64) -> String| Shown {
        name: name.clone(),
        unit,
        cells: column.cells.iter().map(|c| text_of(*c, factor, show)).collect(),
    };
    if tolerance == 0.0 {
        return all(1.0, column.unit.clone(), &exact);
    }
    let (factor, unit) = fitting(size, &column.unit);
    let quantum = ROUNDING * tolerance / factor;
    let decimals = (-quantum.log10().floor()).max(0.0);
    let before = (size / factor).max(1.0).log10().floor() + 1.0;
    if decimals + before > MOST_DIGITS as f64 {
        return all(1.0, column.unit.clone(), &exact);
    }
    match sheet.kind {
        Kind::Waves => {
            let fixed = |decimals: usize| move |v: f64| fixed(v, decimals);
            let fine = all(factor, unit.clone(), &fixed(decimals as usize));
            all(factor, unit, &fixed(decimals_used(&fine.cells)))
        }
        _ => {
            let needed = (size / tolerance).max(1.0).log10().ceil() as usize + 4;
            all(factor, unit, &|v| significant(v, needed.max(DIGITS)))
        }
    }
}

fn text_of(cell: Cell, factor: f64, show: &dyn Fn(f64) -> String) -> String {
    match cell.is_range() {
        true => format!("{}{RANGE}{}", show(cell.low / factor), show(cell.high / factor)),
        false => show(cell.low / factor),
    }
}

/// With this many digits behind the point; no negative zero.
fn fixed(v: f64, decimals: usize) -> String {
    if !v.is_finite() {
        return exact(v);
    }
    let text = format!("{v:.decimals$}");
    match text.strip_prefix('-') {
        Some(digits) if digits.bytes().all(|b| matches!(b, b'0' | b'.')) => digits.into(),
        _ => text,
    }
}

/// Digits behind the point up to the last one of any number that is not 0.
fn decimals_used(cells: &[String]) -> usize {
    let numbers = cells.iter().flat_map(|c| c.split(RANGE));
    let used = |n: &str| n.split_once('.').map_or(0, |(_, decimals)| decimals.trim_end_matches('0').len());
    numbers.map(used).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wave_is_as_fine_as_its_tolerance_asks_for() {
        let sheet = Sheet {
            kind: Kind::Waves,
            keys: vec![Column::key("time", "s", [0.0, 5e-7, 1e-6])],
            columns: vec![
                Column::new("V(out)", "V", [0.0, 0.393469340287, 0.632120558829]),
                Column {
                    cells: vec![Cell::at(-1e-3), Cell { low: -6.1e-4, high: 2e-5 }, Cell::at(-1e-13)],
                    ..Column::new("I(V1)", "A", [])
                },
                Column::new("spikes", "", [0.0, 1.0, 1.0]),
            ],
        };
        let expected = "\
[waves by time]
time   V(out)        I(V1)  spikes
  µs       mV           mA       -
   0    0.000        -1.00       0
 0.5  393.469  -0.61..0.02       1
   1  632.121         0.00       1
";
        assert_eq!(write(&[sheet], Within::Percent(1.0)), expected);
    }

    #[test]
    fn values_stand_below_each_other() {
        let sheet =
            Sheet::values([("mu", "", 4.82512345678), ("t_rise", "s", 2.19722e-6), ("never", "", f64::INFINITY)]);
        let expected = "[values]\nmu      4.82512\nt_rise  2.19722  µs\nnever       inf\n";
        assert_eq!(write(std::slice::from_ref(&sheet), Within::Percent(1.0)), expected);
        let exact = write(&[sheet], Within::Absolute(0.0));
        assert!(exact.contains("4.82512345678") && exact.contains("2.19722e-6  s"), "{exact}");
    }

    #[test]
    fn small_values_of_a_table_keep_their_digits() {
        let resistances = Column::new("R", "ohm", [1234.5678, 1e9]);
        let text =
            write(&[Sheet::table(vec![Column::key("v", "", [0.5, 0.7])], vec![resistances])], Within::Percent(1.0));
        let expected = "\
[table by v]
  v           R
  -        Gohm
0.5  1.23457e-6
0.7           1
";
        assert_eq!(text, expected);
    }
}
