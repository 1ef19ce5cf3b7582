//! MOS transistor, level 1: channel current of [`super::mosfet_level1`], gate charge by [`super::meyer`], bulk junctions,
//! series resistances at inner nodes.
//!
//! Source: ngspice 39, mos1 (T. Quarles), whose operating points, limiting and temperature laws these are.

use super::junction::{self, Depletion};
use super::meyer::{GateCapacitance, gate_capacitance};
pub use super::mosfet_kind::KIND;
use super::mosfet_level1::{Channel, Current};
use super::mosfet_setup::{
    BETA, COX, CRITICAL_DRAIN, CRITICAL_SOURCE, DERIVED, DRAIN_BOTTOM, G_DRAIN, G_SOURCE, GAMMA, IS_DRAIN, IS_SOURCE,
    LAMBDA, OVERLAP, PHI, SOURCE_BOTTOM, SQRT_PHI, VBI, VT, VTO, derive, series,
};
use super::{Device, Environment, Layout, Memory, Mode, Point, Stamps, mosfet_limit};
use crate::circuit::{Circuit, PartId, Setting};

const DRAIN: usize = 0;
const GATE: usize = 1;
const SOURCE: usize = 2;
const BULK: usize = 3;

/// State: voltage, Meyer capacitance and charge of gate–source, gate–drain, gate–bulk at the last accepted point.
const STATE: usize = 9;

/// Limiting history: vgs, vds, vbs, von.
const LIMIT: usize = 4;

struct Mosfet {
    parts: Vec<PartId>,
    /// vds, vgs, vbs of each part that has an `ic`, of an n-channel transistor
    initial: Vec<Option<[f64; 3]>>,
    /// 1 for n-channel, −1 for p-channel
    sign: f64,
    /// Terminals of the channel's ends: d and s, or nodes behind the resistances
    drain: usize,
    source: usize,
    off: usize,
}

pub fn build(circuit: &Circuit, parts: &[PartId]) -> Vec<Box<dyn Device>> {
    let n = |part: PartId, name: &str| circuit.number(part, name);
    let resists = |&part: &PartId| {
        let rsh = n(part, "rsh");
        series(n(part, "rd"), rsh, n(part, "nrd")) > 0.0 || series(n(part, "rs"), rsh, n(part, "nrs")) > 0.0
    };
    let (outer, plain): (Vec<PartId>, Vec<PartId>) = parts.iter().copied().partition(resists);
    let device = |parts: Vec<PartId>, [drain, source]: [usize; 2]| -> Box<dyn Device> {
        let base = circuit.part(parts[0]).model.map_or("nmos", |m| &circuit.model(m).base);
        let sign = if base.eq_ignore_ascii_case("pmos") { -1.0 } else { 1.0 };
        let initial = |&part: &PartId| match circuit.setting(part, "ic") {
            Some(Setting::Numbers(v)) => Some([0, 1, 2].map(|k| sign * v.get(k).copied().unwrap_or(0.0))),
            Some(Setting::Number(v)) => Some([sign * v, 0.0, 0.0]),
            _ => None,
        };
        let initial = parts.iter().map(initial).collect();
        let [off] = KIND.places(["off"]);
        Box::new(Mosfet { parts, initial, sign, drain, source, off })
    };
    [(plain, [DRAIN, SOURCE]), (outer, [4, 5])]
        .into_iter()
        .filter(|(parts, _)| !parts.is_empty())
        .map(|(parts, ends)| device(parts, ends))
        .collect()
}

/// vgs, vds, vbs as an n-channel transistor sees them.
#[derive(Clone, Copy, Debug)]
struct Voltages {
    gs: f64,
    ds: f64,
    bs: f64,
}

/// Current and conductance of a bulk junction; `gmin` in parallel.
#[inline]
fn bulk_junction(v: f64, saturation: f64, vt: f64, gmin: f64) -> (f64, f64) {
    if v <= -3.0 * vt {
        (gmin * v - saturation, gmin)
    } else {
        let e = saturation * (v / vt).min(700.0).exp();
        (e - saturation + gmin * v, e / vt + gmin)
    }
}

/// The derived numbers of one instance in one lane.
#[derive(Clone, Copy)]
struct Numbers<'a> {
    derived: &'a [f64],
    lanes: usize,
    lane: usize,
}

