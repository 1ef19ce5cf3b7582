//! A program as a device: layout, setup, load.

use std::sync::Arc;

use super::gather::{Look, Scene, evaluate, gather};
use super::graph::{Place, Source};
use super::piece::Piece;
use super::program::Program;
use super::unsteady::Unsteady;
use crate::circuit::definition::Definition;
use crate::circuit::{Circuit, PartId};
use crate::device::places::Places;
use crate::device::stamping::scatter;
use crate::device::{Blown, Device, Environment, Layout, Local, Memory, Mode, Notice, Point, Rest, Review, Stamps};
use crate::model::tape::BLOCK;
use crate::random::{Keys, Stream};

/// Of the typical size of a state: how precisely Newton and the integrator know it.
const STATE_TOLERANCE: f64 = 1e-8;

pub(super) struct Equations {
    pub definition: Arc<Definition>,
    pub program: Program,
    pub parts: Vec<PartId>,
    pub paths: Vec<String>,
    /// Which parameters each part or its model sets.
    pub given: Vec<Vec<bool>>,
    /// All parameters of each part, where defaults follow others
    pub numbers: Vec<Vec<f64>>,
    pub unsteady: Unsteady,
}

impl Equations {
    /// A state as an unknown of one part, with its nominal start value and typical size.
    fn local(&self, n: usize, starts: &[f64], derived: &[f64]) -> Local {
        let state = &self.definition.states[n];
        let bounded = state.low.is_some() || state.high.is_some();
        let size = if bounded { derived[self.program.bounds[n].range].abs() } else { starts[n].abs() };
        let scale = if size.is_finite() && size > 0.0 { size } else { 1.0 };
        let rest = if state.settles { Rest::Settles } else { Rest::Held };
        Local { start: starts[n], scale, abstol: STATE_TOLERANCE * scale, rest }
    }

    /// Nominal start values and derived numbers of a part, random numbers at the middle of their law.
    fn nominal(&self, circuit: &Circuit, instance: usize) -> (Vec<f64>, Vec<f64>) {
        let numbers = circuit.numbers(self.parts[instance]);
        let parameters = self.parameters(instance, |k| numbers[k]);
        let derived = self.derive(parameters, NOMINAL_TEMPERATURE);
        let middle = |n: usize, args: &[f64]| super::draws::law(self.definition.draws[n].law, args).quantile(0.5);
        (self.starts(|n| derived[n], middle), derived)
    }

    /// Evaluates `$limit`ed expressions and keeps each within a step of where it was last evaluated.
    fn limit(&self, at: &Point, memory: &mut Memory, places: Places, width: usize, scratch: &mut [f64]) {
        if self.program.limited == 0 {
            return;
        }
        let scene = Scene { at, memory, kept: &memory.trial };
        let pairs = evaluate(&self.program.limits, scene, places, width, scratch);
        for (n, pair) in pairs.chunks_exact_mut(2 * width).enumerate() {
            let (values, steps) = pair.split_at_mut(width);
            let mut steps = steps.iter();
            places.each(values, |value, i, lane| {
                let step = steps.next().copied().unwrap_or(f64::INFINITY).abs();
                let free = matches!(at.mode, Mode::Start | Mode::Linearize | Mode::Initial);
                let old = memory.limit(i, n, lane);
                let held = if free || !old.is_finite() { *value } else { value.max(old - step).min(old + step) };
                if held != *value {
                    memory.mark_limited(i, lane);
                }
                memory.set_limit(i, n, lane, held);
            });
        }
    }
}

/// °C, of typical sizes only
const NOMINAL_TEMPERATURE: f64 = 27.0;

