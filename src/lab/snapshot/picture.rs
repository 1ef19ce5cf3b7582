//! A difference → an SVG: what was kept with the tube of its tolerance, what came out now, and where it leaves the tube.

use super::compare::{Difference, Off, OffColumn};
use super::sheet::{Cell, Column, Kind, Sheet};
use crate::lab::number::with_digits;
use crate::lab::plot::{AxisName, Panel, Picture, PlotError, Scale, Tube, picture};

/// Columns drawn; there may be more that differ.
const MOST_PANELS: usize = 6;

/// Draws the columns that differ below each other. None where there is no curve: single values, other columns, other rows.
pub fn svg(title: &str, old: &[Sheet], new: &[Sheet], difference: &Difference) -> Option<Result<String, PlotError>> {
    let tubes = difference.columns.iter().filter_map(|off| tube(off, old, new));
    let panels: Vec<Panel> = tubes.take(MOST_PANELS).map(Panel::Tube).collect();
    if panels.is_empty() { None } else { Some(picture(&Picture { title: title.into(), panels })) }
}

/// One column that differs; of several points of a sweep the one that is off most.
fn tube(off: &OffColumn, old: &[Sheet], new: &[Sheet]) -> Option<Tube> {
    let (before, now) = (&old[off.sheets.0], &new[off.sheets.1]);
    let worst = off.worst()?;
    if before.kind == Kind::Values {
        return None;
    }
    let outer = &before.keys[..before.keys.len().saturating_sub(1)];
    let alike = |sheet: &Sheet, row: usize| {
        let same = |(a, b): (&Column, &Column)| a.cells[row] == b.cells[worst.rows.0];
        sheet.keys.iter().zip(outer).all(same)
    };
    let place = |sheet: &Sheet, row: usize| sheet.keys.last().map_or(row as f64 + 1.0, |k| k.cells[row].low);
    let cells = |sheet: &Sheet, column: usize| -> Vec<(f64, Cell)> {
        let rows = (0..sheet.rows()).filter(|r| alike(sheet, *r));
        rows.map(|r| (place(sheet, r), sheet.columns[column].cells[r])).collect()
    };
    let (kept, seen) = (cells(before, off.columns.0), cells(now, off.columns.1));
    if kept.len() < 2 {
        return None;
    }
    let end = |off: &Off| if off.new.low > off.old.high { off.new.low } else { off.new.high };
    let outside = off.cells.iter().filter(|c| alike(before, c.rows.0));
    let said = |k: &Column| format!("{} = {}", k.name, with_digits(k.cells[worst.rows.0].low, &k.unit, 6));
    let (x_name, x_unit) = before.keys.last().map_or(("row", ""), |k| (&*k.name, &*k.unit));
    let scale = if x_unit == "Hz" { Scale::Log } else { Scale::Linear };
    Some(Tube {
        title: outer.iter().map(said).collect::<Vec<_>>().join(", "),
        x: AxisName { scale, ..AxisName::new(x_name, x_unit) },
        y: AxisName::new(&off.name, &off.unit),
        kept: points(&kept),
        now: points(&seen),
        tube: kept.iter().map(|(x, c)| (*x, c.low - off.tolerance, c.high + off.tolerance)).collect(),
        outside: outside.map(|c| (place(before, c.rows.0), end(c))).collect(),
    })
}

/// The points of a curve; ranges are strokes from the end that is nearer to the point before.
fn points(cells: &[(f64, Cell)]) -> Vec<(f64, f64)> {
    let mut points: Vec<(f64, f64)> = Vec::with_capacity(cells.len());
    for (x, cell) in cells {
        let before = points.last().map_or(cell.low, |p| p.1);
        let rising = (before - cell.low).abs() <= (before - cell.high).abs();
        let (first, second) = if rising { (cell.low, cell.high) } else { (cell.high, cell.low) };
        points.push((*x, first));
        if cell.is_range() {
            points.push((*x, second));
        }
    }
    points
}

#[cfg(test)]
mod tests {
    use super::super::compare::compare;
    use super::super::within::Within;
    use super::*;

    fn waves(f: impl Fn(f64) -> f64) -> Vec<Sheet> {
        let times: Vec<f64> = (0..=100).map(|k| k as f64 * 1e-5).collect();
        let column = Column::new("V(out)", "V", times.iter().map(|t| f(*t)));
        vec![Sheet { kind: Kind::Waves, keys: vec![Column::key("time", "s", times)], columns: vec![column] }]
    }

    #[test]
    fn old_new_tube_and_what_leaves_it_are_drawn() {
        let (old, new) = (waves(|t| (6e3 * t).sin()), waves(|t| (6e3 * t).sin() + if t > 5e-4 { 0.2 } else { 0.0 }));
        let difference = compare(&old, &new, Within::Percent(5.0));
        let svg = svg("rc step: V(out) every 10u within 5%", &old, &new, &difference).unwrap().unwrap();
        if let Ok(dir) = std::env::var("MEMSPICE_PLOTS") {
            std::fs::write(std::path::Path::new(&dir).join("snapshot.svg"), &svg).unwrap();
        }
        for text in ["V(out) (V)", "time (ms)", "kept", "now", "tolerance", "<polygon", "rc step"] {
            assert!(svg.contains(text), "{text}");
        }
        // One in the legend
        assert_eq!(svg.matches("<circle").count(), difference.columns[0].cells.len() + 1);
    }

    #[test]
    fn an_edge_is_a_stroke() {
        let cells = [(0.0, Cell::at(5.0)), (1.0, Cell { low: 0.0, high: 5.0 }), (2.0, Cell::at(0.0))];
        assert_eq!(points(&cells), [(0.0, 5.0), (1.0, 5.0), (1.0, 0.0), (2.0, 0.0)]);
    }

    #[test]
    fn single_values_and_odd_numbers_are_no_picture_and_no_panic() {
        let (old, new) = ([Sheet::values([("mu", "", 1.0)])], [Sheet::values([("mu", "", 2.0)])]);
        assert!(svg("", &old, &new, &compare(&old, &new, Within::DEFAULT)).is_none());
        let (old, new) = (waves(|t| 1.0 / t), waves(|_| f64::NAN));
        assert!(svg("", &old, &new, &compare(&old, &new, Within::DEFAULT)).unwrap().unwrap().contains("</svg>"));
    }
}
