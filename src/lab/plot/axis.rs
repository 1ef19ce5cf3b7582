//! A range of values → an axis: limits, prefix of the unit, ticks with their labels, pixels.

use super::text::{shorten, width};
use crate::lab::number::{prefix, significant, takes_prefix};

/// What an axis shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AxisName {
    /// `time`, `V(out)`
    pub name: String,
    /// `s`, without prefix; empty for pure numbers
    pub unit: String,
    pub scale: Scale,
}

impl AxisName {
    /// An axis whose scale the data choose.
    pub fn new(name: &str, unit: &str) -> AxisName {
        AxisName { name: name.into(), unit: unit.into(), scale: Scale::Automatic }
    }
}

/// How values are spread over an axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// Logarithmic where all data are positive and span more than three decades, except voltages
    #[default]
    Automatic,
    Linear,
    Log,
}

/// Beyond this a number is not drawn: its square must not overflow.
const MOST: f64 = 1e150;
/// Sizes below this are no sizes.
pub const LEAST: f64 = 1e-280;
/// Decades an automatic axis holds linearly
const DECADES: f64 = 1e3;

/// Whether a value can be drawn.
pub fn is_drawable(v: f64) -> bool {
    v.abs() <= MOST
}

/// The least and the greatest of the values that can be drawn.
pub fn bounds(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.filter(|v| is_drawable(*v)).fold(None, |seen, v| match seen {
        None => Some((v, v)),
        Some((l, h)) => Some((l.min(v), h.max(v))),
    })
}

/// Whether values are better read on a logarithmic axis: positive, more than three decades between the greatest and the
/// least, and so for one in twenty at least: a single value near zero does not bend an axis.
pub fn is_wide(values: impl Iterator<Item = f64>) -> bool {
    let values: Vec<f64> = values.filter(|v| is_drawable(*v)).collect();
    let Some((low, high)) = bounds(values.iter().copied()) else { return false };
    let small = values.iter().filter(|v| **v * DECADES < high).count();
    low > LEAST && small * 20 >= values.len().max(1)
}

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
    /// Ticks of an axis of things instead of numbers
    pub things: Vec<(f64, String)>,
    base_unit: String,
}

impl Axis {
    /// An axis that holds finite `low..=high`; `pad` is the part of the range left free at both ends.
    pub fn new(low: f64, high: f64, unit: &str, pad: f64) -> Axis {
        let size = low.abs().max(high.abs());
        // Rounding noise of a constant is not magnified.
        let (low, high) = match high - low > 1e-9 * size && size > LEAST {
            true if pad == 0.0 => rounded(low, high),
            true => (low - pad * (high - low), high + pad * (high - low)),
            false if size > LEAST => (low - 0.1 * size, high + 0.1 * size),
            false => (-1.0, 1.0),
        };
        Axis { low, high, ..Axis::plain(unit) }.scaled()
    }

    /// A logarithmic axis; 0 < low ≤ high.
    pub fn log(low: f64, high: f64, unit: &str, pad: f64) -> Axis {
        let wider = if high / low > 1.0 + 1e-9 { (high / low).powf(pad) } else { 1.5 };
        Axis { low: low / wider, high: high * wider, log: true, unit: unit.into(), ..Axis::plain(unit) }
    }

    /// An axis of indices 0 … count − 1.
    pub fn indices(count: usize) -> Axis {
        Axis { high: count.saturating_sub(1).max(1) as f64, whole: true, ..Axis::plain("") }
    }

    /// The same with ticks at whole numbers only, where asked and possible.
    pub fn with_whole(self, whole: bool) -> Axis {
        Axis { whole: whole && !self.log, ..self }
    }

    /// An axis of things at 0, 1, …
    pub fn things(names: &[String]) -> Axis {
        let things = names.iter().enumerate().map(|(k, n)| (k as f64, n.clone())).collect();
        Axis { low: -0.6, high: names.len() as f64 - 0.4, things, ..Axis::plain("") }
    }

    fn plain(unit: &str) -> Axis {
        Axis {
            low: 0.0,
            high: 1.0,
            log: false,
            whole: false,
            factor: 1.0,
            unit: unit.into(),
            things: Vec::new(),
            base_unit: unit.into(),
        }
    }