impl Device for Equations {
    fn layout(&mut self, layout: &mut Layout) {
        for (i, &part) in self.parts.iter().enumerate() {
            let (starts, derived) = self.nominal(layout.circuit, i);
            let mut terminals = layout.pins(part);
            terminals.extend((0..self.program.branches).map(|_| layout.current(part)));
            for &n in &self.program.inside {
                let local = self.local(n, &starts, &derived);
                terminals.push(layout.local(part, self.definition.states[n].name.clone(), local));
            }
            for _ in 0..self.program.inner {
                // Its equation is linear in it: what reads it decides convergence.
                let local = Local { start: 0.0, scale: 1.0, abstol: 1.0, rest: Rest::Settles };
                terminals.push(layout.local(part, "ddt", local));
            }
            layout.instance(part, &terminals);
        }
        let program = &self.program;
        layout.pattern(&program.pattern_g, &program.pattern_c);
        // Behind the derived numbers: the temperature, for a setup in the midst of a run.
        let derived = program.derived + usize::from(!self.unsteady.is_empty());
        // Behind the limits: where events were first seen, and where unknowns were foretold.
        let foretold = if program.lattice.is_some() { layout.device.width } else { 0 };
        layout.memory(derived, program.slots.count(), program.limited + program.jumps.len() + foretold);
        let most = |pieces: &[&Piece]| pieces.iter().map(|p| p.space(BLOCK)).max().unwrap_or(0);
        let jumps = program.jumps.iter().flat_map(|j| j.draws.iter().map(|d| &d.1).chain([&j.values]));
        let jumps = jumps.chain([&program.watch, &program.outputs, &program.warnings]);
        let jumps: Vec<&Piece> = jumps.chain([&program.domain.suspect, &program.domain.verdicts]).collect();
        let lattice = program.lattice.iter().map(|l| l.rates.space(BLOCK)).max().unwrap_or(0);
        let loads = most(&[&program.main, &program.limits]);
        layout.warnings(self.all_notices().len());
        let outputs = program.outputs.space(BLOCK);
        layout.scratch(loads.max(2 * most(&jumps)).max(outputs + lattice.max(outputs)));
    }

    fn setup(&self, env: &Environment, memory: &mut Memory, lane: usize) {
        let branch = memory.keys[lane].branch;
        memory.keys[lane] = Keys { seed: env.seed, draw: env.draw, point: env.point, branch };
        for i in 0..memory.instances {
            let parameters = self.parameters(i, |k| memory.param(i, k, lane));
            for (n, value) in self.derive(parameters, env.temp).into_iter().enumerate() {
                memory.set_derived(i, n, lane, value);
            }
            if !self.unsteady.is_empty() {
                memory.set_derived(i, self.program.derived, lane, env.temp);
            }
        }
    }

    fn start(&self, memory: &mut Memory, lane: usize, put: &mut dyn FnMut(usize, usize, f64)) {
        self.forget_events(memory, lane);
        for i in 0..memory.instances {
            self.refresh(memory, (i, lane), None);
            let starts = self.drawn_starts(memory, i, lane);
            for (n, value) in starts.into_iter().enumerate() {
                match self.program.places[n] {
                    Place::Unknown(terminal) => put(i, terminal, value),
                    Place::Kept(slot) | Place::Lattice(slot) => {
                        memory.set_state(i, slot, lane, value);
                        memory.set_trial(i, slot, lane, value);
                    }
                }
            }
            (0..self.program.limited).for_each(|n| memory.set_limit(i, n, lane, f64::NAN));
        }
        if self.program.lattice.is_some() {
            let keys = memory.keys[lane];
            memory.set_streams(lane, |i| Stream::in_time(keys, &self.paths[i], "white"));
        }
    }

    fn load(&self, at: &Point, memory: &mut Memory, out: &mut Stamps) {
        let piece = &self.program.main;
        let mut scratch = std::mem::take(&mut memory.scratch);
        let total = memory.instances * at.lanes;
        for start in (0..total).step_by(BLOCK) {
            let width = BLOCK.min(total - start);
            let places = Places::all(at.lanes, start);
            self.limit(at, memory, places, width, &mut scratch);
            let (inputs, rest) = scratch.split_at_mut(width * piece.tape.inputs());
            let (outputs, registers) = rest.split_at_mut(width * piece.tape.outputs());
            let scene = Scene { at, memory, kept: &memory.trial };
            let limited = |source, i, lane| match source {
                Source::Limited(n) => memory.limit(i, n, lane),
                _ => f64::NAN,
            };
            let look = Look { x: |i, t, lane| at.x(i, t, lane), time: |lane| at.time[lane], other: limited };
            gather(piece, scene, places, inputs, width, look);
            piece.tape.run(width, inputs, registers, outputs);
            if outputs.iter().any(|v| !v.is_finite()) {
                for row in outputs.chunks_exact_mut(width) {
                    places.each(row, |value, i, lane| {
                        if !value.is_finite() {
                            memory.mark_limited(i, lane);
                        }
                    });
                }
            }
            scatter(&self.program.stamps, places, width, outputs, out);
        }
        memory.scratch = scratch;
    }

    fn foretell(&self, at: &Point, memory: &mut Memory, lane: usize) {
        if let Some(lattice) = &self.program.lattice {
            self.foresee(lattice, at, memory, lane);
        }
    }

    fn review(&self, at: &Point, memory: &mut Memory, lane: usize) -> Review {
        if !self.program.watches() || at.mode != Mode::Dynamic {
            return Review::Accept;
        }
        let mut scratch = std::mem::take(&mut memory.scratch);
        let mut review = Review::Accept;
        if let Some(lattice) = &self.program.lattice {
            review = self.shake(lattice, at, memory, lane, &mut scratch);
        }
        if review == Review::Accept {
            review = self.look(at, memory, lane, &mut scratch);
        }
        memory.scratch = scratch;
        review
    }

