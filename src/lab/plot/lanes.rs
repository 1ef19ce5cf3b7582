//! Many curves that lie on each other, as those of a bus do → one lane for each, below each other in one frame.

use super::axis::{Axis, AxisName, Scale, bounds};
use super::chart::{Chart, Layer, Shape};
use super::color::{GRID, PALETTE};
use super::curves::{Curves, Look};
use super::legend::{Legend, Line};
use crate::lab::number::rough;

/// Fewer curves than these are told apart in one coordinate system, more are too many lanes.
const FEWEST: usize = 5;
const MOST: usize = 40;
/// Of the range of all curves: closer ones are not told apart.
const CLOSE: f64 = 0.01;
/// Of the curves, at a time: where more than these lie on another, they get lanes.
const CROWDED: f64 = 0.6;
/// Places along x at which that is looked at
const PLACES: usize = 300;
/// Pixels of a lane
const LANE: f64 = 26.0;
/// Of a lane, that its curve may use
const USED: f64 = 0.66;

/// The chart of curves that need lanes; None for others.
pub fn chart(curves: &Curves) -> Option<Chart> {
    let all = &curves.curves;
    let first = all.first()?;
    let plain =
        |c: &super::Series| c.look == Look::Line && c.spread.is_none() && c.x == first.x && c.y.len() == c.x.len();
    let linear = curves.x.scale != Scale::Log && curves.y.scale != Scale::Log;
    if curves.family
        || !(FEWEST..=MOST).contains(&all.len())
        || !linear
        || !all.iter().all(plain)
        || !first.x.is_sorted()
    {
        return None;
    }
    let (low, high) = bounds(all.iter().flat_map(|c| c.y.iter().copied()))?;
    let (from, to) = bounds(first.x.iter().copied())?;
    if all.iter().any(|c| c.y.iter().any(|y| !y.is_finite())) || !is_crowded(curves, (from, to), high - low) {
        return None;
    }
    let count = all.len();
    let range = Axis::new(low, high, &curves.y.unit, 0.0);
    let mut layers = Vec::new();
    for (k, series) in all.iter().enumerate() {
        let middle = (count - 1 - k) as f64;
        let place = |y: f64| middle + USED * (range.part(y) - 0.5);
        if low < 0.0 && high > 0.0 {
            let points = vec![(from, place(0.0)), (to, place(0.0))];
            layers.push(Layer::Path { points, color: GRID, line: Line { width: 1.0, dashed: false } });
        }
        let points = series.x.iter().zip(&series.y).map(|(x, y)| (*x, place(*y))).collect();
        layers.push(Layer::Path { points, color: PALETTE[k % 2], line: Line { width: 1.5, dashed: false } });
    }
    let names: Vec<String> = all.iter().rev().map(|c| c.name.clone()).collect();
    let AxisName { name, unit, .. } = &curves.y;
    let each = format!("{name} of each from {} to {}", rough(low, unit), rough(high, unit)).replace('-', "−");
    let caption = if curves.title.is_empty() { each } else { format!("{}: {each}", curves.title) };
    Some(Chart {
        caption,
        x: Axis::new(from, to, &curves.x.unit, 0.0),
        y: Axis::things(&names),
        x_name: curves.x.name.clone(),
        y_name: String::new(),
        layers,
        legend: Legend::default(),
        shape: Shape::Wide,
        height: Some(LANE * count as f64),
        notes: Vec::new(),
    })
}

/// Whether on average more of the curves lie on another than do not.
fn is_crowded(curves: &Curves, (from, to): (f64, f64), range: f64) -> bool {
    let x = &curves.curves[0].x;
    let share = |place: usize| {
        let at = from + (to - from) * (place as f64 + 0.5) / PLACES as f64;
        let k = x.partition_point(|x| *x < at).min(x.len() - 1);
        let mut values: Vec<f64> = curves.curves.iter().map(|c| c.y[k]).collect();
        values.sort_by(f64::total_cmp);
        let near = |i: usize, j: usize| values[j] - values[i] <= CLOSE * range;
        let hidden = (0..values.len()).filter(|&i| i > 0 && near(i - 1, i) || i + 1 < values.len() && near(i, i + 1));
        hidden.count() as f64 / values.len() as f64
    };
    (0..PLACES).map(share).sum::<f64>() / PLACES as f64 > CROWDED
}
