//! Series of points with names → a chart: lines, marks, steps, spread as whiskers or bands.

use super::PlotError;
use super::axis::{Axis, AxisName, LEAST, Scale, bounds, is_drawable, is_wide};
use super::canvas::RGBColor;
use super::chart::{Chart, Layer, Shape};
use super::color::{PALETTE, of_curve};
use super::lanes;
use super::legend::{Entry, Legend, Line, Sign};
use super::mark::Mark;

/// More curves than these are counted in the legend, not drawn.
const MOST_CURVES: usize = 200;
/// Curves above these are thin.
const MANY_CURVES: usize = 20;
/// A line of more points than these has no marks, and a band instead of whiskers.
const MANY_POINTS: usize = 40;

/// Pixels between the axes of a panel of bits
const BITS: f64 = 70.0;

/// Curves over one x axis.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curves {
    /// Above the panel; empty for none
    pub title: String,
    pub x: AxisName,
    pub y: AxisName,
    pub curves: Vec<Series>,
    /// The same at several points of a sweep: always one over the other, however close
    pub family: bool,
}

/// Points of one curve, x and y of equal length. A pair of two NaN is a gap; another value that is not finite is left
/// out, counted, and a gap too.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    pub name: String,
    pub x: Vec<f64>,
    pub y: Vec<f64>,
    /// Of each y, one standard deviation; NaN where there is none
    pub spread: Option<Vec<f64>>,
    pub look: Look,
}

/// How points are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Look {
    /// A line, with marks where points are few; marks alone where x turns or says the same twice
    #[default]
    Automatic,
    Line,
    Marks,
    LineMarks,
    /// Level until the next point
    Steps,
}

/// A series as it is drawn.
struct Shown<'a> {
    series: &'a Series,
    points: Vec<(f64, f64)>,
    look: Look,
}

impl Curves {
    /// The chart of what can be drawn; None where that is nothing.
    ///
    /// # Errors
    /// Lengths that differ.
    pub(super) fn chart(&self) -> Result<Option<Chart>, PlotError> {
        if let Some(chart) = lanes::chart(self) {
            return Ok(Some(chart));
        }
        let shown: Vec<Shown> = self.curves.iter().take(MOST_CURVES).map(Shown::new).collect::<Result<_, _>>()?;
        let whole = shown.iter().all(|s| s.series.x.iter().all(|x| x.is_nan() || *x == x.round()));
        let xs = || shown.iter().flat_map(|s| s.points.iter().map(|p| p.0));
        let ys = || shown.iter().flat_map(|s| s.points.iter().map(|p| p.1));
        let reach = || shown.iter().flat_map(Shown::reach);
        let wide = shown.iter().all(Shown::is_wide);
        let pad = if wide && shown.iter().all(|s| matches!(s.look, Look::Line | Look::Steps)) { 0.0 } else { 0.03 };
        let whole = whole && self.x.unit.is_empty();
        let x = axis(&self.x, bounds(xs()), xs(), pad);
        let y = axis(&self.y, bounds(reach()).map(with_zero), ys(), 0.05);
        let (Some(x), Some(y)) = (x, y) else { return Ok(None) };
        let (x, y) =
            (x.with_whole(whole), y.with_whole(self.y.unit.is_empty() && ys().all(|v| v.is_nan() || v == v.round())));
        let bits = shown.iter().all(|s| s.look == Look::Steps) && ys().all(|v| v.is_nan() || v == 0.0 || v == 1.0);
        let dropped: usize = shown.iter().map(|s| s.dropped()).sum();
        let off = if x.log || y.log { positive_missing(&shown, x.log, y.log) } else { 0 };
        let mut notes = Vec::new();
        let total: usize = shown.iter().map(|s| s.series.x.len()).sum();
        if dropped > 0 {
            notes.push(format!("{dropped} of {total} points without a finite value are left out"));
        }
        if off > 0 {
            notes.push(format!("{off} points not above zero have no place on a logarithmic axis"));
        }
        let mut chart = Chart {
            caption: self.title.clone(),
            x,
            y,
            x_name: self.x.name.clone(),
            y_name: self.y.name.clone(),
            layers: Vec::new(),
            legend: Legend { entries: Vec::new(), left_out: self.curves.len() - shown.len() },
            shape: if wide { Shape::Wide } else { Shape::Compact },
            height: bits.then_some(BITS),
            notes,
        };
        let styles: Vec<Style> = (0..shown.len()).map(|k| Style::of(k, &shown)).collect();
        // What says how much lies below what says what.
        for (s, style) in shown.iter().zip(&styles) {
            chart.layers.extend(s.spread(style));
        }
        for (s, style) in shown.iter().zip(&styles) {
            chart.layers.extend(s.layers(style));
        }
        let named = shown.len() > 1 || shown.iter().any(|s| s.series.name != self.y.name);
        if named && shown.iter().any(|s| !s.series.name.is_empty()) {
            let entry = |(s, style): (&Shown, &Style)| Entry { sign: style.sign(s.look), text: s.series.name.clone() };
            chart.legend.entries = shown.iter().zip(&styles).map(entry).collect();
        }
        Ok(Some(chart))
    }
}

