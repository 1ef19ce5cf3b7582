//! Rows of numbers times a matrix of weights: the one product that dense and convolutional layers share.
//!
//! Weights lie in panels of [`WIDE`] outputs, input by input; vectors go over outputs, so that a weight is read once for
//! [`HIGH`] rows. Products are added in `f32` over runs of [`RUN`] inputs, runs in `f64`: the relative error of a sum of
//! numbers of one sign is below RUN·2⁻²⁴, however long it is. No fused multiply-add and no sum across a vector: the order of
//! every sum is that of its inputs, whatever the width of vectors.

use pulp::{Arch, Simd, WithSimd};

/// Outputs of a panel: two vectors of the widest kind.
const WIDE: usize = 32;
/// Rows at a time: with two vectors of outputs each, their sums fit into 16 registers.
const HIGH: usize = 6;
/// Products added in `f32`.
const RUN: usize = 64;

/// A matrix of weights, outputs × inputs, and what is added to each output.
#[derive(Clone, Debug)]
pub(super) struct Product {
    inputs: usize,
    outputs: usize,
    /// `panels[p*inputs + i][k]` is the weight of input i for output p·WIDE + k
    panels: Vec<[f32; WIDE]>,
    bias: Vec<f64>,
}

/// Where the sums of a row go: `row*by_row + output*by_output`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stride {
    pub by_row: usize,
    pub by_output: usize,
}

impl Product {
    /// `weights` is row-major, a row for each output; `bias` has a number for each output or none.
    pub fn new(weights: &[f32], outputs: usize, bias: Vec<f64>) -> Product {
        let inputs = weights.len() / outputs.max(1);
        let mut panels = vec![[0.0; WIDE]; outputs.div_ceil(WIDE) * inputs];
        for (o, row) in weights.chunks_exact(inputs.max(1)).enumerate() {
            for (i, w) in row.iter().enumerate() {
                panels[o / WIDE * inputs + i][o % WIDE] = *w;
            }
        }
        Product { inputs, outputs, panels, bias }
    }

    pub fn inputs(&self) -> usize {
        self.inputs
    }

    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// The sums of each row.
    pub fn apply(&self, rows: &[f32], out: &mut [f32], stride: Stride) {
        Arch::new().dispatch(Apply { product: self, rows, out, stride });
    }
}

struct Apply<'a> {
    product: &'a Product,
    rows: &'a [f32],
    out: &'a mut [f32],
    stride: Stride,
}

impl WithSimd for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let inputs = self.product.inputs;
        for (p, panel) in self.product.panels.chunks_exact(inputs).enumerate() {
            for first in (0..WIDE).step_by(2 * S::F32_LANES) {
                let output = p * WIDE + first;
                if output >= self.product.outputs {
                    return;
                }
                let mut blocks = self.rows.chunks_exact(HIGH * inputs);
                let mut row = 0;
                for block in &mut blocks {
                    let sums = tile::<S, HIGH>(simd, block, panel, first);
                    self.put(&sums, row, output, 2 * S::F32_LANES);
                    row += HIGH;
                }
                for (h, x) in blocks.remainder().chunks_exact(inputs).enumerate() {
                    let sums = tile::<S, 1>(simd, x, panel, first);
                    self.put(&sums, row + h, output, 2 * S::F32_LANES);
                }
            }
        }
    }
}

impl Apply<'_> {
    /// Sums of rows from `row` on and of outputs from `output` on, with their bias.
    #[inline(always)]
    fn put<const H: usize>(&mut self, sums: &[[f64; WIDE]; H], row: usize, output: usize, count: usize) {
        let Stride { by_row, by_output } = self.stride;
        let end = self.product.outputs.min(output + count);
        for (h, sums) in sums.iter().enumerate() {
            for (o, sum) in (output..end).zip(sums) {
                let bias = self.product.bias.get(o).copied().unwrap_or(0.0);
                self.out[(row + h) * by_row + o * by_output] = (sum + bias) as f32;
            }
        }
    }
}

/// The sums of H rows, for two vectors of outputs of a panel.
#[inline(always)]
fn tile<S: Simd, const H: usize>(simd: S, rows: &[f32], panel: &[[f32; WIDE]], first: usize) -> [[f64; WIDE]; H] {
    let zero = simd.splat_f32s(0.0);
    let mut sums = [[0.0; WIDE]; H];
    let mut runs: [_; H] = [&[][..]; H];
    for (run, row) in runs.iter_mut().zip(rows.chunks_exact(panel.len())) {
        *run = row;
    }
    for weights in panel.chunks(RUN) {
        let mut x: [&[f32]; H] = [&[]; H];
        for (x, run) in x.iter_mut().zip(&mut runs) {
            (*x, *run) = run.split_at(weights.len());
        }
        let mut part = [[zero; 2]; H];
        for (i, w) in weights.iter().enumerate() {
            let (left, right) = S::as_simd_f32s(&w[first..]).0.split_at(1);
            let (left, right) = (left[0], right[0]);
            for h in 0..H {
                let x = simd.splat_f32s(x[h][i]);
                part[h][0] = simd.add_f32s(part[h][0], simd.mul_f32s(x, left));
                part[h][1] = simd.add_f32s(part[h][1], simd.mul_f32s(x, right));
            }
        }
        for h in 0..H {
            let mut lanes = [0.0; WIDE];
            let (vectors, _) = S::as_mut_simd_f32s(&mut lanes);
            vectors[..2].copy_from_slice(&part[h]);
            sums[h].iter_mut().zip(lanes).take(2 * S::F32_LANES).for_each(|(s, v)| *s += f64::from(v));
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_width_of_vectors_gives_the_same_bits() {
        let number = |k: usize| ((k * 7919 + 13) % 2003) as f32 / 997.0 - 1.0;
        let (inputs, outputs, rows) = (150, 45, 9);
        let weights: Vec<f32> = (0..inputs * outputs).map(number).collect();
        let x: Vec<f32> = (0..inputs * rows).map(|k| number(3 * k + 1)).collect();
        let product = Product::new(&weights, outputs, vec![0.5; outputs]);
        let stride = Stride { by_row: outputs, by_output: 1 };
        let (mut fast, mut slow) = (vec![0.0; rows * outputs], vec![0.0; rows * outputs]);
        product.apply(&x, &mut fast, stride);
        Apply { product: &product, rows: &x, out: &mut slow, stride }.with_simd(pulp::Scalar);
        assert_eq!(fast, slow);
        for (k, y) in fast.iter().enumerate() {
            let (x, w) = (&x[k / outputs * inputs..], &weights[k % outputs * inputs..]);
            let exact: f64 = x[..inputs].iter().zip(w).map(|(x, w)| f64::from(*x) * f64::from(*w)).sum();
            assert!((f64::from(*y) - exact - 0.5).abs() < 2e-5, "{y} is not {exact}");
        }
    }
}
