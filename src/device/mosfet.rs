//! MOS transistor, level 1: channel current of [`super::mosfet_level1`], gate charge by [`super::meyer`], bulk junctions,
//! series resistances at inner nodes.
//!
//! Source: ngspice 39, mos1 (T. Quarles), whose operating points, limiting and temperature laws these are.

#[cfg(test)]
mod tests;

use super::junction;
use super::lane::{Lane, LaneMut};
use super::meyer::{GateCapacitance, gate_capacitance};
use super::mosfet_bulk::{Junction, Profile};
pub use super::mosfet_kind::KIND;
use super::mosfet_level1::{Channel, Current};
use super::mosfet_setup::{
    BETA, COX, CRITICAL_DRAIN, CRITICAL_SOURCE, DERIVED, DRAIN_JUNCTION, G_DRAIN, G_SOURCE, GAMMA, IS_DRAIN, IS_SOURCE,
    LAMBDA, OVERLAP, PHI, PROFILE, SOURCE_JUNCTION, SQRT_PHI, VBI, VT, VTO, derive, series,
};
use super::slope::Slope;
use super::{Device, Environment, Layout, Memory, Mode, Noise, Point, Stamps, mosfet_bulk, mosfet_limit, noise};
use crate::circuit::{Circuit, PartId, Setting};

const DRAIN: usize = 0;
const GATE: usize = 1;
const SOURCE: usize = 2;
const BULK: usize = 3;

/// F/m²: of 100 nm, where no oxide is given.
const THICK_OXIDE: f64 = 3.9 * 8.854214871e-12 / 1e-7;

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
    let ends = |part: PartId| {
        let rsh = n(part, "rsh");
        let drain = series(n(part, "rd"), rsh, n(part, "nrd")) > 0.0;
        let source = series(n(part, "rs"), rsh, n(part, "nrs")) > 0.0;
        // Inner nodes follow the pins.
        [if drain { 4 } else { DRAIN }, if source { 4 + usize::from(drain) } else { SOURCE }]
    };
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
    [[DRAIN, SOURCE], [4, SOURCE], [DRAIN, 4], [4, 5]]
        .into_iter()
        .map(|there| (parts.iter().copied().filter(|&p| ends(p) == there).collect::<Vec<_>>(), there))
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

/// What a load found at one instance: gate charges and capacitances to source, drain, bulk, and what the charges change by
/// as the capacitances move with vgs, vds, vbs; charges and capacitances of the junctions.
struct Charges {
    gate: [f64; 3],
    c: [f64; 3],
    bend: [[f64; 3]; 3],
    bulk_drain: (f64, f64),
    bulk_source: (f64, f64),
}

/// The derived numbers of one instance in one lane.
type Numbers<'a, const W: usize> = Lane<'a, DERIVED, W>;

#[inline(always)]
fn numbers<const W: usize>(memory: &Memory, i: usize, lane: usize) -> Numbers<'_, W> {
    Lane::of(&memory.derived, i, memory.lanes, lane)
}

#[inline(always)]
fn channel<const W: usize>(n: Numbers<W>) -> Channel {
    Channel {
        beta: n.get(BETA),
        vbi: n.get(VBI),
        gamma: n.get(GAMMA),
        phi: n.get(PHI),
        sqrt_phi: n.get(SQRT_PHI),
        lambda: n.get(LAMBDA),
    }
}

/// Charge and capacitance of the bulk junction whose numbers start at `first`.
#[inline(always)]
fn junction_charge<const W: usize>(n: Numbers<W>, first: usize, v: f64) -> (f64, f64) {
    let [potential, bottom, side, knee] = [0, 1, 2, 3].map(|k| n.get(PROFILE + k));
    let profile = Profile { potential, bottom, side, knee };
    let [bottom, side, knee_charge, knee_c, knee_slope] = [0, 1, 2, 3, 4].map(|k| n.get(first + k));
    Junction { bottom, side, knee_charge, knee_c, knee_slope }.charge(&profile, v)
}

/// Meyer's capacitances to source, drain, bulk without overlaps, and their slopes by vgs, vds, vbs.
#[inline(always)]
fn gate<const W: usize>(n: Numbers<W>, v: Voltages, current: &Current) -> ([f64; 3], [[f64; 3]; 3]) {
    let cox = n.get(COX);
    if cox == 0.0 {
        return ([0.0; 3], [[0.0; 3]; 3]);
    }
    let (phi, body) = (n.get(PHI), current.body);
    if v.ds >= 0.0 {
        let GateCapacitance { gs, gd, gb } = gate_capacitance(v.gs - current.von, v.ds, phi, cox);
        let c = [gs, gd, gb];
        (c.map(|c| c.v), c.map(|Slope { by: [over, ds], .. }| [over, ds, body * over]))
    } else {
        let GateCapacitance { gs, gd, gb } = gate_capacitance(v.gs - v.ds - current.von, -v.ds, phi, cox);
        let c = [gd, gs, gb];
        (c.map(|c| c.v), c.map(|Slope { by: [over, sd], .. }| [over, -sd - (1.0 + body) * over, body * over]))
    }
}

