//! Functions of the order of numbers: sort, argsort, rank, unique, bincount, diff, where.

use std::cmp::Ordering;

use ndarray::{ArrayD, ArrayView1, Axis};

use super::answer::Answer;
use super::call::Call;
use super::fault::Fault;
use super::{Value, check_size, shaped};

/// Each lane along the axis (the last one if none is named) replaced by another of the same length.
fn lanes(call: &Call, f: impl Fn(ArrayView1<f64>) -> Vec<f64>) -> Result<Value, Fault> {
    let a = call.array(0)?;
    if a.ndim() == 0 {
        return Err(call.fault("value::shape", format!("{}( ) takes an array, not one number", call.name)));
    }
    let axis = Axis(call.axis(1, a.ndim())?.unwrap_or(a.ndim() - 1));
    let mut out: ArrayD<f64> = (*a).clone();
    for (from, mut to) in a.lanes(axis).into_iter().zip(out.lanes_mut(axis)) {
        for (slot, v) in to.iter_mut().zip(f(from)) {
            *slot = v;
        }
    }
    Ok(Value::array(out))
}

/// Rising, NaN last.
fn rising(a: &f64, b: &f64) -> Ordering {
    a.partial_cmp(b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

/// Places in rising order of their numbers; equal numbers keep their order.
fn places(lane: &ArrayView1<f64>) -> Vec<usize> {
    let mut order: Vec<usize> = (0..lane.len()).collect();
    order.sort_by(|&a, &b| rising(&lane[a], &lane[b]));
    order
}

pub fn sort(call: &Call) -> Result<Value, Fault> {
    lanes(call, |lane| {
        let mut list = lane.to_vec();
        list.sort_by(rising);
        list
    })
}

pub fn argsort(call: &Call) -> Result<Value, Fault> {
    lanes(call, |lane| places(&lane).into_iter().map(|k| k as f64).collect())
}

/// The place each number has in rising order, from 0; equal numbers share the mean of their places.
pub fn rank(call: &Call) -> Result<Value, Fault> {
    lanes(call, |lane| {
        let order = places(&lane);
        let mut out = vec![0.0; order.len()];
        let mut start = 0;
        while start < order.len() {
            let mut end = start + 1;
            while end < order.len() && lane[order[end]] == lane[order[start]] {
                end += 1;
            }
            let mean = 0.5 * (start + end - 1) as f64;
            order[start..end].iter().for_each(|&k| out[k] = mean);
            start = end;
        }
        out
    })
}

/// The different numbers in rising order; with axis=0 the different items of the first axis.
pub fn unique(call: &Call) -> Result<Value, Fault> {
    let a = call.array(0)?;
    match call.axis(1, a.ndim())? {
        None => {
            let mut list: Vec<f64> = a.iter().copied().collect();
            list.sort_by(rising);
            list.dedup();
            Ok(Value::vector(list))
        }
        Some(0) => {
            let mut rows: Vec<Vec<f64>> = a.axis_iter(Axis(0)).map(|r| r.iter().copied().collect()).collect();
            rows.sort_by(|x, y| {
                x.iter().zip(y).map(|(x, y)| rising(x, y)).find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
            });
            rows.dedup();
            let mut shape = a.shape().to_vec();
            shape[0] = rows.len();
            shaped(shape, rows.concat(), call.span)
        }
        Some(k) => Err(call.fault("value::shape", format!("unique( ) goes along axis 0, not {k}"))),
    }
}

/// How often 0, 1, 2 … occur among whole numbers.
pub fn bincount(call: &Call) -> Result<Value, Fault> {
    let list = call.vector(0)?;
    let least = match call.option("minlength").or(call.args.get(1)) {
        Some(v) => call.as_number(v)?,
        None => 0.0,
    };
    let mut count = vec![0.0; call.size(least)?];
    for v in list {
        let k = call.size(v)?;
        if k >= count.len() {
            check_size(&[k + 1], call.span)?;
            count.resize(k + 1, 0.0);
        }
        count[k] += 1.0;
    }
    Ok(Value::vector(count))
}

/// Each number less the one before it, along the last axis or the one named.
pub fn diff(call: &Call) -> Result<Value, Fault> {
    let a = call.array(0)?;
    if a.ndim() == 0 {
        return Err(call.fault("value::shape", "diff( ) takes an array, not one number"));
    }
    let axis = Axis(call.axis(1, a.ndim())?.unwrap_or(a.ndim() - 1));
    let n = a.len_of(axis);
    if n == 0 {
        return Ok(call.args[0].clone());
    }
    let later = a.slice_axis(axis, ndarray::Slice::from(1..n));
    let before = a.slice_axis(axis, ndarray::Slice::from(0..n - 1));
    Ok(Value::array(&later - &before))
}

pub fn increasing(call: &Call) -> Result<Value, Fault> {
    monotone(call, |before, later| later >= before)
}

pub fn decreasing(call: &Call) -> Result<Value, Fault> {
    monotone(call, |before, later| later <= before)
}

fn monotone(call: &Call, fits: fn(f64, f64) -> bool) -> Result<Value, Fault> {
    let a = call.array(0)?;
    if a.ndim() > 1 {
        return Err(call.fault("value::shape", format!("{}( ) takes a vector, not shape {:?}", call.name, a.shape())));
    }
    let list = call.vector(0)?;
    Ok(Value::Number(f64::from(u8::from(list.windows(2).all(|w| fits(w[0], w[1]))))))
}

/// `where(mask)`: the indices of its true places, one vector for each axis, in row-major order.
pub fn places_of(call: &Call) -> Result<Answer, Fault> {
    let a = call.array(0)?;
    if a.ndim() == 0 {
        return Err(call
            .fault("value::shape", "where( ) of one argument takes an array")
            .with_help("where(mask, a, b) chooses between two values"));
    }
    let mut axes = vec![Vec::new(); a.ndim()];
    for (at, &v) in a.indexed_iter() {
        let at: &[usize] = ndarray::Dimension::slice(&at);
        if v != 0.0 {
            for (list, k) in axes.iter_mut().zip(at) {
                list.push(*k as f64);
            }
        }
    }
    match axes.len() {
        1 => Ok(Answer::One(Value::vector(axes.pop().unwrap_or_default()))),
        _ => Ok(Answer::Several(
            axes.into_iter().enumerate().map(|(k, list)| (format!("axis{k}").into(), Value::vector(list))).collect(),
        )),
    }
}
