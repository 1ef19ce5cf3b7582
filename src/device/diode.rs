//! Junction diode: exponential current with high injection, recombination, sidewall and breakdown; diffusion and
//! depletion charge; series resistance at an inner node.
//!
//! Source: ngspice 39 manual, "Junction Diode Model (D)", level 1, and SPICE2. Derivatives are exact.

use std::borrow::Cow;

use super::junction::{self, Depletion, KELVIN, capacitance_factor, ideal, potential, thermal_voltage};
use super::{Device, Environment, Layout, Memory, Mode, Noise, Point, Stamps, noise};
use crate::circuit::kind::{Conduct, Kind, ModelUse, Param, Path, pin, probe};
use crate::circuit::{Circuit, PartId};

const POSITIVE: f64 = f64::MIN_POSITIVE;
const INF: f64 = f64::INFINITY;

pub static KIND: Kind = Kind {
    name: Cow::Borrowed("diode"),
    letter: Some('d'),
    models: &["d"],
    model: ModelUse::Required,
    doc: Cow::Borrowed("Junction diode"),
    pins: Cow::Borrowed(&[pin("a", "anode"), pin("c", "cathode")]),
    positional: &["area", "off"],
    params: Cow::Borrowed(&[
        Param::new("area", 1.0, "", "factor on is, ikf, ikr, cjo, isr, 1/rs").both().range(0.0, INF),
        Param::new("pj", 0.0, "", "factor on jsw and cjsw").both().range(0.0, INF),
        Param::new("m", 1.0, "", "number in parallel").range(0.0, INF),
        Param::absent("ic", "V", "voltage at the start of a transient with UIC"),
        Param::new("off", 0.0, "", "1: the operating point is sought from 0 V"),
        Param::absent("temp", "°C", "temperature of this part"),
        Param::new("dtemp", 0.0, "K", "temperature above the circuit's"),
        Param::new("level", 1.0, "", "only level 1 is known").model().range(1.0, 1.0),
        Param::new("is", 1e-14, "A", "saturation current").model().alias(&["js"]).range(0.0, INF),
        Param::new("n", 1.0, "", "emission coefficient").model().range(POSITIVE, INF),
        Param::new("rs", 0.0, "ohm", "series resistance").model().range(0.0, INF),
        Param::new("trs1", 0.0, "1/K", "first temperature coefficient of rs").model().alias(&["trs"]),
        Param::new("trs2", 0.0, "1/K²", "second temperature coefficient of rs").model(),
        Param::new("tt", 0.0, "s", "transit time").model().range(0.0, INF),
        Param::new("ttt1", 0.0, "1/K", "first temperature coefficient of tt").model(),
        Param::new("ttt2", 0.0, "1/K²", "second temperature coefficient of tt").model(),
        Param::new("cjo", 0.0, "F", "junction capacitance at 0 V").model().alias(&["cj0", "cj"]).range(0.0, INF),
        Param::new("vj", 1.0, "V", "built-in potential").model().alias(&["pb"]).range(POSITIVE, INF),
        Param::new("mj", 0.5, "", "grading coefficient: `m` in a model card").model().alias(&["m"]).range(0.0, 1.0),
        Param::new("tm1", 0.0, "1/K", "first temperature coefficient of mj").model(),
        Param::new("tm2", 0.0, "1/K²", "second temperature coefficient of mj").model(),
        Param::new("fc", 0.5, "", "part of vj above which the capacitance is linear").model().range(0.0, 0.99),
        Param::new("jsw", 0.0, "A", "saturation current of the sidewall").model().range(0.0, INF),
        Param::absent("ns", "", "emission coefficient of the sidewall; without it the sidewall adds to is").model(),
        Param::new("cjsw", 0.0, "F", "sidewall capacitance at 0 V").model().alias(&["cjp"]).range(0.0, INF),
        Param::new("php", 1.0, "V", "built-in potential of the sidewall").model().alias(&["vjsw"]).range(POSITIVE, INF),
        Param::new("mjsw", 0.33, "", "grading coefficient of the sidewall").model().range(0.0, 1.0),
        Param::new("fcs", 0.5, "", "as fc, of the sidewall").model().range(0.0, 0.99),
        Param::absent("ikf", "A", "onset of high injection").model().alias(&["ik"]).range(0.0, INF),
        Param::absent("ikr", "A", "onset of high injection, reverse").model().range(0.0, INF),
        Param::absent("isr", "A", "saturation current of recombination").model().range(0.0, INF),
        Param::new("nr", 1.0, "", "emission coefficient of recombination").model().range(POSITIVE, INF),
        Param::absent("bv", "V", "breakdown voltage").model().alias(&["vb"]).range(0.0, INF),
        Param::new("ibv", 1e-3, "A", "current at breakdown").model().alias(&["ib"]).range(POSITIVE, INF),
        Param::absent("nbv", "", "emission coefficient of breakdown; n without it").model().range(POSITIVE, INF),
        Param::new("tcv", 0.0, "V/K", "what bv loses by temperature").model(),
        Param::new("tbv1", 0.0, "1/K", "first temperature coefficient of bv").model(),
        Param::new("tbv2", 0.0, "1/K²", "second temperature coefficient of bv").model(),
        Param::new("eg", 1.11, "eV", "band gap, for the temperature law of is").model(),
        Param::new("xti", 3.0, "", "exponent of the temperature law of is").model(),
        Param::absent("tnom", "°C", "temperature at which the parameters hold").model().alias(&["tref"]),
        Param::new("kf", 0.0, "", "flicker noise coefficient").model(),
        Param::new("af", 1.0, "", "flicker noise exponent").model(),
    ]),
    probes: Cow::Borrowed(&[
        probe("id", "A", "current of the junction"),
        probe("vd", "V", "voltage across the junction"),
        probe("gd", "S", "conductance of the junction"),
        probe("cd", "F", "capacitance of the junction"),
    ]),
    paths: Cow::Borrowed(&[Path { a: 0, b: 1, conduct: Conduct::Yes }]),
};

