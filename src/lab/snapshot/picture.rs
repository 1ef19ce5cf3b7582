//! A difference → an SVG: what was kept with the tube of its tolerance, what came out now, and where it leaves the tube.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::compare::{Difference, OffColumn};
use super::sheet::{Cell, Column, Kind, Sheet};
use crate::lab::number::with_digits;
use crate::lab::plot::axis::Axis;
use crate::lab::plot::curve::thin;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), String>;

/// Drawing units a pixel: the backend knows whole units only.
const FINE: i32 = 8;
const WIDTH: i32 = 960 * FINE;
const LEFT: i32 = 88 * FINE;
const RIGHT: i32 = WIDTH - 150 * FINE;
const TOP: i32 = 46 * FINE;
const PLOT_HEIGHT: i32 = 240 * FINE;
/// Below a panel: ticks, the name of its axis, the caption of the next
const BELOW: i32 = 78 * FINE;
/// The backend writes a font of this size as 1.
const FONT_SCALE: f64 = 1.24;
const FONT: &str = "sans-serif";
const INK: RGBColor = RGBColor(40, 40, 40);
const GRID: RGBColor = RGBColor(225, 225, 225);
const OLD: RGBColor = RGBColor(0, 114, 178);
const NEW: RGBColor = RGBColor(213, 94, 0);
const TUBE: RGBColor = RGBColor(204, 227, 240);
const OFF: RGBColor = RGBColor(190, 0, 50);

/// Columns drawn; there may be more that differ.
const MOST_PANELS: usize = 6;
/// Marks in a panel
const MOST_MARKS: usize = 300;
/// Letters of the title shown
const TITLE: usize = 100;

/// Draws the columns that differ below each other. None where there is no curve: single values, other columns, other rows.
pub fn svg(title: &str, old: &[Sheet], new: &[Sheet], difference: &Difference) -> Option<Result<String, String>> {
    let panels: Vec<Panel> =
        difference.columns.iter().filter_map(|off| Panel::new(off, old, new)).take(MOST_PANELS).collect();
    if panels.is_empty() { None } else { Some(figure(title, &panels)) }
}

/// One column that differs.
struct Panel {
    x: Axis,
    x_name: String,
    y: Axis,
    y_name: String,
    caption: String,
    old: Vec<(f64, f64)>,
    new: Vec<(f64, f64)>,
    /// Upper and lower bound at each place
    tube: Vec<(f64, f64, f64)>,
    off: Vec<(f64, f64)>,
}

impl Panel {
    fn new(off: &OffColumn, old: &[Sheet], new: &[Sheet]) -> Option<Panel> {
        let (before, now) = (&old[off.sheets.0], &new[off.sheets.1]);
        let worst = off.worst()?;
        if before.kind == Kind::Values {
            return None;
        }
        // Of several points of a sweep the one that is off most
        let outer = before.keys.len().saturating_sub(1);
        let alike = |sheet: &Sheet, row: usize| {
            let same = |(a, b): (&Column, &Column)| a.cells[row] == b.cells[worst.rows.0];
            sheet.keys.iter().zip(&before.keys[..outer]).all(same)
        };
        let place = |sheet: &Sheet, row: usize| sheet.keys.last().map_or(row as f64 + 1.0, |k| k.cells[row].low);
        let cells = |sheet: &Sheet, column: usize| -> Vec<(f64, Cell)> {
            let rows = (0..sheet.rows()).filter(|r| alike(sheet, *r));
            rows.map(|r| (place(sheet, r), sheet.columns[column].cells[r])).collect()
        };
        let (kept, seen) = (cells(before, off.columns.0), cells(now, off.columns.1));
        let tube: Vec<(f64, f64, f64)> =
            kept.iter().map(|(x, c)| (*x, c.low - off.tolerance, c.high + off.tolerance)).collect();
        let marks: Vec<(f64, f64)> = off
            .cells
            .iter()
            .filter(|c| alike(before, c.rows.0))
            .map(|c| {
                let v = if c.new.low > c.old.high { c.new.low } else { c.new.high };
                (place(before, c.rows.0), v)
            })
            .collect();
        let (low, high) = bounds(kept.iter().chain(&seen).map(|(x, _)| *x))?;
        let ys =
            kept.iter().chain(&seen).flat_map(|(_, c)| [c.low, c.high]).chain(tube.iter().flat_map(|t| [t.1, t.2]));
        let (bottom, top) = bounds(ys)?;
        if kept.len() < 2 || low == high {
            return None;
        }
        let (x_name, x_unit) = before.keys.last().map_or(("row", ""), |k| (&*k.name, &*k.unit));
        let x =
            if x_unit == "Hz" && low > 0.0 { Axis::log(low, high, x_unit) } else { Axis::new(low, high, x_unit, 0.0) };
        let said = |k: &Column| format!("{} = {}", k.name, with_digits(k.cells[worst.rows.0].low, &k.unit, 6));
        Some(Panel {
            x,
            x_name: x_name.into(),
            y: Axis::new(bottom, top, &off.unit, 0.05),
            y_name: off.name.clone(),
            caption: before.keys[..outer].iter().map(said).collect::<Vec<_>>().join(", "),
            old: points(&kept),
            new: points(&seen),
            tube,
            off: marks,
        })
    }
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

/// The least and the greatest finite value.
fn bounds(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.filter(|v| v.is_finite()).fold(None, |seen, v| match seen {
        None => Some((v, v)),
        Some((l, h)) => Some((f64::min(l, v), f64::max(h, v))),
    })
}

fn figure(title: &str, panels: &[Panel]) -> Result<String, String> {
    let height = TOP + panels.len() as i32 * (PLOT_HEIGHT + BELOW);
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (WIDTH as u32, height as u32)).into_drawing_area();
        area.fill(&WHITE).map_err(problem)?;
        let short: String = title.chars().take(TITLE).collect();
        write(&area, &short, (LEFT, TOP - 14 * FINE), 17.0, (HPos::Left, VPos::Bottom))?;
        for (k, panel) in panels.iter().enumerate() {
            draw(&area, panel, TOP + k as i32 * (PLOT_HEIGHT + BELOW), k == 0)?;
        }
        area.present().map_err(problem)?;
    }
    let fine = format!("width=\"{WIDTH}\" height=\"{height}\"");
    Ok(text.replacen(&fine, &format!("width=\"{}\" height=\"{}\"", WIDTH / FINE, height / FINE), 1))
}

