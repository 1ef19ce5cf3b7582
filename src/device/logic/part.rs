//! The device of all logic parts: thresholds at its inputs, decisions at crossings, edges at its outputs.

use super::function::{Function, Wiring, power};
use super::kinds::ALL;
use super::loops::limits;
use super::output::{self, Output};
use crate::circuit::kind::Kind;
use crate::circuit::{Circuit, PartId, Setting};
use crate::device::edge::instant;
use crate::device::{Device, Environment, Layout, Memory, Mode, Point, Review, Stamps, Ticks, decision};

// Derived numbers.
/// V: of a position 0 and of the way to 1
const BASE: usize = 0;
const SPAN: usize = 1;
/// V: thresholds upward and downward
const UP: usize = 2;
const DOWN: usize = 3;
const DELAY: usize = 4;
const RISE: usize = 5;
const FALL: usize = 6;
/// S
const GOUT: usize = 7;
/// F
const CIN: usize = 8;
const INIT: usize = 9;
const MODULUS: usize = 10;
/// V: of code 0, and one step of the code
const BOTTOM: usize = 11;
const STEP: usize = 12;
const DERIVED: usize = 13;

// Accepted state, before the bits and the outputs.
/// Of the last accepted point, s
const TIME: usize = 0;
/// NaN before the first accepted point
const CODE: usize = 1;
/// 1 once a point in time was accepted: a converter holds its sample from then on
const RUNS: usize = 2;
const BITS: usize = 3;

/// Of an edge: the least time from a crossing to the begin of the output's edge.
const LEAST: f64 = 0.1;
/// Of the shortest edge: how exactly a crossing is landed on.
const LANDING: f64 = 1e-5;
/// Of the step in which a crossing is found: the same, for inputs far slower than edges; …
const COARSE: f64 = 1e-6;
/// … but no more than this of the shortest edge.
const COARSEST: f64 = 1e-2;

/// Which edge of the clock counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Clock {
    Rise,
    Fall,
    Always,
}

/// Parts of one kind with equally many pins, with or without capacitance at their inputs.
struct Logic {
    kind: &'static Kind,
    function: Function,
    wiring: Wiring,
    parts: Vec<PartId>,
    clocks: Vec<Clock>,
    /// How often each may change within one operating point
    limits: Vec<f64>,
    loaded: bool,
}

pub fn build(circuit: &Circuit, parts: &[PartId]) -> Vec<Box<dyn Device>> {
    let Some(kind) = parts.first().and_then(|p| ALL.into_iter().find(|k| circuit.part(*p).kind.is(k))) else {
        return Vec::new();
    };
    let limits = limits(circuit);
    let mut devices: Vec<(usize, Logic)> = Vec::new();
    for &part in parts {
        let pins = circuit.part(part).pins.len();
        let loaded = circuit.number(part, "cin") > 0.0;
        let at = devices.iter().position(|(n, d)| *n == pins && d.loaded == loaded).unwrap_or_else(|| {
            let function = Function::of(&kind.name);
            let wiring = function.wiring(pins);
            let (parts, clocks, limits) = (Vec::new(), Vec::new(), Vec::new());
            devices.push((pins, Logic { kind, function, wiring, parts, clocks, limits, loaded }));
            devices.len() - 1
        });
        let device = &mut devices[at].1;
        device.parts.push(part);
        device.clocks.push(match circuit.setting(part, "clock") {
            Some(Setting::Text(t)) if t.eq_ignore_ascii_case("fall") => Clock::Fall,
            Some(Setting::Text(t)) if t.eq_ignore_ascii_case("always") => Clock::Always,
            _ => Clock::Rise,
        });
        device.limits.push(limits.get(&part).copied().unwrap_or(decision::CHANGES));
    }
    devices.into_iter().map(|(_, d)| Box::new(d) as Box<dyn Device>).collect()
}

