//! Small dense systems: in place for the blocks that condensation eliminates, and nalgebra's LU as an independent oracle.

use nalgebra::{DMatrix, DVector};
use num_complex::Complex64;

use super::Pattern;

/// Factors an n × n block, row-major, in place with partial pivoting: unit L below the diagonal, U on and above it.
/// `swaps[k]` is the row exchanged with row k at step k. False if a pivot is zero or not finite. n ≤ 255.
pub fn factor_small(a: &mut [f64], n: usize, swaps: &mut [u8]) -> bool {
    for k in 0..n {
        let mut pivot_row = k;
        for i in k + 1..n {
            if a[i * n + k].abs() > a[pivot_row * n + k].abs() {
                pivot_row = i;
            }
        }
        swaps[k] = pivot_row as u8;
        if pivot_row != k {
            let (upper, lower) = a.split_at_mut(pivot_row * n);
            upper[k * n..(k + 1) * n].swap_with_slice(&mut lower[..n]);
        }
        let pivot = a[k * n + k];
        if pivot == 0.0 || !pivot.is_finite() {
            return false;
        }
        let (above, below) = a.split_at_mut((k + 1) * n);
        let pivot_row = &above[k * n..];
        for row in below.chunks_exact_mut(n).take(n - k - 1) {
            let factor = row[k] / pivot;
            row[k] = factor;
            for (value, &p) in row[k + 1..].iter_mut().zip(&pivot_row[k + 1..]) {
                *value -= factor * p;
            }
        }
    }
    true
}

/// b ← A⁻¹b with the factors of [`factor_small`].
pub fn solve_small(a: &[f64], n: usize, swaps: &[u8], b: &mut [f64]) {
    for (k, &with) in swaps[..n].iter().enumerate() {
        b.swap(k, with as usize);
    }
    for i in 0..n {
        let dot: f64 = a[i * n..i * n + i].iter().zip(&b[..i]).map(|(&l, &y)| l * y).sum();
        b[i] -= dot;
    }
    for i in (0..n).rev() {
        let dot: f64 = a[i * n + i + 1..(i + 1) * n].iter().zip(&b[i + 1..n]).map(|(&u, &x)| u * x).sum();
        b[i] = (b[i] - dot) / a[i * n + i];
    }
}

/// A⁻¹b by nalgebra's dense LU. None if the matrix is singular.
pub fn solve_dense(pattern: &Pattern, values: &[f64], b: &[f64]) -> Option<Vec<f64>> {
    let a = DMatrix::from_row_slice(pattern.n, pattern.n, &dense_rows(pattern, values, 0.0));
    a.lu().solve(&DVector::from_column_slice(b)).map(|x| x.as_slice().to_vec())
}

/// A⁻¹b by nalgebra's dense LU. None if the matrix is singular.
pub fn solve_dense_complex(pattern: &Pattern, values: &[Complex64], b: &[Complex64]) -> Option<Vec<Complex64>> {
    let zero = Complex64::new(0.0, 0.0);
    let a = DMatrix::from_row_slice(pattern.n, pattern.n, &dense_rows(pattern, values, zero));
    a.lu().solve(&DVector::from_column_slice(b)).map(|x| x.as_slice().to_vec())
}

fn dense_rows<T: Copy>(pattern: &Pattern, values: &[T], zero: T) -> Vec<T> {
    let n = pattern.n;
    let mut rows = vec![zero; n * n];
    for j in 0..n {
        for p in pattern.starts[j]..pattern.starts[j + 1] {
            rows[pattern.rows[p] * n + j] = values[p];
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_zero_diagonal_is_no_obstacle_and_a_zero_row_is() {
        // 0x + 2y = 4, 3x + 1y = 5
        let (mut a, mut swaps, mut b) = ([0.0, 2.0, 3.0, 1.0], [0; 2], [4.0, 5.0]);
        assert!(factor_small(&mut a, 2, &mut swaps));
        solve_small(&a, 2, &swaps, &mut b);
        assert_eq!(b, [1.0, 2.0]);
        assert!(!factor_small(&mut [1.0, 2.0, 2.0, 4.0], 2, &mut swaps));
        assert!(!factor_small(&mut [f64::NAN], 1, &mut swaps));
    }

    proptest! {
        #[test]
        fn small_blocks_agree_with_nalgebra(n in 1usize..13, numbers in prop::collection::vec(-1.0..1.0f64, 12 * 13)) {
            let rows = &numbers[..n * n];
            let b = &numbers[12 * 12..12 * 12 + n];
            let matrix = DMatrix::from_row_slice(n, n, rows);
            prop_assume!(matrix.clone().try_inverse().is_some_and(|inverse| inverse.norm() < 1e6));
            let expected = matrix.lu().solve(&DVector::from_column_slice(b)).unwrap();
            let (mut a, mut swaps, mut x) = (rows.to_vec(), vec![0; n], b.to_vec());
            prop_assert!(factor_small(&mut a, n, &mut swaps));
            solve_small(&a, n, &swaps, &mut x);
            for (x, e) in x.iter().zip(expected.iter()) {
                prop_assert!((x - e).abs() <= 1e-8 * (1.0 + expected.norm()), "{x} {e}");
            }
        }
    }
}
