//! Hyperbolic functions and their inverses: Taylor's series of sinh for |x| < 1, else exp; logarithms for the inverses.

use super::exp::exp;
use super::log::ln_1p;

/// 1/(2n + 1)! for n = 1 … 9
const ODD: [f64; 9] = [
    1.0 / 6.0,
    1.0 / 120.0,
    1.0 / 5040.0,
    1.0 / 362_880.0,
    1.0 / 39_916_800.0,
    1.0 / 6_227_020_800.0,
    1.0 / 1_307_674_368_000.0,
    1.0 / 355_687_428_096_000.0,
    1.0 / 121_645_100_408_832_000.0,
];

/// sinh x for |x| < 1
#[inline(always)]
fn series(x: f64) -> f64 {
    let z = x * x;
    let low = ODD[0] + z * (ODD[1] + z * (ODD[2] + z * ODD[3]));
    let high = ODD[4] + z * (ODD[5] + z * (ODD[6] + z * (ODD[7] + z * ODD[8])));
    let w = z * z;
    x + x * (z * (low + w * w * high))
}

/// sinh x; |x| above 690 counts as 690.
#[inline(always)]
pub fn sinh(x: f64) -> f64 {
    let e = exp(x.abs());
    let large = 0.5 * (e - 1.0 / e);
    let large = if x < 0.0 { -large } else { large };
    if x.abs() < 1.0 { series(x) } else { large }
}

/// cosh x; |x| above 690 counts as 690.
#[inline(always)]
pub fn cosh(x: f64) -> f64 {
    let e = exp(x.abs());
    0.5 * (e + 1.0 / e)
}

/// tanh x
#[inline(always)]
pub fn tanh(x: f64) -> f64 {
    let e = exp(x.abs());
    let inverse = 1.0 / e;
    let large = if x < 0.0 { inverse - e } else { e - inverse };
    let top = if x.abs() < 1.0 { 2.0 * series(x) } else { large };
    top / (e + inverse)
}

/// arsinh x; from |x| = 1e154 on, where x² overflows, as there.
#[inline(always)]
pub fn asinh(x: f64) -> f64 {
    let a = x.abs();
    let a = if a > 1e154 { 1e154 } else { a };
    let size = ln_1p(a + a * a / (1.0 + (1.0 + a * a).sqrt()));
    if x < 0.0 { -size } else { size }
}

/// arcosh x; x below 1 counts as 1.
#[inline(always)]
pub fn acosh(x: f64) -> f64 {
    let x = if x < 1.0 { 1.0 } else { x };
    let x = if x > 1e300 { 1e300 } else { x };
    let t = x - 1.0;
    ln_1p(t + t.sqrt() * (x + 1.0).sqrt())
}

/// artanh x; |x| above 1 − 2⁻⁵³ counts as that.
#[inline(always)]
pub fn atanh(x: f64) -> f64 {
    let a = x.abs();
    let a = if a > 1.0 - f64::EPSILON / 2.0 { 1.0 - f64::EPSILON / 2.0 } else { a };
    let size = 0.5 * ln_1p(2.0 * a / (1.0 - a));
    if x < 0.0 { -size } else { size }
}

#[cfg(test)]
mod tests {
    use super::super::measure::{grid, relative};
    use super::*;

    fn check(name: &str, at: impl Iterator<Item = f64>, f: fn(f64) -> f64, g: fn(f64) -> f64, bound: f64) {
        let (error, x) = relative(at, f, g);
        assert!(error < bound, "{name}: {error:e} at {x:e}");
    }

    fn around_zero(far: f64) -> impl Iterator<Item = f64> {
        grid(-far, far, 50_000).chain(grid(-2.0, 2.0, 50_000)).chain(grid(-1e-6, 1e-6, 100))
    }

    #[test]
    fn hyperbolic_functions_are_good_to_1e_15() {
        check("sinh", around_zero(689.0), sinh, f64::sinh, 1e-15);
        check("cosh", around_zero(689.0), cosh, f64::cosh, 1e-15);
        check("tanh", around_zero(30.0), tanh, f64::tanh, 1e-15);
        assert_eq!(tanh(1e9), 1.0);
    }

    #[test]
    fn inverse_hyperbolic_functions_are_good_to_1e_15() {
        // The errors of `std` near 0 are larger than ours: compare with the series there.
        let away = |far| around_zero(far).filter(|x| x.abs() > 0.1);
        check("asinh", away(1e6), asinh, f64::asinh, 2e-15);
        let short = |x: f64| x - x.powi(3) / 6.0 + 3.0 * x.powi(5) / 40.0 - 15.0 * x.powi(7) / 336.0;
        check("asinh", grid(1e-9, 1e-2, 1000), asinh, short, 1e-15);
        check("acosh", grid(1.01, 1e6, 50_000), acosh, f64::acosh, 1e-14);
        check("atanh", grid(0.1, 0.999, 50_000), atanh, f64::atanh, 2e-15);
        assert_eq!(atanh(-0.3), -atanh(0.3));
        assert_eq!(acosh(0.5), 0.0);
        assert!(atanh(2.0) > 18.0);
    }
}
