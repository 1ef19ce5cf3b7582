//! Layers in the units of two axes → a frame with grid, ticks, names and what lies in it.

use super::axis::Axis;
use super::canvas::{At, Canvas, Drawn, HPos, RGBColor, Style, VPos};
use super::color::{FAINT, GRID, INK};
use super::legend::{Legend, Line};
use super::mark::Mark;
use super::text::width;
use super::thin;

pub const TICK: f64 = 12.5;
pub const NAME: f64 = 14.0;
/// Pixels of a whisker's cap
const CAP: f64 = 4.0;
/// From the left edge to the upper edge of the name of the y axis
const EDGE: f64 = 14.0;

/// How much room a chart wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// As wide as the picture: what goes on in time, over frequency, over many bars
    Wide,
    /// About 4 to 3: points, loops, histograms
    Compact,
}

/// One coordinate system and what lies in it.
#[derive(Clone, Debug)]
pub struct Chart {
    /// Above the frame
    pub caption: String,
    pub x: Axis,
    pub y: Axis,
    pub x_name: String,
    pub y_name: String,
    pub layers: Vec<Layer>,
    pub legend: Legend,
    pub shape: Shape,
    /// Pixels between the axes, where not the usual
    pub height: Option<f64>,
    /// What is not seen
    pub notes: Vec<String>,
}

/// Drawn one over the other; positions are values on the axes.
#[derive(Clone, Debug)]
pub enum Layer {
    /// A value that is not finite interrupts it.
    Path {
        points: Vec<(f64, f64)>,
        color: RGBColor,
        line: Line,
    },
    Marks {
        points: Vec<(f64, f64)>,
        color: RGBColor,
        mark: Mark,
    },
    /// x, low, high
    Band {
        points: Vec<(f64, f64, f64)>,
        color: RGBColor,
    },
    /// Position, low, high; upright or lying
    Whiskers {
        points: Vec<(f64, f64, f64)>,
        color: RGBColor,
        lying: bool,
    },
    /// A filled rectangle between two corners
    Block {
        from: (f64, f64),
        to: (f64, f64),
        color: RGBColor,
    },
}

/// The rectangle of a coordinate system, pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
}

/// Values on axes → pixels.
struct Plane<'a> {
    x: &'a Axis,
    y: &'a Axis,
    frame: Frame,
}

impl Plane<'_> {
    fn x(&self, v: f64) -> f64 {
        self.frame.left + self.x.part(v) * (self.frame.right - self.frame.left)
    }

    fn y(&self, v: f64) -> f64 {
        self.frame.bottom - self.y.part(v) * (self.frame.bottom - self.frame.top)
    }

    fn at(&self, p: (f64, f64)) -> At {
        (self.x(p.0), self.y(p.1))
    }

    /// Into the frame: whiskers on logarithmic axes may reach below zero.
    fn inside(&self, at: At) -> At {
        let Frame { left, right, top, bottom } = self.frame;
        let within = |v: f64, low: f64, high: f64| if v.is_nan() { low } else { v.clamp(low, high) };
        (within(at.0, left, right), if at.1.is_nan() { bottom } else { at.1.clamp(top, bottom) })
    }
}

impl Chart {
    /// Pixels between the left edge and the frame.
    pub fn margin(&self, height: f64) -> f64 {
        let widest = self.y_ticks(height).iter().map(|t| width(&t.1, TICK)).fold(0.0, f64::max);
        let name = if self.y_name.is_empty() && self.y.unit.is_empty() { 0.0 } else { EDGE + NAME };
        name + widest + 16.0
    }

    /// Pixels below the frame for ticks and the name of the x axis.
    pub fn foot(&self) -> f64 {
        if self.x_name.is_empty() && self.x.unit.is_empty() { 36.0 } else { 60.0 }
    }

    fn y_ticks(&self, height: f64) -> Vec<(f64, String)> {
        let wanted = height / if self.y.things.is_empty() { if self.y.log { 26.0 } else { 52.0 } } else { 16.0 };
        self.y.fitting(height, wanted as usize, |_| TICK + 1.0)
    }

    fn x_ticks(&self, across: f64) -> Vec<(f64, String)> {
        let apart = if across > 500.0 { 90.0 } else { 72.0 };
        let wanted = across / if self.x.things.is_empty() && !self.x.log { apart } else { 14.0 };
        self.x.fitting(across, (wanted as usize).max(3), |label| width(label, TICK) + 12.0)
    }

