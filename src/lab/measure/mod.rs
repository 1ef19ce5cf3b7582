//! `.meas` cards: a wave → numbers. Between two points every curve is a straight line.

mod crossing;
mod param;
mod reduce;

use std::borrow::Cow;
use std::collections::HashMap;

use thiserror::Error;

use super::number::significant;
use super::wave::Wave;
use crate::circuit::plan::{Event, MeasureKind, Place};
use crossing::Spot;

/// Why a measure has no value.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Trouble {
    #[error("the analysis gave no points")]
    NoPoints,
    #[error("the curve is not among those recorded")]
    NoCurve,
    #[error("{0}")]
    NoCrossing(String),
    #[error("there are no points from {} to {}", significant(*.0, 6), significant(*.1, 6))]
    EmptyWindow(f64, f64),
    #[error("{} is outside the points, which go from {} to {}", significant(*.0, 6), significant(*.1, 6), significant(*.2, 6))]
    Outside(f64, f64, f64),
    #[error("it needs the measure `{0}`, which has no value")]
    NeedsMeasure(String),
    #[error("its value is not a number")]
    NotANumber,
}

/// The curves of one analysis at one step point.
pub struct Curves<'a> {
    pub wave: &'a Wave,
    /// The column of each observation of the plan, if recorded.
    pub columns: &'a [Option<usize>],
}

impl<'a> Curves<'a> {
    fn x(&self) -> &'a [f64] {
        &self.wave.scale
    }

    fn y(&self, observation: usize) -> Result<Cow<'a, [f64]>, Trouble> {
        let column = self.columns.get(observation).copied().flatten().ok_or(Trouble::NoCurve)?;
        Ok(self.wave.real(column))
    }

    /// +1 where the independent variable grows, −1 where it falls.
    fn direction(&self) -> f64 {
        let x = self.x();
        x.windows(2).map(|w| w[1] - w[0]).find(|d| *d != 0.0).map_or(1.0, f64::signum)
    }

    /// The rows that end a stretch on which the independent variable does not turn back (a nested sweep starts again).
    fn stretches(&self) -> impl Iterator<Item = usize> + use<'a> {
        let (x, direction) = (self.x(), self.direction());
        (1..x.len()).filter(move |&i| (x[i] - x[i - 1]) * direction >= 0.0)
    }

    /// The first place with this value of the independent variable.
    fn place(&self, at: f64) -> Result<Spot, Trouble> {
        let x = self.x();
        let (Some(&first), Some(&last)) = (x.first(), x.last()) else { return Err(Trouble::NoPoints) };
        // Sweeps and time steps are sums: their ends are met to rounding only.
        let slack = 1e-9 * (last - first).abs();
        if x.len() == 1 && (at - first).abs() <= 1e-9 * first.abs() {
            return Ok(Spot { row: 0, x: first });
        }
        self.stretches()
            .find(|&i| (x[i - 1].min(x[i]) - slack..=x[i - 1].max(x[i]) + slack).contains(&at))
            .map(|row| Spot { row, x: at.clamp(x[row - 1].min(x[row]), x[row - 1].max(x[row])) })
            .ok_or(Trouble::Outside(at, first, last))
    }

    /// A curve's value at a place.
    fn interpolate(&self, y: &[f64], spot: Spot) -> f64 {
        let x = self.x();
        let i = spot.row;
        if i == 0 || x[i] == x[i - 1] {
            return y[i];
        }
        let part = (spot.x - x[i - 1]) / (x[i] - x[i - 1]);
        y[i - 1] + (y[i] - y[i - 1]) * part
    }

    /// The slope at a place, from the parabola through the ends of its stretch and the nearest point beside it.
    fn slope(&self, y: &[f64], spot: Spot) -> Result<f64, Trouble> {
        let x = self.x();
        let i = spot.row;
        if i == 0 || x[i] == x[i - 1] {
            return Err(Trouble::NotANumber);
        }
        let chord = (y[i] - y[i - 1]) / (x[i] - x[i - 1]);
        let direction = self.direction();
        let usable = |k: usize, to: usize| (x[to] - x[k]) * direction > 0.0;
        let before = (i >= 2 && usable(i - 2, i - 1)).then(|| i - 2);
        let after = (i + 1 < x.len() && usable(i, i + 1)).then_some(i + 1);
        let third = match (before, after) {
            (Some(b), Some(a)) if (spot.x - x[b]).abs() < (spot.x - x[a]).abs() => b,
            (_, Some(a)) => a,
            (Some(b), None) => b,
            (None, None) => return Ok(chord),
        };
        // Newton's divided differences: p' = f01 + f012·(2x − x0 − x1)
        let beside = (y[third] - y[i]) / (x[third] - x[i]);
        let bend = (beside - chord) / (x[third] - x[i - 1]);
        Ok(chord + bend * (2.0 * spot.x - x[i - 1] - x[i]))
    }

    fn event(&self, event: &Event) -> Result<Spot, Trouble> {
        match event.left {
            Place::At(at) => self.place(at),
            Place::Curve(left) => crossing::find(self, left, event),
        }
    }

    /// Where an event is; a fixed place may lie outside the points.
    fn event_x(&self, event: &Event) -> Result<f64, Trouble> {
        match event.left {
            Place::At(at) => Ok(at),
            Place::Curve(_) => self.event(event).map(|s| s.x),
        }
    }
}