impl Mosfet {
    #[inline(always)]
    fn voltages(&self, at: &Point, i: usize, lane: usize) -> Voltages {
        let source = at.x(i, self.source, lane);
        Voltages {
            gs: self.sign * (at.x(i, GATE, lane) - source),
            ds: self.sign * (at.x(i, self.drain, lane) - source),
            bs: self.sign * (at.x(i, BULK, lane) - source),
        }
    }

    /// Where to evaluate for the iterate `v`.
    #[inline(always)]
    fn limited<const W: usize>(&self, at: &Point, memory: &Memory, i: usize, lane: usize, v: Voltages) -> Voltages {
        let n: Numbers<W> = numbers(memory, i, lane);
        match at.mode {
            Mode::Linearize => v,
            Mode::Initial => self.initial[i].map_or(v, |[ds, gs, bs]| Voltages { gs, ds, bs }),
            Mode::Start if memory.param(i, self.off, lane) != 0.0 => Voltages { gs: 0.0, ds: 0.0, bs: 0.0 },
            Mode::Start => match self.initial[i] {
                Some([ds, gs, bs]) if [ds, gs, bs] != [0.0; 3] => Voltages { gs, ds, bs },
                _ => Voltages { gs: n.get(VTO), ds: 0.0, bs: -1.0 },
            },
            Mode::Static | Mode::Dynamic => {
                let old: Lane<LIMIT, W> = Lane::of(&memory.limit, i, memory.lanes, lane);
                let [gs0, ds0, bs0, von] = [0, 1, 2, 3].map(|k| old.get(k));
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

    /// Gate and junction charges at `u`, as tangents taken at `v`; what the next step starts from goes to `memory.trial`.
    #[inline(always)]
    fn charges<const W: usize>(
        &self,
        mode: Mode,
        memory: &mut Memory,
        [i, lane]: [usize; 2],
        [u, v]: [Voltages; 2],
        current: &Current,
    ) -> Charges {
        let n: Numbers<W> = numbers(memory, i, lane);
        let (qbd, cbd) = junction_charge(n, DRAIN_JUNCTION, u.bs - u.ds);
        let (qbs, cbs) = junction_charge(n, SOURCE_JUNCTION, u.bs);
        let (now, slopes) = gate(n, u, current);
        let overlap = [0, 1, 2].map(|k| n.get(OVERLAP + k));
        let to = [u.gs, u.gs - u.ds, u.gs - u.bs];
        let moved = [v.gs - u.gs, v.gs - v.ds - to[1], v.gs - v.bs - to[2]];
        let (mut q, mut c, mut bend) = ([0.0; 3], [0.0; 3], [[0.0; 3]; 3]);
        let from_u = [v.gs - u.gs, v.ds - u.ds, v.bs - u.bs];
        let state: Lane<STATE, W> = Lane::of(&memory.state, i, memory.lanes, lane);
        for k in 0..3 {
            if mode == Mode::Dynamic {
                let [v0, c0, q0] = [0, 3, 6].map(|block| state.get(block + k));
                c[k] = 0.5 * (now[k] + c0) + overlap[k];
                q[k] = q0 + c[k] * (to[k] - v0);
                bend[k] = slopes[k].map(|slope| 0.5 * slope * (to[k] - v0));
                q[k] += (0..3).map(|j| bend[k][j] * from_u[j]).sum::<f64>();
            } else {
                c[k] = now[k] + overlap[k];
                q[k] = c[k] * to[k];
            }
            q[k] += c[k] * moved[k];
        }
        if mode != Mode::Linearize {
            let mut trial: LaneMut<W> = LaneMut::of(&mut memory.trial, STATE, i, memory.lanes, lane);
            for k in 0..3 {
                for (block, value) in [to[k] + moved[k], now[k], q[k]].into_iter().enumerate() {
                    trial.set(3 * block + k, value);
                }
            }
        }
        let bulk_source = (qbs + cbs * (v.bs - u.bs), cbs);
        let bulk_drain = (qbd + cbd * (v.bs - v.ds - u.bs + u.ds), cbd);
        Charges { gate: q, c, bend, bulk_drain, bulk_source }
    }

    #[inline(always)]
    fn stamp_charges<const W: usize>(&self, out: &mut Stamps, i: usize, lane: usize, charges: &Charges) {
        let Charges {
            gate: [qgs, qgd, qgb],
            c: [cgs, cgd, cgb],
            bend,
            bulk_drain: (qbd, cbd),
            bulk_source: (qbs, cbs),
        } = *charges;
        let s = self.sign;
        let mut q: LaneMut<W> = LaneMut::of(out.q, out.width, i, out.lanes, lane);
        q.add(GATE, s * (qgs + qgd + qgb));
        q.add(self.source, -s * (qgs + qbs));
        q.add(self.drain, -s * (qgd + qbd));
        q.add(BULK, s * (qbs + qbd - qgb));
        // Columns gate, drain, source, bulk of what bends; no charge depends on all four at once.
        let bent = bend.map(|[gs, ds, bs]| [gs, ds, -(gs + ds + bs), bs]);
        let [source, drain, bulk] = bent;
        let [g0, g1, g2, g3] = [0, 1, 2, 3].map(|j| source[j] + drain[j] + bulk[j]);
        let mut c: LaneMut<W> = LaneMut::of(out.c, out.entries_c, i, out.lanes, lane);
        c.add_all([
            cgs + cgd + cgb + g0,
            g1 - cgd,
            g2 - cgs,
            g3 - cgb,
            -cgd - drain[0],
            cgd + cbd - drain[1],
            -drain[2],
            -cbd - drain[3],
            -cgs - source[0],
            -source[1],
            cgs + cbs - source[2],
            -cbs - source[3],
            -cgb - bulk[0],
            -cbd - bulk[1],
            -cbs - bulk[2],
            cgb + cbd + cbs - bulk[3],
        ]);
    }

    /// One instance in one lane.
    #[inline(always)]
    fn load_one<const W: usize>(&self, at: &Point, memory: &mut Memory, out: &mut Stamps, i: usize, lane: usize) {
        let (drain, source, s) = (self.drain, self.source, self.sign);
        let v = self.voltages(at, i, lane);
        let u = self.limited::<W>(at, memory, i, lane, v);
        let n: Numbers<W> = numbers(memory, i, lane);
        let current = channel(n).current(u.gs, u.ds, u.bs);
        if at.mode == Mode::Initial {
            let charges = self.charges::<W>(at.mode, memory, [i, lane], [u, u], &current);
            self.stamp_charges::<W>(out, i, lane, &charges);
            return;
        }
        let vt = n.get(VT);
        let (ibd, gbd) = mosfet_bulk::current(u.bs - u.ds, n.get(IS_DRAIN), vt, at.gmin);
        let (ibs, gbs) = mosfet_bulk::current(u.bs, n.get(IS_SOURCE), vt, at.gmin);
        let (gd, gs) = (n.get(G_DRAIN), n.get(G_SOURCE));

        let moved = Voltages { gs: v.gs - u.gs, ds: v.ds - u.ds, bs: v.bs - u.bs };
        let (gm, gds, gmb) = (current.by_vgs, current.by_vds, current.by_vbs);
        let id = current.id + gm * moved.gs + gds * moved.ds + gmb * moved.bs;
        let ibd = ibd + gbd * (moved.bs - moved.ds);
        let ibs = ibs + gbs * moved.bs;
        let sum = gm + gds + gmb;
        let mut f: LaneMut<W> = LaneMut::of(out.f, out.width, i, out.lanes, lane);
        f.add(drain, s * (id - ibd));
        f.add(source, -s * (id + ibs));
        f.add(BULK, s * (ibd + ibs));
        let mut g: LaneMut<W> = LaneMut::of(out.g, out.entries_g, i, out.lanes, lane);
        g.add_all([gds + gbd, gm, -sum, gmb - gbd, -gds, -gm, sum + gbs, -gmb - gbs, -gbd, -gbs, gbd + gbs]);
        let (resists, second) = (drain != DRAIN, 11 + 3 * usize::from(drain != DRAIN));
        if resists || source != SOURCE {
            for (outer, inner, series, own, first) in [(DRAIN, drain, gd, 0, 11), (SOURCE, source, gs, 6, second)] {
                if outer == inner {
                    continue;
                }
                let current = series * at.across(i, outer, inner, lane);
                f.add(outer, current);
                f.add(inner, -current);
                g.add(own, series);
                g.add(first, series);
                g.add(first + 1, -series);
                g.add(first + 2, -series);
            }
        }
        if at.transient || matches!(at.mode, Mode::Dynamic | Mode::Linearize) {
            let charges = self.charges::<W>(at.mode, memory, [i, lane], [u, v], &current);
            self.stamp_charges::<W>(out, i, lane, &charges);
        }
        if at.mode != Mode::Linearize {
            let mut limit: LaneMut<W> = LaneMut::of(&mut memory.limit, LIMIT, i, memory.lanes, lane);
            for (slot, value) in [u.gs, u.ds, u.bs, current.von].into_iter().enumerate() {
                limit.set(slot, value);
            }
            if moved.gs.abs() + moved.ds.abs() + moved.bs.abs() > 1e-9 {
                memory.mark_limited(i, lane);
            }
        }
    }

    #[inline(always)]
    fn load_wide<const W: usize>(&self, at: &Point, memory: &mut Memory, out: &mut Stamps) {
        for i in 0..memory.instances {
            if memory.resting[i] {
                continue;
            }
            for lane in 0..at.lanes {
                self.load_one::<W>(at, memory, out, i, lane);
            }
        }
    }
}

/// Terminals: d, g, s, b and, with series resistances, the inner drain and source.
impl Device for Mosfet {
    fn layout(&mut self, layout: &mut Layout) {
        for &part in &self.parts {
            let mut terminals = layout.pins(part);
            if self.drain != DRAIN {
                terminals.push(layout.inner(part, "drain"));
            }
            if self.source != SOURCE {
                terminals.push(layout.inner(part, "source"));
            }
            layout.instance(part, &terminals);
        }
        let (d, s) = (self.drain, self.source);
        let mut g = vec![(d, d), (d, GATE), (d, s), (d, BULK), (s, d), (s, GATE), (s, s), (s, BULK)];
        g.extend([(BULK, d), (BULK, s), (BULK, BULK)]);
        if d != DRAIN {
            g.extend([(DRAIN, DRAIN), (DRAIN, d), (d, DRAIN)]);
        }
        if s != SOURCE {
            g.extend([(SOURCE, SOURCE), (SOURCE, s), (s, SOURCE)]);
        }
        let ends = [GATE, d, s, BULK];
        let c: Vec<_> = ends.into_iter().flat_map(|row| ends.map(|column| (row, column))).collect();
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

    fn rests(&self) -> bool {
        true
    }

    fn load(&self, at: &Point, memory: &mut Memory, out: &mut Stamps) {
        match at.lanes {
            1 => self.load_wide::<1>(at, memory, out),
            8 => self.load_wide::<8>(at, memory, out),
            16 => self.load_wide::<16>(at, memory, out),
            _ => self.load_wide::<0>(at, memory, out),
        }
    }

    /// Thermal noise 4·k·T·(2/3)·gm and flicker noise kf·|Id|^af/(f·W·Leff·Cox²) of the channel, thermal noise of the resistances.
    fn noise(&self, i: usize, at: &Point, memory: &Memory, env: &Environment, add: &mut dyn FnMut(Noise)) {
        let n: Numbers<0> = numbers(memory, i, 0);
        let v = self.voltages(at, i, 0);
        let c = channel(n).current(v.gs, v.ds, v.bs);
        let [kf, af, w, l, ld, m] = KIND.places(["kf", "af", "w", "l", "ld", "m"]).map(|slot| memory.param(i, slot, 0));
        let area = w * m * (l - 2.0 * ld);
        let oxide = if n.get(COX) > 0.0 { n.get(COX) / area } else { THICK_OXIDE };
        let celsius = noise::temperature(&KIND, i, memory, env.temp);
        let thermal = Noise::thermal(self.drain, self.source, c.gm * 2.0 / 3.0, celsius);
        add(Noise { flicker: noise::flicker(kf, af, c.id) / (area * oxide * oxide), ..thermal });
        for (pin, inner, g) in [(DRAIN, self.drain, n.get(G_DRAIN)), (SOURCE, self.source, n.get(G_SOURCE))] {
            if pin != inner && g > 0.0 && g.is_finite() {
                add(Noise::thermal(pin, inner, g, celsius));
            }
        }
    }

    fn probe(&self, i: usize, name: &str, at: &Point, memory: &Memory, lane: usize) -> Option<f64> {
        let n: Numbers<0> = numbers(memory, i, lane);
        let v = self.voltages(at, i, lane);
        let c = channel(n).current(v.gs, v.ds, v.bs);
        let (ibd, gbd) = mosfet_bulk::current(v.bs - v.ds, n.get(IS_DRAIN), n.get(VT), at.gmin);
        let (ibs, gbs) = mosfet_bulk::current(v.bs, n.get(IS_SOURCE), n.get(VT), at.gmin);
        let seen = |k: usize| gate(n, v, &c).0[k] + n.get(OVERLAP + k);
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
            "cgs" => seen(0),
            "cgd" => seen(1),
            "cgb" => seen(2),
            "cbd" => junction_charge(n, DRAIN_JUNCTION, v.bs - v.ds).1,
            "cbs" => junction_charge(n, SOURCE_JUNCTION, v.bs).1,
            _ => return None,
        })
    }
}
