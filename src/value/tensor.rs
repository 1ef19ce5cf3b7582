//! Functions of arrays, with numpy's names and meanings; ranges are inclusive.

use std::sync::Arc;

use ndarray::{ArrayD, Axis, IxDyn};

use super::fault::{Fault, arguments};
use super::{MAX_ELEMENTS, Value, apply, check_size, shaped};
use crate::circuit::equation::Function;
use crate::diag::Span;
use crate::syntax::ast::Name;

pub const NAMES: &[&str] = &[
    "all",
    "any",
    "arange",
    "argmax",
    "argmin",
    "concat",
    "deinterleave",
    "dot",
    "flat",
    "hstack",
    "interleave",
    "len",
    "max",
    "mean",
    "min",
    "onehot",
    "ones",
    "outer",
    "prod",
    "repeat",
    "reshape",
    "shape",
    "sum",
    "transpose",
    "vstack",
    "zeros",
];

type Array = Arc<ArrayD<f64>>;

/// One place of an index.
#[derive(Clone, Copy, Debug)]
pub enum Pick {
    At(i64),
    /// Inclusive; empty where the end lies before the start
    Range(i64, i64),
    All,
}

/// `a[i, j:k, :]`; axes left out are taken whole.
pub fn slice(array: &ArrayD<f64>, picks: &[Pick], span: Span) -> Result<Value, Fault> {
    if picks.len() > array.ndim() {
        let message = format!("{} indices for an array of shape {:?}", picks.len(), array.shape());
        return Err(Fault::new("elab::index", span, message, "too many indices"));
    }
    let mut view = array.view();
    let mut kept = 0;
    for pick in picks {
        let size = view.shape()[kept] as i64;
        let inside = |k: i64| match k >= 0 && k < size {
            true => Ok(k as usize),
            false => Err(Fault::new(
                "elab::index",
                span,
                format!("index {k} is outside an axis of {size} (array of shape {:?})", array.shape()),
                "outside the array",
            )
            .with_help(format!("indices go from 0 to {}, and both ends of a range count", size - 1))),
        };
        match *pick {
            Pick::All => kept += 1,
            Pick::At(k) => view = view.index_axis_move(Axis(kept), inside(k)?),
            Pick::Range(a, b) if b < a => {
                view.slice_axis_inplace(Axis(kept), ndarray::Slice::from(0..0));
                kept += 1;
            }
            Pick::Range(a, b) => {
                view.slice_axis_inplace(Axis(kept), ndarray::Slice::from(inside(a)?..inside(b)? + 1));
                kept += 1;
            }
        }
    }
    Ok(Value::array(view.to_owned()))
}

/// A list literal: its elements along a new first axis.
pub fn stack(items: &[Value], span: Span) -> Result<Value, Fault> {
    let mut shape: Option<Vec<usize>> = None;
    let mut data = Vec::new();
    for item in items {
        let a = array(item, span)?;
        match &shape {
            Some(s) if s[..] != *a.shape() => {
                let message = format!("rows of a list differ: shapes {s:?} and {:?}", a.shape());
                return Err(Fault::new("elab::shape", span, message, "in this list"));
            }
            _ => shape = Some(a.shape().to_vec()),
        }
        data.extend(a.iter().copied());
    }
    let mut shape = shape.unwrap_or_default();
    shape.insert(0, items.len());
    shaped(shape, data, span)
}

fn array(v: &Value, span: Span) -> Result<Array, Fault> {
    v.to_array().ok_or_else(|| {
        Fault::new("elab::not-a-number", span, format!("{} is not an array of numbers", v.describe()), "here")
    })
}

