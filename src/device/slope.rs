//! Numbers with their derivatives by two voltages: what the equations of a transistor are written in.

use std::ops::{Add, Div, Mul, Neg, Sub};

/// A value and its slopes by the first and the second voltage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slope {
    pub v: f64,
    pub by: [f64; 2],
}

impl Slope {
    pub const ZERO: Slope = Slope { v: 0.0, by: [0.0; 2] };

    #[inline(always)]
    pub fn constant(v: f64) -> Slope {
        Slope { v, by: [0.0; 2] }
    }

    /// The voltage of this place itself.
    #[inline(always)]
    pub fn voltage(v: f64, place: usize) -> Slope {
        let mut s = Slope::constant(v);
        s.by[place] = 1.0;
        s
    }

    /// f(self), where f is `v` and has this slope.
    #[inline(always)]
    pub fn chain(self, v: f64, slope: f64) -> Slope {
        Slope { v, by: self.by.map(|d| d * slope) }
    }

    /// The tangent, at voltages this far off.
    #[inline(always)]
    pub fn moved(self, off: [f64; 2]) -> f64 {
        self.v + self.by[0] * off[0] + self.by[1] * off[1]
    }

    #[inline(always)]
    pub fn sqrt(self) -> Slope {
        let root = self.v.sqrt();
        self.chain(root, 0.5 / root)
    }

    #[inline(always)]
    pub fn exp(self) -> Slope {
        let e = self.v.exp();
        self.chain(e, e)
    }
}

impl Neg for Slope {
    type Output = Slope;
    #[inline(always)]
    fn neg(self) -> Slope {
        self * -1.0
    }
}

impl Add for Slope {
    type Output = Slope;
    #[inline(always)]
    fn add(self, o: Slope) -> Slope {
        Slope { v: self.v + o.v, by: [self.by[0] + o.by[0], self.by[1] + o.by[1]] }
    }
}

impl Add<f64> for Slope {
    type Output = Slope;
    #[inline(always)]
    fn add(self, o: f64) -> Slope {
        Slope { v: self.v + o, ..self }
    }
}

impl Sub for Slope {
    type Output = Slope;
    #[inline(always)]
    fn sub(self, o: Slope) -> Slope {
        Slope { v: self.v - o.v, by: [self.by[0] - o.by[0], self.by[1] - o.by[1]] }
    }
}

#[allow(clippy::suspicious_arithmetic_impl, reason = "the product rule has a sum")]
impl Mul for Slope {
    type Output = Slope;
    #[inline(always)]
    fn mul(self, o: Slope) -> Slope {
        Slope { v: self.v * o.v, by: [0, 1].map(|k| self.by[k] * o.v + self.v * o.by[k]) }
    }
}

impl Mul<f64> for Slope {
    type Output = Slope;
    #[inline(always)]
    fn mul(self, o: f64) -> Slope {
        self.chain(self.v * o, o)
    }
}

#[allow(clippy::suspicious_arithmetic_impl, reason = "the quotient rule has a product")]
impl Div for Slope {
    type Output = Slope;
    #[inline(always)]
    fn div(self, o: Slope) -> Slope {
        let v = self.v / o.v;
        Slope { v, by: [0, 1].map(|k| (self.by[k] - v * o.by[k]) / o.v) }
    }
}
