//! Indexing: places, inclusive ranges, lists of places and masks, to read and to write.

use ndarray::{ArrayD, Axis, IxDyn};

use super::call::Array;
use super::fault::Fault;
use super::{Value, check_size, shaped};
use crate::diag::Span;

/// One place of an index.
#[derive(Clone, Debug, PartialEq)]
pub enum Pick {
    At(i64),
    /// Inclusive; empty where the end lies before the start
    Range(i64, i64),
    All,
    /// Places of one axis, in the order of the list
    Places(Array),
    /// Numbers 0 and 1 of the shape of the axes it stands for: the places where it is 1
    Mask(Array),
}

impl Pick {
    /// What an array means as an index of an array whose remaining axes are `axes`: a mask where it holds nothing but 0 and
    /// 1 and has the shape of the first of them, else a list of places. A list written out in the index is always places.
    pub fn of_array(array: Array, axes: &[usize], literal: bool) -> Pick {
        let fits = axes.get(..array.ndim()) == Some(array.shape());
        match !literal && fits && array.iter().all(|v| *v == 0.0 || *v == 1.0) {
            true => Pick::Mask(array),
            false => Pick::Places(array),
        }
    }

    /// How many axes of the array it takes.
    pub fn takes(&self) -> usize {
        match self {
            Pick::Mask(mask) => mask.ndim(),
            _ => 1,
        }
    }
}

/// An index, worked out for one shape: the places it picks of each group of axes.
struct Plan {
    /// For each pick: offsets into the flat array
    offsets: Vec<Vec<usize>>,
    /// Shape of what is picked
    shape: Vec<usize>,
}

fn plan(of: &[usize], picks: &[Pick], span: Span) -> Result<Plan, Fault> {
    let taken: usize = picks.iter().map(Pick::takes).sum();
    if taken > of.len() {
        let message = format!("{taken} indices for an array of shape {of:?}");
        return Err(Fault::new("value::index", span, message, "too many indices"));
    }
    let mut strides = vec![1; of.len()];
    for k in (1..of.len()).rev() {
        strides[k - 1] = strides[k] * of[k];
    }
    let mut out = Plan { offsets: Vec::with_capacity(of.len()), shape: Vec::new() };
    let mut axis = 0;
    let rest = std::iter::repeat_n(&Pick::All, of.len() - taken);
    for pick in picks.iter().chain(rest) {
        let (size, stride) = (of[axis], strides[axis]);
        let inside = |k: i64| match k >= 0 && (k as u64) < size as u64 {
            true => Ok(k as usize),
            false => {
                let message = format!("index {k} is outside an axis of {size} (array of shape {of:?})");
                let help = match size {
                    0 => "the axis is empty".to_string(),
                    _ => format!("indices go from 0 to {}, and both ends of a range count", size - 1),
                };
                Err(Fault::new("value::index", span, message, "outside the array").with_help(help))
            }
        };
        out.offsets.push(match pick {
            Pick::At(k) => vec![inside(*k)? * stride],
            Pick::All => {
                out.shape.push(size);
                (0..size).map(|k| k * stride).collect()
            }
            Pick::Range(a, b) if b < a => {
                out.shape.push(0);
                Vec::new()
            }
            Pick::Range(a, b) => {
                let (a, b) = (inside(*a)?, inside(*b)?);
                out.shape.push(b - a + 1);
                (a..=b).map(|k| k * stride).collect()
            }
            Pick::Places(list) => {
                out.shape.extend(list.shape());
                let mut places = Vec::with_capacity(list.len());
                for &v in list.iter() {
                    if v.fract() != 0.0 || !v.is_finite() {
                        let message = format!("{v} is not a whole number and no place in an array");
                        return Err(Fault::new("value::not-an-integer", span, message, "in this index"));
                    }
                    places.push(inside(v as i64)? * stride);
                }
                places
            }
            Pick::Mask(mask) => {
                let stride = strides[axis + mask.ndim().max(1) - 1];
                let places: Vec<usize> =
                    mask.iter().enumerate().filter(|(_, v)| **v != 0.0).map(|(k, _)| k * stride).collect();
                out.shape.push(places.len());
                places
            }
        });
        axis += pick.takes();
    }
    check_size(&out.shape, span)?;
    Ok(out)
}

impl Plan {
    /// Calls `see` with the offset of every place picked, in row-major order.
    fn visit(&self, mut see: impl FnMut(usize)) {
        fn walk(offsets: &[Vec<usize>], base: usize, see: &mut impl FnMut(usize)) {
            match offsets {
                [] => see(base),
                [last] => last.iter().for_each(|o| see(base + o)),
                [first, rest @ ..] => first.iter().for_each(|o| walk(rest, base + o, see)),
            }
        }
        walk(&self.offsets, 0, &mut see);
    }
}

/// `a[i, j:k, :]`; axes left out are taken whole.
pub fn slice(array: &ArrayD<f64>, picks: &[Pick], span: Span) -> Result<Value, Fault> {
    let plan = plan(array.shape(), picks, span)?;
    let flat = array.as_standard_layout();
    let Some(flat) = flat.as_slice() else { return Ok(Value::array(array.clone())) };
    let mut data = Vec::with_capacity(plan.shape.iter().product());
    plan.visit(|k| data.push(flat[k]));
    shaped(plan.shape, data, span)
}

