//! Elementary functions for device equations: branch-free, so that a loop over lanes vectorizes, and made of nothing but
//! IEEE add, multiply, divide, square root and selects, so that the bits are the same in one lane or sixty-four and on
//! every machine. No fused multiply-add. Errors are bounded by the tests of each file.
//!
//! None of them gives NaN or infinity for finite arguments (but `pow`, which says so): outside its domain a function is
//! continued as its own comment states, the way PSpice continues `LOG` and `SQRT`, so that a Newton iteration that strays
//! there comes back. NaN in gives NaN out.

mod exp;
mod hyperbolic;
mod inverse;
mod log;
mod pow;
mod trig;

pub use exp::{EXP_TO, LIMEXP_FROM, exp, limexp};
pub use hyperbolic::{acosh, asinh, atanh, cosh, sinh, tanh};
pub use inverse::{acos, asin, atan, atan2};
pub use log::{ln, ln_1p, log10};
pub use pow::{abs_pow, pow, sign_pow};
pub use trig::{cos, sin, tan};

/// Smallest divisor [`div`] divides by.
pub const SMALLEST_DIVISOR: f64 = 1e-150;

/// a / b; a divisor closer to 0 than 1e-150 counts as ±1e-150 (0 as +1e-150), so 0/0 is 0.
#[inline(always)]
pub fn div(a: f64, b: f64) -> f64 {
    let b = if b.abs() < SMALLEST_DIVISOR { SMALLEST_DIVISOR.copysign(b + 0.0) } else { b };
    a / b
}

/// √|x|
#[inline(always)]
pub fn sqrt(x: f64) -> f64 {
    x.abs().sqrt()
}

/// √(x² + y²); no care is taken of squares that overflow.
#[inline(always)]
pub fn hypot(x: f64, y: f64) -> f64 {
    (x * x + y * y).sqrt()
}

/// −1, 0 or 1
#[inline(always)]
pub fn sign(x: f64) -> f64 {
    if x > 0.0 {
        1.0
    } else if x < 0.0 {
        -1.0
    } else {
        x
    }
}

/// Remainder with the sign of x, as C's fmod; 0 where y is 0.
#[inline(always)]
pub fn modulo(x: f64, y: f64) -> f64 {
    if y == 0.0 { 0.0 } else { x % y }
}

/// 1 for true, 0 for false
#[inline(always)]
pub fn truth(condition: bool) -> f64 {
    if condition { 1.0 } else { 0.0 }
}

/// a where the condition is not 0, else b; by masks, since a compiler makes a branch of an `if` with two loads.
#[inline(always)]
pub fn select(condition: f64, a: f64, b: f64) -> f64 {
    choose(condition != 0.0, a, b)
}

/// a where the condition holds, else b; by masks as [`select`].
#[inline(always)]
pub(super) fn choose(condition: bool, a: f64, b: f64) -> f64 {
    let mask = u64::from(condition).wrapping_neg();
    f64::from_bits((a.to_bits() & mask) | (b.to_bits() & !mask))
}

/// The smaller; b where either is NaN.
#[inline(always)]
pub fn min(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

/// The larger; b where either is NaN.
#[inline(always)]
pub fn max(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn division_is_finite_everywhere() {
        assert_eq!(div(6.0, 3.0), 2.0);
        assert_eq!(div(0.0, 0.0), 0.0);
        assert_eq!(div(1.0, 0.0), 1e150);
        assert_eq!(div(1.0, -0.0), 1e150);
        assert_eq!(div(1.0, -1e-200), -1e150);
        assert_eq!(div(1e-200, 1e-140), 1e-200 / 1e-140);
    }

    #[test]
    fn remainder_has_the_sign_of_x() {
        assert_eq!(modulo(-5.5, 2.0), -1.5);
        assert_eq!(modulo(5.5, -2.0), 1.5);
        assert_eq!(modulo(5.5, 0.0), 0.0);
    }

    /// Finite arguments from the whole range give finite values.
    #[test]
    fn nothing_finite_becomes_infinite_or_nan() {
        let mut wild = vec![0.0, -0.0, 1.0, -1.0, f64::MIN_POSITIVE, 5e-324, f64::MAX, f64::MIN, 709.9, -745.2];
        wild.extend((-300..300).flat_map(|e| [1.7 * 10f64.powi(e), -2.3 * 10f64.powi(e)]));
        type Function = fn(f64) -> f64;
        let unary: [(&str, Function); 18] = [
            ("exp", exp),
            ("limexp", |x| limexp(x.clamp(-1e300, 1e200))),
            ("ln", ln),
            ("log10", log10),
            ("sqrt", sqrt),
            ("sin", sin),
            ("cos", cos),
            ("tan", tan),
            ("asin", asin),
            ("acos", acos),
            ("atan", atan),
            ("sinh", sinh),
            ("cosh", cosh),
            ("tanh", tanh),
            ("asinh", asinh),
            ("acosh", acosh),
            ("atanh", atanh),
            ("abs_pow", |x| abs_pow(x, -2.5)),
        ];
        for (name, f) in unary {
            for &x in &wild {
                assert!(f(x).is_finite(), "{name}({x:e}) = {}", f(x));
            }
            assert!(f(f64::NAN).is_nan(), "{name}(NaN)");
        }
    }
}

/// What the tests of this room measure with.
#[cfg(test)]
mod measure {
    /// Evenly spread arguments with irregular low bits.
    pub fn grid(low: f64, high: f64, n: usize) -> impl Iterator<Item = f64> {
        (0..n).map(move |i| {
            let wobble = ((i * 7919) % 1013) as f64 / 1013.0;
            low + (high - low) * (i as f64 + wobble) / n as f64
        })
    }

    /// The largest |f − g| / |g| over `at`, with where it is.
    pub fn relative(at: impl Iterator<Item = f64>, f: impl Fn(f64) -> f64, g: impl Fn(f64) -> f64) -> (f64, f64) {
        let error = |x: f64| if f(x) == g(x) { 0.0 } else { ((f(x) - g(x)) / g(x)).abs() };
        at.map(|x| (error(x), x))
            .fold((0.0, f64::NAN), |worst, e| if e.0 > worst.0 || e.0.is_nan() { e } else { worst })
    }
}