/// The code of a voltage.
fn convert(memory: &Memory, i: usize, lane: usize, bits: usize, volts: f64) -> f64 {
    let code = ((volts - memory.derived(i, BOTTOM, lane)) / memory.derived(i, STEP, lane)).round();
    code.min(power(bits) - 1.0).max(0.0)
}

impl Logic {
    fn derive(&self, memory: &Memory, i: usize, lane: usize) -> [f64; DERIVED] {
        let given = |name| self.kind.param(name).map_or(f64::NAN, |slot| memory.param(i, slot, lane));
        let or = |value: f64, other: f64| if value.is_nan() { other } else { value };
        let (high, low, hyst) = (given("high"), given("low"), given("hyst"));
        let threshold = or(given("threshold"), 0.5 * (high + low));
        let (bottom, top) = (or(given("bottom"), low), or(given("top"), high));
        let (base, span) = if self.function == Function::Dac { (bottom, top - bottom) } else { (low, high - low) };
        let codes = power(self.bits());
        [
            base,
            span,
            threshold + 0.5 * hyst,
            threshold - 0.5 * hyst,
            given("delay"),
            given("rise"),
            given("fall"),
            1.0 / given("rout"),
            given("cin"),
            or(given("init"), 0.0).round().rem_euclid(codes),
            or(given("modulus"), codes).min(codes),
            bottom,
            (top - bottom) / codes,
        ]
    }

    fn bits(&self) -> usize {
        self.function.bits(&self.wiring)
    }

    fn slot(&self, output: usize) -> usize {
        BITS + self.wiring.inputs.len() + output::SLOTS * output
    }

    /// Whether the code follows the inputs at all times.
    fn transparent(&self, i: usize) -> bool {
        self.clocks[i] == Clock::Always
    }

    /// Whether the next change of an input may change the code: the place of the others need not be landed on.
    fn acts(&self, memory: &Memory, i: usize, lane: usize, input: usize) -> bool {
        let rises = memory.state(i, BITS + input, lane) == 0.0;
        let idle = self.wiring.clock == Some(input) && rises != (self.clocks[i] == Clock::Rise);
        !idle && self.function.acts(&self.wiring, input, self.transparent(i))
    }

    /// Whether an input is one, by its voltage and what it was before.
    fn high(&self, memory: &Memory, i: usize, lane: usize, input: usize, volts: f64) -> bool {
        let before = memory.state(i, BITS + input, lane);
        let d = |slot| memory.derived(i, slot, lane);
        match before.is_nan() {
            true => volts > 0.5 * (d(UP) + d(DOWN)),
            false if before == 1.0 => volts >= d(DOWN),
            false => volts > d(UP),
        }
    }

    /// The code that the iterate makes where no time passes.
    fn still(&self, at: &Point, memory: &Memory, i: usize, lane: usize) -> f64 {
        let bit = |k: usize| self.high(memory, i, lane, k, at.x(i, self.wiring.inputs[k], lane));
        let held = memory.state(i, CODE, lane);
        let free = memory.state(i, RUNS, lane) == 0.0 || self.transparent(i);
        let held = match self.function {
            Function::Adc | Function::Dac if free => self.taken(memory, i, lane, &bit, self.volts(at, i, lane)),
            _ if held.is_nan() => memory.derived(i, INIT, lane),
            _ => held,
        };
        self.function.settled(self.wiring.inputs.len(), &bit, held)
    }

    fn volts(&self, at: &Point, i: usize, lane: usize) -> f64 {
        self.wiring.analog.map_or(0.0, |pin| at.x(i, pin, lane))
    }

    /// The code at an active edge of the clock.
    fn taken(&self, memory: &Memory, i: usize, lane: usize, bit: &dyn Fn(usize) -> bool, volts: f64) -> f64 {
        let sample = convert(memory, i, lane, self.bits(), volts);
        let (held, modulus) = (memory.state(i, CODE, lane), memory.derived(i, MODULUS, lane));
        self.function.clocked(self.wiring.inputs.len(), bit, held, sample, modulus)
    }

