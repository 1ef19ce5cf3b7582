//! Arrays made from sizes, bounds and texts: zeros, ones, arange, onehot, bits.

use ndarray::{ArrayD, IxDyn};

use super::call::Call;
use super::fault::Fault;
use super::{MAX_ELEMENTS, Value, check_size, shaped};

pub fn zeros(call: &Call) -> Result<Value, Fault> {
    full(call, 0.0)
}

pub fn ones(call: &Call) -> Result<Value, Fault> {
    full(call, 1.0)
}

fn full(call: &Call, value: f64) -> Result<Value, Fault> {
    let shape = call.sizes(0)?;
    check_size(&shape, call.span)?;
    Ok(Value::array(ArrayD::from_elem(IxDyn(&shape), value)))
}

/// From start by step as long as it is below stop; numpy's, so stop itself is not in it.
pub fn arange(call: &Call) -> Result<Value, Fault> {
    let (start, stop, step) = match call.args.len() {
        1 => (0.0, call.number(0)?, 1.0),
        2 => (call.number(0)?, call.number(1)?, 1.0),
        _ => (call.number(0)?, call.number(1)?, call.number(2)?),
    };
    let count = ((stop - start) / step - 1e-9).ceil();
    if count.is_nan() || count > MAX_ELEMENTS as f64 {
        let message = format!("arange from {start} to {stop} by {step} has too many numbers");
        return Err(call.fault("value::array-too-big", message));
    }
    Ok(Value::vector((0..count.max(0.0) as usize).map(|k| start + k as f64 * step).collect()))
}

/// For every number k of the first argument n numbers: 1 at k, else 0; on a new last axis.
pub fn onehot(call: &Call) -> Result<Value, Fault> {
    let (k, n) = (call.array(0)?, call.count(1)?);
    check_size(&[k.len(), n], call.span)?;
    let mut data = vec![0.0; k.len() * n];
    for (row, &v) in k.iter().enumerate() {
        if !(v >= 0.0 && v.fract() == 0.0 && v < n as f64) {
            return Err(call.fault("value::index", format!("{v} is no class of {n}: they go from 0 to n - 1")));
        }
        data[row * n + v as usize] = 1.0;
    }
    let mut shape = k.shape().to_vec();
    shape.push(n);
    shaped(shape, data, call.span)
}

/// `bits("1001 1111")`: a vector of 0 and 1.
pub fn bits(call: &Call) -> Result<Value, Fault> {
    let mut out = Vec::new();
    for c in call.text(0)?.chars().filter(|c| !c.is_whitespace() && *c != '_') {
        match c.to_digit(2) {
            Some(bit) => out.push(f64::from(bit)),
            None => return Err(call.fault("value::bits", format!("'{c}' is not a bit: only 0, 1 and blanks"))),
        }
    }
    Ok(Value::vector(out))
}
