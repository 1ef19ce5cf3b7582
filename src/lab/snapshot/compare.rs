//! Two snapshots → where they differ, cell by cell in units of the tolerance.

use std::collections::HashMap;

use super::sheet::{Cell, Column, Kind, Sheet};
use super::text::heading;
use super::within::Within;

/// Rounding of differences must not decide either.
const SLACK: f64 = 1.0 + 1e-9;

/// A cell that is off.
#[derive(Clone, Debug, PartialEq)]
pub struct Off {
    /// Rows in the old and in the new sheet
    pub rows: (usize, usize),
    pub old: Cell,
    pub new: Cell,
    /// How far it is off, in units of the tolerance
    pub by: f64,
}

/// A column of which cells are off.
#[derive(Clone, Debug, PartialEq)]
pub struct OffColumn {
    /// Places among the sheets and columns of old and new
    pub sheets: (usize, usize),
    pub columns: (usize, usize),
    /// It is a single value, not one of a row.
    pub is_value: bool,
    pub name: String,
    pub unit: String,
    pub tolerance: f64,
    /// Number of cells compared
    pub of: usize,
    /// In the order of rows; not empty
    pub cells: Vec<Off>,
}

impl OffColumn {
    /// The cell that is off most, the first of several.
    pub fn worst(&self) -> Option<&Off> {
        self.cells.iter().reduce(|most, c| if c.by > most.by { c } else { most })
    }
}

/// Something only one of two snapshots has, or has in another way.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// The kept snapshot cannot be read
    Unreadable(String),
    SheetGone(String),
    SheetNew(String),
    ColumnGone(String),
    ColumnNew(String),
    Unit {
        column: String,
        old: String,
        new: String,
    },
    /// Sheet and rows of the old one that have no counterpart
    RowsGone {
        sheet: usize,
        rows: Vec<usize>,
    },
    RowsNew {
        sheet: usize,
        rows: Vec<usize>,
    },
}

/// How two snapshots differ.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Difference {
    pub shapes: Vec<Shape>,
    pub columns: Vec<OffColumn>,
}

impl Difference {
    pub fn is_none(&self) -> bool {
        self.shapes.is_empty() && self.columns.is_empty()
    }
}

/// Compares what is kept with what came out. Tolerances are those of the old columns.
pub fn compare(old: &[Sheet], new: &[Sheet], within: Within) -> Difference {
    let mut difference = Difference::default();
    let mut left: Vec<bool> = vec![true; new.len()];
    for (o, sheet) in old.iter().enumerate() {
        let name = heading(sheet);
        match new.iter().enumerate().position(|(n, s)| left[n] && heading(s).eq_ignore_ascii_case(&name)) {
            Some(n) => {
                left[n] = false;
                sheets((old, o), (new, n), within, &mut difference);
            }
            None => difference.shapes.push(Shape::SheetGone(name)),
        }
    }
    let new_ones = new.iter().zip(left).filter(|(_, left)| *left);
    difference.shapes.extend(new_ones.map(|(s, _)| Shape::SheetNew(heading(s))));
    difference
}

