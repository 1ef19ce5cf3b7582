//! Behavioral parts of one structure as a device: 64 instances and lanes at a time through one tape.

use std::f64::consts::TAU;

use super::behavioral_program::{Given, Inner, Input, Output, Program};
use super::behavioral_shape::{Foreign, Shape};
use super::places::Places;
use super::stamping::scatter;
use super::{
    Blown, Device, Environment, Layout, Local, Memory, Mode, Notice, Point, Rest, Review, Stamps, Ticks, Unknown,
};
use crate::circuit::PartId;
use crate::circuit::kind::Kind;
use crate::model::tape::BLOCK;

/// Points a period of a sine of time, at least.
const POINTS_A_PERIOD: f64 = 16.0;
/// Points a transient where time stands in an equation, at least.
const POINTS_A_RUN: f64 = 50.0;

/// A or V: what is larger is no solution.
const LARGEST: f64 = 1e60;

/// A divisor this far below its largest value so far may change its sign in a step.
const VANISHING: f64 = 1e-8;

pub(super) struct Behavioral {
    pub kind: &'static Kind,
    pub output: Output,
    pub parts: Vec<PartId>,
    pub shapes: Vec<Shape>,
    pub program: Program,
}

impl Behavioral {
    /// Derived numbers: what the setup tape gives, the bound of a step, the corners.
    fn bound(&self) -> usize {
        self.program.hoisted
    }

    fn first_corner(&self) -> usize {
        self.program.hoisted + 1
    }

    fn first_divisor(&self) -> usize {
        self.first_corner() + self.program.crossings
    }

    /// m·(1 + tc1·ΔT + tc2·ΔT²), or m over that where the equation is of a resistance; without m for a voltage.
    fn factor(&self, env: &Environment, memory: &Memory, i: usize, lane: usize) -> f64 {
        let p = |name: &str, default: f64| {
            let value = self.kind.param(name).map(|slot| memory.param(i, slot, lane));
            value.filter(|v| !v.is_nan()).unwrap_or(default)
        };
        let dt = p("temp", env.temp + p("dtemp", 0.0)) - env.tnom;
        let mut factor = 1.0 + dt * (p("tc1", 0.0) + dt * p("tc2", 0.0));
        if p("reciproctc", 0.0) != 0.0 {
            factor = 1.0 / factor;
        }
        let parallel = p("m", 1.0);
        factor
            * p("scale", 1.0)
            * match (self.output, &*self.kind.name) {
                (Output::Current, _) => parallel,
                (Output::Voltage, "nonlinear_inductor") => 1.0 / parallel,
                (Output::Voltage, _) => 1.0,
            }
    }

    /// x at a terminal; at the start of a transient with UIC the part's own voltage (or current) is its `ic`.
    #[inline(always)]
    fn x(&self, at: &Point, i: usize, terminal: usize, lane: usize, ic: f64) -> f64 {
        if !ic.is_nan() {
            match self.output {
                Output::Current if terminal == 0 => return ic + at.x(i, 1, lane),
                Output::Voltage if terminal == 2 => return ic,
                _ => {}
            }
        }
        at.x(i, terminal, lane)
    }

    /// Fills one block of inputs, `inputs[n * width + k]` for the instance-lanes from `start` on.
    fn gather(&self, at: &Point, memory: &Memory, start: usize, width: usize, inputs: &mut [f64]) {
        let places = Places::all(at.lanes, start);
        for (input, row) in self.program.inputs.iter().zip(inputs.chunks_exact_mut(width)) {
            match *input {
                Input::Hoisted(n) => places.each(row, |value, i, lane| *value = memory.derived(i, n, lane)),
                Input::Time => places.each(row, |value, _, lane| *value = at.time[lane]),
                Input::Difference(plus, minus) if at.mode == Mode::Initial => {
                    let slot = self.kind.param("ic");
                    places.each(row, |value, i, lane| {
                        let ic = slot.map_or(f64::NAN, |slot| memory.param(i, slot, lane));
                        let x = |t: Option<usize>| t.map_or(0.0, |t| self.x(at, i, t, lane, ic));
                        *value = x(plus) - x(minus);
                    });
                }
                Input::Difference(Some(plus), Some(minus)) => {
                    places.each(row, |value, i, lane| *value = at.across(i, plus, minus, lane));
                }
                Input::Difference(Some(plus), None) => {
                    places.each(row, |value, i, lane| *value = at.x(i, plus, lane));
                }
                Input::Difference(None, Some(minus)) => {
                    places.each(row, |value, i, lane| *value = -at.x(i, minus, lane));
                }
                Input::Difference(None, None) => row.fill(0.0),
            }
        }
    }
}

