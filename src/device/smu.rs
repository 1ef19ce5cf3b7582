//! Source-measure unit: holds a net at a voltage or pushes a current into it, with compliance, or floats; measures energy and
//! charge. It does what it is told between steps ([`Order`]); by itself it floats.
//!
//! With v the voltage of the net, j the current into the circuit and e(t) the level, a straight line in time from one
//! order to the next, the branch equation is
//!
//! ```text
//! voltage, |j| ≤ limit    j − clip(j + k·(e − v), −limit, limit) = 0      k = 1 S
//! current, |v| ≤ limit    v − clip(v + r·(e − j), −limit, limit) = 0      r = 1 kΩ
//! floating                j + v/1 TΩ = 0
//! ```
//!
//! The clip is a complementarity: inside the compliance it reads e = v (e = j), outside it holds the limit, and which of
//! the two is decided by the solution itself. All modes fill the same entries of the matrix.
//!
//! Where a current was held and the voltage is from now on (a net that has come to its limit, or to its level), the current
//! jumps: capacitance no longer takes its share. The step is cut to end there, and integration begins anew.

use std::borrow::Cow;

use super::{Device, Environment, Layout, Memory, Mode, Point, Review, Stamps, Ticks};
use crate::circuit::kind::{Conduct, Kind, ModelUse, Path, pin, probe};
use crate::circuit::{Circuit, PartId};

pub static KIND: Kind = Kind {
    name: Cow::Borrowed("smu"),
    letter: None,
    models: &[],
    model: ModelUse::None,
    doc: Cow::Borrowed("Source-measure unit; `.smu` puts one on a net, protocols drive it"),
    pins: Cow::Borrowed(&[pin("out", "its net")]),
    positional: &[],
    params: Cow::Borrowed(&[]),
    probes: Cow::Borrowed(&[
        probe("level", "V or A", "what it forces now, 0 where it floats"),
        probe("energy", "J", "delivered since the start"),
        probe("charge", "C", "delivered since the start"),
    ]),
    paths: Cow::Borrowed(&[Path { a: 0, b: Path::GROUND, conduct: Conduct::Yes }]),
};

/// S, from a floating net to ground
const LEAK: f64 = 1e-12;
/// S and Ω: what makes an error of the level comparable with what is limited
const STEEP: f64 = 1.0;
const ROUGH: f64 = 1e3;

const NET: usize = 0;
const BRANCH: usize = 1;

// Accepted state.
const MODE: usize = 0;
const FROM: usize = 1;
const TO: usize = 2;
/// Ticks, in two numbers that hold them exactly
const START: usize = 3;
const LENGTH: usize = 5;
const LIMIT: usize = 6;
const ENERGY: usize = 7;
const CHARGE: usize = 8;
/// Time (ticks), voltage (V) and current (A) of the last accepted point; NaN before the first
const TIME: usize = 9;
const VOLTAGE: usize = 11;
const CURRENT: usize = 12;
/// The current (A) held at the last accepted point; NaN where none was, or another order has come since
const HELD: usize = 13;
const STATE: usize = 14;

/// At which limit the last iterate was: −1, 0 (at none), 1.
const SIDE: usize = 0;
const LIMIT_SLOTS: usize = 1;

/// Of a held current: how much of it may be missing at the end of the step in which its net comes to be held.
const LANDING: f64 = 0.02;
/// The shortest and the longest part of such a step that is tried next.
const CUTS: (f64, f64) = (0.02, 0.98);
/// s: a step that is cut no further
const SHORTEST: f64 = 1e-14;
/// Of a voltage: a net that moves less rests, and which of its two limits a unit is at makes no difference.
const RESTS: f64 = 1e-10;

/// A number holds whole ones up to here.
const EXACT: i128 = 1 << 52;

/// Ticks as two numbers: with one, a nanosecond after a day would last another time.
fn split(time: Ticks) -> [f64; 2] {
    [time.0.div_euclid(EXACT) as f64, time.0.rem_euclid(EXACT) as f64]
}

fn joined([high, low]: [f64; 2]) -> Ticks {
    Ticks((high as i128).saturating_mul(EXACT).saturating_add(low as i128))
}

/// What a unit does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    Float,
    Voltage,
    Current,
}

impl Task {
    fn code(self) -> f64 {
        match self {
            Task::Float => 0.0,
            Task::Voltage => 1.0,
            Task::Current => 2.0,
        }
    }

    fn of(code: f64) -> Task {
        match code {
            1.0 => Task::Voltage,
            2.0 => Task::Current,
            _ => Task::Float,
        }
    }
}