impl Numbers<'_> {
    #[inline(always)]
    fn of(memory: &Memory, i: usize, lane: usize) -> Numbers<'_> {
        let n = memory.slots.derived * memory.lanes;
        Numbers { derived: &memory.derived[i * n..(i + 1) * n], lanes: memory.lanes, lane }
    }

    #[inline(always)]
    fn get(&self, slot: usize) -> f64 {
        self.derived[slot * self.lanes + self.lane]
    }

    #[inline]
    fn channel(&self) -> Channel {
        Channel {
            beta: self.get(BETA),
            vbi: self.get(VBI),
            gamma: self.get(GAMMA),
            phi: self.get(PHI),
            sqrt_phi: self.get(SQRT_PHI),
            lambda: self.get(LAMBDA),
        }
    }

    /// Charge and capacitance of a bulk junction whose numbers start at `first`.
    #[inline]
    fn depletion(&self, first: usize, v: f64) -> (f64, f64) {
        let (mut q, mut c) = (0.0, 0.0);
        for first in [first, first + Depletion::SLOTS] {
            if self.get(first) != 0.0 {
                let (dq, dc) = Depletion::from_slots(|k| self.get(first + k)).at(v);
                q += dq;
                c += dc;
            }
        }
        (q, c)
    }

    /// Meyer's capacitances to source, drain, bulk without overlaps.
    #[inline]
    fn gate(&self, v: Voltages, current: &Current) -> [f64; 3] {
        let cox = self.get(COX);
        if cox == 0.0 {
            return [0.0; 3];
        }
        let phi = self.get(PHI);
        if v.ds >= 0.0 {
            let GateCapacitance { gs, gd, gb } = gate_capacitance(v.gs - current.von, v.ds, current.vdsat, phi, cox);
            [gs, gd, gb]
        } else {
            let over = v.gs - v.ds - current.von;
            let GateCapacitance { gs, gd, gb } = gate_capacitance(over, -v.ds, current.vdsat, phi, cox);
            [gd, gs, gb]
        }
    }
}

impl Mosfet {
    #[inline]
    fn voltages(&self, at: &Point, i: usize, lane: usize) -> Voltages {
        let source = at.x(i, self.source, lane);
        Voltages {
            gs: self.sign * (at.x(i, GATE, lane) - source),
            ds: self.sign * (at.x(i, self.drain, lane) - source),
            bs: self.sign * (at.x(i, BULK, lane) - source),
        }
    }

    /// Where to evaluate for the iterate `v`.
    #[inline]
    fn limited(&self, at: &Point, memory: &Memory, n: Numbers, i: usize, v: Voltages) -> Voltages {
        let lane = n.lane;
        match at.mode {
            Mode::Linearize => v,
            Mode::Initial => self.initial[i].map_or(v, |[ds, gs, bs]| Voltages { gs, ds, bs }),
            Mode::Start if memory.param(i, self.off, lane) != 0.0 => Voltages { gs: 0.0, ds: 0.0, bs: 0.0 },
            Mode::Start => match self.initial[i] {
                Some([ds, gs, bs]) if [ds, gs, bs] != [0.0; 3] => Voltages { gs, ds, bs },
                _ => Voltages { gs: n.get(VTO), ds: 0.0, bs: -1.0 },
            },
            Mode::Static | Mode::Dynamic => {
                let [gs0, ds0, bs0, von] = std::array::from_fn(|k| memory.limit(i, k, lane));
                let mut u = v;
                if ds0 >= 0.0 {
                    u.gs = mosfet_limit::gate(v.gs, gs0, von);
                    u.ds = mosfet_limit::drain(u.gs - (v.gs - v.ds), ds0);
                } else {
                    let gd = mosfet_limit::gate(v.gs - v.ds, gs0 - ds0, von);
                    u.ds = -mosfet_limit::drain(gd - v.gs, -ds0);
                    u.gs = gd + u.ds;
                }
                if u.ds >= 0.0 {
                    u.bs = junction::limit(v.bs, bs0, n.get(VT), n.get(CRITICAL_SOURCE)).0;
                } else {
                    let bd = junction::limit(v.bs - v.ds, bs0 - ds0, n.get(VT), n.get(CRITICAL_DRAIN)).0;
                    u.bs = bd + u.ds;
                }
                u
            }
        }
    }

