//! Tables of numbers: references of `tests/models/references`, and what a run has written.

use std::fs;
use std::path::Path;

/// Columns of equal length with their names; lines that begin with `#` are comments.
#[derive(Clone, Debug)]
pub struct Table {
    pub names: Vec<String>,
    pub columns: Vec<Vec<f64>>,
}

impl Table {
    pub fn parse(text: &str) -> Table {
        let mut lines = text.lines().filter(|l| !l.starts_with('#'));
        let names: Vec<String> = split(lines.next().expect("a header"));
        let mut columns = vec![Vec::new(); names.len()];
        for line in lines {
            for (column, cell) in columns.iter_mut().zip(line.split(',')) {
                column.push(cell.parse().expect("a number"));
            }
        }
        Table { names, columns }
    }

    pub fn read(path: &Path) -> Table {
        let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        Table::parse(&text)
    }

    pub fn reference(name: &str) -> Table {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/references");
        Table::read(&folder.join(format!("{name}.csv")))
    }

    pub fn column(&self, name: &str) -> &[f64] {
        let found = self.names.iter().position(|n| n.eq_ignore_ascii_case(name));
        &self.columns[found.unwrap_or_else(|| panic!("no {name} among {:?}", self.names))]
    }

    /// A column at a time, straight between rows.
    pub fn at(&self, name: &str, time: f64) -> f64 {
        let (times, values) = (&self.columns[0], self.column(name));
        let n = times.partition_point(|t| *t < time);
        if n == 0 || n == times.len() {
            return values[n.min(values.len() - 1)];
        }
        let share = (time - times[n - 1]) / (times[n] - times[n - 1]);
        values[n - 1] + share * (values[n] - values[n - 1])
    }

    /// How far `ours` is from each row of a column, relative to the column's range.
    pub fn deviations(&self, ours: &Table, name: &str) -> Vec<f64> {
        let values = self.column(name);
        let (low, high) = values.iter().fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
        let range = if high > low { high - low } else { high.abs().max(f64::MIN_POSITIVE) };
        self.columns[0].iter().zip(values).map(|(t, v)| (ours.at(name, *t) - v).abs() / range).collect()
    }
}

/// Names of columns; commas inside brackets belong to them.
fn split(header: &str) -> Vec<String> {
    let (mut names, mut depth) = (vec![String::new()], 0);
    for c in header.chars() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ',' if depth == 0 => {
                names.push(String::new());
                continue;
            }
            '"' => continue,
            _ => {}
        }
        if let Some(name) = names.last_mut() {
            name.push(c);
        }
    }
    names
}
