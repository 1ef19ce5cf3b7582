//! The numbers a factorization works on: real (OP, DC, TRAN) and complex (AC).

use std::fmt::Debug;
use std::ops::{Add, AddAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use num_complex::Complex64;

/// What LU needs of a field.
pub trait Scalar:
    Copy
    + Debug
    + Default
    + PartialEq
    + Send
    + Sync
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + 'static
{
    const ZERO: Self;
    const ONE: Self;

    /// A norm for choosing pivots: |x|, or |re| + |im|.
    fn magnitude(self) -> f64;

    fn is_finite(self) -> bool;

    /// 1/x without overflow inside.
    fn inverse(self) -> Self;
}

impl Scalar for f64 {
    const ZERO: f64 = 0.0;
    const ONE: f64 = 1.0;

    #[inline(always)]
    fn magnitude(self) -> f64 {
        self.abs()
    }

    #[inline(always)]
    fn is_finite(self) -> bool {
        f64::is_finite(self)
    }

    #[inline(always)]
    fn inverse(self) -> f64 {
        1.0 / self
    }
}

impl Scalar for Complex64 {
    const ZERO: Complex64 = Complex64::new(0.0, 0.0);
    const ONE: Complex64 = Complex64::new(1.0, 0.0);

    #[inline(always)]
    fn magnitude(self) -> f64 {
        self.re.abs() + self.im.abs()
    }

    #[inline(always)]
    fn is_finite(self) -> bool {
        self.re.is_finite() && self.im.is_finite()
    }

    /// Smith's division: scaled by the larger part.
    #[inline]
    fn inverse(self) -> Complex64 {
        if self.re.abs() >= self.im.abs() {
            let ratio = self.im / self.re;
            let scale = 1.0 / (self.re + self.im * ratio);
            Complex64::new(scale, -ratio * scale)
        } else {
            let ratio = self.re / self.im;
            let scale = 1.0 / (self.re * ratio + self.im);
            Complex64::new(ratio * scale, -scale)
        }
    }
}

/// Whether every value is finite: x·0 is 0 for finite x only, and eight sums at a time vectorize.
pub fn all_finite<T: Scalar>(values: &[T]) -> bool {
    let (chunks, rest) = values.as_chunks::<8>();
    let mut sums = [T::ZERO; 8];
    for chunk in chunks {
        for (sum, &value) in sums.iter_mut().zip(chunk) {
            *sum += value * T::ZERO;
        }
    }
    sums.iter().all(|&s| s == T::ZERO) && rest.iter().all(|v| v.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverse_of_huge_and_tiny_complex_numbers() {
        for z in [Complex64::new(3.0, 4.0), Complex64::new(1e200, -2e200), Complex64::new(-1e-200, 1e-205)] {
            let one = z * z.inverse();
            assert!((one - Complex64::ONE).norm() < 1e-15, "{z}: {one}");
        }
    }

    #[test]
    fn one_bad_value_in_twenty_is_found_wherever_it_is() {
        let good = [1e300; 20];
        assert!(all_finite(&good));
        for at in 0..20 {
            for bad in [f64::NAN, f64::INFINITY] {
                let mut values = good;
                values[at] = bad;
                assert!(!all_finite(&values), "{bad} at {at}");
            }
        }
    }
}