// Derived, an instance. An effect that is off has a saturation or knee current that makes it vanish.
const VTE: usize = 0;
const IS: usize = 1;
const VT_SIDE: usize = 2;
const IS_SIDE: usize = 3;
const VT_REC: usize = 4;
const IS_REC: usize = 5;
const VT_BREAK: usize = 6;
/// Breakdown voltage fitted to ibv; infinite without bv
const BREAK: usize = 7;
/// Knee currents, infinite when off
const IKF: usize = 8;
const IKR: usize = 9;
const CRITICAL: usize = 10;
const TT: usize = 11;
/// Series conductance, 0 without rs
const GS: usize = 12;
const VJ: usize = 13;
const MJ: usize = 14;
const BOTTOM: usize = 15;
const SIDE: usize = BOTTOM + Depletion::SLOTS;
const DERIVED: usize = SIDE + Depletion::SLOTS;

/// Terminals: the pins, and the anode behind a series resistance.
const ANODE: usize = 0;
const CATHODE: usize = 1;
const INNER: usize = 2;

struct Diode {
    parts: Vec<PartId>,
    /// The terminal where the junction begins: the pin, or the node behind the resistance
    junction: usize,
    /// Places of two parameters
    ic: usize,
    off: usize,
}

pub fn build(circuit: &Circuit, parts: &[PartId]) -> Vec<Box<dyn Device>> {
    let [ic, off] = KIND.places(["ic", "off"]);
    let (outer, plain): (Vec<PartId>, Vec<PartId>) = parts.iter().partition(|&&p| circuit.number(p, "rs") > 0.0);
    let device =
        |(parts, junction): (Vec<PartId>, usize)| -> Box<dyn Device> { Box::new(Diode { parts, junction, ic, off }) };
    [(plain, ANODE), (outer, INNER)].into_iter().filter(|d| !d.0.is_empty()).map(device).collect()
}

/// High injection: i/(1 + √(i/knee)) for the part of the current in this direction.
#[inline]
fn knee(i: f64, g: f64, knee: f64) -> (f64, f64) {
    if i.abs() <= 1e-18 || knee == f64::INFINITY {
        return (i, g);
    }
    let s = (i.abs() / knee).sqrt();
    (i / (1.0 + s), g * (1.0 + 0.5 * s) / ((1.0 + s) * (1.0 + s)))
}

