//! A sample → a chart of counts in bins, with a fitted distribution.

use super::axis::{Axis, LEAST, is_drawable, is_wide};
use super::bins::{Bins, counts, edges};
use super::canvas::RGBColor;
use super::chart::{Chart, Layer, Shape};
use super::color::PALETTE;
use super::fit::{Fit, Law, fit};
use super::legend::{Entry, Legend, Line, Sign};
use super::mark::{Mark, Shape as MarkShape};

/// Of the range of an axis, free on both sides
const PAD: f64 = 0.03;
/// Points of a fitted curve for each bin, at least
const POINTS: usize = 200;
/// Of a bar, free between it and the next, where bars are few
const GAP: f64 = 0.08;
const BARS: RGBColor = RGBColor(148, 190, 220);
const CURVE: RGBColor = PALETTE[1];

/// How often values lie where.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    /// What was counted, with its unit
    pub name: String,
    pub unit: String,
    pub sample: Sample,
    pub bins: Bins,
    pub fit: Fit,
}

/// What a histogram shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Sample {
    Values(Vec<f64>),
    /// Of each bin; with automatic bins, of 0, 1, 2, … as `bincount` counts. Counts beyond the bins are not shown.
    Counts(Vec<f64>),
}

impl Default for Sample {
    fn default() -> Sample {
        Sample::Values(Vec::new())
    }
}

/// Edges and what is between them.
struct Counted {
    edges: Vec<f64>,
    counts: Vec<f64>,
    log: bool,
    /// Values with the number of times they were seen
    seen: Vec<(f64, f64)>,
    notes: Vec<String>,
}

impl Histogram {
    /// The chart; None of no values.
    pub(super) fn chart(&self) -> Option<Chart> {
        let Counted { edges, counts, log, seen, mut notes } = self.counted()?;
        let total: f64 = seen.iter().map(|s| s.1).sum();
        let entry = |sign, text: String| Entry { sign, text };
        let mut legend = vec![entry(Sign::Area(BARS), format!("n = {total}"))];
        let few = counts.len() <= 60;
        let mut layers: Vec<Layer> = Vec::new();
        for (e, count) in edges.windows(2).zip(&counts).filter(|(_, count)| **count > 0.0) {
            let free = if few && !log { 0.5 * GAP * (e[1] - e[0]) } else { 0.0 };
            layers.push(Layer::Block { from: (e[0] + free, 0.0), to: (e[1] - free, *count), color: BARS });
        }
        let mut top = counts.iter().copied().fold(0.0, f64::max);
        match fit(self.fit, &seen) {
            Ok(None) => {}
            Ok(Some(law)) => {
                let curve = expected(&law, &edges, log, total);
                top = curve.iter().map(|p| p.1).fold(top, f64::max);
                let line = Line { width: 2.0, dashed: false };
                let mark = law.is_discrete().then_some(Mark { shape: MarkShape::Circle, radius: 3.5, opacity: 1.0 });
                if let Some(mark) = mark {
                    layers.push(Layer::Marks { points: curve.clone(), color: CURVE, mark });
                }
                layers.push(Layer::Path { points: curve, color: CURVE, line });
                let sign = Sign::Curve { color: CURVE, line: Some(line), mark };
                let signs = std::iter::once(sign).chain(std::iter::repeat(Sign::Nothing));
                legend.extend(signs.zip(law.describe(&self.unit)).map(|(sign, text)| entry(sign, text)));
            }
            Err(why) => notes.push(why.to_string()),
        }
        let (low, high) = (edges[0], edges[edges.len() - 1]);
        let x = match log {
            true => Axis::log(low, high, &self.unit, PAD),
            false => Axis::new(low, high, &self.unit, PAD),
        };
        let whole = !log && self.unit.is_empty() && edges.iter().all(|e| (e - 0.5).fract() == 0.0);
        let y = Axis::new(0.0, 1.06 * top.max(1.0), "", 0.0).with_whole(counts.iter().all(|c| c.fract() == 0.0));
        Some(Chart {
            caption: String::new(),
            x: x.with_whole(whole),
            y,
            x_name: self.name.clone(),
            y_name: "count".into(),
            layers,
            legend: Legend { entries: legend, left_out: 0 },
            shape: Shape::Compact,
            height: None,
            notes,
        })
    }

    fn counted(&self) -> Option<Counted> {
        match &self.sample {
            Sample::Values(values) => {
                let finite: Vec<f64> = values.iter().copied().filter(|v| is_drawable(*v)).collect();
                if finite.is_empty() {
                    return None;
                }
                let log = match &self.bins {
                    Bins::Automatic | Bins::Count(_) => is_wide(finite.iter().copied()),
                    Bins::Edges(e) => is_log(e),
                    _ => false,
                };
                let edges = edges(&finite, &self.bins, log);
                let counts = counts(&finite, &edges);
                let mut notes = Vec::new();
                let missing = values.len() - finite.len();
                if missing > 0 {
                    notes.push(format!("{missing} of {} values are not finite and left out", values.len()));
                }
                let outside = finite.len() as f64 - counts.iter().sum::<f64>();
                if outside > 0.0 {
                    notes.push(format!("{outside} of {} values are outside the bins", finite.len()));
                }
                let seen = finite.into_iter().map(|v| (v, 1.0)).collect();
                Some(Counted { edges, counts, log, seen, notes })
            }
            Sample::Counts(given) => {
                let automatic = || (0..=given.len()).map(|k| k as f64 - 0.5).collect();
                let edges = match &self.bins {
                    Bins::Automatic | Bins::Count(_) => automatic(),
                    bins => edges(&[], bins, false),
                };
                let count = |k: usize| given.get(k).copied().filter(|c| is_drawable(*c) && *c > 0.0).unwrap_or(0.0);
                let counts: Vec<f64> = (0..edges.len() - 1).map(count).collect();
                if counts.iter().all(|c| *c == 0.0) {
                    return None;
                }
                let middle = |e: &[f64]| 0.5 * (e[0] + e[1]);
                let seen = edges.windows(2).map(middle).zip(counts.iter().copied()).collect();
                Some(Counted { log: is_log(&edges), edges, counts, seen, notes: Vec::new() })
            }
        }
    }
}

/// Whether edges are of an axis of decades.
fn is_log(edges: &[f64]) -> bool {
    edges.len() > 2 && edges.iter().all(|e| *e > LEAST) && is_wide(edges.iter().copied())
}

/// How many values a distribution lets expect in a bin that slides along the axis: in the middle of each bin it is the
/// number for that bin, whatever the widths of the bins. Of whole numbers, only those.
fn expected(law: &Law, edges: &[f64], log: bool, total: f64) -> Vec<(f64, f64)> {
    let bins = edges.len() - 1;
    let scale = |v: f64| if log { v.ln() } else { v };
    // The edge number s, between edges as well
    let edge = |s: f64| {
        let k = (s.floor() as usize).min(bins - 1);
        let (a, b) = (scale(edges[k]), scale(edges[k + 1]));
        let v = a + (b - a) * (s - k as f64);
        if log { v.exp() } else { v }
    };
    let each = if law.is_discrete() { 1 } else { POINTS.div_ceil(bins).max(8) };
    let middle = |k: usize| 0.5 + k as f64 / each as f64;
    let at = |s: f64| (edge(s), total * (law.below(edge(s + 0.5)) - law.below(edge(s - 0.5))));
    (0..=(bins - 1) * each).map(middle).map(at).collect()
}
