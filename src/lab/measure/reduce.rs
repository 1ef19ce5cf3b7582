//! A curve over a window → its average, effective value, extremes, integral.

use super::{Curves, Trouble};
use crate::circuit::plan::Reduction;

/// A reduction from `from` to `to` (the whole wave where None); curves are interpolated at the ends of the window.
///
/// Integrals are sums of trapezoids of y, for the effective value of y², as in ngspice; they run toward larger values of
/// the independent variable.
pub(super) fn value(
    curves: &Curves,
    what: Reduction,
    of: usize,
    from: Option<f64>,
    to: Option<f64>,
) -> Result<f64, Trouble> {
    let (x, y) = (curves.x(), curves.y(of)?);
    let (low, high) = (from.unwrap_or(f64::NEG_INFINITY), to.unwrap_or(f64::INFINITY));
    let mut seen = Seen::new();
    if x.len() == 1 && (low..=high).contains(&x[0]) {
        seen.point(x[0], y[0]);
    }
    for i in curves.stretches() {
        let ((xa, ya), (xb, yb)) = ((x[i - 1], y[i - 1]), (x[i], y[i]));
        let at = |x: f64| if xa == xb { yb } else { ya + (yb - ya) * ((x - xa) / (xb - xa)) };
        let clip = |x: f64, y: f64| if (low..=high).contains(&x) { (x, y) } else { (x.clamp(low, high), f64::NAN) };
        if xa.max(xb) < low || xa.min(xb) > high || low > high {
            continue;
        }
        let ends = [clip(xa, ya), clip(xb, yb)].map(|(x, y)| (x, if y.is_nan() { at(x) } else { y }));
        seen.stretch(ends[0], ends[1]);
    }
    seen.value(what).ok_or_else(|| Trouble::EmptyWindow(from.unwrap_or(least(x)), to.unwrap_or(most(x))))
}

fn least(x: &[f64]) -> f64 {
    x.iter().copied().fold(f64::INFINITY, f64::min)
}

fn most(x: &[f64]) -> f64 {
    x.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

/// What has been gathered along the window.
struct Seen {
    /// (place, value)
    least: (f64, f64),
    most: (f64, f64),
    length: f64,
    integral: f64,
    squares: f64,
    any: bool,
}

impl Seen {
    fn new() -> Seen {
        let nowhere = f64::NAN;
        Seen {
            least: (nowhere, f64::INFINITY),
            most: (nowhere, f64::NEG_INFINITY),
            length: 0.0,
            integral: 0.0,
            squares: 0.0,
            any: false,
        }
    }

    fn point(&mut self, x: f64, y: f64) {
        self.any = true;
        if y < self.least.1 {
            self.least = (x, y);
        }
        if y > self.most.1 {
            self.most = (x, y);
        }
    }

    fn stretch(&mut self, a: (f64, f64), b: (f64, f64)) {
        self.point(a.0, a.1);
        self.point(b.0, b.1);
        let dx = (b.0 - a.0).abs();
        self.length += dx;
        self.integral += 0.5 * dx * (a.1 + b.1);
        self.squares += 0.5 * dx * (a.1 * a.1 + b.1 * b.1);
    }

    fn value(&self, what: Reduction) -> Option<f64> {
        let long = self.any && self.length > 0.0;
        match what {
            Reduction::Average => long.then_some(self.integral / self.length),
            Reduction::Rms => long.then_some((self.squares / self.length).sqrt()),
            Reduction::Integral => self.any.then_some(self.integral),
            Reduction::PeakToPeak => self.any.then_some(self.most.1 - self.least.1),
            Reduction::Minimum => self.any.then_some(self.least.1),
            Reduction::Maximum => self.any.then_some(self.most.1),
            Reduction::MinimumAt => self.any.then_some(self.least.0),
            Reduction::MaximumAt => self.any.then_some(self.most.0),
        }
    }
}
