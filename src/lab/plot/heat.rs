//! A matrix → a map of colored cells with a labelled bar of colors.

use super::PlotError;
use super::axis::{Axis, bounds, is_drawable, is_wide};
use super::canvas::{At, Canvas, Drawn, HPos, RGBColor, Style, VPos};
use super::chart::{NAME, TICK};
use super::color::{INK, MISSING, Map as ColorMap, VIK, VIRIDIS, at, is_dark};
use super::text::width;
use crate::lab::number::significant;

/// Shades of a map, one more and an odd number: zero has its own
const SHADES: f64 = 254.0;
/// Pixels of the bar of colors, and before it and behind it
pub const BAR: f64 = 14.0;
pub const BEFORE_BAR: f64 = 12.0;
const BEHIND_BAR: f64 = 8.0;
/// Cells of at least this many pixels hold their numbers, where they are few.
const CELL_WITH_NUMBER: f64 = 46.0;
const FEW_CELLS: usize = 144;

/// A matrix as a picture: row 0 is on top.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heat {
    /// Above the map
    pub title: String,
    pub rows: usize,
    pub columns: usize,
    /// rows · columns values, row after row
    pub values: Vec<f64>,
    /// What the values are; neighbors of the same name and unit share their colors
    pub name: String,
    pub unit: String,
}

/// A matrix as it is drawn: where it has more cells than pixels, each shows several.
#[derive(Clone, Debug)]
pub struct Map {
    pub title: String,
    pub name: String,
    pub unit: String,
    pub rows: usize,
    pub columns: usize,
    values: Vec<f64>,
    /// Cells of the matrix that one of the map shows, rows and columns
    shared: (usize, usize),
    pub notes: Vec<String>,
}

/// Values → colors.
#[derive(Clone, Debug)]
pub struct Colors {
    pub axis: Axis,
    map: &'static ColorMap,
}

impl Heat {
    /// What can be drawn with at most `most` cells a side; None of no values.
    ///
    /// # Errors
    /// Not rows · columns values.
    pub fn map(&self, most: usize) -> Result<Option<Map>, PlotError> {
        if self.values.len() != self.rows.saturating_mul(self.columns) {
            let (name, x) = (self.title.clone(), self.rows.saturating_mul(self.columns));
            return Err(PlotError::Lengths { name, x, other: self.values.len() });
        }
        let missing = self.values.iter().filter(|v| !is_drawable(**v)).count();
        if missing == self.values.len() {
            return Ok(None);
        }
        let mut notes = Vec::new();
        if missing > 0 {
            notes.push(format!("{missing} of {} cells without a finite value are gray", self.values.len()));
        }
        let shared = (self.rows.div_ceil(most).max(1), self.columns.div_ceil(most).max(1));
        let (rows, columns) = (self.rows.div_ceil(shared.0), self.columns.div_ceil(shared.1));
        let values = if shared == (1, 1) { self.values.clone() } else { self.extremes(shared, rows, columns) };
        if shared != (1, 1) {
            notes.push(format!("a cell shows, of {} × {}, the value farthest from the mean", shared.0, shared.1));
        }
        let (title, name, unit) = (self.title.clone(), self.name.clone(), self.unit.clone());
        Ok(Some(Map { title, name, unit, rows, columns, values, shared, notes }))
    }

    /// Of each block of cells the value farthest from the mean of all, so that a single odd device is seen.
    fn extremes(&self, (tall, wide): (usize, usize), rows: usize, columns: usize) -> Vec<f64> {
        let finite = || self.values.iter().copied().filter(|v| is_drawable(*v));
        let count = finite().count() as f64;
        let mean = finite().map(|v| v / count).sum::<f64>();
        let block = |r: usize, c: usize| {
            let inside = (r * tall..((r + 1) * tall).min(self.rows)).flat_map(move |row| {
                (c * wide..((c + 1) * wide).min(self.columns))
                    .map(move |column| self.values[row * self.columns + column])
            });
            let drawable = inside.filter(|v| is_drawable(*v));
            drawable.max_by(|a, b| (a - mean).abs().total_cmp(&(b - mean).abs())).unwrap_or(f64::NAN)
        };
        (0..rows).flat_map(|r| (0..columns).map(move |c| block(r, c))).collect()
    }
}

