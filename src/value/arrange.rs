//! The same numbers in another shape or order of axes: reshape, transpose, concat, interleave, repeat.

use ndarray::{ArrayD, ArrayViewD, Axis, IxDyn};

use super::answer::Answer;
use super::call::{Array, Call};
use super::fault::Fault;
use super::{Value, check_size, shaped};

pub fn len(call: &Call) -> Result<Value, Fault> {
    Ok(Value::Number(call.array(0)?.shape().first().copied().unwrap_or(1) as f64))
}

pub fn shape(call: &Call) -> Result<Value, Fault> {
    Ok(Value::vector(call.array(0)?.shape().iter().map(|&n| n as f64).collect()))
}

pub fn flat(call: &Call) -> Result<Value, Fault> {
    Ok(Value::vector(call.vector(0)?))
}

/// The first item along the first axis.
pub fn first(call: &Call) -> Result<Value, Fault> {
    let a = call.array(0)?;
    match a.shape().first() {
        None => Ok(call.args[0].clone()),
        Some(0) => Err(call.fault("value::empty", "first( ) of no numbers")),
        Some(_) => Ok(Value::array(a.index_axis(Axis(0), 0).to_owned())),
    }
}

/// The last item along the first axis.
pub fn last(call: &Call) -> Result<Value, Fault> {
    let a = call.array(0)?;
    match a.shape().first() {
        None => Ok(call.args[0].clone()),
        Some(0) => Err(call.fault("value::empty", "last( ) of no numbers")),
        Some(n) => Ok(Value::array(a.index_axis(Axis(0), n - 1).to_owned())),
    }
}

pub fn transpose(call: &Call) -> Result<Value, Fault> {
    Ok(Value::array(call.array(0)?.t().as_standard_layout().into_owned()))
}

/// One size may be −1: whatever is left.
pub fn reshape(call: &Call) -> Result<Value, Fault> {
    let a = call.array(0)?;
    let mut sizes = Vec::new();
    for v in &call.args[1..] {
        sizes.extend(call.as_array(v)?.iter().copied());
    }
    let mut open = None;
    let mut shape = Vec::with_capacity(sizes.len());
    for (k, &v) in sizes.iter().enumerate() {
        if v == -1.0 && open.is_none() {
            open = Some(k);
            shape.push(1);
        } else {
            shape.push(call.size(v)?);
        }
    }
    if let Some(k) = open {
        let rest: usize = shape.iter().product();
        shape[k] = a.len().checked_div(rest).unwrap_or(0);
    }
    let count = shape.iter().try_fold(1usize, |n, &k| n.checked_mul(k));
    if count != Some(a.len()) {
        let message = format!("reshape( ) of shape {:?} ({} numbers) to {sizes:?}", a.shape(), a.len());
        return Err(call.fault("value::shape", message).with_help("both shapes must hold equally many numbers"));
    }
    shaped(shape, a.iter().copied().collect(), call.span)
}

/// What is joined: the arguments, or the items of the only one.
fn pieces(call: &Call) -> Result<Vec<Array>, Fault> {
    let arrays = call.arrays()?;
    match &arrays[..] {
        [only] if only.ndim() > 1 => Ok(only.axis_iter(Axis(0)).map(|v| Array::new(v.to_owned())).collect()),
        _ => Ok(arrays),
    }
}

pub fn concat(call: &Call) -> Result<Value, Fault> {
    let pieces = pieces(call)?;
    let axes = pieces.first().map_or(1, |a| a.ndim().max(1));
    join(call, &pieces, call.axis(usize::MAX, axes)?.unwrap_or(0), false)
}

pub fn vstack(call: &Call) -> Result<Value, Fault> {
    join(call, &pieces(call)?, 0, true)
}

pub fn hstack(call: &Call) -> Result<Value, Fault> {
    let pieces = pieces(call)?;
    let axis = if pieces.iter().all(|a| a.ndim() <= 1) { 0 } else { 1 };
    join(call, &pieces, axis, false)
}

