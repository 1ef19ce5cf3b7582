//! Maps → a grid of them, with one bar of colors where all show the same.

use super::canvas::{At, Canvas, Drawn, HPos, Style, VPos};
use super::chart::TICK;
use super::color::INK;
use super::heat::{Colors, Map};
use super::stack::WIDTH;
use super::text::{shorten, width};

/// Cells of all maps together, about
const CELLS: f64 = 40_000.0;
/// More maps than these have no numbers of rows and columns.
const NUMBERED: usize = 6;
/// A map alone, pixels a side
const MOST_SIDE: f64 = 440.0;
const LEAST_SIDE: f64 = 60.0;
/// Of a grid: width over height
const ASPECT: f64 = 1.8;
const EDGE: f64 = 16.0;
const GAP: f64 = 16.0;
/// Above a map for its title, below it for the numbers of its columns
const TITLE: f64 = 20.0;
const BELOW: f64 = 24.0;
/// Of the bar of all maps, at most
const BAR: f64 = 320.0;

/// Maps in rows.
pub struct Grid {
    maps: Vec<Placed>,
    /// Where all show the same: colors, left, top, height
    bar: Option<(Colors, At, f64)>,
    numbered: bool,
    pub width: f64,
    pub height: f64,
}

struct Placed {
    map: Map,
    corner: At,
    cell: At,
    colors: Colors,
    /// Pixels for the title
    room: f64,
}

/// Cells a side that each of some matrices may show.
pub fn most_cells(matrices: usize) -> usize {
    let most = (CELLS / matrices.max(1) as f64).sqrt() as usize;
    most.clamp(16, (MOST_SIDE / 2.0) as usize)
}

impl Grid {
    /// Places maps on a picture of at most its usual width.
    pub fn new(maps: Vec<Map>) -> Grid {
        let same = |a: &Map, b: &Map| a.name == b.name && a.unit == b.unit;
        let one_bar = maps.len() > 1 && maps.iter().all(|m| same(m, &maps[0]));
        let colors: Vec<Colors> =
            maps.iter().map(|m| Colors::of(&maps.iter().filter(|o| same(m, o)).collect::<Vec<_>>())).collect();
        let numbered = maps.len() <= NUMBERED;
        let columns = columns(&maps);
        let bar_width = colors.iter().map(|c| c.width(BAR)).fold(0.0, f64::max);
        let margin = if numbered { maps.iter().map(Map::margin).fold(0.0, f64::max) } else { 0.0 };
        let (shared, own) = if one_bar { (bar_width, 0.0) } else { (0.0, bar_width) };
        let across = (WIDTH - 2.0 * EDGE - shared) / columns as f64 - GAP - margin - own;
        let side = across.clamp(LEAST_SIDE, MOST_SIDE);
        let cells: Vec<At> = maps.iter().map(|m| m.cell((side.max(across.min(2.0 * side)), side))).collect();
        let size = |k: usize| (cells[k].0 * maps[k].columns as f64, cells[k].1 * maps[k].rows as f64);
        // All columns as wide as the widest map or title asks.
        let title = maps.iter().map(|m| width(&m.title, TICK)).fold(0.0, f64::max);
        let widest = (0..maps.len()).map(|k| size(k).0).fold(LEAST_SIDE.min(side), f64::max);
        let pitch = margin + widest.max(title.min(across)) + own + GAP;
        let mut placed = Vec::new();
        let mut top = 0.0;
        let sizes: Vec<At> = (0..maps.len()).map(size).collect();
        let titled = if maps.iter().any(|m| !m.title.is_empty()) { TITLE } else { 0.0 };
        for (k, (map, colors)) in maps.into_iter().zip(&colors).enumerate() {
            let column = k % columns;
            if k > 0 && column == 0 {
                let tallest = sizes[k - columns..k].iter().map(|s| s.1).fold(0.0, f64::max);
                top += titled + tallest + if numbered { BELOW } else { 0.0 } + GAP;
            }
            let corner = (EDGE + margin + column as f64 * pitch, top + titled);
            placed.push(Placed { map, corner, cell: cells[k], colors: colors.clone(), room: pitch - margin - GAP });
        }
        let last_row = sizes.len().saturating_sub(1) / columns * columns;
        let tallest = sizes[last_row..].iter().map(|s| s.1).fold(0.0, f64::max);
        let bottom = top + titled + tallest;
        let end = EDGE + pitch * columns.min(placed.len()) as f64 - GAP;
        let bar = match (one_bar, colors.into_iter().next()) {
            (true, Some(colors)) => Some((colors, (end, titled), (bottom - titled).min(BAR))),
            _ => None,
        };
        let height = bottom + if numbered { BELOW } else { GAP };
        Grid { maps: placed, bar, numbered, width: end + shared + EDGE, height }
    }

    /// Where the first map begins.
    pub fn left(&self) -> f64 {
        self.maps.first().map_or(EDGE, |p| p.corner.0)
    }

    pub fn draw(&self, canvas: &Canvas, corner: At) -> Drawn {
        let style = Style { size: TICK, color: INK, h: HPos::Left, v: VPos::Bottom };
        let moved = |at: At| (at.0 + corner.0, at.1 + corner.1);
        for placed in &self.maps {
            let (map, at) = (&placed.map, moved(placed.corner));
            canvas.text(&shorten(&map.title, TICK, placed.room), (at.0, at.1 - 5.0), style)?;
            map.draw(canvas, at, placed.cell, &placed.colors, (self.numbered, self.numbered))?;
            if self.bar.is_none() {
                let size = (placed.cell.0 * map.columns as f64, placed.cell.1 * map.rows as f64);
                placed.colors.draw_bar(canvas, at.0 + size.0, at.1, size.1, own_name(map))?;
            }
        }
        match (&self.bar, self.maps.first()) {
            (Some((colors, at, height)), Some(first)) => {
                let at = moved(*at);
                colors.draw_bar(canvas, at.0, at.1, *height, &first.map.name)
            }
            _ => Ok(()),
        }
    }

    /// What the maps do not show.
    pub fn notes(&self) -> impl Iterator<Item = &String> {
        self.maps.iter().flat_map(|p| &p.map.notes)
    }
}

/// A title need not be said twice.
fn own_name(map: &Map) -> &str {
    if map.name == map.title { "" } else { &map.name }
}

/// How many maps a row: few empty places, and about the aspect of a page.
fn columns(maps: &[Map]) -> usize {
    let aspect = |m: &Map| (m.columns as f64 / m.rows as f64).clamp(0.2, 5.0);
    let count = maps.len().max(1);
    let usual = maps.iter().map(aspect).sum::<f64>() / count as f64;
    let cost = |columns: &usize| {
        let rows = count.div_ceil(*columns);
        let empty = (columns * rows - count) as f64;
        0.4 * empty + (*columns as f64 * usual / rows as f64 / ASPECT).ln().abs()
    };
    (1..=count.min(12)).min_by(|a, b| cost(a).total_cmp(&cost(b))).unwrap_or(1)
}