/// `a[i, j:k, :] = value`, which broadcasts.
pub fn assign(array: &mut ArrayD<f64>, picks: &[Pick], value: &ArrayD<f64>, span: Span) -> Result<(), Fault> {
    let plan = plan(array.shape(), picks, span)?;
    let Some(from) = value.broadcast(IxDyn(&plan.shape)) else {
        let message = format!("a value of shape {:?} does not fit a place of shape {:?}", value.shape(), plan.shape);
        return Err(Fault::new("value::shape", span, message, "assigned here")
            .with_help("axes must be equal or 1, counted from the last, as in numpy"));
    };
    if !array.is_standard_layout() {
        *array = array.as_standard_layout().into_owned();
    }
    let mut items = from.iter();
    if let Some(flat) = array.as_slice_mut() {
        plan.visit(|k| {
            if let Some(v) = items.next() {
                flat[k] = *v;
            }
        });
    }
    Ok(())
}

/// A list literal: its elements along a new first axis.
pub fn stack(items: &[Value], span: Span) -> Result<Value, Fault> {
    let mut shape: Option<Vec<usize>> = None;
    let mut data = Vec::new();
    for item in items {
        let a = item.to_array().ok_or_else(|| {
            Fault::new("value::not-a-number", span, format!("{} is not an array of numbers", item.describe()), "here")
        })?;
        match &shape {
            Some(s) if s[..] != *a.shape() => {
                let message = format!("rows of a list differ: shapes {s:?} and {:?}", a.shape());
                return Err(Fault::new("value::shape", span, message, "in this list")
                    .with_help("concat(a, b) joins lists of different lengths"));
            }
            Some(_) => {}
            None => {
                check_size(&[items.len(), a.len()], span)?;
                shape = Some(a.shape().to_vec());
            }
        }
        data.extend(a.iter().copied());
    }
    let mut shape = shape.unwrap_or_default();
    shape.insert(0, items.len());
    shaped(shape, data, span)
}

/// The items of the first axis; of a number, itself.
pub fn items(value: &Value, span: Span) -> Result<Vec<Value>, Fault> {
    match value {
        Value::Number(v) => Ok(vec![Value::Number(*v)]),
        Value::Array(a) => Ok(a.axis_iter(Axis(0)).map(|v| Value::array(v.to_owned())).collect()),
        other => Err(Fault::new(
            "value::not-a-number",
            span,
            format!("{} has no items to go through", other.describe()),
            "a range or an array is needed here",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::FileId;

    fn span() -> Span {
        Span::new(FileId(0), 0, 0)
    }

    /// 0 … 11 in three rows of four.
    fn twelve() -> ArrayD<f64> {
        ArrayD::from_shape_vec(IxDyn(&[3, 4]), (0..12).map(f64::from).collect()).unwrap()
    }

    fn list(v: &[f64]) -> Array {
        Array::new(ArrayD::from_shape_vec(IxDyn(&[v.len()]), v.to_vec()).unwrap())
    }

    fn read(picks: &[Pick]) -> Vec<f64> {
        slice(&twelve(), picks, span()).unwrap().numbers()
    }

    #[test]
    fn places_and_ranges() {
        assert_eq!(read(&[Pick::At(1)]), [4.0, 5.0, 6.0, 7.0]);
        assert_eq!(read(&[Pick::At(1), Pick::At(2)]), [6.0]);
        assert_eq!(read(&[Pick::All, Pick::Range(1, 2)]), [1.0, 2.0, 5.0, 6.0, 9.0, 10.0]);
        assert!(read(&[Pick::Range(2, 1)]).is_empty());
        assert_eq!(read(&[Pick::Places(list(&[2.0, 0.0])), Pick::At(0)]), [8.0, 0.0]);
        assert!(slice(&twelve(), &[Pick::At(3)], span()).is_err());
        assert!(slice(&twelve(), &[Pick::At(-1)], span()).is_err());
        assert!(slice(&twelve(), &[Pick::At(0), Pick::At(0), Pick::At(0)], span()).is_err());
    }

    #[test]
    fn masks_of_one_axis_and_of_all() {
        assert_eq!(read(&[Pick::Mask(list(&[1.0, 0.0, 1.0])), Pick::At(1)]), [1.0, 9.0]);
        let odd = Array::new(twelve().mapv(|v| v % 2.0));
        assert_eq!(read(&[Pick::Mask(odd)]), [1.0, 3.0, 5.0, 7.0, 9.0, 11.0]);
    }

    #[test]
    fn an_array_of_zeros_and_ones_of_the_right_shape_is_a_mask() {
        assert!(matches!(Pick::of_array(list(&[0.0, 1.0, 1.0]), &[3, 4], false), Pick::Mask(_)));
        assert!(matches!(Pick::of_array(list(&[0.0, 1.0, 1.0]), &[3, 4], true), Pick::Places(_)));
        assert!(matches!(Pick::of_array(list(&[0.0, 1.0]), &[3, 4], false), Pick::Places(_)));
        assert!(matches!(Pick::of_array(list(&[0.0, 1.0, 2.0]), &[3, 4], false), Pick::Places(_)));
    }

    #[test]
    fn assignment_broadcasts() {
        let mut a = twelve();
        assign(&mut a, &[Pick::All, Pick::At(3)], &ArrayD::from_elem(IxDyn(&[]), -1.0), span()).unwrap();
        assign(&mut a, &[Pick::At(0), Pick::Range(0, 2)], &list(&[7.0, 8.0, 9.0]), span()).unwrap();
        assert_eq!(
            a.iter().copied().collect::<Vec<_>>(),
            [7.0, 8.0, 9.0, -1.0, 4.0, 5.0, 6.0, -1.0, 8.0, 9.0, 10.0, -1.0]
        );
        assert!(assign(&mut a, &[Pick::All], &list(&[1.0, 2.0]), span()).is_err());
    }
}
