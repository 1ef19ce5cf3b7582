//! What a draw of a Monte-Carlo run makes of the parts of a circuit: parameters drawn, parts stuck, parameters that will
//! change as time goes by.

use std::sync::Arc;

use super::Draw;
use super::builder::Builder;
use super::variation::{Drawn, Scatter};
use crate::circuit::kind::Param;
use crate::circuit::unsteady::Unsteady;
use crate::circuit::{Circuit, PartId, Setting};
use crate::diag::Diagnostic;
use crate::random::Stream;

impl Builder<'_> {
    /// Every part whose device or model varies.
    pub fn draw(&mut self, draw: Draw) {
        for (part, scatter) in std::mem::take(&mut self.scattered) {
            let found = one(&mut self.circuit, part, &scatter, draw);
            for d in found {
                self.report(d);
            }
        }
    }
}

/// One part; what is wrong with what was drawn.
fn one(circuit: &mut Circuit, id: PartId, scatter: &Scatter, draw: Draw) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let kind = circuit.part(id).kind.clone();
    let stream = |circuit: &Circuit, purpose: &str| Stream::new(draw.seed, draw.run, &circuit.part(id).path, purpose);
    // Parameters in their order: a default that follows others follows what has been drawn for them.
    for (k, param) in kind.params.iter().enumerate() {
        let Some(drawn) = scatter.device.iter().find(|d| d.name == param.name) else { continue };
        let purpose = format!("device:{}", param.name);
        let nominal = circuit.numbers(id)[k];
        let mut stream = stream(circuit, &purpose);
        set(circuit, id, param, drawn, nominal, &mut stream, &mut found);
    }
    if let Some(stuck) = &scatter.stuck
        && stream(circuit, "stuck").uniform(0) < stuck.share
    {
        circuit.parts[id.0 as usize].settings.push(("stuck".into(), Setting::Number(1.0)));
        for drawn in &stuck.draws {
            let Some(k) = kind.param(&drawn.name) else { continue };
            let nominal = circuit.numbers(id)[k];
            let mut stream = stream(circuit, &format!("stuck:{}", drawn.name));
            set(circuit, id, &kind.params[k], drawn, nominal, &mut stream, &mut found);
        }
    }
    if !(scatter.cycles.is_empty() && scatter.telegraphs.is_empty()) {
        let spreads = scatter.cycles.iter().map(|d| {
            let (low, high) = kind.param(&d.name).map_or((f64::NEG_INFINITY, f64::INFINITY), |k| kind.params[k].range);
            let (l, h) = d.spread.bounds.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
            let mut spread = d.spread.clone();
            spread.bounds = Some((low.max(l), high.min(h)));
            (d.name.clone(), spread)
        });
        let unsteady = Unsteady { cycles: spreads.collect(), telegraphs: scatter.telegraphs.clone() };
        circuit.unsteady.insert(id, Arc::new(unsteady));
    }
    found
}

/// Draws a parameter of a part; held inside the parameter's own range. What comes out as it was is left alone.
fn set(
    circuit: &mut Circuit,
    id: PartId,
    param: &Param,
    drawn: &Drawn,
    nominal: f64,
    stream: &mut Stream,
    found: &mut Vec<Diagnostic>,
) {
    let value = drawn.spread.draw(nominal, stream, 0);
    if !value.is_finite() {
        let path = &circuit.part(id).path;
        let message = format!("{path}: {} is drawn as {value}", param.name);
        let d = Diagnostic::error("elab::drawn", message).at(drawn.span, "by this");
        found.push(match nominal.is_nan() {
            true => {
                d.help("a relative law needs a value to be relative to: set it in the .model, or draw with two numbers")
            }
            false => d.help("look at the numbers of the law"),
        });
        return;
    }
    let value = value.max(param.range.0).min(param.range.1);
    if value.to_bits() != nominal.to_bits() {
        circuit.parts[id.0 as usize].settings.push((param.name.clone(), Setting::Number(value)));
    }
}
