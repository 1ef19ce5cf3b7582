//! Bipolar transistor: the inner transistor of `gummel`, series resistances and quasi-saturation (`epitaxy`) at inner
//! nodes, a junction to the substrate.
//!
//! Source: ngspice 39, bjt level 1 (T. Quarles; substrate and quasi-saturation by A. Davis and D. Warning). Excess phase
//! (ptf) is not simulated. Where ngspice 39 multiplies the reverse saturation current by the area twice, it is done once here.

mod epitaxy;
mod gummel;
mod kind;
#[cfg(test)]
mod reference;
mod setup;
#[cfg(test)]
mod tests;

use super::junction::{self, ideal};
use super::slope::Slope;
use super::{Device, Environment, Layout, Memory, Mode, Noise, Point, Stamps, Unknown, noise};
use crate::circuit::{Circuit, PartId, Setting};
use gummel::Core;
pub use kind::KIND;
use setup::{
    CRITICAL, CRITICAL_SUBSTRATE, DERIVED, G_COLLECTOR, G_EMITTER, IS_SUBSTRATE, OUTER, PARALLEL, SUBSTRATE, VT,
    VT_SUBSTRATE,
};

// Terminals: the pins, then those inner nodes that there are.
const C: usize = 0;
const B: usize = 1;
const E: usize = 2;
const S: usize = 3;
const PINS: usize = 4;

/// Terminals of the inner collector, base and emitter, and of the outer end of the epitaxial collector: pins where nothing
/// lies between.
#[derive(Clone, Copy, Debug)]
struct Inside {
    ci: usize,
    bi: usize,
    ei: usize,
    cx: usize,
}

/// Where the entries of G and C begin.
const BASE: usize = 9;
const EPITAXY: usize = 17;
const SERIES: usize = 23;
const BELOW: usize = 31;
const BASE_C: usize = 9;
const BELOW_C: usize = 13;
const EPITAXY_C: usize = 17;

/// Limiting history: vbe, vbc, vsub.
const LIMIT: usize = 3;

struct Bjt {
    parts: Vec<PartId>,
    /// vbe, vce of each part that has an `ic`, of an npn transistor
    initial: Vec<Option<[f64; 2]>>,
    /// 1 for npn, −1 for pnp
    sign: f64,
    /// 1 where the substrate is below the collector, −1 below the base
    subs: f64,
    inside: Inside,
    /// Names of the inner nodes, as their terminals follow the pins
    inner: Vec<&'static str>,
    off: usize,
}

pub fn build(circuit: &Circuit, parts: &[PartId]) -> Vec<Box<dyn Device>> {
    let first = parts[0];
    let n = |name: &str| circuit.number(first, name);
    let base = circuit.part(first).model.map_or("npn", |m| &circuit.model(m).base);
    let sign = if base.eq_ignore_ascii_case("pnp") { -1.0 } else { 1.0 };
    let subs = if n("subs").is_nan() { sign } else { n("subs").signum() };
    let initial = |&part: &PartId| match circuit.setting(part, "ic") {
        Some(Setting::Numbers(v)) => Some([0, 1].map(|k| sign * v.get(k).copied().unwrap_or(0.0))),
        Some(Setting::Number(v)) => Some([sign * v, 0.0]),
        _ => None,
    };
    let initial = parts.iter().map(initial).collect();
    let mut inner = Vec::new();
    let mut node = |there: bool, name: &'static str, pin: usize| {
        if !there {
            return pin;
        }
        inner.push(name);
        PINS + inner.len() - 1
    };
    let cx = node(n("rc") > 0.0, "collector", C);
    let ci = node(!n("rco").is_nan(), "epitaxy", cx);
    let bi = node(n("rb") > 0.0 || n("rbm") > 0.0, "base", B);
    let ei = node(n("re") > 0.0, "emitter", E);
    let [off] = KIND.places(["off"]);
    vec![Box::new(Bjt { parts: parts.to_vec(), initial, sign, subs, inside: Inside { ci, bi, ei, cx }, inner, off })]
}

/// Voltages of the junctions as an npn transistor sees them: base to inner emitter, inner collector, outer end of the
/// epitaxial collector; outer base to inner collector; substrate to what it is below.
#[derive(Clone, Copy, Debug)]
struct Voltages {
    be: f64,
    bc: f64,
    bcx: f64,
    bx: f64,
    sub: f64,
}

