//! MOS transistor, level 1: channel current of [`super::mosfet_level1`], gate charge by [`super::meyer`], bulk junctions,
//! series resistances at inner nodes.
//!
//! Source: ngspice 39, mos1 (T. Quarles), whose operating points, limiting and temperature laws these are.

use super::junction::{self, BOLTZMANN, CHARGE, Depletion, KELVIN, band_gap, thermal_voltage};
use super::meyer::{GateCapacitance, gate_capacitance};
use super::mosfet_level1::{Channel, Current};
use super::{Device, Environment, Layout, Memory, Mode, Point, Stamps, mosfet_limit};
use crate::circuit::kind::{Conduct, Kind, ModelUse, Param, Path, Probe, ValueKind, pin};
use crate::circuit::{Circuit, PartId, Setting};

const INF: f64 = f64::INFINITY;

pub static KIND: Kind = Kind {
    name: "mosfet",
    letter: Some('m'),
    models: &["nmos", "pmos"],
    model: ModelUse::Required,
    doc: "MOS transistor, level 1 (Shichman and Hodges, Meyer capacitances)",
    pins: &[pin("d", "drain"), pin("g", "gate"), pin("s", "source"), pin("b", "bulk")],
    positional: &["off"],
    params: &[
        Param::absent("l", "m", "length of the channel; .options defl where absent").both().range(0.0, INF),
        Param::absent("w", "m", "width of the channel; .options defw where absent").both().range(0.0, INF),
        Param::absent("ad", "m²", "area of the drain; .options defad where absent").range(0.0, INF),
        Param::absent("as", "m²", "area of the source; .options defas where absent").range(0.0, INF),
        Param::new("pd", 0.0, "m", "perimeter of the drain").range(0.0, INF),
        Param::new("ps", 0.0, "m", "perimeter of the source").range(0.0, INF),
        Param::new("nrd", 1.0, "", "squares of the drain").range(0.0, INF),
        Param::new("nrs", 1.0, "", "squares of the source").range(0.0, INF),
        Param::new("m", 1.0, "", "number in parallel").range(0.0, INF),
        Param::new("off", 0.0, "", "1: the operating point is sought from 0 V"),
        Param::new("ic", 0.0, "V", "vds, vgs, vbs at the start of a transient with UIC").of(ValueKind::Numbers),
        Param::absent("temp", "°C", "temperature of this part"),
        Param::new("dtemp", 0.0, "K", "temperature above the circuit's"),
        Param::new("level", 1.0, "", "only level 1 is known").model().range(1.0, 1.0),
        Param::absent("vto", "V", "threshold; from nsub where absent, else 0").model().alias(&["vt0"]),
        Param::absent("kp", "A/V²", "transconductance; uo·ε/tox where absent, else 2e-5").model().range(0.0, INF),
        Param::absent("gamma", "√V", "body effect; from nsub where absent, else 0").model().range(0.0, INF),
        Param::absent("phi", "V", "surface potential; from nsub where absent, else 0.6")
            .model()
            .range(f64::MIN_POSITIVE, INF),
        Param::new("lambda", 0.0, "1/V", "channel-length modulation").model(),
        Param::absent("rd", "ohm", "resistance of the drain; rsh·nrd where absent").model().range(0.0, INF),
        Param::absent("rs", "ohm", "resistance of the source; rsh·nrs where absent").model().range(0.0, INF),
        Param::new("rsh", 0.0, "ohm", "sheet resistance of drain and source").model().range(0.0, INF),
        Param::absent("cbd", "F", "bulk–drain capacitance at 0 V; cj·ad where absent").model().range(0.0, INF),
        Param::absent("cbs", "F", "bulk–source capacitance at 0 V; cj·as where absent").model().range(0.0, INF),
        Param::new("is", 1e-14, "A", "saturation current of the bulk junctions").model().range(0.0, INF),
        Param::new("js", 0.0, "A/m²", "the same for an area; rules where ad and as are given").model().range(0.0, INF),
        Param::new("pb", 0.8, "V", "potential of the bulk junctions").model().range(f64::MIN_POSITIVE, INF),
        Param::new("cgso", 0.0, "F/m", "gate–source overlap for a width").model().range(0.0, INF),
        Param::new("cgdo", 0.0, "F/m", "gate–drain overlap for a width").model().range(0.0, INF),
        Param::new("cgbo", 0.0, "F/m", "gate–bulk overlap for a length").model().range(0.0, INF),
        Param::new("cj", 0.0, "F/m²", "junction capacitance at 0 V of an area").model().range(0.0, INF),
        Param::new("mj", 0.5, "", "grading of the area").model().range(0.0, 1.0),
        Param::new("cjsw", 0.0, "F/m", "junction capacitance at 0 V of an edge").model().range(0.0, INF),
        Param::new("mjsw", 0.5, "", "grading of the edge").model().range(0.0, 1.0),
        Param::new("fc", 0.5, "", "part of pb above which capacitances are linear").model().range(0.0, 0.99),
        Param::absent("tox", "m", "thickness of the oxide; no gate capacitance without it").model().range(0.0, INF),
        Param::new("ld", 0.0, "m", "lateral diffusion: the channel is l − 2·ld long").model(),
        Param::new("uo", 600.0, "cm²/Vs", "mobility").model().alias(&["u0"]).range(0.0, INF),
        Param::absent("nsub", "1/cm³", "doping of the bulk").model().range(1.45e10, INF),
        Param::new("nss", 0.0, "1/cm²", "density of surface states").model(),
        Param::new("tpg", 1.0, "", "gate: 1 opposite to the bulk, −1 as the bulk, 0 aluminum").model().range(-1.0, 1.0),
        Param::absent("tnom", "°C", "temperature at which the parameters hold").model().alias(&["tref"]),
        Param::new("kf", 0.0, "", "flicker noise coefficient").model(),
        Param::new("af", 1.0, "", "flicker noise exponent").model(),
    ],
    probes: &[
        Probe { name: "id", unit: "A", doc: "current into the drain; of an n-channel transistor, also below" },
        Probe { name: "is", unit: "A", doc: "current into the source" },
        Probe { name: "ib", unit: "A", doc: "current into the bulk" },
        Probe { name: "vgs", unit: "V", doc: "gate–source voltage inside" },
        Probe { name: "vds", unit: "V", doc: "drain–source voltage inside" },
        Probe { name: "vbs", unit: "V", doc: "bulk–source voltage inside" },
        Probe { name: "vth", unit: "V", doc: "threshold with body effect, with the sign of the channel" },
        Probe { name: "von", unit: "V", doc: "the same" },
        Probe { name: "vdsat", unit: "V", doc: "saturation voltage, with the sign of the channel" },
        Probe { name: "gm", unit: "S", doc: "transconductance" },
        Probe { name: "gds", unit: "S", doc: "output conductance" },
        Probe { name: "gmbs", unit: "S", doc: "transconductance of the bulk" },
        Probe { name: "gbd", unit: "S", doc: "conductance of the bulk–drain junction" },
        Probe { name: "gbs", unit: "S", doc: "conductance of the bulk–source junction" },
        Probe { name: "cgs", unit: "F", doc: "gate–source capacitance, overlap included" },
        Probe { name: "cgd", unit: "F", doc: "gate–drain capacitance, overlap included" },
        Probe { name: "cgb", unit: "F", doc: "gate–bulk capacitance, overlap included" },
        Probe { name: "cbd", unit: "F", doc: "bulk–drain capacitance" },
        Probe { name: "cbs", unit: "F", doc: "bulk–source capacitance" },
    ],
    paths: &[
        Path { a: 0, b: 2, conduct: Conduct::Yes },
        Path { a: 3, b: 0, conduct: Conduct::Yes },
        Path { a: 3, b: 2, conduct: Conduct::Yes },
        Path { a: 1, b: 0, conduct: Conduct::No },
        Path { a: 1, b: 2, conduct: Conduct::No },
        Path { a: 1, b: 3, conduct: Conduct::No },
    ],
};