/// A task with its level: from `from` to `to` (V or A) along a straight line of `length` seconds from `start` on, then `to`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Order {
    pub task: Task,
    pub from: f64,
    pub to: f64,
    pub start: Ticks,
    pub length: f64,
    /// Compliance, A or V; infinite: none
    pub limit: f64,
}

impl Order {
    pub const FLOAT: Order =
        Order { task: Task::Float, from: 0.0, to: 0.0, start: Ticks(0), length: 0.0, limit: f64::INFINITY };

    pub fn read(memory: &Memory, instance: usize, lane: usize) -> Order {
        let s = |slot| memory.state(instance, slot, lane);
        let start = joined([s(START), s(START + 1)]);
        Order { task: Task::of(s(MODE)), from: s(FROM), to: s(TO), start, length: s(LENGTH), limit: s(LIMIT) }
    }

    /// Into the accepted state: it holds from now on. The caller restarts the integration.
    pub fn write(&self, memory: &mut Memory, instance: usize, lane: usize) {
        let [high, low] = split(self.start);
        let values = [self.task.code(), self.from, self.to, high, low, self.length, self.limit];
        for (slot, value) in values.into_iter().enumerate() {
            memory.set_state(instance, slot, lane, value);
            memory.set_trial(instance, slot, lane, value);
        }
        memory.set_state(instance, HELD, lane, f64::NAN);
        memory.set_trial(instance, HELD, lane, f64::NAN);
    }

    /// The current (A) that a unit holds where its net has v (V) and takes j (A); None: it holds a voltage, or floats.
    fn held(&self, e: f64, v: f64, j: f64) -> Option<f64> {
        match self.task {
            Task::Float => None,
            Task::Voltage => match clip(j + STEEP * (e - v), self.limit) {
                (_, true) => None,
                (bound, false) => Some(bound),
            },
            Task::Current => clip(v + ROUGH * (e - j), self.limit).1.then_some(e),
        }
    }

    /// V or A at a time.
    pub fn level(&self, time: Ticks) -> f64 {
        if time >= self.end() {
            return self.to;
        }
        let passed = Ticks(time.0.saturating_sub(self.start.0)).seconds();
        self.from + (self.to - self.from) * (passed / self.length).clamp(0.0, 1.0)
    }

    /// When it is there.
    fn end(&self) -> Ticks {
        Ticks(self.start.0.saturating_add(Ticks::from_seconds(self.length).0))
    }

    /// Where it is going, there already.
    pub fn finished(&self) -> Order {
        Order { from: self.to, length: 0.0, ..*self }
    }
}

/// Energy (J) and charge (C) that a unit has delivered.
pub fn delivered(memory: &Memory, instance: usize, lane: usize) -> (f64, f64) {
    (memory.state(instance, ENERGY, lane), memory.state(instance, CHARGE, lane))
}

struct Smu {
    parts: Vec<PartId>,
}

pub fn build(_: &Circuit, parts: &[PartId]) -> Vec<Box<dyn Device>> {
    vec![Box::new(Smu { parts: parts.to_vec() })]
}

/// clip(free, −limit, limit), and whether it is inside.
fn clip(free: f64, limit: f64) -> (f64, bool) {
    (free.min(limit).max(-limit), free.abs() <= limit)
}

/// Whether a unit that held a current holds a voltage at the end of the step: that current at the end (A), and the one that
/// flows there.
fn arrival(at: &Point, memory: &Memory, i: usize, lane: usize) -> Option<(f64, f64)> {
    if at.mode != Mode::Dynamic || memory.state(i, HELD, lane).is_nan() {
        return None;
    }
    let order = Order::read(memory, i, lane);
    let e = order.level(at.ticks[lane]);
    let (v, j) = (at.x(i, NET, lane), -at.x(i, BRANCH, lane));
    if order.held(e, v, j).is_some() {
        return None;
    }
    let held = if order.task == Task::Current { e } else { memory.state(i, HELD, lane) };
    let moved = (v - at.last(i, NET, lane)).abs();
    (moved > RESTS * v.abs().max(at.last(i, NET, lane).abs())).then_some((held, j))
}

impl Device for Smu {
    fn layout(&mut self, layout: &mut Layout) {
        for &part in &self.parts {
            let mut terminals = layout.pins(part);
            terminals.push(layout.branch(part));
            layout.instance(part, &terminals);
        }
        layout.pattern(&[(NET, BRANCH), (BRANCH, NET), (BRANCH, BRANCH)], &[]);
        layout.memory(0, STATE, LIMIT_SLOTS);
    }