/// A function of this module.
pub fn call(name: &str, args: &[Value], options: &[(Name, Value)], span: Span) -> Result<Value, Fault> {
    let mut axis = None;
    for (key, v) in options {
        match (key.is("axis"), v.number()) {
            (true, Some(v)) => axis = Some(v),
            _ => {
                let message = format!("{name}( ) has no option '{}'", key.text);
                return Err(Fault::new("elab::arguments", key.span, message, "not known"));
            }
        }
    }
    let arrays: Vec<Array> = args.iter().map(|v| array(v, span)).collect::<Result<_, _>>()?;
    match (name, &arrays[..]) {
        ("sum" | "mean" | "max" | "min" | "prod" | "argmax" | "argmin" | "any" | "all", [a]) => {
            reduce(name, a, axis, span)
        }
        ("sum" | "mean" | "max" | "min" | "prod" | "argmax" | "argmin" | "any" | "all", [a, k]) if axis.is_none() => {
            reduce(name, a, k.first().copied(), span)
        }
        ("len", [a]) => Ok(Value::Number(a.shape().first().copied().unwrap_or(1) as f64)),
        ("shape", [a]) => Ok(Value::vector(a.shape().iter().map(|&n| n as f64).collect())),
        ("flat", [a]) => Ok(Value::vector(a.iter().copied().collect())),
        ("transpose", [a]) => Ok(Value::array(a.t().as_standard_layout().into_owned())),
        ("zeros" | "ones", sizes @ [_, ..]) => {
            let shape = sizes_of(sizes, span)?;
            check_size(&shape, span)?;
            Ok(Value::array(ArrayD::from_elem(IxDyn(&shape), if name == "ones" { 1.0 } else { 0.0 })))
        }
        ("reshape", [a, sizes @ ..]) if !sizes.is_empty() => {
            shaped(sizes_of(sizes, span)?, a.iter().copied().collect(), span)
        }
        ("arange", [_] | [_, _] | [_, _, _]) => arange(&scalars(&arrays, span)?, span),
        ("onehot", [k, n]) => {
            let size = sizes_of(std::slice::from_ref(n), span)?;
            check_size(&[k.len(), size.first().copied().unwrap_or(0)], span)?;
            onehot(k, size.first().copied().unwrap_or(0), span)
        }
        ("dot", [a, b]) => dot(a, b, span),
        ("outer", [a, b]) => {
            check_size(&[a.len(), b.len()], span)?;
            let data = a.iter().flat_map(|x| b.iter().map(move |y| x * y)).collect();
            shaped(vec![a.len(), b.len()], data, span)
        }
        ("concat" | "vstack", [_, ..]) => join(&arrays, axis.unwrap_or(0.0) as usize, name == "vstack", span),
        ("hstack", [_, ..]) => {
            let last = if arrays.iter().all(|a| a.ndim() <= 1) { 0 } else { 1 };
            join(&arrays, last, false, span)
        }
        ("interleave", [a, b]) => {
            if a.shape() != b.shape() || a.ndim() == 0 {
                let message = format!("cannot interleave shapes {:?} and {:?}", a.shape(), b.shape());
                return Err(Fault::new("elab::shape", span, message, "here"));
            }
            let rows: Vec<_> = a.axis_iter(Axis(0)).zip(b.axis_iter(Axis(0))).flat_map(|(x, y)| [x, y]).collect();
            let stacked = ndarray::stack(Axis(0), &rows).map_err(|e| shape_fault(e, span))?;
            Ok(Value::array(stacked))
        }
        ("deinterleave", [a, which]) if a.ndim() > 0 => {
            let first = which.first().copied().unwrap_or(0.0).clamp(0.0, 1.0) as isize;
            let part = a.slice_each_axis(|d| match d.axis {
                Axis(0) => ndarray::Slice::new(first, None, 2),
                _ => ndarray::Slice::new(0, None, 1),
            });
            Ok(Value::array(part.to_owned()))
        }
        ("repeat", [a, n]) => {
            let times = sizes_of(std::slice::from_ref(n), span)?.first().copied().unwrap_or(0);
            check_size(&[a.len(), times], span)?;
            Ok(Value::vector(a.iter().flat_map(|&v| std::iter::repeat_n(v, times)).collect()))
        }
        (_, given) => Err(arguments(name, "other", given.len(), span)),
    }
}

fn shape_fault(error: ndarray::ShapeError, span: Span) -> Fault {
    Fault::new("elab::shape", span, format!("these shapes do not fit: {error}"), "here")
}

fn scalars(arrays: &[Array], span: Span) -> Result<Vec<f64>, Fault> {
    let one = |a: &Array| if a.len() == 1 { a.first().copied() } else { None };
    arrays
        .iter()
        .map(|a| {
            one(a).ok_or_else(|| Fault::new("elab::not-a-number", span, "numbers are needed here, not arrays", "here"))
        })
        .collect()
}

/// Sizes of axes: whole numbers, one by one or in one list.
fn sizes_of(arrays: &[Array], span: Span) -> Result<Vec<usize>, Fault> {
    let sizes = arrays.iter().flat_map(|a| a.iter());
    sizes
        .map(|&v| match v >= 0.0 && v.fract() == 0.0 && v <= MAX_ELEMENTS as f64 {
            true => Ok(v as usize),
            false => Err(Fault::new("elab::not-an-integer", span, format!("{v} is not the size of an axis"), "here")),
        })
        .collect()
}

fn arange(x: &[f64], span: Span) -> Result<Value, Fault> {
    let (start, stop, step) = match *x {
        [stop] => (0.0, stop, 1.0),
        [start, stop] => (start, stop, 1.0),
        [start, stop, step, ..] => (start, stop, step),
        [] => return Err(arguments("arange", "1 to 3", 0, span)),
    };
    let count = ((stop - start) / step - 1e-9).ceil();
    if !count.is_finite() || count > MAX_ELEMENTS as f64 {
        return Err(Fault::new(
            "elab::array-too-big",
            span,
            format!("arange from {start} to {stop} by {step}"),
            "too many numbers",
        ));
    }
    Ok(Value::vector((0..count.max(0.0) as usize).map(|k| start + k as f64 * step).collect()))
}

