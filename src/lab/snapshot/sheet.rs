//! What a snapshot holds: sheets of named columns. Values, the rows of a table, waves on a grid, arrays.

use num_complex::Complex64;

use super::unit::bare;
use super::within::Within;
use crate::lab::number::significant;
use crate::lab::wave::{Columns, Wave};

/// What is taken of a phasor, and what its column is called
type Part = (&'static str, fn(Complex64) -> f64);

/// Digits by which rows are told apart.
pub const KEY_DIGITS: usize = 12;

/// One number; of a curve that moves quickly around its instant, the range it covers there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    pub low: f64,
    pub high: f64,
}

impl Cell {
    pub fn at(v: f64) -> Cell {
        Cell { low: v, high: v }
    }

    pub fn is_range(self) -> bool {
        self.low != self.high && !self.is_nan()
    }

    pub fn is_nan(self) -> bool {
        self.low.is_nan() || self.high.is_nan()
    }

    /// The largest finite magnitude.
    pub fn size(self) -> f64 {
        [self.low, self.high].map(f64::abs).into_iter().filter(|v| v.is_finite()).fold(0.0, f64::max)
    }

    /// How far two cells are apart: 0 where ranges touch or neither is a number, infinite where one of them is none.
    pub fn gap(self, other: Cell) -> f64 {
        if self.is_nan() && other.is_nan() {
            return 0.0;
        }
        if self.is_nan() || other.is_nan() {
            return f64::INFINITY;
        }
        let above = if self.low > other.high { self.low - other.high } else { 0.0 };
        let below = if self.high < other.low { other.low - self.high } else { 0.0 };
        above.max(below)
    }
}

/// A column: values of one quantity.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// As SPICE names it, `V(out)`; not empty, no two blanks in a row
    pub name: String,
    /// Without prefix
    pub unit: String,
    /// One a row
    pub cells: Vec<Cell>,
}

impl Column {
    pub fn new(name: &str, unit: &str, values: impl IntoIterator<Item = f64>) -> Column {
        let (unit, factor) = bare(unit);
        let cells = values.into_iter().map(|v| Cell::at(if factor == 1.0 { v } else { v * factor })).collect();
        Column { name: one_line(name, "_"), unit: one_line(unit, ""), cells }
    }

    /// A column by which rows are found again.
    pub fn key(name: &str, unit: &str, values: impl IntoIterator<Item = f64>) -> Column {
        let mut column = Column::new(name, unit, values);
        for cell in &mut column.cells {
            *cell = Cell::at(significant(cell.low, KEY_DIGITS).parse().unwrap_or(cell.low));
        }
        column
    }

    /// The largest finite magnitude.
    pub fn size(&self) -> f64 {
        self.cells.iter().map(|c| c.size()).fold(0.0, f64::max)
    }

    /// What this column may be off.
    pub fn tolerance(&self, within: Within) -> f64 {
        within.tolerance(self.size(), &self.unit)
    }
}

/// Text in which two blanks never follow each other: they part columns.
fn one_line(text: &str, if_empty: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.is_empty() { if_empty.into() } else { words.join(" ") }
}

/// What a sheet is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Single numbers: measures
    Values,
    /// The recorded rows
    Table,
    /// Curves over time, frequency or what is swept
    Waves,
    /// The elements of an array, by its expression
    Array(String),
}

/// Columns of equal length; rows are found again by their keys, or by their order where there are none.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    pub kind: Kind,
    pub keys: Vec<Column>,
    pub columns: Vec<Column>,
}

