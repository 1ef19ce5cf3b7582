//! Stored curves (`NAME.ref`) and the curves of a run → how far they are apart.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use super::deck::Kind;

/// A table of numbers with named columns, names in lower case.
#[derive(Clone, Debug, Default)]
pub struct Table {
    pub names: Vec<String>,
    pub columns: Vec<Vec<f64>>,
    /// The first cell of each row, where it is a name: `V(out)` in an operating point.
    pub labels: Vec<String>,
}

impl Table {
    /// Reads comma-separated lines, the first of them the names.
    fn parse<'a>(mut lines: impl Iterator<Item = &'a str>) -> Table {
        let names: Vec<String> = split(lines.next().unwrap_or("")).iter().map(|n| n.to_lowercase()).collect();
        let mut table = Table { columns: vec![Vec::new(); names.len()], names, labels: Vec::new() };
        for line in lines {
            let cells = split(line);
            if cells[0].parse::<f64>().is_err() {
                table.labels.push(cells[0].to_lowercase());
            }
            for (column, cell) in table.columns.iter_mut().zip(&cells) {
                column.push(cell.parse().unwrap_or(f64::NAN));
            }
        }
        table
    }

    pub fn read(path: &Path) -> Result<Table, String> {
        let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        Ok(Table::parse(text.lines()))
    }

    pub fn column(&self, name: &str) -> Result<&[f64], String> {
        let k = self.names.iter().position(|n| *n == name.to_lowercase());
        k.map(|k| self.columns[k].as_slice()).ok_or_else(|| format!("no column {name} among {:?}", self.names))
    }

    /// The value beside a name: of an operating point.
    pub fn value(&self, name: &str, column: &str) -> Result<f64, String> {
        let k = self.labels.iter().position(|n| *n == name.to_lowercase());
        let k = k.ok_or_else(|| format!("no row {name} among {:?}", self.labels))?;
        Ok(self.column(column)?[k])
    }
}

/// Cells of a line; commas in quotes or brackets, `V(a,b)`, do not count.
fn split(line: &str) -> Vec<String> {
    let (mut cells, mut depth) = (vec![String::new()], 0);
    for c in line.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        match c {
            ',' if depth == 0 => cells.push(String::new()),
            '"' => {}
            _ => cells.last_mut().expect("a cell").push(c),
        }
    }
    cells
}

/// The sections of a `.ref` file: `[op]`, `[tran]`, …
pub fn sections(path: &Path) -> HashMap<String, Table> {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut parts: Vec<(String, Vec<&str>)> = Vec::new();
    for line in text.lines().filter(|l| !l.starts_with('#')) {
        match line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            Some(name) => parts.push((name.to_string(), Vec::new())),
            None => parts.last_mut().expect("a section first").1.push(line),
        }
    }
    parts.into_iter().map(|(name, lines)| (name, Table::parse(lines.into_iter()))).collect()
}

/// How far one signal is from its reference, and where: relative as its [`Kind`] says.
#[derive(Clone, Debug)]
pub struct Deviation {
    pub worst: f64,
    /// Time, frequency or row; NaN where there is one value.
    pub at: f64,
}

/// The largest deviation; NaN counts as infinite.
fn worst(pairs: impl Iterator<Item = (f64, f64)>) -> Deviation {
    pairs.fold(Deviation { worst: 0.0, at: f64::NAN }, |best, (d, at)| {
        let d = if d.is_nan() { f64::INFINITY } else { d };
        if d > best.worst { Deviation { worst: d, at } } else { best }
    })
}

/// 1 mV for voltages, 1 µA for currents: what 1e-6 of a small value is counted from.
fn floor(signal: &str) -> f64 {
    if signal.to_lowercase().starts_with('v') { 1e-3 } else { 1e-6 }
}

