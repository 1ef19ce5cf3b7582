//! A range of values → an axis: limits, prefix of the unit, ticks with their labels, pixels.

use crate::lab::number::{prefix, significant, takes_prefix};

/// One axis of a panel, in the values' own units.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    pub low: f64,
    pub high: f64,
    pub log: bool,
    /// Only whole numbers mean something: no ticks between.
    pub whole: bool,
    /// Values are shown divided by this.
    pub factor: f64,
    /// With its prefix: `µs`
    pub unit: String,
}

impl Axis {
    /// An axis that holds finite `low..=high`; `pad` is the part of the range left free at both ends.
    pub fn new(low: f64, high: f64, unit: &str, pad: f64) -> Axis {
        let size = low.abs().max(high.abs());
        // Rounding noise of a constant is not magnified.
        let (low, high) = match high - low > 1e-9 * size {
            true => (low - pad * (high - low), high + pad * (high - low)),
            false if size > 0.0 => (low - 0.1 * size, high + 0.1 * size),
            false => (-1.0, 1.0),
        };
        let (factor, sign) = if takes_prefix(unit) { prefix(low.abs().max(high.abs())) } else { (1.0, "") };
        Axis { low, high, log: false, whole: false, factor, unit: format!("{sign}{unit}") }
    }

    /// A logarithmic axis; 0 < low < high.
    pub fn log(low: f64, high: f64, unit: &str) -> Axis {
        Axis { low, high, log: true, whole: false, factor: 1.0, unit: unit.into() }
    }

    /// Where a value lies: 0 at the low end, 1 at the high end.
    pub fn part(&self, v: f64) -> f64 {
        match self.log {
            true => (v / self.low).ln() / (self.high / self.low).ln(),
            false => (v - self.low) / (self.high - self.low),
        }
    }

    /// Values and labels, about `wanted` of them.
    pub fn ticks(&self, wanted: usize) -> Vec<(f64, String)> {
        if self.log {
            return self.decades(wanted);
        }
        let about = (self.high - self.low) / wanted.max(1) as f64;
        let angle = [15.0, 30.0, 45.0, 90.0, 180.0].into_iter().find(|a| *a >= 0.8 * about);
        let step = angle.filter(|_| self.unit == "°" && about > 10.0).unwrap_or(nice(about));
        let step = if self.whole { step.max(1.0) } else { step };
        let (first, last) = ((self.low / step).ceil() as i64, (self.high / step).floor() as i64);
        // Digits that tell a tick from the next
        let shown = step / self.factor;
        let digits = |v: f64| ((v / self.factor).abs().max(shown) / shown).log10().floor().max(0.0) as usize + 2;
        (first..=last).map(|k| k as f64 * step).map(|v| (v, minus(&significant(v / self.factor, digits(v))))).collect()
    }

    /// Powers of ten, with 2 and 5 between where there are few.
    fn decades(&self, wanted: usize) -> Vec<(f64, String)> {
        let (from, to) = (self.low.log10().floor() as i32, self.high.log10().ceil() as i32);
        let every = ((to - from) as usize).div_ceil(wanted.max(1)).max(1);
        let inside = |v: &f64| (self.low * (1.0 - 1e-9)..=self.high * (1.0 + 1e-9)).contains(v);
        let between: &[f64] = if to - from <= 2 { &[1.0, 2.0, 5.0] } else { &[1.0] };
        (from..=to)
            .step_by(every)
            .flat_map(|e| between.iter().map(move |b| b * 10f64.powi(e)))
            .filter(inside)
            .map(|v| {
                let (factor, sign) = prefix(v);
                (v, format!("{}{sign}", significant(v / factor, 3)))
            })
            .collect()
    }

    /// Lines between ticks: 2 … 9 of each decade.
    pub fn minor(&self) -> Vec<f64> {
        if !self.log || (self.high / self.low) > 1e9 {
            return Vec::new();
        }
        let (from, to) = (self.low.log10().floor() as i32, self.high.log10().ceil() as i32);
        let lines = (from..=to).flat_map(|e| (2..10).map(move |k| k as f64 * 10f64.powi(e)));
        lines.filter(|v| (self.low..=self.high).contains(v)).collect()
    }
}

/// A minus sign as long as a plus.
fn minus(text: &str) -> String {
    match text.strip_prefix('-') {
        Some(rest) => format!("−{rest}"),
        None => text.into(),
    }
}

/// The nearest of 1, 2, 5 times a power of ten.
fn nice(v: f64) -> f64 {
    let power = 10f64.powf(v.log10().floor());
    let bounds = [(1.5, 1.0), (3.5, 2.0), (7.5, 5.0)];
    bounds.into_iter().find(|(most, _)| v / power < *most).map_or(10.0, |(_, f)| f) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis, wanted: usize) -> Vec<String> {
        axis.ticks(wanted).into_iter().map(|t| t.1).collect()
    }

    #[test]
    fn ticks_are_round_and_in_the_prefix_of_the_largest() {
        let axis = Axis::new(0.0, 3e-6, "s", 0.0);
        assert_eq!(axis.unit, "µs");
        assert_eq!(labels(&axis, 6), ["0", "0.5", "1", "1.5", "2", "2.5", "3"]);
        assert_eq!(labels(&Axis::new(-0.2, 0.2, "V", 0.05), 4), ["−200", "−100", "0", "100", "200"]);
    }

    #[test]
    fn ticks_far_from_zero_differ() {
        assert_eq!(labels(&Axis::new(5.0001, 5.0004, "V", 0.0), 3), ["5.0001", "5.0002", "5.0003", "5.0004"]);
    }

    #[test]
    fn numbers_of_things_are_whole() {
        let axis = Axis { whole: true, ..Axis::new(0.0, 3.0, "", 0.03) };
        assert_eq!(labels(&axis, 8), ["0", "1", "2", "3"]);
    }

    #[test]
    fn a_constant_has_room_around_it() {
        let axis = Axis::new(2.0, 2.0, "V", 0.05);
        assert!(axis.low < 2.0 && axis.high > 2.0);
        assert!((axis.part(2.0) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn decades() {
        let axis = Axis::log(10.0, 1e6, "Hz");
        assert_eq!(labels(&axis, 8), ["10", "100", "1k", "10k", "100k", "1M"]);
        assert_eq!(labels(&Axis::log(10.0, 1e3, "Hz"), 8), ["10", "20", "50", "100", "200", "500", "1k"]);
        assert_eq!(axis.part(1e6), 1.0);
    }
}