/// The value of a measure. `done` holds the measures of this step point that have a value, by lower-case name.
pub fn value(kind: &MeasureKind, curves: &Curves, done: &HashMap<String, f64>) -> Result<f64, Trouble> {
    if let MeasureKind::Param(expression) = kind {
        return finite(param::value(expression, done)?);
    }
    if curves.wave.is_empty() {
        return Err(Trouble::NoPoints);
    }
    let value = match kind {
        MeasureKind::Delay { from, to } => curves.event_x(to)? - curves.event_x(from)?,
        MeasureKind::FindWhen { find, when } => curves.interpolate(&curves.y(*find)?, curves.event(when)?),
        MeasureKind::FindAt { find, at } => curves.interpolate(&curves.y(*find)?, curves.place(*at)?),
        MeasureKind::When(event) => curves.event(event)?.x,
        MeasureKind::DerivWhen { of, when } => curves.slope(&curves.y(*of)?, curves.event(when)?)?,
        MeasureKind::DerivAt { of, at } => curves.slope(&curves.y(*of)?, curves.place(*at)?)?,
        MeasureKind::Over { what, of, from, to } => reduce::value(curves, *what, *of, *from, *to)?,
        MeasureKind::Param(expression) => param::value(expression, done)?,
    };
    finite(value)
}

