//! exp by Cody–Waite reduction to |r| ≤ ln 2 / 2 and the rational approximation of the Cephes library.
//!
//! e^r = 1 + 2·r·P(r²) / (Q(r²) − r·P(r²)). Source: S. L. Moshier, Cephes Mathematical Library, `exp.c`.

use super::choose;

/// 1.5 · 2⁵²: adding it rounds to an integer that then stands in the low bits.
pub(super) const ROUND: f64 = 6755399441055744.0;

const LN2_HIGH: f64 = 6.931_457_519_531_25e-1;
const LN2_LOW: f64 = 1.428_606_820_309_417_2e-6;

const P: [f64; 3] = [1.261_771_930_748_105_9e-4, 3.029_944_077_074_419_6e-2, 1.0];
const Q: [f64; 4] = [3.001_985_051_386_644_6e-6, 2.524_483_403_496_841e-3, 2.272_655_482_081_550_3e-1, 2.0];

/// Arguments outside are taken as these: e^−708 = 3.3e-308 and, of powers, e^709 = 8.2e307.
const LOWEST: f64 = -708.0;
const HIGHEST: f64 = 709.0;
/// e^690 = 5e299: slopes of it, millions of times larger, are still numbers.
pub const EXP_TO: f64 = 690.0;

/// e^x; x below −708 counts as −708 and above 690 as 690.
#[inline(always)]
pub fn exp(x: f64) -> f64 {
    exp_sum(if x > EXP_TO { EXP_TO } else { x }, 0.0)
}

/// e^(x + low) for a small correction |low| ≪ 1.
#[inline(always)]
pub(super) fn exp_sum(x: f64, low: f64) -> f64 {
    let inside = (x > LOWEST) & (x < HIGHEST);
    let x = if x < LOWEST { LOWEST } else { x };
    let x = if x > HIGHEST { HIGHEST } else { x };
    let low = choose(inside, low, 0.0);
    let shifted = x * std::f64::consts::LOG2_E + ROUND;
    let k = shifted - ROUND;
    let r = (x - k * LN2_HIGH) - (k * LN2_LOW - low);
    let z = r * r;
    let p = r * ((P[0] * z + P[1]) * z + P[2]);
    let q = ((Q[0] * z + Q[1]) * z + Q[2]) * z + Q[3];
    let mantissa = 1.0 + 2.0 * (p / (q - p));
    let scale = f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52);
    mantissa * scale
}

/// Where [`limexp`] goes on as a straight line.
pub const LIMEXP_FROM: f64 = 80.0;

/// e^x up to x = 80, then its tangent there: e^80·(1 + x − 80).
#[inline(always)]
pub fn limexp(x: f64) -> f64 {
    let below = if x > LIMEXP_FROM { LIMEXP_FROM } else { x };
    let e = exp(below);
    e + e * (x - below)
}

#[cfg(test)]
mod tests {
    use super::super::measure::{grid, relative};
    use super::*;

    #[test]
    fn exp_is_good_to_4e_16() {
        let (error, x) = relative(grid(-707.9, 689.9, 400_000).chain(grid(-1.0, 1.0, 200_000)), exp, f64::exp);
        assert!(error < 4e-16, "{error:e} at {x}");
        assert_eq!(exp(0.0), 1.0);
    }

    #[test]
    fn exp_saturates() {
        assert_eq!(exp(1e6), exp(690.0));
        assert_eq!(exp(-1e6), exp(-708.0));
        assert!(exp(f64::NAN).is_nan());
    }

    #[test]
    fn limexp_is_its_tangent_above_80() {
        assert_eq!(limexp(30.0), exp(30.0));
        let (e, slope) = (exp(80.0), (limexp(90.0) - limexp(85.0)) / 5.0);
        assert!((slope / e - 1.0).abs() < 1e-14);
    }
}
