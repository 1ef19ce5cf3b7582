//! The distribution of Kolmogorov's statistic: the largest distance between a sample's distribution function and its law's.

use std::f64::consts::PI;

/// Samples up to this size are computed exactly.
const EXACT: usize = 1000;

/// The probability that a sample of n numbers of its law has a distance of d or more.
///
/// Sources: G. Marsaglia, W. W. Tsang, J. Wang, J. Stat. Software 8 (2003) 18; W. Pelz, I. J. Good, J. R. Stat. Soc. B 38
/// (1976) 152; how they are combined: R. Simard, P. L'Ecuyer, J. Stat. Software 39 (2011) 11.
pub fn beyond(n: usize, d: f64) -> f64 {
    let nd = n as f64 * d;
    if nd <= 0.5 || n == 0 {
        1.0
    } else if d >= 1.0 {
        0.0
    } else if nd * d >= 4.0 {
        // Both sides at once is rarer by e^(−6nd²).
        (2.0 * one_sided(n, d)).min(1.0)
    } else if n <= EXACT {
        (1.0 - matrix(n, d)).clamp(0.0, 1.0)
    } else {
        (1.0 - pelz_good(n as f64, d)).clamp(0.0, 1.0)
    }
}

/// P(D⁺ ≥ d) = d·Σ C(n, j)·(d + j/n)^(j−1)·(1 − d − j/n)^(n−j), j from 0 to n(1 − d) (Birnbaum and Tingey, 1951).
fn one_sided(n: usize, d: f64) -> f64 {
    let size = n as f64;
    let mut ln_choose = 0.0;
    let mut sum = 0.0;
    for j in 0..=(size * (1.0 - d)).floor() as usize {
        let (k, rest) = (j as f64, (n - j) as f64);
        let left = 1.0 - d - k / size;
        if left > 0.0 {
            sum += (ln_choose + (k - 1.0) * (d + k / size).ln() + rest * left.ln()).exp();
        }
        ln_choose += (rest / (k + 1.0)).ln();
    }
    d * sum
}

/// P(D < d) by Durbin's matrix: n!/nⁿ·(Hⁿ)ₖₖ with d = (k − h)/n.
fn matrix(n: usize, d: f64) -> f64 {
    let nd = n as f64 * d;
    let k = nd.ceil() as usize;
    let h = k as f64 - nd;
    let m = 2 * k - 1;
    let mut power = vec![0.0; m * m];
    let mut factorial = vec![1.0; m + 1];
    for j in 1..=m {
        factorial[j] = factorial[j - 1] * j as f64;
    }
    for i in 0..m {
        for j in 0..m.min(i + 2) {
            power[i * m + j] = 1.0 / factorial[i + 1 - j];
        }
    }
    for i in 0..m {
        let edge = h.powi(i as i32 + 1) / factorial[i + 1];
        power[i * m] -= edge;
        power[(m - 1) * m + m - 1 - i] -= edge;
    }
    power[(m - 1) * m] += (2.0 * h - 1.0).max(0.0).powi(m as i32) / factorial[m];

    // Hⁿ by squaring; both factors carry a power of ten apart.
    let (mut out, mut out_scale) = (vec![0.0; m * m], 0);
    (0..m).for_each(|i| out[i * m + i] = 1.0);
    let (mut scale, mut left) = (0, n);
    while left > 0 {
        if left % 2 == 1 {
            out = product(&out, &power, m);
            out_scale += scale + tame(&mut out, k, m);
        }
        left /= 2;
        if left > 0 {
            power = product(&power, &power, m);
            scale = 2 * scale + tame(&mut power, k, m);
        }
    }
    let mut p = out[(k - 1) * m + k - 1];
    for i in 1..=n {
        p *= i as f64 / n as f64;
        if p < 1e-140 {
            p *= 1e140;
            out_scale -= 140;
        }
    }
    p * 10f64.powi(out_scale)
}