impl Colors {
    /// Colors for all values of some maps: one direction from dark to light, or two from zero where both signs occur.
    pub fn of(maps: &[&Map]) -> Colors {
        let values = || maps.iter().flat_map(|m| m.values.iter().copied()).filter(|v| is_drawable(*v));
        let unit = maps.first().map_or("", |m| &m.unit);
        let (low, high) = bounds(values()).unwrap_or((0.0, 1.0));
        if low < 0.0 && high > 0.0 {
            let most = high.max(-low);
            return Colors { axis: Axis::new(-most, most, unit, 0.0), map: &VIK };
        }
        let axis = match is_wide(values()) {
            true => Axis::log(low, high, unit, 0.0),
            false => Axis::new(low, high, unit, 0.0),
        };
        let whole = unit.is_empty() && !axis.log && values().all(|v| v == v.round());
        Colors { axis: axis.with_whole(whole), map: &VIRIDIS }
    }

    fn shade(&self, v: f64) -> Option<u8> {
        is_drawable(v).then(|| (self.axis.part(v).clamp(0.0, 1.0) * SHADES).round() as u8)
    }

    fn color(&self, shade: Option<u8>) -> RGBColor {
        shade.map_or(MISSING, |s| at(self.map, f64::from(s) / SHADES))
    }

    fn ticks(&self, height: f64) -> Vec<(f64, String)> {
        self.axis.fitting(height, ((height / 55.0) as usize).max(2), |_| TICK + 2.0)
    }

    /// Pixels of the bar with its labels and name.
    pub fn width(&self, height: f64) -> f64 {
        let widest = self.ticks(height).iter().map(|t| width(&t.1, TICK)).fold(0.0, f64::max);
        BEFORE_BAR + BAR + BEHIND_BAR + widest + 8.0 + NAME
    }

    /// The bar of colors on the right of `left`, with ticks and the name of what it shows.
    pub fn draw_bar(&self, canvas: &Canvas, left: f64, top: f64, height: f64, name: &str) -> Drawn {
        let (x, bottom) = (left + BEFORE_BAR, top + height);
        let strips = (height / 2.0).ceil() as usize;
        for k in 0..strips {
            let part = (k as f64 + 0.5) / strips as f64;
            let low = bottom - k as f64 * height / strips as f64;
            canvas.rect((x, top), (x + BAR, low), at(self.map, part))?;
        }
        frame(canvas, (x, top), (x + BAR, bottom))?;
        let style = Style { size: TICK, color: INK, h: HPos::Left, v: VPos::Center };
        for (v, label) in self.ticks(height) {
            let y = bottom - self.axis.part(v) * height;
            canvas.line(&[(x + BAR, y), (x + BAR + 4.0, y)], INK, 1.0)?;
            canvas.text(&label, (x + BAR + BEHIND_BAR, y), style)?;
        }
        let edge = left + self.width(height) - NAME;
        let name = self.axis.title(name, TICK, height.max(80.0));
        canvas.upright(&name, (edge, top + 0.5 * height), TICK, INK)
    }
}

/// A rectangle's outline.
fn frame(canvas: &Canvas, a: At, b: At) -> Drawn {
    canvas.line(&[a, (b.0, a.1), b, (a.0, b.1), a], INK, 1.0)
}

impl Map {
    /// Pixels of a cell, halves of them, so that the map has at most `room`: squares, but for maps of very different sides.
    pub fn cell(&self, room: At) -> At {
        const MOST: f64 = 60.0;
        let fit = (room.0 / self.columns as f64, room.1 / self.rows as f64);
        let side = half(fit.0.min(fit.1).clamp(2.0, MOST));
        // A single row is a ribbon, not a hair.
        let ribbon = |cells: usize, fit: f64| side.max(half((24.0 / cells as f64).min(fit)));
        (ribbon(self.columns, fit.0), ribbon(self.rows, fit.1))
    }