/// Current (A) and conductance (S) of the junction at `v`, gmin included.
#[inline]
fn current(memory: &Memory, i: usize, lane: usize, v: f64, gmin: f64) -> (f64, f64) {
    let d = |slot| memory.derived(i, slot, lane);
    let (vte, saturation, side) = (d(VTE), d(IS), d(IS_SIDE));
    let broken = v < -3.0 * vte && v < -d(BREAK);
    let breakdown = |saturation: f64| {
        let e = saturation * (-(d(BREAK) + v) / d(VT_BREAK)).min(700.0).exp();
        (-e, e / d(VT_BREAK))
    };
    let (mut current, mut conductance) = if broken {
        breakdown(saturation)
    } else {
        let (i, g) = ideal(v, vte);
        (saturation * i, saturation * g)
    };
    if side != 0.0 {
        let (i, g) = if broken {
            breakdown(side)
        } else {
            let (i, g) = ideal(v, d(VT_SIDE));
            (side * i, side * g)
        };
        current += i;
        conductance += g;
    }
    let recombination = d(IS_REC);
    if recombination != 0.0 && v >= -3.0 * vte {
        let (vj, mj, vt) = (d(VJ), d(MJ), d(VT_REC));
        let e = (v / vt).min(700.0).exp();
        let (i, g) = (recombination * (e - 1.0), recombination * e / vt);
        // Width of the depletion layer: ((1 − v/vj)² + 0.005)^(mj/2)
        let rest = 1.0 - v / vj;
        let square = rest * rest + 0.005;
        let width = square.powf(0.5 * mj);
        current += i * width;
        conductance += g * width - i * mj * rest / vj * width / square;
    }
    let onset = if v >= -3.0 * vte { d(IKF) } else { d(IKR) };
    let (current, conductance) =
        if (v >= -3.0 * vte) == (current > 0.0) { knee(current, conductance, onset) } else { (current, conductance) };
    (current + gmin * v, conductance + gmin)
}

/// Charge (C) and capacitance (F) of the junction at `v`, where it conducts `current` and `conductance`.
#[inline]
fn charge(memory: &Memory, i: usize, lane: usize, v: f64, current: f64, conductance: f64) -> (f64, f64) {
    let tt = memory.derived(i, TT, lane);
    let (mut q, mut c) = (tt * current, tt * conductance);
    for first in [BOTTOM, SIDE] {
        if memory.derived(i, first, lane) != 0.0 {
            let (dq, dc) = Depletion::from_slots(|k| memory.derived(i, first + k, lane)).at(v);
            q += dq;
            c += dc;
        }
    }
    (q, c)
}

/// The junction voltage to evaluate at, and whether it is another than `v`.
fn limited(memory: &Memory, i: usize, lane: usize, v: f64, at: &Point, off: bool) -> (f64, bool) {
    let d = |slot| memory.derived(i, slot, lane);
    match at.mode {
        Mode::Linearize | Mode::Initial => (v, false),
        Mode::Start => {
            let start = if off { 0.0 } else { d(CRITICAL) };
            (start, start != v)
        }
        Mode::Static | Mode::Dynamic => {
            let old = memory.limit(i, 0, lane);
            let (breakdown, vt) = (d(BREAK), d(VT_BREAK));
            if v < (10.0 * vt - breakdown).min(0.0) {
                let (u, limited) = junction::limit(-(v + breakdown), -(old + breakdown), vt, d(CRITICAL));
                (-(u + breakdown), limited)
            } else {
                junction::limit(v, old, d(VTE), d(CRITICAL))
            }
        }
    }
}

impl Device for Diode {
    fn layout(&mut self, layout: &mut Layout) {
        for &part in &self.parts {
            let mut terminals = layout.pins(part);
            if self.junction == INNER {
                terminals.push(layout.inner(part, "anode"));
            }
            layout.instance(part, &terminals);
        }
        let j = self.junction;
        let junction = [(j, j), (j, CATHODE), (CATHODE, j), (CATHODE, CATHODE)];
        let series: &[(usize, usize)] =
            if j == INNER { &[(ANODE, ANODE), (ANODE, INNER), (INNER, ANODE)] } else { &[] };
        layout.pattern(&[&junction[..], series].concat(), &junction);
        layout.memory(DERIVED, 0, 1);
    }

