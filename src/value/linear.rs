//! Sums of products: dot, outer.

use super::call::Call;
use super::fault::Fault;
use super::{Value, apply, check_size, shaped};
use crate::circuit::equation::Function;

/// numpy's dot: over the last axis of a and the last but one of b (its only one, of a vector). Sums run in one order, so
/// that the bits are the same on every machine.
pub fn dot(call: &Call) -> Result<Value, Fault> {
    let (a, b) = (call.array(0)?, call.array(1)?);
    if a.ndim() == 0 || b.ndim() == 0 {
        return apply(Function::Mul, call.args, call.span);
    }
    let n = a.shape()[a.ndim() - 1];
    let along = b.ndim().saturating_sub(2);
    if b.shape()[along] != n {
        return Err(call.differ(a.shape(), b.shape()).with_help(format!(
            "the last axis of the first ({n}) and axis {along} of the second ({}) must be equally long",
            b.shape()[along]
        )));
    }
    let mut shape = a.shape()[..a.ndim() - 1].to_vec();
    shape.extend(b.shape().iter().enumerate().filter(|(k, _)| *k != along).map(|(_, size)| *size));
    check_size(&shape, call.span)?;
    let mut first = b.view();
    for k in (0..along).rev() {
        first.swap_axes(k, k + 1);
    }
    let right: Vec<f64> = first.iter().copied().collect();
    let columns: usize = b.shape().iter().enumerate().filter(|(k, _)| *k != along).map(|(_, size)| *size).product();
    let rows: usize = a.shape()[..a.ndim() - 1].iter().product();
    let left: Vec<f64> = a.iter().copied().collect();
    let mut out = vec![0.0; rows * columns];
    if n > 0 && columns > 0 {
        for (row, out) in left.chunks_exact(n).zip(out.chunks_exact_mut(columns)) {
            for (scale, line) in row.iter().zip(right.chunks_exact(columns)) {
                for (value, r) in out.iter_mut().zip(line) {
                    *value += scale * r;
                }
            }
        }
    }
    shaped(shape, out, call.span)
}

/// Every number of a times every number of b.
pub fn outer(call: &Call) -> Result<Value, Fault> {
    let (a, b) = (call.array(0)?, call.array(1)?);
    check_size(&[a.len(), b.len()], call.span)?;
    let data = a.iter().flat_map(|x| b.iter().map(move |y| x * y)).collect();
    shaped(vec![a.len(), b.len()], data, call.span)
}

/// Pearson's correlation coefficient of two arrays of one shape.
pub fn corr(call: &Call) -> Result<Value, Fault> {
    let (a, b) = (call.array(0)?, call.array(1)?);
    if a.shape() != b.shape() {
        return Err(call.differ(a.shape(), b.shape()));
    }
    let n = a.len() as f64;
    let (ma, mb) = (a.sum() / n, b.sum() / n);
    let (mut saa, mut sbb, mut sab) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b.iter()) {
        saa += (x - ma) * (x - ma);
        sbb += (y - mb) * (y - mb);
        sab += (x - ma) * (y - mb);
    }
    Ok(Value::Number(sab / (saa * sbb).sqrt()))
}