    /// Adds the gate and junction charges at `u`, as tangents taken at `v`.
    #[inline]
    #[allow(clippy::too_many_arguments)]
    fn charges(
        &self,
        at: &Point,
        memory: &mut Memory,
        out: &mut Stamps,
        i: usize,
        lane: usize,
        u: Voltages,
        v: Voltages,
        current: &Current,
    ) {
        let n = Numbers::of(memory, i, lane);
        let (drain, source) = (self.drain, self.source);
        let (qbd, cbd) = n.depletion(DRAIN_BOTTOM, u.bs - u.ds);
        let (qbs, cbs) = n.depletion(SOURCE_BOTTOM, u.bs);
        let now = n.gate(u, current);
        let overlap = [0, 1, 2].map(|k| n.get(OVERLAP + k));
        let to = [u.gs, u.gs - u.ds, u.gs - u.bs];
        let moved = [v.gs - u.gs, v.gs - v.ds - to[1], v.gs - v.bs - to[2]];
        let (mut q, mut c) = ([0.0; 3], [0.0; 3]);
        for k in 0..3 {
            if at.mode == Mode::Dynamic {
                let [v0, c0, q0] = [0, 3, 6].map(|block| memory.state(i, block + k, lane));
                c[k] = 0.5 * (now[k] + c0) + overlap[k];
                q[k] = q0 + c[k] * (to[k] - v0);
            } else {
                c[k] = now[k] + overlap[k];
                q[k] = c[k] * to[k];
            }
            q[k] += c[k] * moved[k];
            if at.mode != Mode::Linearize {
                for (block, value) in [to[k] + moved[k], now[k], q[k]].into_iter().enumerate() {
                    memory.set_trial(i, 3 * block + k, lane, value);
                }
            }
        }
        let qbs = qbs + cbs * (v.bs - u.bs);
        let qbd = qbd + cbd * (v.bs - v.ds - u.bs + u.ds);
        let s = self.sign;
        out.q(i, GATE, lane, s * (q[0] + q[1] + q[2]));
        out.q(i, source, lane, -s * (q[0] + qbs));
        out.q(i, drain, lane, -s * (q[1] + qbd));
        out.q(i, BULK, lane, s * (qbs + qbd - q[2]));
        let [cgs, cgd, cgb] = c;
        let entries = [
            cgs + cgd + cgb,
            -cgd,
            -cgs,
            -cgb,
            -cgd,
            cgd + cbd,
            -cbd,
            -cgs,
            cgs + cbs,
            -cbs,
            -cgb,
            -cbd,
            -cbs,
            cgb + cbd + cbs,
        ];
        for (entry, value) in entries.into_iter().enumerate() {
            out.c(i, entry, lane, value);
        }
    }
}

/// Terminals: d, g, s, b and, with series resistances, the inner drain and source.
impl Device for Mosfet {
    fn layout(&mut self, layout: &mut Layout) {
        let resists = self.drain != DRAIN;
        for &part in &self.parts {
            let mut terminals = layout.pins(part);
            if resists {
                let n = |name: &str| layout.circuit.number(part, name);
                let rd = series(n("rd"), n("rsh"), n("nrd"));
                let rs = series(n("rs"), n("rsh"), n("nrs"));
                terminals.push(if rd > 0.0 { layout.inner(part, "drain") } else { terminals[DRAIN] });
                terminals.push(if rs > 0.0 { layout.inner(part, "source") } else { terminals[SOURCE] });
            }
            layout.instance(part, &terminals);
        }
        let (d, s) = (self.drain, self.source);
        let mut g = vec![(d, d), (d, GATE), (d, s), (d, BULK), (s, d), (s, GATE), (s, s), (s, BULK)];
        g.extend([(BULK, d), (BULK, s), (BULK, BULK)]);
        if resists {
            g.extend([(DRAIN, DRAIN), (DRAIN, d), (d, DRAIN), (SOURCE, SOURCE), (SOURCE, s), (s, SOURCE)]);
        }
        let mut c = vec![(GATE, GATE), (GATE, d), (GATE, s), (GATE, BULK), (d, GATE), (d, d), (d, BULK)];
        c.extend([(s, GATE), (s, s), (s, BULK), (BULK, GATE), (BULK, d), (BULK, s), (BULK, BULK)]);
        layout.pattern(&g, &c);
        layout.memory(DERIVED, STATE, LIMIT);
    }

    fn setup(&self, env: &Environment, memory: &mut Memory, lane: usize) {
        for i in 0..memory.instances {
            let values = derive(self.sign, |slot| memory.param(i, slot, lane), env);
            for (slot, value) in values.into_iter().enumerate() {
                memory.set_derived(i, slot, lane, value);
            }
        }
    }

