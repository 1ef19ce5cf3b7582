//! Charts → where they stand: wide ones below each other over common axes, compact ones in pairs.

use super::axis::Axis;
use super::canvas::{At, Canvas, Drawn};
use super::chart::{Chart, Frame, Shape};
use super::legend::Legend;

/// Of a picture with wide charts
pub const WIDTH: f64 = 960.0;
const PLOT_HEIGHT: f64 = 260.0;
/// Where there are more charts than these below each other they are lower.
const MANY: usize = 3;
const LOW_PLOT_HEIGHT: f64 = 150.0;
const LOW: f64 = 0.65;
/// Before the frames of wide charts, at least
const LEFT: f64 = 88.0;
const GAP: f64 = 18.0;
/// Of texts in legends
const LEGEND: f64 = 190.0;
const LEGEND_OF_PAIR: f64 = 120.0;
/// A compact chart alone
const COMPACT: At = (440.0, 320.0);
const COMPACT_OF_PAIR: f64 = 260.0;

/// Charts of one shape.
pub struct Stack {
    rows: Vec<Vec<Placed>>,
    pub width: f64,
    pub height: f64,
}

struct Placed {
    chart: Chart,
    /// From the corner of the stack
    frame: Frame,
    edge: f64,
    below: bool,
    legend: Option<f64>,
    legend_room: f64,
}

impl Stack {
    /// Places charts; `alone` says whether nothing else stands in the picture.
    pub fn new(charts: Vec<Chart>, alone: bool) -> Stack {
        match charts.first().map(|c| c.shape) {
            Some(Shape::Compact) if charts.len() == 1 && alone => Stack::single(charts),
            Some(Shape::Compact) => Stack::pairs(charts),
            _ => Stack::column(charts),
        }
    }

    fn single(mut charts: Vec<Chart>) -> Stack {
        let Some(chart) = charts.pop() else { return Stack { rows: Vec::new(), width: 0.0, height: 0.0 } };
        let height = chart.height.unwrap_or(COMPACT.1);
        let top = caption(&chart);
        let left = chart.margin(height).max(70.0);
        let frame = Frame { left, right: left + COMPACT.0, top, bottom: top + height };
        let width = frame.right + chart.legend.width(LEGEND);
        let legend = Some(frame.bottom);
        let foot = chart.foot();
        let placed = Placed { chart, frame, edge: 0.0, below: true, legend, legend_room: LEGEND };
        Stack { rows: vec![vec![placed]], width, height: top + height + foot }
    }

    fn pairs(charts: Vec<Chart>) -> Stack {
        let half = 0.5 * (WIDTH - GAP);
        let mut rows = Vec::new();
        let mut top = 0.0;
        let mut charts = charts.into_iter().peekable();
        while charts.peek().is_some() {
            let pair: Vec<Chart> = charts.by_ref().take(2).collect();
            let height = pair.iter().filter_map(|c| c.height).fold(COMPACT_OF_PAIR, f64::max);
            let foot = pair.iter().map(Chart::foot).fold(0.0, f64::max);
            let above = pair.iter().map(caption).fold(0.0, f64::max);
            let margin = pair.iter().map(|c| c.margin(height)).fold(0.0, f64::max);
            let legend_room = LEGEND_OF_PAIR;
            let place = |(k, chart): (usize, Chart)| {
                let edge = k as f64 * (half + GAP);
                let (left, right) = (edge + margin, edge + half - chart.legend.width(legend_room));
                let bottom = top + above + chart.height.unwrap_or(height);
                let frame = Frame { left, right, top: top + above, bottom };
                Placed { chart, frame, edge, below: true, legend: Some(frame.bottom), legend_room }
            };
            rows.push(pair.into_iter().enumerate().map(place).collect());
            top += above + height + foot + GAP;
        }
        Stack { rows, width: WIDTH, height: top - GAP }
    }