fn sheets((old, o): (&[Sheet], usize), (new, n): (&[Sheet], usize), within: Within, difference: &mut Difference) {
    let (before, now) = (&old[o], &new[n]);
    let rows = matched(before, now);
    let gone: Vec<usize> = (0..before.rows()).filter(|r| rows.binary_search_by_key(r, |p| p.0).is_err()).collect();
    let mut arrived = vec![true; now.rows()];
    rows.iter().for_each(|r| arrived[r.1] = false);
    let arrived: Vec<usize> = (0..now.rows()).filter(|r| arrived[*r]).collect();
    if !gone.is_empty() {
        difference.shapes.push(Shape::RowsGone { sheet: o, rows: gone });
    }
    if !arrived.is_empty() {
        difference.shapes.push(Shape::RowsNew { sheet: n, rows: arrived });
    }
    let mut left = vec![true; now.columns.len()];
    for (k, column) in before.columns.iter().enumerate() {
        let same = |(j, c): (usize, &Column)| left[j] && c.name.eq_ignore_ascii_case(&column.name);
        let Some(j) = now.columns.iter().enumerate().position(same) else {
            difference.shapes.push(Shape::ColumnGone(column.name.clone()));
            continue;
        };
        left[j] = false;
        let other = &now.columns[j];
        if column.unit != other.unit {
            let (old, new) = (column.unit.clone(), other.unit.clone());
            difference.shapes.push(Shape::Unit { column: column.name.clone(), old, new });
        }
        let tolerance = column.tolerance(within);
        let cells: Vec<Off> = rows.iter().filter_map(|&pair| off(column, other, pair, tolerance)).collect();
        if !cells.is_empty() {
            difference.columns.push(OffColumn {
                sheets: (o, n),
                columns: (k, j),
                is_value: before.kind == Kind::Values,
                name: column.name.clone(),
                unit: column.unit.clone(),
                tolerance,
                of: rows.len(),
                cells,
            });
        }
    }
    let new_ones = now.columns.iter().zip(left).filter(|(_, left)| *left);
    difference.shapes.extend(new_ones.map(|(c, _)| Shape::ColumnNew(c.name.clone())));
}

fn off(old: &Column, new: &Column, rows: (usize, usize), tolerance: f64) -> Option<Off> {
    let (a, b) = (*old.cells.get(rows.0)?, *new.cells.get(rows.1)?);
    let gap = a.gap(b);
    if gap <= tolerance * SLACK {
        return None;
    }
    let by = if tolerance > 0.0 { gap / tolerance } else { f64::INFINITY };
    Some(Off { rows, old: a, new: b, by })
}

