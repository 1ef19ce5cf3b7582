//! Local unknowns out before the solve, back in after it.
//!
//! A device's unknowns that touch nothing else (w) are eliminated from its block before the block is scattered:
//!
//! ```text
//! J_vv' = J_vv − J_vw·J_ww⁻¹·J_wv      r_v' = r_v − J_vw·J_ww⁻¹·r_w      afterwards  dw = −J_ww⁻¹·(r_w + J_wv·dv)
//! ```
//!
//! The same code serves operating point, transient (J = G + a·C) and AC (J = G + jω·C), hence the generic scalar.

use num_complex::ComplexFloat;

/// The terminals of a device's block, split into those the matrix sees (v) and those eliminated (w).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    pub outer: Vec<usize>,
    pub local: Vec<usize>,
    /// Terminal → row and column of the block: local terminals first.
    pub positions: Vec<usize>,
}

impl Split {
    pub fn new(width: usize, is_local: impl Fn(usize) -> bool) -> Split {
        let (local, outer): (Vec<usize>, Vec<usize>) = (0..width).partition(|&t| is_local(t));
        let mut positions = vec![0; width];
        for (k, &t) in local.iter().chain(&outer).enumerate() {
            positions[t] = k;
        }
        Split { outer, local, positions }
    }

    /// Size of the augmented block of [`eliminate`].
    pub fn block_len(&self) -> usize {
        let n = self.outer.len() + self.local.len();
        n * (n + 1)
    }
}

/// Eliminates the first `w` rows and columns of an n × (n+1) row-major block whose last column is the residual.
/// Rows are exchanged among the first `w` only. False if a pivot is zero or not finite.
pub fn eliminate<T: ComplexFloat>(block: &mut [T], n: usize, w: usize) -> bool {
    let stride = n + 1;
    for k in 0..w {
        let magnitude = |block: &[T], r: usize| block[r * stride + k].abs();
        let mut pivot = k;
        for r in k + 1..w {
            if magnitude(block, r) > magnitude(block, pivot) {
                pivot = r;
            }
        }
        if pivot != k {
            for c in 0..stride {
                block.swap(k * stride + c, pivot * stride + c);
            }
        }
        let d = block[k * stride + k];
        if d == T::zero() || !d.is_finite() {
            return false;
        }
        for r in k + 1..n {
            let factor = block[r * stride + k] / d;
            if factor != T::zero() {
                for c in k + 1..stride {
                    block[r * stride + c] = block[r * stride + c] - factor * block[k * stride + c];
                }
                block[r * stride + k] = T::zero();
            }
        }
    }
    true
}

/// After [`eliminate`] and the solve: dw from dv, the changes of the outer unknowns in block order.
/// `dw` has `w` places.
pub fn back_substitute<T: ComplexFloat>(block: &[T], n: usize, w: usize, dv: &[T], dw: &mut [T]) {
    let stride = n + 1;
    for k in (0..w).rev() {
        let row = &block[k * stride..(k + 1) * stride];
        let mut sum = row[n];
        for (a, d) in row[w..n].iter().zip(dv) {
            sum = sum + *a * *d;
        }
        for j in k + 1..w {
            sum = sum + row[j] * dw[j];
        }
        dw[k] = -sum / row[k];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::{DMatrix, DVector};

    /// Condensed and full Newton steps of one random block are equal.
    #[test]
    fn condensed_step_is_the_full_step() {
        let (n, w) = (5, 2);
        let j = DMatrix::from_fn(n, n, |r, c| ((r * 7 + c * 3) % 11) as f64 - 4.0 + if r == c { 9.0 } else { 0.0 });
        let r = DVector::from_fn(n, |k, _| k as f64 - 1.5);
        let full = j.clone().lu().solve(&(-r.clone())).unwrap();
        let mut block: Vec<f64> = Vec::new();
        for k in 0..n {
            block.extend(j.row(k).iter());
            block.push(r[k]);
        }
        assert!(eliminate(&mut block, n, w));
        let schur = DMatrix::from_fn(n - w, n - w, |r, c| block[(r + w) * (n + 1) + c + w]);
        let rhs = DVector::from_fn(n - w, |r, _| -block[(r + w) * (n + 1) + n]);
        let dv = schur.lu().solve(&rhs).unwrap();
        let mut dw = [0.0; 2];
        back_substitute(&block, n, w, dv.as_slice(), &mut dw);
        let got: Vec<f64> = dw.iter().chain(dv.iter()).copied().collect();
        for (a, b) in got.iter().zip(full.iter()) {
            assert!((a - b).abs() < 1e-12, "{a} {b}");
        }
    }
}
