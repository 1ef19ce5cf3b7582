//! A lint: currents that jump where a condition in them changes. Newton's method stands before such a jump for ever.
//!
//! Each comparison that a contribution reads is followed along every voltage and every bounded state; where it changes, the
//! contribution is taken from both sides.

use std::collections::HashSet;

use crate::circuit::definition::{Contribution, Definition, Flow, Own};
use crate::circuit::equation::{Equation, Function, Quantity};
use crate::circuit::evaluate::Numbers;
use crate::diag::Diagnostic;

/// V: how far voltages are followed, and in how many steps
const REACH: f64 = 4.0;
const STEPS: usize = 80;
/// Distance of the two sides from the boundary, relative to the range followed.
const BESIDE: f64 = 1e-9;
/// Share of the current around the boundary that counts as a jump.
const JUMP: f64 = 1e-3;
/// Comparisons of one contribution that are followed.
const MOST: usize = 40;

/// Along what a condition is followed.
#[derive(Clone, Copy)]
enum Axis {
    Pin(usize),
    State(usize, f64, f64),
}

/// Warnings about contributions that jump, at these parameters.
pub fn jumps(d: &Definition, params: &[f64], temp: f64) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    let states = d.starts(params, temp);
    let pins = vec![0.0; d.kind.pins.len()];
    let at = Numbers { params, states: &states, pins: &pins, time: 0.0, temp };
    let mut axes: Vec<Axis> = (0..pins.len()).map(Axis::Pin).collect();
    for (k, s) in d.states.iter().enumerate().filter(|(_, s)| s.rate.is_some()) {
        if let (Some(low), Some(high)) = (&s.low, &s.high) {
            let (low, high) = (d.at(low, &at, &[]), d.at(high, &at, &[]));
            if low.is_finite() && high.is_finite() && low < high && axes.len() < 8 {
                axes.push(Axis::State(k, low, high));
            }
        }
    }
    for c in d.contributions.iter().filter(|c| c.flow == Flow::Current) {
        let mut conditions = Vec::new();
        comparisons(d, &c.value, &mut HashSet::new(), &mut conditions);
        conditions.truncate(MOST);
        let jump =
            conditions.iter().find_map(|f| axes.iter().find_map(|a| jump_along(d, c, f, *a, &at).map(|j| (*a, j))));
        if let Some((axis, (place, left, right))) = jump {
            let (what, unit) = match axis {
                Axis::Pin(p) => (format!("V({})", d.kind.pins[p].name), " V"),
                Axis::State(k, ..) => (d.states[k].name.to_string(), ""),
            };
            let message = format!("this current jumps from {left:.3e} to {right:.3e} A at {what} = {place:.4}{unit}");
            let found = Diagnostic::warning("elab::discontinuous-current", message).at(c.span, "not continuous");
            out.push(
                found.help("Newton's method cannot find a point between; let both branches meet where they switch"),
            );
        }
    }
    out
}

/// The two sides of comparisons that choose inside an equation, as their difference.
fn comparisons(d: &Definition, e: &Equation, seen: &mut HashSet<usize>, out: &mut Vec<Equation>) {
    match e {
        Equation::Quantity(Quantity::Own(Own::Let(k))) if seen.insert(*k) => {
            comparisons(d, &d.lets[*k].value, seen, out);
        }
        Equation::Const(_) | Equation::Quantity(_) => {}
        Equation::Apply(Function::Ddt, _) => {}
        Equation::Apply(f, args) => {
            if matches!(f, Function::Lt | Function::Le | Function::Gt | Function::Ge) {
                out.push(Equation::apply(Function::Sub, args.clone()));
            }
            args.iter().for_each(|a| comparisons(d, a, seen, out));
        }
    }
}

/// Where `difference` crosses 0 along an axis and the current jumps: the place and the current on both sides.
fn jump_along(
    d: &Definition,
    c: &Contribution,
    difference: &Equation,
    axis: Axis,
    at: &Numbers,
) -> Option<(f64, f64, f64)> {
    let (low, high) = match axis {
        Axis::Pin(_) => (-REACH, REACH),
        Axis::State(_, low, high) => (low, high),
    };
    let value = |e: &Equation, x: f64| {
        let (mut pins, mut states) = (at.pins.to_vec(), at.states.to_vec());
        match axis {
            Axis::Pin(p) => pins[p] = x,
            Axis::State(k, ..) => states[k] = x,
        }
        // Across a resting device nothing flows, whatever its states do.
        if let (Axis::State(..), Some(p)) = (axis, c.plus.or(c.minus)) {
            pins[p] = 0.1;
        }
        let at = Numbers { pins: &pins, states: &states, ..*at };
        d.at(e, &at, &d.lets_at(&at))
    };
    // Not on the round numbers where thresholds lie.
    let place = |k: usize| low + (high - low) * (k as f64 + 0.123) / (STEPS as f64 + 0.246);
    let mut before = (place(0), value(difference, place(0)));
    for k in 1..=STEPS {
        let here = (place(k), value(difference, place(k)));
        if before.1.is_finite() && here.1.is_finite() && (before.1 > 0.0) != (here.1 > 0.0) {
            let (mut a, mut b) = (before.0, here.0);
            for _ in 0..60 {
                let middle = 0.5 * (a + b);
                if (value(difference, middle) > 0.0) == (before.1 > 0.0) { a = middle } else { b = middle }
            }
            let beside = BESIDE * (high - low);
            let (x, y) = (a - beside, b + beside);
            let (left, right) = (value(&c.value, x), value(&c.value, y));
            // As far away again the current has changed as much where it is only steep.
            let (further, beyond) = (value(&c.value, x - beside), value(&c.value, y + beside));
            let steep = (left - further).abs().max((beyond - right).abs());
            let jump = (right - left).abs();
            let size = left.abs().max(right.abs());
            if jump.is_finite() && size > 0.0 && jump > JUMP * size && jump > 20.0 * steep + f64::MIN_POSITIVE {
                return Some((0.5 * (a + b), left, right));
            }
        }
        before = here;
    }
    None
}