fn onehot(k: &ArrayD<f64>, n: usize, span: Span) -> Result<Value, Fault> {
    let mut data = vec![0.0; k.len() * n];
    for (row, &v) in k.iter().enumerate() {
        if v < 0.0 || v.fract() != 0.0 || v >= n as f64 {
            return Err(Fault::new("elab::index", span, format!("{v} is no class of {n}"), "here"));
        }
        data[row * n + v as usize] = 1.0;
    }
    let mut shape = k.shape().to_vec();
    shape.push(n);
    shaped(shape, data, span)
}

/// numpy's dot: over the last axis of `a` and the last but one of `b` (its only one, of a vector).
fn dot(a: &ArrayD<f64>, b: &ArrayD<f64>, span: Span) -> Result<Value, Fault> {
    if a.ndim() == 0 || b.ndim() == 0 {
        return apply(Function::Mul, &[Value::array(a.clone()), Value::array(b.clone())], span);
    }
    let n = a.shape()[a.ndim() - 1];
    let along = if b.ndim() == 1 { 0 } else { b.ndim() - 2 };
    if b.shape()[along] != n || b.ndim() > 2 {
        let message = format!("dot( ) of shapes {:?} and {:?}", a.shape(), b.shape());
        return Err(Fault::new("elab::shape", span, message, "these axes differ in length"));
    }
    let columns = if b.ndim() == 1 { 1 } else { b.shape()[1] };
    let rows: usize = a.shape()[..a.ndim() - 1].iter().product();
    check_size(&[rows, columns], span)?;
    let (left, right): (Vec<f64>, Vec<f64>) = (a.iter().copied().collect(), b.iter().copied().collect());
    let mut out = vec![0.0; rows * columns];
    for (row, out) in out.chunks_exact_mut(columns.max(1)).enumerate() {
        for k in 0..n {
            let scale = left[row * n + k];
            for (value, r) in out.iter_mut().zip(&right[k * columns..]) {
                *value += scale * r;
            }
        }
    }
    let mut shape = a.shape()[..a.ndim() - 1].to_vec();
    if b.ndim() == 2 {
        shape.push(columns);
    }
    shaped(shape, out, span)
}

fn join(arrays: &[Array], axis: usize, rows: bool, span: Span) -> Result<Value, Fault> {
    let lifted: Vec<ArrayD<f64>> = arrays
        .iter()
        .map(|a| match a.ndim() {
            0 => a.to_shape(IxDyn(&[1])).map(|a| a.into_owned()).unwrap_or_else(|_| (**a).clone()),
            1 if rows => (**a).clone().insert_axis(Axis(0)),
            _ => (**a).clone(),
        })
        .collect();
    let views: Vec<_> = lifted.iter().map(|a| a.view()).collect();
    if views.iter().any(|v| v.ndim() <= axis) {
        return Err(Fault::new("elab::shape", span, format!("there is no axis {axis}"), "here"));
    }
    ndarray::concatenate(Axis(axis), &views).map(Value::array).map_err(|e| shape_fault(e, span))
}

fn reduce(name: &str, a: &ArrayD<f64>, axis: Option<f64>, span: Span) -> Result<Value, Fault> {
    let of = |mut items: &mut dyn Iterator<Item = f64>| -> f64 {
        let best = |better: fn(f64, f64) -> bool, items: &mut dyn Iterator<Item = f64>| {
            items.enumerate().fold((f64::NAN, f64::NAN), |(at, m), (k, v)| {
                if m.is_nan() || better(v, m) { (k as f64, v) } else { (at, m) }
            })
        };
        match name {
            "sum" => items.sum(),
            "prod" => items.product(),
            "mean" => {
                let (n, s) = items.fold((0.0, 0.0), |(n, s), v| (n + 1.0, s + v));
                s / n
            }
            "max" => best(|v, m| v > m, items).1,
            "min" => best(|v, m| v < m, items).1,
            "argmax" => best(|v, m| v > m, items).0,
            "argmin" => best(|v, m| v < m, items).0,
            "any" => (&mut items).any(|v| v != 0.0) as u8 as f64,
            _ => (&mut items).all(|v| v != 0.0) as u8 as f64,
        }
    };
    match axis {
        None => Ok(Value::Number(of(&mut a.iter().copied()))),
        Some(k) if k >= 0.0 && k.fract() == 0.0 && (k as usize) < a.ndim() => {
            Ok(Value::array(a.map_axis(Axis(k as usize), |lane| of(&mut lane.iter().copied())).into_dyn()))
        }
        Some(k) => {
            let message = format!("an array of shape {:?} has no axis {k}", a.shape());
            Err(Fault::new("elab::shape", span, message, "here"))
        }
    }
}