    /// Draws all but the legend; the name of the y axis stands at `edge`, ticks and name of the x axis where `below`.
    pub fn draw(&self, canvas: &Canvas, frame: Frame, edge: f64, below: bool) -> Drawn {
        let Frame { left, right, top, bottom } = frame;
        let plane = Plane { x: &self.x, y: &self.y, frame };
        let text = |h, v| Style { size: TICK, color: INK, h, v };
        for x in self.x.minor().into_iter().map(|v| plane.x(v)) {
            canvas.line(&[(x, top), (x, bottom)], FAINT, 1.0)?;
        }
        for y in self.y.minor().into_iter().map(|v| plane.y(v)) {
            canvas.line(&[(left, y), (right, y)], FAINT, 1.0)?;
        }
        for (v, label) in self.x_ticks(right - left) {
            let x = plane.x(v);
            if self.x.things.is_empty() {
                canvas.line(&[(x, top), (x, bottom)], GRID, 1.0)?;
            }
            if below {
                canvas.line(&[(x, bottom), (x, bottom + 5.0)], INK, 1.0)?;
                canvas.text(&label, (x, bottom + 8.0), text(HPos::Center, VPos::Top))?;
            }
        }
        for (v, label) in self.y_ticks(bottom - top) {
            let y = plane.y(v);
            if self.y.things.is_empty() {
                canvas.line(&[(left, y), (right, y)], GRID, 1.0)?;
            }
            canvas.line(&[(left - 5.0, y), (left, y)], INK, 1.0)?;
            canvas.text(&label, (left - 9.0, y), text(HPos::Right, VPos::Center))?;
        }
        canvas.text(&self.caption, (left, top - 4.0), text(HPos::Left, VPos::Bottom))?;
        self.layers.iter().try_for_each(|layer| layer.draw(canvas, &plane))?;
        canvas.line(&[(left, top), (right, top), (right, bottom), (left, bottom), (left, top)], INK, 1.0)?;
        if below {
            let style = Style { size: NAME, ..text(HPos::Center, VPos::Bottom) };
            let name = self.x.title(&self.x_name, NAME, right - left + 20.0);
            canvas.text(&name, (0.5 * (left + right), bottom + 48.0), style)?;
        }
        let name = self.y.title(&self.y_name, NAME, bottom - top + 20.0);
        canvas.upright(&name, (edge + EDGE, 0.5 * (top + bottom)), NAME, INK)
    }
}

impl Layer {
    fn draw(&self, canvas: &Canvas, plane: &Plane) -> Drawn {
        match self {
            Layer::Path { points, color, line } => {
                let pixels = (plane.frame.right - plane.frame.left) as usize;
                let points = thin::path(points, pixels, |v| plane.x.part(v));
                for run in points.split(|p| !(p.0.is_finite() && p.1.is_finite())).filter(|run| run.len() > 1) {
                    let run: Vec<At> = run.iter().map(|p| plane.at(*p)).collect();
                    match line.dashed {
                        true => canvas.dashed(&run, *color, line.width)?,
                        false => canvas.line(&run, *color, line.width)?,
                    }
                }
                Ok(())
            }
            Layer::Marks { points, color, mark } => {
                let finite = points.iter().map(|p| plane.at(*p)).filter(|p| p.0.is_finite() && p.1.is_finite());
                let mut shown: Vec<At> = finite.collect();
                if shown.len() > MOST_MARKS {
                    shown = thin::cloud(shown, mark.radius.max(2.5));
                }
                shown.into_iter().try_for_each(|at| mark.draw(canvas, at, *color))
            }
            Layer::Band { points, color } => {
                let low = points.iter().rev().map(|p| plane.inside(plane.at((p.0, p.1))));
                let outline: Vec<At> = points.iter().map(|p| plane.inside(plane.at((p.0, p.2)))).chain(low).collect();
                if outline.len() < 4 { Ok(()) } else { canvas.area(&outline, *color, 0.2) }
            }
            Layer::Whiskers { points, color, lying } => points.iter().try_for_each(|&(at, low, high)| {
                let turn = |p: At| if *lying { (p.1, p.0) } else { p };
                let (a, b) = (plane.inside(plane.at(turn((at, low)))), plane.inside(plane.at(turn((at, high)))));
                let cap = if *lying { (0.0, CAP) } else { (CAP, 0.0) };
                let across = |p: At| [(p.0 - cap.0, p.1 - cap.1), (p.0 + cap.0, p.1 + cap.1)];
                [[a, b], across(a), across(b)].iter().try_for_each(|stroke| canvas.line(stroke, *color, 1.25))
            }),
            Layer::Block { from, to, color } => {
                let (a, b) = (plane.inside(plane.at(*from)), plane.inside(plane.at(*to)));
                canvas.rect((a.0.min(b.0), a.1.min(b.1)), (a.0.max(b.0), a.1.max(b.1)), *color)
            }
        }
    }
}

/// More marks than these are thinned.
const MOST_MARKS: usize = 2000;