    fn load(&self, at: &Point, memory: &mut Memory, out: &mut Stamps) {
        let charges = match at.mode {
            Mode::Dynamic | Mode::Linearize | Mode::Initial => true,
            Mode::Start | Mode::Static => at.transient,
        };
        let (drain, source, s) = (self.drain, self.source, self.sign);
        for i in 0..memory.instances {
            for lane in 0..at.lanes {
                let n = Numbers::of(memory, i, lane);
                let v = self.voltages(at, i, lane);
                let u = self.limited(at, memory, n, i, v);
                let current = n.channel().current(u.gs, u.ds, u.bs);
                if at.mode == Mode::Initial {
                    self.charges(at, memory, out, i, lane, u, u, &current);
                    continue;
                }
                let vt = n.get(VT);
                let (ibd, gbd) = bulk_junction(u.bs - u.ds, n.get(IS_DRAIN), vt, at.gmin);
                let (ibs, gbs) = bulk_junction(u.bs, n.get(IS_SOURCE), vt, at.gmin);
                let (gd, gs) = (n.get(G_DRAIN), n.get(G_SOURCE));

                let moved = Voltages { gs: v.gs - u.gs, ds: v.ds - u.ds, bs: v.bs - u.bs };
                let (gm, gds, gmb) = (current.by_vgs, current.by_vds, current.by_vbs);
                let id = current.id + gm * moved.gs + gds * moved.ds + gmb * moved.bs;
                let ibd = ibd + gbd * (moved.bs - moved.ds);
                let ibs = ibs + gbs * moved.bs;
                out.f(i, drain, lane, s * (id - ibd));
                out.f(i, source, lane, -s * (id + ibs));
                out.f(i, BULK, lane, s * (ibd + ibs));
                let sum = gm + gds + gmb;
                let entries = [gds + gbd, gm, -sum, gmb - gbd, -gds, -gm, sum + gbs, -gmb - gbs, -gbd, -gbs, gbd + gbs];
                for (entry, value) in entries.into_iter().enumerate() {
                    out.g(i, entry, lane, value);
                }
                if drain != DRAIN {
                    for (outer, inner, g, own, first) in [(DRAIN, drain, gd, 0, 11), (SOURCE, source, gs, 6, 14)] {
                        let current = g * at.across(i, outer, inner, lane);
                        out.f(i, outer, lane, current);
                        out.f(i, inner, lane, -current);
                        out.g(i, own, lane, g);
                        out.g(i, first, lane, g);
                        out.g(i, first + 1, lane, -g);
                        out.g(i, first + 2, lane, -g);
                    }
                }
                if charges {
                    self.charges(at, memory, out, i, lane, u, v, &current);
                }
                if at.mode != Mode::Linearize {
                    for (slot, value) in [u.gs, u.ds, u.bs, current.von].into_iter().enumerate() {
                        memory.set_limit(i, slot, lane, value);
                    }
                    if moved.gs.abs() + moved.ds.abs() + moved.bs.abs() > 1e-9 {
                        memory.mark_limited(i, lane);
                    }
                }
            }
        }
    }