    fn column(mut charts: Vec<Chart>) -> Stack {
        share_axes(&mut charts);
        let many = charts.len() > MANY;
        let usual = if many { LOW_PLOT_HEIGHT } else { PLOT_HEIGHT };
        let height = |c: &Chart| c.height.map_or(usual, |h| if many { LOW * h } else { h });
        let left = charts.iter().map(|c| c.margin(height(c))).fold(LEFT, f64::max);
        let below: Vec<bool> =
            (0..charts.len()).map(|k| charts.get(k + 1).is_none_or(|next| !same_x(&charts[k], next))).collect();
        let mut shown: Vec<_> = Vec::new();
        let with_legend: Vec<bool> = charts
            .iter()
            .map(|c| {
                let new = !c.legend.is_empty() && !shown.contains(&c.legend);
                shown.push(c.legend.clone());
                new
            })
            .collect();
        let legends = charts.iter().zip(&with_legend).filter(|(_, with)| **with);
        let none = Legend::default().width(LEGEND);
        let right = WIDTH - legends.map(|(c, _)| c.legend.width(LEGEND)).fold(none, f64::max);
        let mut placed: Vec<Placed> = Vec::new();
        let mut top = 0.0;
        for (k, chart) in charts.into_iter().enumerate() {
            top += caption(&chart);
            let frame = Frame { left, right, top, bottom: top + height(&chart) };
            top = frame.bottom + if below[k] { chart.foot() } else { 0.0 } + GAP;
            // A legend goes down to where the next begins.
            if !with_legend[k]
                && let Some(last) = placed.iter_mut().rev().find_map(|p: &mut Placed| p.legend.as_mut())
            {
                *last = frame.bottom;
            }
            let legend = with_legend[k].then_some(frame.bottom);
            placed.push(Placed { chart, frame, edge: 0.0, below: below[k], legend, legend_room: LEGEND });
        }
        Stack { rows: vec![placed], width: WIDTH, height: top - GAP }
    }

    /// Where the first frame begins.
    pub fn left(&self) -> f64 {
        self.rows.first().and_then(|r| r.first()).map_or(LEFT, |p| p.frame.left)
    }

    pub fn draw(&self, canvas: &Canvas, corner: At) -> Drawn {
        for placed in self.rows.iter().flatten() {
            let f = placed.frame;
            let frame = Frame {
                left: f.left + corner.0,
                right: f.right + corner.0,
                top: f.top + corner.1,
                bottom: f.bottom + corner.1,
            };
            placed.chart.draw(canvas, frame, corner.0 + placed.edge, placed.below)?;
            if let Some(bottom) = placed.legend {
                let legend = &placed.chart.legend;
                legend.draw(canvas, frame.right, frame.top, bottom + corner.1, placed.legend_room)?;
            }
        }
        Ok(())
    }

    /// What the charts do not show.
    pub fn notes(&self) -> impl Iterator<Item = &String> {
        self.rows.iter().flatten().flat_map(|p| &p.chart.notes)
    }
}

/// Pixels above the frame.
fn caption(chart: &Chart) -> f64 {
    if chart.caption.is_empty() { 0.0 } else { GAP }
}

/// Whether two charts stand over one x axis.
fn same_x(a: &Chart, b: &Chart) -> bool {
    a.x_name == b.x_name && a.x.is_like(&b.x)
}

/// Gives neighbors with the same axes the same limits: what stands below each other is compared.
fn share_axes(charts: &mut [Chart]) {
    let join = |axes: Vec<&Axis>| axes.into_iter().cloned().reduce(|a, b| a.join(&b));
    for run in charts.chunk_by_mut(same_x) {
        let Some(x) = join(run.iter().map(|c| &c.x).collect()) else { continue };
        run.iter_mut().for_each(|c| c.x = x.clone());
        for k in 0..run.len() {
            let same = |c: &&Chart| c.y_name == run[k].y_name && c.y.is_like(&run[k].y);
            if let Some(y) = join(run.iter().filter(same).map(|c| &c.y).collect()) {
                run[k].y = y;
            }
        }
    }
}