impl Bjt {
    fn voltages(&self, at: &Point, i: usize, lane: usize) -> Voltages {
        let across = |a: usize, b: usize| self.sign * at.across(i, a, b, lane);
        let Inside { ci, bi, ei, cx } = self.inside;
        Voltages {
            be: across(bi, ei),
            bc: across(bi, ci),
            bcx: across(bi, cx),
            bx: across(B, ci),
            sub: self.subs * across(S, self.under()),
        }
    }

    /// The terminal above the substrate.
    fn under(&self) -> usize {
        if self.subs > 0.0 { self.inside.ci } else { self.inside.bi }
    }

    fn epitaxial(&self) -> bool {
        self.inside.ci != self.inside.cx
    }

    fn spreads(&self) -> bool {
        self.inside.bi != B
    }

    /// Where to evaluate for the iterate `v`, and whether that is elsewhere.
    fn limited(&self, at: &Point, memory: &Memory, i: usize, lane: usize, v: Voltages) -> (Voltages, bool) {
        let n = |slot| memory.derived(i, slot, lane);
        let start = |be: f64, bc: f64| Voltages { be, bc, bcx: bc, bx: bc, sub: 0.0 };
        match at.mode {
            Mode::Linearize => (v, false),
            Mode::Initial => (self.initial[i].map_or(v, |[be, ce]| start(be, be - ce)), false),
            Mode::Start if memory.param(i, self.off, lane) != 0.0 => (start(0.0, 0.0), true),
            Mode::Start => match self.initial[i] {
                Some([be, ce]) => (start(be, be - ce), true),
                None => (start(n(CRITICAL).min(1.0), 0.0), true),
            },
            Mode::Static | Mode::Dynamic => {
                let old = |slot| memory.limit(i, slot, lane);
                let (be, a) = junction::limit(v.be, old(0), n(VT), n(CRITICAL));
                let (bc, b) = junction::limit(v.bc, old(1), n(VT), n(CRITICAL));
                let (sub, c) = junction::limit(v.sub, old(2), n(VT), n(CRITICAL_SUBSTRATE));
                (Voltages { be, bc, sub, ..v }, a || b || c)
            }
        }
    }

    /// Current (A) and conductance (S) of the substrate junction.
    fn substrate(&self, n: &impl Fn(usize) -> f64, v: f64, gmin: f64) -> (f64, f64) {
        let saturation = n(IS_SUBSTRATE);
        if saturation == 0.0 {
            return (gmin * v, gmin);
        }
        let (i, g) = ideal(v, n(VT_SUBSTRATE));
        (saturation * i + gmin * v, saturation * g + gmin)
    }

    fn stamp_charges(
        &self,
        out: &mut Stamps,
        [i, lane]: [usize; 2],
        n: &impl Fn(usize) -> f64,
        core: &Core,
        u: Voltages,
        v: Voltages,
    ) {
        let s = self.sign;
        let Inside { ci, bi, ei, cx } = self.inside;
        let [emitter, mut collector] = gummel::charges(n, core, u.be, u.bc);
        let off = [v.be - u.be, v.bc - u.bc];
        if self.epitaxial() {
            let (_, [inner, outer]) = epitaxy::collector(n, u.bc, u.bcx, 0.0);
            collector = collector + Slope { v: inner.v, by: [0.0, inner.by[0]] };
            let q = s * (outer.v + outer.by[1] * (v.bcx - u.bcx));
            out.q(i, bi, lane, q);
            out.q(i, cx, lane, -q);
            out.capacitance(i, EPITAXY_C, lane, outer.by[1]);
        }
        let (qe, qc) = (s * emitter.moved(off), s * collector.moved(off));
        out.q(i, bi, lane, qe + qc);
        out.q(i, ei, lane, -qe);
        out.q(i, ci, lane, -qc);
        let minus = |a: Slope| a * -1.0;
        for (row, slope) in [minus(collector), emitter + collector, minus(emitter)].into_iter().enumerate() {
            let [by_e, by_c] = slope.by;
            for (column, value) in [-by_c, by_e + by_c, -by_e].into_iter().enumerate() {
                out.c(i, 3 * row + column, lane, value);
            }
        }
        let outer = gummel::depletion(n, OUTER, u.bx, 1);
        let q = s * (outer.v + outer.by[1] * (v.bx - u.bx));
        out.q(i, B, lane, q);
        out.q(i, ci, lane, -q);
        out.capacitance(i, BASE_C, lane, outer.by[1]);
        let below = gummel::depletion(n, SUBSTRATE, u.sub, 1);
        let q = s * self.subs * (below.v + below.by[1] * (v.sub - u.sub));
        out.q(i, S, lane, q);
        out.q(i, self.under(), lane, -q);
        out.capacitance(i, BELOW_C, lane, below.by[1]);
    }

