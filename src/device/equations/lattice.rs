//! States driven by white noise: Euler–Maruyama on a fixed lattice of time, outside Newton.
//!
//! A state dx = f dt + Σ gₙ dWₙ advances by whole cells of the lattice, δ seconds each, after a trial step has converged:
//! x += f·δ + Σ gₙ·ξₙ·√δ, Itô's sense. ξ of a cell depends on its number alone, so a step that is rejected and tried again
//! sees the same noise, and steps of any length see the same path. Unknowns are interpolated linearly between the last
//! accepted point and the trial. A step of several cells within which the states change a contribution by more than 0.3 in
//! its logarithm is cut.
//!
//! δ is the shortest interval among the noises of an instance; a noise of a longer interval keeps its force over several cells.

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
const LARGEST_CHANGE: f64 = 0.3;

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
    let silent = sources.iter().map(|s| (*s, zero)).collect();
    let (mut drifts, mut strengths, mut states) = (Vec::new(), Vec::new(), Vec::new());
    let shaken = rows.places.iter().filter(|p| matches!(p, Place::Lattice(_))).count();
    for n in 0..rows.places.len() {
        let (Place::Lattice(_), Some(rate)) = (rows.places[n], rows.rates[n]) else { continue };
        let dag = &mut rows.graph.dag;
        let mut noises = Vec::new();
        for (k, &source) in sources.iter().enumerate() {
            let strength = derivatives(dag, &[rate], source).first().copied().unwrap_or(zero);
            if strength != zero {
                noises.push((k, shaken + strengths.len()));
                strengths.extend(substitute(dag, &[strength], &silent));
            }
        }
        drifts.extend(substitute(dag, &[rate], &silent));
        states.push((n, noises));
    }
    drifts.extend(strengths);
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
    /// Advances the states of one lane by the cells that end within the step, into `memory.trial`.
    pub(super) fn shake(
        &self,
        lattice: &Lattice,
        at: &Point,
        memory: &mut Memory,
        lane: usize,
        scratch: &mut [f64],
    ) -> Review {
        let mut streams = std::mem::take(&mut memory.streams);
        let mut cut = false;
        for start in (0..memory.instances).step_by(BLOCK) {
            let width = BLOCK.min(memory.instances - start);
            let mut block = Cells::new(lattice, self, at, memory, lane, start, width);
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
            cut |= block.most() > 1 && self.changes(at, memory, lane, start, width, scratch);
        }
        memory.streams = streams;
        if cut { Review::Cut(0.5) } else { Review::Accept }
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

    /// Whether the states of this step change a contribution by too much.
    fn changes(
        &self,
        at: &Point,
        memory: &Memory,
        lane: usize,
        start: usize,
        width: usize,
        scratch: &mut [f64],
    ) -> bool {
        let piece = &self.program.outputs;
        let half = piece.space(width);
        let (first, second) = scratch.split_at_mut(half);
        let places = Places::lane(at.lanes, lane, start);
        let before = evaluate(piece, Scene { at, memory, kept: &memory.state }, places, width, first);
        let after = evaluate(piece, Scene { at, memory, kept: &memory.trial }, places, width, second);
        before.iter().zip(&*after).any(|(a, b)| *a != 0.0 && *b != 0.0 && (b / a).abs().ln().abs() > LARGEST_CHANGE)
    }
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
        memory: &mut Memory,
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
            for shaken in &lattice.states {
                let value = memory.state(i, shaken.slot, lane);
                memory.set_trial(i, shaken.slot, lane, value);
            }
            let done = memory.state(i, slots.cell(), lane);
            memory.set_trial(i, slots.cell(), lane, done);
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