    /// Draws cells of `cell` pixels from a corner on; numbers of rows and columns where asked.
    pub fn draw(&self, canvas: &Canvas, corner: At, cell: At, colors: &Colors, numbered: (bool, bool)) -> Drawn {
        let end = (corner.0 + cell.0 * self.columns as f64, corner.1 + cell.1 * self.rows as f64);
        let shades: Vec<Option<u8>> = self.values.iter().map(|v| colors.shade(*v)).collect();
        for (r, row) in shades.chunks(self.columns).enumerate() {
            let y = corner.1 + r as f64 * cell.1;
            let mut column = 0;
            for run in row.chunk_by(|a, b| a == b) {
                let x = corner.0 + column as f64 * cell.0;
                column += run.len();
                // A little over the next cell, which is drawn later: no seams at other magnifications.
                let right = (corner.0 + column as f64 * cell.0 + 0.5).min(end.0);
                canvas.rect((x, y), (right, (y + cell.1 + 0.5).min(end.1)), colors.color(run[0]))?;
            }
        }
        if self.values.len() <= FEW_CELLS && cell.0 >= CELL_WITH_NUMBER {
            self.numbers(canvas, corner, cell, colors, &shades)?;
        }
        frame(canvas, corner, end)?;
        if numbered.0 {
            for (k, label) in ticks(self.rows, self.shared.0, cell.1, |_| TICK + 2.0) {
                let y = corner.1 + (k + 0.5) * cell.1;
                let style = Style { size: TICK, color: INK, h: HPos::Right, v: VPos::Center };
                canvas.line(&[(corner.0 - 4.0, y), (corner.0, y)], INK, 1.0)?;
                canvas.text(&label, (corner.0 - 7.0, y), style)?;
            }
        }
        if numbered.1 {
            for (k, label) in ticks(self.columns, self.shared.1, cell.0, |label| width(label, TICK) + 8.0) {
                let x = corner.0 + (k + 0.5) * cell.0;
                let style = Style { size: TICK, color: INK, h: HPos::Center, v: VPos::Top };
                canvas.line(&[(x, end.1), (x, end.1 + 4.0)], INK, 1.0)?;
                canvas.text(&label, (x, end.1 + 7.0), style)?;
            }
        }
        Ok(())
    }

    /// The values in their cells, all to the same decimal.
    fn numbers(&self, canvas: &Canvas, corner: At, cell: At, colors: &Colors, shades: &[Option<u8>]) -> Drawn {
        let axis = &colors.axis;
        let most = axis.low.abs().max(axis.high.abs()) / axis.factor;
        for (k, (v, shade)) in self.values.iter().zip(shades).enumerate().filter(|(_, (_, s))| s.is_some()) {
            let (row, column) = ((k / self.columns) as f64, (k % self.columns) as f64);
            let color = if is_dark(colors.color(*shade)) { RGBColor(255, 255, 255) } else { INK };
            let v = v / axis.factor;
            // Three digits of the greatest, the others to the same decimal
            let digits = 3.0 + (v.abs().log10().floor() - most.log10().floor()).max(-3.0);
            let label = if axis.log { significant(v, 2) } else { significant(v, digits.max(1.0) as usize) };
            let label = if digits < 1.0 && !axis.log { "0".into() } else { label.replace('-', "−") };
            let at = (corner.0 + (column + 0.5) * cell.0, corner.1 + (row + 0.5) * cell.1);
            canvas.text(&label, at, Style { size: 12.0, color, h: HPos::Center, v: VPos::Center })?;
        }
        Ok(())
    }

    /// Pixels left of the map for the numbers of its rows.
    pub fn margin(&self) -> f64 {
        width(&(self.rows * self.shared.0).saturating_sub(1).to_string(), TICK) + 8.0
    }
}

/// Rounded down to half a pixel.
fn half(v: f64) -> f64 {
    0.5 * (2.0 * v).floor()
}

/// Cells with the index that stands beside them.
fn ticks(cells: usize, shared: usize, size: f64, room: impl Fn(&str) -> f64) -> Vec<(f64, String)> {
    let axis = Axis::indices(cells * shared);
    if cells < 2 {
        return Vec::new();
    }
    let wanted = ((size * cells as f64 / 40.0) as usize).clamp(2, 10);
    let ticks = axis.fitting(size * cells as f64, wanted, room);
    // In the middle of their cells
    ticks
        .into_iter()
        .map(|(v, label)| (((v / shared as f64) - 0.5 + 0.5 / shared as f64).max(0.0).floor(), label))
        .collect()
}