    /// Where within the step, 0 … 1, an input crosses the threshold that makes it another.
    fn crossing(&self, at: &Point, memory: &Memory, i: usize, lane: usize, input: usize) -> Option<f64> {
        let (pin, bit) = (self.wiring.inputs[input], memory.state(i, BITS + input, lane));
        let beyond = |volts: f64| match bit == 1.0 {
            true => memory.derived(i, DOWN, lane) - volts,
            false => volts - memory.derived(i, UP, lane),
        };
        fraction(beyond(at.last(i, pin, lane)), beyond(at.x(i, pin, lane)))
    }

    /// Where within the step the voltage leaves the code of a converter that does not wait for its clock.
    fn leaving(&self, at: &Point, memory: &Memory, i: usize, lane: usize) -> Option<f64> {
        let pin = self.wiring.analog.filter(|_| self.transparent(i))?;
        let (code, volts) = (memory.state(i, CODE, lane), at.x(i, pin, lane));
        let side = (convert(memory, i, lane, self.bits(), volts) - code).signum();
        let step = memory.derived(i, STEP, lane);
        let edge = memory.derived(i, BOTTOM, lane) + (code + 0.5 * side) * step;
        let beyond = |volts: f64| side * step.signum() * (volts - edge);
        if convert(memory, i, lane, self.bits(), volts) == code {
            return None;
        }
        Some(fraction(beyond(at.last(i, pin, lane)), beyond(volts)).unwrap_or(1.0))
    }

    /// The first crossing of the step that has not been taken note of: where, and which input; None for the voltage. Of two
    /// at the same place the clock comes first: what changes with it comes too late.
    fn first(&self, at: &Point, memory: &Memory, i: usize, lane: usize) -> Option<(f64, Option<usize>)> {
        let inputs =
            (0..self.wiring.inputs.len()).filter_map(|k| Some((self.crossing(at, memory, i, lane, k)?, Some(k))));
        let all = inputs.chain(self.leaving(at, memory, i, lane).map(|c| (c, None)));
        let late = |(_, input): &(f64, Option<usize>)| *input != self.wiring.clock;
        all.min_by(|a, b| a.0.total_cmp(&b.0).then(late(a).cmp(&late(b))))
    }

    /// The code changes at a time: outputs will.
    fn decide(&self, memory: &mut Memory, i: usize, lane: usize, code: f64, time: f64) {
        memory.set_state(i, CODE, lane, code);
        for k in 0..self.wiring.outputs.len() {
            let mut output = Output::read(memory, i, self.slot(k), lane);
            let goal = self.function.position(k, code, self.bits());
            let length = edge_length(memory, i, lane, output.edge.to, goal);
            let lag = (memory.derived(i, DELAY, lane) - 0.5 * length).max(LEAST * length);
            output.decide(goal, time + lag);
            output.write(memory, i, self.slot(k), lane);
        }
    }

    /// At a point where no time passes: all is at rest, but what an unfinished loop is at odds with.
    fn rest(&self, at: &Point, memory: &mut Memory, i: usize, lane: usize) {
        let shown = match at.mode {
            Mode::Dynamic => self.still(at, memory, i, lane),
            _ => decision::settle(memory, i, 0, lane),
        };
        let code = self.still(at, memory, i, lane);
        for k in 0..self.wiring.inputs.len() {
            let high = self.high(memory, i, lane, k, at.x(i, self.wiring.inputs[k], lane));
            memory.set_state(i, BITS + k, lane, f64::from(high));
        }
        for k in 0..self.wiring.outputs.len() {
            Output::at(self.function.position(k, shown, self.bits())).write(memory, i, self.slot(k), lane);
        }
        self.decide(memory, i, lane, code, at.time[lane]);
    }