impl Sheet {
    /// Names, units and numbers of single values.
    pub fn values<'a>(values: impl IntoIterator<Item = (&'a str, &'a str, f64)>) -> Sheet {
        let columns = values.into_iter().map(|(name, unit, v)| Column::new(name, unit, [v])).collect();
        Sheet { kind: Kind::Values, keys: Vec::new(), columns }
    }

    /// The recorded rows; `keys` are the columns that sweeps made.
    pub fn table(keys: Vec<Column>, columns: Vec<Column>) -> Sheet {
        Sheet { kind: Kind::Table, keys, columns }
    }

    /// An array by its expression: the last axis runs over columns, the others over rows.
    pub fn array(name: &str, unit: &str, shape: &[usize], values: &[f64]) -> Sheet {
        let name = one_line(name, "_");
        let (rows, width) = match shape {
            [] | [_] => (shape, 1),
            [rows @ .., width] => (rows, *width),
        };
        let count = rows.iter().product::<usize>().min(values.len() / width.max(1));
        let mut keys: Vec<Vec<f64>> = vec![Vec::new(); rows.len()];
        for row in 0..count {
            let mut rest = row;
            for (axis, length) in rows.iter().enumerate().rev() {
                keys[axis].push((rest % length) as f64);
                rest /= length;
            }
        }
        let column = |k: usize| (0..count).map(move |row| values[row * width + k]);
        let columns = match shape.len() {
            0 | 1 => vec![Column::new("value", unit, column(0))],
            _ => (0..width).map(|k| Column::new(&k.to_string(), unit, column(k))).collect(),
        };
        let axis = |k: usize| if rows.len() == 1 { "index".to_string() } else { format!("index{}", k + 1) };
        let keys = keys.into_iter().enumerate().map(|(k, values)| Column::key(&axis(k), "", values)).collect();
        Sheet { kind: Kind::Array(name), keys, columns }
    }

    /// The rows of waves as they are, for analyses whose points are declared: `op`, `dc`, `ac`. Phasors are a real and an
    /// imaginary column each.
    pub fn rows_of(waves: &[Wave]) -> Sheet {
        let steps = waves.first().map_or(&[][..], |w| &w.header.steps[..]);
        let mut keys: Vec<Column> = steps.iter().map(|(name, _)| Column::key(name, "", [])).collect();
        for (k, key) in keys.iter_mut().enumerate() {
            let of = |w: &Wave| std::iter::repeat_n(w.header.steps.get(k).map_or(f64::NAN, |s| s.1), w.len());
            key.cells = Column::key("", "", waves.iter().flat_map(of)).cells;
        }
        let Some(first) = waves.first() else { return Sheet { kind: Kind::Waves, keys, columns: Vec::new() } };
        if let Some(scale) = &first.header.scale {
            keys.push(Column::key(&scale.name, &scale.unit, waves.iter().flat_map(|w| w.scale.iter().copied())));
        }
        let mut columns = Vec::new();
        for (k, about) in first.header.columns.iter().enumerate() {
            let parts: &[Part] = match first.columns {
                Columns::Real(_) => &[("", |v| v.re)],
                Columns::Complex(_) => &[("re", |v| v.re), ("im", |v| v.im)],
            };
            for (name, part) in parts {
                let values = waves.iter().flat_map(|w| w.phasors(k).iter().map(|v| part(*v)).collect::<Vec<_>>());
                let name = if name.is_empty() { about.name.clone() } else { format!("{name}({})", about.name) };
                columns.push(Column::new(&name, &about.unit, values));
            }
        }
        Sheet { kind: Kind::Waves, keys, columns }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.keys.iter().chain(&self.columns).map(|c| c.cells.len()).max().unwrap_or(0)
    }

    /// What tells a row from others: `time = 1.5 µs`, `row 3` (from 1).
    pub fn label(&self, row: usize) -> String {
        let said = |k: &Column| {
            let v = k.cells.get(row).map_or(f64::NAN, |c| c.low);
            format!("{} = {}", k.name, crate::lab::number::with_digits(v, &k.unit, 9))
        };
        match &self.keys[..] {
            [] if self.kind == Kind::Values => String::new(),
            [] => format!("row {}", row + 1),
            keys => keys.iter().map(said).collect::<Vec<_>>().join(", "),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::sink::{self, Header, Row};

    #[test]
    fn ranges_touch_or_are_apart() {
        let edge = Cell { low: 0.0, high: 5.0 };
        assert_eq!(edge.gap(Cell::at(3.0)), 0.0);
        assert_eq!(edge.gap(Cell::at(5.5)), 0.5);
        assert_eq!(Cell::at(-1.0).gap(edge), 1.0);
        assert_eq!(Cell::at(f64::INFINITY).gap(Cell::at(f64::INFINITY)), 0.0);
        assert_eq!(Cell::at(f64::INFINITY).gap(Cell::at(1.0)), f64::INFINITY);
        assert_eq!(Cell::at(f64::NAN).gap(Cell::at(f64::NAN)), 0.0);
        assert_eq!(Cell::at(f64::NAN).gap(Cell::at(1.0)), f64::INFINITY);
    }

    #[test]
    fn a_prefix_moves_into_the_values() {
        let column = Column::new(" V(a)   - V(b) ", "mV", [250.0]);
        assert_eq!((&*column.name, &*column.unit, column.cells[0].low), ("V(a) - V(b)", "V", 0.25));
    }

    #[test]
    fn the_last_axis_of_an_array_is_a_row() {
        let vector = Sheet::array("bincount(n)", "", &[3], &[1.0, 4.0, 2.0]);
        assert_eq!((vector.rows(), vector.columns.len(), vector.label(2)), (3, 1, "index = 2".into()));
        let values: Vec<f64> = (0..24).map(f64::from).collect();
        let cube = Sheet::array("k", "", &[2, 3, 4], &values);
        assert_eq!((cube.rows(), cube.columns.len(), cube.keys.len()), (6, 4, 2));
        // k[1, 2, 3]
        assert_eq!((cube.label(5), cube.columns[3].cells[5].low), ("index1 = 1, index2 = 2".into(), 23.0));
        assert_eq!(Sheet::array("none", "", &[0], &[]).rows(), 0);
    }

    #[test]
    fn phasors_are_two_columns_over_the_points_of_a_sweep() {
        let column = |name: &str, unit: &str| sink::Column { name: name.into(), unit: unit.to_string().into() };
        let wave = |r: f64| {
            let mut wave = Wave::new(&Header {
                analysis: "ac",
                steps: vec![("r".into(), r)],
                scale: Some(column("frequency", "Hz")),
                columns: vec![column("V(out)", "V")],
                complex: true,
            });
            wave.push(10.0, Row::Complex(&[Complex64::new(r, -1.0)]));
            wave
        };
        let sheet = Sheet::rows_of(&[wave(1.0), wave(2.0)]);
        assert_eq!((&*sheet.columns[1].name, sheet.columns[1].cells[1].low), ("im(V(out))", -1.0));
        assert_eq!(sheet.label(1), "r = 2, frequency = 10 Hz");
    }
}