    fn setup(&self, _: &Environment, memory: &mut Memory, lane: usize) {
        for i in 0..memory.instances {
            Order::FLOAT.write(memory, i, lane);
            for (slot, value) in [(ENERGY, 0.0), (CHARGE, 0.0), (TIME, f64::NAN), (VOLTAGE, 0.0), (CURRENT, 0.0)] {
                memory.set_state(i, slot, lane, value);
                memory.set_trial(i, slot, lane, value);
            }
        }
    }

    fn load(&self, at: &Point, memory: &mut Memory, out: &mut Stamps) {
        for i in 0..memory.instances {
            for lane in 0..at.lanes {
                for slot in 0..STATE {
                    memory.set_trial(i, slot, lane, memory.state(i, slot, lane));
                }
                let order = Order::read(memory, i, lane);
                let e = order.level(at.ticks[lane]) * at.source;
                // The unknown is the current out of the net into the unit.
                let (v, j) = (at.x(i, NET, lane), -at.x(i, BRANCH, lane));
                let free = match order.task {
                    Task::Float => 0.0,
                    Task::Voltage => j + STEEP * (e - v),
                    Task::Current => v + ROUGH * (e - j),
                };
                let (bound, inside) = clip(free, order.limit);
                // From one limit straight to the other Newton's method may go for ever, past a solution between them.
                let side = if inside { 0.0 } else { bound.signum() };
                let passed = side * memory.limit(i, SIDE, lane) < 0.0;
                memory.set_limit(i, SIDE, lane, if passed { 0.0 } else { side });
                if passed {
                    memory.mark_limited(i, lane);
                }
                let (row, by_v, by_j) = match (order.task, inside || passed) {
                    (Task::Float, _) => (j + LEAK * (v - e), LEAK, 1.0),
                    (Task::Voltage, true) => (STEEP * (v - e), STEEP, 0.0),
                    (Task::Voltage, false) => (j - bound, 0.0, 1.0),
                    (Task::Current, true) => (ROUGH * (j - e), 0.0, ROUGH),
                    (Task::Current, false) => (v - bound, 1.0, 0.0),
                };
                out.f(i, NET, lane, -j);
                out.f(i, BRANCH, lane, row);
                out.g(i, 0, lane, 1.0);
                out.g(i, 1, lane, by_v);
                out.g(i, 2, lane, -by_j);
            }
        }
    }

    /// A step in which a net that took a given current comes to be held at a voltage is cut to end there. Of a step with the
    /// whole current `held` the share (j₀ + j)/(j₀ + held) of the charge was taken, by the trapezoidal rule.
    fn review(&self, at: &Point, memory: &mut Memory, lane: usize) -> Review {
        let mut fraction = 1.0_f64;
        for i in 0..memory.instances {
            let Some((held, j)) = arrival(at, memory, i, lane) else { continue };
            let start = joined([memory.state(i, TIME, lane), memory.state(i, TIME + 1, lane)]);
            let h = Ticks(at.ticks[lane].0.saturating_sub(start.0)).seconds();
            let before = memory.state(i, CURRENT, lane);
            let (taken, whole) = (before + j, before + held);
            if (held - j).abs() > LANDING * held.abs() && h > SHORTEST && whole != 0.0 {
                fraction = fraction.min((taken / whole).clamp(CUTS.0, CUTS.1));
            }
        }
        if fraction < 1.0 { Review::Cut(fraction) } else { Review::Accept }
    }