    /// One instance in one lane.
    fn load_one(&self, at: &Point, memory: &mut Memory, out: &mut Stamps, i: usize, lane: usize) {
        let s = self.sign;
        let Inside { ci, bi, ei, cx } = self.inside;
        let v = self.voltages(at, i, lane);
        let (u, limited) = self.limited(at, memory, i, lane, v);
        let n = |slot| memory.derived(i, slot, lane);
        let gmin = at.gmin * n(PARALLEL);
        let core = gummel::core(&n, u.be, u.bc, gmin);
        if at.mode == Mode::Initial {
            self.stamp_charges(out, [i, lane], &n, &core, u, u);
            return;
        }
        let off = [v.be - u.be, v.bc - u.bc];
        let (ic, ib) = (s * core.collector.moved(off), s * core.base.moved(off));
        out.f(i, ci, lane, ic);
        out.f(i, bi, lane, ib);
        out.f(i, ei, lane, -ic - ib);
        let emitter = (core.collector + core.base) * -1.0;
        for (row, slope) in [core.collector, core.base, emitter].into_iter().enumerate() {
            let [by_e, by_c] = slope.by;
            for (column, value) in [-by_c, by_e + by_c, -by_e].into_iter().enumerate() {
                out.g(i, 3 * row + column, lane, value);
            }
        }
        if self.spreads() {
            let across = at.across(i, B, bi, lane);
            let spread = core.spread.v;
            out.f(i, B, lane, across * spread);
            out.f(i, bi, lane, -across * spread);
            // An iterate that was limited is too far off for slopes.
            let [by_e, by_c] = if limited { [0.0; 2] } else { core.spread.by.map(|slope| s * slope * across) };
            for (column, value) in [spread, by_e + by_c - spread, -by_c, -by_e].into_iter().enumerate() {
                out.g(i, BASE + column, lane, value);
                out.g(i, BASE + 4 + column, lane, -value);
            }
        }
        if self.epitaxial() {
            let (current, _) = epitaxy::collector(&n, u.bc, u.bcx, gmin);
            let amperes = s * current.moved([v.bc - u.bc, v.bcx - u.bcx]);
            out.f(i, cx, lane, amperes);
            out.f(i, ci, lane, -amperes);
            let [by_c, by_x] = current.by;
            for (column, value) in [-by_x, -by_c, by_c + by_x].into_iter().enumerate() {
                out.g(i, EPITAXY + column, lane, value);
                out.g(i, EPITAXY + 3 + column, lane, -value);
            }
        }
        for (pin, inner, slot, first) in [(C, cx, G_COLLECTOR, SERIES), (E, ei, G_EMITTER, SERIES + 4)] {
            if inner != pin {
                let series = n(slot);
                let current = series * at.across(i, pin, inner, lane);
                out.f(i, pin, lane, current);
                out.f(i, inner, lane, -current);
                out.conductance(i, first, lane, series);
            }
        }
        let (current, conductance) = self.substrate(&n, u.sub, gmin);
        let amperes = s * self.subs * (current + conductance * (v.sub - u.sub));
        out.f(i, S, lane, amperes);
        out.f(i, self.under(), lane, -amperes);
        out.conductance(i, BELOW, lane, conductance);
        if at.transient || matches!(at.mode, Mode::Dynamic | Mode::Linearize) {
            self.stamp_charges(out, [i, lane], &n, &core, u, v);
        }
        if at.mode != Mode::Linearize {
            for (slot, value) in [u.be, u.bc, u.sub].into_iter().enumerate() {
                memory.set_limit(i, slot, lane, value);
            }
            if limited {
                memory.mark_limited(i, lane);
            }
        }
    }
}

