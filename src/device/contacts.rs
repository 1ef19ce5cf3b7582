//! Contacts between n pins and a common one that open and close at events: what analog switches and multiplexers are made of.
//!
//! An expression chooses the closed contact. It is looked at where points are accepted, never within a Newton iteration;
//! the moment of a change is located on the line between accepted points and the step is cut to land just behind it.
//! With s the position of a contact, from 0 (open) to 1 (closed) along an edge of finite length:
//!
//! ```text
//! I = V·roff^(s − 1)·ron^(−s)                                   between its pin and the common pin
//! Q = (coff + (con − coff)·s)·V + s·qinj/2                      at its pin; at the common pin with Σs for s
//! ```
//!
//! so that an opening contact pushes out of each of its pins the half of qinj that the closed one held. In an operating
//! point the choice follows the iterate (`decision`).

#[cfg(test)]
mod tests;

use super::edge::{self, Edge, instant};
use super::{Device, Environment, Layout, Memory, Mode, Noise, Point, Review, Stamps, Ticks, Unknown, decision};
use crate::circuit::equation::{Equation, Quantity};
use crate::circuit::kind::{Conduct, Kind, Param, Path};
use crate::circuit::{Circuit, NetId, PartId, Setting};
use crate::model::eval::evaluate;

const POSITIVE: f64 = f64::MIN_POSITIVE;
const ANY: f64 = f64::INFINITY;

pub const RON: Param = Param::new("ron", 10.0, "ohm", "resistance when closed").both().range(POSITIVE, ANY);
pub const ROFF: Param = Param::new("roff", 1e9, "ohm", "resistance when open").both().range(POSITIVE, ANY);
pub const COFF: Param =
    Param::new("coff", 0.0, "F", "capacitance of each pin to ground when open").both().range(0.0, ANY);
pub const CON: Param =
    Param::new("con", 0.0, "F", "capacitance of each pin to ground when closed").both().range(0.0, ANY);
pub const TON: Param = Param::new("ton", 1e-9, "s", "time to close").both().range(0.0, ANY);
pub const TOFF: Param = Param::new("toff", 1e-9, "s", "time to open").both().range(0.0, ANY);
pub const QINJ: Param = Param::new("qinj", 0.0, "C", "charge pushed out on opening, half to either side").both();

/// The paths of contacts whose pins are listed as contact and common.
pub const PATHS: &[Path] = &[Path { a: 0, b: 1, conduct: Conduct::Yes }];

// Derived numbers.
const LN_OFF: usize = 0;
const LN_RATIO: usize = 1;
const COPEN: usize = 2;
const CMORE: usize = 3;
const CLOSING: usize = 4;
const OPENING: usize = 5;
const CHARGE: usize = 6;
/// Dead time between opening and closing, s; NaN: both at once
const DEAD: usize = 7;
/// How exactly a change is landed on, s
const LANDING: usize = 8;
const DERIVED: usize = 9;

/// No contact is closed.
const NONE: f64 = -1.0;

/// One switch or multiplexer.
struct Instance {
    part: PartId,
    choice: Equation,
    /// Nets and branch currents that `choice` reads; terminals behind the pins, in this order.
    reads: Vec<Read>,
}

#[derive(Clone, Copy, PartialEq)]
enum Read {
    Net(NetId),
    Branch(PartId),
}

/// Parts with equally many contacts whose choices read equally many unknowns, with or without capacitance.
pub struct Contacts {
    kind: &'static Kind,
    instances: Vec<Instance>,
    contacts: usize,
    reads: usize,
    /// Some part has capacitance.
    charged: bool,
}

