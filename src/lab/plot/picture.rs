//! Panels of results → one SVG picture under a title: charts below each other or in pairs, matrices in grids.

use super::PlotError;
use super::bars::Bars;
use super::canvas::{At, Canvas, Drawn, HPos, Style, VPos, svg};
use super::chart::Chart;
use super::color::{INK, SOFT};
use super::curves::Curves;
use super::heat::{Heat, Map};
use super::histogram::Histogram;
use super::maps::{Grid, most_cells};
use super::stack::Stack;
use super::text::wrap;
use super::tube::Tube;

/// Of the title
const TITLE: f64 = 17.0;
const TITLE_LINE: f64 = 22.0;
/// Above the first panel, with a title of one line
const TOP: f64 = 46.0;
const NOTE: f64 = 12.0;
const NOTE_LINE: f64 = 17.0;
const GAP: f64 = 28.0;
/// Of the title, at most
const LEFT: f64 = 88.0;
/// However little it shows
const LEAST_WIDTH: f64 = 420.0;
/// Of notes, then some are left out
const MOST_NOTES: usize = 3;

/// What a file shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picture {
    pub title: String,
    pub panels: Vec<Panel>,
}

/// One coordinate system, or one matrix.
#[derive(Clone, Debug, PartialEq)]
pub enum Panel {
    Curves(Curves),
    Heat(Heat),
    Histogram(Histogram),
    Bars(Bars),
    Tube(Tube),
}

/// The SVG text of a picture. Panels without a value that can be drawn are left out.
///
/// # Errors
/// Nothing to draw, or lists of different lengths.
pub fn picture(picture: &Picture) -> Result<String, PlotError> {
    with_notes(picture, &[])
}

/// The same with notes below.
pub fn with_notes(picture: &Picture, notes: &[String]) -> Result<String, PlotError> {
    let blocks = blocks(&picture.panels)?;
    if blocks.is_empty() {
        return Err(PlotError::Empty);
    }
    let width = blocks.iter().map(Block::width).fold(LEAST_WIDTH, f64::max);
    let left = blocks[0].left().min(LEFT);
    let title = picture.title.trim_start_matches(['*', ' ']);
    let lines = wrap(title, TITLE, width - left - 16.0, 2);
    let notes = notes_of(&blocks, notes, width - 24.0);
    let top = TOP + lines.len().saturating_sub(1) as f64 * TITLE_LINE;
    let panels = blocks.iter().map(Block::height).sum::<f64>() + GAP * (blocks.len() - 1) as f64;
    let below = if notes.is_empty() { 0.0 } else { notes.len() as f64 * NOTE_LINE + 4.0 };
    svg(width, top + panels + below, |canvas| {
        for (k, line) in lines.iter().enumerate() {
            let style = Style { size: TITLE, color: INK, h: HPos::Left, v: VPos::Bottom };
            canvas.text(line, (left, TOP - 14.0 + k as f64 * TITLE_LINE), style)?;
        }
        let mut at = (0.0, top);
        for block in &blocks {
            block.draw(canvas, at)?;
            at.1 += block.height() + GAP;
        }
        let style = Style { size: NOTE, color: SOFT, h: HPos::Right, v: VPos::Bottom };
        notes.iter().enumerate().try_for_each(|(k, note)| {
            canvas.text(note, (width - 12.0, top + panels + (k + 1) as f64 * NOTE_LINE - 4.0), style)
        })
    })
}

/// Neighbors that are placed together.
enum Block {
    Charts(Stack),
    Maps(Grid),
}

/// What is in a block, before it has its place.
enum Group {
    /// Of one shape
    Charts(Vec<Chart>),
    Maps(Vec<Map>),
}

impl Block {
    /// Where the first panel begins.
    fn left(&self) -> f64 {
        match self {
            Block::Charts(stack) => stack.left(),
            Block::Maps(grid) => grid.left(),
        }
    }

    fn width(&self) -> f64 {
        match self {
            Block::Charts(stack) => stack.width,
            Block::Maps(grid) => grid.width,
        }
    }

    fn height(&self) -> f64 {
        match self {
            Block::Charts(stack) => stack.height,
            Block::Maps(grid) => grid.height,
        }
    }

    fn draw(&self, canvas: &Canvas, at: At) -> Drawn {
        match self {
            Block::Charts(stack) => stack.draw(canvas, at),
            Block::Maps(grid) => grid.draw(canvas, at),
        }
    }

    fn notes(&self) -> Vec<&String> {
        match self {
            Block::Charts(stack) => stack.notes().collect(),
            Block::Maps(grid) => grid.notes().collect(),
        }
    }
}

fn blocks(panels: &[Panel]) -> Result<Vec<Block>, PlotError> {
    let matrices = panels.iter().filter(|p| matches!(p, Panel::Heat(_))).count();
    let mut groups: Vec<Group> = Vec::new();
    for panel in panels {
        let chart = match panel {
            Panel::Curves(curves) => curves.chart()?,
            Panel::Histogram(histogram) => histogram.chart(),
            Panel::Bars(bars) => bars.chart()?,
            Panel::Tube(tube) => tube.chart(),
            Panel::Heat(heat) => {
                match (heat.map(most_cells(matrices))?, groups.last_mut()) {
                    (Some(map), Some(Group::Maps(maps))) => maps.push(map),
                    (Some(map), _) => groups.push(Group::Maps(vec![map])),
                    (None, _) => {}
                }
                continue;
            }
        };
        match (chart, groups.last_mut()) {
            (Some(chart), Some(Group::Charts(charts))) if charts.iter().all(|c| c.shape == chart.shape) => {
                charts.push(chart);
            }
            (Some(chart), _) => groups.push(Group::Charts(vec![chart])),
            (None, _) => {}
        }
    }
    let alone = groups.len() == 1;
    let block = |group| match group {
        Group::Charts(charts) => Block::Charts(Stack::new(charts, alone)),
        Group::Maps(maps) => Block::Maps(Grid::new(maps)),
    };
    Ok(groups.into_iter().map(block).collect())
}

/// What panels do not show, each said once, in lines of at most `room` pixels.
fn notes_of(blocks: &[Block], more: &[String], room: f64) -> Vec<String> {
    let mut said: Vec<&str> = Vec::new();
    for note in blocks.iter().flat_map(Block::notes).chain(more).map(String::as_str) {
        if !said.contains(&note) {
            said.push(note);
        }
    }
    wrap(&said.join("; "), NOTE, room, MOST_NOTES)
}