    /// Meters run over transient time only, voltage and current being straight lines between accepted points: then ∫ v·i dt over h is
    /// h/6·(2·v₀i₀ + v₀i₁ + v₁i₀ + 2·v₁i₁).
    fn accept(&self, at: &Point, memory: &mut Memory, lane: usize) -> bool {
        let mut jumped = false;
        for i in 0..memory.instances {
            let arrived = arrival(at, memory, i, lane).is_some();
            jumped |= arrived;
            let order = Order::read(memory, i, lane);
            let held = order.held(order.level(at.ticks[lane]), at.x(i, NET, lane), -at.x(i, BRANCH, lane));
            memory.set_state(i, HELD, lane, held.unwrap_or(f64::NAN));
            let (v, j) = (at.x(i, NET, lane), -at.x(i, BRANCH, lane));
            let before = [memory.state(i, TIME, lane), memory.state(i, TIME + 1, lane)];
            if at.mode == Mode::Dynamic && before[0].is_finite() {
                let h = Ticks(at.ticks[lane].0.saturating_sub(joined(before).0)).seconds();
                let (v0, j0) = (memory.state(i, VOLTAGE, lane), memory.state(i, CURRENT, lane));
                // What flows behind a jump is what the next point shows.
                let j0 = if j0.is_nan() { j } else { j0 };
                let work = h / 6.0 * (v0 * (2.0 * j0 + j) + v * (j0 + 2.0 * j));
                memory.set_state(i, ENERGY, lane, memory.state(i, ENERGY, lane) + work);
                memory.set_state(i, CHARGE, lane, memory.state(i, CHARGE, lane) + 0.5 * h * (j0 + j));
            }
            let [high, low] = split(at.ticks[lane]);
            let j = if arrived { f64::NAN } else { j };
            for (slot, value) in [(TIME, high), (TIME + 1, low), (VOLTAGE, v), (CURRENT, j)] {
                memory.set_state(i, slot, lane, value);
            }
        }
        jumped
    }

    fn corner(&self, memory: &Memory, lane: usize, after: Ticks) -> Option<Ticks> {
        let ends = (0..memory.instances).filter_map(|i| {
            let order = Order::read(memory, i, lane);
            (order.task != Task::Float && order.from != order.to).then(|| order.end())
        });
        ends.filter(|t| *t > after).min()
    }

    fn probe(&self, instance: usize, name: &str, at: &Point, memory: &Memory, lane: usize) -> Option<f64> {
        match name {
            "level" => {
                let order = Order::read(memory, instance, lane);
                Some(if order.task == Task::Float { 0.0 } else { order.level(at.ticks[lane]) })
            }
            "energy" => Some(delivered(memory, instance, lane).0),
            "charge" => Some(delivered(memory, instance, lane).1),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::testing::{Bench, circuit, part};

    fn order(task: Task, to: f64, limit: f64) -> Order {
        Order { task, from: to, to, start: Ticks(0), length: 0.0, limit }
    }

    /// Row of the branch at (v, current into the circuit).
    fn row(order: Order, v: f64, j: f64) -> f64 {
        let mut c = circuit(&["a"]);
        let p = part(&mut c, &KIND, "S", &["a"], None, vec![]);
        let mut bench = Bench::new(&c, build, &[p]);
        (0..2).for_each(|lane| order.write(&mut bench.units[0].memory, 0, lane));
        let x = [0.0, v, -j];
        let at = bench.load(&x);
        assert_eq!(at.f[1], -j);
        bench.check_jacobians(&x, 1e-8);
        at.f[2]
    }

    #[test]
    fn inside_its_compliance_it_holds_the_level() {
        assert_eq!(row(order(Task::Voltage, 2.0, 1e-3), 2.0, 0.5e-3), 0.0);
        assert!(row(order(Task::Voltage, 2.0, 1e-3), 2.1, 0.5e-3) > 0.0);
        assert_eq!(row(order(Task::Current, 1e-3, 5.0), 3.0, 1e-3), 0.0);
    }

    #[test]
    fn outside_it_holds_the_limit() {
        assert_eq!(row(order(Task::Voltage, 2.0, 1e-3), 1.5, 1e-3), 0.0);
        assert_eq!(row(order(Task::Voltage, -2.0, 1e-3), -1.5, -1e-3), 0.0);
        assert_eq!(row(order(Task::Current, 1e-3, 5.0), 5.0, 0.2e-3), 0.0);
    }

    #[test]
    fn floating_it_leaks() {
        assert!(row(order(Task::Float, 0.0, f64::INFINITY), 2.0, -2e-12).abs() < 1e-20);
    }

    #[test]
    fn levels_move_on_straight_lines() {
        // At the beginning, and after thirty years: a nanosecond is one then too.
        for start in [Ticks::from_seconds(1e-6), Ticks(1_000_000_000_000_000_000_000_000_001)] {
            let limit = f64::INFINITY;
            let ramp = Order { task: Task::Voltage, from: 1.0, to: 3.0, start, length: 2e-9, limit };
            for (t, level) in [(-1e-6, 1.0), (1e-9, 2.0), (2e-9, 3.0), (9.0, 3.0)] {
                let at = Ticks(start.0 + Ticks::from_seconds(t).0);
                assert!((ramp.level(at) - level).abs() < 1e-12, "{t}");
                assert_eq!(joined(split(at)), at);
            }
            assert_eq!(ramp.finished().level(Ticks(0)), 3.0);
        }
    }
}