const DRAIN: usize = 0;
const GATE: usize = 1;
const SOURCE: usize = 2;
const BULK: usize = 3;

// Derived numbers of an instance.
const BETA: usize = 0;
const VBI: usize = 1;
const GAMMA: usize = 2;
const PHI: usize = 3;
const SQRT_PHI: usize = 4;
const LAMBDA: usize = 5;
const VTO: usize = 6;
const VT: usize = 7;
const IS_DRAIN: usize = 8;
const IS_SOURCE: usize = 9;
const CRITICAL_DRAIN: usize = 10;
const CRITICAL_SOURCE: usize = 11;
const COX: usize = 12;
/// Overlaps gate–source, gate–drain, gate–bulk
const OVERLAP: usize = 13;
const G_DRAIN: usize = 16;
const G_SOURCE: usize = 17;
const DRAIN_BOTTOM: usize = 18;
const DRAIN_SIDE: usize = DRAIN_BOTTOM + Depletion::SLOTS;
const SOURCE_BOTTOM: usize = DRAIN_SIDE + Depletion::SLOTS;
const SOURCE_SIDE: usize = SOURCE_BOTTOM + Depletion::SLOTS;
const DERIVED: usize = SOURCE_SIDE + Depletion::SLOTS;

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

/// Resistance in series with drain or source, ohm, of one transistor.
fn series(own: f64, sheet: f64, squares: f64) -> f64 {
    if own.is_nan() { sheet * squares } else { own }
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

/// Permittivities of vacuum, F/m, as in ngspice's mos1.
const EPSILON: f64 = 8.854214871e-12;
const EPSILON_OXIDE: f64 = 3.9 * EPSILON;
/// 1/m³: carriers of intrinsic silicon
const INTRINSIC: f64 = 1.45e16;

/// vto, kp, gamma, phi and the oxide's capacitance of an area, where not given from doping and oxide.
struct Process {
    vto: f64,
    kp: f64,
    gamma: f64,
    phi: f64,
    cox: f64,
}

impl Process {
    /// `p` by name; `tnom` in K.
    fn new(sign: f64, p: impl Fn(&str) -> f64, tnom: f64) -> Process {
        let given = |name: &str, default: f64| if p(name).is_nan() { default } else { p(name) };
        let mut process = Process {
            vto: given("vto", 0.0),
            kp: given("kp", 2e-5),
            gamma: given("gamma", 0.0),
            phi: given("phi", 0.6),
            cox: 0.0,
        };
        let tox = p("tox");
        if tox.is_nan() || tox <= 0.0 {
            return process;
        }
        process.cox = EPSILON_OXIDE / tox;
        process.kp = given("kp", p("uo") * 1e-4 * process.cox);
        let doping = p("nsub") * 1e6;
        if doping.is_nan() || doping <= INTRINSIC {
            return process;
        }
        process.phi = given("phi", (2.0 * thermal_voltage(tnom) * (doping / INTRINSIC).ln()).max(0.1));
        process.gamma = given("gamma", (2.0 * 11.7 * EPSILON * CHARGE * doping).sqrt() / process.cox);
        let gap = band_gap(tnom);
        let gate = if p("tpg") == 0.0 { 3.2 } else { 3.25 + 0.5 * gap - sign * p("tpg") * 0.5 * gap };
        let work = gate - (3.25 + 0.5 * gap + sign * 0.5 * process.phi);
        let flat = work - p("nss") * 1e4 * CHARGE / process.cox;
        process.vto = given("vto", flat + sign * (process.gamma * process.phi.sqrt() + process.phi));
        process
    }
}

/// What [`Mosfet::load`] needs, from the parameters (by place in `KIND.params`) and temperatures.
fn derive(sign: f64, params: impl Fn(usize) -> f64, env: &Environment) -> [f64; DERIVED] {
    let p = |name: &str| KIND.param(name).map_or(f64::NAN, &params);
    let given = |name: &str, default: f64| if p(name).is_nan() { default } else { p(name) };
    let t = given("temp", env.temp + p("dtemp")) + KELVIN;
    let t0 = given("tnom", env.tnom) + KELVIN;
    let process = Process::new(sign, p, t0);
    let (vt, gap, gap0) = (thermal_voltage(t), band_gap(t), band_gap(t0));
    let m = p("m");
    let (w, length) = (given("w", env.defw), given("l", env.defl) - 2.0 * p("ld"));
    let (ad, area_s) = (given("ad", env.defad), given("as", env.defas));

    let phi = junction::potential(process.phi, t0, t);
    // vto − γ·√φ of an n-channel transistor, moved by the band gap and half of what φ moved
    let vbi =
        sign * process.vto - process.gamma * process.phi.sqrt() + sign * 0.5 * (gap0 - gap) + 0.5 * (phi - process.phi);
    let grow = (CHARGE * gap0 / (BOLTZMANN * t0) - CHARGE * gap / (BOLTZMANN * t)).exp();
    let by_area = p("js") != 0.0 && ad != 0.0 && area_s != 0.0;
    let saturation = |area: f64| m * grow * if by_area { p("js") * area } else { p("is") };

    let (pb, mj, mjsw, fc) = (p("pb"), p("mj"), p("mjsw"), p("fc"));
    let potential = junction::potential(pb, t0, t);
    let bottom = |own: &str, area: f64| {
        let c0 = m * given(own, p("cj") * area) * junction::capacitance_factor(pb, mj, t0, t);
        Depletion::new(c0, potential, mj, fc).to_slots()
    };
    let side = |edge: f64| {
        let c0 = m * p("cjsw") * edge * junction::capacitance_factor(pb, mjsw, t0, t);
        Depletion::new(c0, potential, mjsw, fc).to_slots()
    };
    let conductance = |own: &str, squares: &str| {
        let r = series(p(own), p("rsh"), p(squares));
        if r > 0.0 { m / r } else { 0.0 }
    };

    let mut d = [0.0; DERIVED];
    d[BETA] = process.kp / (t / t0).powf(1.5) * m * w / length;
    d[VBI] = vbi;
    d[GAMMA] = process.gamma;
    d[PHI] = phi;
    d[SQRT_PHI] = phi.sqrt();
    d[LAMBDA] = p("lambda");
    d[VTO] = vbi + process.gamma * phi.sqrt();
    d[VT] = vt;
    d[IS_DRAIN] = saturation(ad);
    d[IS_SOURCE] = saturation(area_s);
    d[CRITICAL_DRAIN] = junction::critical_voltage(vt, d[IS_DRAIN]);
    d[CRITICAL_SOURCE] = junction::critical_voltage(vt, d[IS_SOURCE]);
    d[COX] = process.cox * length * m * w;
    d[OVERLAP..OVERLAP + 3].copy_from_slice(&[p("cgso") * m * w, p("cgdo") * m * w, p("cgbo") * m * length]);
    d[G_DRAIN] = conductance("rd", "nrd");
    d[G_SOURCE] = conductance("rs", "nrs");
    d[DRAIN_BOTTOM..DRAIN_SIDE].copy_from_slice(&bottom("cbd", ad));
    d[DRAIN_SIDE..SOURCE_BOTTOM].copy_from_slice(&side(p("pd")));
    d[SOURCE_BOTTOM..SOURCE_SIDE].copy_from_slice(&bottom("cbs", area_s));
    d[SOURCE_SIDE..].copy_from_slice(&side(p("ps")));
    d
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::testing::{Bench, circuit, environment, model, numbers, part};

    struct Case {
        base: &'static str,
        card: &'static [(&'static str, f64)],
        line: &'static [(&'static str, f64)],
        /// °C
        temp: f64,
        /// Voltages of gate, drain, bulk over the source; the numbers of [`NAMES`]
        points: &'static [([f64; 3], [f64; 12])],
    }

    const NAMES: [&str; 12] = ["id", "ib", "gm", "gds", "gmbs", "von", "vdsat", "cgs", "cgd", "cgb", "cbd", "cbs"];

    /// ngspice-39, for each point `.options reltol=1e-10 gmin=1e-12 temp=…`, `op`, `print @m1[…]` with `M1 d g 0 b` on
    /// three voltage sources.
    const CASES: &[Case] = &[
        Case {
            base: "nmos",
            card: &[
                ("vto", 0.7),
                ("kp", 100e-6),
                ("gamma", 0.5),
                ("phi", 0.65),
                ("lambda", 0.05),
                ("cgso", 0.3e-9),
                ("cgdo", 0.3e-9),
                ("cgbo", 0.2e-9),
                ("tox", 20e-9),
                ("cj", 0.4e-3),
                ("cjsw", 0.3e-9),
                ("mj", 0.5),
                ("mjsw", 0.33),
                ("pb", 0.9),
                ("js", 1e-8),
                ("ld", 0.1e-6),
            ],
            line: &[("l", 2e-6), ("w", 10e-6), ("ad", 20e-12), ("as", 20e-12), ("pd", 14e-6), ("ps", 14e-6)],
            temp: 27.0,
            points: &[
                (
                    [1.5, 2.0, -0.5],
                    [
                        0.000135906770028,
                        -3.0000004e-12,
                        0.000407563824969,
                        6.17758034219e-06,
                        9.50138066121e-05,
                        0.833077377323,
                        0.666922622677,
                        2.37188627981e-14,
                        3e-15,
                        3.6e-16,
                        6.82466833955e-15,
                        1.00444406695e-14,
                    ],
                ),
                (
                    [2.5, 0.3, 0.0],
                    [
                        0.0002791250003,
                        -3.000002e-13,
                        0.000169166666667,
                        0.000859583333333,
                        5.24563565034e-05,
                        0.7,
                        1.8,
                        1.94381060217e-14,
                        1.755457304e-14,
                        3.6e-16,
                        1.07478175014e-14,
                        1.22e-14,
                    ],
                ),
                (
                    [1.5, -1.0, -2.0],
                    [
                        -0.00061882989978,
                        -3.0000004e-12,
                        0.000583333333333,
                        0.000356631324628,
                        0.000113531096024,
                        0.939148741518,
                        1.56085125848,
                        1.25059106419e-14,
                        2.22711169479e-14,
                        3.6e-16,
                        8.78814427714e-15,
                        7.31137171073e-15,
                    ],
                ),
                (
                    [0.6, 1.0, 0.0],
                    [
                        1.0000002e-12,
                        -1.0000002e-12,
                        0.0,
                        0.0,
                        0.0,
                        0.7,
                        0.0,
                        1.7343828091e-14,
                        3e-15,
                        5.14127603034e-15,
                        8.78814427714e-15,
                        1.22e-14,
                    ],
                ),
                (
                    [0.3, 0.01, -0.3],
                    [
                        3.100002e-13,
                        -6.100004e-13,
                        0.0,
                        0.0,
                        0.0,
                        0.784226829826,
                        0.0,
                        3e-15,
                        3e-15,
                        2.35122213469e-14,
                        1.0708683062e-14,
                        1.07478175014e-14,
                    ],
                ),
                (
                    [-1.0, 2.0, -1.0],
                    [
                        3.0000002e-12,
                        -4.0000004e-12,
                        0.0,
                        0.0,
                        0.0,
                        0.939148741518,
                        0.0,
                        3e-15,
                        3e-15,
                        3.14382941972e-14,
                        6.4318727005e-15,
                        8.78814427714e-15,
                    ],
                ),
                (
                    [0.9, 0.01, 0.0],
                    [
                        1.08387501e-06,
                        -1.0000064131e-14,
                        5.55833333333e-06,
                        0.0001056625,
                        1.7235659994e-06,
                        0.7,
                        0.2,
                        1.88013680775e-14,
                        1.82701151852e-14,
                        3.6e-16,
                        1.21406353455e-14,
                        1.22e-14,
                    ],
                ),
                (
                    [2.0, 1.0, 0.3],
                    [
                        0.000520931863749,
                        -3.782086925e-13,
                        0.000583333333333,
                        0.000254071475576,
                        0.000235149184325,
                        0.606973949058,
                        1.39302605094,
                        2.27155869854e-14,
                        1.1115218342e-14,
                        3.6e-16,
                        9.47367932865e-15,
                        1.45992651955e-14,
                    ],
                ),
                (
                    [0.75, 0.5, 0.0],
                    [
                        7.11806055556e-07,
                        -5.000002e-13,
                        2.84722222222e-05,
                        3.47222222222e-08,
                        8.82886131625e-06,
                        0.7,
                        0.05,
                        2.37188627981e-14,
                        3e-15,
                        3.6e-16,
                        1.00444406695e-14,
                        1.22e-14,
                    ],
                ),
            ],
        },
        Case {
            base: "nmos",
            card: &[
                ("vto", 0.7),
                ("kp", 100e-6),
                ("gamma", 0.5),
                ("phi", 0.65),
                ("lambda", 0.05),
                ("cgso", 0.3e-9),
                ("cgdo", 0.3e-9),
                ("cgbo", 0.2e-9),
                ("tox", 20e-9),
                ("cj", 0.4e-3),
                ("cjsw", 0.3e-9),
                ("mj", 0.5),
                ("mjsw", 0.33),
                ("pb", 0.9),
                ("js", 1e-8),
                ("ld", 0.1e-6),
                ("tnom", 50.0),
            ],
            line: &[
                ("l", 2e-6),
                ("w", 10e-6),
                ("ad", 20e-12),
                ("as", 30e-12),
                ("pd", 14e-6),
                ("ps", 18e-6),
                ("m", 3.0),
            ],
            temp: 125.0,
            points: &[
                (
                    [1.5, 2.0, -0.5],
                    [
                        0.000394566765003,
                        -3.0052520813e-12,
                        0.0010285230868,
                        1.79348528409e-05,
                        0.000257211049687,
                        0.732750790789,
                        0.767249209211,
                        7.11565883944e-14,
                        9e-15,
                        1.08e-15,
                        2.08605896537e-14,
                        4.44964926287e-14,
                    ],
                ),
                (
                    [2.5, 0.3, 0.0],
                    [
                        0.000654503265302,
                        -3.0210083254e-13,
                        0.000371083980834,
                        0.00202837709973,
                        0.000131279959834,
                        0.586239506946,
                        1.91376049305,
                        5.81481215246e-14,
                        5.28619796159e-14,
                        1.08e-15,
                        3.36320352434e-14,
                        5.51802573625e-14,
                    ],
                ),
                (
                    [1.5, -1.0, -2.0],
                    [
                        -0.0014777435902,
                        -3.0052520813e-12,
                        0.00127959993391,
                        0.000908312366711,
                        0.000261251599307,
                        0.845151869685,
                        1.65484813031,
                        3.92490196219e-14,
                        6.61601721635e-14,
                        1.08e-15,
                        2.71299790488e-14,
                        3.17288948837e-14,
                    ],
                ),
                (
                    [0.3, 1.0, 0.2],
                    [
                        8.02100832539e-13,
                        4.66467796778e-13,
                        0.0,
                        0.0,
                        0.0,
                        0.515484655422,
                        0.0,
                        1.75144658725e-14,
                        9e-15,
                        4.13115918915e-14,
                        2.85576247187e-14,
                        6.26999886991e-14,
                    ],
                ),
            ],
        },
        Case {
            base: "pmos",
            card: &[
                ("vto", -0.8),
                ("kp", 40e-6),
                ("gamma", 0.4),
                ("lambda", 0.1),
                ("tox", 15e-9),
                ("cbd", 20e-15),
                ("cbs", 30e-15),
                ("is", 1e-15),
                ("mj", 0.4),
            ],
            line: &[("l", 1e-6), ("w", 20e-6)],
            temp: -40.0,
            points: &[
                (
                    [-1.5, -2.0, 0.5],
                    [
                        0.000162659401061,
                        -3.0000000037e-12,
                        0.00067540985213,
                        1.35549498801e-05,
                        0.000120982579151,
                        -1.0183386856,
                        -0.48166131438,
                        3.06946115528e-14,
                        0.0,
                        0.0,
                        1.10344238078e-14,
                        2.35957655918e-14,
                    ],
                ),
                (
                    [-2.5, -0.3, 0.0],
                    [
                        0.00051729657278,
                        -3.0000000184e-13,
                        0.000361079521504,
                        0.00159400511572,
                        8.35738706104e-05,
                        -0.91736108898,
                        -1.582638911,
                        2.45437282592e-14,
                        2.13299444526e-14,
                        0.0,
                        1.67293800068e-14,
                        2.81481189085e-14,
                    ],
                ),
                (
                    [-1.5, 1.0, 2.0],
                    [
                        -0.0011563837669,
                        -3.0000000037e-12,
                        0.00128539635487,
                        0.000618811387534,
                        0.000194519206791,
                        -1.1003679421,
                        -1.3996320579,
                        1.21208413954e-14,
                        2.91803777275e-14,
                        0.0,
                        1.3923820778e-14,
                        1.76382508558e-14,
                    ],
                ),
                (
                    [-0.5, -1.0, 0.0],
                    [
                        1.00000000184e-12,
                        -1.0000000018e-12,
                        0.0,
                        0.0,
                        0.0,
                        -0.91736108898,
                        -0.0,
                        0.0,
                        0.0,
                        2.57359783475e-14,
                        1.3923820778e-14,
                        2.81481189085e-14,
                    ],
                ),
            ],
        },
        Case {
            base: "nmos",
            card: &[("tox", 20e-9), ("nsub", 1e16), ("nss", 1e10)],
            line: &[("l", 5e-6), ("w", 50e-6)],
            temp: 27.0,
            points: &[
                (
                    [3.0, 2.0, -1.0],
                    [
                        0.00369746799389,
                        -4.02e-12,
                        0.00207188627981,
                        0.000812790855533,
                        0.000265488984509,
                        0.215409780496,
                        2.7845902195,
                        2.73856624817e-13,
                        1.12608412111e-13,
                        0.0,
                        0.0,
                        0.0,
                    ],
                ),
                (
                    [2.5, 0.5, 0.0],
                    [
                        0.00113477902797,
                        -5.1e-13,
                        0.000517971569953,
                        0.00201057226994,
                        0.00010363238021,
                        0.0591866556258,
                        2.44081334437,
                        2.31303369529e-13,
                        1.98466023522e-13,
                        0.0,
                        0.0,
                        0.0,
                    ],
                ),
            ],
        },
        Case {
            base: "pmos",
            card: &[("tox", 40e-9), ("nsub", 3e15), ("tpg", -1.0), ("uo", 250.0), ("kp", 15e-6)],
            line: &[("l", 5e-6), ("w", 50e-6)],
            temp: 60.0,
            points: &[
                (
                    [-3.0, -2.0, 1.0],
                    [
                        0.000187353879627,
                        -5.9683370409e-12,
                        0.000219238017203,
                        0.0,
                        3.20613808434e-05,
                        -1.2908632542,
                        -1.7091367458,
                        1.43880991654e-13,
                        0.0,
                        0.0,
                        0.0,
                        0.0,
                    ],
                ),
                (
                    [-4.0, -0.5, 0.0],
                    [
                        0.000169447186807,
                        -1.4841685204e-12,
                        6.41370615128e-05,
                        0.000306825839888,
                        1.56363323331e-05,
                        -1.108045702,
                        -2.891954298,
                        1.14396164597e-13,
                        1.00781149401e-13,
                        0.0,
                        0.0,
                        0.0,
                    ],
                ),
            ],
        },
    ];

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