impl Behavioral {
    /// Functions outside their domain at an accepted point of a lane; each part counts once.
    fn heed(&self, at: &Point, memory: &mut Memory, lane: usize) {
        let (suspect, verdicts) = (&self.program.suspect, &self.program.verdicts);
        let faults = 0..self.program.faults.len();
        if faults.is_empty() {
            return;
        }
        let mut scratch = std::mem::take(&mut memory.scratch);
        let total = memory.instances * at.lanes;
        for start in (0..total).step_by(BLOCK) {
            let width = BLOCK.min(total - start);
            let mut own = (start..start + width).filter(|place| place % at.lanes == lane).map(|place| place / at.lanes);
            if own.all(|i| faults.clone().all(|n| memory.told((i, lane), n))) {
                continue;
            }
            let (inputs, rest) = scratch.split_at_mut(width * suspect.inputs());
            self.gather(at, memory, start, width, inputs);
            let (results, registers) = rest.split_at_mut(width);
            suspect.run(width, inputs, registers, results);
            if results.iter().all(|v| *v == 0.0) {
                continue;
            }
            let (results, registers) = rest.split_at_mut(width * verdicts.outputs());
            verdicts.run(width, inputs, registers, results);
            for (n, pair) in results.chunks_exact(2 * width).enumerate() {
                for b in (0..width).filter(|b| pair[*b] != 0.0 && (start + b) % at.lanes == lane) {
                    memory.warn(((start + b) / at.lanes, lane), n, at.time[lane], pair[width + b]);
                }
            }
        }
        memory.scratch = scratch;
    }
}

/// Newton's method begins where a pole may be (10/V(b) at 0 V): parts that are at one have no part in the first iteration, and
/// the second begins where the rest of the circuit is without them.
fn leave_out(outputs: &mut [f64], width: usize) {
    let beyond = |v: &f64| v.is_nan() || v.abs() >= LARGEST;
    for k in 0..width {
        if outputs.iter().skip(k).step_by(width).any(beyond) {
            outputs.iter_mut().skip(k).step_by(width).for_each(|v| *v = 0.0);
        }
    }
}

impl Device for Behavioral {
    fn layout(&mut self, layout: &mut Layout) {
        for (&part, shape) in self.parts.iter().zip(&self.shapes) {
            let mut terminals = layout.pins(part);
            if self.output == Output::Voltage {
                terminals.push(layout.branch(part));
            }
            for foreign in &shape.terminals.foreign {
                terminals.push(match foreign {
                    Foreign::Net(net) => Unknown::from(*net),
                    Foreign::Branch(other) => layout.branch(*other),
                });
            }
            let mut starts = shape.starts.iter();
            for inner in &self.program.inner {
                terminals.push(match inner {
                    // Its equation is linear in it: what reads it decides convergence.
                    Inner::Derivative => {
                        layout.local(part, "ddt", Local { start: 0.0, scale: 1.0, abstol: 1.0, rest: Rest::Settles })
                    }
                    Inner::Integral => {
                        let start = starts.next().copied().unwrap_or(0.0);
                        layout.local(part, "idt", Local { start, scale: 1.0, abstol: 1e-9, rest: Rest::Held })
                    }
                });
            }
            layout.instance(part, &terminals);
        }
        let program = &self.program;
        layout.pattern(&program.pattern_g, &program.pattern_c);
        layout.memory(program.hoisted + 1 + program.crossings + program.divisors.outputs(), 0, 0);
        let outputs = program.main.outputs().max(2 * program.divisors.outputs());
        let registers = program.main.scratch().max(program.divisors.scratch());
        let outputs = outputs.max(program.verdicts.outputs()).max(program.suspect.outputs());
        let registers = registers.max(program.verdicts.scratch()).max(program.suspect.scratch());
        let main = BLOCK * (program.main.inputs() + outputs) + registers;
        layout.warnings(program.faults.len());
        let setup = program.setup.inputs() + program.setup.outputs() + program.setup.scratch();
        layout.scratch(main.max(setup));
    }

