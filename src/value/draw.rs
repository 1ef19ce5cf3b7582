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

fn fill(call: &Call, shape: Vec<usize>, mut next: impl FnMut() -> Result<f64, Fault>) -> Result<Value, Fault> {
    check_size(&shape, call.span)?;
    let data = (0..shape.iter().product()).map(|_| next()).collect::<Result<Vec<f64>, Fault>>()?;
    shaped(shape, data, call.span)
}
