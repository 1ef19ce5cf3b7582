//! Names of curves → the legend on the right of a chart.

use super::canvas::{Canvas, Drawn, HPos, RGBColor, Style, VPos};
use super::color::INK;
use super::mark::Mark;
use super::text::{shorten, width};

/// Of a line of a legend, pixels
const LINE: f64 = 19.0;
const SIZE: f64 = 12.5;
/// From the frame to a sign, and from the begin of a sign to its text
const BEFORE: f64 = 12.0;
const SIGN: f64 = 26.0;
/// Room of a legend without entries
const MARGIN: f64 = 28.0;

/// What stands before a name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sign {
    Curve {
        color: RGBColor,
        line: Option<Line>,
        mark: Option<Mark>,
    },
    Area(RGBColor),
    /// The text goes on from the line above.
    Nothing,
}

/// How a curve is stroked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    pub width: f64,
    pub dashed: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub sign: Sign,
    pub text: String,
}

/// Entries beside a chart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Legend {
    pub entries: Vec<Entry>,
    /// Curves that are not drawn
    pub left_out: usize,
}

impl Legend {
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Pixels from the frame to the end; no text gets more than `room`.
    pub fn width(&self, room: f64) -> f64 {
        let texts = self.entries.iter().map(|e| width(&e.text, SIZE).min(room));
        match texts.reduce(f64::max) {
            Some(widest) => BEFORE + SIGN + widest.max(80.0) + 8.0,
            None => MARGIN,
        }
    }

    /// Draws what has room between `top` and `bottom`, on the right of `left`.
    pub fn draw(&self, canvas: &Canvas, left: f64, top: f64, bottom: f64, room: f64) -> Drawn {
        let lines = (((bottom - top) / LINE) as usize).max(2);
        let count = self.entries.len();
        let total = count + self.left_out;
        // Where not all find room, some at equal distances are named.
        let shown: Vec<usize> = match total > lines {
            true => (0..lines - 1).map(|k| k * (count - 1) / (lines - 2).max(1)).collect(),
            false => (0..count).collect(),
        };
        let x = left + BEFORE;
        let style = Style { size: SIZE, color: INK, h: HPos::Left, v: VPos::Center };
        let height = |row: usize| top + 9.0 + row as f64 * LINE;
        for (row, entry) in shown.iter().filter_map(|k| self.entries.get(*k)).enumerate() {
            entry.sign.draw(canvas, x, height(row))?;
            canvas.text(&shorten(&entry.text, SIZE, room), (x + SIGN, height(row)), style)?;
        }
        if total > shown.len() {
            canvas.text(&format!("of {total} curves"), (x + SIGN, height(shown.len())), style)?;
        }
        Ok(())
    }
}

impl Sign {
    fn draw(&self, canvas: &Canvas, x: f64, y: f64) -> Drawn {
        match *self {
            Sign::Curve { color, line, mark } => {
                let ends = [(x, y), (x + 20.0, y)];
                match line {
                    Some(line) if line.dashed => canvas.dashed(&ends, color, 3.0)?,
                    Some(_) => canvas.line(&ends, color, if mark.is_some() { 2.0 } else { 3.0 })?,
                    None => {}
                }
                mark.map_or(Ok(()), |m| m.bold().draw(canvas, (x + 10.0, y), color))
            }
            Sign::Area(color) => canvas.rect((x + 4.0, y - 6.0), (x + 16.0, y + 6.0), color),
            Sign::Nothing => Ok(()),
        }
    }
}