    fn setup(&self, env: &Environment, memory: &mut Memory, lane: usize) {
        let program = &self.program;
        let mut scratch = std::mem::take(&mut memory.scratch);
        let (given, rest) = scratch.split_at_mut(program.setup.inputs());
        let (results, registers) = rest.split_at_mut(program.setup.outputs());
        for (i, shape) in self.shapes.iter().enumerate() {
            for (value, what) in given.iter_mut().zip(&program.given) {
                *value = match *what {
                    Given::Time => 0.0,
                    Given::Temperature => env.temp,
                    Given::Factor => self.factor(env, memory, i, lane),
                    Given::Number(n) => shape.numbers.get(n).copied().unwrap_or(f64::NAN),
                };
            }
            program.setup.run(1, given, registers, results);
            let (hoisted, watched) = results.split_at(program.hoisted);
            for (n, value) in hoisted.iter().enumerate() {
                memory.set_derived(i, n, lane, *value);
            }
            let (rates, lines) = watched.split_at(program.rates);
            let mut bound = if program.timed && env.tstop > 0.0 { env.tstop / POINTS_A_RUN } else { f64::INFINITY };
            for rate in rates.iter().filter(|r| **r != 0.0) {
                bound = bound.min(TAU / rate.abs() / POINTS_A_PERIOD);
            }
            memory.set_derived(i, self.bound(), lane, bound);
            for (n, line) in lines.as_chunks::<2>().0.iter().enumerate() {
                memory.set_derived(i, self.first_corner() + n, lane, -line[0] / line[1]);
            }
            for n in 0..program.divisors.outputs() {
                memory.set_derived(i, self.first_divisor() + n, lane, 0.0);
            }
        }
        memory.scratch = scratch;
    }

    fn load(&self, at: &Point, memory: &mut Memory, out: &mut Stamps) {
        let tape = &self.program.main;
        let mut scratch = std::mem::take(&mut memory.scratch);
        let total = memory.instances * at.lanes;
        for start in (0..total).step_by(BLOCK) {
            let width = BLOCK.min(total - start);
            let (inputs, rest) = scratch.split_at_mut(width * tape.inputs());
            let (outputs, registers) = rest.split_at_mut(width * tape.outputs());
            self.gather(at, memory, start, width, inputs);
            tape.run(width, inputs, registers, outputs);
            if at.mode == Mode::Start {
                leave_out(outputs, width);
            }
            if outputs.iter().any(|v| !v.is_finite()) {
                let places = Places::all(at.lanes, start);
                for row in outputs.chunks_exact_mut(width) {
                    places.each(row, |value, i, lane| {
                        if !value.is_finite() {
                            memory.mark_limited(i, lane);
                        }
                    });
                }
            }
            scatter(&self.program.stamps, Places::all(at.lanes, start), width, outputs, out);
        }
        memory.scratch = scratch;
    }

