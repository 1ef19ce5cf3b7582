//! States driven by white noise: Euler–Maruyama on a fixed lattice of time, outside Newton.
//!
//! A state dx = f dt + Σ gₙ dWₙ advances by whole cells of the lattice, δ seconds each, after a trial step has converged:
//! x += f·δ + Σ gₙ·ξₙ·√δ, Itô's sense. ξ of a cell depends on its number alone, so a step that is rejected and tried again
//! sees the same noise, and steps of any length see the same path. Unknowns are interpolated linearly between the last
//! accepted point and the trial.
//!
//! The circuit must not see the states a step late. So they go to the end of a trial step before it is iterated, along
//! the unknowns' prediction, and once more after it has converged. A step of several cells is cut within which the
//! states change a contribution by more than a factor of e, or at whose end it is not within 3 % of what the
//! circuit was solved with; what the change does to the circuit, the truncation error of its unknowns tells.
//!
//! δ is the shortest interval among the noises of an instance; a noise of a longer interval keeps its force over several cells.

use std::collections::HashMap;

use super::device::Equations;
use super::gather::{Look, Scene, evaluate, evaluate_at, nothing};
use super::graph::{Place, Source};
use super::piece::Piece;
use super::rows::Rows;
use crate::circuit::definition::Definition;
use crate::device::places::Places;
use crate::device::{Memory, Point, Review, Ticks};
use crate::model::dag::Id;
use crate::model::diff::derivatives;
use crate::model::substitute::substitute;
use crate::model::tape::BLOCK;

/// Largest change of the logarithm of a contribution in a step of several cells.
const LARGEST_CHANGE: f64 = 1.0;
/// Largest difference of the logarithm of a contribution between what was foretold and what came.
const LARGEST_SURPRISE: f64 = 0.03;
/// Cells of a step at most, where the noise matters to the circuit: what happens within longer ones averages over what the
/// circuit should see.
const CELLS: f64 = 5.0;
/// A or V: contributions below matter to nobody.
const NOTHING: f64 = 1e-12;
/// V, and a part of any unknown: a trial step that ends so near its prediction has the path that was foretold.
const AS_FORETOLD: f64 = 1e-9;
const NEARLY: f64 = 1e-6;

/// A state on the lattice.
#[derive(Clone, Debug)]
struct Shaken {
    state: usize,
    slot: usize,
    reflect: bool,
    /// Noises and the results of the tape that are their strengths
    noises: Vec<(usize, usize)>,
}

/// What advances the states of an instance.
#[derive(Clone, Debug)]
pub(super) struct Lattice {
    states: Vec<Shaken>,
    /// Intervals of the noises, s: derived numbers
    every: Vec<usize>,
    /// Drifts in the order of `states`, then strengths of noises
    pub rates: Piece,
}

/// The lattice before its tape is made.
pub(super) struct Shaking {
    pub roots: Vec<Id>,
    pub every: Vec<Id>,
    states: Vec<(usize, Vec<(usize, usize)>)>,
}

/// Drifts and strengths of the states that are driven by noise.
pub(super) fn shaking(definition: &Definition, rows: &mut Rows) -> Shaking {
    let every = definition.noises.iter().map(|n| rows.graph.lower(&n.every)).collect();
    let zero = rows.graph.dag.constant(0.0);
    let sources: Vec<Id> = (0..definition.noises.len()).map(|n| rows.graph.source(Source::White(n))).collect();
    let numbers: HashMap<Id, usize> = sources.iter().enumerate().map(|(n, id)| (*id, n)).collect();
    let (mut drifts, mut strengths, mut states) = (Vec::new(), Vec::new(), Vec::new());
    let shaken = rows.places.iter().filter(|p| matches!(p, Place::Lattice(_))).count();
    for n in 0..rows.places.len() {
        let (Place::Lattice(_), Some(rate)) = (rows.places[n], rows.rates[n]) else { continue };
        let dag = &mut rows.graph.dag;
        let mut noises = Vec::new();
        let mut read: Vec<usize> =
            dag.reachable(&[rate], &[]).into_iter().filter_map(|id| numbers.get(&id).copied()).collect();
        read.sort_unstable();
        for k in read {
            let strength = derivatives(dag, &[rate], sources[k]).first().copied().unwrap_or(zero);
            if strength != zero {
                noises.push((k, shaken + strengths.len()));
                strengths.push(strength);
            }
        }
        drifts.push(rate);
        states.push((n, noises));
    }
    drifts.extend(strengths);
    let silent = sources.iter().map(|s| (*s, zero)).collect();
    let drifts = substitute(&mut rows.graph.dag, &drifts, &silent);
    Shaking { roots: drifts, every, states }
}

