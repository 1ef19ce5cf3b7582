//! sin, cos, tan by reduction to |r| ≤ π/4 in three parts of π/2 and the polynomials of fdlibm.
//!
//! Up to |x| = 1.6e6 the reduction is exact to about 2⁻⁹⁰; beyond, the error is that of an argument rounded to a double
//! (ε·|x|), and from 2⁵¹ on, where a double no longer tells one period from the next, the value is that of 0.
//! Source: fdlibm `k_sin.c`, `k_cos.c`.

use super::exp::ROUND;

const HALF_PI_1: f64 = 1.570_796_326_734_125_6;
const HALF_PI_2: f64 = 6.077_100_506_303_966e-11;
const HALF_PI_3: f64 = 2.022_266_248_795_950_6e-21;

const S: [f64; 6] = [
    -1.666_666_666_666_663_2e-1,
    8.333_333_333_322_49e-3,
    -1.984_126_982_985_795e-4,
    2.755_731_370_707_007e-6,
    -2.505_076_025_340_686_3e-8,
    1.589_690_995_211_55e-10,
];
const C: [f64; 6] = [
    4.166_666_666_666_66e-2,
    -1.388_888_888_887_411e-3,
    2.480_158_728_947_673e-5,
    -2.755_731_435_139_066_3e-7,
    2.087_572_321_298_175e-9,
    -1.135_964_755_778_819_5e-11,
];

/// (sin r, cos r, quadrant) with x = quadrant·π/2 + r; only the two lowest bits of the quadrant matter.
#[inline(always)]
fn reduced(x: f64) -> (f64, f64, u64) {
    let x = if x.abs() > 2251799813685248.0 { 0.0 } else { x };
    let shifted = x * std::f64::consts::FRAC_2_PI + ROUND;
    let k = shifted - ROUND;
    let a = x - k * HALF_PI_1;
    let b = k * HALF_PI_2;
    let high = a - b;
    let low = ((a - high) - b) - k * HALF_PI_3;
    let r = high + low;
    let low = low - (r - high);
    let z = r * r;
    let sine = S[1] + z * (S[2] + z * (S[3] + z * (S[4] + z * S[5])));
    let sine = r - ((z * (0.5 * low - z * r * sine) - low) - z * r * S[0]);
    let cosine = z * (C[0] + z * (C[1] + z * (C[2] + z * (C[3] + z * (C[4] + z * C[5])))));
    let half = 0.5 * z;
    let one = 1.0 - half;
    let cosine = one + (((1.0 - one) - half) + (z * cosine - r * low));
    (sine, cosine, shifted.to_bits())
}

/// The first where the quadrant is even, the second where it is odd, negative in the third and fourth.
#[inline(always)]
fn quadrant(even: f64, odd: f64, quadrant: u64) -> f64 {
    let mask = (quadrant & 1).wrapping_neg();
    let chosen = (even.to_bits() & !mask) | (odd.to_bits() & mask);
    f64::from_bits(chosen ^ ((quadrant & 2) << 62))
}

/// Sine of x radians.
#[inline(always)]
pub fn sin(x: f64) -> f64 {
    let (s, c, q) = reduced(x);
    quadrant(s, c, q)
}

/// Cosine of x radians.
#[inline(always)]
pub fn cos(x: f64) -> f64 {
    let (s, c, q) = reduced(x);
    quadrant(s, c, q.wrapping_add(1))
}

/// Tangent of x radians; no double is so close to a pole that it overflows.
#[inline(always)]
pub fn tan(x: f64) -> f64 {
    let (s, c, q) = reduced(x);
    let odd = (q & 1).wrapping_neg();
    let top = (s.to_bits() & !odd) | (c.to_bits() & odd);
    let bottom = (c.to_bits() & !odd) | (s.to_bits() & odd);
    f64::from_bits(top ^ ((q & 1) << 63)) / f64::from_bits(bottom)
}

#[cfg(test)]
mod tests {
    use super::super::measure::grid;
    use super::*;

    #[test]
    fn sin_cos_tan_are_good_to_4e_16() {
        for x in grid(-10.0, 10.0, 100_000).chain(grid(-1.5e6, 1.5e6, 100_000)).chain(grid(-1e-8, 1e-8, 100)) {
            for (name, ours, exact) in [("sin", sin(x), x.sin()), ("cos", cos(x), x.cos()), ("tan", tan(x), x.tan())] {
                assert!((ours - exact).abs() <= 4e-16 * exact.abs(), "{name}({x:e}) = {ours:e}, not {exact:e}");
            }
        }
    }

    #[test]
    fn beyond_the_exact_reduction_the_error_is_that_of_a_rounded_argument() {
        for x in grid(2e6, 1e12, 100_000) {
            assert!((sin(x) - x.sin()).abs() < 2.3e-16 * x, "{x}");
        }
        assert!(sin(1e300).abs() <= 1.0);
    }

    #[test]
    fn multiples_of_half_pi() {
        use std::f64::consts::PI;
        assert_eq!(sin(0.0), 0.0);
        assert_eq!(cos(0.0), 1.0);
        assert_eq!(cos(PI), -1.0);
        assert_eq!(sin(-PI / 2.0), -1.0);
        assert_eq!(sin(PI), PI.sin());
    }
}