    /// At a point in time: crossings in their order, then the outputs whose time has come.
    fn advance(&self, at: &Point, memory: &mut Memory, i: usize, lane: usize) -> bool {
        let (from, now) = (memory.state(i, TIME, lane), at.time[lane]);
        while let Some((fraction, input)) = self.first(at, memory, i, lane) {
            let code = memory.state(i, CODE, lane);
            let mut active = self.transparent(i);
            if let Some(k) = input {
                let rising = memory.state(i, BITS + k, lane) == 0.0;
                memory.set_state(i, BITS + k, lane, f64::from(rising));
                active |= self.wiring.clock == Some(k) && rising == (self.clocks[i] == Clock::Rise);
            }
            let volts = self.wiring.analog.map_or(0.0, |pin| {
                let (a, b) = (at.last(i, pin, lane), at.x(i, pin, lane));
                if input.is_none() { b } else { a + fraction * (b - a) }
            });
            let bit = |k: usize| memory.state(i, BITS + k, lane) == 1.0;
            let held = if active { self.taken(memory, i, lane, &bit, volts) } else { code };
            let next = self.function.settled(self.wiring.inputs.len(), &bit, held);
            if next != code {
                self.decide(memory, i, lane, next, from + fraction * (now - from));
            }
        }
        let mut jumped = false;
        for k in 0..self.wiring.outputs.len() {
            let mut output = Output::read(memory, i, self.slot(k), lane);
            let length = edge_length(memory, i, lane, output.edge.to, output.goal);
            if output.depart(now, length, self.function == Function::Dac) {
                output.write(memory, i, self.slot(k), lane);
                jumped = true;
            }
        }
        jumped
    }

    fn outputs<'a>(&'a self, memory: &'a Memory, lane: usize) -> impl Iterator<Item = Output> + 'a {
        let of = move |i| (0..self.wiring.outputs.len()).map(move |k| Output::read(memory, i, self.slot(k), lane));
        (0..memory.instances).flat_map(of)
    }
}

/// 0 … 1 where what was not beyond 0 passes it.
fn fraction(before: f64, after: f64) -> Option<f64> {
    (after > 0.0).then(|| if before < 0.0 { -before / (after - before) } else { 0.0 })
}

/// s: of the edge from one position to another
fn edge_length(memory: &Memory, i: usize, lane: usize, from: f64, to: f64) -> f64 {
    memory.derived(i, if to > from { RISE } else { FALL }, lane)
}

impl Device for Logic {
    fn layout(&mut self, layout: &mut Layout) {
        for &part in &self.parts {
            let pins = layout.pins(part);
            layout.instance(part, &pins);
        }
        let own = |pins: &[usize]| -> Vec<(usize, usize)> { pins.iter().map(|&p| (p, p)).collect() };
        let inputs = if self.loaded { own(&self.wiring.inputs) } else { Vec::new() };
        layout.pattern(&own(&self.wiring.outputs), &inputs);
        layout.memory(DERIVED, self.slot(self.wiring.outputs.len()), decision::SLOTS);
    }

    fn setup(&self, _env: &Environment, memory: &mut Memory, lane: usize) {
        for i in 0..memory.instances {
            for (slot, value) in self.derive(memory, i, lane).into_iter().enumerate() {
                memory.set_derived(i, slot, lane, value);
            }
            for (slot, value) in [(TIME, 0.0), (CODE, f64::NAN), (RUNS, 0.0)] {
                memory.set_state(i, slot, lane, value);
            }
            (0..self.wiring.inputs.len()).for_each(|k| memory.set_state(i, BITS + k, lane, f64::NAN));
            (0..self.wiring.outputs.len()).for_each(|k| Output::at(0.0).write(memory, i, self.slot(k), lane));
        }
    }