    /// A solution does not go through a pole, but a step may land on its other side: half the way to it then.
    fn review(&self, at: &Point, memory: &mut Memory, lane: usize) -> Review {
        let tape = &self.program.divisors;
        if tape.outputs() == 0 || at.mode != Mode::Dynamic {
            return Review::Accept;
        }
        let before = Point { x: at.last, ..*at };
        let mut scratch = std::mem::take(&mut memory.scratch);
        let mut fraction = 1.0_f64;
        let total = memory.instances * at.lanes;
        for start in (0..total).step_by(BLOCK) {
            let width = BLOCK.min(total - start);
            let (inputs, rest) = scratch.split_at_mut(width * tape.inputs());
            let (old, rest) = rest.split_at_mut(width * tape.outputs());
            let (new, registers) = rest.split_at_mut(width * tape.outputs());
            self.gather(&before, memory, start, width, inputs);
            tape.run(width, inputs, registers, old);
            self.gather(at, memory, start, width, inputs);
            tape.run(width, inputs, registers, new);
            for (k, (old, new)) in old.iter().zip(new).enumerate() {
                let (n, place) = (k / width, start + k % width);
                if place % at.lanes != lane {
                    continue;
                }
                let (i, slot) = (place / at.lanes, self.first_divisor() + n);
                let size = memory.derived(i, slot, lane).max(old.abs()).max(new.abs());
                memory.set_derived(i, slot, lane, size);
                if *old * *new < 0.0 && old.abs() > VANISHING * size {
                    fraction = fraction.min(0.5 * old.abs() / (old.abs() + new.abs()));
                }
            }
        }
        memory.scratch = scratch;
        if fraction < 1.0 { Review::Cut(fraction.max(0.05)) } else { Review::Accept }
    }

    /// True where a comparison of times changes its mind right after this point.
    fn accept(&self, at: &Point, memory: &mut Memory, lane: usize) -> bool {
        self.heed(at, memory, lane);
        let now = Ticks::from_seconds(at.time[lane]);
        let mut corners = (0..memory.instances)
            .flat_map(|i| (0..self.program.crossings).map(move |n| (i, self.first_corner() + n)))
            .map(|(i, slot)| memory.derived(i, slot, lane));
        corners.any(|t| t.is_finite() && Ticks::from_seconds(t) == now)
    }

    fn blown(&self, at: &Point, memory: &Memory, lane: usize) -> Option<Blown> {
        let tape = &self.program.main;
        let mut inputs = vec![0.0; tape.inputs()];
        let (mut outputs, mut registers) = (vec![0.0; tape.outputs()], vec![0.0; tape.scratch()]);
        (0..memory.instances).find_map(|instance| {
            self.gather(at, memory, instance * at.lanes + lane, 1, &mut inputs);
            if inputs.iter().any(|v| !v.is_finite()) {
                return None;
            }
            tape.run(1, &inputs, &mut registers, &mut outputs);
            // The expression itself is the first result.
            let value = *outputs.first().filter(|v| v.is_nan() || v.abs() >= LARGEST)?;
            Some(Blown { instance, what: "its expression".into(), value })
        })
    }

    fn notices(&self) -> Vec<Notice> {
        let notice =
            |fault: &&'static str| Notice { text: fault.to_string(), compared: "its argument".into(), span: None };
        self.program.faults.iter().map(notice).collect()
    }

    fn corner(&self, memory: &Memory, lane: usize, after: Ticks) -> Option<Ticks> {
        let corners = (0..memory.instances)
            .flat_map(|i| (0..self.program.crossings).map(move |n| (i, self.first_corner() + n)))
            .map(|(i, slot)| memory.derived(i, slot, lane));
        corners.filter(|t| t.is_finite()).map(Ticks::from_seconds).filter(|t| *t > after).min()
    }

    fn max_step(&self, _at: &Point, memory: &Memory, lane: usize) -> Option<f64> {
        if !self.program.timed {
            return None;
        }
        let bounds = (0..memory.instances).map(|i| memory.derived(i, self.bound(), lane));
        bounds.reduce(f64::min).filter(|b| b.is_finite())
    }
}