/// Holds `ours` (the table that the run wrote) against the reference of the same analysis.
pub fn deviation(kind: Kind, signal: &str, ours: &Table, reference: &Table) -> Result<Deviation, String> {
    match kind {
        Kind::Op => {
            let (a, b) = (ours.value(signal, "value")?, reference.value(signal, "value")?);
            Ok(worst([((a - b).abs() / b.abs().max(floor(signal)), f64::NAN)].into_iter()))
        }
        Kind::Dc => {
            let (a, b) = (ours.column(signal)?, reference.column(signal)?);
            if a.len() != b.len() {
                return Err(format!("{} rows instead of {}", a.len(), b.len()));
            }
            let rows = a.iter().zip(b).enumerate();
            Ok(worst(rows.map(|(k, (a, b))| ((a - b).abs() / b.abs().max(floor(signal)), k as f64))))
        }
        Kind::Ac => {
            let [re, im] = [format!("re({signal})"), format!("im({signal})")];
            let (a, b) = ((ours.column(&re)?, ours.column(&im)?), (reference.column(&re)?, reference.column(&im)?));
            let (f, g) = (ours.column("frequency")?, reference.column("frequency")?);
            if f.len() != g.len() || f.iter().zip(g).any(|(f, g)| (f - g).abs() > 1e-9 * g) {
                return Err(format!("{} frequencies instead of {}, or others", f.len(), g.len()));
            }
            let largest = b.0.iter().zip(b.1).map(|(re, im)| re.hypot(*im)).fold(0.0, f64::max);
            let apart = |k: usize| (a.0[k] - b.0[k]).hypot(a.1[k] - b.1[k]) / largest;
            Ok(worst((0..g.len()).map(|k| (apart(k), g[k]))))
        }
        Kind::Wave => {
            let (t, v) = (ours.column("time")?, ours.column(signal)?);
            let (grid, b) = (reference.column("time")?, reference.column(signal)?);
            let range = b[0];
            let points = grid.iter().zip(b).skip(1);
            Ok(worst(points.map(|(&at, b)| ((interpolate(t, v, at) - b).abs() / range, at))))
        }
        Kind::Oscillator => {
            let (period, amplitude) = oscillation(ours.column("time")?, ours.column(signal)?)?;
            let wanted = (reference.value(signal, "period")?, reference.value(signal, "amplitude")?);
            let apart = [(period / wanted.0 - 1.0).abs(), (amplitude / wanted.1 - 1.0).abs()];
            Ok(worst(apart.into_iter().map(|d| (d, f64::NAN))))
        }
        Kind::Meas => {
            let (a, b) = (ours.value(signal, "value")?, reference.value(signal, "value")?);
            Ok(worst([((a - b).abs() / b.abs().max(1e-15), f64::NAN)].into_iter()))
        }
    }
}

/// Linear between the points; the last value after the end.
fn interpolate(t: &[f64], v: &[f64], at: f64) -> f64 {
    let k = t.partition_point(|&x| x <= at);
    match k {
        0 => v.first().copied().unwrap_or(f64::NAN),
        k if k == t.len() => v[k - 1],
        k => v[k - 1] + (v[k] - v[k - 1]) * (at - t[k - 1]) / (t[k] - t[k - 1]),
    }
}

/// Mean period of the last four periods and peak-to-peak amplitude of the last two, as `make_references.py` has them.
fn oscillation(t: &[f64], v: &[f64]) -> Result<(f64, f64), String> {
    let half = &v[v.len() / 2..];
    let extreme = |start: f64, pick: fn(f64, f64) -> f64| half.iter().copied().fold(start, pick);
    let middle = (extreme(f64::INFINITY, f64::min) + extreme(f64::NEG_INFINITY, f64::max)) / 2.0;
    let rises: Vec<f64> = (1..v.len())
        .filter(|&k| v[k - 1] < middle && middle <= v[k])
        .map(|k| t[k - 1] + (t[k] - t[k - 1]) * (middle - v[k - 1]) / (v[k] - v[k - 1]))
        .collect();
    if rises.len() < 3 {
        return Err(format!("{} rising edges: it does not oscillate", rises.len()));
    }
    let last = rises.len() - 1;
    let n = last.min(4);
    let period = (rises[last] - rises[last - n]) / n as f64;
    let start = rises[last - last.min(2)];
    let tail = t.iter().zip(v).filter(|(t, _)| **t >= start).map(|(_, v)| *v);
    let (low, high) = tail.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    Ok((period, high - low))
}