    /// Chooses the prefix, or where there is none the power of a thousand, that fits the ends.
    fn scaled(self) -> Axis {
        let size = self.low.abs().max(self.high.abs());
        let (factor, unit) = match &self.base_unit[..] {
            unit if takes_prefix(unit) => {
                let (factor, sign) = prefix(size);
                (factor, format!("{sign}{unit}"))
            }
            unit if !(1e-2..1e5).contains(&size) => {
                let exponent = 3 * (size.log10() / 3.0 + 1e-9).floor() as i32;
                (10f64.powi(exponent), format!("×10{} {unit}", superscript(exponent)).trim_end().into())
            }
            unit => (1.0, unit.into()),
        };
        Axis { factor, unit, ..self }
    }

    /// The axis that holds both; both are logarithmic or neither.
    pub fn join(&self, other: &Axis) -> Axis {
        let (low, high) = (self.low.min(other.low), self.high.max(other.high));
        let joined = Axis { low, high, whole: self.whole && other.whole, ..self.clone() };
        if self.log { joined } else { joined.scaled() }
    }

    /// Whether the other axis shows the same kind of values.
    pub fn is_like(&self, other: &Axis) -> bool {
        let numbers = self.things.is_empty() && other.things.is_empty();
        numbers && self.base_unit == other.base_unit && self.log == other.log
    }

    /// `time (µs)` in at most `room` pixels of a font of `size`: a long name loses its middle, never its unit.
    pub fn title(&self, name: &str, size: f64, room: f64) -> String {
        let unit = if self.unit.is_empty() { String::new() } else { format!(" ({})", self.unit) };
        let name = shorten(name, size, room - width(&unit, size));
        format!("{name}{unit}").trim_start().into()
    }

    /// Where a value lies: 0 at the low end, 1 at the high end.
    pub fn part(&self, v: f64) -> f64 {
        match self.log {
            true => (v / self.low).ln() / (self.high / self.low).ln(),
            false => (v - self.low) / (self.high - self.low),
        }
    }

    /// As many ticks as have room on `length` pixels, at most about `wanted`; `room` is what a label needs.
    pub fn fitting(&self, length: f64, wanted: usize, room: impl Fn(&str) -> f64) -> Vec<(f64, String)> {
        let fits = |ticks: &[(f64, String)]| {
            ticks.windows(2).all(|t| {
                let apart = (self.part(t[1].0) - self.part(t[0].0)).abs() * length;
                apart >= 0.5 * (room(&t[0].1) + room(&t[1].1))
            })
        };
        let fewer = (1..=wanted.max(1)).rev().map(|n| self.ticks(n));
        fewer.into_iter().find(|t| fits(t)).unwrap_or_else(|| self.ticks(1).into_iter().take(1).collect())
    }

    /// Values and labels, about `wanted` of them.
    pub fn ticks(&self, wanted: usize) -> Vec<(f64, String)> {
        if !self.things.is_empty() {
            let every = self.things.len().div_ceil(wanted.max(1));
            return self.things.iter().step_by(every).cloned().collect();
        }
        if self.log {
            return self.decades(wanted);
        }
        let about = (self.high - self.low) / wanted.max(1) as f64;
        let angle = [15.0, 30.0, 45.0, 90.0, 180.0].into_iter().find(|a| *a >= 0.8 * about);
        let step = angle.filter(|_| self.unit == "°" && about > 10.0).unwrap_or(nice(about));
        let step = if self.whole { step.max(1.0) } else { step };
        let (first, last) = ((self.low / step - 1e-6).ceil() as i64, (self.high / step + 1e-6).floor() as i64);
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
            .map(|v| (v, self.label_of_decade(v)))
            .collect()
    }

