//! Inverse trigonometric functions: atan by the rational approximation of the Cephes library on |x| ≤ 0.66, the others by it.
//!
//! Source: S. L. Moshier, Cephes Mathematical Library, `atan.c`.

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};

use super::div;

const P: [f64; 5] = [
    -8.750_608_600_031_904e-1,
    -1.615_753_718_733_365e1,
    -7.500_855_792_314_705e1,
    -1.228_866_684_490_136_1e2,
    -6.485_021_904_942_025e1,
];
const Q: [f64; 5] = [
    2.485_846_490_142_306_3e1,
    1.650_270_098_316_988_5e2,
    4.328_810_604_912_902_7e2,
    4.853_903_996_359_137e2,
    1.945_506_571_482_614e2,
];
const TAN_3_PI_8: f64 = 2.414_213_562_373_095;
/// π/2 − [`FRAC_PI_2`]
const FRAC_PI_2_LOW: f64 = 6.123_233_995_736_766e-17;

/// Arctangent, in radians.
#[inline(always)]
pub fn atan(x: f64) -> f64 {
    let a = x.abs();
    let far = a > TAN_3_PI_8;
    let middle = a > 0.66;
    let near = if middle { (a - 1.0) / (a + 1.0) } else { a };
    let t = if far { -1.0 / a } else { near };
    let base = if middle { FRAC_PI_4 } else { 0.0 };
    let base = if far { FRAC_PI_2 } else { base };
    let lost = if middle { 0.5 * FRAC_PI_2_LOW } else { 0.0 };
    let lost = if far { FRAC_PI_2_LOW } else { lost };
    let z = t * t;
    let p = (((P[0] * z + P[1]) * z + P[2]) * z + P[3]) * z + P[4];
    let q = ((((z + Q[0]) * z + Q[1]) * z + Q[2]) * z + Q[3]) * z + Q[4];
    let angle = base + ((t * (z * p / q) + lost) + t);
    if x < 0.0 { -angle } else { angle }
}

/// Angle of the point (x, y), in (−π, π]; 0 at the origin.
#[inline(always)]
pub fn atan2(y: f64, x: f64) -> f64 {
    let angle = atan(div(y.abs(), x.abs()));
    let angle = if x < 0.0 { PI - angle } else { angle };
    if y < 0.0 { -angle } else { angle }
}

/// Arcsine, in radians; |x| above 1 counts as 1.
#[inline(always)]
pub fn asin(x: f64) -> f64 {
    let x = if x > 1.0 { 1.0 } else { x };
    let x = if x < -1.0 { -1.0 } else { x };
    atan(div(x, ((1.0 - x) * (1.0 + x)).sqrt()))
}

/// Arccosine, in radians; |x| above 1 counts as 1.
#[inline(always)]
pub fn acos(x: f64) -> f64 {
    let x = if x > 1.0 { 1.0 } else { x };
    let x = if x < -1.0 { -1.0 } else { x };
    2.0 * atan(div(1.0 - x, 1.0 + x).sqrt())
}

#[cfg(test)]
mod tests {
    use super::super::measure::{grid, relative};
    use super::*;

    #[test]
    fn inverse_functions_are_good_to_1e_15() {
        let (error, x) = relative(grid(-10.0, 10.0, 100_000).chain(grid(-1e6, 1e6, 10_000)), atan, f64::atan);
        assert!(error < 5e-16, "atan: {error:e} at {x:e}");
        let (error, x) = relative(grid(-1.0, 1.0, 100_000), asin, f64::asin);
        assert!(error < 1e-15, "asin: {error:e} at {x:e}");
        let (error, x) = relative(grid(-1.0, 1.0, 100_000), acos, f64::acos);
        assert!(error < 1e-15, "acos: {error:e} at {x:e}");
    }

    #[test]
    fn the_ends() {
        assert_eq!(asin(1.0), FRAC_PI_2);
        assert_eq!(asin(-2.0), -FRAC_PI_2);
        assert_eq!(acos(-1.0), PI);
        assert_eq!(acos(1.0), 0.0);
    }

    #[test]
    fn angles_of_all_quadrants() {
        for (y, x) in
            [(1.0, 2.0), (1.0, -2.0), (-1.0, -2.0), (-1.0, 2.0), (3.0, 0.0), (-3.0, 0.0), (0.0, -1.0), (0.0, 0.0)]
        {
            assert!((atan2(y, x) - f64::atan2(y, x)).abs() < 1e-15, "{y} {x}");
        }
    }
}
