//! Tests of hypotheses: how likely a sample at least as far from its law is, by chance alone.

use super::call::Call;
use super::fault::Fault;
use super::special::{gamma_q, normal_cdf};
use super::{Value, kolmogorov};
use crate::random::Law;

/// `chisquare(observed, expected)`: Pearson's test of counts; without expected counts all are equally likely. One degree
/// of freedom less than there are counts.
pub fn chisquare(call: &Call) -> Result<Value, Fault> {
    let observed = call.vector(0)?;
    let total: f64 = observed.iter().sum();
    let expected = match call.args.len() {
        1 => vec![total / observed.len() as f64; observed.len()],
        _ => call.vector(1)?,
    };
    if observed.len() != expected.len() || observed.len() < 2 {
        return Err(call.differ(&[observed.len()], &[expected.len()]).with_help("two lists of 2 or more counts each"));
    }
    let wanted: f64 = expected.iter().sum();
    if (wanted - total).abs() > 1e-6 * total.abs() {
        let message = format!("chisquare( ): {total} observed, {wanted} expected");
        return Err(call.fault("value::totals", message).with_help("both must add up to the same number: scale one"));
    }
    let statistic: f64 = observed.iter().zip(&expected).map(|(o, e)| (o - e).powi(2) / e).sum();
    Ok(Value::Number(gamma_q(0.5 * (observed.len() - 1) as f64, 0.5 * statistic)))
}

/// `ks(sample, "normal", m, s)`, `ks(a, b)`: Kolmogorov and Smirnov's test of one sample against a law or of two samples.
pub fn ks(call: &Call) -> Result<Value, Fault> {
    let sample = sorted(call, 0)?;
    let n = sample.len();
    let law = match &call.args[1] {
        Value::Text(name) => {
            let numbers: Vec<f64> = (2..call.args.len()).map(|k| call.number(k)).collect::<Result<_, _>>()?;
            let mean = call.option("mean").map(|v| call.as_number(v)).transpose()?;
            let help = "for example ks(sample, \"normal\", mean, deviation)";
            let law = Law::named(&name.to_ascii_lowercase(), &numbers, mean);
            law.map_err(|e| call.fault("value::law", e.to_string()).with_help(help))?
        }
        _ if call.args.len() == 2 => {
            let other = sorted(call, 1)?;
            let m = other.len();
            let effective = (n * m) as f64 / (n + m) as f64;
            return Ok(Value::Number(kolmogorov::beyond(effective.round() as usize, between(&sample, &other))));
        }
        _ => {
            return Err(super::fault::arguments(
                "ks",
                "two samples, or a sample and the name of a law with its",
                3,
                call.span,
            ));
        }
    };
    let mut d = 0.0f64;
    for (k, &x) in sample.iter().enumerate() {
        let p = cumulative(&law, x).ok_or_else(|| {
            call.fault("value::law", "ks( ) takes laws of real numbers only")
                .with_help("normal, lognormal, uniform, loguniform, exponential; chisquare( ) is for counts")
        })?;
        d = d.max(p - k as f64 / n as f64).max((k + 1) as f64 / n as f64 - p);
    }
    Ok(Value::Number(kolmogorov::beyond(n, d)))
}

fn sorted(call: &Call, k: usize) -> Result<Vec<f64>, Fault> {
    let mut list = call.vector(k)?;
    if list.is_empty() || list.iter().any(|v| v.is_nan()) {
        return Err(call.fault("value::empty", "ks( ) takes samples of one or more numbers, none of them NaN"));
    }
    list.sort_by(f64::total_cmp);
    Ok(list)
}

/// The largest distance between the distribution functions of two sorted samples.
fn between(a: &[f64], b: &[f64]) -> f64 {
    let (mut i, mut j, mut d) = (0, 0, 0.0f64);
    while i < a.len() && j < b.len() {
        let x = a[i].min(b[j]);
        while i < a.len() && a[i] <= x {
            i += 1;
        }
        while j < b.len() && b[j] <= x {
            j += 1;
        }
        d = d.max((i as f64 / a.len() as f64 - j as f64 / b.len() as f64).abs());
    }
    d
}

/// P(X ≤ x); None for laws of single values.
fn cumulative(law: &Law, x: f64) -> Option<f64> {
    Some(match *law {
        Law::Normal { mean, deviation } => normal_cdf((x - mean) / deviation),
        Law::Lognormal { .. } | Law::Loguniform { .. } if x <= 0.0 => 0.0,
        Law::Lognormal { location, sigma } => normal_cdf((x.ln() - location) / sigma),
        Law::Uniform { low, high } => ((x - low) / (high - low)).clamp(0.0, 1.0),
        Law::Loguniform { low, high } => ((x / low).ln() / (high / low).ln()).clamp(0.0, 1.0),
        Law::Exponential { mean } => 1.0 - (-x.max(0.0) / mean).exp(),
        Law::Integer { .. } | Law::Choice(_) => return None,
    })
}
