//! ln by x = 2^k·m, m in [√½, √2), s = (m − 1)/(m + 1), ln m = 2s + s·R(s²); once in plain and once in extended precision.
//!
//! Source: fdlibm, `e_log.c` (Sun Microsystems), polynomial of a relative error below 2^−58.45.

const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;

const L: [f64; 7] = [
    6.666_666_666_666_735e-1,
    3.999_999_999_940_942e-1,
    2.857_142_874_366_239e-1,
    2.222_219_843_214_978_4e-1,
    1.818_357_216_161_805e-1,
    1.531_383_769_920_937_3e-1,
    1.479_819_860_511_658_6e-1,
];

/// 2⁵² as a bit pattern: an integer below 2⁵² or-ed into it is 2⁵² + that integer.
const TWO_52: u64 = 0x4330_0000_0000_0000;
/// 1 − √½ as the distance of bit patterns, in the upper half only
const TO_SQRT_HALF: u64 = 0x3ff0_0000_0000_0000 - 0x3fe6_a09e_0000_0000;

/// (k, m) with |x| = 2^k·m; |x| below 2.2e-308 counts as 2.2e-308.
#[inline(always)]
fn split(x: f64) -> (f64, f64) {
    let x = x.abs();
    let x = if x < f64::MIN_POSITIVE { f64::MIN_POSITIVE } else { x };
    let bits = x.to_bits().wrapping_add(TO_SQRT_HALF);
    let k = f64::from_bits((bits >> 52) | TWO_52) - (4503599627370496.0 + 1023.0);
    let m = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) + 0x3fe6_a09e_0000_0000);
    // NaN and infinity have no such split; the sum carries them on.
    (k, if x <= f64::MAX { m } else { x })
}

/// R of ln(1 + f) = 2s + s·R
#[inline(always)]
fn tail(s: f64) -> f64 {
    let z = s * s;
    let w = z * z;
    let odd = w * (L[1] + w * (L[3] + w * L[5]));
    let even = z * (L[0] + w * (L[2] + w * (L[4] + w * L[6])));
    odd + even
}

/// ln|x|; |x| below 2.2e-308 counts as that, so ln 0 = −708.4.
#[inline(always)]
pub fn ln(x: f64) -> f64 {
    let (k, m) = split(x);
    let f = m - 1.0;
    let s = f / (2.0 + f);
    let half = 0.5 * f * f;
    k * LN2_HIGH - ((half - (s * (half + tail(s)) + k * LN2_LOW)) - f)
}

/// ln|1 + x| without the rounding of 1 + x
#[inline(always)]
pub fn ln_1p(x: f64) -> f64 {
    let u = 1.0 + x;
    let lost = if x.abs() < 1e15 { (x - (u - 1.0)) / u } else { 0.0 };
    ln(u) + lost
}

/// The upper 26 bits of a number's mantissa.
#[inline(always)]
pub(super) fn upper(x: f64) -> f64 {
    f64::from_bits(x.to_bits() & 0xffff_ffff_f800_0000)
}

/// (p, e) with a·b = p + e to about 2⁻¹⁰⁴ (Dekker)
#[inline(always)]
pub(super) fn product(a: f64, b: f64) -> (f64, f64) {
    let (ah, bh) = (upper(a), upper(b));
    let (al, bl) = (a - ah, b - bh);
    let p = a * b;
    (p, ((ah * bh - p) + ah * bl + al * bh) + al * bl)
}

/// ln|x| as the sum of two numbers, to about 2⁻⁶³ of itself.
#[inline(always)]
pub(super) fn ln_pair(x: f64) -> (f64, f64) {
    let (k, m) = split(x);
    let f = m - 1.0;
    let sum = m + 1.0;
    let inverse = 1.0 / sum;
    let s = f * inverse;
    let s_high = upper(s);
    let sum_high = upper(sum);
    let sum_low = m - (sum_high - 1.0);
    let s_low = ((f - s_high * sum_high) - s_high * sum_low) * inverse;
    // |k·ln 2| is either 0 or larger than |2s|: the sum's rounding error is exact.
    let (a, b) = (k * LN2_HIGH, 2.0 * s_high);
    let high = a + b;
    let lost = b - (high - a);
    (high, lost + (2.0 * s_low + s * tail(s) + k * LN2_LOW))
}

const LOG10_E: f64 = std::f64::consts::LOG10_E;
/// log₁₀ e − [`LOG10_E`]
const LOG10_E_LOW: f64 = 1.098_319_650_216_765e-17;

/// log₁₀|x|; exact at powers of ten; |x| below 2.2e-308 counts as that.
#[inline(always)]
pub fn log10(x: f64) -> f64 {
    let (high, low) = ln_pair(x);
    let (p, e) = product(high, LOG10_E);
    p + (e + low * LOG10_E + high * LOG10_E_LOW)
}

#[cfg(test)]
mod tests {
    use super::super::measure::{grid, relative};
    use super::*;

    fn spread() -> impl Iterator<Item = f64> {
        let decades = grid(-307.0, 308.0, 200_000).map(|e| 10f64.powf(e));
        decades.chain(grid(0.5, 2.0, 200_000)).chain(grid(1e-3, 100.0, 100_000))
    }

    #[test]
    fn ln_is_good_to_4e_16() {
        let (error, x) = relative(spread(), ln, f64::ln);
        assert!(error < 4e-16, "{error:e} at {x:e}");
        assert_eq!(ln(1.0), 0.0);
        assert_eq!(ln(-5.0), ln(5.0));
        assert_eq!(ln(0.0), f64::MIN_POSITIVE.ln());
    }

    #[test]
    fn log10_is_good_to_3e_16_and_exact_at_powers_of_ten() {
        let (error, x) = relative(spread(), log10, f64::log10);
        assert!(error < 3e-16, "{error:e} at {x:e}");
        for e in -22..=22 {
            assert_eq!(log10(format!("1e{e}").parse().unwrap()), e as f64);
        }
    }

    #[test]
    fn ln_1p_keeps_small_arguments() {
        let small = grid(-18.0, 3.0, 100_000).map(|e| 10f64.powf(e));
        let (error, x) = relative(small, ln_1p, f64::ln_1p);
        assert!(error < 1e-15, "{error:e} at {x:e}");
    }
}
