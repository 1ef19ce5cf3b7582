//! Functions that take an axis away: sum, mean, max, median, argmax and so on.

use ndarray::Axis;

use super::Value;
use super::call::Call;
use super::fault::Fault;

/// `f` over all numbers, along the axis named, or for each group of rows that `by=` tells apart.
fn along(call: &Call, needs_some: bool, f: impl Fn(&mut dyn Iterator<Item = f64>) -> f64) -> Result<Value, Fault> {
    along_argument(call, 1, needs_some, f)
}

/// The same where the axis may stand as argument `place`.
fn along_argument(
    call: &Call,
    place: usize,
    needs_some: bool,
    f: impl Fn(&mut dyn Iterator<Item = f64>) -> f64,
) -> Result<Value, Fault> {
    let a = call.array(0)?;
    if let Some(by) = call.option("by") {
        let groups = groups(call, by, a.shape().first().copied().unwrap_or(1))?;
        let group =
            |rows: &Vec<usize>| f(&mut rows.iter().flat_map(|r| a.index_axis(Axis(0), *r).into_iter().copied()));
        return Ok(Value::vector(groups.iter().map(group).collect()));
    }
    let axis = call.axis(place, a.ndim())?;
    if needs_some && axis.map_or(a.len(), |k| a.shape()[k]) == 0 {
        return Err(call.fault("value::empty", format!("{}( ) of no numbers (shape {:?})", call.name, a.shape())));
    }
    Ok(match axis {
        None => Value::Number(f(&mut a.iter().copied())),
        Some(k) => Value::array(a.map_axis(Axis(k), |lane| f(&mut lane.iter().copied()))),
    })
}

/// The rows of each different key, keys rising: `by=v` of one column, `by=[v, w]` of several.
fn groups(call: &Call, by: &Value, rows: usize) -> Result<Vec<Vec<usize>>, Fault> {
    let keys = call.as_array(by)?;
    let columns: Vec<Vec<f64>> = match keys.ndim() {
        0 | 1 => vec![keys.iter().copied().collect()],
        _ => keys.outer_iter().map(|c| c.iter().copied().collect()).collect(),
    };
    if call.array(0)?.ndim() == 0 || columns.iter().any(|c| c.len() != rows) {
        let message = format!("{}( ): by= has another number of rows than the values, {rows}", call.name);
        return Err(call
            .fault("value::shape", message)
            .with_help("by= takes a column of the same table, or a list of them"));
    }
    let compare = |a: &usize, b: &usize| {
        let by_column = columns.iter().map(|c| c[*a].total_cmp(&c[*b]));
        by_column.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
    };
    let mut order: Vec<usize> = (0..rows).collect();
    order.sort_by(compare);
    let mut out: Vec<Vec<usize>> = Vec::new();
    for r in order {
        match out.last_mut() {
            Some(group) if compare(&group[0], &r).is_eq() => group.push(r),
            _ => out.push(vec![r]),
        }
    }
    Ok(out)
}

pub fn sum(call: &Call) -> Result<Value, Fault> {
    along(call, false, |items| items.sum())
}

pub fn prod(call: &Call) -> Result<Value, Fault> {
    along(call, false, |items| items.product())
}

pub fn mean(call: &Call) -> Result<Value, Fault> {
    along(call, false, |items| moments(items).1)
}

/// Population standard deviation, as numpy's with ddof = 0.
pub fn std(call: &Call) -> Result<Value, Fault> {
    along(call, false, |items| {
        let list: Vec<f64> = items.collect();
        let mean = moments(&mut list.iter().copied()).1;
        (list.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / list.len() as f64).sqrt()
    })
}

/// The middle of the sorted numbers, or the mean of the two in the middle.
pub fn median(call: &Call) -> Result<Value, Fault> {
    along(call, false, |items| {
        let mut list: Vec<f64> = items.collect();
        if list.is_empty() || list.iter().any(|v| v.is_nan()) {
            return f64::NAN;
        }
        list.sort_by(f64::total_cmp);
        let n = list.len();
        match n % 2 {
            1 => list[n / 2],
            _ => 0.5 * (list[n / 2 - 1] + list[n / 2]),
        }
    })
}

/// The number below which a share q of the numbers lies, straight between two of them, as numpy's.
pub fn quantile(call: &Call) -> Result<Value, Fault> {
    let q = call.number(1)?;
    if !(0.0..=1.0).contains(&q) {
        return Err(call
            .fault("value::range", format!("a share of {q} is none"))
            .with_help("from 0 to 1, or 0% to 100%"));
    }
    along_argument(call, 2, true, |items| {
        let mut list: Vec<f64> = items.collect();
        if list.is_empty() || list.iter().any(|v| v.is_nan()) {
            return f64::NAN;
        }
        list.sort_by(f64::total_cmp);
        let place = q * (list.len() - 1) as f64;
        let (low, high) = (list[place.floor() as usize], list[place.ceil() as usize]);
        low + (high - low) * place.fract()
    })
}

pub fn any(call: &Call) -> Result<Value, Fault> {
    along(call, false, |mut items| f64::from(u8::from((&mut items).any(|v| v != 0.0))))
}

pub fn all(call: &Call) -> Result<Value, Fault> {
    along(call, false, |mut items| f64::from(u8::from((&mut items).all(|v| v != 0.0))))
}

pub fn max(call: &Call) -> Result<Value, Fault> {
    along(call, true, |items| best(items, |v, m| v > m).1)
}

pub fn min(call: &Call) -> Result<Value, Fault> {
    along(call, true, |items| best(items, |v, m| v < m).1)
}

pub fn argmax(call: &Call) -> Result<Value, Fault> {
    along(call, true, |items| best(items, |v, m| v > m).0)
}

pub fn argmin(call: &Call) -> Result<Value, Fault> {
    along(call, true, |items| best(items, |v, m| v < m).0)
}

/// Number and mean.
fn moments(items: &mut dyn Iterator<Item = f64>) -> (f64, f64) {
    let (n, s) = items.fold((0.0, 0.0), |(n, s), v| (n + 1.0, s + v));
    (n, s / n)
}

/// Place and value of the first best number; NaN is better than all, as in numpy.
fn best(items: &mut dyn Iterator<Item = f64>, better: fn(f64, f64) -> bool) -> (f64, f64) {
    let mut at = (0.0, f64::NAN);
    for (k, v) in items.enumerate() {
        if k == 0 || better(v, at.1) || v.is_nan() && !at.1.is_nan() {
            at = (k as f64, v);
        }
    }
    at
}
