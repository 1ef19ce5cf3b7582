//! Labels with values → a chart of bars, upright, or lying where labels need the room.

use super::PlotError;
use super::axis::{Axis, AxisName, Scale, bounds, is_drawable, is_wide};
use super::chart::{Chart, Layer, Shape, TICK};
use super::color::{INK, PALETTE};
use super::legend::{Legend, Line};
use super::text::{shorten, width};

/// Pixels for labels below upright bars
const ROOM: f64 = 420.0;
/// Pixels of a lying bar with its gap
const LYING: f64 = 24.0;
/// More bars than these stand, whatever their labels.
const MOST_LYING: usize = 40;
/// Pixels of a label beside a lying bar
const LABEL: f64 = 190.0;
/// More bars than these are a wide chart.
const COMPACT: usize = 30;
/// Half of a bar's width, of the distance between two
const HALF: f64 = 0.36;

/// One value for each of several things.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bars {
    /// Above the panel; empty for none
    pub title: String,
    pub labels: Vec<String>,
    pub values: Vec<f64>,
    /// One standard deviation of each
    pub spread: Option<Vec<f64>>,
    /// What is compared
    pub y: AxisName,
}

impl Bars {
    /// The chart; None of no values.
    ///
    /// # Errors
    /// Lengths that differ.
    pub(super) fn chart(&self) -> Result<Option<Chart>, PlotError> {
        let lengths = [self.values.len(), self.spread.as_ref().map_or(self.labels.len(), Vec::len)];
        if let Some(other) = lengths.into_iter().find(|l| *l != self.labels.len()) {
            return Err(PlotError::Lengths { name: self.y.name.clone(), x: self.labels.len(), other });
        }
        let finite = || self.values.iter().copied().filter(|v| is_drawable(*v));
        let spread = |k: usize| self.spread.as_ref().map_or(0.0, |s| if is_drawable(s[k]) { s[k].abs() } else { 0.0 });
        let ends = self.values.iter().enumerate().flat_map(|(k, v)| [v - spread(k), v + spread(k)]);
        let log = match self.y.scale {
            Scale::Automatic => self.y.unit != "V" && is_wide(finite()),
            Scale::Log => finite().all(|v| v > 0.0),
            Scale::Linear => false,
        };
        let Some((low, high)) = bounds(ends.filter(|v| !log || *v > 0.0)) else { return Ok(None) };
        let values = match log {
            // Room for the least of the bars
            true => Axis::log(0.5 * low, high, &self.y.unit, 0.05),
            false => from_zero(low, high, &self.y.unit),
        };
        let lying = self.is_lying();
        let base = if log { values.low } else { 0.0 };
        let place = |k: usize| if lying { (self.labels.len() - 1 - k) as f64 } else { k as f64 };
        let turn = |p: (f64, f64)| if lying { (p.1, p.0) } else { p };
        let mut layers = Vec::new();
        for (k, v) in self.values.iter().enumerate().filter(|(_, v)| is_drawable(**v)) {
            let (from, to) = ((place(k) - HALF, base), (place(k) + HALF, *v));
            layers.push(Layer::Block { from: turn(from), to: turn(to), color: PALETTE[0] });
        }
        if low < 0.0 {
            let points = vec![turn((-0.6, 0.0)), turn((self.labels.len() as f64 - 0.4, 0.0))];
            layers.push(Layer::Path { points, color: INK, line: Line { width: 1.0, dashed: false } });
        }
        let whiskers = self.values.iter().enumerate().filter(|(k, v)| is_drawable(**v) && spread(*k) > 0.0);
        let points = whiskers.map(|(k, v)| (place(k), v - spread(k), v + spread(k))).collect();
        layers.push(Layer::Whiskers { points, color: INK, lying });
        let missing = self.values.iter().filter(|v| !is_drawable(**v)).count();
        let notes = match missing {
            0 => Vec::new(),
            _ => vec![format!("{missing} of {} values are not finite and left out", self.values.len())],
        };
        let mut labels: Vec<String> = self.labels.iter().map(|l| shorten(l, TICK, LABEL)).collect();
        if lying {
            labels.reverse();
        }
        let things = Axis::things(&labels);
        let (x, y) = if lying { (values, things) } else { (things, values) };
        let (x_name, y_name) = if lying { (&self.y.name[..], "") } else { ("", &self.y.name[..]) };
        Ok(Some(Chart {
            caption: self.title.clone(),
            x,
            y,
            x_name: x_name.into(),
            y_name: y_name.into(),
            layers,
            legend: Legend::default(),
            shape: if !lying && self.labels.len() > COMPACT { Shape::Wide } else { Shape::Compact },
            height: lying.then_some(LYING * (self.labels.len() as f64 + 0.2)),
            notes,
        }))
    }

    /// Whether labels are too long to stand beside each other.
    fn is_lying(&self) -> bool {
        let each = ROOM / self.labels.len().max(1) as f64;
        let widest = self.labels.iter().map(|l| width(l, TICK) + 12.0).fold(0.0, f64::max);
        widest > each && self.labels.len() <= MOST_LYING
    }
}

/// An axis on which bars stand on zero.
fn from_zero(low: f64, high: f64, unit: &str) -> Axis {
    let (low, high) = (low.min(0.0), high.max(0.0));
    let pad = 0.05 * (high - low);
    if low == high {
        return Axis::new(0.0, 1.0, unit, 0.0);
    }
    Axis::new(if low < 0.0 { low - pad } else { 0.0 }, if high > 0.0 { high + pad } else { 0.0 }, unit, 0.0)
}