impl Shaking {
    pub fn lattice(
        self,
        definition: &Definition,
        places: &[Place],
        rates: Piece,
        slot: impl Fn(Id) -> usize,
    ) -> Option<Lattice> {
        let shaken = |(state, noises): (usize, Vec<(usize, usize)>)| match places[state] {
            Place::Lattice(slot) => Some(Shaken { state, slot, reflect: definition.states[state].reflect, noises }),
            _ => None,
        };
        let states: Vec<Shaken> = self.states.into_iter().filter_map(shaken).collect();
        let every = self.every.into_iter().map(slot).collect();
        (!states.is_empty()).then_some(Lattice { states, every, rates })
    }
}

/// x mirrored at the bounds it has passed.
fn mirror(x: f64, low: f64, high: f64) -> f64 {
    if !(x < low || x > high) {
        return x;
    }
    if !(low.is_finite() && high.is_finite()) {
        let once = if x < low { 2.0 * low - x } else { 2.0 * high - x };
        return once.max(low).min(high);
    }
    // The path unfolded has a period of twice the width.
    let width = high - low;
    let along = (x - low).rem_euclid(2.0 * width);
    if along > width { high - (along - width) } else { low + along }
}

impl Lattice {
    /// The cell of an instance, s.
    fn cell(&self, memory: &Memory, i: usize, lane: usize) -> f64 {
        self.every.iter().map(|&n| memory.derived(i, n, lane)).fold(f64::INFINITY, f64::min)
    }
}

impl Equations {
    /// Advances the states of one lane along the prediction of a trial step.
    pub(super) fn foresee(&self, lattice: &Lattice, at: &Point, memory: &mut Memory, lane: usize) {
        let mut scratch = std::mem::take(&mut memory.scratch);
        for start in (0..memory.instances).step_by(BLOCK) {
            let width = BLOCK.min(memory.instances - start);
            self.walk(lattice, at, memory, lane, (start, width), &mut scratch);
        }
        for i in 0..memory.instances {
            for t in 0..at.width {
                memory.set_limit(i, self.foretold() + t, lane, at.x(i, t, lane));
            }
        }
        memory.scratch = scratch;
    }

    /// Steps while noise matters.
    pub(super) fn longest(&self, lattice: &Lattice, memory: &Memory, lane: usize) -> Option<f64> {
        let alive = |i: &usize| memory.state(*i, self.program.slots.alive(), lane) != 0.0;
        (0..memory.instances).filter(alive).map(|i| CELLS * lattice.cell(memory, i, lane)).reduce(f64::min)
    }

    /// The first of the limits that remember where a prediction had the unknowns.
    fn foretold(&self) -> usize {
        self.program.limited + self.program.jumps.len()
    }

    /// Whether the end of the trial step is where its prediction was.
    fn is_as_foretold(&self, at: &Point, memory: &Memory, i: usize, lane: usize) -> bool {
        (0..at.width).all(|t| {
            let (x, foretold) = (at.x(i, t, lane), memory.limit(i, self.foretold() + t, lane));
            let near = NEARLY * x.abs().max(at.last(i, t, lane).abs());
            (x - foretold).abs() <= if t < self.program.pins { near + AS_FORETOLD } else { near }
        })
    }