    /// `10µ` of what takes prefixes; `0.01` or `10⁻⁵` of pure numbers.
    fn label_of_decade(&self, v: f64) -> String {
        if takes_prefix(&self.base_unit) {
            let (factor, sign) = prefix(v);
            return format!("{}{sign}", significant(v / factor, 3));
        }
        if self.low >= 0.9e-3 && self.high <= 1.1e4 {
            return significant(v, 3);
        }
        let exponent = (v.log10() + 1e-9).floor();
        let first = match significant(v / 10f64.powf(exponent), 3) {
            one if one == "1" => String::new(),
            more => format!("{more}·"),
        };
        format!("{first}10{}", superscript(exponent as i32))
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

/// Ends a hair inside round numbers are those numbers: what was sampled from 1.0005 s on began at 1 s.
fn rounded(low: f64, high: f64) -> (f64, f64) {
    const HAIR: f64 = 2e-3;
    let step = nice((high - low) / 8.0);
    let round = |v: f64| (v / step).round() * step;
    let near = |v: f64, outside: f64| if (v - outside).abs() < HAIR * (high - low) { outside } else { v };
    (near(low, low.min(round(low))), near(high, high.max(round(high))))
}

/// `⁻³`
fn superscript(v: i32) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let digit = |c: char| c.to_digit(10).map_or('⁻', |d| DIGITS[d as usize]);
    v.to_string().chars().map(digit).collect()
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
    fn an_axis_begins_at_a_round_number_that_is_near() {
        let axis = Axis::new(1.0005, 3.0, "s", 0.0);
        assert_eq!((axis.low, axis.high), (1.0, 3.0));
        assert_eq!(Axis::new(1.05, 3.0, "s", 0.0).low, 1.05);
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
        let axis = Axis::log(10.0, 1e6, "Hz", 0.0);
        assert_eq!(labels(&axis, 8), ["10", "100", "1k", "10k", "100k", "1M"]);
        assert_eq!(labels(&Axis::log(10.0, 1e3, "Hz", 0.0), 8), ["10", "20", "50", "100", "200", "500", "1k"]);
        assert_eq!(axis.part(1e6), 1.0);
    }

    #[test]
    fn pure_numbers_have_powers_of_ten() {
        let axis = Axis::new(0.0, 3e-4, "", 0.0);
        assert_eq!(axis.title("X1.g", 14.0, 200.0), "X1.g (×10⁻⁶)");
        assert_eq!(labels(&axis, 3), ["0", "100", "200", "300"]);
        assert_eq!(Axis::new(0.0, 0.3, "", 0.0).title("x", 14.0, 200.0), "x");
        let long = Axis::new(0.0, 0.3, "V", 0.0).title("V(X1.Xbar.Xcell[12,7].inner)", 14.0, 120.0);
        assert!(long.starts_with("V(X") && long.contains('…') && long.ends_with(" (mV)"), "{long}");
        assert_eq!(labels(&Axis::log(1e-6, 1.0, "", 0.0), 3), ["10⁻⁶", "10⁻⁴", "10⁻²", "10⁰"]);
        assert_eq!(labels(&Axis::log(0.01, 100.0, "", 0.0), 8), ["0.01", "0.1", "1", "10", "100"]);
        assert_eq!(labels(&Axis::log(1e-6, 1e-3, "S", 0.0), 8), ["1µ", "10µ", "100µ", "1m"]);
    }

    #[test]
    fn one_small_value_does_not_make_an_axis_logarithmic() {
        assert!(is_wide([1e-9, 1e-6, 1e-3, 1.0].into_iter()));
        assert!(!is_wide((0..100).map(|k| if k == 7 { 1e-15 } else { 1.0 })));
        assert!(!is_wide([0.0, 1e-6, 1.0].into_iter()));
        assert!(!is_wide([1.0, 999.0].into_iter()));
        assert!(!is_wide(std::iter::empty()));
    }

    #[test]
    fn labels_have_room() {
        let axis = Axis::new(0.0, 1e4, "V", 0.0);
        let ticks = axis.fitting(100.0, 10, |label| 30.0 + 7.0 * label.len() as f64);
        assert!((2..=3).contains(&ticks.len()), "{ticks:?}");
        let things = Axis::things(&["a very long name".into(), "another long name".into()]);
        assert_eq!(things.fitting(100.0, 10, |label| 7.0 * label.len() as f64).len(), 1);
    }

    #[test]
    fn any_range_has_ticks() {
        let ends = [-1e150, -1e9, -1.0, -1e-200, 0.0, 5e-324, 1e-12, 1.0, 1.0 + 1e-12, 1e150];
        for low in ends {
            for high in ends.into_iter().filter(|h| *h >= low) {
                let axis = Axis::new(low, high, "V", 0.05);
                let ticks = axis.ticks(6);
                assert!(ticks.len() < 30 && axis.part(low).is_finite() && axis.part(high).is_finite(), "{axis:?}");
                if low > 1e-280 {
                    assert!(Axis::log(low, high, "V", 0.05).ticks(6).len() < 30);
                }
            }
        }
    }
}