/// Groups parts into devices; `control` is the parameter that chooses.
pub fn build(circuit: &Circuit, parts: &[PartId], kind: &'static Kind, control: &str) -> Vec<Box<dyn Device>> {
    let mut devices: Vec<Contacts> = Vec::new();
    for &part in parts {
        let choice = match circuit.setting(part, control) {
            Some(Setting::Equation(e)) => e.clone(),
            Some(Setting::Number(v)) => Equation::Const(*v),
            _ => Equation::Const(0.0),
        };
        let reads = reads(circuit, &choice);
        let contacts = circuit.part(part).pins.len().saturating_sub(1);
        let charged = ["coff", "con"].iter().any(|name| circuit.setting(part, name).is_some());
        let fits = |d: &Contacts| d.contacts == contacts && d.reads == reads.len() && d.charged == charged;
        let at = devices.iter().position(fits).unwrap_or_else(|| {
            devices.push(Contacts { kind, instances: Vec::new(), contacts, reads: reads.len(), charged });
            devices.len() - 1
        });
        devices[at].instances.push(Instance { part, choice, reads });
    }
    devices.into_iter().map(|d| Box::new(d) as Box<dyn Device>).collect()
}

fn reads(circuit: &Circuit, choice: &Equation) -> Vec<Read> {
    let mut found = Vec::new();
    let mut add = |read: Read| {
        if read != Read::Net(NetId::GROUND) && !found.contains(&read) {
            found.push(read);
        }
    };
    for quantity in choice.quantities() {
        match quantity {
            Quantity::Voltage(a, b) => [a, b].into_iter().for_each(|n| add(Read::Net(n))),
            Quantity::Current(part, _) if has_branch(circuit, part) => add(Read::Branch(part)),
            _ => {}
        }
    }
    found
}

/// Whether the current of a part is an unknown of the system.
fn has_branch(circuit: &Circuit, part: PartId) -> bool {
    circuit.part(part).kind.paths.iter().any(|p| p.conduct == Conduct::Voltage)
}

impl Contacts {
    /// Place in the state, whose slots are the edges, then the choice (NaN before the first accepted point), then the last accepted time.
    fn chosen(&self) -> usize {
        edge::SLOTS * self.contacts
    }

    fn time(&self) -> usize {
        self.chosen() + 1
    }

    /// Which contact is closed at a fraction of the way from the last accepted point to the iterate.
    fn choose(&self, at: &Point, memory: &Memory, i: usize, lane: usize, fraction: f64) -> f64 {
        let instance = &self.instances[i];
        let between = |from: f64, to: f64| if fraction == 1.0 { to } else { from + fraction * (to - from) };
        let read = |r: Read| match instance.reads.iter().position(|&k| k == r) {
            Some(k) => {
                let terminal = self.contacts + 1 + k;
                between(at.last(i, terminal, lane), at.x(i, terminal, lane))
            }
            None => 0.0,
        };
        let value = evaluate(&instance.choice, &mut |q| match *q {
            Quantity::Voltage(a, b) => read(Read::Net(a)) - read(Read::Net(b)),
            Quantity::Current(part, pin) => read(Read::Branch(part)) * if pin == 0 { 1.0 } else { -1.0 },
            Quantity::Time => between(memory.state(i, self.time(), lane), at.time[lane]),
            Quantity::Temperature => memory.derived(i, DERIVED, lane),
            _ => f64::NAN,
        });
        let chosen = value.round();
        if self.kind.pins.first().is_some_and(|p| !p.repeats) {
            return if chosen >= 1.0 { 0.0 } else { NONE };
        }
        if chosen >= 0.0 && chosen < self.contacts as f64 { chosen } else { NONE }
    }

    /// Where within the step, 0 … 1, the choice changes.
    fn change(&self, at: &Point, memory: &Memory, i: usize, lane: usize) -> Option<f64> {
        let before = memory.state(i, self.chosen(), lane);
        if before.is_nan() || self.choose(at, memory, i, lane, 1.0) == before {
            return None;
        }
        let (mut same, mut other) = (0.0, 1.0);
        while other - same > 1e-9 {
            let middle = 0.5 * (same + other);
            if self.choose(at, memory, i, lane, middle) == before { same = middle } else { other = middle }
        }
        Some(other)
    }
}

impl Device for Contacts {
    fn layout(&mut self, layout: &mut Layout) {
        for instance in &self.instances {
            let mut terminals = layout.pins(instance.part);
            for &read in &instance.reads {
                terminals.push(match read {
                    Read::Net(net) => Unknown::from(net),
                    Read::Branch(part) => layout.branch(part),
                });
            }
            layout.instance(instance.part, &terminals);
        }
        let common = self.contacts;
        let g: Vec<_> = (0..common).flat_map(|k| [(k, k), (k, common), (common, k), (common, common)]).collect();
        let pins = if self.charged { common + 1 } else { 0 };
        let c: Vec<_> = (0..pins).map(|k| (k, k)).collect();
        layout.pattern(&g, &c);
        layout.memory(DERIVED + 1, self.time() + 1, decision::SLOTS);
    }