/// Rows of the old sheet (in order) with their counterparts: of the same keys, or in order where there are no keys.
pub fn matched(old: &Sheet, new: &Sheet) -> Vec<(usize, usize)> {
    let names = |s: &Sheet| s.keys.iter().map(|k| k.name.to_lowercase()).collect::<Vec<_>>();
    if old.keys.is_empty() || names(old) != names(new) {
        return (0..old.rows().min(new.rows())).map(|r| (r, r)).collect();
    }
    let key = |s: &Sheet, row: usize| -> Vec<u64> {
        let bits = |k: &Column| k.cells.get(row).map_or(0, |c| (c.low + 0.0).to_bits());
        s.keys.iter().map(bits).collect()
    };
    // Rows of equal keys follow each other in the same order.
    let mut known: HashMap<Vec<u64>, Vec<usize>> = HashMap::new();
    for row in (0..new.rows()).rev() {
        known.entry(key(new, row)).or_default().push(row);
    }
    (0..old.rows()).filter_map(|row| known.get_mut(&key(old, row))?.pop().map(|n| (row, n))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(keys: &[f64], columns: &[(&str, &str, &[f64])]) -> Sheet {
        let columns = columns.iter().map(|(n, u, v)| Column::new(n, u, v.iter().copied())).collect();
        let keys = if keys.is_empty() { vec![] } else { vec![Column::key("v", "", keys.iter().copied())] };
        Sheet::table(keys, columns)
    }

    fn differ(old: &Sheet, new: &Sheet, within: Within) -> Difference {
        compare(std::slice::from_ref(old), std::slice::from_ref(new), within)
    }

    #[test]
    fn each_column_has_a_tolerance_of_its_own() {
        let old = table(&[], &[("V(a)", "V", &[0.0, -5.0, 1.0]), ("I(b)", "A", &[1e-3, 2e-3, 0.0])]);
        // 1 % of 5 V and of 2 mA
        let moved = |dv: f64, di: f64| table(&[], &[("V(a)", "V", &[dv, -5.0, 1.0]), ("I(b)", "A", &[1e-3, 2e-3, di])]);
        let within = Within::Percent(1.0);
        assert!(differ(&old, &moved(0.04999, 1.999e-5), within).is_none());
        let found = differ(&old, &moved(0.0502, 1.999e-5), within);
        assert_eq!((found.columns.len(), &*found.columns[0].name, found.columns[0].cells[0].rows), (1, "V(a)", (0, 0)));
        assert!((found.columns[0].cells[0].by - 1.004).abs() < 1e-9);
        let found = differ(&old, &moved(-0.04999, -2.002e-5), within);
        assert_eq!((found.columns.len(), &*found.columns[0].name, found.columns[0].cells[0].rows.0), (1, "I(b)", 2));
        // A number is absolute, for volts and amperes alike.
        assert!(differ(&old, &moved(0.0009, 0.0009), Within::Absolute(1e-3)).is_none());
        assert_eq!(differ(&old, &moved(0.0011, 0.0011), Within::Absolute(1e-3)).columns.len(), 2);
    }

    #[test]
    fn exact_is_exact() {
        let old = table(&[], &[("n", "", &[3.0, 4.0])]);
        assert!(differ(&old, &old, Within::Absolute(0.0)).is_none());
        let next = table(&[], &[("n", "", &[3.0, 4.0 + 1e-15])]);
        assert_eq!(differ(&old, &next, Within::Absolute(0.0)).columns[0].cells[0].by, f64::INFINITY);
        assert_eq!(differ(&old, &next, Within::Percent(0.0)).columns.len(), 1);
    }

    #[test]
    fn what_is_no_number_equals_only_what_is_none() {
        let of = |v: [f64; 2]| table(&[], &[("x", "", &v)]);
        let old = of([f64::NAN, f64::INFINITY]);
        assert!(differ(&old, &old, Within::Percent(1.0)).is_none());
        for new in [of([1.0, f64::INFINITY]), of([f64::NAN, f64::NAN]), of([f64::NAN, 1.0])] {
            assert_eq!(differ(&old, &new, Within::Percent(1.0)).columns[0].cells.len(), 1, "{new:?}");
            assert_eq!(differ(&new, &old, Within::Percent(1.0)).columns[0].cells.len(), 1, "{new:?}");
        }
    }

    #[test]
    fn rows_are_found_by_their_keys() {
        let old = table(&[0.1, 0.2, 0.3], &[("n", "", &[1.0, 2.0, 3.0])]);
        let new = table(&[0.3, 0.1, 0.4], &[("n", "", &[3.0, 1.0, 9.0])]);
        let found = differ(&old, &new, Within::Absolute(0.0));
        assert!(found.columns.is_empty());
        assert_eq!(
            found.shapes,
            [Shape::RowsGone { sheet: 0, rows: vec![1] }, Shape::RowsNew { sheet: 0, rows: vec![2] }]
        );
        // Equal keys: in order
        let twice = table(&[1.0, 1.0], &[("n", "", &[1.0, 2.0])]);
        assert!(differ(&twice, &twice, Within::Absolute(0.0)).is_none());
        assert_eq!(differ(&twice, &table(&[1.0], &[("n", "", &[1.0])]), Within::Absolute(0.0)).shapes.len(), 1);
    }

    #[test]
    fn what_one_of_them_lacks_is_named() {
        let old = table(&[], &[("a", "V", &[1.0]), ("b", "", &[1.0])]);
        let new = table(&[], &[("A", "A", &[1.0]), ("c", "", &[1.0])]);
        let found = differ(&old, &new, Within::Percent(1.0));
        assert_eq!(
            found.shapes,
            [
                Shape::Unit { column: "a".into(), old: "V".into(), new: "A".into() },
                Shape::ColumnGone("b".into()),
                Shape::ColumnNew("c".into())
            ]
        );
        let array = Sheet::array("k", "", &[1], &[1.0]);
        let found = differ(&old, &array, Within::Percent(1.0));
        assert_eq!(found.shapes, [Shape::SheetGone("[table]".into()), Shape::SheetNew("[array k by index]".into())]);
        assert!(matches!(array.kind, Kind::Array(_)));
    }
}
