//! Broadcasting: functions of numbers applied element by element, by numpy's rules of shapes.

use ndarray::{ArrayD, IxDyn};

use super::fault::Fault;
use super::{MAX_ELEMENTS, Value};
use crate::circuit::equation::Function;
use crate::diag::Span;

/// The shape two or more shapes broadcast to, as numpy does.
pub fn common_shape(shapes: &[&[usize]]) -> Option<Vec<usize>> {
    let axes = shapes.iter().map(|s| s.len()).max().unwrap_or(0);
    let mut out = vec![1; axes];
    for shape in shapes {
        let first = axes - shape.len();
        for (k, &n) in shape.iter().enumerate() {
            match (out[first + k], n) {
                (1, _) => out[first + k] = n,
                (_, 1) => {}
                (have, _) if have == n => {}
                _ => return None,
            }
        }
    }
    Some(out)
}

/// Whether an array of this shape may be made.
pub fn check_size(shape: &[usize], span: Span) -> Result<(), Fault> {
    let size = shape.iter().try_fold(1usize, |n, &k| n.checked_mul(k));
    match size {
        Some(n) if n <= MAX_ELEMENTS => Ok(()),
        _ => Err(Fault::new(
            "value::array-too-big",
            span,
            format!("an array of shape {shape:?} is too big"),
            "made here",
        )
        .with_help(format!("at most {MAX_ELEMENTS} numbers fit in one array"))),
    }
}

/// A scalar function, element by element.
pub fn apply(f: Function, args: &[Value], span: Span) -> Result<Value, Fault> {
    let wrong = || Fault::new("value::arguments", span, format!("{f:?} cannot take these arguments"), "here");
    if let [Value::Number(a), Value::Number(b)] = args {
        return f.value(&[*a, *b]).map(Value::Number).ok_or_else(wrong);
    }
    if args.iter().all(|a| matches!(a, Value::Number(_))) {
        let x: Vec<f64> = args.iter().filter_map(Value::number).collect();
        return f.value(&x).map(Value::Number).ok_or_else(wrong);
    }
    let mut arrays = Vec::with_capacity(args.len());
    for a in args {
        arrays.push(a.to_array().ok_or_else(|| {
            Fault::new("value::not-a-number", span, format!("{} is not a number", a.describe()), "in this expression")
        })?);
    }
    let shapes: Vec<&[usize]> = arrays.iter().map(|a| a.shape()).collect();
    let shape = common_shape(&shapes).ok_or_else(|| {
        let list: Vec<String> = shapes.iter().map(|s| format!("{s:?}")).collect();
        Fault::new(
            "value::shape",
            span,
            format!("shapes {} do not fit each other", list.join(" and ")),
            "combined here",
        )
        .with_help("axes must be equal or 1, counted from the last, as in numpy")
    })?;
    check_size(&shape, span)?;
    let views: Vec<_> = arrays.iter().filter_map(|a| a.broadcast(IxDyn(&shape))).collect();
    let mut iters: Vec<_> = views.iter().map(|v| v.iter()).collect();
    let size = shape.iter().product();
    let mut out = Vec::with_capacity(size);
    let mut x = vec![0.0; args.len()];
    for _ in 0..size {
        for (slot, it) in x.iter_mut().zip(&mut iters) {
            *slot = it.next().copied().unwrap_or(f64::NAN);
        }
        out.push(f.value(&x).ok_or_else(wrong)?);
    }
    shaped(shape, out, span)
}

/// An array of these numbers.
pub fn shaped(shape: Vec<usize>, data: Vec<f64>, span: Span) -> Result<Value, Fault> {
    let count = data.len();
    ArrayD::from_shape_vec(IxDyn(&shape), data)
        .map(Value::array)
        .map_err(|_| Fault::new("value::shape", span, format!("{count} numbers do not have shape {shape:?}"), "here"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::FileId;

    #[test]
    fn broadcasting_is_numpys() {
        assert_eq!(common_shape(&[&[3, 1], &[4]]), Some(vec![3, 4]));
        assert_eq!(common_shape(&[&[], &[2]]), Some(vec![2]));
        assert_eq!(common_shape(&[&[3], &[4]]), None);
    }

    #[test]
    fn column_plus_row() {
        let span = Span::new(FileId(0), 0, 0);
        let column = shaped(vec![2, 1], vec![10.0, 20.0], span).unwrap();
        let sum = apply(Function::Add, &[column, Value::vector(vec![1.0, 2.0, 3.0])], span).unwrap();
        assert_eq!(sum.numbers(), [11.0, 12.0, 13.0, 21.0, 22.0, 23.0]);
    }
}
