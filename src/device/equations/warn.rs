//! What a run says of a device: conditions of `warn when`, functions outside their domain, hazards below 0, states set beyond
//! their bounds. Looked at where a point is accepted, and nowhere else; each instance counts once.

use super::device::Equations;
use super::domain::Said;
use super::gather::{Scene, evaluate};
use super::graph::Place;
use crate::device::places::Places;
use crate::device::{Blown, Memory, Notice, Point};
use crate::model::tape::BLOCK;

impl Equations {
    /// All of them in the order of the memory: those that the device writes, functions, events.
    pub(super) fn all_notices(&self) -> Vec<Notice> {
        let written = self.definition.warnings.iter().map(|w| Notice {
            text: w.text.clone(),
            compared: w.compared.clone(),
            span: Some(w.span),
        });
        let events = self.program.said.iter().map(|s| s.1.clone());
        written.chain(self.program.domain.notices.iter().cloned()).chain(events).collect()
    }

    /// Whether anything is looked at where a point is accepted.
    pub(super) fn heeds(&self) -> bool {
        !(self.definition.warnings.is_empty() && self.program.domain.notices.is_empty())
    }

    /// What is said of an event now.
    pub(super) fn say(&self, memory: &mut Memory, place: (usize, usize), said: Said, time: f64, value: f64) {
        let before = self.definition.warnings.len() + self.program.domain.notices.len();
        if let Some(n) = self.program.said.iter().position(|s| s.0 == said) {
            memory.warn(place, before + n, time, value);
        }
    }

    /// Conditions and functions of one lane at an accepted point.
    pub(super) fn heed(&self, at: &Point, memory: &mut Memory, lane: usize, scratch: &mut [f64]) {
        let (written, domain) = (self.definition.warnings.len(), &self.program.domain);
        let functions = written..written + domain.notices.len();
        for start in (0..memory.instances).step_by(BLOCK) {
            let width = BLOCK.min(memory.instances - start);
            let places = Places::lane(at.lanes, lane, start);
            let told = |memory: &Memory, mut of: std::ops::Range<usize>| {
                of.all(|n| (start..start + width).all(|i| memory.told((i, lane), n)))
            };
            if !told(memory, 0..written) {
                let scene = Scene { at, memory, kept: &memory.state };
                let results = evaluate(&self.program.warnings, scene, places, width, scratch);
                tell(at, memory, (start, lane), 0, results, width);
            }
            if told(memory, functions.clone()) {
                continue;
            }
            let scene = Scene { at, memory, kept: &memory.state };
            if evaluate(&domain.suspect, scene, places, width, scratch).iter().any(|v| *v != 0.0) {
                let results = evaluate(&domain.verdicts, scene, places, width, scratch);
                tell(at, memory, (start, lane), written, results, width);
            }
        }
    }
}

/// A, V, 1/s: no step is short enough for what is larger.
const LARGEST: f64 = 1e60;

impl Equations {
    /// Contributions and rates of an instance; None where what they read is no number.
    fn flows(&self, i: usize, at: &Point, memory: &Memory, lane: usize) -> Option<Vec<f64>> {
        if (0..at.width).any(|t| !at.x(i, t, lane).is_finite()) {
            return None;
        }
        let piece = &self.program.flows;
        let mut scratch = vec![0.0; piece.space(1)];
        let scene = Scene { at, memory, kept: &memory.state };
        Some(evaluate(piece, scene, Places::lane(at.lanes, lane, i), 1, &mut scratch).to_vec())
    }

    /// A rate that is too large or no number, else such a contribution, of the first instance that has one.
    pub(super) fn first_blown(&self, at: &Point, memory: &Memory, lane: usize) -> Option<Blown> {
        (0..memory.instances).find_map(|instance| {
            let flows = self.flows(instance, at, memory, lane)?;
            let (n, value) = flows.into_iter().enumerate().rfind(|(_, v)| v.is_nan() || v.abs() >= LARGEST)?;
            Some(Blown { instance, what: self.flow_name(n), value })
        })
    }

    /// `I(a,b)`, `ddt(w)`
    fn flow_name(&self, n: usize) -> String {
        let called = &self.program.called;
        called
            .get(n)
            .cloned()
            .unwrap_or_else(|| format!("ddt({})", self.definition.states[self.program.inside[n - called.len()]].name))
    }

    /// See [`crate::device::Device::restless`]. Of equations that change alike, that of a state counts.
    pub(super) fn most_restless(&self, at: &Point, memory: &Memory, lane: usize, time: f64) -> Option<(Blown, f64)> {
        let first = self.program.called.len();
        let mut x = at.x.to_vec();
        let mut most: Option<(Blown, f64)> = None;
        for instance in 0..memory.instances {
            let Some(now) = self.flows(instance, at, memory, lane) else { continue };
            for (n, rate) in self.program.inside.iter().zip(&now[first..]) {
                if let Place::Unknown(terminal) = self.program.places[*n] {
                    let k = at.terms[instance * at.width + terminal] as usize * at.lanes + lane;
                    x[k] += rate * time;
                }
            }
            let Some(then) = self.flows(instance, &Point { x: &x, ..*at }, memory, lane) else { continue };
            for (n, (a, b)) in now.iter().zip(&then).enumerate().rev() {
                let change = (b - a).abs() / a.abs();
                if change.is_finite() && most.as_ref().is_none_or(|m| change > m.1) {
                    most = Some((Blown { instance, what: self.flow_name(n), value: *a }, change));
                }
            }
        }
        most
    }

    pub(super) fn rate_at(&self, i: usize, terminal: usize, at: &Point, memory: &Memory, lane: usize) -> Option<f64> {
        let own = |n: &usize| matches!(self.program.places[*n], Place::Unknown(t) if t == terminal);
        let n = self.program.inside.iter().position(own)?;
        self.flows(i, at, memory, lane)?.get(self.program.called.len() + n).copied()
    }
}

/// Results that are pairs: whether a condition holds, and what is shown of it; `first` is the place of the first.
fn tell(at: &Point, memory: &mut Memory, (start, lane): (usize, usize), first: usize, results: &[f64], width: usize) {
    for (n, pair) in results.chunks_exact(2 * width).enumerate() {
        for b in (0..width).filter(|b| pair[*b] != 0.0) {
            memory.warn((start + b, lane), first + n, at.time[lane], pair[width + b]);
        }
    }
}