/// An axis from the least to the greatest of some values; None of none.
fn axis(
    name: &AxisName,
    range: Option<(f64, f64)>,
    values: impl Iterator<Item = f64> + Clone,
    pad: f64,
) -> Option<Axis> {
    let log = match name.scale {
        Scale::Log => true,
        Scale::Linear => false,
        Scale::Automatic => name.unit != "V" && is_wide(values.clone()),
    };
    match log {
        true => bounds(values.filter(|v| *v > LEAST)).map(|(low, high)| Axis::log(low, high, &name.unit, pad)),
        false => range.map(|(low, high)| Axis::new(low, high, &name.unit, pad)),
    }
}

/// A range that ends near zero begins at zero.
fn with_zero((low, high): (f64, f64)) -> (f64, f64) {
    const NEAR: f64 = 0.15;
    match () {
        _ if low > 0.0 && low < NEAR * high => (0.0, high),
        _ if high < 0.0 && high > NEAR * low => (low, 0.0),
        _ => (low, high),
    }
}

/// Points that a logarithmic axis does not show.
fn positive_missing(shown: &[Shown], x: bool, y: bool) -> usize {
    let points = shown.iter().flat_map(|s| &s.points);
    points.filter(|p| (x && p.0 <= 0.0) || (y && p.1 <= 0.0)).count()
}

/// Color, line and mark of a curve.
#[derive(Clone, Copy)]
struct Style {
    color: RGBColor,
    line: Line,
    mark: Mark,
}

impl Style {
    /// Many curves run through a color map; others through the palette, then through it dashed.
    fn of(k: usize, shown: &[Shown]) -> Style {
        let count = shown.len();
        let width = if count > MANY_CURVES { 1.0 } else { 2.0 };
        let dashed = count <= 2 * PALETTE.len() && k >= PALETTE.len();
        let points = shown.iter().map(|s| s.points.len()).max().unwrap_or(0);
        Style { color: of_curve(k, count), line: Line { width, dashed }, mark: Mark::of_curve(k, points) }
    }

    fn sign(&self, look: Look) -> Sign {
        let (color, line, mark) = (self.color, Some(self.line), Some(self.mark));
        match look {
            Look::Marks => Sign::Curve { color, line: None, mark },
            Look::LineMarks => Sign::Curve { color, line, mark },
            _ => Sign::Curve { color, line, mark: None },
        }
    }
}