    fn probe(&self, i: usize, name: &str, at: &Point, memory: &Memory, lane: usize) -> Option<f64> {
        let n = Numbers::of(memory, i, lane);
        let v = self.voltages(at, i, lane);
        let c = n.channel().current(v.gs, v.ds, v.bs);
        let (ibd, gbd) = bulk_junction(v.bs - v.ds, n.get(IS_DRAIN), n.get(VT), at.gmin);
        let (ibs, gbs) = bulk_junction(v.bs, n.get(IS_SOURCE), n.get(VT), at.gmin);
        let gate = |k: usize| n.gate(v, &c)[k] + n.get(OVERLAP + k);
        Some(match name {
            "id" => c.id - ibd,
            "is" => -c.id - ibs,
            "ib" => ibd + ibs,
            "vgs" => v.gs,
            "vds" => v.ds,
            "vbs" => v.bs,
            "vth" | "von" => self.sign * c.von,
            "vdsat" => self.sign * c.vdsat,
            "gm" => c.gm,
            "gds" => c.gds,
            "gmbs" => c.gmbs,
            "gbd" => gbd,
            "gbs" => gbs,
            "cgs" => gate(0),
            "cgd" => gate(1),
            "cgb" => gate(2),
            "cbd" => n.depletion(DRAIN_BOTTOM, v.bs - v.ds).1,
            "cbs" => n.depletion(SOURCE_BOTTOM, v.bs).1,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::mosfet_reference::{CASES, NAMES};
    use crate::device::testing::{Bench, circuit, environment, model, numbers, part};

    fn bench(base: &str, card: &[(&'static str, f64)], line: &[(&'static str, f64)], temp: f64) -> Bench {
        let mut c = circuit(&["d", "g", "s", "b"]);
        let m = model(&mut c, "mm", base, card);
        let id = part(&mut c, &KIND, "M1", &["d", "g", "s", "b"], Some(m), numbers(line));
        Bench::in_environment(&c, build, &[id], Environment { temp, ..environment() })
    }

    #[test]
    fn operating_points_are_those_of_ngspice() {
        for case in CASES {
            let mut b = bench(case.base, case.card, case.line, case.temp);
            for (v, expected) in case.points {
                let x = [0.0, v[1], v[0], 0.0, v[2]];
                for (name, &expected) in NAMES.iter().zip(expected) {
                    // Under forward bias ngspice's gmbs is not the derivative of its current.
                    let value = b.probe(name, &x);
                    let skip = *name == "gmbs" && v[2] > 0.0 && case.base == "nmos";
                    assert!(
                        skip || (value - expected).abs() <= 1e-9 * expected.abs(),
                        "{name} at {v:?}: {value}, {expected}"
                    );
                }
                let at = b.load(&x);
                let sign = if case.base == "pmos" { -1.0 } else { 1.0 };
                assert!((at.f[1] - sign * expected[0]).abs() <= 1e-9 * expected[0].abs());
                assert!((at.f[4] - sign * expected[1]).abs() <= 1e-9 * expected[1].abs() && at.f[2] == 0.0);
                assert!(at.f.sum().abs() <= 1e-15 * at.f.amax());
            }
        }
    }

    /// At an accepted point the incremental gate charge has the derivative C, so all of C can be tested there.
    #[test]
    fn derivatives_are_exact() {
        for case in CASES {
            for resistances in [&[][..], &[("rd", 50.0)], &[("rs", 20.0)], &[("rsh", 20.0)]] {
                let card = [case.card, resistances].concat();
                let mut b = bench(case.base, &card, case.line, case.temp);
                for (v, _) in case.points {
                    let mut x = vec![0.0, v[1], v[0], 0.01, v[2] + 0.02];
                    x.resize(b.unknowns(), 0.1);
                    (b.mode, b.transient) = (Mode::Static, true);
                    for _ in 0..20 {
                        b.load(&x);
                    }
                    b.accept(&x);
                    b.mode = Mode::Dynamic;
                    b.check_jacobians(&x, 1e-5);
                }
            }
        }
    }

    #[test]
    fn gate_charge_moves_by_the_mean_capacitance() {
        let mut b = bench("nmos", CASES[0].card, CASES[0].line, 27.0);
        let settle = |b: &mut Bench, x: &[f64]| (0..20).map(|_| b.load(x)).last().expect("loaded");
        let (from, to) = ([0.0, 2.0, 0.6, 0.0, 0.0], [0.0, 1.5, 1.4, 0.0, 0.0]);
        (b.mode, b.transient) = (Mode::Static, true);
        let start = settle(&mut b, &from);
        b.accept(&from);
        b.mode = Mode::Dynamic;
        assert!((settle(&mut b, &from).q - &start.q).amax() < 1e-28, "nothing moves where nothing changes");
        let end = settle(&mut b, &to);
        let mean = |name: &str| 0.5 * (b.probe(name, &from) + b.probe(name, &to));
        let gate = mean("cgs") * 0.8 + mean("cgd") * (0.8 + 0.5) + mean("cgb") * 0.8;
        assert!((end.q[2] - start.q[2] - gate).abs() < 1e-24);
        assert!(end.q.sum().abs() < 1e-28, "charge is conserved");
    }

    #[test]
    fn a_start_is_no_solution() {
        let mut b = bench("pmos", CASES[2].card, CASES[2].line, 27.0);
        b.mode = Mode::Start;
        assert!(b.load(&[0.0, -1.0, -3.0, 0.0, 0.0]).limited);
        b.mode = Mode::Static;
        assert!(b.load(&[0.0, -1.0, -3.0, 0.0, 0.0]).limited, "the gate may not jump 3 V");
        b.load(&[0.0, -1.0, -3.0, 0.0, 0.0]);
        assert!(!b.load(&[0.0, -1.0, -3.0, 0.0, 0.0]).limited);
    }
}
