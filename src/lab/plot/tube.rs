//! A curve that is kept, the tube in which another may lie, and the other → a chart of both and of where it is outside.

use super::canvas::RGBColor;

use super::axis::{Axis, AxisName, Scale, bounds};
use super::chart::{Chart, Layer, Shape};
use super::color::PALETTE;
use super::legend::{Entry, Legend, Line, Sign};
use super::mark::{self, Mark};

/// Outside of the tube
const OUTSIDE: RGBColor = RGBColor(190, 0, 50);
/// The tube in a legend: what it is on white
const PALE: RGBColor = RGBColor(204, 227, 240);
const MARK: Mark = Mark { shape: mark::Shape::Circle, radius: 3.0, opacity: 1.0 };

/// Two curves that should be the same. Values that are not finite interrupt them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tube {
    /// Above the panel; empty for none
    pub title: String,
    /// Logarithmic only where it says so
    pub x: AxisName,
    pub y: AxisName,
    pub kept: Vec<(f64, f64)>,
    pub now: Vec<(f64, f64)>,
    /// x, the least and the most that is allowed there
    pub tube: Vec<(f64, f64, f64)>,
    pub outside: Vec<(f64, f64)>,
}

impl Tube {
    /// The chart; None where nothing can be drawn.
    pub(super) fn chart(&self) -> Option<Chart> {
        let curves = || self.kept.iter().chain(&self.now);
        let (from, to) = bounds(curves().map(|p| p.0))?;
        let (low, high) = bounds(curves().map(|p| p.1).chain(self.tube.iter().flat_map(|t| [t.1, t.2])))?;
        let x = match self.x.scale == Scale::Log && from > 0.0 {
            true => Axis::log(from, to, &self.x.unit, 0.0),
            false => Axis::new(from, to, &self.x.unit, 0.0),
        };
        let whole = self.x.unit.is_empty() && curves().all(|p| p.0 == p.0.round());
        let line = Line { width: 2.0, dashed: false };
        let (kept, now) = (PALETTE[0], PALETTE[1]);
        let finite = |t: &(f64, f64, f64)| t.1.is_finite() && t.2.is_finite();
        let runs = self.tube.split(|t| !finite(t));
        let mut layers: Vec<Layer> = runs.map(|run| Layer::Band { points: run.to_vec(), color: kept }).collect();
        layers.push(Layer::Path { points: self.kept.clone(), color: kept, line });
        layers.push(Layer::Path { points: self.now.clone(), color: now, line });
        layers.push(Layer::Marks { points: self.outside.clone(), color: OUTSIDE, mark: MARK });
        let curve = |color| Sign::Curve { color, line: Some(line), mark: None };
        let mark = Sign::Curve { color: OUTSIDE, line: None, mark: Some(MARK) };
        let entry = |(sign, text): (Sign, &str)| Entry { sign, text: text.into() };
        let signs = [(curve(kept), "kept"), (curve(now), "now"), (Sign::Area(PALE), "tolerance"), (mark, "outside")];
        let legend = Legend { entries: signs.into_iter().map(entry).collect(), left_out: 0 };
        Some(Chart {
            caption: self.title.clone(),
            x: x.with_whole(whole),
            y: Axis::new(low, high, &self.y.unit, 0.05),
            x_name: self.x.name.clone(),
            y_name: self.y.name.clone(),
            layers,
            legend,
            shape: Shape::Wide,
            height: None,
            notes: Vec::new(),
        })
    }
}
