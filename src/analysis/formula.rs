//! Integration formulas: what dQ/dt is at the end of a step, and how far the step is from the truth.
//!
//! With steps h = t₁ − t₀ and h₋ = t₀ − t₋₁, every formula reads dQ/dt(t₁) = a·Q₁ + b·Q₀ + c·Q₋₁ + d·dQ/dt(t₀):
//!
//! | formula | a | b | c | d | local error |
//! |---|---|---|---|---|---|
//! | backward Euler | 1/h | −1/h | 0 | 0 | h²/2·x″ |
//! | trapezoidal | 2/h | −2/h | 0 | −1 | h³/12·x‴ |
//! | Gear-2 (BDF2), ρ = h/h₋ | (1+2ρ)/((1+ρ)h) | −(1+ρ)/h | ρ²/((1+ρ)h) | 0 | h²(h+h₋)²/(6(2h+h₋))·x‴ |
//!
//! Source: Hairer, Nørsett, Wanner, Solving Ordinary Differential Equations I, III.5; Brayton, Gustavson, Hachtel,
//! Proc. IEEE 60 (1972) 98.

use serde::{Deserialize, Serialize};

use crate::circuit::plan::Method;

/// A step more than so many times as long as the one before is a leap.
const LEAP: f64 = 2.1;

/// A formula of fixed order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Formula {
    Euler,
    Trapezoidal,
    Gear2,
}

/// dQ/dt(t₁) = a·Q₁ + b·Q₀ + c·Q₋₁ + d·dQ/dt(t₀); 1/s except `d`.
#[derive(Clone, Copy, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Coefficients {
    pub a: f64,
    pub b: f64,
    pub c: f64,
    pub d: f64,
}

impl Formula {
    /// The formula of a method when `points` accepted points (with their charges) are known since the last restart and a step is
    /// `growth` times as long as the one before.
    ///
    /// The trapezoidal rule leaps with Gear-2: what the short step followed and the long one cannot would ring under the rule for
    /// ever after. The error of a leap is hardly larger by it. `damp`: what rings shall not be followed.
    pub fn choose(method: Method, maxord: usize, points: usize, growth: f64, damp: bool) -> Formula {
        match method {
            _ if maxord < 2 || points < 2 => Formula::Euler,
            Method::Euler => Formula::Euler,
            Method::Automatic if damp => Formula::Gear2,
            Method::Automatic | Method::Trapezoidal if growth > LEAP => Formula::Gear2,
            Method::Automatic | Method::Trapezoidal => Formula::Trapezoidal,
            Method::Gear => Formula::Gear2,
        }
    }

    pub fn order(self) -> i32 {
        match self {
            Formula::Euler => 1,
            Formula::Trapezoidal | Formula::Gear2 => 2,
        }
    }

    /// `before` is h₋ and only matters to Gear-2.
    pub fn coefficients(self, h: f64, before: f64) -> Coefficients {
        match self {
            Formula::Euler => Coefficients { a: 1.0 / h, b: -1.0 / h, c: 0.0, d: 0.0 },
            Formula::Trapezoidal => Coefficients { a: 2.0 / h, b: -2.0 / h, c: 0.0, d: -1.0 },
            Formula::Gear2 => {
                let r = h / before;
                Coefficients {
                    a: (1.0 + 2.0 * r) / ((1.0 + r) * h),
                    b: -(1.0 + r) / h,
                    c: r * r / ((1.0 + r) * h),
                    d: 0.0,
                }
            }
        }
    }

    /// The share of (corrected − predicted) that is the corrector's own local error, when the prediction is the
    /// polynomial through the last `order + 1` points, `h1` and `h2` being the steps before this one.
    ///
    /// With prediction error P·x⁽ᵏ⁾ and corrector error −E·x⁽ᵏ⁾ the difference is (P + E)·x⁽ᵏ⁾, hence E/(P + E)
    /// (Milne's device).
    pub fn error_share(self, h: f64, h1: f64, h2: f64) -> f64 {
        let (error, prediction) = match self {
            Formula::Euler => (h * h / 2.0, h * (h + h1) / 2.0),
            Formula::Trapezoidal => (h * h * h / 12.0, h * (h + h1) * (h + h1 + h2) / 6.0),
            Formula::Gear2 => {
                (h * h * (h + h1) * (h + h1) / (6.0 * (2.0 * h + h1)), h * (h + h1) * (h + h1 + h2) / 6.0)
            }
        };
        error / (prediction + error)
    }
}

/// Weights of the last accepted values (newest first) in the polynomial that extrapolates them by `h`.
/// With one point it is constant, with two linear, with three quadratic.
pub fn extrapolation(points: usize, h: f64, h1: f64, h2: f64) -> [f64; 3] {
    match points {
        0 | 1 => [1.0, 0.0, 0.0],
        2 => [1.0 + h / h1, -h / h1, 0.0],
        _ => {
            // Lagrange through 0, −h1, −(h1 + h2), at h.
            let (p, q) = (h + h1, h + h1 + h2);
            [p * q / (h1 * (h1 + h2)), -h * q / (h1 * h2), h * p / ((h1 + h2) * h2)]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A formula of order k is exact for polynomials of degree k.
    #[test]
    fn formulas_are_exact_to_their_order() {
        let (h, h1) = (0.3, 0.5);
        for (formula, degree) in [(Formula::Euler, 1), (Formula::Trapezoidal, 2), (Formula::Gear2, 2)] {
            let c = formula.coefficients(h, h1);
            let q = |t: f64| t.powi(degree) + 2.0;
            let dq = |t: f64| degree as f64 * t.powi(degree - 1);
            let got = c.a * q(1.0) + c.b * q(1.0 - h) + c.c * q(1.0 - h - h1) + c.d * dq(1.0 - h);
            assert!((got - dq(1.0)).abs() < 1e-12, "{formula:?}: {got}");
        }
    }

    #[test]
    fn extrapolation_is_exact_for_a_parabola() {
        let (h, h1, h2) = (0.2, 0.3, 0.7);
        let f = |t: f64| 1.0 - 3.0 * t + 2.0 * t * t;
        let w = extrapolation(3, h, h1, h2);
        let got = w[0] * f(0.0) + w[1] * f(-h1) + w[2] * f(-h1 - h2);
        assert!((got - f(h)).abs() < 1e-12);
    }

    /// One step on x‴ = const: the share times the difference is the true local error.
    #[test]
    fn error_share_of_a_cubic() {
        let (h, h1, h2) = (0.2, 0.3, 0.25);
        let x = |t: f64| t.powi(3);
        let w = extrapolation(3, h, h1, h2);
        let predicted = w[0] * x(0.0) + w[1] * x(-h1) + w[2] * x(-h1 - h2);
        // Corrected values solve dx/dt(h) = 3h² for x₁.
        for formula in [Formula::Trapezoidal, Formula::Gear2] {
            let c = formula.coefficients(h, h1);
            let corrected = (3.0 * h * h - c.b * x(0.0) - c.c * x(-h1)) / c.a;
            let estimate = formula.error_share(h, h1, h2) * (corrected - predicted);
            let truth = corrected - x(h);
            assert!((estimate.abs() - truth.abs()).abs() < 1e-12, "{formula:?}: {estimate} {truth}");
        }
    }
}