fn problem(e: impl std::fmt::Display) -> String {
    e.to_string()
}

fn write(area: &Area, text: &str, at: (i32, i32), size: f64, (h, v): (HPos, VPos)) -> Drawn {
    let style = (FONT, size * FONT_SCALE * FINE as f64).into_font().color(&INK).pos(Pos::new(h, v));
    area.draw(&Text::new(text.to_string(), at, style)).map_err(problem)
}

fn line(area: &Area, points: Vec<(i32, i32)>, color: RGBColor, width: u32) -> Drawn {
    let style = ShapeStyle { color: color.to_rgba(), filled: false, stroke_width: width * FINE as u32 };
    area.draw(&PathElement::new(points, style)).map_err(problem)
}

fn draw(area: &Area, panel: &Panel, top: i32, legend: bool) -> Drawn {
    let bottom = top + PLOT_HEIGHT;
    let to_x = |v: f64| LEFT + (panel.x.part(v) * (RIGHT - LEFT) as f64).round() as i32;
    let to_y = |v: f64| bottom - (panel.y.part(v) * PLOT_HEIGHT as f64).round() as i32;
    for (v, label) in panel.x.ticks(8) {
        line(area, vec![(to_x(v), top), (to_x(v), bottom + 5 * FINE)], GRID, 1)?;
        write(area, &label, (to_x(v), bottom + 8 * FINE), 12.5, (HPos::Center, VPos::Top))?;
    }
    for (v, label) in panel.y.ticks(5) {
        line(area, vec![(LEFT - 5 * FINE, to_y(v)), (RIGHT, to_y(v))], GRID, 1)?;
        write(area, &label, (LEFT - 9 * FINE, to_y(v)), 12.5, (HPos::Right, VPos::Center))?;
    }
    for run in panel.tube.chunk_by(|a, b| a.1.is_finite() == b.1.is_finite()).filter(|run| run[0].1.is_finite()) {
        let upper = run.iter().map(|t| (to_x(t.0), to_y(t.2)));
        let lower = run.iter().rev().map(|t| (to_x(t.0), to_y(t.1)));
        area.draw(&Polygon::new(upper.chain(lower).collect::<Vec<_>>(), TUBE.filled())).map_err(problem)?;
    }
    for (points, color) in [(&panel.old, OLD), (&panel.new, NEW)] {
        let thinned = thin(points, ((RIGHT - LEFT) / FINE) as usize, |v| panel.x.part(v));
        for run in thinned.chunk_by(|a, b| a.1.is_finite() && b.1.is_finite()).filter(|run| run[0].1.is_finite()) {
            line(area, run.iter().map(|p| (to_x(p.0), to_y(p.1))).collect(), color, 2)?;
        }
    }
    let stride = panel.off.len().div_ceil(MOST_MARKS).max(1);
    for p in panel.off.iter().step_by(stride).filter(|p| p.1.is_finite()) {
        area.draw(&Circle::new((to_x(p.0), to_y(p.1)), 3 * FINE, OFF.filled())).map_err(problem)?;
    }
    line(area, vec![(LEFT, top), (RIGHT, top), (RIGHT, bottom), (LEFT, bottom), (LEFT, top)], INK, 1)?;
    let named = |name: &str, axis: &Axis| match axis.unit.is_empty() {
        true => name.to_string(),
        false => format!("{name} ({})", axis.unit),
    };
    let below = ((LEFT + RIGHT) / 2, bottom + 28 * FINE);
    write(area, &named(&panel.x_name, &panel.x), below, 14.0, (HPos::Center, VPos::Top))?;
    write(area, &panel.caption, (LEFT, top - 4 * FINE), 12.5, (HPos::Left, VPos::Bottom))?;
    let style = (FONT, 14.0 * FONT_SCALE * FINE as f64).into_font().transform(FontTransform::Rotate270).color(&INK);
    let style = style.pos(Pos::new(HPos::Center, VPos::Top));
    let name = named(&panel.y_name, &panel.y);
    area.draw(&Text::new(name, (14 * FINE, (top + bottom) / 2), style)).map_err(problem)?;
    if legend { draw_legend(area, top) } else { Ok(()) }
}

fn draw_legend(area: &Area, top: i32) -> Drawn {
    let x = RIGHT + 12 * FINE;
    for (row, (name, color, width)) in
        [("kept", OLD, 3), ("now", NEW, 3), ("tolerance", TUBE, 12)].into_iter().enumerate()
    {
        let y = top + 9 * FINE + row as i32 * 19 * FINE;
        line(area, vec![(x, y), (x + 20 * FINE, y)], color, width)?;
        write(area, name, (x + 26 * FINE, y), 12.5, (HPos::Left, VPos::Center))?;
    }
    let y = top + 9 * FINE + 3 * 19 * FINE;
    area.draw(&Circle::new((x + 10 * FINE, y), 3 * FINE, OFF.filled())).map_err(problem)?;
    write(area, "outside", (x + 26 * FINE, y), 12.5, (HPos::Left, VPos::Center))
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