    /// Advances the states of one lane by the cells that end within the step, into `memory.trial`, and looks whether the circuit
    /// was solved with what came.
    pub(super) fn shake(
        &self,
        lattice: &Lattice,
        at: &Point,
        memory: &mut Memory,
        lane: usize,
        scratch: &mut [f64],
    ) -> Review {
        let piece = &self.program.outputs;
        let mut cut = false;
        for start in (0..memory.instances).step_by(BLOCK) {
            let width = BLOCK.min(memory.instances - start);
            let places = Places::lane(at.lanes, lane, start);
            let (held, rest) = scratch.split_at_mut(piece.space(width));
            let foretold = evaluate(piece, Scene { at, memory, kept: &memory.trial }, places, width, held);
            for b in 0..width {
                let flows = foretold.iter().skip(b).step_by(width).any(|f| f.abs() > NOTHING);
                memory.set_trial(start + b, self.program.slots.alive(), lane, f64::from(flows));
            }
            let mut most = 0;
            if (start..start + width).any(|i| !self.is_as_foretold(at, memory, i, lane)) {
                most = self.walk(lattice, at, memory, lane, (start, width), rest);
                let came = evaluate(piece, Scene { at, memory, kept: &memory.trial }, places, width, rest);
                cut |= most > 1 && differ(foretold, came, LARGEST_SURPRISE);
            }
            let most = most.max(Cells::new(lattice, self, at, memory, lane, start, width).most());
            cut |= most > 1 && {
                let came = evaluate(piece, Scene { at, memory, kept: &memory.trial }, places, width, held);
                let before = evaluate(piece, Scene { at, memory, kept: &memory.state }, places, width, rest);
                differ(before, came, LARGEST_CHANGE)
            };
        }
        if cut { Review::Cut(0.5) } else { Review::Accept }
    }

    /// Advances a block of instances; the most cells that one of them went.
    fn walk(
        &self,
        lattice: &Lattice,
        at: &Point,
        memory: &mut Memory,
        lane: usize,
        (start, width): (usize, usize),
        scratch: &mut [f64],
    ) -> u64 {
        let mut streams = std::mem::take(&mut memory.streams);
        let mut block = Cells::new(lattice, self, at, memory, lane, start, width);
        block.begin(lattice, self, memory, lane, start, width);
        for k in 0..block.most() {
            block.place(k);
            let places = Places::lane(at.lanes, lane, start);
            let scene = Scene { at, memory, kept: &memory.trial };
            let part = |i: usize| block.part[i - start];
            let between = |i: usize, t: usize, lane: usize| {
                let last = at.last(i, t, lane);
                last + part(i) * (at.x(i, t, lane) - last)
            };
            let look = Look { x: between, time: |lane| at.time[lane], other: nothing };
            let results = evaluate_at(&lattice.rates, scene, places, width, scratch, look);
            for b in 0..width {
                if k < block.cells[b] {
                    let stream = &mut streams[(start + b) * at.lanes + lane];
                    let cell = (block.first[b] + k, block.delta[b]);
                    self.advance(lattice, memory, (start + b, lane), cell, |n| results[n * width + b], stream);
                }
            }
        }
        memory.streams = streams;
        block.most()
    }