impl<'a> Shown<'a> {
    fn new(series: &'a Series) -> Result<Shown<'a>, PlotError> {
        let lengths = [series.y.len(), series.spread.as_ref().map_or(series.x.len(), Vec::len)];
        if let Some(other) = lengths.into_iter().find(|l| *l != series.x.len()) {
            return Err(PlotError::Lengths { name: series.name.clone(), x: series.x.len(), other });
        }
        let drawable = |(x, y): (&f64, &f64)| match is_drawable(*x) && is_drawable(*y) {
            true => (*x, *y),
            false => (f64::NAN, f64::NAN),
        };
        let points: Vec<(f64, f64)> = series.x.iter().zip(&series.y).map(drawable).collect();
        let look = match series.look {
            Look::Automatic if !runs(&points, |a, b| a < b) => Look::Marks,
            Look::Automatic if points.len() <= MANY_POINTS => Look::LineMarks,
            Look::Automatic => Look::Line,
            other => other,
        };
        Ok(Shown { series, points, look })
    }

    /// Values with their spread: what a y axis must hold.
    fn reach(&self) -> impl Iterator<Item = f64> {
        let spread = |k: usize| self.series.spread.as_ref().map_or(0.0, |s| if is_drawable(s[k]) { s[k] } else { 0.0 });
        self.points.iter().enumerate().flat_map(move |(k, p)| [p.1 - spread(k), p.1 + spread(k)])
    }

    fn dropped(&self) -> usize {
        let is_gap = |(x, y): (&f64, &f64)| x.is_nan() && y.is_nan();
        let all = self.series.x.iter().zip(&self.series.y).zip(&self.points);
        all.filter(|(given, p)| p.0.is_nan() && !is_gap(*given)).count()
    }

    /// Whether it goes on from left to right, or back, as in time.
    fn is_wide(&self) -> bool {
        let line = self.points.len() > MANY_POINTS || matches!(self.look, Look::Line | Look::Steps);
        self.look != Look::Marks && line && runs(&self.points, |a, b| a <= b)
    }

    fn layers(&self, style: &Style) -> Vec<Layer> {
        let (points, color) = (self.points.clone(), style.color);
        // A point alone is no line.
        let alone = |k: usize| {
            let gap = |k: Option<usize>| k.and_then(|k| points.get(k)).is_none_or(|p| p.0.is_nan());
            !points[k].0.is_nan() && gap(k.checked_sub(1)) && gap(Some(k + 1))
        };
        let marked: Vec<(f64, f64)> = match self.look {
            Look::Marks | Look::LineMarks => points.clone(),
            _ => (0..points.len()).filter(|k| alone(*k)).map(|k| points[k]).collect(),
        };
        let path = match self.look {
            Look::Marks => Vec::new(),
            Look::Steps => steps(&points),
            _ => points,
        };
        let line = style.line;
        vec![Layer::Path { points: path, color, line }, Layer::Marks { points: marked, color, mark: style.mark }]
    }

    fn spread(&self, style: &Style) -> Vec<Layer> {
        let Some(spread) = &self.series.spread else { return Vec::new() };
        let color = style.color;
        let ends = self.points.iter().zip(spread).map(|(p, s)| (p.0, p.1 - s.abs(), p.1 + s.abs()));
        let ends: Vec<(f64, f64, f64)> = ends.collect();
        let known = |e: &(f64, f64, f64)| is_drawable(e.1) && is_drawable(e.2);
        match self.look != Look::Marks && self.points.len() > MANY_POINTS {
            true => ends.split(|e| !known(e)).map(|run| Layer::Band { points: run.to_vec(), color }).collect(),
            false => {
                let points = ends.into_iter().filter(|e| known(e) && e.2 > e.1).collect();
                vec![Layer::Whiskers { points, color, lying: false }]
            }
        }
    }
}

/// Whether x is ordered, up or down, between gaps.
fn runs(points: &[(f64, f64)], order: fn(f64, f64) -> bool) -> bool {
    let parts = || points.split(|p| p.0.is_nan());
    parts().all(|r| r.windows(2).all(|w| order(w[0].0, w[1].0)))
        || parts().all(|r| r.windows(2).all(|w| order(w[1].0, w[0].0)))
}

/// Each level until the next point.
fn steps(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let corner = |w: &[(f64, f64)]| [w[0], (w[1].0, w[0].1)];
    points.windows(2).flat_map(corner).chain(points.last().copied()).collect()
}