    fn accept(&self, at: &Point, memory: &mut Memory, lane: usize) -> bool {
        let warns = self.heeds();
        if !(warns || self.program.watches()) {
            return false;
        }
        let mut scratch = std::mem::take(&mut memory.scratch);
        if warns {
            self.heed(at, memory, lane, &mut scratch);
        }
        let jumped = self.program.watches() && self.happen(at, memory, lane, &mut scratch);
        memory.scratch = scratch;
        jumped
    }

    fn deposit(&self, memory: &mut Memory, lane: usize, put: &mut dyn FnMut(usize, usize, f64)) {
        self.deposit_jumps(memory, lane, put);
    }

    fn assign(&self, instance: usize, name: &str, value: f64, memory: &mut Memory, lane: usize) -> bool {
        let Some(n) = self.definition.states.iter().position(|s| s.name.eq_ignore_ascii_case(name)) else {
            return false;
        };
        match self.program.places[n] {
            Place::Kept(slot) | Place::Lattice(slot) => {
                memory.set_state(instance, slot, lane, value);
                memory.set_trial(instance, slot, lane, value);
                true
            }
            Place::Unknown(_) => false,
        }
    }

    fn blown(&self, at: &Point, memory: &Memory, lane: usize) -> Option<Blown> {
        self.first_blown(at, memory, lane)
    }

    fn restless(&self, at: &Point, memory: &Memory, lane: usize, time: f64) -> Option<(Blown, f64)> {
        self.most_restless(at, memory, lane, time)
    }

    fn rate(&self, instance: usize, terminal: usize, at: &Point, memory: &Memory, lane: usize) -> Option<f64> {
        self.rate_at(instance, terminal, at, memory, lane)
    }

    fn notices(&self) -> Vec<Notice> {
        self.all_notices()
    }

    fn cycles(&self, instance: usize, memory: &Memory, lane: usize) -> u64 {
        self.begun(memory, (instance, lane))
    }

    fn branch(&self, memory: &mut Memory, lane: usize) {
        self.rekey(memory, lane);
    }

    fn range(&self, instance: usize, name: &str, memory: &Memory, lane: usize) -> Option<(f64, f64)> {
        let n = self.definition.states.iter().position(|s| s.name.eq_ignore_ascii_case(name))?;
        let bound = |slot: Option<usize>, none: f64| slot.map_or(none, |slot| memory.derived(instance, slot, lane));
        let bounds = self.program.bounds[n];
        Some((bound(bounds.low, f64::NEG_INFINITY), bound(bounds.high, f64::INFINITY)))
    }

    fn max_step(&self, _: &Point, memory: &Memory, lane: usize) -> Option<f64> {
        self.program.lattice.as_ref().and_then(|lattice| self.longest(lattice, memory, lane))
    }

    fn bound(&self, at: &Point, memory: &Memory, lane: usize, held: &mut dyn FnMut(usize, usize)) {
        for &n in &self.program.inside {
            let (Place::Unknown(terminal), bounds) = (self.program.places[n], self.program.bounds[n]) else { continue };
            for i in 0..memory.instances {
                let w = at.x(i, terminal, lane);
                let beyond = |slot: Option<usize>, over: fn(f64, f64) -> bool| {
                    slot.is_some_and(|slot| over(w, memory.derived(i, slot, lane)))
                };
                if beyond(bounds.low, |w, low| w < low) || beyond(bounds.high, |w, high| w > high) {
                    held(i, terminal);
                }
            }
        }
    }

    fn probe(&self, instance: usize, name: &str, at: &Point, memory: &Memory, lane: usize) -> Option<f64> {
        let Some(shown) = self.program.shown.iter().find(|s| s.name.eq_ignore_ascii_case(name)) else {
            let k = self.definition.kind.find(name)?;
            return self.parameters(instance, |k| memory.param(instance, k, lane)).get(k).copied();
        };
        let mut scratch = vec![0.0; shown.piece.space(1)];
        let places = Places::lane(at.lanes, lane, instance);
        let between;
        let kept = if self.program.lattice.is_some() && at.part > 0.0 {
            let steps = memory.state.iter().zip(&memory.trial);
            between = steps.map(|(a, b)| a + at.part * (b - a)).collect::<Vec<f64>>();
            &between
        } else {
            &memory.state
        };
        let values = evaluate(&shown.piece, Scene { at, memory, kept }, places, 1, &mut scratch);
        values.first().copied()
    }
}