    fn setup(&self, env: &Environment, memory: &mut Memory, lane: usize) {
        let [area, pj, m, temp, dtemp, is, n, rs, trs1] =
            KIND.places(["area", "pj", "m", "temp", "dtemp", "is", "n", "rs", "trs1"]);
        let [trs2, tt, ttt1, ttt2, cjo, vj, mj, tm1, tm2] =
            KIND.places(["trs2", "tt", "ttt1", "ttt2", "cjo", "vj", "mj", "tm1", "tm2"]);
        let [fc, jsw, ns, cjsw, php, mjsw, fcs, ikf, ikr] =
            KIND.places(["fc", "jsw", "ns", "cjsw", "php", "mjsw", "fcs", "ikf", "ikr"]);
        let [isr, nr, bv, ibv, nbv, tcv, eg, xti, tnom] =
            KIND.places(["isr", "nr", "bv", "ibv", "nbv", "tcv", "eg", "xti", "tnom"]);
        let [tbv1, tbv2] = KIND.places(["tbv1", "tbv2"]);
        for i in 0..memory.instances {
            let p = |slot| memory.param(i, slot, lane);
            let given = |v: f64, default: f64| if v.is_nan() { default } else { v };
            let t = given(p(temp), env.temp + p(dtemp)) + KELVIN;
            let t0 = given(p(tnom), env.tnom) + KELVIN;
            let (vt, dt) = (thermal_voltage(t), t - t0);
            let (size, edge) = (p(area) * p(m), p(pj) * p(m));
            // Saturation currents: (T/T0)^(xti/n)·exp((T/T0 − 1)·eg/(n·vt))
            let law = |n: f64| ((t / t0 - 1.0) * p(eg) / (n * vt) + p(xti) / n * (t / t0).ln()).exp();
            let ns_or = given(p(ns), 1.0);
            let bottom_current = p(is).max(1e-28) * size * law(p(n));
            let side_current = p(jsw) * edge * law(ns_or);
            let merged = p(ns).is_nan();
            let total = bottom_current + side_current;
            let grading = p(mj) * (1.0 + dt * (p(tm1) + dt * p(tm2)));
            let bottom = Depletion::new(
                p(cjo) * size * capacitance_factor(p(vj), grading, t0, t),
                potential(p(vj), t0, t),
                grading,
                p(fc),
            );
            let side = Depletion::new(
                p(cjsw) * edge * capacitance_factor(p(php), p(mjsw), t0, t),
                potential(p(php), t0, t),
                p(mjsw),
                p(fcs),
            );
            let vt_break = given(p(nbv), p(n)) * vt;
            let bv_now = p(bv) * (1.0 + dt * (p(tbv1) + dt * p(tbv2))) - p(tcv) * dt;
            let breakdown = fit_breakdown(bv_now, p(ibv) * p(m), bottom_current, vt, vt_break);
            let onset = |v: f64, size: f64| if v > 0.0 { v * size } else { f64::INFINITY };
            let series = if p(rs) > 0.0 { size / (p(rs) * (1.0 + dt * (p(trs1) + dt * p(trs2)))) } else { 0.0 };
            let mut values = [0.0; DERIVED];
            values[VTE] = p(n) * vt;
            values[IS] = if merged { total } else { bottom_current };
            values[VT_SIDE] = ns_or * vt;
            values[IS_SIDE] = if merged { 0.0 } else { side_current };
            values[VT_REC] = p(nr) * vt;
            values[IS_REC] = if p(isr) > 0.0 { p(isr) * size * law(p(nr)) } else { 0.0 };
            values[VT_BREAK] = vt_break;
            values[BREAK] = breakdown;
            values[IKF] = onset(p(ikf), size);
            values[IKR] = onset(p(ikr), size);
            values[CRITICAL] = junction::critical_voltage(p(n) * vt, total);
            values[TT] = p(tt) * (1.0 + dt * (p(ttt1) + dt * p(ttt2)));
            values[GS] = series;
            values[VJ] = bottom.potential;
            values[MJ] = grading;
            values[BOTTOM..SIDE].copy_from_slice(&bottom.to_slots());
            values[SIDE..].copy_from_slice(&side.to_slots());
            for (slot, value) in values.into_iter().enumerate() {
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
                let v = at.across(i, self.junction, CATHODE, lane);
                if at.mode == Mode::Initial {
                    let start = memory.param(i, self.ic, lane);
                    let v = if start.is_nan() { v } else { start };
                    let (id, gd) = current(memory, i, lane, v, at.gmin);
                    let (q, _) = charge(memory, i, lane, v, id, gd);
                    out.q(i, self.junction, lane, q);
                    out.q(i, CATHODE, lane, -q);
                    continue;
                }
                let off = memory.param(i, self.off, lane) != 0.0;
                let (u, limited) = limited(memory, i, lane, v, at, off);
                if limited {
                    memory.mark_limited(i, lane);
                }
                memory.set_limit(i, 0, lane, u);
                let (id, gd) = current(memory, i, lane, u, at.gmin);
                let (q, c) = charge(memory, i, lane, u, id, gd);
                // The tangent at u, taken at v.
                let (id, q) = (id + gd * (v - u), q + c * (v - u));
                out.f(i, self.junction, lane, id);
                out.f(i, CATHODE, lane, -id);
                out.conductance(i, 0, lane, gd);
                out.q(i, self.junction, lane, q);
                out.q(i, CATHODE, lane, -q);
                out.capacitance(i, 0, lane, c);
                if self.junction == INNER {
                    let series = memory.derived(i, GS, lane);
                    let current = series * at.across(i, ANODE, INNER, lane);
                    out.f(i, ANODE, lane, current);
                    out.f(i, INNER, lane, -current);
                    out.g(i, 0, lane, series);
                    out.g(i, 4, lane, series);
                    out.g(i, 5, lane, -series);
                    out.g(i, 6, lane, -series);
                }
            }
        }
    }