fn finite(value: f64) -> Result<f64, Trouble> {
    value.is_finite().then_some(value).ok_or(Trouble::NotANumber)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::plan::{Edge, Reduction};
    use crate::lab::wave::tests::tran;
    use std::f64::consts::PI;

    const COLUMNS: [Option<usize>; 3] = [Some(0), Some(1), None];

    fn when(curve: usize, level: f64, edge: Edge, count: usize) -> Event {
        Event { left: Place::Curve(curve), right: level, right_of: None, edge, count, after: 0.0, from: None, to: None }
    }

    /// Curve 0: sin(2π·1kHz·t); curve 1: exp(−t/1ms). 3 ms in steps of 1 µs.
    fn sine() -> Wave {
        let times = (0..=3000).map(|k| k as f64 * 1e-6);
        tran(times, &[("V(s)", &|t| (2e3 * PI * t).sin()), ("V(e)", &|t| (-t / 1e-3).exp())])
    }

    fn get(wave: &Wave, kind: MeasureKind) -> Result<f64, Trouble> {
        value(&kind, &Curves { wave, columns: &COLUMNS }, &HashMap::new())
    }

    fn near(wave: &Wave, kind: MeasureKind, expected: f64, within: f64) {
        let got = get(wave, kind.clone()).unwrap_or_else(|e| panic!("{kind:?}: {e}"));
        assert!((got - expected).abs() <= within, "{kind:?}: {got:e} is not {expected:e}");
    }

    #[test]
    fn crossings_of_a_sine() {
        let wave = sine();
        // sin = 1/2 at 1/12 ms rising and 5/12 ms falling
        let (up, down) = (1e-3 / 12.0, 5e-3 / 12.0);
        let at = |event| MeasureKind::When(event);
        near(&wave, at(when(0, 0.5, Edge::Rise, 1)), up, 1e-9);
        near(&wave, at(when(0, 0.5, Edge::Rise, 3)), 2e-3 + up, 1e-9);
        near(&wave, at(when(0, 0.5, Edge::Fall, usize::MAX)), 2e-3 + down, 1e-9);
        near(&wave, at(when(0, 0.5, Edge::Cross, 2)), down, 1e-9);
        near(&wave, at(Event { after: 0.2e-3, ..when(0, 0.5, Edge::Fall, 2) }), 1e-3 + down, 1e-9);
        near(&wave, at(Event { from: Some(1e-3), ..when(0, 0.5, Edge::Fall, 1) }), 1e-3 + down, 1e-9);
        near(&wave, at(Event { to: Some(2e-3), ..when(0, 0.5, Edge::Fall, usize::MAX) }), 1e-3 + down, 1e-9);
        assert!(matches!(get(&wave, at(when(0, 0.5, Edge::Rise, 4))), Err(Trouble::NoCrossing(_))));
        assert!(matches!(get(&wave, at(when(0, 7.0, Edge::Cross, 1))), Err(Trouble::NoCrossing(_))));
    }

    #[test]
    fn a_curve_that_starts_on_the_level_crosses_it_there() {
        near(&sine(), MeasureKind::When(when(0, 0.0, Edge::Rise, 1)), 0.0, 1e-15);
        near(&sine(), MeasureKind::When(when(0, 0.0, Edge::Cross, 2)), 0.5e-3, 1e-12);
    }

    /// ngspice-39: `.meas tran c when v(out)=v(in) cross=1` of an RC at rest and its sine is the first true crossing.
    #[test]
    fn two_curves_that_begin_as_one_do_not_cross_there() {
        let sine = |t: f64| (2e3 * PI * t).sin();
        let times = (0..=3000).map(|k| k as f64 * 1e-6);
        let wave = tran(times, &[("V(s)", &sine), ("V(lag)", &|t| sine(t) - if t == 0.0 { 0.0 } else { 0.25 })]);
        let event = Event { right_of: Some(0), ..when(1, 0.0, Edge::Cross, 1) };
        assert!(matches!(get(&wave, MeasureKind::When(event)), Err(Trouble::NoCrossing(_))));
    }

    #[test]
    fn two_curves_meet() {
        // sin(2π t/ms) = e^(−t/ms) first at t = 0.134486 ms (Newton by hand)
        let event = Event { right_of: Some(1), ..when(0, 0.0, Edge::Rise, 1) };
        let t = get(&sine(), MeasureKind::When(event)).unwrap() / 1e-3;
        assert!(((2.0 * PI * t).sin() - (-t).exp()).abs() < 1e-5 && t < 0.25, "{t}");
    }

    #[test]
    fn delays_and_values_at_places() {
        let wave = sine();
        let delay = MeasureKind::Delay { from: when(0, 0.5, Edge::Rise, 1), to: when(0, 0.5, Edge::Fall, 1) };
        near(&wave, delay, 1e-3 / 3.0, 1e-9);
        let fixed = Event { left: Place::At(1e-3), ..when(0, 0.0, Edge::Rise, 1) };
        near(&wave, MeasureKind::Delay { from: fixed, to: when(0, 0.0, Edge::Fall, 1) }, -0.5e-3, 1e-12);
        near(&wave, MeasureKind::FindAt { find: 1, at: 1e-3 }, (-1f64).exp(), 1e-12);
        // at the first fall through 1/2, t = 5/12 ms
        let find = MeasureKind::FindWhen { find: 1, when: when(0, 0.5, Edge::Fall, 1) };
        near(&wave, find, (-5.0f64 / 12.0).exp(), 1e-6);
        assert_eq!(get(&wave, MeasureKind::FindAt { find: 1, at: 4e-3 }), Err(Trouble::Outside(4e-3, 0.0, 3e-3)));
        assert_eq!(get(&wave, MeasureKind::FindAt { find: 2, at: 1e-3 }), Err(Trouble::NoCurve));
    }

    #[test]
    fn slopes() {
        let wave = sine();
        // d/dt sin(2π·1kHz·t) at 0.3 ms; −1/τ·e^(−1/2) for the exponential
        let omega = 2e3 * PI;
        near(&wave, MeasureKind::DerivAt { of: 0, at: 0.3e-3 }, omega * (0.6 * PI).cos(), 0.05);
        near(&wave, MeasureKind::DerivAt { of: 1, at: 0.5e-3 }, -1e3 * (-0.5f64).exp(), 0.001);
        near(&wave, MeasureKind::DerivWhen { of: 0, when: when(0, 0.0, Edge::Fall, 1) }, -omega, 0.05);
    }

    #[test]
    fn reductions_over_windows() {
        let wave = sine();
        let over = |what, of, from, to| MeasureKind::Over { what, of, from, to };
        let whole = |what| over(what, 0, None, None);
        near(&wave, whole(Reduction::Average), 0.0, 1e-9);
        near(&wave, whole(Reduction::Rms), 0.5f64.sqrt(), 1e-9);
        near(&wave, whole(Reduction::PeakToPeak), 2.0, 1e-9);
        near(&wave, whole(Reduction::MaximumAt), 0.25e-3, 1e-12);
        near(&wave, whole(Reduction::MinimumAt), 0.75e-3, 1e-12);
        // half a period: 2/π; ends between two points
        near(&wave, over(Reduction::Average, 0, Some(0.0), Some(0.5e-3)), 2.0 / PI, 1e-5);
        let (a, b) = (0.10035e-3, 0.25055e-3);
        let closed = ((2e3 * PI * a).cos() - (2e3 * PI * b).cos()) / (2e3 * PI);
        near(&wave, over(Reduction::Integral, 0, Some(a), Some(b)), closed, 1e-9);
        near(&wave, over(Reduction::Maximum, 0, Some(0.3e-3), Some(0.35e-3)), (0.6 * PI).sin(), 1e-9);
        near(&wave, over(Reduction::Minimum, 1, None, None), (-3f64).exp(), 1e-12);
        assert_eq!(get(&wave, over(Reduction::Rms, 0, Some(5e-3), Some(6e-3))), Err(Trouble::EmptyWindow(5e-3, 6e-3)));
    }

    #[test]
    fn a_triangle_has_its_extremes_inside_the_window_ends() {
        // 0 → 1 → 0 with three points: every value between is interpolated
        let wave = tran([0.0, 1.0, 2.0].into_iter(), &[("V(a)", &|t| 1.0 - (t - 1.0).abs())]);
        let over = |what| MeasureKind::Over { what, of: 0, from: Some(0.25), to: Some(0.75) };
        near(&wave, over(Reduction::Minimum), 0.25, 1e-15);
        near(&wave, over(Reduction::Maximum), 0.75, 1e-15);
        near(&wave, over(Reduction::MaximumAt), 0.75, 1e-15);
        near(&wave, over(Reduction::Average), 0.5, 1e-15);
        near(&wave, over(Reduction::Integral), 0.25, 1e-15);
    }

    #[test]
    fn a_sweep_may_go_down_and_start_again() {
        // V1 from 5 to 0 twice (a nested sweep), V(a) = V1/2
        let sweep = (0..=10).map(|k| 5.0 - 0.5 * k as f64);
        let wave = tran(sweep.clone().chain(sweep), &[("V(a)", &|v| v / 2.0)]);
        near(&wave, MeasureKind::FindAt { find: 0, at: 3.3 }, 1.65, 1e-12);
        near(&wave, MeasureKind::When(when(0, 1.3, Edge::Fall, 1)), 2.6, 1e-12);
        near(&wave, MeasureKind::When(when(0, 1.3, Edge::Fall, 2)), 2.6, 1e-12);
        assert!(get(&wave, MeasureKind::When(when(0, 1.3, Edge::Rise, 1))).is_err());
        let average = MeasureKind::Over { what: Reduction::Average, of: 0, from: None, to: None };
        near(&wave, average, 1.25, 1e-12);
    }

    #[test]
    fn no_points_no_value() {
        let wave = tran(std::iter::empty(), &[("V(a)", &|t| t)]);
        let average = MeasureKind::Over { what: Reduction::Average, of: 0, from: None, to: None };
        assert_eq!(get(&wave, average), Err(Trouble::NoPoints));
    }
}