    fn load(&self, at: &Point, memory: &mut Memory, out: &mut Stamps) {
        let end = self.slot(self.wiring.outputs.len());
        for i in 0..memory.instances {
            for lane in 0..at.lanes {
                for slot in 0..end {
                    memory.set_trial(i, slot, lane, memory.state(i, slot, lane));
                }
                let moving = matches!(at.mode, Mode::Dynamic | Mode::Linearize);
                let code = match moving && !memory.state(i, CODE, lane).is_nan() {
                    true => None,
                    false => {
                        let fresh = self.still(at, memory, i, lane);
                        Some(decision::follow_up_to(memory, at.mode, i, 0, lane, fresh, self.limits[i]))
                    }
                };
                let d = |slot| memory.derived(i, slot, lane);
                for (k, &pin) in self.wiring.outputs.iter().enumerate() {
                    let position = match code {
                        Some(code) => self.function.position(k, code, self.bits()),
                        None => Output::read(memory, i, self.slot(k), lane).edge.position(at.time[lane]),
                    };
                    let target = d(BASE) + position * d(SPAN);
                    out.f(i, pin, lane, d(GOUT) * (at.x(i, pin, lane) - at.source * target));
                    out.g(i, k, lane, d(GOUT));
                }
                if self.loaded {
                    for (k, &pin) in self.wiring.inputs.iter().enumerate() {
                        out.q(i, pin, lane, d(CIN) * at.x(i, pin, lane));
                        out.c(i, k, lane, d(CIN));
                    }
                }
            }
        }
    }

    /// A step across a threshold is cut to end just behind the crossing.
    fn review(&self, at: &Point, memory: &mut Memory, lane: usize) -> Review {
        if at.mode != Mode::Dynamic {
            return Review::Accept;
        }
        let mut least = 1.0_f64;
        for i in 0..memory.instances {
            let inputs = (0..self.wiring.inputs.len()).filter(|&k| self.acts(memory, i, lane, k));
            let crossings = inputs.filter_map(|k| self.crossing(at, memory, i, lane, k));
            let Some(first) = crossings.chain(self.leaving(at, memory, i, lane)).reduce(f64::min) else { continue };
            let step = at.time[lane] - memory.state(i, TIME, lane);
            let edge = memory.derived(i, RISE, lane).min(memory.derived(i, FALL, lane));
            let landing = (LANDING * edge).max((COARSE * step).min(COARSEST * edge)).max(8.0 * instant(at.time[lane]));
            if (1.0 - first) * step > landing {
                least = least.min(first + 0.5 * landing / step);
            }
        }
        if least < 1.0 { Review::Cut(least) } else { Review::Accept }
    }

    fn accept(&self, at: &Point, memory: &mut Memory, lane: usize) -> bool {
        let mut jumped = false;
        for i in 0..memory.instances {
            if at.mode == Mode::Dynamic && !memory.state(i, CODE, lane).is_nan() {
                jumped |= self.advance(at, memory, i, lane);
                memory.set_state(i, RUNS, lane, 1.0);
            } else {
                self.rest(at, memory, i, lane);
            }
            memory.set_state(i, TIME, lane, at.time[lane]);
        }
        jumped
    }

    fn corner(&self, memory: &Memory, lane: usize, after: Ticks) -> Option<Ticks> {
        let of = |o: Output| {
            let due = o.due.is_finite().then(|| Ticks::from_seconds(o.due)).filter(|t| *t > after);
            due.into_iter().chain(o.edge.corner(after)).min()
        };
        self.outputs(memory, lane).filter_map(of).min()
    }

    /// An edge takes at least ten steps.
    fn max_step(&self, at: &Point, memory: &Memory, lane: usize) -> Option<f64> {
        let moving = self.outputs(memory, lane).map(|o| o.edge).filter(|e| e.moving(at.time[lane]));
        moving.map(|e| 0.1 * e.length).reduce(f64::min)
    }

    fn probe(&self, i: usize, name: &str, at: &Point, memory: &Memory, lane: usize) -> Option<f64> {
        match name {
            "code" => Some(memory.state(i, CODE, lane)),
            "level" => Some(Output::read(memory, i, self.slot(0), lane).edge.position(at.time[lane])),
            _ => None,
        }
    }
}