    /// One cell of one instance: its number and length.
    fn advance(
        &self,
        lattice: &Lattice,
        memory: &mut Memory,
        (i, lane): (usize, usize),
        (cell, delta): (u64, f64),
        rate: impl Fn(usize) -> f64,
        stream: &mut crate::random::Stream,
    ) {
        let count = lattice.every.len() as u64;
        for (s, shaken) in lattice.states.iter().enumerate() {
            let mut x = memory.trial(i, shaken.slot, lane) + delta * rate(s);
            for &(noise, strength) in &shaken.noises {
                let every = memory.derived(i, lattice.every[noise], lane);
                let own = if every == delta { cell } else { ((cell as f64 + 0.5) * delta / every) as u64 };
                x += rate(strength) * stream.normal(own * count + noise as u64) * (delta / every.sqrt());
            }
            let bounds = self.program.bounds[shaken.state];
            let bound = |slot: Option<usize>, none: f64| slot.map_or(none, |n| memory.derived(i, n, lane));
            let (low, high) = (bound(bounds.low, f64::NEG_INFINITY), bound(bounds.high, f64::INFINITY));
            let x = if shaken.reflect { mirror(x, low, high) } else { x.max(low).min(high) };
            memory.set_trial(i, shaken.slot, lane, x);
        }
        memory.set_trial(i, self.program.slots.cell(), lane, (cell + 1) as f64);
    }
}

/// Whether one of these contributions differs from what it was by more than this in its logarithm.
fn differ(before: &[f64], after: &[f64], most: f64) -> bool {
    before.iter().zip(after).any(|(a, b)| *a != 0.0 && *b != 0.0 && (b / a).abs().ln().abs() > most)
}

/// The cells that end within a step, for a block of instances.
struct Cells {
    /// Number of the first, how many, length (s), where the first begins and how far it is to the next, as parts of the step
    first: [u64; BLOCK],
    cells: [u64; BLOCK],
    delta: [f64; BLOCK],
    begin: [f64; BLOCK],
    stride: [f64; BLOCK],
    /// Where the present cell begins
    part: [f64; BLOCK],
}

impl Cells {
    fn new(
        lattice: &Lattice,
        equations: &Equations,
        at: &Point,
        memory: &Memory,
        lane: usize,
        start: usize,
        width: usize,
    ) -> Cells {
        let slots = &equations.program.slots;
        let mut block = Cells {
            first: [0; BLOCK],
            cells: [0; BLOCK],
            delta: [0.0; BLOCK],
            begin: [0.0; BLOCK],
            stride: [0.0; BLOCK],
            part: [0.0; BLOCK],
        };
        for b in 0..width {
            let i = start + b;
            let done = memory.state(i, slots.cell(), lane);
            let delta = lattice.cell(memory, i, lane);
            let ticks = Ticks::from_seconds(delta).0;
            if !(delta.is_finite() && ticks >= 1) {
                continue;
            }
            let ended = at.ticks[lane].0.div_euclid(ticks).max(0) as u64;
            let last = memory.state(i, slots.time(), lane);
            let h = at.time[lane] - last;
            block.first[b] = done as u64;
            block.cells[b] = ended.saturating_sub(done as u64);
            block.delta[b] = delta;
            block.begin[b] = (done * delta - last) / h;
            block.stride[b] = delta / h;
        }
        block
    }

    /// The states at the start of the step.
    fn begin(
        &self,
        lattice: &Lattice,
        equations: &Equations,
        memory: &mut Memory,
        lane: usize,
        start: usize,
        width: usize,
    ) {
        let slots = lattice.states.iter().map(|s| s.slot).chain([equations.program.slots.cell()]);
        for slot in slots {
            for i in start..start + width {
                memory.set_trial(i, slot, lane, memory.state(i, slot, lane));
            }
        }
    }

    fn most(&self) -> u64 {
        self.cells.iter().copied().max().unwrap_or(0)
    }

    fn place(&mut self, k: u64) {
        for b in 0..BLOCK {
            self.part[b] = (self.begin[b] + k as f64 * self.stride[b]).clamp(0.0, 1.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::mirror;

    #[test]
    fn walls_mirror() {
        for (x, at) in [(0.3, 0.3), (1.2, 0.8), (-0.25, 0.25), (2.3, 0.3), (-1.2, 0.8)] {
            assert!((mirror(x, 0.0, 1.0) - at).abs() < 1e-15, "{x}");
        }
        assert_eq!((mirror(-1.0, 0.0, f64::INFINITY), mirror(3.0, f64::NEG_INFINITY, 2.0)), (1.0, 1.0));
    }
}
