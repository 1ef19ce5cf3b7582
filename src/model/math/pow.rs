//! Powers as exp(y·ln|x|) with the logarithm and the product in extended precision.

use super::choose;
use super::exp::exp_sum;
use super::log::{ln_pair, product};

/// |x|^y. 0^y is 0 for y > 0, 1 for y = 0, and saturates at e^709 = 8.2e307 for y < 0; so does every overflow.
#[inline(always)]
pub fn abs_pow(x: f64, y: f64) -> f64 {
    let (high, low) = ln_pair(x);
    let (p, e) = product(y, high);
    let power = exp_sum(p, e + y * low);
    choose((x == 0.0) & (y > 0.0), 0.0, power)
}

/// sgn(x)·|x|^y
#[inline(always)]
pub fn sign_pow(x: f64, y: f64) -> f64 {
    let power = abs_pow(x, y);
    choose(x < 0.0, -power, power)
}

/// x^y; NaN for a negative x and a y that is not a whole number. Otherwise as [`abs_pow`].
#[inline(always)]
pub fn pow(x: f64, y: f64) -> f64 {
    let power = abs_pow(x, y);
    let half = 0.5 * y;
    let whole = y.floor() == y;
    let odd = half.floor() != half;
    let signed = choose(odd, -power, power);
    let negative = choose(whole, signed, f64::NAN);
    choose(x < 0.0, negative, power)
}

#[cfg(test)]
mod tests {
    use super::super::measure::grid;
    use super::*;

    #[test]
    fn abs_pow_is_good_to_2e_15_over_the_whole_range() {
        let mut worst = (0.0, 0.0, 0.0);
        for e in grid(-300.0, 300.0, 2_000) {
            let x = 10f64.powf(e);
            for y in grid(-30.0, 30.0, 100).chain(grid(-1.0, 1.0, 50)) {
                let exact = x.powf(y);
                if exact.is_finite() && exact.abs() > 1e-307 && exact < 8e307 {
                    let error = ((abs_pow(x, y) - exact) / exact).abs();
                    worst = if error > worst.0 { (error, x, y) } else { worst };
                }
            }
        }
        assert!(worst.0 < 2e-15, "{worst:?}");
    }

    #[test]
    fn zeros_and_signs() {
        assert_eq!(abs_pow(0.0, 2.5), 0.0);
        assert_eq!(abs_pow(0.0, 0.0), 1.0);
        assert_eq!(abs_pow(-2.0, 3.0), 8.0);
        assert_eq!(sign_pow(-2.0, 3.0), -8.0);
        assert_eq!(pow(-2.0, 3.0), -8.0);
        assert_eq!(pow(-2.0, 2.0), 4.0);
        assert_eq!(pow(-2.0, -1.0), -0.5);
        assert!(pow(-2.0, 0.5).is_nan());
        assert!(abs_pow(0.0, -1.0) > 1e300);
    }
}