    /// Shot and flicker noise of the junction, thermal noise of the series resistance.
    fn noise(&self, i: usize, at: &Point, memory: &Memory, env: &Environment, add: &mut dyn FnMut(Noise)) {
        let [kf, af] = KIND.places(["kf", "af"]).map(|slot| memory.param(i, slot, 0));
        let (id, _) = current(memory, i, 0, at.across(i, self.junction, CATHODE, 0), at.gmin);
        add(Noise::shot(self.junction, CATHODE, id, noise::flicker(kf, af, id)));
        let series = memory.derived(i, GS, 0);
        if series > 0.0 && series.is_finite() {
            add(Noise::thermal(ANODE, INNER, series, noise::temperature(&KIND, i, memory, env.temp)));
        }
    }

    fn probe(&self, i: usize, name: &str, at: &Point, memory: &Memory, lane: usize) -> Option<f64> {
        let v = at.across(i, self.junction, CATHODE, lane);
        let (id, gd) = current(memory, i, lane, v, at.gmin);
        match name {
            "id" => Some(id),
            "vd" => Some(v),
            "gd" => Some(gd),
            "cd" => Some(charge(memory, i, lane, v, id, gd).1),
            _ => None,
        }
    }
}

/// The voltage at which the breakdown exponential must start, so that the current at `bv` is `ibv` (A); infinite
/// without bv.
fn fit_breakdown(bv: f64, ibv: f64, saturation: f64, vt: f64, vt_break: f64) -> f64 {
    if bv.is_nan() {
        return f64::INFINITY;
    }
    if ibv < saturation * bv / vt {
        return bv;
    }
    let mut x = bv - vt_break * (1.0 + ibv / saturation).ln();
    for _ in 0..25 {
        x = bv - vt_break * (ibv / saturation + 1.0 - x / vt).ln();
        let reached = saturation * (((bv - x) / vt_break).exp() - 1.0 + x / vt);
        if (reached - ibv).abs() <= 1e-12 * ibv {
            break;
        }
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::diode_reference::CASES;
    use crate::device::testing::{Bench, circuit, environment, model, numbers, part};

    fn bench(card: &[(&'static str, f64)], line: &[(&'static str, f64)], temp: f64) -> Bench {
        let mut c = circuit(&["a"]);
        let m = model(&mut c, "dm", "d", card);
        let d = part(&mut c, &KIND, "D1", &["a", "0"], Some(m), numbers(line));
        Bench::in_environment(&c, build, &[d], Environment { temp, ..environment() })
    }

    #[test]
    fn currents_and_capacitances_are_those_of_ngspice() {
        let near = |value: f64, expected: f64, tolerance: f64| (value - expected).abs() <= tolerance * expected.abs();
        for case in CASES {
            let mut b = bench(case.card, case.line, case.temp);
            // ngspice's conductance leaves out part of the derivative of the recombination current.
            let loose = if case.card.iter().any(|p| p.0 == "isr") { 5e-3 } else { 1e-9 };
            for &(v, id, gd, cd) in case.points {
                let at = b.load(&[0.0, v]);
                let (i, g, c) = (at.f[1], at.g[(1, 1)], at.c[(1, 1)]);
                assert!(
                    near(i, id, 1e-9) && near(g, gd, loose) && near(c, cd, 1e-9),
                    "{:?} at {v} V: {i} {g} {c}",
                    case.card
                );
            }
        }
    }

    #[test]
    fn derivatives_are_exact() {
        for case in CASES {
            let mut b = bench(case.card, case.line, case.temp);
            for v in [-12.3, -12.0, -0.2, 0.2, 0.45, 0.7] {
                b.check_jacobians(&[0.0, v], 1e-5);
            }
        }
    }

    /// ngspice-39: `.model dr d(is=1e-14 rs=10)` at 0.65 V.
    #[test]
    fn series_resistance_has_a_node_of_its_own() {
        let mut b = bench(&[("is", 1e-14), ("rs", 10.0)], &[], 27.0);
        let mut x = vec![0.0; b.unknowns()];
        x[1] = 0.65;
        let inner = b.inner("anode");
        x[inner] = 6.435949832947465e-1;
        let at = b.load(&x);
        assert!((at.f[1] - 6.405016705253593e-4).abs() < 1e-15);
        assert!(at.f[inner].abs() < 1e-15);
        b.check_jacobians(&x, 1e-5);
    }

    /// PSpice's BV·(1 + TBV1·ΔT + TBV2·ΔT²): the same as a breakdown voltage of so much.
    #[test]
    fn the_breakdown_voltage_goes_with_temperature() {
        let mut warm = bench(&[("bv", 5.0), ("tbv1", 1e-3), ("tbv2", -2e-6)], &[], 127.0);
        let mut same = bench(&[("bv", 5.0 * (1.0 + 0.1 - 0.02))], &[], 127.0);
        let [a, b] = [&mut warm, &mut same].map(|d| d.load(&[0.0, -5.45]).f[1]);
        assert!(a < -1e-3 && (a - b).abs() < 1e-9 * b.abs(), "{a} {b}");
    }

    #[test]
    fn initial_condition_gives_the_charge() {
        let mut b = bench(&[("cjo", 1e-12)], &[("ic", -3.0)], 27.0);
        b.mode = Mode::Initial;
        assert!((b.load(&[0.0, 0.5]).q[1] + 2e-12 * (2.0 - 1.0)).abs() < 1e-24);
    }

    /// 5 V over 1 kohm, from nothing: Newton's method with limiting ends where the branch equations hold.
    #[test]
    fn newton_converges_from_the_start() {
        let mut b = bench(&[], &[], 27.0);
        let mut v = 0.0;
        b.mode = Mode::Start;
        let mut steps = 0;
        loop {
            let at = b.load(&[0.0, v]);
            let residual = at.f[1] + (v - 5.0) / 1e3;
            let step = residual / (at.g[(1, 1)] + 1e-3);
            v -= step;
            steps += 1;
            if steps > 1 && !at.limited && step.abs() < 1e-12 {
                break;
            }
            assert!(steps < 12, "{v} V after {steps} steps");
            b.mode = Mode::Static;
        }
        let current = 1e-14 * ((v / thermal_voltage(300.15)).exp() - 1.0) + 1e-12 * v;
        assert!((current - (5.0 - v) / 1e3).abs() < 1e-14);
    }
}
