//! Random numbers in expressions: `normal(m, s, shape=[…], seed=…)` and the other laws.

use ndarray::IxDyn;

use super::call::Call;
use super::fault::Fault;
use super::{Value, check_size, common_shape, shaped};
use crate::random::law::LawError;
use crate::random::{Draws, Law, Stream};

/// A random number, or an array of `shape=` (or of the shape its arguments broadcast to). With `seed=` (a number or a list)
/// the numbers are the same in every run; without it they are the next ones of `draws`.
pub fn draw(call: &Call, draws: Option<&mut Draws>) -> Result<Value, Fault> {
    let seeded;
    let mut own;
    let draws = match (call.option("seed"), draws) {
        (Some(v), _) => {
            seeded = call.as_array(v)?.iter().copied().collect::<Vec<f64>>();
            own = Draws::new(Stream::seeded(&seeded, call.name));
            &mut own
        }
        (None, Some(draws)) => draws,
        (None, None) => {
            let message = format!("{}( ) draws random numbers and needs seed= here", call.name);
            return Err(call
                .fault("value::seed", message)
                .with_help("seed=1, or seed=[1, 2]; without a seed only protocols and experiments draw"));
        }
    };
    if call.name == "draw" {
        return of_table(call, draws);
    }
    let shape = call.shape_option()?;
    let wrong = |e: LawError| call.fault("value::law", e.to_string());
    if call.name == "choice" {
        let weights: Option<Vec<f64>> = match call.option("p") {
            Some(v) => Some(call.as_array(v)?.iter().copied().collect()),
            None => None,
        };
        let law = Law::choice(&call.vector(0)?, weights.as_deref()).map_err(wrong)?;
        return fill(call, shape.unwrap_or_default(), || Ok(draws.draw(&law)));
    }
    let mean = call.option("mean").map(|v| call.as_number(v)).transpose()?;
    if call.args.iter().all(|v| matches!(v, Value::Number(_))) {
        let numbers: Vec<f64> = call.args.iter().filter_map(Value::number).collect();
        let law = Law::named(call.name, &numbers, mean).map_err(|e| {
            let fault = wrong(e);
            match (call.name, call.args.len()) {
                ("normal", 1) => fault.with_help("normal(rel) with one number stands only in .variation"),
                _ => fault,
            }
        })?;
        return fill(call, shape.unwrap_or_default(), || Ok(draws.draw(&law)));
    }
    let arrays = call.arrays()?;
    let mut shapes: Vec<&[usize]> = arrays.iter().map(|a| a.shape()).collect();
    if let Some(s) = &shape {
        shapes.push(s);
    }
    let common = common_shape(&shapes).filter(|c| shape.as_ref().is_none_or(|s| s == c)).ok_or_else(|| {
        let list: Vec<String> = shapes.iter().map(|s| format!("{s:?}")).collect();
        call.fault("value::shape", format!("{}( ) of shapes {}", call.name, list.join(" and ")))
    })?;
    let views: Vec<_> = arrays.iter().filter_map(|a| a.broadcast(IxDyn(&common))).collect();
    let mut items: Vec<_> = views.iter().map(|v| v.iter()).collect();
    let mut numbers = Vec::with_capacity(items.len());
    fill(call, common.clone(), || {
        numbers.clear();
        numbers.extend(items.iter_mut().filter_map(|i| i.next().copied()));
        Law::named(call.name, &numbers, mean).map(|law| draws.draw(&law)).map_err(wrong)
    })
}

/// `draw(values, by=keys, at=s)`: for each number of `s` one of the values whose key is nearest to it, all of them equally
/// likely. Without `by=` one of all values.
fn of_table(call: &Call, draws: &mut Draws) -> Result<Value, Fault> {
    let values = call.vector(0)?;
    if values.is_empty() {
        return Err(call.fault("value::empty", "draw( ) from no values"));
    }
    let (keys, at) = match (call.option("by"), call.option("at")) {
        (Some(by), Some(at)) => (call.as_array(by)?, call.as_array(at)?),
        (None, None) => return Ok(Value::Number(values[one_of(values.len(), draws)])),
        _ => {
            let fault = call.fault("value::arguments", "draw( ) takes by= and at= together");
            return Err(fault.with_help("draw(counts.k, by=counts.n, at=s): a k of a row whose n is nearest to s"));
        }
    };
    if keys.len() != values.len() {
        return Err(call.differ(&[values.len()], keys.shape()));
    }
    let mut order: Vec<(f64, f64)> = keys.iter().copied().zip(values).filter(|(key, _)| !key.is_nan()).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let Some(&(lowest, _)) = order.first() else {
        return Err(call.fault("value::empty", "draw( ): no key is a number"));
    };
    let mut numbers = Vec::with_capacity(at.len());
    for &s in at.iter() {
        let above = order.partition_point(|(key, _)| *key < s);
        let (below, next) = (above.checked_sub(1).map(|k| order[k].0), order.get(above).map(|o| o.0));
        let key = match (below, next) {
            (Some(a), Some(b)) if s - a <= b - s => a,
            (_, Some(b)) => b,
            (Some(a), None) => a,
            (None, None) => lowest,
        };
        let first = order.partition_point(|(k, _)| *k < key);
        let count = order.partition_point(|(k, _)| *k <= key) - first;
        numbers.push(order[first + one_of(count, draws)].1);
    }
    shaped(at.shape().to_vec(), numbers, call.span)
}

fn one_of(count: usize, draws: &mut Draws) -> usize {
    let last = count.saturating_sub(1) as f64;
    let law = Law::named("integer", &[0.0, last], None).ok().filter(|_| count > 1);
    law.map_or(0, |law| draws.draw(&law) as usize)
}

fn fill(call: &Call, shape: Vec<usize>, mut next: impl FnMut() -> Result<f64, Fault>) -> Result<Value, Fault> {
    check_size(&shape, call.span)?;
    let data = (0..shape.iter().product()).map(|_| next()).collect::<Result<Vec<f64>, Fault>>()?;
    shaped(shape, data, call.span)
}