    fn setup(&self, env: &Environment, memory: &mut Memory, lane: usize) {
        let [ron, roff, coff, con] = self.kind.places(["ron", "roff", "coff", "con"]);
        let [ton, toff, qinj] = self.kind.places(["ton", "toff", "qinj"]);
        let dead = self.kind.param("bbm");
        for i in 0..memory.instances {
            let p = |slot| memory.param(i, slot, lane);
            let values: [f64; DERIVED + 1] = [
                -p(roff).ln(),
                (p(roff) / p(ron)).ln(),
                p(coff),
                p(con) - p(coff),
                p(ton),
                p(toff),
                0.5 * p(qinj),
                dead.map_or(f64::NAN, p),
                (1e-3 * p(ton).min(p(toff))).max(1e-12),
                env.temp,
            ];
            for (slot, value) in values.into_iter().enumerate() {
                memory.set_derived(i, slot, lane, value);
            }
            for k in 0..self.contacts {
                Edge::at(0.0).write(memory, i, edge::SLOTS * k, lane);
            }
            memory.set_state(i, self.chosen(), lane, f64::NAN);
            memory.set_state(i, self.time(), lane, 0.0);
        }
    }

    fn load(&self, at: &Point, memory: &mut Memory, out: &mut Stamps) {
        let common = self.contacts;
        for i in 0..memory.instances {
            for lane in 0..at.lanes {
                for slot in 0..=self.time() {
                    memory.set_trial(i, slot, lane, memory.state(i, slot, lane));
                }
                let known = !memory.state(i, self.chosen(), lane).is_nan();
                let follows = !known || !matches!(at.mode, Mode::Dynamic | Mode::Linearize);
                let chosen = if follows {
                    let fresh = self.choose(at, memory, i, lane, 1.0);
                    decision::follow(memory, at.mode, i, 0, lane, fresh)
                } else {
                    NONE
                };
                let d = |slot| memory.derived(i, slot, lane);
                let mut total = 0.0;
                for k in 0..self.contacts {
                    let s = if follows {
                        f64::from(chosen == k as f64)
                    } else {
                        Edge::read(memory, i, edge::SLOTS * k, lane).position(at.time[lane])
                    };
                    total += s;
                    let g = (d(LN_OFF) + d(LN_RATIO) * s).exp();
                    let current = g * at.across(i, k, common, lane);
                    out.f(i, k, lane, current);
                    out.f(i, common, lane, -current);
                    out.conductance(i, 4 * k, lane, g);
                    let c = d(COPEN) + d(CMORE) * s;
                    out.q(i, k, lane, c * at.x(i, k, lane) + d(CHARGE) * s);
                    if self.charged {
                        out.c(i, k, lane, c);
                    }
                }
                let c = d(COPEN) + d(CMORE) * total;
                out.q(i, common, lane, c * at.x(i, common, lane) + d(CHARGE) * total);
                if self.charged {
                    out.c(i, common, lane, c);
                }
            }
        }
    }

    /// A step over a change is cut to end just behind it.
    fn review(&self, at: &Point, memory: &mut Memory, lane: usize) -> Review {
        if at.mode != Mode::Dynamic {
            return Review::Accept;
        }
        let mut fraction = 1.0_f64;
        for i in 0..memory.instances {
            let step = at.time[lane] - memory.state(i, self.time(), lane);
            let landing = memory.derived(i, LANDING, lane).max(8.0 * instant(at.time[lane]));
            if step <= landing {
                continue;
            }
            if let Some(change) = self.change(at, memory, i, lane).filter(|c| (1.0 - c) * step > landing) {
                fraction = fraction.min(change + 0.5 * landing / step);
            }
        }
        if fraction < 1.0 { Review::Cut(fraction) } else { Review::Accept }
    }