/// Divides a matrix by 10¹⁴⁰ where its middle has grown large; the power of ten taken out.
fn tame(a: &mut [f64], k: usize, m: usize) -> i32 {
    if a[(k - 1) * m + k - 1] < 1e140 {
        return 0;
    }
    a.iter_mut().for_each(|v| *v *= 1e-140);
    140
}

fn product(a: &[f64], b: &[f64], m: usize) -> Vec<f64> {
    let mut out = vec![0.0; m * m];
    for (row, out) in a.chunks_exact(m).zip(out.chunks_exact_mut(m)) {
        for (scale, line) in row.iter().zip(b.chunks_exact(m)) {
            for (value, v) in out.iter_mut().zip(line) {
                *value += scale * v;
            }
        }
    }
    out
}

/// P(D < d) for large n: K₀(z) + K₁(z)/√n + K₂(z)/n + K₃(z)/n^1.5 with z = d·√n, each a theta series.
fn pelz_good(n: f64, d: f64) -> f64 {
    let z = n.sqrt() * d;
    let (z2, pi2) = (z * z, PI * PI);
    let (z4, z6) = (z2 * z2, z2 * z2 * z2);
    let mut sums = [0.0; 4];
    let mut extra = [0.0; 2];
    for k in (1..=200).rev() {
        // Odd multiples of π/2, then whole multiples of π.
        let odd = (2 * k - 1) as f64;
        let a = pi2 * odd * odd / 4.0;
        let e = (-a / (2.0 * z2)).exp();
        sums[0] += e;
        sums[1] += (a - z2) * e;
        sums[2] += ((6.0 * z6 + 2.0 * z4) + (2.0 * z4 - 5.0 * z2) * a + (1.0 - 2.0 * z2) * a * a) * e;
        sums[3] += ((-30.0 * z6 - 90.0 * z4 * z4)
            + (135.0 * z4 - 96.0 * z6) * a
            + (-60.0 * z2 + 212.0 * z4) * a * a
            + (5.0 - 30.0 * z2) * a * a * a)
            * e;
        let b = pi2 * (k * k) as f64;
        let e = (-b / (2.0 * z2)).exp();
        extra[0] += b * e;
        extra[1] += (3.0 * z2 - b) * b * e;
    }
    let root = (2.0 * PI).sqrt();
    let k0 = root / z * sums[0];
    let k1 = root / (6.0 * z4) * sums[1];
    let k2 = root / (72.0 * z6 * z) * sums[2] - root / (36.0 * z2 * z) * extra[0];
    let k3 = root / (6480.0 * z6 * z4) * sums[3] + root / (216.0 * z6) * extra[1];
    k0 + k1 / n.sqrt() + k2 / n + k3 / (n * n.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against `scipy.stats.kstwo.sf(d, n)`, at n = 700 against scipy's exact algorithm.
    #[test]
    fn scipys_values() {
        for (n, d, p) in [
            (1, 0.7, 0.6000000000000001),
            (5, 0.4, 0.3087999999999995),
            (10, 0.274, 0.3715203845434957),
            (10, 0.6, 0.0005681672000000003),
            (100, 0.05, 0.9532159710635725),
            (100, 0.1, 0.2526927570063874),
            (100, 0.25, 5.408871776434847e-06),
            (700, 0.03, 0.5442473368176065),
            (700, 0.06, 0.012409058377682197),
            (3000, 0.01, 0.9220855022879386),
            (3000, 0.02, 0.17889813623188966),
            (3000, 0.04, 0.0001315351297447678),
            (100000, 0.003, 0.3284563327726956),
        ] {
            let v = beyond(n, d);
            assert!((v - p).abs() <= 2e-10 * p, "n = {n}, d = {d}: {v} {p}");
        }
        assert_eq!([beyond(10, 0.01), beyond(10, 1.0)], [1.0, 0.0]);
    }
}