impl Device for Bjt {
    fn layout(&mut self, layout: &mut Layout) {
        for &part in &self.parts {
            let mut terminals = layout.pins(part);
            terminals.resize(PINS, Unknown::GROUND);
            terminals.extend(self.inner.iter().map(|&name| layout.inner(part, name)));
            layout.instance(part, &terminals);
        }
        let Inside { ci, bi, ei, cx } = self.inside;
        let pair = |a: usize, b: usize| [(a, a), (a, b), (b, a), (b, b)];
        let core: Vec<(usize, usize)> = [ci, bi, ei].iter().flat_map(|&r| [ci, bi, ei].map(|c| (r, c))).collect();
        let row = |r: usize, columns: &[usize]| columns.iter().map(|&c| (r, c)).collect::<Vec<_>>();
        let mut g = core.clone();
        g.extend([row(B, &[B, bi, ci, ei]), row(bi, &[B, bi, ci, ei])].concat());
        g.extend([row(cx, &[cx, ci, bi]), row(ci, &[cx, ci, bi])].concat());
        g.extend([pair(C, cx), pair(E, ei), pair(S, self.under())].concat());
        let c = [core, [pair(B, ci), pair(S, self.under()), pair(bi, cx)].concat()].concat();
        layout.pattern(&g, &c);
        layout.memory(DERIVED, 0, LIMIT);
    }

    fn setup(&self, env: &Environment, memory: &mut Memory, lane: usize) {
        for i in 0..memory.instances {
            let p = |name: &str| memory.param(i, KIND.places([name])[0], lane);
            for (slot, value) in setup::derive(p, self.sign, env).into_iter().enumerate() {
                memory.set_derived(i, slot, lane, value);
            }
        }
    }

    fn rests(&self) -> bool {
        true
    }

    fn load(&self, at: &Point, memory: &mut Memory, out: &mut Stamps) {
        for i in 0..memory.instances {
            if memory.resting[i] {
                continue;
            }
            for lane in 0..at.lanes {
                self.load_one(at, memory, out, i, lane);
            }
        }
    }

    /// Shot noise of collector and base, flicker noise kf·|Ib|^af/f, thermal noise of the resistances.
    fn noise(&self, i: usize, at: &Point, memory: &Memory, env: &Environment, add: &mut dyn FnMut(Noise)) {
        let [kf, af] = KIND.places(["kf", "af"]).map(|slot| memory.param(i, slot, 0));
        let n = |slot| memory.derived(i, slot, 0);
        let v = self.voltages(at, i, 0);
        let core = gummel::core(&n, v.be, v.bc, at.gmin * n(PARALLEL));
        let celsius = noise::temperature(&KIND, i, memory, env.temp);
        let Inside { ci, bi, ei, cx } = self.inside;
        add(Noise::shot(ci, ei, core.collector.v, 0.0));
        add(Noise::shot(bi, ei, core.base.v, noise::flicker(kf, af, core.base.v)));
        for (pin, inner, siemens) in [(C, cx, n(G_COLLECTOR)), (E, ei, n(G_EMITTER)), (B, bi, core.spread.v)] {
            if inner != pin && siemens.is_finite() {
                add(Noise::thermal(pin, inner, siemens, celsius));
            }
        }
    }

    fn probe(&self, i: usize, name: &str, at: &Point, memory: &Memory, lane: usize) -> Option<f64> {
        let n = |slot| memory.derived(i, slot, lane);
        let v = self.voltages(at, i, lane);
        let core = gummel::core(&n, v.be, v.bc, at.gmin * n(PARALLEL));
        let [emitter, collector] = gummel::charges(&n, &core, v.be, v.bc);
        let outer = gummel::depletion(&n, OUTER, v.bx, 1).by[1];
        let gm = core.collector.by[0] + core.collector.by[1] + core.base.by[1];
        Some(match name {
            "ic" => core.collector.v,
            "ib" => core.base.v,
            "ie" => -core.collector.v - core.base.v,
            "is" => self.subs * self.substrate(&n, v.sub, at.gmin * n(PARALLEL)).0,
            "vbe" => v.be,
            "vbc" => v.bc,
            "gm" => gm,
            "gpi" => core.base.by[0],
            "gmu" => core.base.by[1],
            "go" => -core.collector.by[1] - core.base.by[1],
            "gx" if self.spreads() => core.spread.v,
            "gx" => 0.0,
            "cpi" => emitter.by[0],
            "cmu" => collector.by[1],
            "cbx" => outer,
            "csub" => gummel::depletion(&n, SUBSTRATE, v.sub, 1).by[1],
            "ft" => gm / (std::f64::consts::TAU * (emitter.by[0] + collector.by[1] + outer)),
            _ => return None,
        })
    }
}