    fn accept(&self, at: &Point, memory: &mut Memory, lane: usize) -> bool {
        let time = at.time[lane];
        let mut jumped = false;
        for i in 0..memory.instances {
            let before = memory.state(i, self.chosen(), lane);
            let moving = at.mode == Mode::Dynamic;
            let chosen =
                if moving { self.choose(at, memory, i, lane, 1.0) } else { decision::settle(memory, i, 0, lane) };
            if !moving || before.is_nan() {
                for k in 0..self.contacts {
                    Edge::at(f64::from(chosen == k as f64)).write(memory, i, edge::SLOTS * k, lane);
                }
            } else if chosen != before {
                jumped |= self.set_out(memory, i, lane, time, chosen);
            }
            memory.set_state(i, self.chosen(), lane, chosen);
            memory.set_state(i, self.time(), lane, time);
        }
        jumped
    }

    fn corner(&self, memory: &Memory, lane: usize, after: Ticks) -> Option<Ticks> {
        self.edges(memory, lane).filter(|e| !e.smooth()).filter_map(|e| e.corner(after)).min()
    }

    fn landing(&self, memory: &Memory, lane: usize, after: Ticks) -> Option<Ticks> {
        self.edges(memory, lane).filter(Edge::smooth).filter_map(|e| e.corner(after)).min()
    }

    fn max_step(&self, at: &Point, memory: &Memory, lane: usize) -> Option<f64> {
        self.edges(memory, lane).filter_map(|e| e.longest_step(at.time[lane])).reduce(f64::min)
    }

    fn noise(&self, i: usize, at: &Point, memory: &Memory, env: &Environment, add: &mut dyn FnMut(Noise)) {
        for k in 0..self.contacts {
            let s = Edge::read(memory, i, edge::SLOTS * k, 0).position(at.time[0]);
            let g = (memory.derived(i, LN_OFF, 0) + memory.derived(i, LN_RATIO, 0) * s).exp();
            add(Noise::thermal(k, self.contacts, g, env.temp));
        }
    }

    fn probe(&self, i: usize, name: &str, at: &Point, memory: &Memory, lane: usize) -> Option<f64> {
        match name {
            "selected" => Some(memory.state(i, self.chosen(), lane)),
            "on" => Some(f64::from(memory.state(i, self.chosen(), lane) >= 0.0)),
            "g" => {
                let d = |slot| memory.derived(i, slot, lane);
                let s = |k| Edge::read(memory, i, edge::SLOTS * k, lane).position(at.time[lane]);
                Some((0..self.contacts).map(|k| (d(LN_OFF) + d(LN_RATIO) * s(k)).exp()).sum())
            }
            _ => None,
        }
    }
}

impl Contacts {
    fn edges<'a>(&'a self, memory: &'a Memory, lane: usize) -> impl Iterator<Item = Edge> + 'a {
        let of = move |i: usize| (0..self.contacts).map(move |k| Edge::read(memory, i, edge::SLOTS * k, lane));
        (0..memory.instances).flat_map(of)
    }

    /// Sets contacts in motion toward a new choice: the others open at once, this one closes at once or after the dead time.
    /// True if one of them takes no time to do so.
    fn set_out(&self, memory: &mut Memory, i: usize, lane: usize, time: f64, chosen: f64) -> bool {
        let d = |memory: &Memory, slot| memory.derived(i, slot, lane);
        let mut open = time;
        let mut jumped = false;
        for k in (0..self.contacts).filter(|&k| k as f64 != chosen) {
            let edge = Edge::read(memory, i, edge::SLOTS * k, lane).turn(time, 0.0, time, d(memory, OPENING));
            edge.write(memory, i, edge::SLOTS * k, lane);
            open = open.max(edge.end());
            jumped |= edge.from != edge.to && !edge.smooth();
        }
        if chosen >= 0.0 {
            let slot = edge::SLOTS * chosen as usize;
            let dead = d(memory, DEAD);
            let start = if dead.is_nan() { time } else { open + dead };
            let edge = Edge::read(memory, i, slot, lane).turn(time, 1.0, start, d(memory, CLOSING));
            edge.write(memory, i, slot, lane);
            jumped |= edge.from != edge.to && !edge.smooth();
        }
        jumped
    }
}
