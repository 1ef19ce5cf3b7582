//! The numbers of a `.device` at its start, looked at before the run: start values inside their bounds, rates and currents
//! finite.

use crate::circuit::definition::{Definition, Flow};
use crate::circuit::evaluate::Numbers;
use crate::diag::{Diagnostic, Span};

/// Relative excess over a bound that rounding explains.
const ROUNDING: f64 = 1e-9;

/// What is wrong with the start of an instance at these parameters; without an instance, of the defaults (warnings then).
pub fn numbers(d: &Definition, params: &[f64], temp: f64, instance: Option<(&str, Span)>) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    let who = match instance {
        Some((path, _)) => path.to_string(),
        None => format!("device '{}' with its default parameters", d.kind.name),
    };
    let new = |code, message: String, at: Span, label: &str| {
        let d = match instance {
            Some((_, span)) => Diagnostic::error(code, message).at(span, "this instance"),
            None => Diagnostic::warning(code, message),
        };
        d.at(at, label)
    };
    let starts = d.starts(params, temp);
    let still = Numbers { params, states: &starts, pins: &[], time: 0.0, temp };
    for (s, &start) in d.states.iter().zip(&starts) {
        let random = super::cell::any_own(&s.start, |o| matches!(o, crate::circuit::definition::Own::Draw(_)));
        let bound = |e: &Option<crate::circuit::equation::Equation>| e.as_ref().map(|e| d.at(e, &still, &[]));
        let (low, high) = (bound(&s.low), bound(&s.high));
        let [l, h] = [low.unwrap_or(f64::NEG_INFINITY), high.unwrap_or(f64::INFINITY)];
        let slack = ROUNDING * (if (h - l).is_finite() { h - l } else { l.abs().min(h.abs()) });
        if !start.is_finite() {
            let message = format!("{who}: the state '{}' starts at {start}", s.name);
            out.push(new("elab::start-not-finite", message, s.span, "no finite number"));
        } else if l.is_nan() || h.is_nan() || l > h {
            let message = format!("{who}: nothing lies in the range {l}:{h} of the state '{}'", s.name);
            out.push(new("elab::empty-range", message, s.span, "its range"));
        } else if !random && (start < l - slack || start > h + slack) {
            let message =
                format!("{who}: the state '{}' starts at {}, outside {}:{}", s.name, short(start), short(l), short(h));
            out.push(new("elab::start-out-of-range", message, s.span, "its start and range"));
        }
    }
    if !out.is_empty() {
        return out;
    }
    let at = Numbers { pins: &vec![0.0; d.kind.pins.len()], ..still };
    let lets = d.lets_at(&at);
    for s in &d.states {
        let Some(rate) = &s.rate else { continue };
        let v = d.at(rate, &at, &lets);
        if !v.is_finite() {
            let message = format!("{who}: ddt({}) is {v} at the start, where all voltages are 0", s.name);
            let found = new("elab::rate-not-finite", message, s.span, "this state");
            out.push(
                found.help("look for a division by zero, or a logarithm or root of what is not positive, at the start"),
            );
        }
    }
    for c in &d.contributions {
        let v = d.at(&c.value, &at, &lets);
        if !v.is_finite() {
            let what = if c.flow == Flow::Current { "current" } else { "voltage" };
            let message = format!("{who}: this {what} is {v} at the start, where all voltages are 0");
            let found = new("elab::current-not-finite", message, c.span, "this contribution");
            out.push(found.help("0/0 where the voltage is 0? limit what divides, or write the limit as a branch"));
        }
    }
    out
}

/// Six digits.
fn short(v: f64) -> String {
    format!("{v:.5e}").parse::<f64>().map_or_else(|_| v.to_string(), |v| v.to_string())
}