/// Joins along an axis; numbers count as vectors of one, vectors as rows where `rows` are joined.
fn join(call: &Call, arrays: &[Array], axis: usize, rows: bool) -> Result<Value, Fault> {
    let mut lifted: Vec<ArrayViewD<f64>> = Vec::with_capacity(arrays.len());
    for a in arrays {
        let mut view = a.view();
        if view.ndim() == 0 {
            view = view.insert_axis(Axis(0));
        }
        if view.ndim() == 1 && rows {
            view = view.insert_axis(Axis(0));
        }
        lifted.push(view);
    }
    if lifted.iter().any(|v| v.ndim() <= axis) {
        return Err(call.fault("value::shape", format!("{}( ): there is no axis {axis}", call.name)));
    }
    let total = lifted.iter().map(|v| v.len()).sum::<usize>();
    check_size(&[total], call.span)?;
    ndarray::concatenate(Axis(axis), &lifted).map(Value::array).map_err(|_| {
        let shapes: Vec<String> = arrays.iter().take(8).map(|a| format!("{:?}", a.shape())).collect();
        call.fault("value::shape", format!("{}( ) of shapes {}", call.name, shapes.join(" and ")))
            .with_help(format!("all axes but axis {axis} must agree"))
    })
}

/// Rows of a and b in turn: row 2k is a[k], row 2k + 1 is b[k].
pub fn interleave(call: &Call) -> Result<Value, Fault> {
    let (a, b) = (call.array(0)?, call.array(1)?);
    if a.shape() != b.shape() || a.ndim() == 0 {
        return Err(call.differ(a.shape(), b.shape()).with_help("both need the same shape"));
    }
    check_size(&[a.len(), 2], call.span)?;
    let rows: Vec<_> = a.axis_iter(Axis(0)).zip(b.axis_iter(Axis(0))).flat_map(|(x, y)| [x, y]).collect();
    if rows.is_empty() {
        return Ok(call.args[0].clone());
    }
    ndarray::stack(Axis(0), &rows).map(Value::array).map_err(|_| call.differ(a.shape(), b.shape()))
}

/// Undoes `interleave`: rows 0, 2, 4 … and rows 1, 3, 5 …; with a second argument (0 or 1) one of them.
pub fn deinterleave(call: &Call) -> Result<Answer, Fault> {
    let a = call.array(0)?;
    if a.ndim() == 0 {
        return Err(call.fault("value::shape", "deinterleave( ) takes an array, not one number"));
    }
    let part = |first: isize| {
        let view = a.slice_each_axis(|d| match d.axis {
            Axis(0) => ndarray::Slice::new(first.min(d.len as isize), None, 2),
            _ => ndarray::Slice::new(0, None, 1),
        });
        Value::array(view.to_owned())
    };
    match call.args.len() {
        1 => Ok(Answer::Several(vec![("even".into(), part(0)), ("odd".into(), part(1))])),
        _ => Ok(Answer::One(part(if call.number(1)? == 0.0 { 0 } else { 1 }))),
    }
}

/// Every number n times in place; n may be a list with a count for each.
pub fn repeat(call: &Call) -> Result<Value, Fault> {
    let a = call.array(0)?;
    let times: Vec<usize> = call.vector(1)?.iter().map(|&v| call.size(v)).collect::<Result<_, _>>()?;
    let axis = call.axis(2, a.ndim())?;
    let a: ArrayD<f64> = match axis {
        Some(_) => (*a).clone(),
        None => ArrayD::from_shape_vec(IxDyn(&[a.len()]), a.iter().copied().collect())
            .map_err(|_| call.differ(a.shape(), &[a.len()]))?,
    };
    let axis = Axis(axis.unwrap_or(0));
    let n = a.len_of(axis);
    if times.len() != 1 && times.len() != n {
        return Err(call.differ(&[n], &[times.len()]).with_help("one count for all, or a list with one for each"));
    }
    let count = |k: usize| if times.len() == 1 { times[0] } else { times[k] };
    let total = (0..n).try_fold(0usize, |sum, k| sum.checked_add(count(k))).unwrap_or(usize::MAX);
    let others = a.len() / n.max(1);
    check_size(&[total, others], call.span)?;
    let picks: Vec<usize> = (0..n).flat_map(|k| std::iter::repeat_n(k, count(k))).collect();
    Ok(Value::array(a.select(axis, &picks)))
}
